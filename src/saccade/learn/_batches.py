"""Random crops, by the batch, with what a network should say of them."""

from __future__ import annotations

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


def batches(
    architecture: Architecture, given: Input, samples: Sequence[Sample], recipe: Recipe
) -> Iterator[dict[str, Tensor]]:
    """Yield batches for ever; the same seed gives the same.

    Parameters
    ----------
    architecture, given
        What the network is made of, and how pictures are prepared for it.
    samples : sequence of Sample
        Crops of these.
    recipe : Recipe
        Size, number and variety of the crops.
    """
    rng = np.random.default_rng([recipe.seed, 2])
    prepared = [
        [prepared_picture(each, 1.0, given.low, given.high) for each in sample.pictures]
        for sample in samples
    ]
    some = [number for number, each in enumerate(samples) if len(each.places_px)]
    # A picture with many things in it has more to teach, but not in proportion.
    weight = np.array([each.weight * np.sqrt(1 + len(each.places_px)) for each in samples])

    def drawn() -> Crop:
        around = None
        number = int(rng.choice(len(samples), p=weight / weight.sum()))
        if some and rng.random() < recipe.around:
            number = int(rng.choice(some, p=weight[some] / weight[some].sum()))
            places = samples[number].places_px
            around = places[rng.integers(len(places))]
        given = samples[number], prepared[number]
        return crop(*given, recipe.side_px, recipe.variety, rng, around)

    while True:
        crops = []
        for _ in range(recipe.batch):
            one = drawn()
            if recipe.variety.overlay > 0 and rng.random() < recipe.variety.overlay:
                one = overlaid(one, drawn())
            crops.append(one)
        yield _stacked(crops, architecture, given.compress)


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
