"""Bright connected parts of a picture, with the shape of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._pixels import Image

_MOST = 4096
"""Parts that are measured; a picture with more of them is noise."""


class Blobs(NamedTuple):
    """Connected parts, each an entry of every array."""

    y_px: NDArray[np.float64]
    x_px: NDArray[np.float64]
    """Centre, weighted by brightness."""
    area_px: NDArray[np.float64]
    mass: NDArray[np.float64]
    """Sum of the brightness over the ground."""
    angle_rad: NDArray[np.float64]
    """Of the long axis, from x towards y."""
    elongation: NDArray[np.float64]
    """1 - short axis / long axis: 0 for a disc, near 1 for a bar."""

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> Blobs:
        """Return some of them, by a mask or by number."""
        return Blobs(*(column[chosen] for column in self))


def blobs(over: Image, mask: NDArray[np.bool_]) -> Blobs:
    """Return the connected parts of a mask, measured by brightness-weighted moments.

    Parameters
    ----------
    over : ndarray of float32, (y, x)
        Brightness over the ground.
    mask : ndarray of bool, (y, x)
        Where the parts are; pixels that touch at a corner are connected.
    """
    count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    at = np.flatnonzero(labels) if 1 < count <= _MOST else np.empty(0, np.intp)
    rows, cols = np.divmod(at, over.shape[1])
    of = labels.ravel()[at] - 1
    weight = np.maximum(over.ravel()[at].astype(np.float64), 1e-12)
    number = count - 1 if len(at) else 0

    def total(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(of, weight * values, number).astype(np.float64)

    mass = total(np.ones(len(at)))
    y, x = total(rows) / mass, total(cols) / mass
    dy, dx = rows - y[of], cols - x[of]
    # A pixel is a square, not a point: 1/12 of variance each way.
    yy, xx = total(dy * dy) / mass + 1 / 12, total(dx * dx) / mass + 1 / 12
    xy = total(dx * dy) / mass
    root = np.hypot(xx - yy, 2 * xy)
    short, long = np.sqrt(np.maximum(xx + yy - root, 1e-12)), np.sqrt(xx + yy + root)
    return Blobs(
        y,
        x,
        np.bincount(of, minlength=number).astype(np.float64),
        mass,
        0.5 * np.arctan2(2 * xy, xx - yy),
        1 - short / long,
    )
