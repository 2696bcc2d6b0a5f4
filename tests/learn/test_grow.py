"""Forests are grown from few labels, and are as good as scikit-learn's own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from learn_samples import ORDER, discs, frames

from saccade.core import LabelError
from saccade.learn import as_arrays, plan_trees, tier, train_model, whole_frame
from saccade.models import load_model

if TYPE_CHECKING:
    from pathlib import Path

ensemble = pytest.importorskip("sklearn.ensemble", reason="scikit-learn is not installed")


def test_arrays_tell_what_scikit_learn_does() -> None:
    """The oracle: probabilities of the same forest are the same, thresholds' ties included."""
    rng = np.random.default_rng(0)
    features = rng.integers(0, 6, (600, 7)).astype(np.float32)
    kinds = (features[:, 0] > features[:, 1]).astype(int) + (features[:, 2] > 3)
    grown = ensemble.RandomForestClassifier(6, max_depth=7, random_state=0).fit(features, kinds)
    arrays = as_arrays(grown, 7, 2)
    told = arrays.shares(features.T.copy())
    np.testing.assert_allclose(told, grown.predict_proba(features)[:, 1:].T, atol=1e-6)


def test_few_labels_make_a_forest_that_finds_unseen_discs(tmp_path: Path) -> None:
    """From 24 labelled discs the ladder chooses a forest, says so, and its card is honest."""
    told: list[str] = []
    samples = [discs(seed, side_px=96, count=2) for seed in range(14)]
    model = train_model(samples, ORDER, tmp_path / "m", tell=told.append)
    metrics = model.card.metrics
    assert model.card.architecture.id == "forest"
    assert metrics.classes["disc"].average_precision.value > 0.9
    assert metrics.classes["disc"].f1.value > 0.85
    assert metrics.shuffled is not None
    assert metrics.shuffled < 0.3
    assert "crosswise" in model.card.training.split
    assert any("(few)" in line and "forest" in line for line in told)
    assert any("more events for recall 0.9" in line for line in told)
    assert model.card.familiar is not None
    assert load_model(tmp_path / "m").card == model.card


def test_same_seed_grows_the_same_trees(tmp_path: Path) -> None:
    """Bit for bit, so that a model can be made again from its card."""
    samples = [discs(seed) for seed in range(6)]
    one, two = (train_model(samples, ORDER, tmp_path / name, kind="forest") for name in "ab")
    assert one.card.sha256 == two.card.sha256


def test_cells_are_as_large_as_things_allow() -> None:
    """Small things need small cells; large ones are looked at more coarsely, hence sooner."""
    cells = [plan_trees([discs(0, radius_px=radius, count=1, side_px=120)]).cell_px
             for radius in (3, 10, 25)]  # fmt: skip
    assert cells == [2, 4, 8]


def test_whole_frames_are_told_apart(tmp_path: Path) -> None:
    """Labels of frames, without places, make a detector of frames."""
    model = train_model(frames(48), ORDER, tmp_path / "m", kind="forest")
    assert model.card.architecture.trees is not None
    assert model.card.architecture.trees.whole
    assert model.card.metrics.classes["disc"].average_precision.value > 0.9


def test_labels_without_content_are_worth_their_prevalence(tmp_path: Path) -> None:
    """Labels drawn by lot: average precision is the share of frames that have them, no better.

    So it is in the card, within its interval, as is that of the probe with shuffled labels.
    """
    samples = frames(300, related=False, groups=100)
    model = train_model(samples, ORDER, tmp_path / "m", kind="forest")
    metrics = model.card.metrics
    told = metrics.classes["disc"].average_precision
    assert metrics.prevalence is not None
    assert metrics.shuffled is not None
    assert told.low <= metrics.prevalence <= told.high
    assert told.high < 0.8
    assert metrics.shuffled == pytest.approx(metrics.prevalence, abs=0.15)
    # Where everything is called a disc, it is 0 by definition: the end of the interval may be that.
    assert metrics.classes["disc"].mcc.low <= 0 < metrics.classes["disc"].mcc.high


@pytest.mark.parametrize(
    ("objects", "groups", "name", "kind"),
    [
        (0, 9, "none", None),
        (4, 9, "none", None),
        (5, 3, "few", "forest"),
        (49, 9, "few", "forest"),
        (300, 2, "none", None),
        (300, 3, "few", "forest"),
        (50, 4, "some", "network"),
        (5000, 9, "some", "network"),
        (500, 10, "many", "network"),
    ],
)
def test_the_ladder_counts_runs_as_well_as_things(
    objects: int, groups: int, name: str, kind: str | None
) -> None:
    """Thousands of cells of three runs are no more than three runs."""
    picture = np.zeros((32, 32), np.float32)
    empty = [replace(whole_frame("", picture, []), group=f"{n}") for n in range(groups)]
    full = replace(empty[0], places_px=np.zeros((objects, 2)))
    told = tier([full, *empty[1:]])
    assert (told.name, told.kind, told.objects, told.groups) == (name, kind, objects, groups)


def test_what_cannot_teach_a_forest_is_refused(tmp_path: Path) -> None:
    """Too little, all alike, in two ways, a movie for a forest, whole frames for a network."""
    out = tmp_path / "m"
    three = [discs(seed, count=1) for seed in range(3)]
    with pytest.raises(LabelError, match="too few to learn from"):
        train_model(three, ORDER, out)
    alike = [each for each in frames(48) if len(each.places_px)]
    with pytest.raises(LabelError, match="nothing to tell apart"):
        train_model(alike, ORDER, out)
    with pytest.raises(LabelError, match="in one way"):
        train_model([*frames(6), *three], ORDER, out)
    movie = [replace(each, pictures=each.pictures * 2) for each in three]
    with pytest.raises(LabelError, match="looks at one frame"):
        train_model(movie, ORDER, out, kind="forest")
    with pytest.raises(LabelError, match="learns places"):
        train_model(frames(48), ORDER, out, kind="network")
    assert not out.exists()
