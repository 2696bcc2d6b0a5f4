"""What patches of a picture look like, in a few numbers that cost next to nothing."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._pixels import Image

_SIGMAS = (1.0, 2.0, 4.0)
_LARGEST = 1024


def patch_features(pixels: Image, patch_px: int) -> NDArray[np.float32]:
    """Return features of each patch, (y, x, feature).

    They are the mean, the contrast in three bands of a difference of Gaussians (fine, middle,
    coarse), the mean gradient, and the distance from the picture's mean; all but the mean are
    logarithms, because contrast differs by factors.

    Parameters
    ----------
    pixels : array of float32, (y, x)
        Raw or prepared; halved until neither side is above 1024.
    patch_px : int
        Side of a patch, in pixels of the picture; the last ones may be smaller.
    """
    while max(pixels.shape) > _LARGEST and min(pixels.shape) > 1 and patch_px > 8:
        size = max(1, pixels.shape[1] // 2), max(1, pixels.shape[0] // 2)
        pixels = cast("Image", cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
        patch_px //= 2
    count = tuple(max(1, round(side / patch_px)) for side in pixels.shape)
    smoothed = [pixels, *(cv2.GaussianBlur(pixels, (0, 0), sigma) for sigma in _SIGMAS)]
    bands = [_mean(np.square(a - b), count) for a, b in pairwise(smoothed)]
    middle = smoothed[1]
    along = [cv2.Sobel(middle, -1, *way, ksize=3) for way in ((1, 0), (0, 1))]
    gradient = _mean(cv2.magnitude(*along), count)
    mean = _mean(pixels, count)
    power = _mean(np.square(middle - np.float32(middle.mean())), count)
    tiny = np.float32(1e-6)
    told = [mean, *(0.5 * np.log(each + tiny) for each in bands), np.log(gradient + tiny)]
    told.append(0.5 * np.log(power + tiny))
    return np.stack(told, axis=-1).astype(np.float32)


def _mean(pixels: NDArray[Any], count: tuple[int, ...]) -> Image:
    size = count[1], count[0]
    return cast("Image", cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
