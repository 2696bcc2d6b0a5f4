"""How unevenly the field is lit, learned from the things that move through it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._found import Place

_TERMS = 5
_RIDGE = 0.004
"""Weight of the belief that the field is even: (noise of a look / likely unevenness)²."""
_KEPT = 0.9995
"""Share of what was learned that is left after one more look."""
_MOST = 0.2
"""Change of the logarithm from one frame to the next that is none of place."""


@dataclass
class Shading:
    """A quadratic surface of the logarithm of the light, 0 in the middle of the sensor.

    A thing that is seen alone in two frames in a row is as bright in both, but for where it is:
    least squares over all such pairs, held towards an even field.
    """

    _products: NDArray[np.float64] = field(default_factory=lambda: np.eye(_TERMS) * _RIDGE)
    _sums: NDArray[np.float64] = field(default_factory=lambda: np.zeros(_TERMS))
    _bends: NDArray[np.float64] = field(default_factory=lambda: np.zeros(_TERMS))

    def at(self, lit: Place | None) -> float:
        """Return how much light a place on the sensor gets, of that in the middle.

        Parameters
        ----------
        lit : (float, float) or None
            From -1 to 1; None if unknown, which counts as the middle.
        """
        return 1.0 if lit is None else math.exp(float(self._bends @ _terms(lit)))

    def learn(self, before: tuple[Place, float], now: tuple[Place, float]) -> None:
        """Learn from one thing in two frames in a row.

        Parameters
        ----------
        before, now : ((float, float), float)
            Where on the sensor it was, and how bright.
        """
        change = math.log(now[1] / before[1])
        if abs(change) > _MOST:
            return
        way = _terms(now[0]) - _terms(before[0])
        held = (1 - _KEPT) * _RIDGE * np.eye(_TERMS)
        self._products = self._products * _KEPT + np.outer(way, way) + held
        self._sums = self._sums * _KEPT + way * change
        self._bends = np.linalg.solve(self._products, self._sums).astype(np.float64)


def _terms(lit: Place) -> NDArray[np.float64]:
    x, y = lit
    return np.array((x, y, x * x, x * y, y * y))
