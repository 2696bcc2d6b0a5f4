"""Pixels vote for where things are: a second witness beside the heat."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from saccade.detect._network import peaks_of
from saccade.detect._votes import _votes, backed

STRIDE = 4
STILL = np.zeros((2, 16, 16), np.float32)


def two_discs() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what is said of two discs that touch: a single hill of heat, pixels, and votes."""
    rows, cols = np.indices((64, 64))
    left = np.hypot(rows - 31.5, cols - 23.5) < 8
    right = np.hypot(rows - 31.5, cols - 39.5) < 8
    inside = np.where(left | right, 3.0, -3.0).astype(np.float32)
    row, col = np.indices((16, 16)).astype(np.float32)
    middle = np.where(col < 7.5, 5.5, 9.5)
    vote = np.stack([7.5 - row, middle - col]).astype(np.float32)
    heat = (-0.5 * np.hypot(row - 7.5, col - 6.0) - 0.5).astype(np.float32)
    return heat, inside, vote


def test_of_two_that_touch_votes_find_both() -> None:
    """Where the heat is one hill, votes that meet in two places make two of it."""
    heat, inside, vote = two_discs()
    alone = peaks_of(heat, STILL, -4.0)
    both = peaks_of(backed(heat, inside, vote, 2.0), STILL, 2.0)
    assert len(alone.x_px) < 2 or np.ptp(alone.x_px) <= 1
    assert np.ptp(both.x_px) == pytest.approx(4.0, abs=1.0)


def test_without_votes_the_heat_stays() -> None:
    """Where no pixel is inside, nothing is added."""
    heat, _, vote = two_discs()
    np.testing.assert_array_equal(
        backed(heat, np.full((64, 64), -1.0, np.float32), vote, 2.0), heat
    )


@given(
    inside=arrays(np.float32, (16, 24), elements=st.sampled_from([-1.0, 0.0, 1.0])),
    vote=arrays(np.float32, (2, 4, 6), elements=st.floats(-50, 50, width=32)),
)
def test_no_vote_is_lost(inside: np.ndarray, vote: np.ndarray) -> None:
    """Each cell votes once, as far as it is inside; what is voted for outside is the edge."""
    counted = _votes(inside, vote)
    assert counted.shape == (4, 6)
    assert counted.min() >= 0
    assert counted.sum() == pytest.approx((inside > 0).sum() / STRIDE**2, rel=1e-4, abs=1e-4)


@given(weight=st.floats(0.1, 10))
def test_votes_never_make_a_place_less_sure(weight: float) -> None:
    """The heat is raised, the more the more votes count."""
    heat, inside, vote = two_discs()
    surer = backed(heat, inside, vote, weight)
    assert surer.dtype == np.float32
    assert (surer >= heat).all()
    assert (backed(heat, inside, vote, 2 * weight) >= surer).all()
