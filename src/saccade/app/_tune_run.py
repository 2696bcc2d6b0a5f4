"""Thresholds by a recorded baseline: a run in which nothing of what is looked for happens."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from saccade.core import UsageError, stand_from_plain
from saccade.run import Chain
from saccade.score import Trace, foreseen, points
from saccade.store import RunFolder

from ._parts import build_parts
from ._tune import Suggestion, Tuned, levels_of
from ._tune_worlds import knob_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from saccade.core import Observation

    from ._protocol import Protocol


def tune_on_run(
    protocol: Protocol,
    folder: Path,
    false_per_h: Sequence[float] = (0.5, 2.0),
    policy: str | None = None,
) -> Tuned:
    """Return what thresholds of a protocol would come to on the watch of a run.

    Whatever it would have done counts as a false alarm: the baseline is one in which nothing
    happens, such as a control without the drug. Places of the watch are what the interval is of.

    Parameters
    ----------
    protocol : Protocol
        As loaded.
    folder : Path
        The run folder; its frames are looked at again.
    false_per_h : sequence of float
        False alarms per hour that are wanted.
    policy : str, optional
        As in `TunePlan`.

    Raises
    ------
    UsageError
        If the run has no two frames of the watch at any place.
    """
    knob = knob_of(protocol, policy)
    document = {"detect": {knob.on: protocol.resolved()["detect"][knob.on]}}
    seen = _looked(RunFolder(folder), Chain(dict(build_parts(document).eyes), ()))
    traces = tuple(_trace(each) for each in seen.values() if len(each) > 1)
    if not traces:
        raise UsageError(f"{folder} has no watch to tune on.", "It needs two frames of a place.")
    curve = points(traces, knob.trigger, levels_of(traces), 0.0)
    hours = [trace.hours for trace in traces]
    found = []
    for wanted in false_per_h:
        within = [each for each in curve if each.false_per_h * len(traces) <= wanted]
        above = min(within, key=lambda each: each.above, default=curve[-1]).above
        below = round(min(knob.trigger.below, 0.9 * above), 4)
        acted = [round(points([each], knob.trigger, (above,), 0.0)[0].acts_per_h * each.hours)
                 for each in traces]  # fmt: skip
        rate = foreseen(acted, hours, math.fsum(hours))
        per_run = type(rate)(*(each * len(traces) for each in rate))
        found.append(Suggestion(wanted, above, below, per_run, None, None))
    name = protocol.resolved()["decide"][knob.place]["use"].rpartition(":")[2]
    return Tuned(
        protocol.name,
        str(folder),
        name,
        knob.on,
        (),
        max(hours),
        traces,
        tuple(curve),
        tuple(found),
    )


def _looked(run: RunFolder, chain: Chain) -> dict[tuple[int, int], list[Observation]]:
    found: dict[tuple[int, int], list[Observation]] = defaultdict(list)
    try:
        chain.learn(stand_from_plain(run.run.get("stand", {"name": "unknown"})))
        for frame in run.frames():
            if frame.stream == "watch":
                for seen in chain.look(frame).observations:
                    found[seen.place].append(seen)
    finally:
        chain.close()
    return found


def _trace(seen: Sequence[Observation]) -> Trace:
    t_s = np.array([each.t_ns / 1e9 for each in seen])
    scores = np.array([np.nan if each.verdict == "invalid" else each.score for each in seen])
    lasts_s = t_s[-1] - t_s[0] + float(np.median(np.diff(t_s)))
    return Trace(t_s - t_s[0], scores, (), lasts_s / 3600)
