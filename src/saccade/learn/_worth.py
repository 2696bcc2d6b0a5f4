"""What a model is worth: figures on groups that are new to it, and those of guessing."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from saccade.detect import STRIDE
from saccade.models import Figure

from ._measure import (
    average_precision,
    chance_of,
    f1_of,
    false_alarms,
    figure,
    least_logit,
    mask_ap50,
    mcc_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from saccade.models import Calibration

    from ._learners import Learned, Learner
    from ._measure import Seen
    from ._sample import Sample
    from ._split import Split


def tested_of(
    learned: Learned, test: Sequence[Sample], calibration: Mapping[str, Calibration]
) -> dict[str, list[Seen]]:
    """Return what is seen of each class in the test, with masks where there are some to make."""
    return {
        name: learned.look(test, kind, known)
        for kind, (name, known) in enumerate(calibration.items())
    }


def metrics_of(
    tested: Mapping[str, Sequence[Seen]],
    test: Sequence[Sample],
    calibration: Mapping[str, Calibration],
    *,
    masks: bool,
) -> dict[str, Any]:
    """Return the figures of a model's card.

    Parameters
    ----------
    tested : mapping of str to sequence of Seen
        What was seen of each class in the test.
    test : sequence of Sample
        The test.
    calibration : mapping of str to Calibration
        Of each class.
    masks : bool
        Whether masks of the first class count as well.
    """
    told: dict[str, Any] = {
        "test_groups": len({each.group for each in test}),
        "test_pictures": len(test),
        "classes": {},
    }
    most = max(math.prod(each.shape_px) for each in test) / STRIDE**2  # a place a cell
    for name, seen in tested.items():
        told["classes"][name] = _of_class(seen, least_logit(calibration[name]), most)
    if masks:
        told["mask_ap50"] = figure(next(iter(tested.values())), mask_ap50).model_dump()
    return told


def _of_class(seen: Sequence[Seen], least: float, most: float) -> dict[str, Any]:
    told: dict[str, Figure] = {
        "f1": figure(seen, lambda part: f1_of(part, least)),
        "average_precision": figure(seen, average_precision),
        "mcc": figure(seen, lambda part: mcc_of(part, least), least=-1.0),
        "false_alarms": figure(seen, lambda part: false_alarms(part, least), most=most),
    }
    figures = {name: each.model_dump() for name, each in told.items()}
    return {"objects": sum(each.truth for each in seen), **figures}


def alone_of(learned: Learned, test: Sequence[Sample], known: Calibration) -> Figure | None:
    """Return the average precision of one of several networks that look together, on average.

    Parameters
    ----------
    learned : Learned
        All of them.
    test : sequence of Sample
        Of groups that none has learned from.
    known : Calibration
        Of the first class, of all of them.
    """
    told = [figure(each.look(test, 0, known), average_precision) for each in learned.alone]
    if not told:
        return None
    ends = np.mean([(each.value, each.low, each.high) for each in told], axis=0).tolist()
    return Figure(**dict(zip(("value", "low", "high"), ends, strict=True)))


def probe_of(learner: Learner, split: Split, seed: int) -> tuple[float, float]:
    """Return the average precision on labels of other pictures, and that of guessing.

    All labels are exchanged among pictures, those of the test as well: nothing can be learned,
    unless something leaks from one part to another.
    """
    rng = np.random.default_rng([seed, 4])
    train, test = (_exchanged(part, rng) for part in (split.train, split.test))
    learned = learner.probe(train)
    chance = float(np.mean([chance_of(each) for each in test]))
    return average_precision(learned.look(test)), chance


def _exchanged(samples: Sequence[Sample], rng: np.random.Generator) -> list[Sample]:
    """Return samples of which each has the labels of another one, none its own."""
    order = rng.permutation(len(samples)).tolist()
    # Around in a ring: of two or three pictures, a mere draw would often leave some as they are.
    of = dict(zip(order, [*order[1:], *order[:1]], strict=True))
    return [_labelled_as(each, samples[of[number]]) for number, each in enumerate(samples)]


def _labelled_as(sample: Sample, other: Sample) -> Sample:
    """Return a sample with the places of another, scaled to its picture."""
    scale = np.array(sample.shape_px) / np.array(other.shape_px)
    unsure = other.unsure._replace(places_px=other.unsure.places_px * scale)
    return replace(
        sample,
        places_px=other.places_px * scale,
        kinds=other.kinds,
        sizes_px=other.sizes_px,
        unsure=unsure,
        labels=None if sample.labels is None else np.zeros_like(sample.labels),
    )
