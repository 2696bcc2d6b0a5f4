"""What learned detectors have in common: the folder of a model, and what it asks of a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from saccade.core import ModelError

if TYPE_CHECKING:
    from saccade.models import Model

_DETECTORS = {"patch4": "Network", "forest": "Forest"}


def check_kind(model: Model, kind: str, detector: str) -> None:
    """Raise a `ModelError` unless a model is of the kind that a detector looks with.

    Parameters
    ----------
    model : Model
        As loaded.
    kind, detector : str
        What its card must tell, and who asks.
    """
    found = model.card.architecture.id
    if found != kind:
        raise ModelError(
            f"{detector} can't look with {model.path}, which is a {found}.",
            f"Write {{use: saccade.detect:{_DETECTORS[found]}, model: ...}}.",
        )
