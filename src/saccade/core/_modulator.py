"""Where pixels lie: those of a frame on the sensor, and those of a light modulator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from useq import SLMImage

    from ._values import Roi

Affine: TypeAlias = tuple[tuple[float, float, float], tuple[float, float, float]]
"""Two rows of a matrix that takes (column, row, 1) to a column and a row."""

FULL = 255
"""What a pixel of a modulator shows to let all light through."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the pixels of a frame lie on the sensor."""

    roi: Roi
    """Left, top, width and height, in pixels of the sensor as it was binned."""
    sensor_px: tuple[int, int]
    """Width and height of the whole sensor, binned alike."""
    pixel_size_um: float = 1.0


@dataclass(frozen=True, slots=True)
class Modulator:
    """A spatial light modulator, or mirror device, in the way of the light."""

    device: str
    shape_px: tuple[int, int]
    """Height and width."""
    to_sensor: Affine | None = None
    """From its pixels to those of the whole sensor, as calibrated; None if it never was."""
    sensor_px: tuple[int, int] = (0, 0)
    """Width and height of the sensor, in the pixels that it was calibrated in."""
    rest: int = FULL
    """What all its pixels show when nobody asks for a mask: 255 is open, 0 is dark."""


def to_modulator(modulator: Modulator, grid: Grid) -> NDArray[np.float64]:
    """Return the matrix, (2, 3), that takes column and row of a frame to those of a modulator.

    Parameters
    ----------
    modulator : Modulator
        Calibrated.
    grid : Grid
        Of the frame.

    Raises
    ------
    ValueError
        If it was never calibrated, or with another sensor.
    """
    if modulator.to_sensor is None:
        raise ValueError(f"{modulator.device} was never calibrated")
    (wide, high), (full_wide, full_high) = grid.sensor_px, modulator.sensor_px
    binning = full_wide / wide
    if full_high / high != binning:
        raise ValueError(f"it was calibrated on {full_wide} x {full_high} px, not {wide} x {high}")
    left, top, *_ = grid.roi
    # Pixels count from their centres.
    shift = (binning - 1) / 2
    from_frame = np.array(
        ((binning, 0, binning * left + shift), (0, binning, binning * top + shift), (0, 0, 1))
    )
    to_sensor = np.vstack((np.array(modulator.to_sensor, float), (0, 0, 1)))
    matrix: NDArray[np.float64] = (np.linalg.inv(to_sensor) @ from_frame)[:2]
    return matrix


class Lit(NamedTuple):
    """How much of the light a mask lets through, each from 0 to 1."""

    peak: float
    """Where it is brightest."""
    mean: float
    share: float
    """Of its pixels that let any through."""


def lit(image: SLMImage | None) -> Lit:
    """Return how much of the light a mask lets through.

    Parameters
    ----------
    image : useq.SLMImage or None
        As an event asks for it. None is open, and so is, wherever it isn't 0, what is neither
        bool nor 8 bit, nor one level from 0 to 255.
    """
    if image is None:
        return Lit(1.0, 1.0, 1.0)
    pixels = np.asarray(image)
    if pixels.ndim == 0 and pixels.dtype.kind in "iu":
        pixels = np.clip(pixels, 0, FULL).astype(np.uint8)
    if pixels.dtype != np.uint8:
        pixels = np.where(pixels != 0, FULL, 0)
    if not pixels.size:
        return Lit(1.0, 1.0, 1.0)
    share = np.count_nonzero(pixels) / pixels.size
    return Lit(float(pixels.max()) / FULL, float(pixels.mean()) / FULL, share)
