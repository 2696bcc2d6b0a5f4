"""A model is trained end to end: on discs in noise, in seconds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from learn_samples import ORDER, discs

from saccade.core import LabelError, ModelError, UsageError
from saccade.learn import Recipe, Sample, Variety, train_model
from saccade.models import Architecture, load_example, load_model, open_session

if TYPE_CHECKING:
    from pathlib import Path

SMALL = Architecture(classes=("disc",), width=16, dilations=(1, 2), masks=True)
QUICK = Recipe(
    epochs=16, crops=96, side_px=64, batch=8, rate=1e-2, variety=Variety(scale=(0.9, 1.1))
)


def samples(count: int = 16) -> list[Sample]:
    return [discs(seed) for seed in range(count)]


def test_discs_are_learned_calibrated_and_told_of(tmp_path: Path) -> None:
    """Places and masks of unseen discs are found; the card tells it, and shuffled labels fail.

    The card that is read back is the one that was written, and so are the weights.
    """
    told: list[str] = []
    model = train_model(
        samples(), ORDER, tmp_path / "discs", recipe=QUICK, architecture=SMALL, tell=told.append
    )
    metrics = model.card.metrics
    told_of = metrics.classes["disc"]
    assert told_of.f1.value > 0.9
    assert told_of.average_precision.value > 0.9
    assert 0 <= told_of.false_alarms.value < 1
    assert metrics.mask_ap50 is not None
    assert metrics.mask_ap50.value > 0.7
    assert metrics.shuffled is not None
    assert metrics.prevalence is not None
    assert metrics.shuffled < 0.3
    assert 0.05 < metrics.prevalence < 0.2
    assert metrics.test_groups >= 3
    assert model.card.training.split.startswith("by group: train")
    assert any("objects in 16 groups" in line for line in told)
    assert load_model(tmp_path / "discs").card == model.card
    assert (tmp_path / "discs" / "figure.png").read_bytes().startswith(b"\x89PNG")
    example = load_example(model)
    assert example is not None
    now = open_session(model)(example.pictures)
    for name, each in example.told.items():
        np.testing.assert_allclose(now[name], each, atol=1e-5)


def test_networks_that_look_together_are_one_model(tmp_path: Path) -> None:
    """Each learned by itself, calibrated together; the card tells what one of them is worth."""
    short = replace(QUICK, epochs=2, crops=16)
    # Without masks: with votes even so short a training finds all of them.
    three = SMALL.model_copy(update={"members": 3, "masks": False})
    told: list[str] = []
    model = train_model(
        samples(8), ORDER, tmp_path / "m", recipe=short, architecture=three, tell=told.append
    )
    stems = [model.weights.tensors[f"nets.{number}.stem.weight"] for number in range(3)]
    assert not np.array_equal(stems[0], stems[1])
    assert not np.array_equal(stems[1], stems[2])
    ended = [text.partition(":")[0] for text in told if text.startswith("epoch 2 of 2")]
    assert ended == [f"epoch 2 of 2 of network {number}" for number in (1, 2, 3)]
    alone, together = model.card.metrics.alone, model.card.metrics.classes["disc"]
    assert alone is not None
    assert alone.low <= alone.value <= alone.high
    assert alone.value != together.average_precision.value
    example = load_example(model)
    assert example is not None
    assert example.told["members"].shape[1] == 3
    assert model.card.calibration["disc"].groups > 0
    one = train_model(samples(8), ORDER, tmp_path / "one", recipe=short, architecture=SMALL)
    assert one.card.metrics.alone is None


def test_same_seed_gives_the_same_weights(tmp_path: Path) -> None:
    """On one processor, training can be done again, bit for bit."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        short = replace(QUICK, epochs=2, crops=16)
        made = [
            train_model(samples(6), ORDER, tmp_path / name, recipe=short, architecture=SMALL)
            for name in ("one", "two")
        ]
    finally:
        torch.set_num_threads(threads)
    assert made[0].card.sha256 == made[1].card.sha256


def test_a_picture_in_two_groups_joins_them(tmp_path: Path) -> None:
    """A copy of a picture in another dish can't be learned from and tested on at once."""
    given = [replace(each, group=f"dish {n % 4}") for n, each in enumerate(samples(8))]
    twin = replace(given[0], name="copy", group="dish 1")
    told: list[str] = []
    short = replace(QUICK, epochs=2, crops=16)
    train_model(
        [*given, twin], ORDER, tmp_path / "m", recipe=short, architecture=SMALL, tell=told.append
    )
    assert "discs 0 and copy are the same picture." in told
    assert any("in 3 groups" in line for line in told)


def test_what_cannot_teach_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    """No samples, a class without any, too few groups: errors, and no folder."""
    out = tmp_path / "m"
    with pytest.raises(LabelError, match="no samples"):
        train_model([], ORDER, out)
    with pytest.raises(LabelError, match="'other'"):
        train_model(samples(4), replace(ORDER, classes=("disc", "other")), out)
    movie = [replace(each, group="movie") for each in samples(4)]
    with pytest.raises(ModelError, match="independent groups"):
        train_model(movie, ORDER, out)
    uneven = [samples(1)[0], replace(samples(2)[1], pictures=samples(2)[1].pictures * 2)]
    with pytest.raises(LabelError, match="numbers of frames"):
        train_model(uneven, ORDER, out)
    assert not out.exists()


def test_existing_model_is_never_replaced(tmp_path: Path) -> None:
    """A folder that is there is left as it is."""
    (tmp_path / "m").mkdir()
    short = replace(QUICK, epochs=1, crops=8)
    with pytest.raises(ModelError, match="never replaced"):
        train_model(samples(6), ORDER, tmp_path / "m", recipe=short, architecture=SMALL)
    assert not any((tmp_path / "m").iterdir())


@pytest.mark.parametrize("count", [2, 3, 5, 40])
def test_the_probe_leaves_no_picture_its_own_labels(count: int) -> None:
    """Of two pictures as well: each has the labels of another, and all labels are still there."""
    from saccade.learn._worth import _exchanged

    given = samples(count)
    for seed in range(20):
        made = _exchanged(given, np.random.default_rng(seed))
        for own, other in zip(given, made, strict=True):
            assert not np.array_equal(own.places_px, other.places_px)
        assert sum(len(each.places_px) for each in made) == sum(
            len(each.places_px) for each in given
        )


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": "My Model"}, "name"),
        ({"about": ""}, "about"),
        ({"licence": "x" * 3000}, "licence"),
    ],
)
def test_what_a_card_can_not_tell_is_refused_before_anything_is_learned(
    tmp_path: Path, changes: dict[str, str], says: str
) -> None:
    """Nobody waits for a training whose model can't be written."""
    told: list[str] = []
    with pytest.raises(ModelError, match=says):
        train_model(
            samples(), replace(ORDER, **changes), tmp_path / "discs", recipe=QUICK, tell=told.append
        )
    assert not told


def test_a_net_may_be_asked_for_by_its_size(tmp_path: Path) -> None:
    """The card tells width and blocks; a size that is none is refused."""
    quick = replace(QUICK, epochs=1)
    order = replace(ORDER, net="8x4", command="saccade train " + "folder " * 300)
    model = train_model(samples(), order, tmp_path / "discs", recipe=quick, kind="network")
    assert (model.card.architecture.width, model.card.architecture.dilations) == (8, (1, 2, 4, 1))
    assert model.card.training.command == order.command
    with pytest.raises(UsageError, match="no network"):
        train_model(
            samples(), replace(ORDER, net="8x0"), tmp_path / "no", recipe=quick, kind="network"
        )


def test_a_packed_model_is_calibrated_and_tested_as_it_is_stored(tmp_path: Path) -> None:
    """Eight bits a weight in the file; its example, made of the rounded network, holds."""
    order = replace(ORDER, pack=True)
    brief = replace(QUICK, epochs=4)
    model = train_model(samples(8), order, tmp_path / "small", recipe=brief, architecture=SMALL)
    stored = load_model(model.path).weights.tensors
    assert any(each.dtype == np.int8 for each in stored.values())
    example = load_example(model)
    assert example is not None
    heads = open_session(model, "torch")(example.pictures)
    for name, expected in example.told.items():
        assert np.allclose(heads[name], expected, atol=1e-4)


def test_with_little_data_all_of_it_is_tested_in_turn(tmp_path: Path) -> None:
    """Every group is in the test, none by a network that has learned from it; the card says so."""
    told: list[str] = []
    model = train_model(
        samples(6),
        ORDER,
        tmp_path / "discs",
        recipe=QUICK,
        kind="forest",
        folds=3,
        tell=told.append,
    )
    metrics, training = model.card.metrics, model.card.training
    assert (metrics.test_groups, metrics.test_pictures, training.pictures) == (6, 6, 6)
    assert metrics.classes["disc"].objects == sum(len(each.places_px) for each in samples(6))
    assert metrics.classes["disc"].f1.value > 0.8
    assert metrics.shuffled is not None
    assert metrics.shuffled < 0.3
    assert "test in turn, by 3 others, 6 groups with 6 pictures" in training.split
    assert sum("are left out" in line for line in told) == 3
    with pytest.raises(LabelError, match="in turn"):
        train_model(samples(6), ORDER, tmp_path / "no", recipe=QUICK, folds=2)
    with pytest.raises(ModelError, match="7 parts"):
        train_model(samples(6), ORDER, tmp_path / "no", recipe=QUICK, kind="network", folds=7)
