"""What a detector found in a frame, for those that follow it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saccade.core import Grid, Observation, Point

Place = tuple[float, float]
"""x and y, in µm."""
Size = tuple[float, float]
"""Width and height of the box around a thing, in µm."""
Box = tuple[float, float, float, float]
"""Least x and y, and largest x and y, in µm."""
Pixels4 = tuple[float, float, float, float]
"""A box in pixels of the picture: top, left, bottom and right."""

_EDGE_PX = 0.5
"""How near to the edge of the picture a box is cut by it."""


class Found(NamedTuple):
    """One thing in a frame."""

    x_um: float
    y_um: float
    strength: float
    box_um: Box | None = None
    """The box around it; None where nobody draws one."""
    whole: bool = True
    """Whether all of it is in the picture."""
    lit: Place | None = None
    """Where on the sensor, from -1 to 1, so that how much light it gets can be told."""
    mask: NDArray[np.bool_] | None = None
    """Which pixels of its box are its own, (y, x); None where nobody says."""

    @property
    def size_um(self) -> Size | None:
        """Width and height of the box around it."""
        if self.box_um is None:
            return None
        left, top, right, low = self.box_um
        return right - left, low - top

    def tilt(self) -> float:
        """Return how x and y of its pixels go together, from -1 to 1; 0 where nobody says."""
        if self.mask is None or not self.mask.any():
            return 0.0
        y, x = (axis - axis.mean() for axis in map(np.asarray, np.nonzero(self.mask)))
        spread = math.sqrt(float(x @ x) * float(y @ y))
        return float(x @ y) / spread if spread > 0 else 0.0


def found_in(seen: Observation) -> list[Found]:
    """Return what was found in a frame, without boxes where there is not one each.

    Parameters
    ----------
    seen : Observation
        Of the frame.
    """
    if seen.grid is None:
        return [Found(each.x_um, each.y_um, each.strength) for each in seen.points]
    if len(seen.boxes) != len(seen.points):
        return [
            Found(each.x_um, each.y_um, each.strength, lit=_lit(each, seen.grid))
            for each in seen.points
        ]
    return [
        _found(point, box, seen.grid, seen.labels)
        for point, box in zip(seen.points, seen.boxes, strict=True)
    ]


def _lit(point: Point, grid: Grid) -> Place:
    left, top, _, _ = grid.roi
    width, height = grid.sensor_px
    return 2 * (left + point.x_px + 0.5) / width - 1, 2 * (top + point.y_px + 0.5) / height - 1


def _found(point: Point, box: Pixels4, grid: Grid, labels: NDArray[np.generic] | None) -> Found:
    top, left, low, right = box
    _, _, width, height = grid.roi
    px_um = grid.pixel_size_um
    x_um, y_um = point.x_um - (point.x_px + 0.5) * px_um, point.y_um - (point.y_px + 0.5) * px_um
    box_um = x_um + left * px_um, y_um + top * px_um, x_um + right * px_um, y_um + low * px_um
    whole = min(top, left) > _EDGE_PX and low < height - _EDGE_PX and right < width - _EDGE_PX
    mask = None if labels is None else _mask(labels, point, box)
    return Found(point.x_um, point.y_um, point.strength, box_um, whole, _lit(point, grid), mask)


def _mask(labels: NDArray[np.generic], point: Point, box: Pixels4) -> NDArray[np.bool_] | None:
    """Return which pixels of a box have the label of a point, if it has one."""
    height, width = labels.shape
    y, x = round(point.y_px), round(point.x_px)
    if not (0 <= y < height and 0 <= x < width and labels[y, x]):
        return None
    top, left = max(int(box[0]), 0), max(int(box[1]), 0)
    mask: NDArray[np.bool_] = labels[top : int(box[2]), left : int(box[3])] == labels[y, x]
    return mask
