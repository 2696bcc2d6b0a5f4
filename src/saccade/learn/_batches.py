"""Random crops, by the batch, with what a network should say of them."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from saccade.detect import STRIDE, compressed, prepared_picture

from ._augment import crop, overlaid
from ._targets import counted_cells, heat_targets, mask_targets

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from saccade.models import Architecture, Input

    from ._augment import Crop, Image
    from ._fit import Recipe
    from ._sample import Sample

Batch: TypeAlias = dict[str, NDArray[Any]]

_TINY = 1e-12


class Batches:
    """Batches by number: each is drawn by itself, whatever was drawn before, and by whom.

    Parameters
    ----------
    samples : sequence of Sample
        Crops of these; their pictures are as the network gets them, but for the compression.
    architecture : Architecture
        What the network is made of.
    compress : float
        How much brighter what is dim becomes, `saccade.models.Input.compress`.
    recipe : Recipe
        Size, number, variety and seed of the crops.
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        architecture: Architecture,
        compress: float,
        recipe: Recipe,
    ) -> None:
        self.samples, self.architecture = samples, architecture
        self.compress, self.recipe = compress, recipe
        # A picture with many things in it has more to teach, but not in proportion.
        weights = [each.weight * math.sqrt(1 + len(each.places_px)) for each in samples]
        self._share = np.array(weights) / sum(weights)
        some = self._share * [len(each.places_px) > 0 for each in samples]
        self._share_around = some / max(some.sum(), _TINY)

    def __iter__(self) -> Generator[Batch]:
        """Yield all of them, which are without end."""
        for number in count():
            yield self.draw(number)

    def draw(self, number: int) -> Batch:
        """Return one of them.

        Parameters
        ----------
        number : int
            From 0.
        """
        rng = np.random.default_rng([self.recipe.seed, 2, number])
        crops = []
        overlay = self.recipe.variety.overlay
        for _ in range(self.recipe.batch):
            one = self._drawn(rng)
            if overlay > 0 and rng.random() < overlay:
                one = overlaid(one, self._drawn(rng))
            crops.append(one)
        return _stacked(crops, self.architecture, self.compress)

    def _drawn(self, rng: np.random.Generator) -> Crop:
        around, share = None, self._share
        if self._share_around.any() and rng.random() < self.recipe.around:
            share = self._share_around
        sample = self.samples[int(rng.choice(len(self.samples), p=share))]
        if share is self._share_around:
            around = sample.places_px[rng.integers(len(sample.places_px))]
        return crop(sample, self.recipe.side_px, self.recipe.variety, rng, around)


def prepared_samples(samples: Sequence[Sample], given: Input) -> list[Sample]:
    """Return samples whose pictures are as a network gets them, but for the compression.

    Parameters
    ----------
    samples : sequence of Sample
        With pictures as they were taken.
    given : Input
        How pictures are prepared.
    """

    def ready(pictures: tuple[Image, ...]) -> tuple[Image, ...]:
        return tuple(prepared_picture(each, 1.0, given.low, given.high) for each in pictures)

    return [replace(each, pictures=ready(each.pictures)) for each in samples]


def _stacked(crops: Sequence[Crop], architecture: Architecture, compress: float) -> Batch:
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
    return {name: np.stack(each) for name, each in rows.items()}
