"""What a story waits for while the watch goes on: a time, a count of frames, a score."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from saccade.core import is_number, require

from ._settings import check_above_zero, check_whole

if TYPE_CHECKING:
    from saccade.core import Observation


@dataclass(frozen=True, slots=True)
class Pause:
    """What a story yields to let the watch go on for a while.

    Attributes
    ----------
    for_s : float or None
        For so long, or so long at most; None is as long as it takes.
    count : int or None
        Until so many frames of the watch were seen.
    above, below : float or None
        Until the score of the watch is at or above, or at or below.
    dwell : int
        For so many consecutive frames of a place.
    """

    for_s: float | None = None
    count: int | None = None
    above: float | None = None
    below: float | None = None
    dwell: int = 1

    def meets(self, seen: Observation) -> bool:
        """Return whether a frame is as it is waited for; one that can't be judged is not."""
        if seen.verdict == "invalid" or (self.above is None and self.below is None):
            return False
        high = self.above is not None and seen.score >= self.above
        return high or (self.below is not None and seen.score <= self.below)


@dataclass
class Pausing:
    """A pause that has begun."""

    pause: Pause
    since_ns: int
    seen: list[Observation] = field(default_factory=list)
    _met: dict[tuple[int, int], int] = field(default_factory=dict)

    @property
    def due_ns(self) -> int | None:
        """When it is over at the latest, in monotonic ns."""
        for_s = self.pause.for_s
        return None if for_s is None else self.since_ns + round(for_s * 1e9)

    def take(self, seen: Observation) -> bool:
        """Take a frame of the watch; return whether it ends the pause."""
        pause = self.pause
        if pause.count is not None:
            self.seen.append(seen)
            return len(self.seen) >= pause.count
        met = self._met.get(seen.place, 0) + 1 if pause.meets(seen) else 0
        self._met[seen.place] = met
        self.seen = [seen] if met >= pause.dwell else []
        return bool(self.seen)

    def answer(self) -> object:
        """Return what the story receives."""
        if self.pause.count is not None:
            return tuple(self.seen)
        return self.seen[0] if self.seen else None


def wait_s(seconds: float) -> Pause:
    """Return what lets the watch go on for a time: ``yield wait_s(30)``, which receives None.

    Parameters
    ----------
    seconds : float
        Also in a ``finally``, where the next action comes so much later.

    Raises
    ------
    ProtocolError
        If it is no time above zero.
    """
    check_above_zero("wait_s", seconds, "Give a time in seconds.")
    return Pause(for_s=seconds)


def wait_frames(count: int) -> Pause:
    """Return what lets the watch go on for some frames: ``seen = yield wait_frames(5)``.

    Parameters
    ----------
    count : int
        Number of frames of the watch; the story receives a tuple of their observations.

    Raises
    ------
    ProtocolError
        If it is no whole number above zero.
    """
    check_whole("wait_frames", count, least=1)
    return Pause(count=count)


def wait_score(
    above: float | None = None,
    below: float | None = None,
    *,
    dwell: int = 1,
    at_most_s: float | None = None,
) -> Pause:
    """Return what lets the watch go on until its score is high, or low.

    ``seen = yield wait_score(above=0.8, at_most_s=600)`` receives the observation of the frame,
    or None if the time was over first.

    Parameters
    ----------
    above, below : float, optional
        Scores from 0 to 1: at or above the one, or at or below the other; one at least.
    dwell : int
        For so many consecutive frames of a place. An invalid one ends their count.
    at_most_s : float, optional
        Time after which it is given up; by default it waits for as long as the run.

    Raises
    ------
    ProtocolError
        If a setting can't be used.
    """
    do = "Scores go from 0 to 1; name one of 'above' and 'below' at least."
    given = [value for value in (above, below) if value is not None]
    ok = bool(given) and all(is_number(value) and 0 <= value <= 1 for value in given)
    require(ok, "wait_score", (above, below), "a threshold from 0 to 1", do)
    check_whole("wait_score.dwell", dwell, least=1)
    if at_most_s is not None:
        check_above_zero("wait_score.at_most_s", at_most_s, "Give a time in seconds.")
    return Pause(at_most_s, above=above, below=below, dwell=dwell)
