"""Small networks of random weights that have seen pictures, so that batch norms do something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from saccade.models import (
    Architecture,
    Model,
    PatchEnsemble,
    PatchNet,
    save_model,
    tensors_of,
)

if TYPE_CHECKING:
    from pathlib import Path

_FIGURE = {"value": 0.5, "low": 0.4, "high": 0.6}


def net_model(
    folder: Path,
    *,
    pixel_size_um: float | None = None,
    input: dict[str, Any] | None = None,
    seed: int = 0,
    **architecture: Any,
) -> Model:
    """Write a model of random weights whose heat is neither all low nor all high."""
    settings: dict[str, Any] = {"classes": ("blob",), "width": 8, "dilations": (1, 2)}
    of = Architecture(**{**settings, **architecture})
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        nets = [_seasoned(of) for _ in range(of.members)]
        net = nets[0] if of.members == 1 else PatchEnsemble(nets)
    card = {**card_of(of), "input": {"pixel_size_um": pixel_size_um, **(input or {})}}
    return save_model(folder, card, tensors_of(net))


def _seasoned(of: Architecture) -> PatchNet:
    net = PatchNet(of)
    for _ in range(3):
        net(torch.randn(4, of.frames, 32, 40))
    with torch.no_grad():
        net.head.weight.mul_(10)  # so that what is seen outweighs the bias
    return net


def card_of(of: Architecture) -> dict[str, Any]:
    """Return a card, but for the sha256."""
    figures = {
        "objects": 30,
        **dict.fromkeys(("f1", "average_precision", "mcc", "false_alarms"), _FIGURE),
    }
    return {
        "name": "random",
        "about": "Finds nothing in particular.",
        "architecture": of.model_dump(),
        "calibration": {each: {} for each in of.classes},
        "metrics": {
            "test_groups": 3,
            "test_pictures": 9,
            "classes": dict.fromkeys(of.classes, figures),
        },
        "training": {
            "command": "none",
            "data": ("none",),
            "licence": "CC0-1.0",
            "split": "by group",
            "seed": 0,
            "pictures": 1,
            "objects": 1,
            "epochs": 1,
            "saccade": "0.1.0",
        },
        "limits": ("Only a test.",),
    }
