"""The canvas that a specimen paints on: sharp layers, one a height, before any optics."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from ._values import View

_BACKWARDS = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
_FINEST = 1 / 3
"""Canvas pixels a sprite pixel, below which the sprite is shrunk first."""


class Canvas:
    """Float pictures of what a view shows, with a margin that the optics blur into it.

    Values are photons at the sensor from one µm² of sample for 1 J/cm² of light, with all dye
    unbleached; for a transmitted channel, the share of the light that passes, 1 where nothing is.

    Parameters
    ----------
    view : View
        Where it is, in the specimen's own coordinates: drift is already in it.
    margin_px : int
        Pixels painted around the picture.
    layers_um : sequence of float
        Heights of the layers.
    base : float
        What every layer holds at first.
    held : sequence of int, optional
        Which of the heights are painted, all of them as one layer; what lies nearest to
        another height is left out. By default, all, each as a layer of its own.
    """

    def __init__(
        self,
        view: View,
        margin_px: int,
        layers_um: Sequence[float] = (0.0,),
        base: float = 0.0,
        held: Sequence[int] | None = None,
    ) -> None:
        height, width = view.shape_px
        self.view, self.margin_px = view, margin_px
        self.pixel_size_um = view.pixel_size_um
        self.layers_um = np.asarray(layers_um, float)
        self.shape_px = height + 2 * margin_px, width + 2 * margin_px
        self._held = held
        count = len(self.layers_um) if held is None else 1
        self.layers = np.full((count, *self.shape_px), base, np.float32)
        """The pictures, (layer, y, x); specimens may write to them in place."""
        top, left = view.corner_px
        full_height, full_width = view.sensor_px
        self._row0 = (full_height - 1) / 2 - top + margin_px
        self._col0 = (full_width - 1) / 2 - left + margin_px

    def holds(self, z_um: float) -> bool:
        """Return whether what lies at a height is painted; what isn't need not be worked out."""
        return self._held is None or self._nearest(z_um) in self._held

    def layer(self, z_um: float) -> NDArray[np.float32]:
        """Return the layer nearest to a height; one that isn't held is of no consequence."""
        if self._held is None:
            return self.layers[self._nearest(z_um)]  # type: ignore[no-any-return]
        return self.layers[0] if self.holds(z_um) else np.empty(self.shape_px, np.float32)

    def _nearest(self, z_um: float) -> int:
        if len(self.layers_um) == 1:
            return 0
        return int(np.argmin(np.abs(self.layers_um - z_um)))

    def to_px(self, x_um: ArrayLike, y_um: ArrayLike) -> tuple[NDArray[np.float64], ...]:
        """Return rows and columns on a layer, as floats; the first pixel's centre is (0, 0)."""
        rows = (np.asarray(y_um, float) - self.view.y_um) / self.pixel_size_um + self._row0
        cols = (np.asarray(x_um, float) - self.view.x_um) / self.pixel_size_um + self._col0
        return rows, cols

    def shown(
        self, x_um: ArrayLike, y_um: ArrayLike, radius_um: ArrayLike = 0.0
    ) -> NDArray[np.intp]:
        """Return the indices of discs that touch the canvas."""
        rows, cols = self.to_px(x_um, y_um)
        reach = np.asarray(radius_um, float) / self.pixel_size_um
        height, width = self.shape_px
        inside = (
            (rows > -reach) & (rows < height + reach) & (cols > -reach) & (cols < width + reach)
        )
        return np.flatnonzero(inside)

    def stamp(
        self,
        sprite: NDArray[np.float32],
        x_um: float,
        y_um: float,
        *,
        z_um: float = 0.0,
        sprite_px_um: float,
        angle_rad: float = 0.0,
        stretch: tuple[float, float] = (1.0, 1.0),
        weight: float = 1.0,
        ellipse: bool = False,
    ) -> None:
        """Add a small picture, turned and stretched, at a place between the pixels.

        Parameters
        ----------
        sprite : array of float32, (y, x)
            Its middle is put at the place; beyond its edge it counts as zero.
        x_um, y_um, z_um : float
            The place.
        sprite_px_um : float
            Size of the sprite's own pixels, before it is stretched.
        angle_rad : float
            Turns the sprite's x axis towards the canvas's y axis.
        stretch : tuple of float
            Along the sprite's own x and y axes.
        weight : float
            The sprite's values are multiplied by it.
        ellipse : bool
            Whether nothing of the sprite lies outside the ellipse that touches its sides;
            less is computed then, where it is turned.
        """
        if not self.holds(z_um):
            return
        row = (float(y_um) - self.view.y_um) / self.pixel_size_um + self._row0
        col = (float(x_um) - self.view.x_um) / self.pixel_size_um + self._col0
        scale = sprite_px_um / self.pixel_size_um
        scale_x, scale_y = stretch[0] * scale, stretch[1] * scale
        if min(scale_x, scale_y) < _FINEST:
            sprite, scale_x, scale_y = _shrunk(sprite, scale_x, scale_y)
            ellipse = False  # coarse pixels reach beyond it
            # One pixel looks the same however it is turned, and interpolates best when it isn't.
            angle_rad = 0.0 if sprite.size == 1 else angle_rad
        high, wide = sprite.shape
        cos, sin = math.cos(angle_rad), math.sin(angle_rad)
        x, y = wide / 2 * scale_x, high / 2 * scale_y
        along, across = abs(cos), abs(sin)
        half_x = math.hypot(cos * x, sin * y) if ellipse else along * x + across * y
        half_y = math.hypot(sin * x, cos * y) if ellipse else across * x + along * y
        # Interpolation adds a pixel of the sprite all around.
        half_x += along * scale_x + across * scale_y
        half_y += across * scale_x + along * scale_y
        height, width = self.shape_px
        top, bottom = max(math.ceil(row - half_y), 0), min(int(row + half_y) + 1, height)
        left, right = max(math.ceil(col - half_x), 0), min(int(col + half_x) + 1, width)
        if top >= bottom or left >= right:
            return
        # From the canvas back to the sprite.
        a, b, c, d = cos / scale_x, sin / scale_x, -sin / scale_y, cos / scale_y
        dx, dy = left - col, top - row
        back = np.array(
            (
                (a, b, a * dx + b * dy + (wide - 1) / 2),
                (c, d, c * dx + d * dy + (high - 1) / 2),
            )
        )
        turned = cv2.warpAffine(sprite, back, (right - left, bottom - top), flags=_BACKWARDS)
        part = self.layer(z_um)[top:bottom, left:right]
        cv2.scaleAdd(turned, weight, part, dst=part)


def _shrunk(
    sprite: NDArray[np.float32], scale_x: float, scale_y: float
) -> tuple[NDArray[np.float32], float, float]:
    """Return a sprite whose pixels are as large as the canvas's, and its scales.

    Interpolation would look at a few of many fine pixels, and win or lose light.
    """
    high, wide = sprite.shape
    (left, across, scale_x), (top, down, scale_y) = _fitted(wide, scale_x), _fitted(high, scale_y)
    framed = cv2.copyMakeBorder(sprite, top, top, left, left, cv2.BORDER_CONSTANT, value=0.0)
    small: NDArray[np.float32] = cv2.resize(framed, (across, down), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    return small, scale_x, scale_y


def _fitted(count: int, scale: float) -> tuple[int, int, float]:
    """Return how many pixels to add at each end, how many to shrink them to, and their scale."""
    if scale >= 1:
        return 0, count, scale
    fewer = math.ceil(count * scale)
    pad = round((fewer / scale - count) / 2)
    return pad, fewer, (count + 2 * pad) * scale / fewer
