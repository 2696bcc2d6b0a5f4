"""A forest as a detector: places, scores, and what it refuses."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from detect_frames import frame_of, is_silent, with_spots

from saccade.core import ModelError, NeedsError, ProtocolError, Stand, check_needs
from saccade.detect import Forest, Network, Novelty, pixel_features
from saccade.learn import Order, from_labels, train_model

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

PLACES = [(30.0, 40.0), (80.0, 110.0), (100.0, 30.0)]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train a forest on spots, at 0.5 µm."""
    rng = np.random.default_rng(0)
    samples = []
    y, x = np.indices((128, 160))
    for seed in range(11):
        count = 3 if seed < 8 else 0
        places = [tuple(each) for each in rng.uniform(15, 110, (count, 2))]
        labels = np.zeros((128, 160), np.int64)
        for number, (row, col) in enumerate(places, 1):
            labels[np.hypot(y - row, x - col) <= 5] = number
        picture = with_spots(places, sigma_px=3.0, seed=seed)
        samples.append(from_labels(f"{seed}", f"dish {seed}", picture, labels))
    order = Order(
        name="spots", about="x", classes=("spot",), data=("t",), licence="CC0", command="c",
        limits=(), pixel_size_um=0.5,
    )  # fmt: skip
    return train_model(samples, order, tmp_path_factory.mktemp("forest") / "m", kind="forest").path


def seen_at(places: list[tuple[float, float]], found: list[tuple[float, float]]) -> float:
    """Return the greatest distance from a place to the nearest that was found."""
    away = [min(math.dist(place, each) for each in found) for place in places]
    return max(away)


def test_places_are_found_where_they_are(model: Path) -> None:
    """Within two pixels in frames not learned from, surest first; nothing in a frame of noise."""
    forest = Forest(str(model))
    seen = forest(frame_of(with_spots(PLACES, sigma_px=3.0, seed=99), pixel_size_um=0.5))
    found = [(point.y_px, point.x_px) for point in seen.points]
    assert len(found) == 3
    assert seen_at(PLACES, found) < 2
    assert seen.score > 0.7
    strengths = [point.strength for point in seen.points]
    assert strengths == sorted(strengths, reverse=True)
    assert seen.measurements["count"] == 3
    empty = forest(frame_of(with_spots([], seed=98), pixel_size_um=0.5))
    assert empty.score < 0.3
    assert not empty.points


def test_frames_of_another_pixel_size_are_rescaled_or_refused(model: Path) -> None:
    """Places are those of the frame; a size that the card does not allow is silent, and refused."""
    forest = Forest(str(model))
    large = with_spots([(60, 80)], (256, 320), sigma_px=6.0, seed=1)
    seen = forest(frame_of(large, pixel_size_um=0.25))
    assert seen_at([(60, 80)], [(point.y_px, point.x_px) for point in seen.points]) < 4
    for size_um in (0.0, 5.0, math.nan, math.inf):
        assert is_silent(forest(frame_of(large, pixel_size_um=size_um)))
    with pytest.raises(NeedsError, match="needs pixels"):
        check_needs("spots", forest, Stand("bench", pixel_size_um=5.0))


def test_other_models_and_settings_are_refused(model: Path, tmp_path: Path) -> None:
    """Another sha256, class, threshold, kind of detector, or changed weights: a named error."""
    name = str(model)
    for settings in (
        {"sha256": "0" * 64},
        {"class_name": "cell"},
        {"threshold": 2},
        {"max_points": 0},
        {"overload": "most"},
    ):
        with pytest.raises(ProtocolError, match=f"Forest.{next(iter(settings))}"):
            Forest(name, **settings)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match=r"saccade\.detect:Forest"):
        Network(name)
    weights = bytearray((model / "weights.safetensors").read_bytes())
    weights[-1] ^= 1
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "weights.safetensors").write_bytes(bytes(weights))
    (copy / "card.yaml").write_bytes((model / "card.yaml").read_bytes())
    with pytest.raises(ModelError, match="not the file that was recorded"):
        Forest(str(copy))


def test_a_crowd_is_looked_at_within_bounds(model: Path) -> None:
    """Where most of a picture looks like something, that is said, and the same places are found."""
    lattice = [(y, x) for y in np.arange(8.0, 250, 11) for x in np.arange(8.0, 250, 11)]
    crowd = with_spots(lattice, (256, 256), sigma_px=3.0, seed=7)
    frame = frame_of(crowd, pixel_size_um=0.5)
    bounded = Forest(str(model), max_points=1000)(frame)
    whole = Forest(str(model), max_points=1000, overload="all")(frame)
    assert 0 < bounded.measurements["capped"] <= 0.75
    assert whole.measurements["capped"] == 0
    assert len(whole.points) > 300
    found = [(point.y_px, point.x_px) for point in bounded.points]
    assert seen_at([(point.y_px, point.x_px) for point in whole.points], found) < 3
    assert len(found) == pytest.approx(len(whole.points), rel=0.05)
    assert not Forest(str(model))(frame_of(with_spots(PLACES), pixel_size_um=0.5)).measurements[
        "capped"
    ]


@pytest.mark.parametrize(
    "pixels",
    [
        np.full((32, 32), np.nan),
        np.zeros((8, 8, 3), np.uint8),
        np.zeros((0, 8), np.uint8),
        np.zeros(8, np.uint8),
    ],
    ids=["NaN", "colour", "empty", "a line"],
)
def test_what_is_no_picture_is_silent(model: Path, pixels: np.ndarray) -> None:
    """It is invalid, and raises nothing."""
    assert is_silent(Forest(str(model))(frame_of(pixels, pixel_size_um=0.5)))


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (17, 19), (64, 61)])
def test_any_shape_is_looked_at(model: Path, shape: tuple[int, int]) -> None:
    """Sides need be no multiple of a cell; places lie within the frame."""
    pixels = np.random.default_rng(0).integers(0, 900, shape).astype(np.uint16)
    seen = Forest(str(model), threshold=0)(frame_of(pixels, pixel_size_um=0.5))
    assert 0 <= seen.score <= 1
    for point in seen.points:
        assert 0 <= point.y_px <= shape[0] - 1
        assert 0 <= point.x_px <= shape[1] - 1


def test_a_look_leaves_no_memory(model: Path) -> None:
    """Warm, fresh and again: the same frame is seen the same, by the identity of its weights."""
    forest = Forest(str(model))
    frame = frame_of(with_spots(PLACES, sigma_px=3.0), pixel_size_um=0.5)
    first = forest(frame)
    forest.warm(frame)
    assert forest(frame) == first == forest.fresh()(frame)
    assert first.detector.weights == forest.identity.weights != ""
    assert forest.takes_ms(frame) > 0


def test_features_do_not_depend_on_how_a_picture_is_turned() -> None:
    """A picture turned by a quarter has the features of the picture, turned."""
    picture = np.random.default_rng(0).standard_normal((64, 64)).astype(np.float32)
    told = pixel_features(picture, (1.0, 2.0, 4.0), 4)
    turned = pixel_features(np.rot90(picture).copy(), (1.0, 2.0, 4.0), 4)
    np.testing.assert_allclose(turned, np.rot90(told, axes=(1, 2)), atol=2e-3)


def test_the_card_knows_what_its_pictures_looked_like(model: Path) -> None:
    """Novelty by the model's card: its own kind of picture is familiar, another is not."""
    novelty = Novelty(model=str(model))
    scores = [
        novelty(frame_of(with_spots(PLACES, sigma_px=3.0, seed=50 + n), pixel_size_um=0.5)).score
        for n in range(5)
    ]
    stripes = 200 + 90 * np.sin(np.arange(160) / 2)[None, :].repeat(128, axis=0)
    strange = novelty(frame_of(stripes, pixel_size_um=0.5)).score
    assert strange > max(scores)
    assert strange > 0.7
    assert is_silent(novelty(frame_of(stripes, pixel_size_um=7.0)))
