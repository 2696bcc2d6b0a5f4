"""A model that is there, calibrated and tested anew: on other pictures, or in a better way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from saccade.core import LabelError, ModelError
from saccade.models import build_net, check_new, save_model

from ._learners import learned_net
from ._measure import chance_of
from ._split import Split, parts_by_group, split_by_group, undivided
from ._taught import calibrated
from ._train import completed
from ._worth import alone_of, metrics_of, tested_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from saccade.models import Calibration, Card, Model

    from ._learners import Learned
    from ._measure import Seen
    from ._sample import Sample


def recalibrate(
    model: Model,
    samples: Sequence[Sample],
    out: Path,
    *,
    command: str,
    as_trained: bool = False,
    seed: int = 0,
    tell: Callable[[str], None] = lambda _: None,
) -> Model:
    """Return a model with the same weights, whose scores and thresholds are those of samples.

    Half of the groups are calibrated on, the other half tests it.

    Parameters
    ----------
    model : Model
        A network.
    samples : sequence of Sample
        Of two groups or more; none that it has learned from.
    out : Path
        Folder that is written; must not exist.
    command : str
        That does it again, for the card.
    as_trained : bool
        The samples are those that it was trained with: it is calibrated and tested on those
        groups that were left out of learning then.
    seed : int
        Of the draw of the halves.
    tell : callable
        Is told how it goes.

    Raises
    ------
    LabelError
        If the samples are not as the model needs them.
    ModelError
        If it is no network, there are too few groups, or the samples are not those that it was
        trained with.
    """
    card = model.card
    if card.architecture.id != "patch4":
        raise ModelError(
            f"{card.name} is no network: it was calibrated by others that lacked some groups.",
            "Train it again with `saccade train`; that takes a minute or two.",
        )
    check_new(out)
    _check(card, samples)
    samples = undivided(samples, tell)
    others, test = _left_out(card, samples) if as_trained else _halves(samples, seed)
    tell(f"calibrating on {len(others)} pictures, testing on {len(test)}")
    learned = learned_net(build_net(model), card.architecture, card.input, card.training.epochs)
    found = calibrated(learned, others, card.architecture.classes)
    tested = tested_of(learned, test, found)
    metrics = _metrics(learned, tested, test, found)
    metrics["shuffled"] = card.metrics.shuffled if as_trained else None
    told = card.model_dump() | {
        "name": out.name,
        "version": _next(card.version),
        "calibration": {name: each.model_dump() for name, each in found.items()},
        "metrics": metrics,
        "calibrated": command,
    }
    made = save_model(out, told, model.weights.tensors)
    completed(made, tested, test, tell)
    return made


def _metrics(
    learned: Learned,
    tested: Mapping[str, Sequence[Seen]],
    test: Sequence[Sample],
    found: Mapping[str, Calibration],
) -> dict[str, Any]:
    """Return what the card tells of a test, but for shuffled labels, which take a training."""
    masks = learned.architecture.masks and all(each.labels is not None for each in test)
    alone = alone_of(learned, test, next(iter(found.values())))
    return metrics_of(tested, test, found, masks=masks) | {
        "prevalence": float(np.mean([chance_of(each) for each in test])),
        "alone": alone and alone.model_dump(),
    }


def _next(version: str) -> str:
    """Return the version after one: the same weights say something else from now on."""
    return str(int(version) + 1) if version.isdecimal() else f"{version}, calibrated anew"


def _check(card: Card, samples: Sequence[Sample]) -> None:
    frames = card.architecture.frames
    if any(len(each.pictures) != frames for each in samples):
        raise LabelError(
            f"{card.name} looks at {frames} frames, and not all samples have so many.",
            f"Give --frames {frames}.",
        )
    if any(each.whole for each in samples):
        raise LabelError("Only whole frames are labelled.", "Mark where things are.")


def _halves(samples: Sequence[Sample], seed: int) -> tuple[list[Sample], list[Sample]]:
    others, test = parts_by_group(samples, seed, (0.5, 0.5))
    return others, test


def _left_out(card: Card, samples: Sequence[Sample]) -> tuple[list[Sample], list[Sample]]:
    """Return what training calibrated on and tested with; raise if it was of other samples."""
    split: Split = split_by_group(samples, card.training.seed)
    objects = sum(len(each.places_px) for each in split.train)
    was = card.training.pictures, card.training.objects
    if (len(split.train), objects) != was:
        raise ModelError(
            f"These are not the samples that {card.name} was trained with: it learned from"
            f" {was[0]} pictures with {was[1]} objects, and of these it would have been"
            f" {len(split.train)} with {objects}.",
            "Give the same data, or leave out --as-trained if it has never seen them.",
        )
    return split.calibrate, split.test
