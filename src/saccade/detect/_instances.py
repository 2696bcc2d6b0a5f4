"""Masks of single objects, from what a network says of pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Image = NDArray[np.float32]

_FAR_CELLS = 1e6


def instances(
    inside: Image, vote: Image, centres: NDArray[np.float64], stride: int, least: float = 0.0
) -> NDArray[np.int32]:
    """Return masks, (y, x), numbered from 1 in the order of the centres; 0 is background.

    Each pixel inside an object votes for where the object's centre is, and belongs to the centre
    that is nearest to its vote (as in Neven et al., CVPR 2019, without their learned bandwidth).

    Parameters
    ----------
    inside : array of float32, (y, x)
        Logit that a pixel is inside an object.
    vote : array of float32, (2, y / stride, x / stride)
        From each cell to the centre of its object, y and x, in cells.
    centres : array, (n, 2)
        Of the objects, rows and columns in cells.
    stride : int
        Pixels to a cell.
    least : float
        Logit above which a pixel is inside.
    """
    labels = np.zeros(inside.shape, np.int32)
    rows, cols = np.nonzero(inside > least)
    if not len(centres) or not len(rows):
        return labels
    height, width = inside.shape
    # Votes change slowly from cell to cell; between cells they are interpolated.
    size = inside.shape[::-1]
    votes = [cv2.resize(part, size, interpolation=cv2.INTER_LINEAR)[rows, cols] for part in vote]
    cells = [(each + 0.5) / stride - 0.5 for each in (rows, cols)]
    nearest = _nearest(centres, (height // stride, width // stride))
    row = np.clip(np.rint(2 * (cells[0] + votes[0])), 0, nearest.shape[0] - 1).astype(np.intp)
    col = np.clip(np.rint(2 * (cells[1] + votes[1])), 0, nearest.shape[1] - 1).astype(np.intp)
    labels[rows, cols] = nearest[row, col]
    return labels


def _nearest(centres: NDArray[np.float64], cells: tuple[int, int]) -> NDArray[np.int32]:
    """Return the number of the nearest centre, from 1, on a grid of half cells."""
    shape = 2 * cells[0], 2 * cells[1]
    free = np.ones(shape, np.uint8)
    row = np.clip(np.rint(2 * centres[:, 0]), 0, shape[0] - 1).astype(np.intp)
    col = np.clip(np.rint(2 * centres[:, 1]), 0, shape[1] - 1).astype(np.intp)
    free[row, col] = 0
    _, basins = cv2.distanceTransformWithLabels(
        free, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    number = np.zeros(int(basins.max()) + 1, np.int32)
    # Where two centres share a half cell the surer one, which comes first, has it.
    number[basins[row[::-1], col[::-1]]] = np.arange(len(centres), 0, -1)
    return number[basins]  # type: ignore[no-any-return]
