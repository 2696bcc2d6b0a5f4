"""What can be learned from so much data, said aloud."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._sample import Sample


class Tier(NamedTuple):
    """How much there is, and what that is good for."""

    name: str
    objects: int
    groups: int
    """Independent runs, movies or dishes."""
    kind: Literal["forest", "network"] | None
    """What is trained with so much; None is nothing."""
    advice: str


class _Step(NamedTuple):
    objects: int
    groups: int
    """From so many on."""
    name: str
    kind: Literal["forest", "network"] | None
    advice: str


_STEPS = (
    _Step(500, 10, "many", "network", "A network, also one that looks at several frames."),
    _Step(50, 4, "some", "network", "A small network; three that look together (--members 3) "
          "also tell how far they are from being at one, in three times the time."),
    _Step(5, 3, "few", "forest", "A forest on filter features; expect it to miss unusual looks."),
    _Step(0, 0, "none", None, "Use a classical detector, such as Spots, with Novelty beside it; "
          "label a few frames of three runs or more (saccade label)."),
)  # fmt: skip
"""The ladder: objects alone do not make a tier, where all come from a run or two."""


def tier(samples: Sequence[Sample]) -> Tier:
    """Return what can be learned from samples, by labelled objects and independent groups.

    Parameters
    ----------
    samples : sequence of Sample
        All that is labelled.
    """
    objects = sum(len(each.places_px) for each in samples)
    groups = len({each.group for each in samples})
    step = next(each for each in _STEPS if objects >= each.objects and groups >= each.groups)
    return Tier(step.name, objects, groups, step.kind, step.advice)


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
