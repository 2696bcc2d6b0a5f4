"""Many small things at once: polygons and points added to a picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_KERNEL_SIGMAS = 3.0
_SHIFT = 5
"""Bits of a pixel that a corner is placed by."""


class Scratch:
    """Memory that a specimen paints in, kept from picture to picture.

    Fresh memory costs more than all the arithmetic on it.
    """

    def __init__(self) -> None:
        self._floats: dict[str, NDArray[np.float32]] = {}
        self._levels: dict[str, NDArray[np.uint8]] = {}

    def floats(
        self, name: str, shape_px: tuple[int, int], *, clear: bool = True
    ) -> NDArray[np.float32]:
        """Return a picture, of zeros unless told; the next one of this name overwrites it."""
        kept = self._floats.get(name)
        if kept is None or kept.shape != shape_px:
            kept = self._floats[name] = np.empty(shape_px, np.float32)
        if clear:
            kept.fill(0)
        return kept

    def levels(self, name: str, shape_px: tuple[int, int]) -> NDArray[np.uint8]:
        """Return a picture of zeros from 0 to 255; the next one of this name overwrites it."""
        kept = self._levels.get(name)
        if kept is None or kept.shape != shape_px:
            kept = self._levels[name] = np.empty(shape_px, np.uint8)
        kept.fill(0)
        return kept


def add_polygons(
    into: NDArray[np.uint8],
    corners_px: NDArray[np.floating],
    levels: NDArray[np.floating],
) -> None:
    """Add filled polygons with smooth edges to a picture; where they overlap, levels add up.

    Parameters
    ----------
    into : array of uint8, (y, x)
        Written in place.
    corners_px : array, (n, corner, 2)
        Column and row of each corner.
    levels : array, (n,)
        0 to 255; sums beyond are cut off.
    """
    fixed, boxes = _framed(into.shape, corners_px)
    values = np.clip(np.rint(levels), 0, 255).tolist()
    for i, left, right, top, bottom in boxes.tolist():
        patch = np.zeros((bottom - top, right - left), np.uint8)
        cv2.fillPoly(patch, [fixed[i]], (values[i],), cv2.LINE_AA, _SHIFT)
        part = into[top:bottom, left:right]
        cv2.add(part, patch, dst=part)


def fill_polygons(
    into: NDArray[np.uint8], corners_px: NDArray[np.floating], levels: NDArray[np.floating]
) -> None:
    """Fill polygons with smooth edges; where they overlap, the later one hides the earlier.

    Parameters
    ----------
    into : array of uint8, (y, x)
        Written in place.
    corners_px : array, (n, corner, 2)
        Column and row of each corner.
    levels : array, (n,)
        0 to 255.
    """
    fixed = np.rint(corners_px * 2**_SHIFT).astype(np.int32)
    values = np.clip(np.rint(levels), 0, 255).tolist()
    for polygon, value in zip(fixed, values, strict=True):
        cv2.fillPoly(into, [polygon], (value,), cv2.LINE_AA, _SHIFT)


def _framed(
    shape_px: tuple[int, ...], corners_px: NDArray[np.floating]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return polygons in the coordinates of their frames, and the frames of those in sight.

    Each frame is told by the number of its polygon, its first column and the one after its
    last, then its rows.
    """
    height, width = shape_px
    fixed = np.rint(corners_px * 2**_SHIFT).astype(np.int32)
    # One axis at a time: over the middle axis of the whole, numpy takes ten times as long.
    x, y = fixed[..., 0], fixed[..., 1]
    bounds = [
        np.clip((edge >> _SHIFT) + beyond, 0, most)
        for edge, beyond, most in (
            (x.min(axis=1), -1, width),
            (x.max(axis=1), 3, width),
            (y.min(axis=1), -1, height),
            (y.max(axis=1), 3, height),
        )
    ]
    fixed -= np.stack((bounds[0], bounds[2]), axis=1)[:, None] << _SHIFT
    on = np.flatnonzero((bounds[0] < bounds[1]) & (bounds[2] < bounds[3]))
    return fixed, np.column_stack((on, *(each[on] for each in bounds)))


def add_points(
    into: NDArray[np.float32],
    cols: NDArray[np.floating],
    rows: NDArray[np.floating],
    weights: NDArray[np.floating],
) -> None:
    """Add points, each shared by the four pixels around it.

    Parameters
    ----------
    into : array of float32, (y, x)
        Written in place.
    cols, rows : array, (n,)
        Places; those beyond the picture are left out.
    weights : array, (n,)
        What each adds in all.
    """
    height, width = into.shape
    on = (cols >= 0) & (rows >= 0) & (cols < width - 1) & (rows < height - 1)
    cols, rows, weights = (each[on].astype(np.float32) for each in (cols, rows, weights))
    left, top = np.floor(cols), np.floor(rows)
    at = top.astype(np.intp) * width + left.astype(np.intp)
    cols -= left
    rows -= top
    lower = weights * rows
    weights -= lower
    right, lower_right = weights * cols, lower * cols
    shares = (weights - right, right, lower - lower_right, lower_right)
    flat = into.reshape(-1)
    for further, share in zip((0, 1, width, width + 1), shares, strict=True):
        np.add.at(flat, at + further, share)


def blur(picture: NDArray[np.float32], sigma_px: float) -> None:
    """Blur a picture in place by a Gaussian; one far below a pixel leaves it alone."""
    if sigma_px >= 0.2:
        side = 2 * math.ceil(_KERNEL_SIGMAS * sigma_px) + 1
        border = cv2.BORDER_REFLECT
        cv2.GaussianBlur(picture, (side, side), sigma_px, picture, borderType=border)
