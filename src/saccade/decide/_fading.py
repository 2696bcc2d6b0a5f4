"""How the light changes, by those that are known well."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._course import Course
    from ._found import Found

_FIRST_SPREAD = 0.06
"""Standard deviation of the logarithm of a strength that is seen alone, while it isn't known."""
_LEAST_SPREAD = 0.02
"""Less than what is left of uneven light, and of others nearby."""
_NEWEST = 0.02
"""Weight of the newest strength in their spread."""
_CHANGES = 0.3
"""Weight of the newest change."""
_EVEN = 0.03
"""Change of a strength that need not be one of the light."""
_INNER = 0.7
"""How far out, of the way from the middle of the field to its edge, that is looked for."""
_STEADY = 10
"""Looks after which what changes of a strength is the light."""


@dataclass
class Fading:
    """How all strengths change, and how steady each is, by those that are alone and known well.

    Attributes
    ----------
    spread : float
        Standard deviation of the logarithm of a strength, from frame to frame.
    change : float
        By how much that of all differs from what is known of them.
    """

    spread: float = _FIRST_SPREAD
    change: float = 0.0

    def saw(self, seen: Iterable[tuple[Found, Course]]) -> float:
        """Return how many times as bright as before all are, 1 if about as bright.

        Parameters
        ----------
        seen : iterable of (Found, Course)
            Those that are alone, in even light, and whose they are; who is near the edge of the
            field is left out, where the light is known least.
        """
        changes = [
            math.log(point.strength / course.strength)
            for point, course in seen
            if course.looks >= _STEADY
            and min(point.strength, course.strength) > 0
            and (point.lit is None or max(map(abs, point.lit)) < _INNER)
        ]
        middle = float(np.median(changes)) if changes else 0.0
        for change in changes:
            off = min(abs(change - middle if len(changes) > 2 else change), 3 * self.spread)
            self.spread += _NEWEST * (off**2 - self.spread**2) / (2 * self.spread)
        self.spread = max(self.spread, _LEAST_SPREAD)
        self.change += _CHANGES * (middle - self.change)
        return math.exp(self.change) if abs(self.change) > _EVEN else 1.0
