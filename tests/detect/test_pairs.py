"""Pairs: two bright bars that face each other, and what is none."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from detect_frames import frame_of
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.measure import label, regionprops

from saccade.detect import Pairs
from saccade.detect._blobs import blobs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SIGMA = 3.0
SHAPE = (200, 240)


def bar(
    y: float, x: float, angle: float = 0.0, *, height: float = 900.0, half: float = 11.0
) -> NDArray[np.float64]:
    """Return a soft bar of length 2 * half and sigma SIGMA, its long axis turned from x to y."""
    rows, cols = np.mgrid[: SHAPE[0], : SHAPE[1]]
    along = (cols - x) * math.cos(angle) + (rows - y) * math.sin(angle)
    across = -(cols - x) * math.sin(angle) + (rows - y) * math.cos(angle)
    along = np.maximum(np.abs(along) - (half - SIGMA), 0)
    return height * np.exp(-(along**2 + across**2) / (2 * SIGMA**2))


def disc(y: float, x: float, *, height: float = 720.0, radius: float = 24.0) -> NDArray[np.float64]:
    """Return a bright nucleus, just too dim to be a candidate itself."""
    rows, cols = np.mgrid[: SHAPE[0], : SHAPE[1]]
    return np.where(np.hypot(rows - y, cols - x) < radius, height, 0.0)


def nuclei(seed: int = 0, count: int = 12) -> NDArray[np.float64]:
    """Return nuclei at rest, 300 grey levels over the ground, in the left and right thirds."""
    rng = np.random.default_rng(seed)
    rows, cols = np.mgrid[: SHAPE[0], : SHAPE[1]]
    picture = np.zeros(SHAPE)
    for y, side in zip(rng.uniform(15, 185, count), rng.integers(0, 2, count), strict=True):
        x = rng.uniform(15, 65) + side * 150
        inside = np.hypot((rows - y) / 13, (cols - x) / 10) < 1
        picture = np.where(inside, 300.0, picture)
    return picture


def score_of(*bars: NDArray[np.float64], seed: int = 0, **values: float) -> float:
    """Return the score of bars among nuclei, offset 100, noise 10."""
    noise = np.random.default_rng(seed + 1).normal(100, 10, SHAPE)
    pixels = (noise + nuclei(seed) + sum(bars)).clip(0, 65535).astype(np.uint16)
    return Pairs(sigma=SIGMA, **values)(frame_of(pixels)).score


@pytest.mark.parametrize("angle", [0.0, 0.5, 1.2, 2.5])
@pytest.mark.parametrize("apart", [14.0, 22.0, 30.0])
def test_two_plates_that_face_each_other_score_high(angle: float, apart: float) -> None:
    """Anaphase is seen whichever way it lies, in the middle between its plates."""
    dy, dx = math.cos(angle) * apart / 2, -math.sin(angle) * apart / 2
    two = bar(100 - dy, 120 - dx, angle), bar(100 + dy, 120 + dx, angle)
    assert score_of(*two) > 0.75
    pixels = (100 + nuclei() + sum(two)).astype(np.uint16)
    best = Pairs(sigma=SIGMA)(frame_of(pixels)).points[0]
    assert (best.y_px, best.x_px) == pytest.approx((100, 120), abs=1.5)


@pytest.mark.parametrize(
    "bars",
    [
        pytest.param([], id="nuclei at rest"),
        pytest.param([bar(100, 120)], id="one plate: metaphase"),
        pytest.param([bar(100, 105), bar(100, 135)], id="end to end"),
        pytest.param([bar(90, 120), bar(110, 120, 1.57)], id="at right angles"),
        pytest.param([bar(90, 120), bar(112, 120, height=3000, half=20)], id="unequal"),
        pytest.param([bar(40, 120), bar(160, 120)], id="far apart"),
        pytest.param([bar(90, 120, height=330), bar(112, 120, height=330)], id="not bright"),
        pytest.param(
            [bar(90, 120, height=250), bar(112, 120, height=250), disc(101, 120)],
            id="clumps of a nucleus",
        ),
    ],
)
def test_what_is_no_pair_scores_low(bars: Sequence[NDArray[np.float64]]) -> None:
    """Nothing but two bars alike, parallel, near and side by side makes a score."""
    assert score_of(*bars) < 0.4


def test_gain_and_offset_change_nothing() -> None:
    """A brighter lamp or another offset gives the same score."""
    ground = np.random.default_rng(5).normal(0, 8, SHAPE) + nuclei() + bar(90, 120) + bar(112, 120)
    scores = [
        Pairs(sigma=SIGMA)(frame_of((offset + gain * ground).astype(np.float32))).score
        for gain, offset in [(1, 0), (7, 500), (0.1, -3)]
    ]
    assert scores == pytest.approx([scores[0]] * 3, abs=1e-3)


def test_bright_neighbours_do_not_hide_a_pair() -> None:
    """What is typical is judged by all objects, not by the brightest."""
    crowd = [bar(y, x, 0.3) for y in (20, 60, 100, 140, 180) for x in (20, 220)]
    assert score_of(bar(90, 120), bar(112, 120), *crowd) > 0.75


def test_a_picture_of_noise_has_no_objects() -> None:
    """Where nothing stands out of the noise, nothing is typical and the score is 0."""
    pixels = np.random.default_rng(1).normal(100, 10, SHAPE).astype(np.uint16)
    seen = Pairs(sigma=SIGMA)(frame_of(pixels))
    assert (seen.score, seen.measurements["typical"]) == (0.0, 0.0)


@settings(max_examples=50)
@given(seed=st.integers(0, 10_000), level=st.floats(0.2, 0.9))
def test_parts_are_those_of_scikit_image(seed: int, level: float) -> None:
    """Centre, area and mass of each part agree with the slow way."""
    rng = np.random.default_rng(seed)
    over = rng.random((24, 30)).astype(np.float32) + np.float32(0.1)
    mask = rng.random((24, 30)) < level
    found = blobs(over, mask)
    slow = sorted(
        (*each.centroid_weighted, each.area, over[tuple(each.coords.T)].sum())
        for each in regionprops(label(mask, connectivity=2), over)
    )
    fast = sorted(zip(found.y_px, found.x_px, found.area_px, found.mass, strict=True))
    assert np.array(fast) == pytest.approx(np.array(slow), rel=1e-4, abs=1e-3)


@pytest.mark.parametrize("angle", [-1.2, 0.0, 0.4, 1.3])
def test_a_bar_has_the_angle_and_shape_that_it_was_drawn_with(angle: float) -> None:
    """The long axis runs from x towards y, and a disc has no elongation."""
    drawn = bar(100, 120, angle).astype(np.float32)
    (measured,) = blobs(drawn, drawn > 90).angle_rad
    assert math.sin(measured - angle) == pytest.approx(0, abs=0.02)
    assert blobs(drawn, drawn > 90).elongation[0] > 0.5
    rows, cols = np.mgrid[: SHAPE[0], : SHAPE[1]]
    disc = (np.hypot(rows - 100, cols - 120) < 20).astype(np.float32)
    assert blobs(disc, disc > 0).elongation[0] < 0.01
