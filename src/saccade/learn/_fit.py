"""Gradient descent on crops, until nothing is gained any more."""

from __future__ import annotations

import math
import time
from contextlib import closing
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from saccade.models import PatchNet

from ._augment import Variety
from ._batches import Batches, prepared_samples
from ._drawers import drawn_ahead

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from saccade.models import Architecture, Input

    from ._batches import Batch
    from ._sample import Sample

_RARE_WEIGHT = 4.0
"""Exponent by which cells near a place count less as background (Zhou et al., 2019)."""
_HARD_WEIGHT = 2.0
_RISING = 0.2
_SURE = 0.95
"""Share of the epochs for which there seems to be time that are counted on."""
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
    processes : int
        That draw crops where a graphics card learns.
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
    processes: int = 1


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

    Where the minutes are too few for all epochs, there are fewer: how many is told by how long
    the first ones have taken.

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
    with closing(_Descent(architecture, given, samples, recipe)) as descent:
        return _descended(descent, recipe, judge, progress)


def _descended(
    descent: _Descent,
    recipe: Recipe,
    judge: Callable[[PatchNet], float] | None,
    progress: Callable[[int, float], None],
) -> Fitted:
    best = _Best(descent.net, judge)
    began_s, since = time.monotonic(), 0
    losses: list[float] = []
    every = max(1, recipe.epochs // 20)
    while len(losses) < descent.epochs:
        losses.append(descent.epoch())
        progress(len(losses) - 1, losses[-1])
        spent_s = time.monotonic() - began_s
        over = len(losses) == descent.epochs or spent_s > 60 * recipe.minutes
        if len(losses) % every == 0 or over:
            since = 0 if best.see() else since + every
        if len(losses) == every:
            descent.shorten(60 * recipe.minutes * every / (time.monotonic() - began_s))
        if over or since > _PATIENCE * descent.epochs:
            break
    return Fitted(best.net.eval(), tuple(losses), len(losses))


class _Descent:
    """Steps down the loss of random crops, ever shorter towards the end."""

    def __init__(
        self, architecture: Architecture, given: Input, samples: Sequence[Sample], recipe: Recipe
    ) -> None:
        torch.manual_seed(recipe.seed)
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self.net = PatchNet(architecture).to(self._device)
        self.epochs = recipe.epochs
        self._steps = max(1, recipe.crops // recipe.batch)
        self._optimiser = torch.optim.AdamW(self.net.parameters(), weight_decay=1e-3)
        made = Batches(prepared_samples(samples, given), architecture, given.compress, recipe)
        # Beside a graphics card processors are free to draw crops; else they'd be in the way.
        others = recipe.processes if self._device == "cuda" else 1
        self._drawn = drawn_ahead(made, others) if others > 1 else iter(made)
        # Whoever draws is at work before any time is taken.
        self._first: Batch | None = next(self._drawn)
        self._most_rate, self._done, self._past = recipe.rate, 0.0, 0

    def shorten(self, epochs: float) -> None:
        """Come to rest in fewer epochs: what is cut off at full speed has learned less."""
        self.epochs = max(self._past + 1, min(self.epochs, math.floor(_SURE * epochs)))

    def close(self) -> None:
        """Let go of whoever draws crops."""
        self._drawn.close()

    def _batch(self) -> Batch:
        first, self._first = self._first, None
        return next(self._drawn) if first is None else first

    def epoch(self) -> float:
        """Return the mean loss of an epoch, after having learned from it."""
        self.net.train()
        step, total = (1 - self._done) / ((self.epochs - self._past) * self._steps), 0.0
        for _ in range(self._steps):
            for group in self._optimiser.param_groups:
                group["lr"] = self._most_rate * _rate(self._done)
            batch = {
                name: torch.from_numpy(each).to(self._device)
                for name, each in self._batch().items()
            }
            loss = _loss(self.net(batch["pictures"]), batch)
            self._optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
            self._optimiser.step()
            self._done += step
            total += float(loss.detach())
        self._past += 1
        return total / self._steps


class _Best:
    """Remembers the weights that a judge liked best."""

    def __init__(self, net: PatchNet, judge: Callable[[PatchNet], float] | None) -> None:
        self._net, self._judge = net, judge
        self._state, self._marks = deepcopy(net.state_dict()), -math.inf

    def see(self) -> bool:
        """Return whether the network is better than ever."""
        if self._judge is None:
            return True
        marks = self._judge(self._net.eval())
        better = marks > self._marks
        if marks >= self._marks:  # of equals the last, which has learned for longer
            self._state, self._marks = deepcopy(self._net.state_dict()), marks
        return better

    @property
    def net(self) -> PatchNet:
        """The network with the best weights, or with the last ones if nobody judges."""
        if self._judge is not None:
            self._net.load_state_dict(self._state)
        return self._net


def _rate(done: float) -> float:
    """Return the learning rate, relative to the greatest: up in a fifth of the time, then down.

    A half cosine each way, as Smith & Topin's one cycle (arXiv 1708.07120).
    """
    phase = done / _RISING if done < _RISING else 1 + (done - _RISING) / (1 - _RISING)
    return 0.02 + 0.49 * (1 - math.cos(math.pi * min(phase, 2.0)))


def _loss(told: dict[str, Tensor], batch: dict[str, Tensor]) -> Tensor:
    loss = _focal(told["heat"], batch["heat"], batch["counted"])
    known = batch["known"][:, None]
    count = known.sum().clamp(min=1)
    loss = loss + 0.5 * ((told["offset"] - batch["offset"]).abs() * known).sum() / count
    if "inside" in batch:
        loss = loss + _inside(told["inside"], batch["inside"], batch["pixels"][:, None])
        votes = (batch["votes"] & batch["valid"])[:, None]
        away = nn.functional.smooth_l1_loss(told["vote"], batch["vote"], reduction="none")
        loss = loss + 0.5 * (away * votes).sum() / votes.sum().clamp(min=1)
    return loss


def _focal(logits: Tensor, target: Tensor, counted: Tensor) -> Tensor:
    """Return the focal loss of heat maps (Lin et al., ICCV 2017; Zhou et al., arXiv 1904.07850)."""
    here = target > 0.999
    sure = torch.sigmoid(logits)
    right = nn.functional.logsigmoid(logits) * (1 - sure) ** _HARD_WEIGHT * here
    wrong = nn.functional.logsigmoid(-logits) * sure**_HARD_WEIGHT
    wrong = wrong * (1 - target) ** _RARE_WEIGHT * ~here
    total = -((right + wrong) * counted).sum()
    return total / (here & counted).sum().clamp(min=1)


def _inside(logits: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    each = nn.functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    entropy = (each * valid).sum() / valid.sum().clamp(min=1)
    sure = torch.sigmoid(logits) * valid
    both, either = (sure * target).sum(), sure.sum() + (target * valid).sum()
    return entropy + 1 - (2 * both + 1) / (either + 1)
