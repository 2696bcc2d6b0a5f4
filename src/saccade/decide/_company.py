"""One thing that is followed and those around it, so that none is taken for another."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ._course import ITSELF, Course, is_alone
from ._fading import Fading
from ._overlap import between, placed
from ._rivals import Merged, Rivals, judged
from ._shading import Shading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._found import Found, Place

_UNLIKE = 0.12
"""Difference of the logarithms of two strengths that counts as much as the reach does."""
_FAR = 1e6
_ONE = 0.5
"""Weight of a velocity that was seen while two were one, of that of one alone."""


@dataclass
class Company:
    """The one that is followed, the first, and all others that are in sight.

    Points are assigned to courses by the least sum of squared distances (Jaqaman and others 2008);
    where some were one before, by their strengths as well. Those that come to one point are where
    the box around it and its pixels say, in the order that they are expected in; without a box they
    go on by their courses, such that the point is in their middle. After they have parted, they are
    thought of again: see `Rivals`. Strengths are those that they would have in the middle of the
    field, see `Shading`.

    Parameters
    ----------
    courses : list of Course
        The followed one first.
    """

    courses: list[Course] = field(default_factory=list)
    rivals: list[Rivals] = field(default_factory=list, init=False)
    fading: Fading = field(default_factory=Fading, init=False)
    shading: Shading = field(default_factory=Shading, init=False)
    _lit: dict[int, tuple[Place, float]] = field(default_factory=dict, init=False, repr=False)
    """Where on the sensor those were that were alone in the last frame, and how bright."""

    @classmethod
    def of(cls, points: Sequence[Found], me: Found, t_ns: int) -> Company:
        """Return a company in which one point is followed."""
        others = [_begun(each, t_ns) for each in points if each is not me]
        return cls([_begun(me, t_ns), *others])

    @property
    def me(self) -> Course:
        """The one that is followed."""
        return self.courses[0]

    def saw(
        self,
        seen: Sequence[Found],
        t_ns: int,
        *,
        reach_um: float,
        smooth: float,
        patience: int,
    ) -> str:
        """Learn what was found in a frame; return what became of the followed one.

        Parameters
        ----------
        seen : sequence of Found
            All that were found.
        t_ns : int
            When.
        reach_um, smooth, patience
            As in `Follow`.

        Returns
        -------
        str
            'found', 'merged' or 'lost', in this frame.
        """
        points = [_evenly_lit(each, self.shading) for each in seen]
        expected = [course.at(t_ns) for course in self.courses]
        mine = self._assigned(points, expected, reach_um)
        together = self._together(points, expected, mine, reach_um)
        for col, rows in together.items():
            sizes = [self.courses[row].size_um for row in rows]
            guesses = placed([expected[row] for row in rows], sizes, points[col])
            for row, (place, sure) in zip(rows, guesses, strict=True):
                self.courses[row].merged(place, t_ns, smooth * _ONE, sure)
        one = {row for rows in together.values() for row in rows}
        found = {row: col for row, col in mine.items() if row not in one}
        alone = self._see(found, points, t_ns, smooth)
        self._learn_shading({key: seen[col] for key, col in alone.items()})
        for row in set(range(len(self.courses))) - one - found.keys():
            self.courses[row].lost += 1
        taken = set(mine.values()) | together.keys()
        new = [_begun(each, t_ns) for n, each in enumerate(points) if n not in taken]
        kept = [each for each in self.courses[1:] if each.lost <= patience]
        merged = [
            Merged([self.courses[row] for row in rows], points[col].strength)
            for col, rows in together.items()
        ]
        self._judge({key: points[col] for key, col in alone.items()}, merged)
        self.courses = [self.courses[0], *kept, *new]
        return "merged" if 0 in one else "found" if 0 in found else "lost"

    def _see(
        self, found: dict[int, int], points: Sequence[Found], t_ns: int, smooth: float
    ) -> dict[int, int]:
        """Let each course learn of its point; return the points of those that are alone."""
        alone: dict[int, int] = {}
        doubted = self._doubted()
        for row, col in found.items():
            course, point = self.courses[row], points[col]
            if point.whole and is_alone(course, point.size_um):
                alone[id(course)] = col
            course.saw(point, t_ns, smooth, doubted=id(course) in doubted)
        return alone

    def _doubted(self) -> set[int]:
        """Return the `id` of courses that may be those of others."""
        return {id(each) for pair in self.rivals for each in (pair.one, pair.other)}

    def _learn_shading(self, alone: dict[int, Found]) -> None:
        lit = {
            key: (each.lit, each.strength)
            for key, each in alone.items()
            if each.lit is not None and each.strength > 0
        }
        for key in lit.keys() & self._lit.keys():
            self.shading.learn(self._lit[key], lit[key])
        self._lit = lit

    def _judge(self, alone: dict[int, Found], merged: list[Merged]) -> None:
        """Learn how bright those are that are alone, and think again of those that were one."""
        doubted = self._doubted() | {id(each) for group in merged for each in group.courses}
        sure = [
            (alone[id(each)], each)
            for each in self.courses
            if id(each) in alone and id(each) not in doubted
        ]
        times = self.fading.saw(sure)
        for point, course in sure:
            course.shone(point.strength)
        for course in self.courses:
            if id(course) in doubted:  # what nobody can see alone fades as the others do
                course.fades(times)
        now = {key: point.strength / times for key, point in alone.items()}
        merged = [group._replace(strength=group.strength / times) for group in merged]
        here = {id(each) for each in self.courses}
        rivals = [each for each in self.rivals if {id(each.one), id(each.other)} <= here]
        self.rivals = judged(rivals, merged, now, self.fading.spread)

    def _assigned(
        self, points: Sequence[Found], expected: list[Place], reach_um: float
    ) -> dict[int, int]:
        """Return the number of the point of each course that has one."""
        from scipy.optimize import (
            linear_sum_assignment,  # half a second, which every command would pay
        )

        if not points:
            return {}
        cost = np.full((len(expected), len(points)), _FAR)
        for row, (course, at_um) in enumerate(zip(self.courses, expected, strict=True)):
            for col, point in enumerate(points):
                away = math.dist(at_um, (point.x_um, point.y_um)) / reach_um
                # Where they part, nobody knows as well where they were.
                if away <= (1 if course.since is None else 2):
                    unlike = course.unlike(point.strength, _UNLIKE) if course.since else 0.0
                    cost[row, col] = away**2 + unlike
        rows, cols = linear_sum_assignment(cost)
        pairs = zip(rows.tolist(), cols.tolist(), strict=True)
        return {row: col for row, col in pairs if cost[row, col] < _FAR}

    def _together(
        self,
        points: Sequence[Found],
        expected: list[Place],
        mine: dict[int, int],
        reach_um: float,
    ) -> dict[int, list[int]]:
        """Return the numbers of the courses that have come to one point, by that of the point.

        Where one of them turns out to be alone there, the point is made its own.
        """
        of = {col: [row] for row, col in mine.items()}
        theirs = set(mine.values())
        for row in set(range(len(self.courses))) - set(mine):
            far_um = {
                col: math.dist(expected[row], self._within(row, expected[row], point))
                for col, point in enumerate(points)
                if col in theirs or point.box_um is not None
            }
            nearest = min(far_um, key=far_um.__getitem__, default=None)
            if nearest is not None and far_um[nearest] <= reach_um:
                of.setdefault(nearest, []).append(row)
        together = {col: rows for col, rows in of.items() if len(rows) > 1}
        for col, rows in list(together.items()):
            if (only := self._only_one(rows, points[col])) is not None:
                del together[col]
                for row in rows:
                    mine.pop(row, None)
                mine[only] = col
        return together

    def _only_one(self, rows: list[int], point: Found) -> int | None:
        """Return which of those that have come to one point is alone there, if any is.

        Where the box is that of one they lie over each other, so that their light adds up: if it
        is that of one as well, the others are gone.
        """
        size_um = point.size_um
        if size_um is None or not all(is_alone(self.courses[row], size_um) for row in rows):
            return None
        off, best = min((self.courses[row].off(point.strength), row) for row in rows)
        return None if off > ITSELF or (best != 0 and 0 in rows) else best

    def _within(self, row: int, at_um: Place, point: Found) -> Place:
        """Return the nearest place at which the box around a point could hold that of another."""
        if (box := point.box_um) is None:
            return point.x_um, point.y_um
        w, h = self.courses[row].size_um or (0.0, 0.0)
        return between(box[0], box[2], w, at_um[0]), between(box[1], box[3], h, at_um[1])


def _begun(point: Found, t_ns: int) -> Course:
    return Course(point.x_um, point.y_um, t_ns, point.strength)


def _evenly_lit(point: Found, shading: Shading) -> Found:
    return point._replace(strength=point.strength / shading.at(point.lit))
