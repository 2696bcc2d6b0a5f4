"""Which of two is which, after they were one: a second thought, by how bright they are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ._course import Course

_SURE = 6.0
"""Logarithm of the odds at which one thinks again, or never again."""
_MOST_ODDS = 24.0
"""What a single look may say at most: what has just parted may be cut badly."""
_FITS = 9.0
"""Mean sum of the two squared spreads, below which they look like each other; 2 if they are."""
_MOST_LOOKS = 10


class Merged(NamedTuple):
    """Those that are one in a frame."""

    courses: Sequence[Course]
    strength: float
    """Of all of them together."""

    def unlike(self, spread: float, swap: tuple[Course, Course] | None = None) -> float:
        """Return how far their light is from what theirs adds up to, as squared spreads.

        Parameters
        ----------
        spread : float
            Of the logarithm of strengths.
        swap : (Course, Course), optional
            One of them, and who may be there in its place.
        """
        there = [swap[1] if swap and each is swap[0] else each for each in self.courses]
        if not (all(each.known for each in there) and self.strength > 0):
            return math.inf
        return (math.log(self.strength / sum(each.strength for each in there)) / spread) ** 2


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
        Frames in which it could be told how bright each is.
    """

    one: Course
    other: Course
    odds: float = 0.0
    unlike: float = 0.0
    looks: int = 0

    def saw(self, strengths: Mapping[int, float], merged: Iterable[Merged], spread: float) -> None:
        """Learn how bright they are.

        Parameters
        ----------
        strengths : mapping of int to float
            Of those that are alone in this frame, by `id` of their courses.
        merged : iterable of Merged
            Those that are one in it.
        spread : float
            Of the logarithm of strengths.
        """
        one, other = strengths.get(id(self.one)), strengths.get(id(self.other))
        if one is not None and other is not None:
            kept = self.one.unlike(one, spread) + self.other.unlike(other, spread)
            swapped = self.other.unlike(one, spread) + self.one.unlike(other, spread)
        elif one is not None:
            kept, swapped = _by_sums(self.one, self.other, one, merged, spread)
        elif other is not None:
            kept, swapped = _by_sums(self.other, self.one, other, merged, spread)
        else:
            return
        if min(kept, swapped) < math.inf:
            self.odds += min(max((kept - swapped) / 2, -_MOST_ODDS), _MOST_ODDS)
            self.unlike += min(swapped, 2 * _FITS)
            self.looks += 1

    @property
    def suspect(self) -> bool:
        """Whether they look like each other; if neither way fits, there is a third."""
        return self.odds > _SURE and self.unlike < _FITS * self.looks

    @property
    def settled(self) -> bool:
        """Whether they are who they seem, or nobody will ever know."""
        return (self.looks > 1 and self.odds < -_SURE) or self.looks >= _MOST_LOOKS

    def shares(self, other: Rivals) -> bool:
        """Return whether one of them is one of another pair's."""
        return any(mine is its for mine in self._both for its in other._both)

    def restart(self) -> None:
        """Forget what was seen: one of them is where another was."""
        self.odds, self.unlike, self.looks = 0.0, 0.0, 0

    @property
    def _both(self) -> tuple[Course, Course]:
        return self.one, self.other


def _by_sums(
    alone: Course, other: Course, strength: float, merged: Iterable[Merged], spread: float
) -> tuple[float, float]:
    """Return how unlike they are, kept and swapped, where the other is one with a third; or inf.

    That works where light adds up: if neither way comes to what is seen, it doesn't.
    """
    for group in merged:
        ids = {id(each) for each in group.courses}
        if id(other) not in ids or id(alone) in ids:
            continue
        kept, swapped = group.unlike(spread), group.unlike(spread, (other, alone))
        if min(kept, swapped) < _FITS:
            return kept + alone.unlike(strength, spread), swapped + other.unlike(strength, spread)
    return math.inf, math.inf


def judged(
    rivals: Iterable[Rivals],
    merged: Sequence[Merged],
    alone: Mapping[int, float],
    spread: float,
) -> list[Rivals]:
    """Swap those that were taken for one another; return who may still be another, after a frame.

    Of pairs that share one, the most suspect goes first, and the others begin anew after it.

    Parameters
    ----------
    rivals : iterable of Rivals
        Before it.
    merged : sequence of Merged
        Those that are one in it.
    alone : mapping of int to float
        Strengths of those that are alone in it, by `id` of their courses.
    spread : float
        Of the logarithm of strengths.
    """
    rivals = list(rivals)
    for each in rivals:
        each.saw(alone, merged, spread)
    left = _swapped([each for each in rivals if each.suspect or not each.settled])
    known = {frozenset((id(each.one), id(each.other))) for each in left}
    for together in merged:
        for one, other in combinations(together.courses, 2):
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
