"""Forests as arrays: what they tell, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saccade.core import ModelError
from saccade.models import TreeArrays, arrays_of, save_model, trees_of

if TYPE_CHECKING:
    from pathlib import Path


def forest(seed: int, number: int = 9, depth: int = 3, classes: int = 2) -> TreeArrays:
    rng = np.random.default_rng(seed)
    nodes = 2**depth - 1
    share = rng.random((number, nodes + 1, classes)).astype(np.float32) / classes
    return TreeArrays(
        rng.integers(0, 5, (number, nodes)).astype(np.uint8),
        rng.standard_normal((number, nodes)).astype(np.float32),
        share,
    )


def one_by_one(trees: TreeArrays, features: np.ndarray) -> np.ndarray:
    """Return the mean of the leaves of all trees, walking down each for each cell."""
    told = np.zeros((trees.share.shape[2], features.shape[1]))
    for number in range(len(trees.feature)):
        for cell in range(features.shape[1]):
            node = 0
            while node < trees.feature.shape[1]:
                value = features[trees.feature[number, node], cell]
                node = 2 * node + (2 if value > trees.threshold[number, node] else 1)
            told[:, cell] += trees.share[number, node - trees.feature.shape[1]]
    return told / len(trees.feature)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 14), st.integers(1, 5), st.integers(1, 40))
def test_all_trees_at_once_tell_what_each_alone_does(
    seed: int, number: int, depth: int, cells: int
) -> None:
    """Whatever the trees and however many, arrays give what a walk from root to leaf does."""
    trees = forest(seed, number, depth)
    trees = replace(trees, share=0.03 + 0.97 * trees.share)  # no cell is hopeless
    features = np.random.default_rng(seed + 1).standard_normal((5, cells)).astype(np.float32)
    np.testing.assert_allclose(trees.shares(features), one_by_one(trees, features), atol=1e-6)


def test_many_cells_tell_what_few_do() -> None:
    """Cells are looked at in portions, and none depends on those beside it."""
    trees = forest(1, 12, 4)
    features = np.random.default_rng(2).standard_normal((5, 5000)).astype(np.float32)
    whole = trees.shares(features)
    for part in (slice(0, 3), slice(2040, 2060), slice(4990, 5000)):
        np.testing.assert_allclose(trees.shares(features[:, part]), whole[:, part], atol=1e-6)


def test_what_the_first_trees_find_hopeless_is_not_asked_further() -> None:
    """Where six trees find nothing of any class, later ones can't change it."""
    sure = np.ones((10, 8, 1), np.float32)
    sure[:6] = 0.0
    trees = replace(forest(3, 10), share=sure)
    assert not trees.shares(np.zeros((5, 7), np.float32)).any()
    sure[5, :] = 0.5
    assert np.allclose(trees.shares(np.zeros((5, 7), np.float32)), 4.5 / 10)


@pytest.mark.parametrize("most", [0, 1, 40, 99, 100, 500])
def test_a_limit_leaves_the_others_to_the_first_trees(most: int) -> None:
    """The surest cells, by the first six trees, are told by all; every other one by those six."""
    trees = forest(5, 14)
    trees = replace(trees, share=0.03 + 0.97 * trees.share)
    features = np.random.default_rng(6).standard_normal((5, 100)).astype(np.float32)
    told, whole = trees.told(features, most), trees.shares(features)
    first = TreeArrays(*(part[:6] for part in (trees.feature, trees.threshold, trees.share)))
    few = first.shares(features)
    assert told.capped == max(0, 100 - most)
    by_all = np.isclose(told.shares, whole, atol=1e-6).all(axis=0)
    by_few = np.isclose(told.shares, few, atol=1e-6).all(axis=0)
    assert (by_all | by_few).all()
    assert np.count_nonzero(by_all) == min(most, 100)
    if 0 < most < 100:
        assert few.max(axis=0)[by_all].min() >= few.max(axis=0)[~by_all].max()


def card(trees: TreeArrays, **made: Any) -> dict[str, Any]:
    figure = {"value": 0.5, "low": 0.0, "high": 1.0}
    names = ("f1", "average_precision", "mcc", "false_alarms")
    told = {"objects": 1, **dict.fromkeys(names, figure)}
    number, nodes = trees.feature.shape
    spec = {"number": number, "depth": (nodes + 1).bit_length() - 1, "features": 5}
    spec |= {"sigmas_px": (2.0,), "size_px": 9.0, **made}
    classes = ("one", "two")
    return {
        "name": "forest",
        "about": "x",
        "architecture": {"id": "forest", "classes": classes, "trees": spec},
        "calibration": {name: {} for name in classes},
        "metrics": {"test_groups": 1, "test_pictures": 1, "classes": dict.fromkeys(classes, told)},
        "training": {
            "command": "c", "data": ("d",), "licence": "l", "split": "s", "seed": 0,
            "pictures": 1, "objects": 1, "epochs": 1, "saccade": "0",
        },
        "limits": (),
    }  # fmt: skip


def test_a_forest_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    """Arrays, types and shapes come back, and tell the same."""
    trees = forest(4)
    back = trees_of(save_model(tmp_path / "m", card(trees), arrays_of(trees)))
    features = np.random.default_rng(5).standard_normal((5, 60)).astype(np.float32)
    assert np.array_equal(back.shares(features), trees.shares(features))


def _other_depth(arrays: dict[str, Any]) -> None:
    arrays["feature"] = arrays["feature"][:, :3].copy()


def _feature_beyond(arrays: dict[str, Any]) -> None:
    arrays["feature"] = np.full_like(arrays["feature"], 5)


def _share_beyond(arrays: dict[str, Any]) -> None:
    arrays["share"] = arrays["share"] + np.float32(1.0)


def _other_type(arrays: dict[str, Any]) -> None:
    arrays["threshold"] = arrays["threshold"].astype(np.float64)


def _one_more(arrays: dict[str, Any]) -> None:
    arrays["other"] = np.zeros(3)


def _one_less(arrays: dict[str, Any]) -> None:
    del arrays["share"]


@pytest.mark.parametrize(
    "spoil", [_other_depth, _feature_beyond, _share_beyond, _other_type, _one_more, _one_less]
)
def test_arrays_that_are_no_such_forest_are_refused(tmp_path: Path, spoil: Any) -> None:
    """A node can't ask for a feature that isn't there, and nothing is read beyond its end."""
    trees = forest(6)
    arrays = dict(arrays_of(trees))
    spoil(arrays)
    model = save_model(tmp_path / "m", card(trees), arrays)
    with pytest.raises(ModelError, match="no forest that can be used"):
        trees_of(model)


def test_a_model_that_cannot_be_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fails between weights and card: a named error, and no half of a model."""
    trees = forest(8)

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.write_text", full)
        with pytest.raises(ModelError, match="No space left"):
            save_model(tmp_path / "m", card(trees), arrays_of(trees))
    assert not list(tmp_path.iterdir())
    save_model(tmp_path / "m", card(trees), arrays_of(trees))
    with pytest.raises(ModelError, match="never replaced"):
        save_model(tmp_path / "m", card(trees), arrays_of(trees))
    assert [each.name for each in tmp_path.iterdir()] == ["m"]


def test_a_card_says_either_forest_or_network(tmp_path: Path) -> None:
    """Trees and the kind that has none do not go together."""
    trees = forest(7)
    wrong = card(trees)
    wrong["architecture"]["id"] = "patch4"
    with pytest.raises(ModelError, match="a forest has trees"):
        save_model(tmp_path / "m", wrong, arrays_of(trees))
    assert not (tmp_path / "m").exists()
