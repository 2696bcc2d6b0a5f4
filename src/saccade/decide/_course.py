"""Where one thing is, and how it moves."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._found import Found, Place, Size

_NEWEST = 0.2
"""Weight of the newest strength, and of the newest size, of one that is seen alone."""

_SHRUNK = 0.88
"""Share of its own size below which a box is that of another thing, or of a part of what it was."""
_KNOWN = 3
"""Looks after which its strength is its own."""

ITSELF = 0.15
"""Difference of the logarithms of two strengths that is less than any other thing would add."""
_ALIKE = 0.1
"""How far a box may differ from that of one alone, as a share: else it touches another."""


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
    """Where and when it was last known to be, while it is one with another."""
    sure: tuple[bool, bool] = (True, True)
    """Whether x and y are known, and not only expected."""
    size_um: Size | None = None
    """Of the box around it, seen alone; None where nobody draws one."""
    looks: int = 0
    """How often it was seen alone, and its strength learned."""

    def at(self, t_ns: int) -> Place:
        """Return where it should be at a time, if it keeps its course."""
        dt_s = (t_ns - self.t_ns) / 1e9
        return self.x_um + self.vx_um_per_s * dt_s, self.y_um + self.vy_um_per_s * dt_s

    def saw(self, point: Found, t_ns: int, smooth: float, *, doubted: bool = False) -> None:
        """Learn where it is now; its velocity is smoothed, from where it was alone before.

        Parameters
        ----------
        point : Found
            What is taken to be it.
        t_ns : int
            When.
        smooth : float
            Weight of the newest velocity.
        doubted : bool
            Whether it may be another: then it isn't known to have been several.
        """
        x_um, y_um, since_ns = self.since or (self.x_um, self.y_um, self.t_ns)
        dt_s = (t_ns - since_ns) / 1e9
        if dt_s > 0:
            vx, vy = (point.x_um - x_um) / dt_s, (point.y_um - y_um) / dt_s
            self.vx_um_per_s += smooth * (vx - self.vx_um_per_s)
            self.vy_um_per_s += smooth * (vy - self.vy_um_per_s)
        self.x_um, self.y_um, self.t_ns, self.lost = point.x_um, point.y_um, t_ns, 0
        self.since, self.sure = None, (True, True)
        if point.size_um is not None and point.whole:
            self._fits(point.size_um, point.strength, doubted=doubted)

    def _fits(self, size_um: Size, strength: float, *, doubted: bool) -> None:
        """Learn how large it is."""
        w, h = self.size_um or size_um
        shrunk = size_um[0] < _SHRUNK * w or size_um[1] < _SHRUNK * h
        if shrunk and not doubted and self.off(strength) > ITSELF:
            # What was taken for one were several: nothing that was learned of it is its own.
            self.size_um, self.strength, self.looks = size_um, strength, 0
            return
        self.size_um = w + _NEWEST * (size_um[0] - w), h + _NEWEST * (size_um[1] - h)

    def shone(self, strength: float) -> None:
        """Learn how bright it is, seen alone."""
        self.strength += max(_NEWEST, 1 / (self.looks + 1)) * (strength - self.strength)
        self.looks += 1

    def fades(self, times: float) -> None:
        """Take it to be as many times as bright as those are that are seen alone."""
        self.strength *= 1 + _NEWEST * (times - 1)

    def unlike(self, strength: float, spread: float) -> float:
        """Return how far a strength is from its own, as a squared number of spreads; 0 if unknown.

        Parameters
        ----------
        strength : float
            That of what may be it.
        spread : float
            Of the logarithm.
        """
        off = self.off(strength)
        return 0.0 if math.isinf(off) else (off / spread) ** 2

    @property
    def known(self) -> bool:
        """Whether its strength is its own."""
        return self.looks >= _KNOWN and self.strength > 0

    def off(self, strength: float) -> float:
        """Return by how much the logarithm of a strength differs from its own; inf if unknown."""
        if not (self.known and strength > 0):
            return math.inf
        return abs(math.log(strength / self.strength))

    def merged(self, at_um: Place, t_ns: int, smooth: float, sure: tuple[bool, bool]) -> None:
        """Learn where it must be while it is one with another.

        Its velocity stays, but along an axis on which it was sure where it is, twice in a row.

        Parameters
        ----------
        at_um : (float, float)
            Where it is.
        t_ns : int
            When.
        smooth : float
            Weight of the newest velocity.
        sure : (bool, bool)
            Whether x and y are.
        """
        dt_s = (t_ns - self.t_ns) / 1e9
        if dt_s > 0 and sure[0] and self.sure[0]:
            self.vx_um_per_s += smooth * ((at_um[0] - self.x_um) / dt_s - self.vx_um_per_s)
        if dt_s > 0 and sure[1] and self.sure[1]:
            self.vy_um_per_s += smooth * ((at_um[1] - self.y_um) / dt_s - self.vy_um_per_s)
        self.since = self.since or (self.x_um, self.y_um, self.t_ns)
        if all(sure):
            self.since = (*at_um, t_ns)
        (self.x_um, self.y_um), self.t_ns, self.lost, self.sure = at_um, t_ns, 0, sure

    def swap(self, other: Course) -> None:
        """Go where another is, and let it go where this was: they were taken for one another."""
        for name in ("x_um", "y_um", "t_ns", "vx_um_per_s", "vy_um_per_s", "lost", "since", "sure"):
            mine, its = getattr(self, name), getattr(other, name)
            setattr(self, name, its)
            setattr(other, name, mine)


def is_alone(course: Course, size_um: Size | None) -> bool:
    """Return whether a box is that of one alone: another that touches it makes it larger."""
    if size_um is None or course.size_um is None:
        return True
    pairs = zip(size_um, course.size_um, strict=True)
    return all(abs(now - own) <= _ALIKE * own for now, own in pairs)
