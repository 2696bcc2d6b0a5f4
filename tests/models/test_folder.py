"""Model folders: a card and weights that belong together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from saccade.core import ModelError
from saccade.models import (
    Architecture,
    Model,
    PatchNet,
    build_net,
    load_model,
    save_model,
    shipped_models,
    tensors_of,
)

FIGURE = {"value": 0.5, "low": 0.4, "high": 0.6}
FIGURES = {
    "objects": 30,
    **dict.fromkeys(("f1", "average_precision", "mcc", "false_alarms"), FIGURE),
}


def card(**changes: Any) -> dict[str, Any]:
    """Return a card, but for the sha256."""
    return {
        "name": "blobs",
        "about": "Finds blobs.",
        "architecture": Architecture(classes=("blob",), width=4, dilations=(1,)).model_dump(),
        "calibration": {"blob": {}},
        "metrics": {"test_groups": 3, "test_pictures": 9, "classes": {"blob": FIGURES}},
        "training": {
            "command": "saccade train x y",
            "data": ("x",),
            "licence": "CC0",
            "split": "by group",
            "seed": 0,
            "pictures": 1,
            "objects": 1,
            "epochs": 1,
            "saccade": "0.1.0",
        },
        "limits": ("Only a test.",),
        **changes,
    }


def written(folder: Path, **changes: Any) -> Model:
    """Write a model of random weights."""
    net = PatchNet(Architecture(classes=("blob",), width=4, dilations=(1,)))
    return save_model(folder, card(**changes), tensors_of(net))


def test_model_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    """Card and every weight; the sha256 is that of the file."""
    model = written(tmp_path / "m")
    again = load_model(tmp_path / "m")
    assert again.card == model.card
    assert again.card.sha256 == again.weights.sha256
    for name, tensor in model.weights.tensors.items():
        np.testing.assert_array_equal(again.weights.tensors[name], tensor)


def test_folded_network_says_what_the_trained_one_does(tmp_path: Path) -> None:
    """Batch norms that became part of convolutions change the answer by rounding only."""
    import torch

    torch.manual_seed(0)
    architecture = Architecture(classes=("blob",), width=8, dilations=(1, 2), masks=True)
    net = PatchNet(architecture)
    pictures = torch.randn(4, 1, 32, 40)
    for _ in range(3):  # running means and variances that are not 0 and 1
        net(pictures)
    changed = card(architecture=architecture.model_dump())
    model = save_model(tmp_path / "m", changed, tensors_of(net.eval()))
    with torch.inference_mode():
        plain, folded = net(pictures), build_net(model)(pictures)
    assert set(plain) == {"heat", "offset", "vote", "inside"}
    for name in plain:
        torch.testing.assert_close(folded[name], plain[name], rtol=1e-3, atol=1e-4)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    """A card that does not fit its weights is told of, not guessed around."""
    other = Architecture(classes=("blob",), width=8, dilations=(1,)).model_dump()
    with pytest.raises(ModelError, match="another network"):
        build_net(written(tmp_path / "m", architecture=other))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": "No Spaces"}, "name"),
        ({"model_name": "x"}, "name"),
        ({"limits": None}, "limits"),
        ({"input": {"low": 0.9, "high": 0.1}}, "input"),
        ({"metrics": {"f1": 0.5}}, "metrics"),
        ({"calibration": {"drop": {}}}, "calibration must tell of each class: blob"),
    ],
)
def test_cards_that_make_no_sense_are_refused_before_anything_is_written(
    tmp_path: Path, changes: dict[str, Any], says: str
) -> None:
    """The error names the entry; no folder is left."""
    with pytest.raises(ModelError, match=says):
        written(tmp_path / "m", **changes)
    assert not (tmp_path / "m").exists()


def test_card_that_was_edited_is_read_or_told_of(tmp_path: Path) -> None:
    """A word more is allowed where words are; an unknown entry is not."""
    model = written(tmp_path / "m")
    file = model.path / "card.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    content["limits"] += ["And on Mondays."]
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    assert load_model(model.path).card.limits[-1] == "And on Mondays."
    content["limit"] = []
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(ModelError, match="limit"):
        load_model(model.path)


def test_existing_folders_and_unknown_names_are_told(tmp_path: Path) -> None:
    """Nothing is replaced; a name that isn't there is told with what is."""
    written(tmp_path / "m")
    with pytest.raises(ModelError, match="never replaced"):
        written(tmp_path / "m")
    with pytest.raises(ModelError, match="no model"):
        load_model("nothing-of-the-kind")


def test_a_new_model_with_a_shipped_ones_name_is_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written in the folder ``division`` here is read back from here."""
    monkeypatch.chdir(tmp_path)
    model = written(Path("division"), about="A namesake.")
    assert (model.card.about, model.path) == ("A namesake.", Path("division"))


@pytest.mark.parametrize("name", sorted(shipped_models()))
def test_shipped_models_are_whole_small_and_told_of(name: str) -> None:
    """Card and weights fit each other, and take less than 500 kB."""
    model = load_model(name)
    assert model.card.name == name
    assert (model.path / "weights.safetensors").stat().st_size < 500_000
    assert model.card.metrics.test_groups >= 3
    assert model.card.limits
    build_net(model)
