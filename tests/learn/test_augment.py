"""Pieces of samples, as a network learns from them."""

from __future__ import annotations

import numpy as np
from learn_samples import discs

from saccade.learn import Variety
from saccade.learn._augment import Crop, crop, overlaid

PLAIN = Variety(scale=(1.0, 1.0), turn=False, blur_px=0, noise=0, gain=0, haze=0)


def piece(seed: int) -> Crop:
    sample = discs(seed)
    return crop(sample, 64, PLAIN, np.random.default_rng(seed))


def test_light_of_two_layers_adds_up_and_every_disc_keeps_its_number() -> None:
    """Pixels are summed; masks are numbered in the order of the places, the upper ones on top."""
    lower, upper = piece(0), piece(1)
    both = overlaid(lower, upper)
    np.testing.assert_allclose(both.pictures, np.clip(lower.pictures + upper.pictures, -1, 8))
    assert len(both.places_px) == len(both.kinds) == len(both.sizes_px)
    assert lower.labels is not None
    assert upper.labels is not None
    assert both.labels is not None
    count = len(lower.places_px)
    above = upper.labels > 0
    np.testing.assert_array_equal(both.labels[above], upper.labels[above] + count)
    np.testing.assert_array_equal(both.labels[~above], lower.labels[~above])


def test_an_upper_layer_without_masks_leaves_none() -> None:
    """Masks that are only half known would teach that the rest is empty."""
    upper = piece(1)._replace(labels=None)
    assert overlaid(piece(0), upper).labels is None
