"""What is painted for a view: its pixels, and around them what the optics spread into it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2

from ._blur import coarser, reach_px

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ._values import View


@dataclass(frozen=True, slots=True)
class Field:
    """A piece of the plane of the sensor, larger than a view, perhaps in coarser pixels.

    The pieces of all regions of one sensor lie on one grid, so that a region shows what the
    whole sensor would show there.
    """

    view: View
    """What to paint."""
    first_px: tuple[int, int]
    """Row and column of its corner on the sensor; negative where it reaches beyond."""
    step: int
    """Sensor pixels along each side of one of its own."""
    inset_px: tuple[int, int] = (0, 0)
    """Row and column of the view's corner in it, in sensor pixels."""

    @property
    def size_px(self) -> tuple[int, int]:
        """Height and width in sensor pixels."""
        height, width = self.view.shape_px
        return height * self.step, width * self.step

    def crop(self, picture: NDArray[np.float32], shape_px: tuple[int, int]) -> NDArray[np.float32]:
        """Return the view's part of a picture of the field.

        Parameters
        ----------
        picture : array of float32, (y, x)
            Of the field, in its own pixels.
        shape_px : tuple of int
            Height and width of the view.
        """
        if self.step > 1:
            height, width = self.size_px
            picture = cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR)  # type: ignore[assignment]
        (top, left), (height, width) = self.inset_px, shape_px
        return picture[top : top + height, left : left + width]


def field_of(view: View, sharpest_um: float, widest_um: float, haze_um: float) -> Field:
    """Return what to paint for a view.

    Parameters
    ----------
    view : View
        What the camera looks at.
    sharpest_um, widest_um : float
        Least and greatest standard deviation of the blur.
    haze_um : float
        Standard deviation of what is scattered widely; 0 for none.
    """
    # What is painted on coarse pixels is interpolated, so they must be half as wide.
    step = coarser(sharpest_um / view.pixel_size_um / 2)
    size_um = view.pixel_size_um * step
    reach, haze = reach_px(widest_um / size_um), reach_px(haze_um / size_um) if haze_um else 0
    # Whatever shrinks the picture on the way divides the sensor in the same squares.
    unit = step * max(coarser(widest_um / size_um), coarser(haze_um / size_um))
    reach, haze = (reach + (2 if step > 1 else 0)) * step, haze * step
    (row0, row1), rows = _span(view, 0, reach, reach + haze, unit)
    (col0, col1), cols = _span(view, 1, reach, reach + haze, unit)
    shift_px = (sum(cols) - view.sensor_px[1]) / 2, (sum(rows) - view.sensor_px[0]) / 2
    painted = replace(
        view,
        x_um=view.x_um + shift_px[0] * view.pixel_size_um,
        y_um=view.y_um + shift_px[1] * view.pixel_size_um,
        pixel_size_um=view.pixel_size_um * step,
        sensor_px=((rows[1] - rows[0]) // step, (cols[1] - cols[0]) // step),
        roi=(
            (col0 - cols[0]) // step,
            (row0 - rows[0]) // step,
            (col1 - col0) // step,
            (row1 - row0) // step,
        ),
    )
    top, left = view.corner_px
    return Field(painted, (row0, col0), step, (top - row0, left - col0))


def _span(
    view: View, axis: int, reach: int, far: int, unit: int
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return where the field begins and ends along an axis, and where the whole sensor's does."""
    sensor = view.sensor_px[axis]
    start, size = view.corner_px[axis], view.shape_px[axis]
    low, high = -_up(reach, unit), _up(sensor + reach, unit)
    first = max(-_up(far - start, unit), low)
    last = min(_up(start + size + far, unit), high)
    return (first, last), (low, high)


def _up(value: int, unit: int) -> int:
    return -(-value // unit) * unit
