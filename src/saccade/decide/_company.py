"""One thing that is followed and those around it, so that none is taken for another."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ._course import Course, is_alone
from ._rivals import Rivals, brighter, judged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from saccade.core import Point

    from ._course import Box, Place, Size

_UNLIKE = 0.12
"""Difference of the logarithms of two strengths that counts as much as the reach does."""
_FAR = 1e6
_ONE = 0.5
"""Weight of a velocity that was seen while two were one, of that of one alone."""
_APART = 0.2
"""How far apart two must be, of their size, for it to be sure which is which along an axis."""


@dataclass
class Company:
    """The one that is followed, the first, and all others that are in sight.

    Points are assigned to courses by the least sum of squared distances (Jaqaman and others 2008);
    where some were one before, by their strengths as well. Those that come to one point are as far
    apart as the box around it says, in the order that they are expected in; without a box they go
    on by their courses, such that the point is in their middle. After they have parted, they are
    thought of again: see `Rivals`.

    Parameters
    ----------
    courses : list of Course
        The followed one first.
    """

    courses: list[Course] = field(default_factory=list)
    rivals: list[Rivals] = field(default_factory=list, init=False)

    @classmethod
    def of(cls, points: tuple[Point, ...], me: Point, t_ns: int) -> Company:
        """Return a company in which one point is followed."""
        others = [_begun(each, t_ns) for each in points if each is not me]
        return cls([_begun(me, t_ns), *others])

    @property
    def me(self) -> Course:
        """The one that is followed."""
        return self.courses[0]

    def saw(
        self,
        points: tuple[Point, ...],
        t_ns: int,
        *,
        boxes_um: Sequence[Box] = (),
        reach_um: float,
        smooth: float,
        patience: int,
    ) -> str:
        """Learn what was found in a frame; return what became of the followed one.

        Parameters
        ----------
        points : tuple of Point
            All that were found.
        t_ns : int
            When.
        boxes_um : sequence of (float, float, float, float)
            The box around each of them; none where nobody draws boxes.
        reach_um, smooth, patience
            As in `Follow`.

        Returns
        -------
        str
            'found', 'merged' or 'lost', in this frame.
        """
        expected = [course.at(t_ns) for course in self.courses]
        mine = self._assigned(points, expected, reach_um)
        together = self._together(points, boxes_um, expected, mine, reach_um)
        for col, rows in together.items():
            box = boxes_um[col] if boxes_um else None
            places = self._placed(rows, expected, points[col], box)
            for row, (place, sure) in zip(rows, places, strict=True):
                self.courses[row].merged(place, t_ns, smooth * _ONE, sure)
        one = {row for rows in together.values() for row in rows}
        found = {row: col for row, col in mine.items() if row not in one}
        alone = self._see(found, points, boxes_um, t_ns, smooth)
        for row in set(range(len(self.courses))) - one - found.keys():
            self.courses[row].lost += 1
        taken = set(mine.values()) | together.keys()
        new = [_begun(each, t_ns) for n, each in enumerate(points) if n not in taken]
        kept = [each for each in self.courses[1:] if each.lost <= patience]
        self._judge(alone, [[self.courses[row] for row in rows] for rows in together.values()])
        self.courses = [self.courses[0], *kept, *new]
        return "merged" if 0 in one else "found" if 0 in found else "lost"

    def _see(
        self,
        found: dict[int, int],
        points: tuple[Point, ...],
        boxes_um: Sequence[Box],
        t_ns: int,
        smooth: float,
    ) -> dict[int, float]:
        """Let each course learn of its point; return the strengths of those that are alone."""
        alone: dict[int, float] = {}
        for row, col in found.items():
            course, size_um = self.courses[row], _size(boxes_um[col]) if boxes_um else None
            if is_alone(course, size_um):
                alone[id(course)] = points[col].strength
            course.saw(points[col], t_ns, smooth, size_um)
        return alone

    def _judge(self, alone: dict[int, float], merged: list[list[Course]]) -> None:
        """Learn how bright those are that are alone, and think again of those that were one."""
        doubted = {id(each) for pair in self.rivals for each in (pair.one, pair.other)}
        doubted |= {id(each) for together in merged for each in together}
        sure = [
            (alone[id(each)], each)
            for each in self.courses
            if id(each) in alone and id(each) not in doubted
        ]
        times = brighter(sure)
        for strength, course in sure:
            course.shone(strength)
        for course in self.courses:
            if id(course) in doubted:  # what nobody can see alone fades as the others do
                course.fades(times)
        now = {key: strength / times for key, strength in alone.items()}
        here = {id(each) for each in self.courses}
        rivals = [each for each in self.rivals if {id(each.one), id(each.other)} <= here]
        self.rivals = judged(rivals, merged, now)

    def _assigned(
        self, points: tuple[Point, ...], expected: list[Place], reach_um: float
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
        points: tuple[Point, ...],
        boxes_um: Sequence[Box],
        expected: list[Place],
        mine: dict[int, int],
        reach_um: float,
    ) -> dict[int, list[int]]:
        """Return the numbers of the courses that have come to one point, by that of the point."""
        of = {col: [row] for row, col in mine.items()}
        for row in set(range(len(self.courses))) - set(mine):
            far_um = {
                col: math.dist(expected[row], self._within(row, expected[row], boxes_um[col]))
                if boxes_um
                else math.dist(expected[row], (points[col].x_um, points[col].y_um))
                for col in (range(len(points)) if boxes_um else set(mine.values()))
            }
            nearest = min(far_um, key=far_um.__getitem__, default=None)
            if nearest is not None and far_um[nearest] <= reach_um:
                of.setdefault(nearest, []).append(row)
        return {col: rows for col, rows in of.items() if len(rows) > 1}

    def _within(self, row: int, at_um: Place, box: Box) -> Place:
        """Return the nearest place at which the box around it could hold the one around another."""
        w, h = self.courses[row].size_um or (0.0, 0.0)
        return _between(box[0], box[2], w, at_um[0]), _between(box[1], box[3], h, at_um[1])

    def _placed(
        self, rows: list[int], expected: list[Place], point: Point, box: Box | None
    ) -> list[tuple[Place, tuple[bool, bool]]]:
        """Return where those are that are one, and whether x and y are sure.

        The outermost of them are at the edges of the box around all, as far as their own boxes
        reach; those in between, and all where there are no boxes, are where they are expected.
        """
        at = [expected[row] for row in rows]
        sizes = [size for row in rows if (size := self.courses[row].size_um) is not None]
        if box is None or len(sizes) < len(rows):
            dx = point.x_um - sum(x for x, _ in at) / len(at)
            dy = point.y_um - sum(y for _, y in at) / len(at)
            return [((x + dx, y + dy), (False, False)) for x, y in at]
        xs = _spread([x for x, _ in at], [w for w, _ in sizes], box[0], box[2])
        ys = _spread([y for _, y in at], [h for _, h in sizes], box[1], box[3])
        return [((x, y), (x_sure, y_sure)) for (x, x_sure), (y, y_sure) in zip(xs, ys, strict=True)]


def _spread(
    expected: list[float], sizes: list[float], low: float, high: float
) -> list[tuple[float, bool]]:
    """Return where those in a box are along one axis, and whether that is sure."""
    first = min(range(len(expected)), key=expected.__getitem__)
    last = max(range(len(expected)), key=expected.__getitem__)
    least, most = low + sizes[first] / 2, high - sizes[last] / 2
    apart = most - least > _APART * (sizes[first] + sizes[last]) / 2
    if least > most:
        least = most = (least + most) / 2
    found = [(min(max(at, least), most), False) for at in expected]
    found[first], found[last] = (least, apart), (most, apart)
    return found


def _between(low: float, high: float, size: float, at: float) -> float:
    least, most = low + size / 2, high - size / 2
    return min(max(at, least), most) if least < most else (least + most) / 2


def _begun(point: Point, t_ns: int) -> Course:
    return Course(point.x_um, point.y_um, t_ns, point.strength)


def _size(box: Box) -> Size:
    return box[2] - box[0], box[3] - box[1]
