"""Thresholds by what was recorded: what each would come to beside what somebody has marked."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from saccade.core import Observation, UsageError, is_number, require
from saccade.score import Trace, foreseen, points, read_marks, wilson
from saccade.sim import open_recording

from ._assemble import open_scope
from ._protocol import protocol_of
from ._score_means import plan_of, slow_s_of
from ._score_recording import PLAYBACK, Shown, place_um
from ._score_world import play_protocol, refuse_misfit
from ._tune import Suggestion, Tuned, best_of, levels_of
from ._tune_worlds import knob_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from saccade.core import Record
    from saccade.score import Mark, Point
    from saccade.sim import Recording

    from ._protocol import Protocol
    from ._tune_worlds import Knob

_ROUNDING_S = 1e-6


@dataclass(frozen=True, kw_only=True)
class Marking:
    """What marks say of the frames around them.

    Parameters
    ----------
    tolerance : int
        Frames by which a mark may be off, either way.
    lasts : int
        Frames for which what is marked goes on, the marked one included.
    interval_s : float, optional
        Between the frames of a recording; by default as it says, else as the watch has it.

    Raises
    ------
    ProtocolError
        If a setting can't be used.
    """

    tolerance: int = 3
    lasts: int = 1
    interval_s: float | None = None

    def __post_init__(self) -> None:
        for name, least in (("tolerance", 0), ("lasts", 1)):
            value = getattr(self, name)
            ok = isinstance(value, int) and value >= least
            require(ok, f"--{name}", value, f"a whole number, {least} or more", "Correct it.")
        ok = self.interval_s is None or (is_number(self.interval_s) and self.interval_s > 0)
        require(ok, "--interval-s", self.interval_s, "above 0", "Give seconds, or leave it out.")


def tune_on_recording(
    protocol: Protocol,
    recording: Path,
    events: Path,
    false_per_h: Sequence[float] = (0.5, 2.0),
    policy: str | None = None,
    marking: Marking | None = None,
) -> Tuned:
    """Return what thresholds of a protocol would come to on a movie whose occurrences are marked.

    The watch alone is played over it. What would be done is right if something marked is there
    while it would last; all else is a false alarm, also what nobody has marked.

    Parameters
    ----------
    protocol : Protocol
        As loaded.
    recording : Path
        As ``playback:`` takes it.
    events : Path
        Marks, as `saccade.score.read_marks` reads them.
    false_per_h : sequence of float
        False alarms per hour that are wanted.
    policy : str, optional
        As in `TunePlan`.
    marking : Marking, optional
        What marks say of the frames around them.

    Raises
    ------
    RecordingError, EventsError
        If the movie or its marks can't be read, or don't fit together.
    UsageError
        If nobody tells how long an hour of it is, or it has no two frames of any place.
    ProtocolError
        If the protocol can't run on it.
    """
    marking = marking or Marking()
    movie = open_recording(recording)
    marks = read_marks(events, movie.sizes)
    scope = open_scope(f"{PLAYBACK}{recording}")
    own_s = movie.interval_s or slow_s_of(plan_of(protocol, scope.stand()))
    interval_s = marking.interval_s or own_s
    if not interval_s > 0:
        raise UsageError(
            f"Nobody tells how long it takes from one frame of {recording} to the next.",
            "Say so: --interval-s SECONDS.",
        )
    knob = knob_of(protocol, policy, interval_s)
    watch = _watch(protocol, knob, movie)
    refuse_misfit(watch, scope)
    heard = _Heard()
    play_protocol(watch, scope, then=heard)
    traces = _traces(heard, marks, movie, marking, interval_s)
    return tuned_by(protocol, knob, traces, str(recording), false_per_h, marked=True)


def tuned_by(
    protocol: Protocol,
    knob: Knob,
    traces: Sequence[Trace],
    source: str,
    false_per_h: Sequence[float],
    *,
    marked: bool,
) -> Tuned:
    """Return what thresholds would come to on some watched places, and which are worth taking.

    Parameters
    ----------
    protocol : Protocol
        As loaded.
    knob : Knob
        Whose threshold.
    traces : sequence of Trace
        Of every place.
    source : str
        Where they come from.
    false_per_h : sequence of float
        False alarms per hour, of all places together, that are wanted.
    marked : bool
        Whether it is known what there was to see; else whatever would be done is a false alarm.

    Raises
    ------
    UsageError
        If there is no place with two frames.
    """
    if not traces:
        raise UsageError(f"{source} has no watch to tune on.", "It needs two frames of a place.")
    curve = points(traces, knob.trigger, levels_of(traces), 0.0)
    found = [_suggested(each, curve, traces, knob, marked) for each in false_per_h]
    return Tuned(
        protocol.name,
        source,
        protocol.resolved()["decide"][knob.place]["use"].rpartition(":")[2],
        knob.on,
        (),
        max(trace.hours for trace in traces),
        tuple(traces),
        tuple(curve),
        tuple(found),
    )


def _suggested(
    wanted: float, curve: Sequence[Point], traces: Sequence[Trace], knob: Knob, marked: bool
) -> Suggestion:
    if marked:
        chosen = best_of(curve, wanted / len(traces))
    else:  # nothing to catch: the lowest that keeps to it
        within = [each for each in curve if each.false_per_h * len(traces) <= wanted]
        chosen = within[0] if within else curve[-1]
    hours = [trace.hours for trace in traces]
    wrong = [points([each], knob.trigger, (chosen.above,), 0.0)[0].wrong for each in traces]
    rate = foreseen(wrong, hours, math.fsum(hours))
    return Suggestion(
        wanted,
        chosen.above,
        round(min(knob.trigger.below, 0.9 * chosen.above), 4),
        type(rate)(*(each * len(traces) for each in rate)),
        wilson(chosen.caught, chosen.there) if marked else None,
        None,
        wilson(chosen.right, chosen.right + chosen.wrong) if marked else None,
    )


def trace_of(
    t_s: Sequence[float], seen: Sequence[Observation], there_s: Sequence[tuple[float, float]]
) -> Trace:
    """Return what was said of one place, from its first frame on.

    Parameters
    ----------
    t_s : sequence of float
        Times of the frames, in order.
    seen : sequence of Observation
        Of each frame.
    there_s : sequence of (float, float)
        From when to when something was there.
    """
    times_s = np.array(t_s)
    scores = np.array([np.nan if each.verdict == "invalid" else each.score for each in seen])
    lasts_s = times_s[-1] - times_s[0] + float(np.median(np.diff(times_s)))
    there = tuple(
        (begin - times_s[0] - _ROUNDING_S, end - times_s[0] + _ROUNDING_S) for begin, end in there_s
    )
    return Trace(times_s - times_s[0], scores, there, lasts_s / 3600)


def _watch(protocol: Protocol, knob: Knob, movie: Recording) -> Protocol:
    """Return a protocol that decides nothing, and looks at every frame without waiting for it."""
    document: dict[str, Any] = {**protocol.resolved(), "decide": [], "arbiter": None}
    document["detect"] = {knob.on: document["detect"][knob.on]}
    every = {"interval": 0, "loops": movie.sizes["T"]}
    document["watch"] = {**document["watch"], "time_plan": every}
    return protocol_of(document)


class _Heard(Shown):
    """A sink that keeps what was seen, by place, and which time of a recording it was seen at."""

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[tuple[int, int], list[Observation]] = defaultdict(list)

    def note(self, record: Record) -> None:
        if isinstance(record.value, Observation) and record.value.stream == "watch":
            self.places[record.value.place].append(record.value)


def _traces(
    heard: _Heard, marks: Sequence[Mark], movie: Recording, marking: Marking, interval_s: float
) -> list[Trace]:
    traces = []
    for several in heard.places.values():
        seen = [each for each in several if each.frame in heard.times]
        if len(seen) < 2:
            continue
        t_s = [heard.times[each.frame] * interval_s for each in seen]
        before, after = marking.tolerance, marking.lasts - 1 + marking.tolerance
        there_s = [
            ((mark.frame - before) * interval_s, (mark.frame + after) * interval_s)
            for mark in marks
            if _in_view(mark, seen[0], movie)
        ]
        traces.append(trace_of(t_s, seen, there_s))
    return traces


def _in_view(mark: Mark, seen: Observation, movie: Recording) -> bool:
    at_um = place_um(mark, movie)
    if at_um is None:
        return True
    x_um, y_um = seen.at_um[0] or 0.0, seen.at_um[1] or 0.0
    half_um = movie.sizes["X"] * movie.pixel_size_um / 2, movie.sizes["Y"] * movie.pixel_size_um / 2
    return abs(at_um[0] - x_um) <= half_um[0] and abs(at_um[1] - y_um) <= half_um[1]
