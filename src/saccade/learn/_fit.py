"""Gradient descent on crops, until nothing is gained any more."""

from __future__ import annotations

import math
import time
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from saccade.detect import STRIDE, compressed, prepared_picture
from saccade.models import PatchNet

from ._augment import Variety, crop, overlaid
from ._targets import heat_targets, mask_targets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from saccade.models import Architecture, Input

    from ._augment import Crop
    from ._sample import Sample

_RARE_WEIGHT = 4.0
"""Exponent by which cells near a place count less as background (Zhou et al., 2019)."""
_HARD_WEIGHT = 2.0
_RISING = 0.2
_PATIENCE = 0.5
"""Share of all epochs without a gain after which it is over."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How long and on what a network learns.

    Parameters
    ----------
    epochs : int
        At most; each is as many crops as `crops` says.
    crops : int
        An epoch.
    side_px : int
        Of a crop, a multiple of four.
    batch : int
        Crops a step.
    rate : float
        Greatest learning rate; it rises for a fifth of the time, and then falls.
    around : float
        Share of the crops that have one of the things in them; the rest is from anywhere.
    variety : Variety
        How different the pictures may be that it will meet.
    seed : int
        Of everything that is drawn.
    minutes : float
        After which no further epoch begins.
    """

    epochs: int = 60
    crops: int = 400
    side_px: int = 160
    batch: int = 16
    rate: float = 4e-3
    around: float = 0.7
    variety: Variety = field(default_factory=Variety)
    seed: int = 0
    minutes: float = 10.0


@dataclass(frozen=True)
class Fitted:
    """A trained network, and what each epoch has come to."""

    net: PatchNet
    losses: tuple[float, ...]
    epochs: int


def fit_network(
    architecture: Architecture,
    given: Input,
    samples: Sequence[Sample],
    recipe: Recipe,
    judge: Callable[[PatchNet], float] | None = None,
    progress: Callable[[int, float], None] = lambda *_: None,
) -> Fitted:
    """Return a network that has learned from samples; the same seed gives the same weights.

    Parameters
    ----------
    architecture, given
        What it is made of, and how pictures are prepared for it.
    samples : sequence of Sample
        To learn from; none of those that it is judged by.
    recipe : Recipe
        How long, and on what.
    judge : callable, optional
        Gives a network marks, the higher the better, every few epochs; the best one is returned.
    progress : callable
        Called with the number of each epoch, and its loss.
    """
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(recipe.seed)
    net = PatchNet(architecture).to(device)
    steps = max(1, recipe.crops // recipe.batch)
    optimiser = torch.optim.AdamW(net.parameters(), lr=recipe.rate, weight_decay=1e-3)
    whole = recipe.epochs * steps
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda n: _rate(n / whole))
    source = _batches(architecture, given, samples, recipe)
    best, marks, losses, since = deepcopy(net.state_dict()), -np.inf, [], 0
    end_s = time.monotonic() + 60 * recipe.minutes
    every = max(1, recipe.epochs // 20)
    for epoch in range(recipe.epochs):
        net.train()
        total = 0.0
        for _ in range(steps):
            batch = {name: each.to(device) for name, each in next(source).items()}
            loss = _loss(net(batch["pictures"]), batch)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimiser.step()
            schedule.step()
            total += float(loss.detach())
        losses.append(total / steps)
        progress(epoch, losses[-1])
        over = time.monotonic() > end_s or epoch + 1 == recipe.epochs
        if judge is not None and ((epoch + 1) % every == 0 or over):
            now = judge(net.eval())
            since = 0 if now > marks else since + every
            if now >= marks:  # of equals the last, which has learned for longer
                best, marks = deepcopy(net.state_dict()), now
        if over or since > _PATIENCE * recipe.epochs:
            break
    if judge is not None:
        net.load_state_dict(best)
    return Fitted(net.cpu().eval(), tuple(losses), len(losses))


def _rate(done: float) -> float:
    """Return the learning rate, relative to the greatest: up in a fifth of the time, then down.

    A half cosine each way, as Smith & Topin's one cycle (arXiv 1708.07120).
    """
    phase = done / _RISING if done < _RISING else 1 + (done - _RISING) / (1 - _RISING)
    return 0.02 + 0.49 * (1 - math.cos(math.pi * min(phase, 2.0)))


def _batches(
    architecture: Architecture, given: Input, samples: Sequence[Sample], recipe: Recipe
) -> Iterator[dict[str, Tensor]]:
    rng = np.random.default_rng([recipe.seed, 2])
    prepared = [
        [prepared_picture(each, 1.0, given.low, given.high) for each in sample.pictures]
        for sample in samples
    ]
    some = [number for number, each in enumerate(samples) if len(each.places_px)]
    # A picture with many things in it has more to teach, but not in proportion.
    weight = np.array([np.sqrt(1 + len(each.places_px)) for each in samples])

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
        if architecture.masks and each.labels is not None:
            inside, vote, votes = mask_targets(each.labels, each.places_px)
            row |= {"inside": inside[None], "vote": vote, "votes": votes, "pixels": each.valid}
        for name, value in row.items():
            rows.setdefault(name, []).append(value)
    return {name: torch.from_numpy(np.stack(each)) for name, each in rows.items()}


def _loss(told: dict[str, Tensor], batch: dict[str, Tensor]) -> Tensor:
    loss = _focal(told["heat"], batch["heat"], batch["valid"])
    known = batch["known"][:, None]
    count = known.sum().clamp(min=1)
    loss = loss + 0.5 * ((told["offset"] - batch["offset"]).abs() * known).sum() / count
    if "inside" in batch:
        loss = loss + _inside(told["inside"], batch["inside"], batch["pixels"][:, None])
        votes = (batch["votes"] & batch["valid"])[:, None]
        away = nn.functional.smooth_l1_loss(told["vote"], batch["vote"], reduction="none")
        loss = loss + 0.5 * (away * votes).sum() / votes.sum().clamp(min=1)
    return loss


def _focal(logits: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """Return the focal loss of heat maps (Lin et al., ICCV 2017; Zhou et al., arXiv 1904.07850)."""
    here = target > 0.999
    sure = torch.sigmoid(logits)
    right = nn.functional.logsigmoid(logits) * (1 - sure) ** _HARD_WEIGHT * here
    wrong = nn.functional.logsigmoid(-logits) * sure**_HARD_WEIGHT
    wrong = wrong * (1 - target) ** _RARE_WEIGHT * ~here
    total = -((right + wrong) * valid[:, None]).sum()
    return total / (here & valid[:, None]).sum().clamp(min=1)


def _inside(logits: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    each = nn.functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    entropy = (each * valid).sum() / valid.sum().clamp(min=1)
    sure = torch.sigmoid(logits) * valid
    both, either = (sure * target).sum(), sure.sum() + (target * valid).sum()
    return entropy + 1 - (2 * both + 1) / (either + 1)
