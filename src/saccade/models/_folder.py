"""A model's folder: ``card.yaml``, ``weights.safetensors``, and what people look at."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import safetensors.numpy
import yaml

from saccade.core import ModelError, did_you_mean, fit, read_yaml

from ._card import Card
from ._weights import load_weights

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._weights import Tensor, Weights

CARD, WEIGHTS = "card.yaml", "weights.safetensors"
_SHIPPED = Path(__file__).with_name("shipped")


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A card and the weights that it tells of."""

    card: Card
    weights: Weights
    path: Path


def shipped_models() -> dict[str, Path]:
    """Return the folders of the models that come with Saccade, by name."""
    return {each.parent.name: each.parent for each in sorted(_SHIPPED.glob(f"*/{CARD}"))}


def load_model(name: str | Path) -> Model:
    """Return a model; its weights are those that its card was written for.

    Parameters
    ----------
    name : str or Path
        That of a shipped one, or the folder of another.

    Raises
    ------
    ModelError
        If there is none, its card can't be used, or its weights are others.
    """
    return read_model(_folder_of(name))


def read_model(folder: Path) -> Model:
    """Return the model of a folder, also where a shipped one has its name; see `load_model`."""
    card = fit(
        Card,
        read_yaml(folder / CARD, ModelError, "model card"),
        source=folder / CARD,
        raises=ModelError,
    )
    return Model(card, load_weights(folder / WEIGHTS, card.sha256), folder)


def save_model(folder: Path, card: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> Model:
    """Write a new model and return it as it is read back.

    Parameters
    ----------
    folder : Path
        Must not exist.
    card : mapping
        As of `Card`, but for the sha256, which is that of what is written.
    tensors : mapping of str to array
        The weights.

    Raises
    ------
    ModelError
        If the folder exists or can't be written, or the card can't be used.
    """
    content = safetensors.numpy.save(dict(tensors))
    full = {**card, "sha256": hashlib.sha256(content).hexdigest()}
    checked = fit(Card, full, source=CARD, raises=ModelError)
    text = yaml.safe_dump(checked.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    check_new(folder)
    beside = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        beside.mkdir(parents=True)
        (beside / WEIGHTS).write_bytes(content)
        (beside / CARD).write_text(text, encoding="utf-8")
        beside.rename(folder)  # whole, or not there
    except OSError as error:
        shutil.rmtree(beside, ignore_errors=True)
        reason = error.strerror or str(error)
        raise ModelError(f"{folder} can't be written: {reason}.", "Check the path.") from None
    return read_model(folder)  # itself, also where a shipped one has its name


def check_new(folder: Path) -> None:
    """Raise a `ModelError` if a folder is there: models are never replaced.

    Parameters
    ----------
    folder : Path
        Of a model that is to be written; asked before it is trained.
    """
    if os.path.lexists(folder):
        raise ModelError(f"{folder} exists, and is never replaced.", "Name a new folder.")


def _folder_of(name: str | Path) -> Path:
    shipped = shipped_models()
    if str(name) in shipped:
        return shipped[str(name)]
    folder = Path(name)
    if not (folder / CARD).is_file():
        hint = did_you_mean(str(name), shipped) if shipped else "Give the folder of one."
        raise ModelError(f"There is no model {str(name)!r}, nor a folder with a {CARD}.", hint)
    return folder
