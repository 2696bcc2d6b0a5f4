"""A short way for the stage through several places."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    Place = tuple[float, float]

_MOST_ROUNDS = 50
_LEAST_GAIN_UM = 1e-9


def short_way(places: Sequence[Place], start: Place, end: Place | None = None) -> list[int]:
    """Return in which order to visit places, so that the stage has a short way.

    From each place to the nearest that is left, and then parts of the way are turned round for
    as long as that makes it shorter (2-opt; Croes, Oper. Res. 6, 1958).

    Parameters
    ----------
    places : sequence of (x, y)
        In µm.
    start : (x, y)
        Where the stage is.
    end : (x, y), optional
        Where it has to be afterwards.

    Returns
    -------
    list of int
        Indices of the places, each once.
    """
    order: list[int] = []
    here, left = start, set(range(len(places)))
    while left:
        nearest = min(left, key=lambda n: (_way_um(here, places[n]), n))
        order.append(nearest)
        left.remove(nearest)
        here = places[nearest]
    for _ in range(_MOST_ROUNDS):
        if not _turn_one(order, places, start, end):
            break
    return order


def length_um(way: Sequence[Place]) -> float:
    """Return how long a way is, in µm of the axis that has farther to go.

    Parameters
    ----------
    way : sequence of (x, y)
        In order, in µm.
    """
    return sum(_way_um(a, b) for a, b in pairwise(way))


def _turn_one(order: list[int], places: Sequence[Place], start: Place, end: Place | None) -> bool:
    """Turn round a part of the way if that makes it shorter; return whether it did."""
    stops = [start, *(places[n] for n in order), *([] if end is None else [end])]
    for first in range(len(order)):
        for last in range(first + 1, len(order)):
            before, after = stops[first], stops[last + 2 : last + 3]
            a, b = stops[first + 1], stops[last + 1]
            now = _way_um(before, a) + (_way_um(b, after[0]) if after else 0.0)
            then = _way_um(before, b) + (_way_um(a, after[0]) if after else 0.0)
            if then < now - _LEAST_GAIN_UM:
                order[first : last + 1] = reversed(order[first : last + 1])
                return True
    return False


def _way_um(a: Place, b: Place) -> float:
    # Both axes of a stage travel at once.
    return max(abs(a[0] - b[0]), abs(a[1] - b[1]))
