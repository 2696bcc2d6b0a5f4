"""How sure a share or a ratio is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_RESAMPLES = 2000
_SEED = 20_260_101
_LEVEL = 0.95


class Interval(NamedTuple):
    """A figure and its 95 % interval; NaN where there is none."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3g} [{self.low:.3g}, {self.high:.3g}]"


def wilson(hits: int, count: int) -> Interval:
    """Return a share with its Wilson score interval (Wilson 1927, JASA 22:209).

    Parameters
    ----------
    hits, count : int
        How many of how many.
    """
    if count == 0:
        return Interval(float("nan"), 0.0, 1.0)
    from scipy.stats import binomtest

    around = binomtest(hits, count).proportion_ci(_LEVEL, method="wilson")
    return Interval(hits / count, float(around.low), float(around.high))


def bootstrap(
    figure: Callable[[NDArray[np.float64]], float], worlds: NDArray[np.float64]
) -> Interval:
    """Return a figure with its percentile bootstrap interval over worlds.

    Whole worlds are drawn, because what happens in one is not independent (Efron &
    Tibshirani 1993, chapter 13). Draws in which the figure has no value are left out.

    Parameters
    ----------
    figure : callable
        From rows of ``worlds`` to a number.
    worlds : array of float, (n, k)
        A row a world.
    """
    rng = np.random.default_rng(_SEED)
    draws = rng.integers(0, len(worlds), (_RESAMPLES, len(worlds)))
    values = np.array([figure(worlds[draw]) for draw in draws])
    values = values[~np.isnan(values)]
    value = float(figure(worlds))
    if len(values) == 0:
        return Interval(value, float("nan"), float("nan"))
    tail = (1 - _LEVEL) / 2
    low, high = np.quantile(values, (tail, 1 - tail), method="inverted_cdf")
    return Interval(value, float(low), float(high))
