"""The objects of a label image: where they are, how large, how long, how bright."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.ndimage import find_objects

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._pixels import Image


class Regions(NamedTuple):
    """Objects, each an entry of every array; all in pixels of the label image."""

    label: NDArray[np.int32]
    area_px: NDArray[np.float64]
    y_px: NDArray[np.float64]
    x_px: NDArray[np.float64]
    """Centre, each pixel alike."""
    mean: NDArray[np.float64]
    """Brightness."""
    eccentricity: NDArray[np.float64]
    """Of the ellipse with the same second moments: 0 for a disc, near 1 for a bar."""

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> Regions:
        """Return some of them, by a mask or by number."""
        label, *columns = self
        return Regions(label[chosen], *(column[chosen] for column in columns))


def regions(labels: NDArray[np.int32], brightness: Image, count: int) -> Regions:
    """Return what is labelled from 1 to a count, as scikit-image's ``regionprops`` measures it.

    Parameters
    ----------
    labels : ndarray of int32, (y, x)
        0 is ground; a label may be missing.
    brightness : ndarray of float32, (y, x)
        What is averaged.
    count : int
        The greatest label.
    """
    at = np.flatnonzero(labels > 0)  # of truth values: a third of the time
    rows = at // labels.shape[1]
    cols = at - rows * labels.shape[1]
    of = labels.ravel()[at]

    def total(values: NDArray[np.generic]) -> NDArray[np.float64]:
        return np.bincount(of, values, count + 1).astype(np.float64)

    area = np.bincount(of, minlength=count + 1).astype(np.float64)
    there = np.flatnonzero(area)
    safe = np.maximum(area, 1.0)
    y, x = total(rows) / safe, total(cols) / safe
    dy, dx = rows - y[of], cols - x[of]
    yy, xx = total(dy * dy) / safe, total(dx * dx) / safe
    root = np.hypot(xx - yy, 2 * total(dy * dx) / safe)
    eccentricity = np.sqrt(2 * root / np.maximum(xx + yy + root, 1e-12))
    mean = total(brightness.ravel()[at]) / safe
    everything = Regions(np.arange(count + 1, dtype=np.int32), area, y, x, mean, eccentricity)
    return everything.where(there)


def boxes(labels: NDArray[np.int32], wanted: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return top, left, bottom and right of labels that are there, (n, 4), the last two beyond.

    Parameters
    ----------
    labels : ndarray of int32, (y, x)
        0 is ground.
    wanted : ndarray of int32
        Which.
    """
    slices = find_objects(labels)
    sides = [slices[label - 1] for label in wanted.tolist()]
    return np.array(
        [(rows.start, cols.start, rows.stop, cols.stop) for rows, cols in sides], np.float64
    ).reshape(-1, 4)
