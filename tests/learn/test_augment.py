"""Pieces of samples, as a network learns from them."""

from __future__ import annotations

from dataclasses import replace

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


def many(variety: Variety, count: int = 40) -> list[Crop]:
    """Return pieces of one sample, its pictures from 0 to 1, alike but for what varies."""
    raw = discs(0)
    scaled = tuple((each - each.min()) / np.ptp(each) for each in raw.pictures)
    sample = replace(raw, pictures=scaled)
    middle = np.array(sample.shape_px) / 2
    return [crop(sample, 64, variety, np.random.default_rng(n), middle) for n in range(count)]


def test_granules_are_light_on_the_ground_of_some_pieces() -> None:
    """They add light and take none; what is known of the things stays as it was."""
    pairs = list(zip(many(PLAIN), many(replace(PLAIN, granules=0.5)), strict=True))
    added = [grainy.pictures - plain.pictures for plain, grainy in pairs]
    assert 10 <= sum(bool(each.any()) for each in added) <= 30
    for each, (plain, grainy) in zip(added, pairs, strict=True):
        assert each.min() >= -1e-6
        assert each.max() < 1.01
        np.testing.assert_array_equal(plain.places_px, grainy.places_px)
        np.testing.assert_array_equal(plain.labels, grainy.labels)


def test_texture_is_of_what_is_bright() -> None:
    """Where there is no light it changes nothing, and all in all it adds none."""
    pairs = list(zip(many(PLAIN), many(replace(PLAIN, texture=0.5)), strict=True))
    uneven = [(plain, other) for plain, other in pairs if (plain.pictures != other.pictures).any()]
    assert 10 <= len(uneven) <= 30
    for plain, other in uneven:
        dark = np.abs(plain.pictures) < 1e-3
        assert np.abs(other.pictures - plain.pictures)[dark].max(initial=0) < 3e-3
    means = [other.pictures.mean() / plain.pictures.mean() for plain, other in uneven]
    assert abs(np.mean(means) - 1) < 0.1
