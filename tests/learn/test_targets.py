"""What a network should say, and that it is read back as it was meant."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from learn_samples import discs

from saccade.detect import STRIDE, instances, peaks_of, places_px
from saccade.learn import heat_targets, mask_targets

SHAPE = (64, 96)


@given(y_px=st.floats(0, 63), x_px=st.floats(0, 95), size_px=st.floats(0, 40))
def test_a_place_is_read_back_from_its_own_target(y_px: float, x_px: float, size_px: float) -> None:
    """Heat and offset of a place, taken as a network's answer, give the place again."""
    places = np.array([[y_px, x_px]])
    heat, offset, known = heat_targets(
        places, np.zeros(1, np.intp), np.array([size_px]), SHAPE, classes=1
    )
    assert known.sum() == 1
    found = peaks_of(heat[0], offset, 0.999)
    rows, cols = places_px(found, SHAPE, SHAPE)
    assert rows == pytest.approx([y_px], abs=1e-3)
    assert cols == pytest.approx([x_px], abs=1e-3)


def test_each_class_has_a_heat_map_of_its_own() -> None:
    """Heat is 1 at each place in the map of its class, and far from it 0 in all."""
    places = np.array([[10.0, 10.0], [50.0, 70.0]])
    heat, _, _ = heat_targets(places, np.array([0, 1]), np.zeros(2), SHAPE, classes=2)
    rows = np.round((places + 0.5) / STRIDE - 0.5).astype(int)
    assert heat[0][tuple(rows[0])] == 1.0 == heat[1][tuple(rows[1])]
    assert heat[1][tuple(rows[0])] == 0.0 == heat[0][tuple(rows[1])]


def test_place_outside_of_the_picture_has_no_target() -> None:
    """What lies beyond a crop teaches nothing in it."""
    places = np.array([[-9.0, 10.0], [10.0, 400.0]])
    heat, _, known = heat_targets(places, np.zeros(2, np.intp), np.zeros(2), SHAPE, classes=1)
    assert not heat.any()
    assert not known.any()


@pytest.mark.parametrize("seed", range(5))
def test_masks_are_read_back_from_their_own_target(seed: int) -> None:
    """Masks made of the targets of masks overlap with them by nine tenths."""
    sample = discs(seed)
    assert sample.labels is not None
    inside, vote, _ = mask_targets(sample.labels, sample.places_px)
    centres = (sample.places_px + 0.5) / STRIDE - 0.5
    made = instances(np.where(inside > 0, 1, -1).astype(np.float32), vote, centres, STRIDE)
    for number in range(1, len(sample.places_px) + 1):
        mask, truth = made == number, sample.labels == number
        assert (mask & truth).sum() > 0.9 * (mask | truth).sum()


def test_no_centre_means_no_mask() -> None:
    """Pixels that nobody claims stay background."""
    inside = np.ones((16, 16), np.float32)
    made = instances(inside, np.zeros((2, 4, 4), np.float32), np.zeros((0, 2)), STRIDE)
    assert not made.any()
