"""Wide blurs on a pyramid, against a blur done in full."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saccade.sim.world._blur import blurred, coarser, reach_px


def point(row: int = 260, col: int = 251, side: int = 512) -> np.ndarray:
    picture = np.zeros((side, side), np.float32)
    picture[row, col] = 1
    return picture


@pytest.mark.parametrize("sigma_px", [0.5, 1.0, 3.9, 4.0, 7.9, 8.0, 13.0, 16.0, 31.9, 40.0])
@pytest.mark.parametrize("off_px", [0, 1, 2, 5])
def test_a_point_is_spread_as_by_a_full_blur(sigma_px: float, off_px: int) -> None:
    """Wherever the point lies between the coarse pixels, no value is off by 0.5 % of the peak."""
    picture = point(260 + off_px, 251 - off_px)
    full = cv2.GaussianBlur(picture, (0, 0), sigma_px)
    assert np.abs(blurred(picture, sigma_px) - full).max() < 0.005 * full.max()


@given(sigma_px=st.floats(0.2, 60.0), row=st.integers(240, 272), col=st.integers(240, 272))
def test_light_is_neither_won_nor_lost_and_does_not_move(
    sigma_px: float, row: int, col: int
) -> None:
    """The sum stays what it was, to a part in 10^4, and so does the centre, to 0.01 pixels."""
    spread = blurred(point(row, col), sigma_px)
    assert spread.sum() == pytest.approx(1, abs=1e-4)
    if sigma_px < 40:  # else the far edge mirrors some of it
        rows, cols = np.indices(spread.shape)
        assert (spread * rows).sum() == pytest.approx(row, abs=0.01)
        assert (spread * cols).sum() == pytest.approx(col, abs=0.01)


@given(sigma_px=st.floats(0.2, 100.0))
def test_what_lies_beyond_the_reach_changes_nothing(sigma_px: float) -> None:
    """A pixel further away than the reach leaves a value as it was."""
    reach = reach_px(sigma_px)
    unit = coarser(sigma_px)
    side = 2 * -(-(reach + 2) // unit) * unit + 2 * unit
    middle = side // 2
    picture = np.ones((side, side), np.float32)
    before = blurred(picture, sigma_px)[middle, middle]
    picture[:, middle - reach - 1] = 1e6
    picture[middle + reach + 1] = 1e6
    assert blurred(picture, sigma_px)[middle, middle] == before
