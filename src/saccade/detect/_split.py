"""Connected parts of a mask, and objects that touch told apart by their shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

import cv2
import numpy as np
from scipy.spatial import cKDTree

from ._pixels import smooth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._pixels import Image

_AROUND = tuple((dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if (dy, dx) != (0, 0))


class Parts(NamedTuple):
    """What hangs together."""

    labels: NDArray[np.int32]
    """0 is ground."""
    number: int
    """The greatest label."""


def connected(mask: NDArray[np.bool_], least_px: float) -> Parts:
    """Return the connected parts of a mask that are large enough.

    Parameters
    ----------
    mask : ndarray of bool, (y, x)
        Pixels that touch at a corner are connected.
    least_px : float
        Least area.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=8, ltype=cv2.CV_32S
    )
    large = stats[:, cv2.CC_STAT_AREA] >= least_px
    large[0] = False
    names = np.cumsum(large, dtype=np.int32) * large
    return Parts(names.astype(np.int32)[labels], int(large.sum()))


def split(parts: Parts, radius_px: float) -> Parts:
    """Return parts of which each is convex, more or less: what touches becomes two.

    A watershed (Vincent & Soille 1991) on the distance to the ground, by steepest ascent: each
    pixel belongs to the summit that it climbs to. Two summits are of one object if one lies
    within the circle that fits into the object around the other, or within a radius.

    Parameters
    ----------
    parts : Parts
        Connected.
    radius_px : float
        Of the smallest object that may be one of its own.
    """
    labels = parts.labels
    if not parts.number:
        return parts
    byte = (labels > 0).astype(np.uint8)
    distance = cast("Image", cv2.distanceTransform(byte, cv2.DIST_L2, 5))
    depth = smooth(distance, max(radius_px / 4, 0.5))
    depth *= byte
    highest = cv2.dilate(depth, np.ones((3, 3), np.uint8))
    summits = np.flatnonzero((depth >= highest) & (byte > 0))
    into = _followed(_merged(summits, depth.ravel()[summits], labels, radius_px))
    # Only where a part has more than one object does it matter who climbs where.
    kept = np.unique(into)
    several = np.bincount(labels.ravel()[summits[kept]], minlength=parts.number + 1) > 1
    at = np.flatnonzero(several[labels])
    if not len(at):
        return parts
    up = _ascent(at, depth.ravel()[at], labels.shape)
    inside = np.flatnonzero(several[labels.ravel()[summits]])
    up[np.searchsorted(at, summits[inside])] = np.searchsorted(at, summits[into[inside]])
    _, names = np.unique(_followed(up), return_inverse=True)
    return _renamed(labels, several, at, names.astype(np.int32))


def _renamed(
    labels: NDArray[np.int32],
    several: NDArray[np.bool_],
    at: NDArray[np.intp],
    names: NDArray[np.int32],
) -> Parts:
    """Return the parts that are one, numbered anew, then the pieces of those that are several."""
    whole = ~several
    whole[0] = False
    result = (np.cumsum(whole, dtype=np.int32) * whole).astype(np.int32)[labels]
    count = int(whole.sum())
    result.ravel()[at] = names + count + 1
    return Parts(result, count + int(names.max()) + 1)


def _ascent(at: NDArray[np.intp], depth: Image, shape: tuple[int, ...]) -> NDArray[np.intp]:
    """Return, for each pixel of the mask, the number of its deepest neighbour, or its own."""
    height, width = shape
    # A frame of ground around the picture, so that no pixel lacks a neighbour.
    number = np.full((height + 2, width + 2), -1, np.int32)
    rows, cols = np.divmod(at, width)
    inner = (rows + 1) * (width + 2) + cols + 1
    number.ravel()[inner] = np.arange(len(at), dtype=np.int32)
    best, deepest = np.arange(len(at)), depth.copy()
    for dy, dx in _AROUND:
        other = number.ravel()[inner + dy * (width + 2) + dx]
        deeper = (other >= 0) & (depth[other] > deepest)
        best[deeper], deepest[deeper] = other[deeper], depth[other[deeper]]
    return best


def _merged(
    at: NDArray[np.intp], depth: Image, labels: NDArray[np.int32], radius_px: float
) -> NDArray[np.intp]:
    """Return, for each summit, the number of the one that it is part of, or its own."""
    order = np.lexsort((at, -depth))
    rank = np.empty(len(at), np.intp)
    rank[order] = np.arange(len(at))
    places = np.column_stack(np.divmod(at, labels.shape[1])).astype(np.float64)
    part = labels.ravel()[at]
    furthest = max(radius_px, float(depth.max()))
    pairs = cKDTree(places).query_pairs(furthest, output_type="ndarray")
    apart = np.hypot(*(places[pairs[:, 0]] - places[pairs[:, 1]]).T)
    first_is_higher = rank[pairs[:, 0]] < rank[pairs[:, 1]]
    high = np.where(first_is_higher, pairs[:, 0], pairs[:, 1])
    low = np.where(first_is_higher, pairs[:, 1], pairs[:, 0])
    same = (part[high] == part[low]) & (apart <= np.maximum(radius_px, depth[high]))
    high, low, apart = high[same], low[same], apart[same]
    # The nearest of those that are higher: sorted last, hence written last.
    nearest = np.lexsort((rank[high], apart))[::-1]
    into = np.arange(len(at))
    into[low[nearest]] = high[nearest]
    return into


def _followed(up: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return where each way up ends."""
    while True:
        further = up[up]
        if np.array_equal(further, up):
            return up
        up = further
