"""The objects of a picture: where they are, how large, how long, how bright."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._split import Parts


class Regions(NamedTuple):
    """Objects, each an entry of every array; all in pixels of the picture."""

    label: NDArray[np.int32]
    area_px: NDArray[np.float64]
    y_px: NDArray[np.float64]
    x_px: NDArray[np.float64]
    """Centre, each pixel alike."""
    mean: NDArray[np.float64]
    """Brightness."""
    eccentricity: NDArray[np.float64]
    """Of the ellipse with the same second moments: 0 for a disc, near 1 for a bar."""
    box: NDArray[np.float64]
    """Top, left, bottom and right, (n, 4), the last two beyond."""

    @property
    def total(self) -> NDArray[np.float64]:
        """Brightness of all pixels together."""
        return self.mean * self.area_px

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> Regions:
        """Return some of them, by a mask or by number."""
        label, *columns = self
        return Regions(label[chosen], *(column[chosen] for column in columns))


def regions(parts: Parts, brightness: NDArray[np.float32]) -> Regions:
    """Return the parts of a picture, as scikit-image's ``regionprops`` measures them.

    Parameters
    ----------
    parts : Parts
        A label may be missing.
    brightness : ndarray of float32
        Of each of their pixels: what is averaged.
    """
    runs, count = _runs(parts), parts.number

    def total(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(runs.of, values, count + 1).astype(np.float64)

    size, middle = runs.size, runs.left + (runs.size - 1) / 2
    area = total(size)
    there = np.flatnonzero(area)
    safe = np.maximum(area, 1.0)
    y, x = total(size * runs.row) / safe, total(size * middle) / safe
    dy, dx = runs.row - y.take(runs.of), middle - x.take(runs.of)
    yy = total(size * dy * dy) / safe
    # The second moment of a run is that of its middle, and its own.
    xx = total(size * dx * dx + size * (size * size - 1) / 12) / safe
    root = np.hypot(xx - yy, 2 * total(size * dy * dx) / safe)
    eccentricity = np.sqrt(2 * root / np.maximum(xx + yy + root, 1e-12))
    mean = np.bincount(parts.of, brightness, count + 1) / safe
    label = np.arange(count + 1, dtype=np.int32)
    everything = Regions(label, area, y, x, mean, eccentricity, _boxes(runs, count))
    return everything.where(there)


class _Runs(NamedTuple):
    """Pixels of one label side by side in a row; some ten times fewer than there are pixels."""

    of: NDArray[np.intp]
    row: NDArray[np.float64]
    left: NDArray[np.float64]
    size: NDArray[np.float64]


def _runs(parts: Parts) -> _Runs:
    at, of = parts.at, parts.of
    if not len(at):
        none = np.empty(0)
        return _Runs(of, none, none, none)
    row = at // parts.shape[1]
    # As if rows were one pixel apart, so that no run goes on in the next.
    apart = at + row
    begins = (apart[1:] - apart[:-1] != 1) | (of[1:] != of[:-1])
    first = np.concatenate([[0], np.flatnonzero(begins) + 1])
    size = np.diff(first, append=len(at)).astype(np.float64)
    rows = row.take(first)
    left = at.take(first) - rows * parts.shape[1]
    return _Runs(of.take(first), rows.astype(np.float64), left.astype(np.float64), size)


def _boxes(runs: _Runs, count: int) -> NDArray[np.float64]:
    least = np.full((2, count + 1), np.inf)
    beyond = np.zeros((2, count + 1))
    for number, (low, high) in enumerate(
        ((runs.row, runs.row + 1), (runs.left, runs.left + runs.size))
    ):
        np.minimum.at(least[number], runs.of, low)
        np.maximum.at(beyond[number], runs.of, high)
    return np.concatenate([least, beyond]).T
