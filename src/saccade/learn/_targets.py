"""What a network should say of a picture, cell by cell of its grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from saccade.detect import STRIDE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._sample import Unsure

_LEAST_SIGMA = 0.8
"""Of a spot of heat, in cells."""
_SIGMA_OF_SIZE = 0.09
_REACH = 3.0
_LEAST_UNSURE_PX = 12.0
"""About an unsure place: as far as the heat of a thing there would reach."""


def heat_targets(
    places_px: NDArray[np.float64],
    kinds: NDArray[np.intp],
    sizes_px: NDArray[np.float64],
    shape_px: tuple[int, int],
    classes: int,
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
    """Return heat (class, y, x), offsets (2, y, x), and which cells have one (y, x).

    Parameters
    ----------
    places_px, kinds, sizes_px
        As of `saccade.learn.Sample`.
    shape_px : tuple of int
        Height and width of the picture, multiples of the stride.
    classes : int
        How many there are.
    """
    height, width = shape_px[0] // STRIDE, shape_px[1] // STRIDE
    heat = np.zeros((classes, height, width), np.float32)
    offset = np.zeros((2, height, width), np.float32)
    known = np.zeros((height, width), bool)
    for (y_px, x_px), kind, size_px in zip(places_px, kinds, sizes_px, strict=True):
        y, x = (y_px + 0.5) / STRIDE - 0.5, (x_px + 0.5) / STRIDE - 0.5
        row, col = round(y), round(x)
        if not (0 <= row < height and 0 <= col < width):
            continue
        sigma = max(_LEAST_SIGMA, _SIGMA_OF_SIZE * size_px / STRIDE * 2)
        reach = int(np.ceil(_REACH * sigma))
        top, left = max(row - reach, 0), max(col - reach, 0)
        rows = np.arange(top, min(row + reach + 1, height))[:, None]
        cols = np.arange(left, min(col + reach + 1, width))[None, :]
        spot = np.exp(-((rows - row) ** 2 + (cols - col) ** 2) / (2 * sigma**2))
        part = heat[kind, top : top + len(rows), left : left + cols.shape[1]]
        np.maximum(part, spot, out=part)
        offset[:, row, col] = y - row, x - col
        known[row, col] = True
    return heat, offset, known


def counted_cells(unsure: Unsure, shape_px: tuple[int, int], classes: int) -> NDArray[np.bool_]:
    """Return which cells of which class (class, y, x) something can be said of.

    Parameters
    ----------
    unsure : Unsure
        Places of which nothing can.
    shape_px : tuple of int
        Height and width of the picture, multiples of the stride.
    classes : int
        How many there are.
    """
    rows, cols = ((np.arange(side // STRIDE) + 0.5) * STRIDE - 0.5 for side in shape_px)
    counted = np.ones((classes, len(rows), len(cols)), bool)
    for (y, x), kind, size_px in zip(*unsure, strict=True):
        away_px = np.hypot(rows[:, None] - y, cols[None, :] - x)
        counted[kind] &= away_px > max(_LEAST_UNSURE_PX, size_px / 2)
    return counted


def mask_targets(
    labels: NDArray[np.int32], places_px: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
    """Return what is inside (y, x), votes (2, y/4, x/4) in cells, and which cells vote.

    Parameters
    ----------
    labels : array of int32, (y, x)
        Masks, numbered as the places are, from 1.
    places_px : array, (n, 2)
        Their centres.
    """
    inside = (labels > 0).astype(np.float32)
    middle = labels[STRIDE // 2 :: STRIDE, STRIDE // 2 :: STRIDE]
    rows, cols = np.indices(middle.shape)
    centres = np.vstack([np.zeros((1, 2)), (places_px + 0.5) / STRIDE - 0.5])
    vote = np.stack([centres[middle, 0] - rows, centres[middle, 1] - cols])
    votes = middle > 0
    return inside, (vote * votes).astype(np.float32), votes
