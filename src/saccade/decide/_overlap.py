"""Where those are that are one in a picture, by the box around them and its pixels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._found import Box, Found, Place, Size

Guess = tuple["Place", tuple[bool, bool]]
"""A place, and whether its x and its y are sure."""
Ends = tuple[float, float]
"""Where along an axis the first and the last of those in a box are."""

_TILTED = 0.1
"""How far x and y of the pixels of two go together, from which on it says where they are."""
_APART = 0.2
"""How far apart two must be, of their size, for it to be sure which is which along an axis."""


def placed(expected: list[Place], sizes: Sequence[Size | None], point: Found) -> list[Guess]:
    """Return where those are that have come to one point.

    The outermost of them are at the edges of the box around all, as far as their own boxes
    reach; those in between, and all where there are no boxes, are where they are expected. Of
    two, the pixels say on which diagonal of the box they are.

    Parameters
    ----------
    expected : list of (float, float)
        Where each should be.
    sizes : sequence of (float, float) or None
        Of the box around each when it is alone; None if unknown.
    point : Found
        What all of them are.
    """
    box = point.box_um
    known = [size for size in sizes if size is not None]
    if box is None or len(known) < len(expected):
        dx = point.x_um - sum(x for x, _ in expected) / len(expected)
        dy = point.y_um - sum(y for _, y in expected) / len(expected)
        return [((x + dx, y + dy), (False, False)) for x, y in expected]
    tilt = point.tilt() if len(expected) == 2 else 0.0
    if abs(tilt) > _TILTED:
        return _on_diagonal(expected, known, box, rising=tilt > 0)
    xs = _along([x for x, _ in expected], [w for w, _ in known], box[0], box[2])
    ys = _along([y for _, y in expected], [h for _, h in known], box[1], box[3])
    return [((x, y), (x_sure, y_sure)) for (x, x_sure), (y, y_sure) in zip(xs, ys, strict=True)]


def between(low: float, high: float, size: float, at: float) -> float:
    """Return the nearest place to one at which something of a size is between two ends.

    Parameters
    ----------
    low, high : float
        The ends; the middle between them if there is no room.
    size : float
        Of the thing.
    at : float
        Where it should be.
    """
    least, most = _ends(low, high, size, size)
    return min(max(at, least), most)


def _on_diagonal(
    expected: list[Place], sizes: list[Size], box: Box, *, rising: bool
) -> list[Guess]:
    """Return where two are that are at opposite corners of a box: as near as may be to expected."""
    ways = [_at_corners(sizes, box, left, rising=rising) for left in (0, 1)]

    def off(way: list[Guess]) -> float:
        return sum(math.dist(at, to) ** 2 for (at, _), to in zip(way, expected, strict=True))

    return min(ways, key=off)


def _at_corners(sizes: list[Size], box: Box, left: int, *, rising: bool) -> list[Guess]:
    low = left if rising else 1 - left
    x, x_sure = _apart(box[0], box[2], sizes[left][0], sizes[1 - left][0])
    y, y_sure = _apart(box[1], box[3], sizes[low][1], sizes[1 - low][1])
    return [((x[n != left], y[n != low]), (x_sure, y_sure)) for n in (0, 1)]


def _along(
    expected: list[float], sizes: list[float], low: float, high: float
) -> list[tuple[float, bool]]:
    """Return where those in a box are along one axis, and whether that is sure."""
    first = min(range(len(expected)), key=expected.__getitem__)
    last = max(range(len(expected)), key=expected.__getitem__)
    (least, most), sure = _apart(low, high, sizes[first], sizes[last])
    found = [(min(max(at, least), most), False) for at in expected]
    found[first], found[last] = (least, sure), (most, sure)
    return found


def _apart(low: float, high: float, first: float, last: float) -> tuple[Ends, bool]:
    """Return where those are that touch the ends, and whether they are far enough apart."""
    ends = _ends(low, high, first, last)
    return ends, ends[1] - ends[0] > _APART * (first + last) / 2


def _ends(low: float, high: float, first: float, last: float) -> Ends:
    least, most = low + first / 2, high - last / 2
    middle = (least + most) / 2
    return (least, most) if least <= most else (middle, middle)
