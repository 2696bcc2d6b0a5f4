"""What a protocol would have caught in a recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from saccade.sim.world import Occurrence

from ._captured import capture
from ._statistics import Interval, wilson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._log import Log, Shot
    from ._marks import Mark


@dataclass(frozen=True, slots=True)
class MarkScore:
    """What became of one mark."""

    mark: Mark
    noticed: bool
    """Whether a burst was decided on within the tolerance."""
    caught: bool
    """Whether three consecutive frames within the tolerance would have been fast ones."""
    first_fast: int | None
    """First fast frame within the tolerance."""


@dataclass(frozen=True, slots=True)
class RecordingScore:
    """What a protocol would have taken of a recording, and caught in it."""

    frames: int
    """Times of the recording."""
    tolerance: int
    marks: tuple[MarkScore, ...]
    triggers: tuple[int, ...]
    """Times at which a burst was decided on."""
    fast: tuple[int, ...]
    """Times that a burst would have taken."""
    false_alarms: int
    """Bursts with no mark within the tolerance of any of their frames or of their trigger."""

    @property
    def noticed(self) -> Interval:
        """Share of marks with a trigger nearby; Wilson interval."""
        return wilson(sum(each.noticed for each in self.marks), len(self.marks))

    @property
    def caught(self) -> Interval:
        """Share of marks that would have been seen at the fast rate; Wilson interval."""
        return wilson(sum(each.caught for each in self.marks), len(self.marks))

    @property
    def made(self) -> tuple[str, ...]:
        """How the marks were made, as far as their file says."""
        return tuple(dict.fromkeys(each.mark.made for each in self.marks if each.mark.made))

    def plain(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "frames": self.frames,
            "tolerance": self.tolerance,
            "noticed": self.noticed._asdict(),
            "caught": self.caught._asdict(),
            "triggers": list(self.triggers),
            "fast_frames": list(self.fast),
            "false_alarms": self.false_alarms,
            "marks_made": list(self.made),
            "marks": [
                {
                    **each.mark._asdict(),
                    "noticed": each.noticed,
                    "caught": each.caught,
                    "first_fast": each.first_fast,
                }
                for each in self.marks
            ],
        }


def score_recording(
    log: Log,
    marks: Sequence[Mark],
    *,
    frames: int,
    tolerance: int,
    place_um: Sequence[tuple[float, float] | None],
) -> RecordingScore:
    """Return what a run over a recording would have caught.

    Parameters
    ----------
    log : Log
        Of the run; the time of each shot is that of the recording it showed, in frames.
    marks : sequence of Mark
        What happens.
    frames : int
        Times of the recording.
    tolerance : int
        Frames by which a mark may be off, either way.
    place_um : sequence of tuple or None
        Where each mark is on the stage; None is everywhere.
    """
    shown = {shot.frame: shot for shot in log.shots}
    fast = log.decided()
    triggers = [shown[burst.frame] for burst in log.bursts if burst.frame in shown]
    scored = tuple(
        _of_mark(mark, at_um, fast, triggers, tolerance)
        for mark, at_um in zip(marks, place_um, strict=True)
    )
    spans = [
        [shown[n].t_s for n in (burst.frame, *burst.shots) if n in shown] for burst in log.bursts
    ]
    alone = [
        not any(min(span) - tolerance <= mark.frame <= max(span) + tolerance for mark in marks)
        for span in spans
        if span
    ]
    return RecordingScore(
        frames,
        tolerance,
        scored,
        tuple(round(shot.t_s) for shot in triggers),
        tuple(sorted({round(shot.t_s) for shot in fast.shots})),
        sum(alone),
    )


def _of_mark(
    mark: Mark,
    at_um: tuple[float, float] | None,
    fast: Log,
    triggers: Sequence[Shot],
    tolerance: int,
) -> MarkScore:
    low, high = mark.frame - tolerance, mark.frame + tolerance
    near = fast.columns.part((fast.columns.t_s >= low) & (fast.columns.t_s <= high))
    noticed = any(low <= shot.t_s <= high for shot in triggers)
    if at_um is None and len(near.t_s):
        at_um = tuple(near.at_um[0].tolist())
    if at_um is None:
        return MarkScore(mark, noticed, caught=False, first_fast=None)
    # Times are frames, so that the fast interval is 1.
    found = capture(near, Occurrence(mark.kind, low, high, 0, *at_um), 1.0)
    seen = near.t_s[near.see(*at_um)]
    return MarkScore(mark, noticed, found.caught, round(seen[0]) if len(seen) else None)
