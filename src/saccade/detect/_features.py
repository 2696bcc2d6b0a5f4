"""What a forest looks at: a picture's brightness, edges, ridges and blobs at several scales."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ._pixels import Image

FEATURES_A_SCALE = 5


def pixel_features(
    prepared: Image, sigmas_px: Sequence[float], cell_px: int
) -> NDArray[np.float32]:
    """Return features of each cell of a picture, averaged over the cell.

    At each scale, of the picture smoothed to it: the value (Gaussian), the gradient's magnitude
    (Sobel), the greater and the smaller curvature (eigenvalues of the Hessian), and what is
    brighter or darker than its surroundings (difference of Gaussians). The usual set of pixel
    classifiers (Arganda-Carreras et al., Bioinformatics 2017; Berg et al., Nat. Methods 2019).

    Parameters
    ----------
    prepared : array of float32, (y, x)
        As `prepared_picture` makes it.
    sigmas_px : sequence of float
        Scales, the smallest first.
    cell_px : int
        Side of a cell, a power of two. A picture is mirrored up to whole cells.

    Returns
    -------
    array of float32, (feature, y / cell, x / cell)
    """
    height, width = (-(-side // cell_px) for side in prepared.shape)
    below, right = height * cell_px - prepared.shape[0], width * cell_px - prepared.shape[1]
    pixels = prepared
    if below or right:
        pixels = cast(
            "Image", cv2.copyMakeBorder(prepared, 0, below, 0, right, cv2.BORDER_REPLICATE)
        )
    told = np.empty((FEATURES_A_SCALE * len(sigmas_px), height, width), np.float32)
    factor = 1
    for number, sigma in enumerate(sigmas_px):
        # No finer than the scale needs, nor coarser than the cells.
        while sigma / factor >= 2 and factor < cell_px:
            size = pixels.shape[1] // 2, pixels.shape[0] // 2
            pixels = cast("Image", cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
            factor *= 2
        for place, each in enumerate(_of_scale(pixels, sigma / factor)):
            whole = told[FEATURES_A_SCALE * number + place]
            if factor == cell_px:
                whole[:] = each
            else:
                cv2.resize(each, (width, height), dst=whole, interpolation=cv2.INTER_AREA)
    return told


def _of_scale(pixels: Image, sigma: float) -> list[Image]:
    smoothed = cv2.GaussianBlur(pixels, (0, 0), sigma)
    along_x, along_y = (cv2.Sobel(smoothed, -1, *way, ksize=3) for way in ((1, 0), (0, 1)))
    xx, yy, xy = (cv2.Sobel(smoothed, -1, *way, ksize=3) for way in ((2, 0), (0, 2), (1, 1)))
    middle = cv2.addWeighted(xx, 0.5, yy, 0.5, 0)
    spread = cv2.magnitude(cv2.addWeighted(xx, 0.5, yy, -0.5, 0), xy)
    around = cv2.GaussianBlur(smoothed, (0, 0), 1.25 * sigma)
    told = (
        smoothed,
        cv2.magnitude(along_x, along_y),
        cv2.add(middle, spread),
        cv2.subtract(middle, spread),
        cv2.subtract(smoothed, around),
    )
    return cast("list[Image]", list(told))
