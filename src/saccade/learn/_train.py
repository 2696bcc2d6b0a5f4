"""From samples to a model folder: split, fit, calibrate, test, probe, write."""

from __future__ import annotations

from dataclasses import dataclass
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

from ._figures import draw
from ._fit import Recipe
from ._learners import ForestLearner, NetworkLearner
from ._measure import prepared_stack
from ._split import split_by_group, undivided
from ._taught import taught, taught_in_turn
from ._tier import more_for_recall, tier
from ._worth import metrics_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from saccade.models import Model

    from ._learners import Kind, Learner
    from ._measure import Seen
    from ._sample import Sample
    from ._split import Split
    from ._taught import Taught
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
    pack : bool
        Store a network in eight bits a weight; it is calibrated and tested as it is stored.
    members : int
        Networks that look together, each learned by itself.
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
    pack: bool = False
    members: int = 1


def train_model(
    samples: Sequence[Sample],
    order: Order,
    out: Path,
    *,
    recipe: Recipe | None = None,
    kind: Kind | None = None,
    architecture: Architecture | None = None,
    folds: int = 0,
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
    folds : int
        Others that are tested in its stead, each on its own share of the groups, so that it can
        learn from all but the calibration's; for little data. 0 keeps a part back for the test.
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
    _check(samples, order, folds)
    samples = undivided(samples, tell)
    split = None if folds else split_by_group(samples, recipe.seed)
    have = tier(samples)
    tell(f"{have.objects} objects in {have.groups} groups ({have.name}). {have.advice}")
    given = Input(pixel_size_um=order.pixel_size_um, compress=order.compress)
    chosen = _kind(kind, architecture, have)
    learner = _learner(chosen, samples, order, given, recipe, architecture)
    if split is None:
        made = taught_in_turn(learner, samples, order.classes, folds, recipe.seed, tell)
    else:
        _tell_whether_enough(split, tell)
        made = taught(learner, split, order.classes, recipe.seed, tell)
    model = save_model(out, _card_of(made, order, given, recipe, tell), made.learned.tensors())
    completed(model, made.tested, made.split.test, tell)
    return model


def completed(
    model: Model,
    tested: Mapping[str, Sequence[Seen]],
    test: Sequence[Sample],
    tell: Callable[[str], None],
) -> None:
    """Put beside a new model what its test has come to, as a figure, and a pair to try it by.

    Parameters
    ----------
    model : Model
        As it was written.
    tested : mapping of str to sequence of Seen
        What was seen of each class.
    test : sequence of Sample
        In these samples.
    tell : callable
        Is told if there is no figure.
    """
    if draw(tested, model.card.calibration, model.path) is None:
        tell("No figure: install matplotlib with: python -m pip install 'saccade[figures]'")
    if model.card.architecture.id == "patch4":
        save_example(model, open_session(model, "torch"), _example(test, model.card.input))


def _tell_whether_enough(split: Split, tell: Callable[[str], None]) -> None:
    there = sum(len(each.places_px) for each in split.test)
    if more := more_for_recall(0.9, there):
        tell(f"You need about {more} more events for recall 0.9: the test has {there}, and")
        tell("with fewer nobody can claim it (95 %), even if none of them is missed.")


def _card_of(
    made: Taught, order: Order, given: Input, recipe: Recipe, tell: Callable[[str], None]
) -> dict[str, Any]:
    architecture, test = made.learned.architecture, made.split.test
    masks = architecture.masks and all(each.labels is not None for each in test)
    metrics = metrics_of(made.tested, test, made.calibration, masks=masks)
    metrics |= {"shuffled": made.shuffled, "prevalence": made.chance}
    metrics["alone"] = made.alone and made.alone.model_dump()
    tell(
        f"with shuffled labels the average precision is {made.shuffled:.3f}, "
        f"by chance {made.chance:.3f}"
    )
    return {
        "name": order.name,
        "about": order.about,
        "architecture": architecture.model_dump(),
        "input": given.model_dump(),
        "calibration": {name: each.model_dump() for name, each in made.calibration.items()},
        "metrics": metrics,
        "familiar": _familiar(given, made),
        "training": _training(order, made, recipe),
        "limits": order.limits,
    }


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
    made = architecture or Architecture.of_net(
        order.net, order.classes, frames=frames, masks=masks, members=order.members
    )
    return NetworkLearner(made, given, recipe, order.pack)


def _check_told(order: Order) -> None:
    """Refuse before anything is learned what the card can't tell."""
    card = unmeasured(Architecture(classes=order.classes))
    asked = {"command": order.command, "data": order.data, "licence": order.licence}
    told = {"name": order.name, "about": order.about, "limits": order.limits}
    check_card({**card, **told, "training": {**card["training"], **asked}})


def _check(samples: Sequence[Sample], order: Order, folds: int) -> None:
    if folds in (1, 2):
        raise LabelError(f"{folds} can't be tested in turn.", "Give 3 folds or more, or 0.")
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


def _familiar(given: Input, made: Taught) -> dict[str, Any] | None:
    """Return what the pictures look like, for the card: its own, and those of other groups."""
    own, others = (
        [prepared_picture(each.pictures[-1], 1.0, given.low, given.high) for each in part]
        for part in (made.split.train, made.others)
    )
    told = familiar_of(own, others)
    return None if told is None else told.model_dump()


def _training(order: Order, made: Taught, recipe: Recipe) -> dict[str, Any]:
    split = made.split
    learned_from = split.train
    parts = {"train": split.train, "calibrate": split.calibrate, "test": split.test}
    if made.folds:
        parts[f"test in turn, by {made.folds} others,"] = parts.pop("test")
    if made.learned.architecture.id == "forest":  # calibrated by forests that lack some groups
        learned_from = split.train + split.calibrate
        parts = {"train and, crosswise, calibrate": learned_from, **dict([parts.popitem()])}
    told = ", ".join(
        f"{name} {len({each.group for each in part})} groups with {len(part)} pictures"
        for name, part in parts.items()
    )
    return {
        "command": order.command,
        "data": order.data,
        "licence": order.licence,
        "split": f"by group: {told}",
        "seed": recipe.seed,
        "pictures": len(learned_from),
        "objects": sum(len(each.places_px) for each in learned_from),
        "epochs": made.learned.epochs,
        "saccade": version("saccade"),
    }
