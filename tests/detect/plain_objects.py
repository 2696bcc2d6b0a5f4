"""Objects as their definition has it, pixel by pixel: slow, and apart from the detector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from scipy import ndimage
from skimage import measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixel = tuple[int, int]


def large_parts(mask: NDArray[np.bool_], least_px: float) -> NDArray[np.int64]:
    """Return the connected parts that are large enough, in any numbers."""
    labels: NDArray[np.int64] = measure.label(mask, connectivity=2)
    for each in measure.regionprops(labels):
        if each.area < least_px:
            labels[labels == each.label] = 0
    return labels


def pieces(parts: NDArray[np.int64], radius_px: float) -> NDArray[np.int64]:
    """Return the watershed of parts, each pixel climbing by itself, in any numbers."""
    inside = parts > 0
    distance = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 5)
    depth = cv2.GaussianBlur(distance, (0, 0), max(radius_px / 4, 0.5)) * inside
    highest = ndimage.maximum_filter(depth, 3, mode="nearest")
    summits: list[Pixel] = [(int(y), int(x)) for y, x in np.argwhere(inside & (depth == highest))]
    root = {summit: _root(summit, summits, depth, parts, radius_px) for summit in summits}
    number = {summit: n for n, summit in enumerate(sorted(set(root.values())), 1)}
    result = np.zeros(parts.shape, np.int64)
    for y, x in np.argwhere(inside):
        at = (int(y), int(x))
        while at not in root:
            at = _deepest_neighbour(at, depth)
        result[y, x] = number[root[at]]
    return result


def _deepest_neighbour(at: Pixel, depth: NDArray[Any]) -> Pixel:
    best = at
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            y, x = at[0] + dy, at[1] + dx
            there = 0 <= y < depth.shape[0] and 0 <= x < depth.shape[1]
            if there and depth[y, x] > depth[best]:
                best = (y, x)
    return best


def _root(
    summit: Pixel,
    summits: list[Pixel],
    depth: NDArray[Any],
    parts: NDArray[np.int64],
    radius_px: float,
) -> Pixel:
    """Return where a summit ends up, each time with the nearest higher one within reach."""
    while True:
        higher = []
        for other in summits:
            apart = float(np.hypot(other[0] - summit[0], other[1] - summit[1]))
            above = (-depth[other], other) < (-depth[summit], summit)
            within = apart <= max(radius_px, float(depth[other]))
            if above and within and parts[other] == parts[summit]:
                higher.append((apart, -depth[other], other))
        if not higher:
            return summit
        summit = min(higher)[2]
