"""Connected parts of a mask, and objects that touch told apart by their shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

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
    told: Any = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=8, ltype=cv2.CV_32S
    )
    _, labels, stats, _ = told
    large = stats[:, cv2.CC_STAT_AREA] >= least_px
    large[0] = False
    number = int(large.sum())
    if number == len(large) - 1:
        return Parts(labels, number)
    names = (np.cumsum(large) * large).astype(np.int32)
    return Parts(names.take(labels), number)


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
    at = np.flatnonzero(several.take(labels))
    if not len(at):
        return parts
    up = _ascent(at, depth)
    inside = np.flatnonzero(several[labels.ravel()[summits]])
    up[summits[inside]] = summits[into[inside]]
    return _renamed(labels, several, at, _tops(at, up))


def _renamed(
    labels: NDArray[np.int32],
    several: NDArray[np.bool_],
    at: NDArray[np.intp],
    tops: NDArray[np.int32],
) -> Parts:
    """Return the parts that are one, numbered anew, then the pieces of those that are several."""
    whole = ~several
    whole[0] = False
    result = (np.cumsum(whole) * whole).astype(np.int32).take(labels)
    count = int(whole.sum())
    name = np.zeros(labels.size, np.int32)
    name[tops] = 1
    there = np.flatnonzero(name)
    name[there] = np.arange(count + 1, count + 1 + len(there), dtype=np.int32)
    result.ravel()[at] = name[tops]
    return Parts(result, count + len(there))


def _ascent(at: NDArray[np.intp], depth: Image) -> NDArray[np.int32]:
    """Return, for each of some pixels, its deepest neighbour, or itself; both by flat number.

    Parameters
    ----------
    at : ndarray of int
        Flat numbers of the pixels; the others keep their own.
    depth : ndarray of float32, (y, x)
        Above 0 in the mask, 0 outside.
    """
    height, width = depth.shape
    # A frame of ground around the picture, so that no pixel lacks a neighbour.
    framed = cv2.copyMakeBorder(depth, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    deepest: Any = depth
    best: Any = np.zeros(depth.shape, np.uint8)
    for number, (dy, dx) in enumerate(_AROUND, 1):
        other = framed[1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width]
        deeper: Any = cv2.compare(other, deepest, cv2.CMP_GT)
        deepest = cv2.max(other, deepest)
        # Numbers rise, so that the greater is the later.
        best = cv2.max(best, cv2.min(deeper, cast("Any", number)))
    way = np.array([0, *(dy * width + dx for dy, dx in _AROUND)], np.int32)
    up = np.arange(depth.size, dtype=np.int32)
    up[at] += way[best.ravel()[at]]
    return up


def _tops(at: NDArray[np.intp], up: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return, for each of some pixels, where its way up ends."""
    here = up[at]
    while True:
        further = up[here]
        if np.array_equal(further, here):
            return here
        # Each round doubles the length of a step.
        up[at] = here = further


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
