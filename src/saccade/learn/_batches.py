"""Random crops, by the batch, with what a network should say of them."""

from __future__ import annotations

import math
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
import torch

from saccade.detect import STRIDE, compressed, prepared_picture

from ._augment import crop, overlaid
from ._targets import counted_cells, heat_targets, mask_targets

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import Tensor

    from saccade.models import Architecture, Input

    from ._augment import Crop
    from ._fit import Recipe
    from ._sample import Sample


_AHEAD = 2
"""Batches that each thread draws before they are asked for."""
_TINY = 1e-12


def batches(
    architecture: Architecture,
    given: Input,
    samples: Sequence[Sample],
    recipe: Recipe,
    threads: int = 0,
) -> Iterator[dict[str, Tensor]]:
    """Yield batches for ever; the same seed gives the same, whoever draws them.

    Parameters
    ----------
    architecture, given
        What the network is made of, and how pictures are prepared for it.
    samples : sequence of Sample
        Crops of these.
    recipe : Recipe
        Size, number and variety of the crops.
    threads : int
        That draw ahead, beside this one; with none each is drawn when it is asked for.
    """
    drawn = _Batches(architecture, given, samples, recipe)
    if not threads:
        yield from map(drawn.batch, count())
    with ThreadPoolExecutor(threads, "batches") as pool:
        ahead = deque(pool.submit(drawn.batch, number) for number in range(_AHEAD * threads))
        for number in count(len(ahead)):
            yield ahead.popleft().result()
            ahead.append(pool.submit(drawn.batch, number))


class _Batches:
    """Batches by number: each is drawn by itself, whatever was drawn before."""

    def __init__(
        self, architecture: Architecture, given: Input, samples: Sequence[Sample], recipe: Recipe
    ) -> None:
        self._architecture, self._compress, self._recipe = architecture, given.compress, recipe
        self._samples = samples
        self._prepared = [
            [prepared_picture(each, 1.0, given.low, given.high) for each in sample.pictures]
            for sample in samples
        ]
        # A picture with many things in it has more to teach, but not in proportion.
        weights = [each.weight * math.sqrt(1 + len(each.places_px)) for each in samples]
        self._share = np.array(weights) / sum(weights)
        some = self._share * [len(each.places_px) > 0 for each in samples]
        self._share_around = some / max(some.sum(), _TINY)

    def batch(self, number: int) -> dict[str, Tensor]:
        """Return the one of a number."""
        rng = np.random.default_rng([self._recipe.seed, 2, number])
        crops = []
        overlay = self._recipe.variety.overlay
        for _ in range(self._recipe.batch):
            one = self._drawn(rng)
            if overlay > 0 and rng.random() < overlay:
                one = overlaid(one, self._drawn(rng))
            crops.append(one)
        return _stacked(crops, self._architecture, self._compress)

    def _drawn(self, rng: np.random.Generator) -> Crop:
        around, share = None, self._share
        if self._share_around.any() and rng.random() < self._recipe.around:
            share = self._share_around
        number = int(rng.choice(len(self._samples), p=share))
        sample = self._samples[number]
        if share is self._share_around:
            around = sample.places_px[rng.integers(len(sample.places_px))]
        given = sample, self._prepared[number]
        return crop(*given, self._recipe.side_px, self._recipe.variety, rng, around)


def _stacked(
    crops: Sequence[Crop], architecture: Architecture, compress: float
) -> dict[str, Tensor]:
    rows: dict[str, list[np.ndarray]] = {}
    for each in crops:
        shape = each.pictures.shape[1:]
        heat, offset, known = heat_targets(
            each.places_px, each.kinds, each.sizes_px, shape, len(architecture.classes)
        )
        pictures = compressed(each.pictures, compress)
        row = {"pictures": pictures, "heat": heat, "offset": offset, "known": known}
        row["valid"] = each.valid[STRIDE // 2 :: STRIDE, STRIDE // 2 :: STRIDE]
        # What is there is there, whatever is unsure beside it.
        sure = counted_cells(each.unsure, shape, len(heat)) | (heat == 1)
        row["counted"] = np.logical_and(row["valid"], sure)
        if architecture.masks and each.labels is not None:
            inside, vote, votes = mask_targets(each.labels, each.places_px)
            row |= {"inside": inside[None], "vote": vote, "votes": votes, "pixels": each.valid}
        for name, value in row.items():
            rows.setdefault(name, []).append(value)
    return {name: torch.from_numpy(np.stack(each)) for name, each in rows.items()}
