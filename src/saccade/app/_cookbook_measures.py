"""How recipes are measured: each against fixed acquisition, by the truth of a simulated world."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from saccade.core import Action, Observation, Record
from saccade.score import SLACK, during, in_the_dark, score_log

from ._bench_overview import bench_overview
from ._score_means import burst_of, means_of, plan_of, rules_of, slow_s_of
from ._score_world import open_world, play_protocol, refuse_misfit, specimen_of, world_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from saccade.core import Frame, Verdict
    from saccade.sim.world import World

    from ._protocol import Protocol

_NEAR_UM = 10.0
_OFF = 0.1
_EMISSION_NM = 520.0
_SETTLED = 0.25
"""Share of a run after which feedback must have settled."""


class Pair(NamedTuple):
    """What a protocol came to in one world, and fixed acquisition."""

    adaptive: float
    fixed: float


def captured(protocol: Protocol, seed: int) -> Pair:
    """Return the occurrence time captured, and what a fixed rate captures with the same light.

    The light buys so much time at a place at the slowest rate that still counts; whenever and
    wherever that is, it holds, on average, as large a share of what happens as of all places and
    times.
    """
    specimen = specimen_of(protocol, None)
    scope = open_world(protocol, specimen, seed)
    refuse_misfit(protocol, scope)
    plan = plan_of(protocol, scope.stand())
    slow_s = slow_s_of(plan)
    duration_s = plan[-1].t_s + slow_s
    means = means_of(burst_of(protocol), plan, scope.stand(), duration_s)
    rules = rules_of(means, slow_s)
    log = play_protocol(protocol, scope, duration_s)
    dark = in_the_dark(_fresh(protocol, seed), duration_s)
    world = world_of(scope)
    placed = log.on_specimen(world.imaging.drift)
    ours = score_log(placed, dark, world.occurrences, world.health, rules)
    bought_s = log.dose_j_per_cm2 / means.moment_j_per_cm2 * means.fast_s * SLACK
    share = bought_s / (len(means.places) * duration_s)
    return Pair(ours.watched_captured_s, ours.watched_s * min(1.0, share))


def responded(protocol: Protocol, seed: int) -> Pair:
    """Return how many looks at cells, in per cent, are within a tenth of the set point.

    Fixed acquisition gives every cell the mean of that light; how cells come to differ under it
    is what their gains make of it, and it is taken to be right for the mean of them.
    """
    heard = _Heard()
    scope = _played(protocol, seed, heard)
    set_point = float(protocol.resolved()["decide"][0]["set_point"])
    seen = heard.seen[int(len(heard.seen) * _SETTLED) :]
    share = np.array([point.strength / set_point for each in seen for point in each.points])
    gains = world_of(scope).specimen._gains  # type: ignore[attr-defined]  # noqa: SLF001
    leak = world_of(scope).specimen._leak  # type: ignore[attr-defined]  # noqa: SLF001
    # Each is as bright as leak and gain times the light; the light is such that the mean is 1.
    level = (1 / np.mean(share) if len(share) else 1.0) * (leak + np.mean(gains))
    alike = (leak + gains) / level
    return Pair(_percent(np.abs(share - 1) < _OFF), _percent(np.abs(alike - 1) < _OFF))


def followed(protocol: Protocol, seed: int) -> Pair:
    """Return in how many pictures, in per cent, the cell is near the middle, and would be else.

    The cell is the one that was nearest to the middle of the first picture that followed it; what
    comes after its division, if it divides, is not counted.
    """
    pictures: list[tuple[float, float, dict[int, tuple[float, float]]]] = []
    heard = _Heard()
    scope = open_world(protocol, specimen_of(protocol, None), seed)

    def look(frame: Frame) -> None:
        if frame.stream != "watch":
            cells: Any = world_of(scope).specimen
            where = dict(zip(cells.tracks.tolist(), cells.tracks_um().tolist(), strict=True))
            pictures.append((frame.x_um or 0.0, frame.y_um or 0.0, where))

    heard.look = look
    play_protocol(protocol, scope, _length_s(protocol), heard)
    if not pictures:
        return Pair(0.0, 0.0)
    x_um, y_um, first = pictures[0]
    me = min(first, key=lambda track: math.dist(first[track], (x_um, y_um)))
    there = [(x, y, where[me]) for x, y, where in pictures if me in where]
    away = np.array([math.dist(at, (x, y)) for x, y, at in there])
    stays = np.array([math.dist(at, there[0][2]) for _, _, at in there])
    return Pair(_percent(away < _NEAR_UM), _percent(stays < _NEAR_UM))


def overviewed(protocol: Protocol, seed: int) -> Pair:
    """Return how many rare cells are imaged in detail, and by a raster in the same time."""
    bench = bench_overview(protocol, _length_s(protocol) / 3600, (seed,))
    return Pair(bench.overview[0].found, bench.raster[0].found)


def switched(protocol: Protocol, seed: int) -> Pair:
    """Return how much of the occurrence time, in per cent, was under the condition.

    At a fixed time the condition would hold for as large a share of it as of the run, on average.
    """
    part = next(each for each in protocol.resolved()["decide"] if "sets" in each)
    heard = _Heard()
    scope = _played(protocol, seed, heard)
    duration_s, spans = _length_s(protocol), []
    since: float | None = None
    for t_s, value in heard.set_to(part["sets"]):
        if value == str(part["to"]) and since is None:
            since = t_s
        elif value == str(part["back"]) and since is not None:
            spans.append((since, t_s))
            since = None
    if since is not None:
        spans.append((since, duration_s))
    lived = [
        each
        for each in during(world_of(scope).occurrences, duration_s)
        if _in_view(each, scope, protocol)
    ]
    total = sum(min(each.end_s, duration_s) - max(each.onset_s, 0.0) for each in lived)
    under = sum(
        max(0.0, min(end, each.end_s) - max(begin, each.onset_s))
        for each in lived
        for begin, end in spans
    )
    on = sum(end - begin for begin, end in spans)
    return Pair(100 * under / total if total else 0.0, 100 * on / duration_s)


def focused(protocol: Protocol, seed: int) -> Pair:
    """Return how many pictures, in per cent, were in focus, and would have been else."""
    heights: list[tuple[float, float]] = []
    heard = _Heard()
    scope = open_world(protocol, specimen_of(protocol, None), seed)
    start_ns, imaging = scope.clock.now_ns(), world_of(scope).imaging

    def look(frame: Frame) -> None:
        if frame.stream == "watch":
            drift_um = imaging.drift.at((frame.t_ns - start_ns) / 1e9)[2]
            heights.append((frame.z_um or 0.0, drift_um))

    heard.look = look
    play_protocol(protocol, scope, _length_s(protocol), heard)
    z_um, drift_um = np.array(heights).T
    half_um = imaging.optics.depth_of_field_um(_EMISSION_NM) / 2
    return Pair(
        _percent(np.abs(z_um - drift_um) < half_um), _percent(np.abs(z_um[0] - drift_um) < half_um)
    )


def _percent(which: Any) -> float:
    return 100.0 * float(np.mean(which)) if np.size(which) else 0.0


def _fresh(protocol: Protocol, seed: int) -> World:
    return world_of(open_world(protocol, specimen_of(protocol, None), seed))


def _length_s(protocol: Protocol) -> float:
    plan: Any = protocol.watch.time_plan
    return float(plan.interval.total_seconds() * plan.loops)


def _played(protocol: Protocol, seed: int, heard: _Heard) -> Any:
    scope = open_world(protocol, specimen_of(protocol, None), seed)
    heard.start_ns = scope.clock.now_ns()
    play_protocol(protocol, scope, _length_s(protocol), heard)
    return scope


def _in_view(each: Any, scope: Any, protocol: Protocol) -> bool:
    stand = scope.stand()
    height, width = (side * stand.pixel_size_um / 2 for side in stand.shape_px)
    return any(
        abs(each.x_um - look.place.x_um) <= width and abs(each.y_um - look.place.y_um) <= height
        for look in plan_of(protocol, stand)[:64]
    )


class _Heard:
    """A sink that hears of frames without keeping any."""

    def __init__(self) -> None:
        self.look: Callable[[Frame], None] = lambda _: None
        self.seen: list[Observation] = []
        self.start_ns = 0
        self.committed = 0
        self._sets: list[tuple[float, str, str]] = []

    def set_to(self, name: str) -> list[tuple[float, str]]:
        """Return when a property was set, and to what."""
        return [(t_s, value) for t_s, its, value in self._sets if its == name]

    def frame(self, frame: Frame) -> bool:
        self.committed += 1
        self.look(frame)
        return True

    def note(self, record: Record) -> None:
        value = record.value
        if isinstance(value, Observation) and value.stream == "watch":
            self.seen.append(replace(value, labels=None))
        elif isinstance(value, Action):
            for event in value.events:
                for device, name, to in event.properties or ():
                    t_s = (record.t_ns - self.start_ns) / 1e9
                    self._sets.append((t_s, f"{device}.{name}", str(to)))

    def flush(self, timeout_s: float) -> bool:  # noqa: ARG002 - nothing is queued
        return True

    def close(self, verdict: Verdict | None = None) -> None:
        """Keep nothing."""
