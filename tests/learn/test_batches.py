"""Crops by the batch: the same for the same seed, whoever draws them."""

from __future__ import annotations

from itertools import islice

import pytest
import torch
from learn_samples import discs

from saccade.learn import Recipe, Variety
from saccade.learn._batches import batches
from saccade.models import Architecture, Input

SMALL = Architecture(classes=("disc",), width=4, dilations=(1,), masks=True)
RECIPE = Recipe(side_px=32, batch=4, seed=3, variety=Variety(overlay=0.5))


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_that_draw_ahead_change_nothing(threads: int) -> None:
    """Every tensor of every batch, in order, is what one draws by oneself."""
    samples = [discs(seed) for seed in range(3)]
    alone = batches(SMALL, Input(), samples, RECIPE)
    together = batches(SMALL, Input(), samples, RECIPE, threads)
    for one, other in islice(zip(alone, together, strict=True), 9):
        assert one.keys() == other.keys()
        for name, tensor in one.items():
            assert torch.equal(tensor, other[name]), name
    together.close()  # type: ignore[attr-defined]


def test_every_batch_is_another() -> None:
    """Two in a row have other crops, and another seed gives others again."""
    samples = [discs(seed) for seed in range(3)]
    first, second = islice(batches(SMALL, Input(), samples, RECIPE), 2)
    assert not torch.equal(first["pictures"], second["pictures"])
