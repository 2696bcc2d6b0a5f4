"""Which of two is which, after they were one: a second thought, by how bright they are."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ._course import Course

_SPREAD = 0.06
"""Standard deviation of the logarithm of a strength, seen alone."""
_SURE = 6.0
"""Logarithm of the odds at which one thinks again, or never again."""
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
    looks : int
        Frames in which both were seen alone.
    """

    one: Course
    other: Course
    odds: float = 0.0
    looks: int = 0

    def saw(self, strengths: Mapping[int, float]) -> bool:
        """Learn how bright they are; swap them if they are each other; return whether it is sure.

        Parameters
        ----------
        strengths : mapping of int to float
            Of those that are alone in this frame, by `id` of their courses.
        """
        one, other = strengths.get(id(self.one)), strengths.get(id(self.other))
        if one is None or other is None:
            return False
        kept = self.one.unlike(one, _SPREAD) + self.other.unlike(other, _SPREAD)
        swapped = self.other.unlike(one, _SPREAD) + self.one.unlike(other, _SPREAD)
        self.odds += (kept - swapped) / 2
        self.looks += 1
        if self.looks > 1 and self.odds > _SURE:
            self.one.swap(self.other)
            return True
        return self.odds < -_SURE or self.looks == _MOST_LOOKS


def judged(
    rivals: Iterable[Rivals], merged: Iterable[Sequence[Course]], alone: Mapping[int, float]
) -> list[Rivals]:
    """Return who may still be another, after a frame.

    Parameters
    ----------
    rivals : iterable of Rivals
        Before it.
    merged : iterable of sequences of Course
        Those that are one in it, together.
    alone : mapping of int to float
        Strengths of those that are alone in it, by `id` of their courses.
    """
    left = [each for each in rivals if not each.saw(alone)]
    known = {frozenset((id(each.one), id(each.other))) for each in left}
    for together in merged:
        for one, other in combinations(together, 2):
            if frozenset((id(one), id(other))) not in known:
                left.append(Rivals(one, other))
    return left


def brighter(seen: Iterable[tuple[float, Course]]) -> float:
    """Return how many times as bright as before all are that are seen alone, 1 if there is none.

    Parameters
    ----------
    seen : iterable of (float, Course)
        Strengths, and whose they are.
    """
    ratios = [
        strength / own for strength, course in seen if min(strength, own := course.strength) > 0
    ]
    return float(np.median(ratios)) if ratios else 1.0
