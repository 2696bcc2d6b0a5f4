"""What is drawn over a picture, as pixels and lines: masks, boxes, and where it was lit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from saccade.core import Grid, to_modulator

from ._identities import numbers_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from useq import SLMImage

    from saccade.core import Frame, Modulator, Pixels, Point

MOST_PX = 1024
"""Longer side of what is drawn over a picture; on a screen it is hardly larger."""


def boxes_line(
    boxes: Sequence[tuple[float, float, float, float]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return x and y of boxes (top, left, bottom, right) as one line with breaks."""
    sides = np.array(boxes, float).reshape(-1, 4)
    top, left, bottom, right = sides.T
    none = np.full(len(sides), np.nan)
    x = np.stack((left, right, right, left, left, none), axis=1).ravel()
    y = np.stack((top, top, bottom, bottom, top, none), axis=1).ravel()
    return x, y


def mask_outlines(labels: Pixels, points: Sequence[Point] = ()) -> NDArray[np.uint8]:
    """Return outlines of things, each the row of its identity in a table of colours; 0 is none.

    Parameters
    ----------
    labels : array of int, (y, x)
        Numbers of things, from 1; thinned out where it is larger than `MOST_PX`.
    points : sequence of Point
        That of thing 1 first; who is followed has the colour of its track.
    """
    step = stride_of(labels.shape)
    small = np.ascontiguousarray(labels[::step, ::step])
    edge = np.zeros(small.shape, bool)
    down, right = small[1:] != small[:-1], small[:, 1:] != small[:, :-1]
    for part, differs in (
        (edge[1:], down),
        (edge[:-1], down),
        (edge[:, 1:], right),
        (edge[:, :-1], right),
    ):
        part |= differs
    edge &= small > 0  # type: ignore[operator]
    told = np.zeros(small.shape, np.uint8)
    told[edge] = numbers_of(_identities(small[edge].astype(np.int64), points))
    return told


def stimulated(frame: Frame, modulator: Modulator | None) -> NDArray[np.uint8] | None:
    """Return where a frame was lit through a mask, 1, thinned out as outlines are.

    None where there is no mask, or one that is open or dark all over, as between stimulations.

    Parameters
    ----------
    frame : Frame
        The event that asked for it has the mask.
    modulator : Modulator or None
        Of the microscope; None, or one that was never calibrated, can't tell where it shines.
    """
    image = frame.event.slm_image
    if image is None or modulator is None or modulator.to_sensor is None:
        return None
    mask = _mask(image, modulator)
    if mask.min() == mask.max():
        return None
    height, width = frame.pixels.shape[:2]
    grid = Grid(
        frame.roi or (0, 0, width, height), frame.sensor_px or (width, height), frame.pixel_size_um
    )
    step = stride_of((height, width))
    middle = (step - 1) / 2
    thin = np.array(((step, 0, middle), (0, step, middle), (0, 0, 1)), float)
    try:
        matrix = to_modulator(modulator, grid) @ thin
    except ValueError:  # calibrated with another sensor
        return None
    size = -(-width // step), -(-height // step)
    flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(mask, matrix, size, flags=flags), np.uint8)


def stride_of(shape: Sequence[int]) -> int:
    """Return how many pixels of a picture become one of what is drawn over it."""
    return max(1, -(-max(shape) // MOST_PX))


def _identities(numbers: NDArray[np.int64], points: Sequence[Point]) -> NDArray[np.int64]:
    """Return the track of each thing that is followed, and else its number."""
    tracks = np.array([-1, *(-1 if each.track is None else each.track for each in points)])
    track = tracks[np.where(numbers < len(tracks), numbers, 0)]
    return np.where(track < 0, numbers, track)


def _mask(image: SLMImage, modulator: Modulator) -> NDArray[np.uint8]:
    given: NDArray[Any] = np.asarray(image)
    lit = np.broadcast_to(given != 0, modulator.shape_px) if given.ndim == 0 else given != 0
    return np.ascontiguousarray(lit, np.uint8)
