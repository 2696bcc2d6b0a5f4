"""White noise of a picture, told apart from what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import cv2
import numpy as np

from ._pixels import centre_and_noise, sample

if TYPE_CHECKING:
    from ._pixels import Image

_CORNERS = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_CORNERS_GAIN = 6.0


def white_noise(pixels: Image) -> float:
    """Return the standard deviation of white noise (Immerkær 1996, with a robust mean).

    Parameters
    ----------
    pixels : ndarray of float32, (y, x)
        What it shows must be smooth over three pixels, in more than half of it.
    """
    corners = cast("Image", cv2.filter2D(pixels, cv2.CV_32F, _CORNERS))
    return centre_and_noise(sample(corners))[1] / _CORNERS_GAIN
