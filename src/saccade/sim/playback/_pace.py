"""Which time of a recording a camera sees: as fast as it looks, or as it was recorded."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, TypeAlias

from saccade.core import RecordingEndedError, RecordingError, SnapError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

    from saccade.core import Clock

    from ._pile import Plane
    from ._recording import Recording

Pace: TypeAlias = Literal["fast", "real"]

Place: TypeAlias = tuple[int, int, int]
"""Position, channel and focal plane."""


def fast_pace() -> Callable[[Place], int]:
    """Return a pace that moves on when a place was already seen at the present time."""
    time = 0
    seen: set[Place] = set()

    def next_time(place: Place) -> int:
        nonlocal time
        if place in seen:
            time += 1
            seen.clear()
        seen.add(place)
        return time

    return next_time


def real_pace(clock: Clock, interval_s: float) -> Callable[[Place], int]:
    """Return a pace that follows the clock from the first look on.

    Parameters
    ----------
    clock : Clock
        What the time is read from.
    interval_s : float
        Time between frames.
    """
    interval_ns = round(interval_s * 1e9)
    start_ns: int | None = None

    def next_time(place: Place) -> int:  # noqa: ARG001
        nonlocal start_ns
        now_ns = clock.now_ns()
        start_ns = now_ns if start_ns is None else start_ns
        return (now_ns - start_ns) // interval_ns

    return next_time


class Projector:
    """A recording that is shown picture by picture until it is over.

    Parameters
    ----------
    recording : Recording
        What is shown.
    next_time : callable
        The pace: takes a place and returns the time to show there.
    """

    def __init__(self, recording: Recording, next_time: Callable[[Place], int]) -> None:
        self.recording = recording
        self.time = -1
        """Time shown last; -1 before the first."""
        self.ended: str | None = None
        """Why no further picture can come."""
        self._next_time = next_time

    def show(self, place: Place) -> Plane:
        """Return the picture of a place at its time.

        Parameters
        ----------
        place : tuple of int
            Position, channel and focal plane.

        Raises
        ------
        RecordingEndedError
            Once a time was asked for that lies behind the last.
        SnapError
            If the picture can't be read from the file any more.
        """
        name, times = self.recording.path.name, self.recording.sizes["T"]
        time = self._next_time(place)
        if time >= times:
            self.ended = f"{name} is over: all its {times} times were shown."
            raise RecordingEndedError(self.ended)
        p, c, z = place
        try:
            pixels = self.recording.plane(p, time, c, z)
        except Exception as error:
            # The file may have been moved, cut or overwritten since it was opened.
            what = f"{name} can't be read at time {time}, position {p}: {error}"
            raise SnapError(what, "Check the file and its disk.") from error
        self.time = time
        return pixels


def projector(
    recording: Recording, pace: Pace, interval_s: float | None, clock: Clock
) -> Projector:
    """Return a projector for a recording.

    Parameters
    ----------
    recording : Recording
        What is shown.
    pace : {"fast", "real"}
        Moved on by looking, or by the clock.
    interval_s : float or None
        Time between frames, instead of what the recording states.
    clock : Clock
        What the time is read from.

    Raises
    ------
    RecordingError
        For another pace, or a real one without a usable interval.
    """
    if pace == "fast":
        return Projector(recording, fast_pace())
    if pace != "real":
        raise RecordingError(f"There is no pace {pace!r}.", did_you_mean(pace, ("fast", "real")))
    interval_s = recording.interval_s if interval_s is None else interval_s
    if interval_s is None:
        raise RecordingError(
            f"{recording.path.name} does not tell the time between its frames.",
            "Give interval_s, or play it at the pace 'fast'.",
        )
    if not (math.isfinite(interval_s) and round(interval_s * 1e9) > 0):
        raise RecordingError(
            f"An interval of {interval_s} s can't be played.", "Give interval_s above 0."
        )
    return Projector(recording, real_pace(clock, interval_s))
