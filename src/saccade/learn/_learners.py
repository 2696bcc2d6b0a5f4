"""The kinds of model that can be learned: what each makes of samples, and how it looks at one."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, cast

import numpy as np

from saccade.detect import forest_heat, forest_peaks, forest_places_px, made_ready
from saccade.models import (
    Architecture,
    PatchEnsemble,
    arrays_of,
    packed,
    set_tensors,
    tensors_of,
    unpacked,
)

from ._fit import fit_network
from ._grow import cells_of, grow, plan_trees
from ._measure import (
    FAINTEST,
    UNCALIBRATED,
    average_precision,
    by_group,
    find_in,
    look_at,
    look_at_every,
    mask_ap50,
    seen_of,
)
from ._split import drawn_anew

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any

    from numpy.typing import NDArray

    from saccade.models import Calibration, Input, Net, PatchNet, TreeArrays, Trees

    from ._fit import Recipe
    from ._grow import Cells
    from ._measure import Seen
    from ._sample import Sample

    Places: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]

Kind: TypeAlias = Literal["forest", "network"]

_PROBE_SHARE = 0.15
"""Of the epochs, for the probe with shuffled labels."""
_JUDGED = 400
"""Pictures by which a network is judged every few epochs."""
_FOLDS = 4
_PROBE_TREES = 16


class Learned(Protocol):
    """A model in the making."""

    @property
    def architecture(self) -> Architecture:
        """What it is made of."""

    @property
    def epochs(self) -> int:
        """How often it has seen the samples."""

    def look(
        self,
        samples: Sequence[Sample],
        kind: int = 0,
        known: Calibration = UNCALIBRATED,
    ) -> list[Seen]:
        """Return what it sees of a class in samples, by group, as a calibration says."""

    def find(self, sample: Sample, kind: int = 0) -> Places:
        """Return rows, columns and logits of what it finds of a class, the surest first."""

    def tensors(self) -> Mapping[str, Any]:
        """Return its weights as arrays."""

    @property
    def alone(self) -> Sequence[Learned]:
        """Each of several networks that look together, by itself; else nothing."""


class Learner(Protocol):
    """Learns one kind of model."""

    def learn(
        self, samples: Sequence[Sample], others: Sequence[Sample], tell: Callable[[str], None]
    ) -> tuple[Learned, list[list[Seen]]]:
        """Return a model, and what of each class was seen in groups it has not learned from.

        Parameters
        ----------
        samples : sequence of Sample
            To learn from.
        others : sequence of Sample
            Of other groups, to calibrate on.
        tell : callable
            Is told how it goes.
        """

    def probe(self, samples: Sequence[Sample]) -> Learned:
        """Return one that has learned for a shorter time, to see whether something leaks."""


@dataclass(frozen=True)
class _Net:
    net: Net
    architecture: Architecture
    given: Input
    epochs: int
    is_packed: bool = False

    def look(
        self,
        samples: Sequence[Sample],
        kind: int = 0,
        known: Calibration = UNCALIBRATED,
    ) -> list[Seen]:
        return look_at(self.net, self.given, samples, kind=kind, known=known)

    def find(self, sample: Sample, kind: int = 0) -> Places:
        return find_in(self.net, self.given, sample, kind)

    def tensors(self) -> Mapping[str, Any]:
        tensors = tensors_of(self.net)
        return packed(tensors) if self.is_packed else tensors

    @property
    def alone(self) -> Sequence[Learned]:
        if self.architecture.members == 1:
            return ()
        one = self.architecture.model_copy(update={"members": 1})
        nets = cast("PatchEnsemble", self.net).nets
        return [_Net(cast("PatchNet", each), one, self.given, self.epochs) for each in nets]


def learned_net(net: Net, architecture: Architecture, given: Input, epochs: int) -> Learned:
    """Return a network that has learned already.

    Parameters
    ----------
    net, architecture, given, epochs
        The network, in evaluation mode; what it is made of, how pictures are prepared for it, and
        how often it has seen its samples.
    """
    return _Net(net, architecture, given, epochs)


@dataclass(frozen=True)
class NetworkLearner:
    """Learns a small network, or several that look together, by gradient descent.

    Of several each learns by itself, from groups that were drawn anew (with replacement, as many
    as there are), from other beginnings, and for its share of the time.

    Parameters
    ----------
    made, given, recipe
        What it is made of, how pictures are prepared for it, and how it learns.
    pack : bool
        Round what was learned to eight bits before it is calibrated and tested.
    """

    made: Architecture
    given: Input
    recipe: Recipe
    pack: bool = False

    def learn(
        self, samples: Sequence[Sample], others: Sequence[Sample], tell: Callable[[str], None]
    ) -> tuple[Learned, list[list[Seen]]]:
        """Return the network that does best on the others, and what it sees in them."""
        judges = _some(others, _JUDGED, self.recipe.seed)

        def judge(net: Net) -> float:
            seen = look_at_every(net, self.given, judges, len(self.made.classes))
            mean = sum(average_precision(each) for each in seen) / len(seen)
            return mean + (mask_ap50(seen[0]) if self.made.masks else 0.0)

        net, epochs = self._fitted(samples, judge, tell)
        if self.pack:
            set_tensors(net, unpacked(packed(tensors_of(net))))
        learned = _Net(net, self.made, self.given, epochs, self.pack)
        return learned, look_at_every(net, self.given, others, len(self.made.classes))

    def _fitted(
        self,
        samples: Sequence[Sample],
        judge: Callable[[Net], float],
        tell: Callable[[str], None],
    ) -> tuple[Net, int]:
        """Return the network, or networks that look together, and after how many epochs."""
        count, recipe = self.made.members, self.recipe

        def progress(number: int, epoch: int, loss: float) -> None:
            of = f" of network {number + 1}" if count > 1 else ""
            tell(f"epoch {epoch + 1} of {recipe.epochs}{of}: loss {loss:.3f}")

        fitted = [
            fit_network(
                self.made,
                self.given,
                samples if count == 1 else drawn_anew(samples, recipe.seed, number),
                replace(recipe, seed=recipe.seed + number, minutes=recipe.minutes / count),
                judge,
                partial(progress, number),
            )
            for number in range(count)
        ]
        epochs = max(each.epochs for each in fitted)
        if count == 1:
            return fitted[0].net, epochs
        return PatchEnsemble([each.net for each in fitted]).eval(), epochs

    def probe(self, samples: Sequence[Sample]) -> Learned:
        """Return a network after a few epochs."""
        epochs = max(2, math.ceil(_PROBE_SHARE * self.recipe.epochs))
        short = replace(self.recipe, epochs=epochs)
        fitted = fit_network(self.made, self.given, samples, short)
        return _Net(fitted.net, self.made, self.given, fitted.epochs)


@dataclass(frozen=True)
class _Trees:
    arrays: TreeArrays
    architecture: Architecture
    given: Input
    epochs: int = 1

    @property
    def _made(self) -> Trees:
        assert self.architecture.trees is not None  # noqa: S101 - made by ForestLearner
        return self.architecture.trees

    def look(
        self,
        samples: Sequence[Sample],
        kind: int = 0,
        known: Calibration = UNCALIBRATED,  # noqa: ARG002 - it makes no masks, nor counts votes
    ) -> list[Seen]:
        return by_group(self._look(each, kind) for each in samples)

    def _look(self, sample: Sample, kind: int) -> Seen:
        return seen_of(sample, *self.find(sample, kind), kind)

    def find(self, sample: Sample, kind: int = 0) -> Places:
        prepared = made_ready(sample.pictures[-1], 1.0, self.given)
        heat = forest_heat(self.arrays, self._made, prepared).logits[kind]
        found = forest_peaks(heat, self._made, FAINTEST)
        y_px, x_px = forest_places_px(found, self._made, sample.shape_px, prepared.shape)
        return y_px, x_px, found.strength

    def tensors(self) -> Mapping[str, Any]:
        return arrays_of(self.arrays)

    @property
    def alone(self) -> Sequence[Learned]:
        return ()


@dataclass(frozen=True)
class ForestLearner:
    """Grows a random forest on filter features.

    Parameters
    ----------
    classes : tuple of str
        What it finds.
    given, recipe
        How pictures are prepared for it, and how different they may be.
    """

    classes: tuple[str, ...]
    given: Input
    recipe: Recipe

    def learn(
        self, samples: Sequence[Sample], others: Sequence[Sample], tell: Callable[[str], None]
    ) -> tuple[Learned, list[list[Seen]]]:
        """Return a forest grown from both, and what forests without a group see in that.

        A few labelled frames are too dear to be used for calibration alone.
        """
        every = [*samples, *others]
        made = plan_trees(every)
        cells = dict(zip(every, self._cells(made, every), strict=True))
        what = "whole frames" if made.whole else f"cells of {made.cell_px} px"
        tell(f"a forest of {made.number} trees on {made.features} features of {what}")
        seen: list[list[Seen]] = [[] for _ in self.classes]
        for without, left_out in _folds(every):
            eye = self._grown(made, [cells[each] for each in without])
            for kind, told in enumerate(seen):
                told += eye.look(left_out, kind)
        return self._grown(made, list(cells.values())), seen

    def probe(self, samples: Sequence[Sample]) -> Learned:
        """Return a smaller forest."""
        made = plan_trees(samples, number=_PROBE_TREES)
        return self._grown(made, self._cells(made, samples))

    def _cells(self, made: Trees, samples: Sequence[Sample]) -> list[Cells]:
        return cells_of(made, self.given, samples, self.recipe.seed, self.recipe.variety)

    def _grown(self, made: Trees, cells: Sequence[Cells]) -> Learned:
        arrays = grow(made, cells, len(self.classes), seed=self.recipe.seed)
        architecture = Architecture(id="forest", classes=self.classes, trees=made)
        return _Trees(arrays, architecture, self.given)


def _some(samples: Sequence[Sample], count: int, seed: int) -> Sequence[Sample]:
    """Return samples, drawn if there are more: enough to tell which network is the better."""
    if len(samples) <= count:
        return samples
    kept = np.random.default_rng([seed, 7]).permutation(len(samples))[:count]
    return [samples[number] for number in np.sort(kept).tolist()]


def _folds(samples: Sequence[Sample]) -> Iterator[tuple[list[Sample], list[Sample]]]:
    """Yield the samples without some groups, and those of these groups."""
    groups = sorted({each.group for each in samples})
    for fold in range(min(_FOLDS, len(groups))):
        out = set(groups[fold::_FOLDS])
        yield (
            [each for each in samples if each.group not in out],
            [each for each in samples if each.group in out],
        )
