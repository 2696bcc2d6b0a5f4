"""Spots: where they are, how many, and what the score means."""

from __future__ import annotations

import numpy as np
import pytest
from detect_frames import frame_of, with_spots
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.feature import blob_dog

from saccade.detect import Spots

PLACES = [(30.0, 40.5), (60.25, 100.0), (100.5, 20.75), (90.0, 140.0)]


@pytest.mark.parametrize("sigma_px", [1.0, 2.0, 3.0, 5.0])
def test_spots_are_where_they_were_put(sigma_px: float) -> None:
    """Every spot is found once, to a third of a pixel, at any size, and nothing else."""
    picture = with_spots(PLACES, sigma_px=sigma_px)
    seen = Spots(sigma=sigma_px)(frame_of(picture))
    assert seen.measurements["count"] == len(PLACES)
    found = sorted((p.y_px, p.x_px) for p in seen.points)
    assert np.abs(np.array(found) - np.array(sorted(PLACES))).max() < 1 / 3


def test_it_finds_what_scikit_image_finds() -> None:
    """On a crowded field the fast way finds the places that scikit-image's blob_dog finds."""
    places = [tuple(p) for p in np.random.default_rng(3).uniform(8, 248, (60, 2))]
    picture = with_spots(places, shape=(256, 256))
    slow = blob_dog(picture.astype(float), min_sigma=2, max_sigma=3, threshold=60)[:, :2]
    fast = np.array([(p.y_px, p.x_px) for p in Spots(sigma=2)(frame_of(picture)).points])
    distances = np.linalg.norm(slow[:, None] - fast[None], axis=2)
    assert (distances.min(axis=1) < 2).mean() > 0.95
    assert len(fast) <= len(places)


def test_points_are_in_um_of_the_stage() -> None:
    """A spot's position in µm is that of its pixel in the frame, binned or not."""
    picture = with_spots([(90.0, 30.0)])
    frame = frame_of(picture, x_um=1000.0, y_um=-50.0, pixel_size_um=0.5, affine=(0, 1, -1, 0))
    (point,) = Spots(sigma=2)(frame).points
    assert (point.x_um, point.y_um) == pytest.approx(frame.to_um(point.y_px, point.x_px))
    assert (point.y_px, point.x_px) == pytest.approx((90, 30), abs=1 / 3)


def test_the_strongest_comes_first_and_all_are_counted() -> None:
    """Points are sorted by strength and cut to max_points; the count is of all."""
    picture = with_spots([(30, 40)], height=200) + with_spots([(80, 100)], height=900)
    picture += with_spots([(100, 20)], height=500)
    seen = Spots(max_points=2)(frame_of(picture))
    assert seen.measurements["count"] == 3
    assert [round(p.y_px) for p in seen.points] == [80, 100]
    assert seen.points[0].strength == seen.measurements["strongest"]
    assert seen.brightest == (seen.points[0].x_um, seen.points[0].y_um)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda a: (a * 7 + 5000).astype(np.uint16), id="gain and offset"),
        pytest.param(lambda a: (a / 4).astype(np.uint8), id="8 bit"),
        pytest.param(lambda a: a.astype(np.float32) * 1e-4 - 3, id="float32"),
        pytest.param(lambda a: a.astype(">u2"), id="big-endian"),
        pytest.param(lambda a: np.asfortranarray(a), id="by columns"),
    ],
)
def test_gain_offset_and_depth_do_not_matter(change) -> None:
    """The same scene gives nearly the same score through any camera."""
    picture = with_spots(PLACES)
    seen, other = Spots()(frame_of(picture)), Spots()(frame_of(change(picture)))
    assert other.measurements["count"] == seen.measurements["count"]
    assert other.score == pytest.approx(seen.score, abs=0.02)


@settings(max_examples=40, deadline=None)
@given(heights=st.lists(st.floats(0, 4000), min_size=2, max_size=5).map(sorted))
def test_a_brighter_spot_never_scores_less(heights: list[float]) -> None:
    """Over the same noise the score never falls as a spot gets brighter."""
    scores = [Spots()(frame_of(with_spots([(60, 80)], height=h))).score for h in heights]
    assert scores == sorted(scores)


def test_the_score_is_one_minus_threshold_over_strongest() -> None:
    """A strongest spot five times the threshold scores 0.8, as documented."""
    seen = Spots(threshold=4.0)(frame_of(with_spots(PLACES)))
    assert seen.score == pytest.approx(1 - 4.0 / seen.measurements["strongest"])
    strongest = seen.measurements["strongest"]
    assert Spots(threshold=strongest / 5)(frame_of(with_spots(PLACES))).score == pytest.approx(0.8)
    assert Spots(threshold=strongest * 1.1)(frame_of(with_spots(PLACES))).score == 0.0


@pytest.mark.parametrize(
    ("expected", "score"), [(4, 1.0), (5, 0.8), (8, 0.5), (2, 1.0)], ids=lambda v: f"{v}"
)
def test_with_expected_the_score_is_a_share(expected: int, score: float) -> None:
    """With ``expected``, the score is the share of spots that are there, and at most 1."""
    assert Spots(expected=expected)(frame_of(with_spots(PLACES))).score == score


def test_noise_alone_is_hardly_ever_a_spot() -> None:
    """In twenty pictures of pure noise the default threshold lets through at most one spot."""
    counts = [
        Spots()(frame_of(with_spots([], shape=(256, 256), seed=seed))).measurements["count"]
        for seed in range(20)
    ]
    assert sum(counts) <= 1


def test_um_and_pixels_are_the_same_scale() -> None:
    """A scale in µm is the scale in pixels times the pixel size."""
    frame = frame_of(with_spots(PLACES, sigma_px=3.0), pixel_size_um=0.25)
    assert Spots(sigma_um=0.75)(frame) == Spots(sigma=3.0)(frame)
