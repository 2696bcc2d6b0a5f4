"""One thing that is followed and those around it, so that none is taken for another."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from saccade.core import Point

_UNLIKE = 0.12
"""Difference of the logarithms of two strengths that counts as much as the reach does."""
_NEWEST = 0.2
"""Weight of the newest strength: just before two become one, each already has some of the other."""
_FAR = 1e6


@dataclass
class Course:
    """Where a thing was seen last, and how it moves."""

    x_um: float
    y_um: float
    t_ns: int
    strength: float
    vx_um_per_s: float = 0.0
    vy_um_per_s: float = 0.0
    lost: int = 0
    """Frames in a row in which it was not found."""
    since: tuple[float, float, int] | None = None
    """Where and when it was last seen alone, while it is one with another."""

    def at(self, t_ns: int) -> tuple[float, float]:
        """Return where it should be at a time, if it keeps its course."""
        dt_s = (t_ns - self.t_ns) / 1e9
        return self.x_um + self.vx_um_per_s * dt_s, self.y_um + self.vy_um_per_s * dt_s

    def saw(self, point: Point, t_ns: int, smooth: float) -> None:
        """Learn where it is now; its velocity is smoothed, from where it was alone before."""
        x_um, y_um, since_ns = self.since or (self.x_um, self.y_um, self.t_ns)
        dt_s = (t_ns - since_ns) / 1e9
        if dt_s > 0:
            vx, vy = (point.x_um - x_um) / dt_s, (point.y_um - y_um) / dt_s
            self.vx_um_per_s += smooth * (vx - self.vx_um_per_s)
            self.vy_um_per_s += smooth * (vy - self.vy_um_per_s)
        self.x_um, self.y_um, self.t_ns, self.lost = point.x_um, point.y_um, t_ns, 0
        self.strength += _NEWEST * (point.strength - self.strength)
        self.since = None

    def merged(self, at_um: tuple[float, float], t_ns: int) -> None:
        """Learn where it must be while it is one with another; its velocity stays."""
        self.since = self.since or (self.x_um, self.y_um, self.t_ns)
        (self.x_um, self.y_um), self.t_ns, self.lost = at_um, t_ns, 0


@dataclass
class Company:
    """The one that is followed, the first, and all others that are in sight.

    Points are assigned to courses by the least sum of squared distances (Jaqaman and others 2008);
    where some were one before, by their strengths as well. Two that come to one point go on by
    their courses, such that the point is between them, until they part.

    Parameters
    ----------
    courses : list of Course
        The followed one first.
    """

    courses: list[Course] = field(default_factory=list)

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
        reach_um, smooth, patience
            As in `Follow`.

        Returns
        -------
        str
            'found', 'merged' or 'lost', in this frame.
        """
        expected = [course.at(t_ns) for course in self.courses]
        mine = self._assigned(points, expected, reach_um)
        told = ["lost"] * len(self.courses)
        merged = self._merge(points, expected, mine, reach_um, t_ns)
        for number, course in enumerate(self.courses):
            if number in merged:
                told[number] = "merged"
            elif number in mine:
                course.saw(points[mine[number]], t_ns, smooth)
                told[number] = "found"
            else:
                course.lost += 1
        taken = set(mine.values())
        new = [_begun(each, t_ns) for n, each in enumerate(points) if n not in taken]
        kept = [each for each in self.courses[1:] if each.lost <= patience]
        self.courses = [self.courses[0], *kept, *new]
        return told[0]

    def _assigned(
        self, points: tuple[Point, ...], expected: list[tuple[float, float]], reach_um: float
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
                    cost[row, col] = away**2 + self._unlike(course, point)
        rows, cols = linear_sum_assignment(cost)
        pairs = zip(rows.tolist(), cols.tolist(), strict=True)
        return {row: col for row, col in pairs if cost[row, col] < _FAR}

    def _unlike(self, course: Course, point: Point) -> float:
        if course.since is None or course.strength <= 0 or point.strength <= 0:
            return 0.0
        return (math.log(point.strength / course.strength) / _UNLIKE) ** 2

    def _merge(
        self,
        points: tuple[Point, ...],
        expected: list[tuple[float, float]],
        mine: dict[int, int],
        reach_um: float,
        t_ns: int,
    ) -> set[int]:
        """Let those that have come to one point go on by their courses; return their numbers."""
        merged: set[int] = set()
        for number, at_um in enumerate(expected):
            if number in mine:
                continue
            near = [
                other
                for other, col in mine.items()
                if other not in merged
                and math.dist(at_um, (points[col].x_um, points[col].y_um)) <= reach_um
            ]
            if not near:
                continue
            other = min(near, key=lambda each: math.dist(at_um, expected[each]))
            point = points[mine[other]]
            dx = point.x_um - (at_um[0] + expected[other][0]) / 2
            dy = point.y_um - (at_um[1] + expected[other][1]) / 2
            for each in (number, other):
                x_um, y_um = expected[each]
                self.courses[each].merged((x_um + dx, y_um + dy), t_ns)
                merged.add(each)
        return merged


def _begun(point: Point, t_ns: int) -> Course:
    return Course(point.x_um, point.y_um, t_ns, point.strength)
