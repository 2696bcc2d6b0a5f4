"""A forest's look at a picture: how sure it is of every cell, and where it is surest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import cv2
import numpy as np

from ._features import FEATURES_A_SCALE, pixel_features
from ._pixels import Peaks, peaks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saccade.models import TreeArrays, Trees

    from ._pixels import Image

_QUANTILES = (0.05, 0.5, 0.95, 0.995)
_SURE = 0.01
"""Share that no cell is without, or beyond: of few trees none can be surer."""
_ONE_IN = 4
"""All trees look at one of so many cells, at most."""
_FEW_CELLS = 1024
_SMOOTH_OF_SIZE = 0.2
_APART_OF_SIZE = 0.3


def features_of(made: Trees, prepared: Image) -> NDArray[np.float32]:
    """Return what a forest looks at in a picture, (feature, y, x); (feature, 1, 1) if as a whole.

    Parameters
    ----------
    made : Trees
        Cells, scales, and whether it is about whole frames.
    prepared : array of float32, (y, x)
        As `prepared_picture` makes it.
    """
    cells = pixel_features(prepared, made.sigmas_px, made.cell_px)
    if not made.whole:
        return cells
    flat = cells.reshape(len(cells), -1)
    told = [flat.mean(axis=1), *np.quantile(flat, _QUANTILES, axis=1)]
    return np.concatenate(told).astype(np.float32).reshape(-1, 1, 1)


def feature_count(scales: int, *, whole: bool) -> int:
    """Return how many features there are at so many scales."""
    return scales * FEATURES_A_SCALE * (1 + len(_QUANTILES) if whole else 1)


class Heat(NamedTuple):
    """How sure a forest is of each cell."""

    logits: NDArray[np.float32]
    """(class, y / cell, x / cell); (class, 1, 1) of a whole frame."""
    capped: float
    """Share of the cells that only the first trees looked at, by the policy for overload."""


def forest_heat(
    trees: TreeArrays, made: Trees, prepared: Image, overload: Literal["surest", "all"] = "surest"
) -> Heat:
    """Return how sure a forest is of each cell of a picture.

    Parameters
    ----------
    trees, made
        The forest.
    prepared : array of float32, (y, x)
        As `prepared_picture` makes it.
    overload : {'surest', 'all'}
        What all trees look at where the first few find something in most cells: the surest
        quarter of them (at least 1,024), so that the time is bounded; or all of them.
    """
    features = features_of(made, prepared)
    shape = features.shape[1:]
    cells = shape[0] * shape[1]
    most = None if overload == "all" else max(_FEW_CELLS, cells // _ONE_IN)
    told = trees.told(features.reshape(len(features), -1), most)
    shares = told.shares.reshape(-1, *shape)
    if not made.whole:
        sigma = max(0.5, _SMOOTH_OF_SIZE * made.size_px / made.cell_px)
        shares = np.stack([cv2.GaussianBlur(each, (0, 0), sigma) for each in shares])
    return Heat(np.log((shares + _SURE) / (1 + _SURE - shares)), told.capped / cells)


def forest_peaks(heat: NDArray[np.float32], made: Trees, least: float) -> Peaks:
    """Return the places of a map of logits, the surest first, in cells.

    Parameters
    ----------
    heat : array of float32, (y, x)
        Of one class.
    made : Trees
        How large things are.
    least : float
        Logit of a place at least.
    """
    radius = max(1, round(_APART_OF_SIZE * made.size_px / made.cell_px))
    below = np.nextafter(np.float32(least), np.float32(-np.inf))
    found = peaks(heat, float(below), radius, heat.size)
    # On a plateau all cells are as high as their neighbours; the first speaks for the others.
    kept = _first_of_each(found, radius)
    y_px, x_px, strength = (each[kept] for each in found[:3])
    return Peaks(y_px, x_px, strength, len(strength))


def forest_places_px(
    found: Peaks, made: Trees, shape: tuple[int, ...], prepared: tuple[int, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return rows and columns, in pixels of a frame, of what was found in its prepared picture.

    Parameters
    ----------
    found : Peaks
        In cells.
    made : Trees
        How large a cell is.
    shape, prepared : tuple of int
        Of the frame, and of the prepared picture.
    """
    cell = made.cell_px
    y_px, x_px = (
        np.clip((cell * at + cell / 2) * (side / other) - 0.5, 0, side - 1)
        for at, side, other in zip((found.y_px, found.x_px), shape, prepared, strict=True)
    )
    return y_px, x_px


def _first_of_each(found: Peaks, radius: int) -> list[int]:
    """Return the numbers of those that no surer one is within reach of."""
    from scipy.spatial import cKDTree  # a quarter of a second, which every command would pay

    places = np.column_stack([found.y_px, found.x_px])
    near = cKDTree(places).query_ball_point(places, radius) if len(places) else []
    taken, kept = np.zeros(len(places), bool), []
    for number, others in enumerate(near):
        if not taken[number]:
            kept.append(number)
            taken[others] = True
    return kept
