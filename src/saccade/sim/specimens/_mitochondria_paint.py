"""Points along tubules become tubes of light on a canvas."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from saccade.sim.world import Canvas


_SHARP_PX = 0.2
"""A Gaussian narrower than this is a point."""


def splat(
    canvas: Canvas,
    places_um: NDArray[np.float64],
    light: NDArray[np.float64],
    sigma_um: NDArray[np.float64],
    levels_um: Sequence[float],
) -> None:
    """Add points of light, each a Gaussian; what is between two levels of width is a mixture.

    Parameters
    ----------
    canvas : Canvas
        Its first layer is painted on.
    places_um : array of float, (n, 2)
        x and y.
    light : array of float, (n,)
        Of each point, in units of the canvas times µm².
    sigma_um : array of float, (n,)
        Standard deviation of each point.
    levels_um : sequence of float
        Those that are painted, rising; the first may be 0.
    """
    row, col = canvas.to_px(*places_um.T)
    height, width = canvas.shape_px
    inside = (row >= 0) & (row < height - 1) & (col >= 0) & (col < width - 1)
    row, col, sigma_um = row[inside], col[inside], sigma_um[inside]
    light = light[inside] / canvas.pixel_size_um**2
    into = canvas.layers[0]
    steps = np.asarray(levels_um)
    position = np.interp(sigma_um, steps, np.arange(len(steps)))
    for index, level_um in enumerate(steps):
        share = light * np.clip(1 - np.abs(position - index), 0, 1)
        some = share > 0
        if not some.any():
            continue
        sigma_px = float(level_um) / canvas.pixel_size_um
        if sigma_px < _SHARP_PX:
            _add_points(into, row[some], col[some], share[some])
            continue
        picture = np.zeros(canvas.shape_px, np.float32)
        _add_points(picture, row[some], col[some], share[some])
        side = 2 * math.ceil(3 * sigma_px) + 1
        cv2.GaussianBlur(
            picture, (side, side), sigma_px, dst=picture, borderType=cv2.BORDER_CONSTANT
        )
        cv2.add(into, picture, dst=into)


def _add_points(
    into: NDArray[np.float32],
    row: NDArray[np.float64],
    col: NDArray[np.float64],
    light: NDArray[np.float64],
) -> None:
    """Add points, each shared by four pixels."""
    flat, width = into.reshape(-1), into.shape[1]
    top, left = row.astype(np.intp), col.astype(np.intp)
    down, right = row - top, col - left
    first = top * width + left
    for offset, share in (
        (0, (1 - down) * (1 - right)),
        (1, (1 - down) * right),
        (width, down * (1 - right)),
        (width + 1, down * right),
    ):
        np.add.at(flat, first + offset, (light * share).astype(np.float32))


def lay_map(canvas: Canvas, map_: NDArray[np.float32], pixel_um: float, weight: float) -> None:
    """Add a picture of the whole slide, whose middle is at (0, 0).

    Parameters
    ----------
    canvas : Canvas
        Its first layer is painted on.
    map_ : array of float32, (y, x)
        The picture.
    pixel_um : float
        Size of its pixels.
    weight : float
        Its values are multiplied by it.
    """
    step = max(int(pixel_um / canvas.pixel_size_um), 1)
    high, wide = canvas.shape_px
    # Pixels as coarse as the map's are enough to begin with, one more at the edges.
    few = (wide + step - 1) // step + 2, (high + step - 1) // step + 2
    scale = step * canvas.pixel_size_um / pixel_um
    ahead = step - (step - 1) / 2
    row, col = (float(v) + ahead for v in canvas.to_px(0.0, 0.0))
    height, width = map_.shape
    back = np.array(
        (
            (scale, 0, (width - 1) / 2 - col / step * scale),
            (0, scale, (height - 1) / 2 - row / step * scale),
        )
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    shown = cv2.warpAffine(map_, back, few, flags=flags)
    if step > 1:
        shown = cv2.resize(shown, (few[0] * step, few[1] * step), interpolation=cv2.INTER_LINEAR)
    shown = shown[step : step + high, step : step + wide]
    cv2.scaleAdd(shown, weight, canvas.layers[0], dst=canvas.layers[0])
