"""The spatial light modulator, and where its picture falls on the camera."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np
from pymmcore_plus.experimental.unicore import SLMDevice

from saccade.sim.playback import reentrant

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import DTypeLike, NDArray

    from saccade.core import Clock

    from ._mechanics import Mechanics

Affine: TypeAlias = tuple[tuple[float, float, float], tuple[float, float, float]]
"""Column and row of the camera: matrix (column, row, 1) of the modulator."""


class SimSlm(SLMDevice):
    """A modulator in the light's way: it lights what its picture says, and darkens the rest.

    While all its pixels are at full, as at first, it is a mirror: light falls beside the
    sensor as well.

    Parameters
    ----------
    shape_px : tuple of int
        Height and width.
    to_camera : Affine
        From its pixels to those of the whole sensor, unbinned.
    clock : Clock
        What its exposure is timed by.
    changing : callable
        As `Motion` calls it.
    """

    def __init__(
        self,
        shape_px: tuple[int, int],
        to_camera: Affine,
        clock: Clock,
        changing: Callable[[int | None], None],
    ) -> None:
        super().__init__()
        reentrant(self)
        self._shape_px, self._to_camera = shape_px, np.array(to_camera)
        self._clock, self._changing = clock, changing
        self._loaded = self._shown = np.full(shape_px, 255, np.uint8)
        self._exposure_ms = 0.0
        self._dark_ns: int | None = None
        self._masks: dict[tuple[int, int], NDArray[np.float32] | None] = {}

    def shape(self) -> tuple[int, ...]:
        """Return height and width."""
        return self._shape_px

    def dtype(self) -> DTypeLike:
        """Return the type of its pixels."""
        return np.uint8

    def set_image(self, pixels: NDArray[np.uint8]) -> None:
        """Load a picture, to be displayed."""
        self._loaded = np.array(pixels, np.uint8)

    def get_image(self) -> NDArray[np.uint8]:
        """Return the picture that was loaded."""
        return self._loaded

    def display_image(self) -> None:
        """Show what was loaded; for as long as the exposure says, if it is above 0."""
        self._changing(None)
        self._shown, self._masks = self._loaded, {}
        self._dark_ns = None
        if self._exposure_ms > 0:
            self._dark_ns = self._clock.now_ns() + round(self._exposure_ms * 1e6)
            self._changing(self._dark_ns)

    def set_exposure(self, interval_ms: float) -> None:
        """Set how long a picture is shown; 0 is for good."""
        if not (math.isfinite(interval_ms) and interval_ms >= 0):
            raise ValueError(f"A mask can't be shown for {interval_ms} ms.")
        self._exposure_ms = float(interval_ms)

    def get_exposure(self) -> float:
        """Return how long a picture is shown."""
        return self._exposure_ms

    def mask(
        self, t_ns: int, sensor_px: tuple[int, int], binning: int
    ) -> NDArray[np.float32] | None:
        """Return the share of the light that reaches each pixel; None is all of it.

        Parameters
        ----------
        t_ns : int
            Not before it was last told to show something.
        sensor_px : tuple of int
            Height and width of the whole sensor, binned.
        binning : int
            Of the camera.
        """
        if self._dark_ns is not None and t_ns >= self._dark_ns:
            return np.zeros(sensor_px, np.float32)
        if sensor_px not in self._masks:
            self._masks[sensor_px] = self._on_sensor(sensor_px, binning)
        return self._masks[sensor_px]

    def _on_sensor(self, sensor_px: tuple[int, int], binning: int) -> NDArray[np.float32] | None:
        if (self._shown == 255).all():
            return None
        matrix = self._to_camera.copy()
        # Pixels count from their centres, hence the shift by half of those that are binned.
        matrix[:, 2] -= (binning - 1) / 2
        height, width = sensor_px
        share = self._shown.astype(np.float32) / np.float32(255)
        size = (width, height)
        return cv2.warpAffine(share, matrix / binning, size, flags=cv2.INTER_LINEAR)  # type: ignore[return-value]


def slm_to_camera(mechanics: Mechanics, sensor_px: tuple[int, int]) -> Affine:
    """Return where the modulator's pixels fall on the camera.

    Parameters
    ----------
    mechanics : Mechanics
        Says size, cover, turn and shift.
    sensor_px : tuple of int
        Height and width of the sensor.
    """
    height, width = sensor_px
    slm_height, slm_width = mechanics.slm_px
    scale = mechanics.slm_cover * max(sensor_px) / max(mechanics.slm_px)
    turn = math.radians(mechanics.slm_turn_deg)
    a, b = scale * math.cos(turn), scale * math.sin(turn)
    col, row = (slm_width - 1) / 2, (slm_height - 1) / 2
    to_col = (width - 1) / 2 + mechanics.slm_shift_px[0] - a * col + b * row
    to_row = (height - 1) / 2 + mechanics.slm_shift_px[1] - b * col - a * row
    return (a, -b, to_col), (b, a, to_row)
