"""A forest as arrays: complete binary trees, looked up level by level, with nothing to unpickle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from saccade.core import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._folder import Model
    from ._weights import Tensor

_CELLS_AT_ONCE = 2048
_TREES_AT_ONCE = 8
_FIRST_TREES = 6
"""That look at every cell; the others only at those that these do not find hopeless."""
_HOPELESS = 0.02


class Told(NamedTuple):
    """What trees say of cells."""

    shares: NDArray[np.float32]
    """Of each class in each cell, (class, cell)."""
    capped: int
    """Number of cells that only the first trees looked at since others were surer."""


@dataclass(frozen=True, slots=True, eq=False)
class TreeArrays:
    """Complete binary trees of one depth, their nodes numbered row by row from the root.

    A value goes to the left, from node n to 2n + 1, where it is at most the threshold, else to
    2n + 2. Where a branch ends early its threshold is so high that all go left. No array can lead
    outside of the trees, whoever made it: the way down is arithmetic, not a stored link.

    Parameters
    ----------
    feature : array of uint8, (tree, 2^depth - 1)
        Number of the feature that each node looks at.
    threshold : array of float32, (tree, 2^depth - 1)
        That it is held against.
    share : array of float32, (tree, 2^depth, class)
        Of training cells of each class that ended at a leaf; the rest is ground.
    """

    feature: NDArray[np.uint8]
    threshold: NDArray[np.float32]
    share: NDArray[np.float32]

    @property
    def depth(self) -> int:
        """Number of questions from the root to a leaf."""
        return int(self.share.shape[1]).bit_length() - 1

    def shares(self, features: NDArray[np.float32], most: int | None = None) -> NDArray[np.float32]:
        """Return how much of each class there is in each cell, as `told` does.

        Parameters
        ----------
        features : array of float32, (feature, cell)
            Of each cell.
        most : int, optional
            Number of cells that all trees may look at.

        Returns
        -------
        array of float32, (class, cell)
        """
        return self.told(features, most).shares

    def told(self, features: NDArray[np.float32], most: int | None = None) -> Told:
        """Return how much of each class there is in each cell: the mean of all trees.

        Where the first few trees find next to nothing of any class, theirs is the mean; as well
        where there is a limit and so many others are surer.

        Parameters
        ----------
        features : array of float32, (feature, cell)
            Of each cell.
        most : int, optional
            Number of cells that all trees may look at; no limit by default.
        """
        first = slice(0, _FIRST_TREES)
        told = self._sums(features, first)
        number = len(self.feature[first])
        told /= number
        if number == len(self.feature):
            return Told(told, 0)
        surest = told.max(axis=0)
        kept = np.flatnonzero(surest >= _HOPELESS)
        capped = 0 if most is None else max(0, len(kept) - most)
        if capped:
            order = np.argsort(-surest[kept], kind="stable")
            kept = np.sort(kept[order[: len(kept) - capped]])
        more = self._sums(np.ascontiguousarray(features[:, kept]), slice(number, None))
        told[:, kept] = (told[:, kept] * number + more) / len(self.feature)
        return Told(told, capped)

    def _sums(self, features: NDArray[np.float32], trees: slice) -> NDArray[np.float32]:
        """Return the sum of the shares of some trees, (class, cell)."""
        numbers = range(len(self.feature))[trees]
        told = np.zeros((self.share.shape[2], features.shape[1]), np.float32)
        for start in range(0, features.shape[1], _CELLS_AT_ONCE):
            # So few at once that they stay in the processor's cache.
            part = np.ascontiguousarray(features[:, start : start + _CELLS_AT_ONCE])
            for some in range(0, len(numbers), _TREES_AT_ONCE):
                chosen = numbers[some : some + _TREES_AT_ONCE]
                told[:, start : start + part.shape[1]] += self._part(
                    part, slice(chosen[0], chosen[-1] + 1)
                )
        return told

    def _part(self, part: NDArray[np.float32], trees: slice) -> NDArray[np.float32]:
        feature = self.feature[trees].astype(np.intp)
        count, nodes = feature.shape
        cells = part.shape[1]
        begins, thresholds = (feature * cells).ravel(), self.threshold[trees].ravel()
        root = (np.arange(count, dtype=np.intp) * nodes)[:, None]
        cell, values = np.arange(cells, dtype=np.intp)[None, :], part.ravel()
        node = np.zeros((count, cells), np.intp)
        for _ in range(self.depth):
            at = node + root
            right = values.take(begins.take(at) + cell) > thresholds.take(at)
            node += node
            node += 1
            node += right
        leaf = node - nodes + (np.arange(count, dtype=np.intp) * (nodes + 1))[:, None]
        share = self.share[trees].reshape(-1, self.share.shape[2])
        return np.stack([each.take(leaf).sum(axis=0) for each in share.T.copy()])


def trees_of(model: Model) -> TreeArrays:
    """Return the trees of a model.

    Parameters
    ----------
    model : Model
        Its card tells how many there are.

    Raises
    ------
    ModelError
        If the weights are not those of such a forest.
    """
    made, tensors = model.card.architecture, model.weights.tensors
    if made.trees is None:
        raise _other(model, f"its card tells of a {made.id}, no forest")
    nodes = 2**made.trees.depth - 1
    count, classes = made.trees.number, len(made.classes)
    wanted = {
        "feature": ("uint8", (count, nodes)),
        "threshold": ("float32", (count, nodes)),
        "share": ("float32", (count, nodes + 1, classes)),
    }
    found = {name: (each.dtype.name, each.shape) for name, each in tensors.items()}
    if found != wanted:
        raise _other(model, f"there are {found}, not {wanted}"[:300])
    arrays = TreeArrays(**tensors)  # type: ignore[arg-type]
    if int(arrays.feature.max(initial=0)) >= made.trees.features:
        raise _other(model, f"it asks for a feature beyond the {made.trees.features} there are")
    if arrays.share.min(initial=0) < 0 or arrays.share.max(initial=0) > 1:
        raise _other(model, "its shares are not between 0 and 1")
    return arrays


def arrays_of(trees: TreeArrays) -> dict[str, Tensor]:
    """Return the arrays of a forest by name, as they are stored."""
    return {"feature": trees.feature, "threshold": trees.threshold, "share": trees.share}


def _other(model: Model, why: str) -> ModelError:
    return ModelError(
        f"{model.path} holds no forest that can be used: {why}.", "Train or get it anew."
    )
