"""Masks of what a network finds, in pixels of the frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np

from ._instances import instances

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ._pixels import Peaks

Box: TypeAlias = tuple[float, float, float, float]


def masks_of(
    told: Mapping[str, NDArray[np.float32]],
    found: Peaks,
    shape: tuple[int, int],
    prepared: tuple[int, int],
    *,
    stride: int,
    least: float,
) -> tuple[NDArray[np.int32], tuple[Box, ...]]:
    """Return labels, (y, x), 1 for the first place, and a box (top, left, bottom, right) for each.

    A place without a pixel of its own has an empty box where it is.

    Parameters
    ----------
    told : mapping of str to array
        Heads of the network: ``inside`` and ``vote``.
    found : Peaks
        Places, in cells.
    shape, prepared : tuple of int
        Of the frame, and of the picture that the network got.
    stride : int
        Pixels to a cell.
    least : float
        Logit above which a pixel is inside.
    """
    inside = told["inside"][0, 0, : prepared[0], : prepared[1]]
    centres = np.column_stack([found.y_px, found.x_px])
    labels = instances(inside, told["vote"][0], centres, stride, least)
    if labels.shape != shape:
        size = shape[1], shape[0]
        floats = labels.astype(np.float32)  # exact up to 16 million, and OpenCV takes no integers
        labels = cv2.resize(floats, size, interpolation=cv2.INTER_NEAREST).astype(np.int32)
    return labels, tuple(_boxes(labels, len(centres)))


def _boxes(labels: NDArray[np.int32], count: int) -> list[Box]:
    from scipy import ndimage  # a quarter of a second, which every command would pay

    places = ndimage.find_objects(labels, max_label=count)
    return [
        (0.0, 0.0, 0.0, 0.0)
        if place is None
        else (
            float(place[0].start),
            float(place[1].start),
            float(place[0].stop),
            float(place[1].stop),
        )
        for place in places
    ]
