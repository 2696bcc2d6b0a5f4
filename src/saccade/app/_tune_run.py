"""Thresholds by a run: one in which nothing happens, or one whose occurrences are marked."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from saccade.core import UsageError, stand_from_plain
from saccade.run import Chain
from saccade.score import read_marks
from saccade.store import RunFolder

from ._parts import build_parts
from ._tune_marked import Marking, trace_of, tuned_by
from ._tune_worlds import knob_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from saccade.core import Observation
    from saccade.score import Mark

    from ._protocol import Protocol
    from ._tune import Tuned


def tune_on_run(
    protocol: Protocol,
    folder: Path,
    false_per_h: Sequence[float] = (0.5, 2.0),
    policy: str | None = None,
    events: Path | None = None,
    marking: Marking | None = None,
) -> Tuned:
    """Return what thresholds of a protocol would come to on the watch of a run.

    Without marks whatever it would have done counts as a false alarm: the baseline is one in which
    nothing happens, such as a control without the drug. With them, what would be done is right if
    something marked is there while it would last. Places of the watch are what intervals are of.

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
    events : Path, optional
        A table of all occurrences in it: ``frame`` is the index of a frame of the watch.
    marking : Marking, optional
        What marks say of the frames around them.

    Raises
    ------
    UsageError
        If the run has no two frames of the watch at any place.
    EventsError
        If the table can't be read, or tells of frames that the watch does not have.
    """
    knob, marking = knob_of(protocol, policy), marking or Marking()
    if events is not None and events.is_dir():
        raise UsageError(
            f"{events} is a folder: it can't tell what happens in frames that nobody labelled.",
            "Mark every occurrence in a table: frame, event.",
        )
    document = {"detect": {knob.on: protocol.resolved()["detect"][knob.on]}}
    seen = _looked(RunFolder(folder), Chain(dict(build_parts(document).eyes), ()))
    marks = () if events is None else _marks(events, seen)
    traces = []
    for each in seen.places.values():
        t_s = [one.t_ns / 1e9 for one in each]
        if len(each) > 1:
            traces.append(trace_of(t_s, each, _there_s(marks, each, marking)))
    marked = events is not None
    return tuned_by(protocol, knob, traces, str(folder), false_per_h, marked=marked)


class _Looked(NamedTuple):
    places: dict[tuple[int, int], list[Observation]]
    shape_px: tuple[int, int]
    """Of the largest frame."""


def _looked(run: RunFolder, chain: Chain) -> _Looked:
    found: dict[tuple[int, int], list[Observation]] = defaultdict(list)
    height = width = 1
    try:
        chain.learn(stand_from_plain(run.run.get("stand", {"name": "unknown"})))
        for frame in run.frames():
            if frame.stream == "watch":
                height, width = (
                    max(height, frame.pixels.shape[0]),
                    max(width, frame.pixels.shape[1]),
                )
                for seen in chain.look(frame).observations:
                    found[seen.place].append(seen)
    finally:
        chain.close()
    return _Looked(found, (height, width))


def _marks(events: Path, seen: _Looked) -> tuple[Mark, ...]:
    frames = [each.frame for several in seen.places.values() for each in several]
    positions = [place[0] for place in seen.places]
    height, width = seen.shape_px
    sizes = {"T": max(frames, default=-1) + 1, "P": max(positions, default=0) + 1}
    marks = read_marks(events, {**sizes, "Y": height, "X": width})
    if strange := sorted({mark.frame for mark in marks} - set(frames)):
        raise UsageError(
            f"{events} marks frame {strange[0]}, which is none of the watch.",
            "Mark the frame of the watch that shows it first.",
        )
    return marks


def _there_s(
    marks: Sequence[Mark], seen: Sequence[Observation], marking: Marking
) -> list[tuple[float, float]]:
    """Return from when to when something is there, of what was marked in a place's own frames."""
    numbers = {each.frame: number for number, each in enumerate(seen)}
    t_s = [each.t_ns / 1e9 for each in seen]
    there_s = []
    for number in (numbers[mark.frame] for mark in marks if mark.frame in numbers):
        last = number + marking.lasts - 1 + marking.tolerance
        there_s.append((t_s[max(0, number - marking.tolerance)], t_s[min(last, len(t_s) - 1)]))
    return there_s
