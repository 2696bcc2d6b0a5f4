"""Cards of models about which nothing is known yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from saccade.core import ModelError, fit

from ._card import Card

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._card import Architecture

_ANY = {"value": 0.0, "low": 0.0, "high": 1.0}
_UNKNOWN = {
    "objects": 0,
    **dict.fromkeys(("f1", "average_precision", "mcc", "false_alarms"), _ANY),
}
_NONE = "none"


def unmeasured(architecture: Architecture) -> dict[str, Any]:
    """Return the card of a model that has not learned, and of which nothing was measured.

    Parameters
    ----------
    architecture : Architecture
        What it is made of.
    """
    return {
        "name": "unmeasured",
        "about": "Has learned nothing.",
        "architecture": architecture.model_dump(),
        "calibration": {name: {} for name in architecture.classes},
        "metrics": {
            "test_groups": 0,
            "test_pictures": 0,
            "classes": dict.fromkeys(architecture.classes, _UNKNOWN),
        },
        "training": {
            **dict.fromkeys(("command", "licence", "split", "saccade"), _NONE),
            **dict.fromkeys(("seed", "pictures", "objects", "epochs"), 0),
            "data": (_NONE,),
        },
        "limits": ("Finds nothing.",),
    }


def check_card(card: Mapping[str, Any]) -> Card:
    """Return a card without its sha256 as it would be read back, before a model is trained for it.

    Parameters
    ----------
    card : mapping
        As `saccade.models.save_model` takes it.

    Raises
    ------
    ModelError
        If something in it can't be told so.
    """
    return fit(Card, {**card, "sha256": "0" * 64}, source="the model's card", raises=ModelError)
