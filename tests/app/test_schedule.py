"""Positions visited where nuclei divide, beside a plain round of as many visits."""

from __future__ import annotations

import os
import sys
from typing import Any, NamedTuple

from saccade.app._parts import build_parts
from saccade.app._protocol import protocol_of
from saccade.app._score_world import open_world, play_protocol, world_of
from saccade.run import Chain, Replay, history, replay
from saccade.testing import MemorySink

HOURS = float(os.environ.get("SACCADE_SCHEDULE_HOURS", "0.04"))
SEEDS = range(1000, 1000 + int(os.environ.get("SACCADE_SCHEDULE_WORLDS", "1")))
AXIS = (-300, -100, 100, 300)


def document(by: str) -> dict[str, Any]:
    """Return a protocol that goes round 16 fields every 2 min, and visits one every 2 s."""
    return {
        "saccade": 1,
        "name": by,
        "scope": "sim:dividing-nuclei",
        "sim": {"clock": "virtual", "specimen": {"size_um": [1000, 1000]}},
        "watch": {
            "axis_order": "tpc",
            "stage_positions": [{"x": x, "y": y} for x in AXIS for y in AXIS],
            "channels": [{"config": "FITC", "exposure": 5}],
            "time_plan": {"interval": 120, "loops": max(1, round(HOURS * 30))},
        },
        "detect": {"anaphase": {"use": "saccade.detect:Pairs", "sigma_um": 0.8, "brightness": 3}},
        "decide": [
            {"use": "saccade.decide:Schedule", "every_s": 2, "by": by, "forget_s": 200, "seed": 1}
        ],
        "guard": [{"use": "saccade.guard:Limits"}],
    }


class Tally(NamedTuple):
    """What visits came to."""

    visits: int
    found: int
    """Visits with a division in view."""
    light: float


def tally(by: str, seed: int) -> tuple[Tally, MemorySink]:
    """Return what visits came to in a world, and what was kept of the run."""
    protocol, sink = protocol_of(document(by)), MemorySink()
    scope = open_world(protocol, "dividing-nuclei", seed)
    play_protocol(protocol, scope, HOURS * 3600, sink)
    there = [each for each in world_of(scope).occurrences if each.kind == "division"]
    visits = [frame for frame in sink.frames if frame.stream == "visit"]
    found = 0
    for frame in visits:
        half_um, t_s = frame.pixels.shape[0] * frame.pixel_size_um / 2, frame.t_ns / 1e9
        found += any(
            each.onset_s <= t_s <= each.end_s
            and max(abs(each.x_um - (frame.x_um or 0)), abs(each.y_um - (frame.y_um or 0)))
            <= half_um
            for each in there
        )
    return Tally(len(visits), found, sum(frame.exposure_ms for frame in sink.frames)), sink


def test_more_visits_find_a_division_than_in_a_plain_round() -> None:
    """With the same light, in worlds that nothing was tuned on; says what it came to."""
    kept: dict[str, list[Tally]] = {"fair": [], "index": [], "thompson": []}
    for by, tallies in kept.items():
        for seed in SEEDS:
            one, sink = tally(by, seed)
            tallies.append(one)
            again = replayed(by, sink)
            assert again.same, again.differences[:3]
    for by, tallies in kept.items():
        found, visits = (sum(each[i] for each in tallies) for i in (1, 0))
        sys.stderr.write(f"{by}: {found} of {visits} visits had a division in view\n")
    assert len({each.visits for tallies in kept.values() for each in tallies}) == 1
    assert len({each.light for tallies in kept.values() for each in tallies}) == 1
    if HOURS * len(SEEDS) >= 1:
        came_to = {by: sum(each.found for each in tallies) for by, tallies in kept.items()}
        assert came_to["thompson"] > 1.3 * came_to["fair"]
        assert came_to["index"] > 1.3 * came_to["fair"]


def replayed(by: str, sink: MemorySink) -> Replay:
    """Decide again from what was kept."""
    parts = build_parts(protocol_of(document(by)).spec())
    frames = {frame.index: frame for frame in sink.frames}
    lines = [(each.kind, each.value) for each in sink.records if each.kind != "frame"]
    return replay(history(lines, frames.__getitem__), Chain(dict(parts.eyes), parts.rules))
