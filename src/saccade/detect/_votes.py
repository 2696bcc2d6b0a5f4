"""What pixels say of where things are: a second witness, beside the heat of their middles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Image = NDArray[np.float32]

_BLUR_CELLS = 0.5
_FEW = 0.1
"""Votes of cells below which it makes no difference how many they are."""


def backed(heat: Image, inside: Image, vote: Image, weight: float) -> Image:
    """Return a heat map in which a place is surer the more pixels vote for it.

    A network that makes masks says twice where something is: by the heat of its middle, and by
    what each pixel inside votes for. Where things touch, the heat of one of them is often faint,
    while votes still meet in two places. The logits of two witnesses add up: that of the heat,
    and a multiple of the logarithm of the number of votes. Without any the heat is as it was.

    Parameters
    ----------
    heat : array of float32, (y, x)
        Logit that something has its middle in a cell.
    inside : array of float32, (y * stride, x * stride)
        Logit that a pixel is inside a thing.
    vote : array of float32, (2, y, x)
        From each cell to the middle of its thing, y and x, in cells.
    weight : float
        How much votes count.
    """
    votes = cv2.GaussianBlur(_votes(inside, vote), (0, 0), _BLUR_CELLS)
    surer: Image = heat + np.float32(weight) * np.log1p(votes / np.float32(_FEW))
    return surer


def _votes(inside: Image, vote: Image) -> Image:
    """Return how many cells vote for each; what is inside by a part counts as that."""
    height, width = vote.shape[1:]
    _, pixels = cv2.threshold(inside, 0.0, 1.0, cv2.THRESH_BINARY)
    share = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    rows, cols = np.nonzero(share)
    y = np.clip(rows + vote[0, rows, cols], 0.0, height - 1.0)
    x = np.clip(cols + vote[1, rows, cols], 0.0, width - 1.0)
    row, col = y.astype(np.intp), x.astype(np.intp)
    below, right = np.minimum(row + 1, height - 1), np.minimum(col + 1, width - 1)
    down, over, each = y - row, x - col, share[rows, cols]
    # A vote between cells is shared by the four around it.
    places = np.concatenate([r * width + c for r in (row, below) for c in (col, right)])
    parts = np.concatenate([a * b * each for a in (1 - down, down) for b in (1 - over, over)])
    counted = np.bincount(places, parts, minlength=height * width)
    return counted.reshape(height, width).astype(np.float32)
