"""What can be learned from so much data, said aloud."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._sample import Sample


class Tier(NamedTuple):
    """How much there is, and what that is good for."""

    name: str
    objects: int
    groups: int
    """Independent runs, movies or dishes."""
    advice: str


_BOUNDS = (
    (5, "none", "Use a classical detector, such as Spots; label a few frames."),
    (50, "few", "A small network on heavily varied crops; expect it to miss unusual looks."),
    (500, "some", "A small network."),
    (math.inf, "many", "A network, also one that looks at several frames."),
)


def tier(samples: Sequence[Sample]) -> Tier:
    """Return what can be learned from samples, by labelled objects and independent groups.

    Parameters
    ----------
    samples : sequence of Sample
        All that is labelled.
    """
    objects = sum(len(each.places_px) for each in samples)
    groups = len({each.group for each in samples})
    name, advice = next((name, advice) for most, name, advice in _BOUNDS if objects < most)
    return Tier(name, objects, groups, advice)


def more_for_recall(recall: float, objects: int, *, sure: float = 0.95) -> int:
    """Return how many more labelled objects are needed to claim a recall, if none is missed.

    With n objects and no miss, a recall of r can be claimed at a confidence c if r^n is at most
    1 - c: for 0.9 at 95 % that is 29.

    Parameters
    ----------
    recall : float
        To be claimed, below 1.
    objects : int
        Labelled, and not learned from.
    sure : float
        Confidence.
    """
    return max(0, math.ceil(math.log(1 - sure) / math.log(recall)) - objects)
