"""Connected parts of a mask, and objects that touch told apart by their shape."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import cv2
import numpy as np

from ._pixels import smooth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._pixels import Image

_AROUND = tuple((dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if (dy, dx) != (0, 0))


class Parts(NamedTuple):
    """What hangs together, as a list of its pixels: most of a picture is ground."""

    shape: tuple[int, int]
    """Of the picture."""
    at: NDArray[np.intp]
    """Flat numbers of the pixels, rising."""
    of: NDArray[np.intp]
    """The label of each, from 1."""
    number: int
    """The greatest label."""

    def image(self, names: NDArray[np.int32] | None = None) -> NDArray[np.int32]:
        """Return labels, (y, x), 0 where there is ground.

        Parameters
        ----------
        names : ndarray of int32, optional
            Other ones, by label.
        """
        labels = np.zeros(self.shape, np.int32)
        labels.ravel()[self.at] = self.of if names is None else names.take(self.of)
        return labels


def connected(mask: NDArray[np.bool_], least_px: float) -> Parts:
    """Return the connected parts of a mask that are large enough.

    Parameters
    ----------
    mask : ndarray of bool, (y, x)
        Pixels that touch at a corner are connected.
    least_px : float
        Least area.
    """
    mask = np.ascontiguousarray(mask)
    _, labels = cv2.connectedComponents(mask.view(np.uint8), connectivity=8, ltype=cv2.CV_32S)
    at = np.flatnonzero(mask)
    of = labels.ravel().take(at).astype(np.intp)
    large = np.bincount(of, minlength=1) >= least_px
    large[0] = False
    number = int(large.sum())
    shape = mask.shape[0], mask.shape[1]
    if number == len(large) - 1:
        return Parts(shape, at, of, number)
    kept = large.take(of)
    return Parts(shape, at[kept], np.cumsum(large, dtype=np.intp).take(of[kept]), number)


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
    if not parts.number or parts.at.size == math.prod(parts.shape):
        return parts  # without any ground there is no distance to it
    depth, highest = _depth(parts, radius_px)
    own = depth.ravel().take(parts.at)
    summits = np.flatnonzero(own >= highest.ravel().take(parts.at))
    part, width = parts.of[summits], parts.shape[1]
    into = _followed(_merged(parts.at[summits], own[summits], part, width, radius_px))
    # Only where a part has more than one object does it matter who climbs where.
    several = np.bincount(part[np.unique(into)], minlength=parts.number + 1) > 1
    chosen = np.flatnonzero(several.take(parts.of))
    if not len(chosen):
        return parts
    at = parts.at[chosen]
    # From numbers in the picture to those among the chosen; what is not chosen is never asked.
    among = np.empty(depth.size, np.intp)
    among[at] = np.arange(len(at))
    up = among.take(_ascent(at, depth, highest))
    inside = np.flatnonzero(several[part])
    up[among[parts.at[summits[inside]]]] = among[parts.at[summits[into[inside]]]]
    return _renamed(parts, several, chosen, _followed(up))


def _depth(parts: Parts, radius_px: float) -> tuple[Image, Image]:
    """Return how deep each pixel lies in its part, 0 outside, and the greatest of its square."""
    byte = np.zeros(parts.shape, np.uint8)
    byte.ravel()[parts.at] = 1
    distance = cast("Image", cv2.distanceTransform(byte, cv2.DIST_L2, 5))
    depth = cast("Image", cv2.copyTo(smooth(distance, max(radius_px / 4, 0.5)), byte))
    return depth, cast("Image", cv2.dilate(depth, np.ones((3, 3), np.uint8)))


def _renamed(
    parts: Parts,
    several: NDArray[np.bool_],
    chosen: NDArray[np.intp],
    tops: NDArray[np.intp],
) -> Parts:
    """Return the parts that are one, numbered anew, then the pieces of those that are several."""
    whole = ~several
    whole[0] = False
    of = np.cumsum(whole, dtype=np.intp).take(parts.of)
    count = int(whole.sum())
    name = np.zeros(len(chosen), np.intp)
    name[tops] = 1
    there = np.flatnonzero(name)
    name[there] = np.arange(count + 1, count + 1 + len(there))
    of[chosen] = name[tops]
    return Parts(parts.shape, parts.at, of, count + len(there))


def _ascent(at: NDArray[np.intp], depth: Image, highest: Image) -> NDArray[np.intp]:
    """Return, for each of some pixels, its deepest neighbour, or itself; all by flat number.

    Parameters
    ----------
    at : ndarray of int
        Flat numbers of the pixels.
    depth : ndarray of float32, (y, x)
        Above 0 in the mask, 0 outside.
    highest : ndarray of float32, (y, x)
        Greatest depth of each pixel and its neighbours.
    """
    height, width = depth.shape
    # A frame of ground around the picture, so that no pixel lacks a neighbour.
    framed = cv2.copyMakeBorder(depth, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    ways = (*reversed(_AROUND), (0, 0))
    best: Any = np.zeros(depth.shape, np.uint8)
    for number, (dy, dx) in enumerate(ways):
        other = framed[1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width]
        same: Any = cv2.compare(other, highest, cv2.CMP_EQ)
        # The later goes before: to stay, and else the first of equals.
        best = cv2.max(best, cv2.min(same, cast("Any", number)))
    way: NDArray[np.intp] = np.array([dy * width + dx for dy, dx in ways], np.intp)
    taken: NDArray[np.intp] = at + way.take(best.ravel().take(at))
    return taken


def _merged(
    at: NDArray[np.intp],
    depth: Image,
    part: NDArray[np.intp],
    width: int,
    radius_px: float,
) -> NDArray[np.intp]:
    """Return, for each summit, the number of the one that it is part of, or its own."""
    from scipy.spatial import cKDTree  # a quarter of a second, which every command would pay

    order = np.lexsort((at, -depth))
    rank = np.empty(len(at), np.intp)
    rank[order] = np.arange(len(at))
    furthest = max(radius_px, float(depth.max()))
    # Parts lie apart in a third direction, so that no pair is found of two of them.
    rows, cols = np.divmod(at, width)
    places = np.column_stack([rows, cols, part * (furthest + 1)]).astype(np.float64)
    pairs = cKDTree(places).query_pairs(furthest, output_type="ndarray")
    apart = np.hypot(*(places[pairs[:, 0], :2] - places[pairs[:, 1], :2]).T)
    first_is_higher = rank[pairs[:, 0]] < rank[pairs[:, 1]]
    high = np.where(first_is_higher, pairs[:, 0], pairs[:, 1])
    low = np.where(first_is_higher, pairs[:, 1], pairs[:, 0])
    same = apart <= np.maximum(radius_px, depth[high])
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
