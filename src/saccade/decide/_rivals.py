"""Which of two is which, after they were one: a second thought, by how bright they are."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ._course import Course

_SURE = 6.0
"""Logarithm of the odds at which one thinks again, or never again."""
_FITS = 9.0
"""Mean sum of the two squared spreads, below which they look like each other; 2 if they are."""
_MOST_LOOKS = 10


@dataclass
class Rivals:
    """Two that were one, until it is sure that neither was taken for the other.

    Attributes
    ----------
    one, other : Course
        Each keeps the strength that it had before.
    odds : float
        Logarithm of those that they were taken for one another.
    unlike : float
        Sum of the squared spreads by which they differ from each other.
    looks : int
        Frames in which both were seen alone.
    """

    one: Course
    other: Course
    odds: float = 0.0
    unlike: float = 0.0
    looks: int = 0

    def saw(self, strengths: Mapping[int, float], spread: float) -> None:
        """Learn how bright they are.

        Parameters
        ----------
        strengths : mapping of int to float
            Of those that are alone in this frame, by `id` of their courses.
        spread : float
            Of the logarithm of strengths.
        """
        one, other = strengths.get(id(self.one)), strengths.get(id(self.other))
        if one is None or other is None:
            return
        kept = self.one.unlike(one, spread) + self.other.unlike(other, spread)
        swapped = self.other.unlike(one, spread) + self.one.unlike(other, spread)
        self.odds += (kept - swapped) / 2
        self.unlike += swapped
        self.looks += 1

    @property
    def suspect(self) -> bool:
        """Whether they look like each other; if neither way fits, there is a third."""
        return self.odds > _SURE and self.unlike < _FITS * self.looks

    @property
    def settled(self) -> bool:
        """Whether they are who they seem, or nobody will ever know."""
        return self.odds < -_SURE or self.looks >= _MOST_LOOKS

    def shares(self, other: Rivals) -> bool:
        """Return whether one of them is one of another pair's."""
        return any(mine is its for mine in self._both for its in other._both)

    def restart(self) -> None:
        """Forget what was seen: one of them is where another was."""
        self.odds, self.unlike, self.looks = 0.0, 0.0, 0

    @property
    def _both(self) -> tuple[Course, Course]:
        return self.one, self.other


def judged(
    rivals: Iterable[Rivals],
    merged: Iterable[Sequence[Course]],
    alone: Mapping[int, float],
    spread: float,
) -> list[Rivals]:
    """Swap those that were taken for one another; return who may still be another, after a frame.

    Of pairs that share one, the most suspect goes first, and the others begin anew after it.

    Parameters
    ----------
    rivals : iterable of Rivals
        Before it.
    merged : iterable of sequences of Course
        Those that are one in it, together.
    alone : mapping of int to float
        Strengths of those that are alone in it, by `id` of their courses.
    spread : float
        Of the logarithm of strengths.
    """
    rivals = list(rivals)
    for each in rivals:
        each.saw(alone, spread)
    left = _swapped([each for each in rivals if each.suspect or not each.settled])
    known = {frozenset((id(each.one), id(each.other))) for each in left}
    for together in merged:
        for one, other in combinations(together, 2):
            if frozenset((id(one), id(other))) not in known:
                left.append(Rivals(one, other))
    return left


def _swapped(rivals: list[Rivals]) -> list[Rivals]:
    """Swap whom it is sure of, twice seen; return the other pairs."""
    before: list[Rivals] = []
    done: list[Rivals] = []
    for each in sorted((each for each in rivals if each.suspect), key=lambda each: -each.odds):
        if each.looks > 1 and not any(map(each.shares, before)):
            each.one.swap(each.other)
            done.append(each)
        before.append(each)
    left = [each for each in rivals if not any(each is one for one in done)]
    for each in left:
        if any(map(each.shares, done)):
            each.restart()
    return left
