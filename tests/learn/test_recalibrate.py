"""A model is calibrated anew: its weights stay, its scores and thresholds don't."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from learn_samples import ORDER, discs, frames

from saccade.core import LabelError, ModelError
from saccade.learn import Recipe, Sample, Variety, recalibrate, train_model
from saccade.models import Architecture, load_example

if TYPE_CHECKING:
    from pathlib import Path

    from saccade.models import Model

SMALL = Architecture(classes=("disc",), width=8, dilations=(1,), masks=True)
SHORT = Recipe(epochs=4, crops=32, side_px=64, batch=8, rate=1e-2, variety=Variety(scale=(1, 1)))


def made_of(count: int, first: int = 0) -> list[Sample]:
    return [discs(seed) for seed in range(first, first + count)]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """Give a network that has learned a little."""
    out = tmp_path_factory.mktemp("models") / "discs"
    return train_model(made_of(12), ORDER, out, recipe=SHORT, architecture=SMALL)


def test_with_its_own_samples_it_comes_to_what_training_came_to(
    model: Model, tmp_path: Path
) -> None:
    """What was left out of learning is found again: the same figures, by the same weights."""
    again = recalibrate(model, made_of(12), tmp_path / "m", command="once more", as_trained=True)
    one, other = (each.card.calibration["disc"].model_dump() for each in (model, again))
    assert other == pytest.approx(one, abs=1e-4)
    before, after = (each.card.metrics.classes["disc"] for each in (model, again))
    assert after.f1.value == pytest.approx(before.f1.value, abs=1e-3)
    assert after.objects == before.objects
    assert again.card.metrics.shuffled == model.card.metrics.shuffled
    assert again.card.sha256 == model.card.sha256
    assert again.card.calibrated == "once more"
    assert (again.card.name, again.card.version) == ("m", "2")
    assert (again.path / "figure.png").exists()
    assert load_example(again) is not None


def test_on_other_pictures_halves_calibrate_and_test(model: Model, tmp_path: Path) -> None:
    """Of ten groups five are calibrated on, and five test it; nobody knows of shuffled labels."""
    told: list[str] = []
    other = made_of(10, first=100)
    new = recalibrate(model, other, tmp_path / "m", command="anew", seed=3, tell=told.append)
    assert new.card.calibration["disc"].groups + new.card.metrics.test_groups == 10
    assert new.card.metrics.test_groups in (4, 5, 6)
    assert new.card.metrics.shuffled is None
    assert new.card.training == model.card.training
    assert told[-1].startswith("calibrating on") or "matplotlib" in told[-1]


@pytest.mark.parametrize(
    ("samples", "options", "error", "said"),
    [
        pytest.param(made_of(9), {"as_trained": True}, ModelError, "not the samples", id="others"),
        pytest.param(made_of(1), {}, ModelError, "can't be divided", id="one group"),
        pytest.param(frames(8), {}, LabelError, "Only whole frames", id="whole frames"),
        pytest.param(
            [replace(each, pictures=each.pictures * 2) for each in made_of(4)],
            {},
            LabelError,
            "looks at 1 frames",
            id="two frames",
        ),
    ],
)
def test_what_can_not_calibrate_is_named(
    model: Model,
    tmp_path: Path,
    samples: list[Sample],
    options: dict[str, Any],
    error: type[Exception],
    said: str,
) -> None:
    """Nothing is written, and the error says why."""
    with pytest.raises(error, match=said):
        recalibrate(model, samples, tmp_path / "m", command="x", **options)
    assert not (tmp_path / "m").exists()


def test_a_forest_is_refused(tmp_path: Path) -> None:
    """It was calibrated crosswise, by forests that don't exist any more."""
    forest = train_model(made_of(6), ORDER, tmp_path / "forest", kind="forest")
    with pytest.raises(ModelError, match="no network"):
        recalibrate(forest, made_of(6), tmp_path / "m", command="x")
