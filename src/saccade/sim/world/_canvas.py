"""The canvas that a specimen paints on: sharp layers, one a height, before any optics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from ._values import View


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
    """

    def __init__(
        self, view: View, margin_px: int, layers_um: Sequence[float] = (0.0,), base: float = 0.0
    ) -> None:
        height, width = view.shape_px
        self.view, self.margin_px = view, margin_px
        self.pixel_size_um = view.pixel_size_um
        self.layers_um = np.asarray(layers_um, float)
        self.shape_px = height + 2 * margin_px, width + 2 * margin_px
        self.layers = np.full((len(self.layers_um), *self.shape_px), base, np.float32)
        """The pictures, (layer, y, x); specimens may write to them in place."""
        top, left = view.corner_px
        full_height, full_width = view.sensor_px
        self._row0 = (full_height - 1) / 2 - top + margin_px
        self._col0 = (full_width - 1) / 2 - left + margin_px

    def layer(self, z_um: float) -> NDArray[np.float32]:
        """Return the layer nearest to a height."""
        nearest: NDArray[np.float32] = self.layers[int(np.argmin(np.abs(self.layers_um - z_um)))]
        return nearest

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
        """
        into = self.layer(z_um)
        row, col = (float(v) for v in self.to_px(x_um, y_um))
        high, wide = sprite.shape
        scale_x = stretch[0] * sprite_px_um / self.pixel_size_um
        scale_y = stretch[1] * sprite_px_um / self.pixel_size_um
        reach = int(np.hypot(wide * scale_x, high * scale_y) / 2) + 2
        top, left = int(row) - reach, int(col) - reach
        rows = slice(max(top, 0), min(top + 2 * reach + 1, into.shape[0]))
        cols = slice(max(left, 0), min(left + 2 * reach + 1, into.shape[1]))
        if rows.start >= rows.stop or cols.start >= cols.stop:
            return
        cos, sin = np.cos(angle_rad), np.sin(angle_rad)
        turn = np.array([[cos * scale_x, -sin * scale_y], [sin * scale_x, cos * scale_y]])
        middle = np.array([(wide - 1) / 2, (high - 1) / 2])
        target = np.array([col - cols.start, row - rows.start])
        matrix = np.column_stack((turn, target - turn @ middle))
        size = (cols.stop - cols.start, rows.stop - rows.start)
        into[rows, cols] += cv2.warpAffine(sprite, matrix, size, flags=cv2.INTER_LINEAR)
