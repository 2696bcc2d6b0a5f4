"""Crops by the batch: the same for the same seed, whoever draws them."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from learn_samples import discs

from saccade.learn import Recipe, Variety
from saccade.learn._batches import Batches, prepared_samples
from saccade.learn._drawers import drawn_ahead
from saccade.models import Architecture, Input

SMALL = Architecture(classes=("disc",), width=4, dilations=(1,), masks=True)
RECIPE = Recipe(side_px=32, batch=4, seed=3, variety=Variety(overlay=0.5))


@pytest.fixture
def made() -> Batches:
    """Give batches of three pictures of discs."""
    samples = prepared_samples([discs(seed) for seed in range(3)], Input())
    return Batches(samples, SMALL, 2.0, RECIPE)


def test_processes_that_draw_ahead_change_nothing(made: Batches) -> None:
    """Every array of every batch, in order, is what one draws by oneself."""
    ahead = drawn_ahead(made, 2)
    for one, other in zip(islice(made, 9), ahead, strict=False):
        assert one.keys() == other.keys()
        for name, array in one.items():
            np.testing.assert_array_equal(array, other[name])
    ahead.close()


def test_every_batch_is_another(made: Batches) -> None:
    """Two in a row have other crops; the same number gives the same again."""
    first, second = islice(made, 2)
    assert not np.array_equal(first["pictures"], second["pictures"])
    np.testing.assert_array_equal(made.draw(1)["pictures"], second["pictures"])
