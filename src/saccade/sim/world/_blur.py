"""Gaussian blur, on a coarser grid where nobody could tell."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_KERNEL_SIGMAS = 3.5
_SAMPLED_PX = 2.0
"""Least standard deviation, in pixels, that a blur may be left with by making pixels coarser."""
_COARSEST = 64


def coarser(sigma_px: float) -> int:
    """Return by which power of two pixels can grow, so that a blur remains well sampled.

    Parameters
    ----------
    sigma_px : float
        Its standard deviation.
    """
    return min(1 << int(math.log2(max(sigma_px / _SAMPLED_PX, 1.0))), _COARSEST)


def reach_px(sigma_px: float) -> int:
    """Return how many pixels away a blur is followed.

    Parameters
    ----------
    sigma_px : float
        Its standard deviation.
    """
    shrink = coarser(sigma_px)
    return shrink * (_radius(sigma_px / shrink) + (4 if shrink > 1 else 0))


def blurred(picture: NDArray[np.float32], sigma_px: float) -> NDArray[np.float32]:
    """Return a picture blurred; beyond its edge it counts as mirrored.

    A wide blur is done on a Gaussian pyramid, whose own blur is taken into account (Burt &
    Adelson, IEEE Transactions on Communications 31, 1983).

    Parameters
    ----------
    picture : array of float32, (y, x)
        Where its sides are multiples of `coarser`, a part of it gives a part of the result.
    sigma_px : float
        Standard deviation.
    """
    shrink = coarser(sigma_px)
    sizes: list[tuple[int, int]] = []
    while 1 << len(sizes) < shrink:
        height, width = picture.shape
        sizes.append((width, height))
        picture = cv2.pyrDown(picture)  # type: ignore[assignment]
    # Each step down or up adds the variance of the kernel 1 4 6 4 1: one pixel squared.
    added = 2 / 3 * (1 - shrink**-2)
    picture = _gaussian(picture, math.sqrt((sigma_px / shrink) ** 2 - added))
    for size in reversed(sizes):
        picture = cv2.pyrUp(picture, dstsize=size)  # type: ignore[assignment]
    return picture


def _gaussian(picture: NDArray[np.float32], sigma_px: float) -> NDArray[np.float32]:
    side = 2 * _radius(sigma_px) + 1
    return cv2.GaussianBlur(picture, (side, side), sigma_px, borderType=cv2.BORDER_REFLECT)  # type: ignore[return-value]


def _radius(sigma_px: float) -> int:
    return max(math.ceil(_KERNEL_SIGMAS * sigma_px), 1)
