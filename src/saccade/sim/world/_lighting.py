"""How much of the light reaches a place: uneven illumination, the lit square, a mask."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from saccade.core import ProtocolError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._field import Field
    from ._optics import Optics
    from ._values import Doses, Light, View


def lighting(optics: Optics, view: View, light: Light, field: Field) -> NDArray[np.float32]:
    """Return the share of the light at each pixel of a field, (y, x); not to be written to.

    Parameters
    ----------
    optics : Optics
        How uneven the illumination is.
    view : View
        In whose sensor's middle the light is centred.
    light : Light
        Its area and its mask; beyond the sensor a mask lets nothing through.
    field : Field
        Where.
    """
    half_px = _half_um(light) / view.pixel_size_um
    if half_px > max(*field.size_px, *view.sensor_px):
        half_px = math.inf  # one picture for all lights that are larger than the field
    shape = field.view.shape_px
    share = _grid(view.sensor_px, field.first_px, shape, field.step, optics.falloff, half_px)
    return share if light.mask is None else share * _mask_on(field, _fitting_mask(light, view))


def profile(view: View, falloff: float) -> NDArray[np.float32]:
    """Return the illumination of each pixel of a view, (y, x), 1 where it is brightest.

    Parameters
    ----------
    view : View
        Of which part of the sensor.
    falloff : float
        Share of the light that is missing in the corners of the sensor.
    """
    return _grid(view.sensor_px, view.corner_px, view.shape_px, 1, falloff, math.inf)


def doses_at(
    places_um: NDArray[np.float64], optics: Optics, view: View, exposure_ms: float, light: Light
) -> Doses:
    """Return the dose that an exposure brings to each of some places, in J/cm².

    Parameters
    ----------
    places_um : array of float, (n, 2)
        x and y.
    optics, view, light
        As in `lighting`; the view in the coordinates of the places.
    exposure_ms : float
        How long.
    """
    height, width = view.sensor_px
    half_um = _half_um(light)
    away_x, away_y = places_um[:, 0] - view.x_um, places_um[:, 1] - view.y_um
    # Most of a large specimen is dark: only what is lit is worth any arithmetic.
    lit = np.flatnonzero((np.abs(away_x) <= half_um) & (np.abs(away_y) <= half_um))
    all_doses = np.zeros(len(places_um))
    cols = away_x[lit] / view.pixel_size_um + (width - 1) / 2
    rows = away_y[lit] / view.pixel_size_um + (height - 1) / 2
    doses = _falling(rows, cols, view.sensor_px, optics.falloff)
    doses *= light.dose_j_per_cm2(exposure_ms)
    if light.mask is not None:
        # A pixel reaches half its width to each side of its centre.
        on = (rows >= -0.5) & (rows < height - 0.5) & (cols >= -0.5) & (cols < width - 0.5)
        through = np.zeros(len(doses))
        nearest = tuple(np.floor(v[on] + 0.5).astype(np.intp) for v in (rows, cols))
        through[on] = _fitting_mask(light, view)[nearest]
        doses *= through
    all_doses[lit] = doses
    return all_doses


def _half_um(light: Light) -> float:
    return math.sqrt(light.area_cm2) * 1e4 / 2


def _fitting_mask(light: Light, view: View) -> NDArray[np.float32]:
    if light.mask is None or light.mask.shape != view.sensor_px:
        has = None if light.mask is None else light.mask.shape
        raise ProtocolError(
            f"The light's mask has the shape {has}, and the sensor {view.sensor_px}.",
            "Give one value for each pixel of the whole sensor, (y, x).",
        )
    return light.mask


def _mask_on(field: Field, mask: NDArray[np.float32]) -> NDArray[np.float32]:
    (top, left), (height, width) = field.first_px, field.size_px
    part = mask[max(top, 0) : top + height, max(left, 0) : left + width]
    row, col = max(-top, 0), max(-left, 0)
    whole = np.zeros((height, width), np.float32)
    whole[row : row + part.shape[0], col : col + part.shape[1]] = part
    if field.step == 1:
        return whole
    small = field.view.shape_px[::-1]
    return cv2.resize(whole, small, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


@lru_cache(maxsize=8)
def _grid(
    sensor_px: tuple[int, int],
    first_px: tuple[int, int],
    shape: tuple[int, int],
    step: int,
    falloff: float,
    half_px: float,
) -> NDArray[np.float32]:
    """Return profile and lit square on a grid of pixels of ``step`` sensor pixels each."""
    rows, cols = (
        first + (step - 1) / 2 + step * np.arange(count)
        for first, count in zip(first_px, shape, strict=True)
    )
    share = _falling(rows[:, None], cols[None, :], sensor_px, falloff).astype(np.float32)
    if half_px < math.inf:
        height, width = sensor_px
        share *= (np.abs(rows - (height - 1) / 2) <= half_px)[:, None]
        share *= (np.abs(cols - (width - 1) / 2) <= half_px)[None, :]
    share.setflags(write=False)
    return share


def _falling(
    rows: NDArray[Any],
    cols: NDArray[Any],
    sensor_px: tuple[int, int],
    falloff: float,
) -> NDArray[np.float64]:
    """Return the illumination at places on the sensor, or beyond it."""
    height, width = sensor_px
    y = 2 * rows / max(height - 1, 1) - 1
    x = 2 * cols / max(width - 1, 1) - 1
    # The light is never quite centred.
    radius2: NDArray[np.float64] = ((y - 0.08) ** 2 + (x + 0.05) ** 2) / 2
    return 1 - falloff * np.minimum(radius2, 1)
