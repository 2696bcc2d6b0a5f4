"""A pair in a model's folder, pictures and what the network says of them: that it still does."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import safetensors.numpy

from saccade.core import ModelError

from ._weights import weights_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ._folder import Model
    from ._runtimes import Array, Session

EXAMPLE = "example.safetensors"
PICTURES = "pictures"
_MOST_BYTES = 2**26


class Example(NamedTuple):
    """Prepared pictures, (1, frames, y, x), and what each head says of them."""

    pictures: Array
    told: Mapping[str, Array]


def save_example(model: Model, session: Session, pictures: Array) -> Path:
    """Write an example pair into a model's folder.

    Parameters
    ----------
    model : Model
        The one.
    session : Session
        Its network.
    pictures : array of float32, (1, frames, y, x)
        Prepared as the card says; sides are multiples of 4.

    Raises
    ------
    ModelError
        If the folder can't be written.
    """
    told = {name: np.ascontiguousarray(each) for name, each in session(pictures).items()}
    file = model.path / EXAMPLE
    draft = file.with_suffix(".new")
    try:
        draft.write_bytes(safetensors.numpy.save({PICTURES: pictures, **told}))
        draft.replace(file)
    except OSError as error:
        why = error.strerror or str(error)
        raise ModelError(f"{file} can't be written: {why}.", "Check the folder.") from None
    return file


def load_example(model: Model) -> Example | None:
    """Return the example pair of a model, None if its folder has none.

    Raises
    ------
    ModelError
        If there is a file that is no such pair.
    """
    file = model.path / EXAMPLE
    try:
        with file.open("rb") as opened:
            content = opened.read(_MOST_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        why = error.strerror or str(error)
        raise ModelError(f"{file} can't be read: {why}.", "Check the folder.") from None
    tensors = dict(weights_of(content, file, "").tensors)
    pictures = tensors.pop(PICTURES, None)
    frames = model.card.architecture.frames
    if pictures is None or pictures.ndim != 4 or pictures.shape[:2] != (1, frames):
        raise ModelError(f"{file} is no example of this model.", "Delete it, or make it anew.")
    every = {name: each.astype(np.float32) for name, each in tensors.items()}
    return Example(pictures.astype(np.float32), every)
