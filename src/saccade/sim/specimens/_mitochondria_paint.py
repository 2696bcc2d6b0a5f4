"""Points along tubules become tubes of light on a canvas."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ._splat import add_points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from saccade.sim.world import Canvas

    from ._splat import Scratch


_SMOOTH = 1.4
"""Size of pixels, in those of a map, that show all that it shows: it is smooth."""
_SHARP_PX = 0.2
"""A Gaussian narrower than this is a point."""


def extent_um(canvas: Canvas) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the least x and y, and the greatest, that a canvas shows."""
    row, col = (float(each) for each in canvas.to_px(0.0, 0.0))
    (height, width), size_um = canvas.shape_px, canvas.pixel_size_um
    return (-col * size_um, -row * size_um), ((width - col) * size_um, (height - row) * size_um)


def splat(
    canvas: Canvas,
    x_um: NDArray[np.floating],
    y_um: NDArray[np.floating],
    light: NDArray[np.floating],
    width: NDArray[np.floating],
    sigma_um: float,
    levels: Sequence[float],
    scratch: Scratch,
) -> None:
    """Add points of light, each a Gaussian; what is between two levels of width is a mixture.

    Parameters
    ----------
    canvas : Canvas
        Its first layer is painted on.
    x_um, y_um : array of float, (n,)
        Where.
    light : array of float, (n,)
        Of each point, in units of the canvas times µm².
    width : array of float, (n,)
        Of each point; most have a width of 1.
    sigma_um : float
        Standard deviation of a point whose width is 1.
    levels : sequence of float
        Widths that are painted, rising; the first may be 0, and one of them is 1.
    scratch : Scratch
        Memory to paint in.
    """
    row0, col0 = (float(each) for each in canvas.to_px(0.0, 0.0))
    size_um = np.float32(canvas.pixel_size_um)
    col = x_um.astype(np.float32) / size_um + np.float32(col0)
    row = y_um.astype(np.float32) / size_um + np.float32(row0)
    light = light.astype(np.float32) / size_um**2
    odd = np.flatnonzero(width != 1)
    where = np.interp(width[odd], levels, np.arange(len(levels)))
    for index, level in enumerate(levels):
        share = np.clip(1 - np.abs(where - index), 0, 1).astype(np.float32)
        if level == 1:
            mine = light.copy()
            mine[odd] *= share
            _lay(canvas, col, row, mine, sigma_um, scratch)
        else:
            some = odd[share > 0]
            mine = light[some] * share[share > 0]
            _lay(canvas, col[some], row[some], mine, level * sigma_um, scratch)


def _lay(
    canvas: Canvas,
    col: NDArray[np.float32],
    row: NDArray[np.float32],
    light: NDArray[np.float32],
    sigma_um: float,
    scratch: Scratch,
) -> None:
    """Add points that are equally wide."""
    into, sigma_px = canvas.layers[0], sigma_um / canvas.pixel_size_um
    if not len(light):
        return
    if sigma_px < _SHARP_PX:
        add_points(into, col, row, light)
        return
    picture = scratch.floats("points", canvas.shape_px)
    add_points(picture, col, row, light)
    side = 2 * math.ceil(3 * sigma_px) + 1
    border = cv2.BORDER_CONSTANT
    cv2.GaussianBlur(picture, (side, side), sigma_px, dst=picture, borderType=border)
    cv2.add(into, picture, dst=into)


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
    step = max(int(_SMOOTH * pixel_um / canvas.pixel_size_um), 1)
    high, wide = canvas.shape_px
    # Coarse pixels are enough to begin with, one more at the edges.
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
