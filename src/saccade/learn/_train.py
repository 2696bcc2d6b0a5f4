"""From samples to a model folder: split, fit, calibrate, test, probe, write."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from saccade.core import LabelError
from saccade.detect import familiar_of, prepared_picture
from saccade.models import (
    Architecture,
    Input,
    check_card,
    check_new,
    open_session,
    save_example,
    save_model,
    unmeasured,
)

from ._calibrate import calibrate
from ._figures import draw
from ._fit import Recipe
from ._learners import ForestLearner, NetworkLearner
from ._measure import prepared_stack
from ._split import duplicates, split_by_group
from ._tier import more_for_recall, tier
from ._worth import metrics_of, probe_of, tested_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from saccade.models import Model

    from ._learners import Kind, Learned, Learner
    from ._sample import Sample
    from ._split import Split
    from ._tier import Tier


_EXAMPLE_PX = 64
"""Side of the pair in the model's folder, by which it is seen to be whole."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be trained, and what its card shall tell.

    Parameters
    ----------
    name, about : str
        Of the model.
    classes : tuple of str
        What it finds.
    data : tuple of str
        Where the samples come from.
    licence : str
        Of the data.
    command : str
        That does it again.
    limits : tuple of str
        Where it should not be trusted.
    pixel_size_um : float, optional
        Of the samples, to which other pictures are rescaled.
    compress : float
        How much brighter what is dim becomes for it, `saccade.models.Input.compress`.
    net : str
        Of a network its width x blocks: the wider and deeper, the more it learns and the longer it
        takes to look.
    """

    name: str
    about: str
    classes: tuple[str, ...]
    data: tuple[str, ...]
    licence: str
    command: str
    limits: tuple[str, ...]
    pixel_size_um: float | None = None
    compress: float = 0.0
    net: str = "32x3"


def train_model(
    samples: Sequence[Sample],
    order: Order,
    out: Path,
    *,
    recipe: Recipe | None = None,
    kind: Kind | None = None,
    architecture: Architecture | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Model:
    """Return a model that was trained, calibrated and tested on different groups of samples.

    Parameters
    ----------
    samples : sequence of Sample
        Of three independent groups or more.
    order : Order
        What is to be trained.
    out : Path
        Folder that is written; must not exist.
    recipe : Recipe, optional
        How.
    kind : {'forest', 'network'}, optional
        By default what the number of objects and of groups allows.
    architecture : Architecture, optional
        Of a network; by default that of the order, with masks if all samples have them.
    tell : callable
        Is told what is being done, and what was found.

    Raises
    ------
    LabelError
        If the labels can't teach anything.
    ModelError
        If there are too few groups, the folder exists, or its card can't tell what the order says.
    """
    recipe = recipe or Recipe()
    check_new(out)
    _check_told(order)
    _check(samples, order)
    samples = _undivided(samples, tell)
    split = split_by_group(samples, recipe.seed)
    have = tier(samples)
    tell(f"{have.objects} objects in {have.groups} groups ({have.name}). {have.advice}")
    chosen = _kind(kind, architecture, have)
    there = sum(len(each.places_px) for each in split.test)
    if more := more_for_recall(0.9, there):
        tell(f"You need about {more} more events for recall 0.9: the test has {there}, and")
        tell("with fewer nobody can claim it (95 %), even if none of them is missed.")
    given = Input(pixel_size_um=order.pixel_size_um, compress=order.compress)
    learner = _learner(chosen, samples, order, given, recipe, architecture)
    learned, seen = learner.learn(split.train, split.calibrate, tell)
    calibration = {name: calibrate(each) for name, each in zip(order.classes, seen, strict=True)}
    tested = tested_of(learned, split.test, calibration)
    masks = learned.architecture.masks and all(each.labels is not None for each in split.test)
    metrics = metrics_of(tested, split.test, calibration, masks=masks)
    shuffled, chance = probe_of(learner, split, recipe.seed)
    metrics |= {"shuffled": shuffled, "prevalence": chance}
    tell(f"with shuffled labels the average precision is {shuffled:.3f}, by chance {chance:.3f}")
    card = {
        "name": order.name,
        "about": order.about,
        "architecture": learned.architecture.model_dump(),
        "input": given.model_dump(),
        "calibration": {name: each.model_dump() for name, each in calibration.items()},
        "metrics": metrics,
        "familiar": _familiar(given, split),
        "training": _training(order, split, recipe, learned),
        "limits": order.limits,
    }
    model = save_model(out, card, learned.tensors())
    if draw(tested, calibration, model.path) is None:
        tell("No figure: install matplotlib with: python -m pip install 'saccade[figures]'")
    if learned.architecture.id == "patch4":
        save_example(model, open_session(model, "torch"), _example(split.test, given))
    return model


def _example(test: Sequence[Sample], given: Input) -> NDArray[np.float32]:
    """Return a piece of a picture with something in it, as the network gets it."""
    fullest = max(test, key=lambda each: len(each.places_px))
    stack = prepared_stack(fullest, given)
    y_px, x_px = fullest.places_px[0] if len(fullest.places_px) else (0.0, 0.0)
    top, left = (
        int(np.clip(place - _EXAMPLE_PX / 2, 0, max(side - _EXAMPLE_PX, 0)))
        for place, side in ((y_px, stack.shape[2]), (x_px, stack.shape[3]))
    )
    return np.ascontiguousarray(stack[:, :, top : top + _EXAMPLE_PX, left : left + _EXAMPLE_PX])


def _kind(kind: Kind | None, architecture: Architecture | None, have: Tier) -> Kind:
    """Return what is trained: what was asked for, else what the amount of data allows."""
    if kind is not None:
        return kind
    if architecture is not None:
        return "forest" if architecture.id == "forest" else "network"
    if have.kind is None:
        raise LabelError(
            f"{have.objects} labelled objects are too few to learn from.",
            f"{have.advice} Or name a --kind, if you insist.",
        )
    return have.kind


def _learner(
    kind: Kind,
    samples: Sequence[Sample],
    order: Order,
    given: Input,
    recipe: Recipe,
    architecture: Architecture | None,
) -> Learner:
    frames, whole = len(samples[0].pictures), any(each.whole for each in samples)
    if kind == "forest":
        if frames > 1:
            raise LabelError(
                f"A forest looks at one frame, and these samples have {frames}.",
                "Train a network: --kind network.",
            )
        return ForestLearner(order.classes, given, recipe)
    if whole:
        raise LabelError(
            "Only whole frames are labelled, and a network learns places.",
            "Train a forest (--kind forest), or mark where things are.",
        )
    masks = all(each.labels is not None for each in samples)
    made = architecture or Architecture.of_net(order.net, order.classes, frames=frames, masks=masks)
    return NetworkLearner(made, given, recipe)


def _check_told(order: Order) -> None:
    """Refuse before anything is learned what the card can't tell."""
    card = unmeasured(Architecture(classes=order.classes))
    asked = {"command": order.command, "data": order.data, "licence": order.licence}
    told = {"name": order.name, "about": order.about, "limits": order.limits}
    check_card({**card, **told, "training": {**card["training"], **asked}})


def _check(samples: Sequence[Sample], order: Order) -> None:
    if not samples:
        raise LabelError("There are no samples.", "Label some pictures.")
    if len({len(each.pictures) for each in samples}) > 1:
        raise LabelError("Samples have different numbers of frames.", "Give each the same.")
    found = {int(kind) for each in samples for kind in each.kinds}
    missing = [name for number, name in enumerate(order.classes) if number not in found]
    if missing:
        raise LabelError(f"Nothing is labelled as {missing[0]!r}.", "Label some, or leave it out.")
    whole = {each.whole for each in samples}
    if len(whole) > 1:
        raise LabelError("Some samples have places, and some none.", "Label all in one way.")
    if True in whole and all(len(each.places_px) for each in samples):
        raise LabelError(
            "All frames are labelled alike: there is nothing to tell apart.",
            "Label frames as well in which nothing is.",
        )


def _undivided(samples: Sequence[Sample], tell: Callable[[str], None]) -> list[Sample]:
    """Return samples whose groups share no picture: groups with the same one become one."""
    alias = {each.group: each.group for each in samples}
    for first, second in duplicates(samples):
        one, other = (alias[samples[number].group] for number in (first, second))
        if one != other:
            tell(f"{samples[first].name} and {samples[second].name} are the same picture.")
            alias = {group: one if now == other else now for group, now in alias.items()}
    return [replace(each, group=alias[each.group]) for each in samples]


def _familiar(given: Input, split: Split) -> dict[str, Any] | None:
    """Return what the pictures look like, for the card: its own, and those of other groups."""
    own, others = (
        [prepared_picture(each.pictures[-1], 1.0, given.low, given.high) for each in part]
        for part in (split.train, split.calibrate + split.test)
    )
    told = familiar_of(own, others)
    return None if told is None else told.model_dump()


def _training(order: Order, split: Split, recipe: Recipe, learned: Learned) -> dict[str, Any]:
    parts = dict(zip(("train", "calibrate", "test"), split, strict=True))
    if learned.architecture.id == "forest":  # calibrated by forests that lack a part of the groups
        parts = {
            "train and, crosswise, calibrate": split.train + split.calibrate,
            "test": split.test,
        }
    told = ", ".join(
        f"{name} {len({each.group for each in part})} groups with {len(part)} pictures"
        for name, part in parts.items()
    )
    from_these = next(iter(parts.values()))
    return {
        "command": order.command,
        "data": order.data,
        "licence": order.licence,
        "split": f"by group: {told}",
        "seed": recipe.seed,
        "pictures": len(from_these),
        "objects": sum(len(each.places_px) for each in from_these),
        "epochs": learned.epochs,
        "saccade": version("saccade"),
    }
