"""Stamps many nuclei at once: the geometry of all in one go, then a warp each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from saccade.sim.world import Canvas

_BACKWARDS = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
FINEST = 0.5
"""Canvas pixels a sprite pixel, below which a sprite has to be shrunk first."""


def press(
    canvas: Canvas,
    sprites: Sequence[NDArray[np.float32]],
    places: NDArray[np.float64],
    px_um: NDArray[np.float64],
    angles: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> None:
    """Add pictures to a canvas as `Canvas.stamp` does with ``ellipse=True``, all at 0 µm.

    Parameters
    ----------
    canvas : Canvas
        Painted on.
    sprites : sequence of array of float32, (y, x)
        One a place.
    places : array, (n, 2)
        x and y, in µm.
    px_um, angles, weights : array, (n,)
        Size of the sprite's pixels, direction of its x axis, and what it is multiplied by.
    """
    scale = px_um / canvas.pixel_size_um
    # Fine sprites have to be shrunk first, which the canvas knows how to do.
    for i in np.flatnonzero(scale < FINEST).tolist():
        size, turn, weight = float(px_um[i]), float(angles[i]), float(weights[i])
        x, y = places[i].tolist()
        canvas.stamp(sprites[i], x, y, sprite_px_um=size, angle_rad=turn, weight=weight)
    rows = np.flatnonzero(scale >= FINEST)
    if not len(rows):
        return
    chosen = [sprites[i] for i in rows.tolist()]
    bounds, backs = _geometry(canvas, chosen, places[rows], scale[rows], angles[rows])
    layer, heavy = canvas.layer(0.0), weights[rows].tolist()
    for i, (top, bottom, left, right) in enumerate(bounds.tolist()):
        if top < bottom and left < right:
            size_px = (right - left, bottom - top)
            turned = cv2.warpAffine(chosen[i], backs[i], size_px, flags=_BACKWARDS)
            part = layer[top:bottom, left:right]
            cv2.scaleAdd(turned, heavy[i], part, dst=part)


def _geometry(
    canvas: Canvas,
    sprites: Sequence[NDArray[np.float32]],
    places: NDArray[np.float64],
    scale: NDArray[np.float64],
    angles: NDArray[np.float64],
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return where each sprite lies, (n, 4), and the way from there back to it, (n, 2, 3).

    Where it lies is told by the first row and the row after the last, then columns.
    """
    row, col = canvas.to_px(places[:, 0], places[:, 1])
    high, wide = np.array([sprite.shape for sprite in sprites], float).T
    cos, sin = np.cos(angles), np.sin(angles)
    # Interpolation adds a pixel of the sprite all around.
    more = (np.abs(cos) + np.abs(sin)) * scale
    half_x = np.hypot(cos * wide, sin * high) / 2 * scale + more
    half_y = np.hypot(sin * wide, cos * high) / 2 * scale + more
    height, width = canvas.shape_px
    bounds = np.stack(
        [
            np.maximum(np.ceil(row - half_y), 0),
            np.minimum(np.floor(row + half_y) + 1, height),
            np.maximum(np.ceil(col - half_x), 0),
            np.minimum(np.floor(col + half_x) + 1, width),
        ],
        axis=1,
    ).astype(np.intp)
    along, across = cos / scale, sin / scale
    dx, dy = bounds[:, 2] - col, bounds[:, 0] - row
    first = along, across, along * dx + across * dy + (wide - 1) / 2
    second = -across, along, along * dy - across * dx + (high - 1) / 2
    backs = np.array([first, second]).transpose(2, 0, 1)
    return bounds, np.ascontiguousarray(backs)
