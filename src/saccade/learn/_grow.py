"""A random forest is grown from labelled cells of pictures, and becomes arrays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from saccade.core import UsageError
from saccade.detect import compressed, feature_count, features_of, prepared_picture
from saccade.models import TreeArrays, Trees

from ._augment import Variety, crop

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from saccade.models import Input

    from ._augment import Crop
    from ._sample import Sample

_CELLS_A_THING = 6.0
"""Across the usual thing: fewer blur it, more cost time at every frame."""
_CELLS_PX: tuple[Literal[2, 4, 8], ...] = (2, 4, 8)
_SCALES = (0.5, 1.0, 2.0, 4.0)
"""Of the features, in cells."""
_UNKNOWN_SIZE_PX = 12.0
_CORE, _RIM = 0.5, 1.1
"""Radii within which a cell is that of a thing, and up to which nothing is said of it."""
_MOST_CELLS = 60_000
_GROUND_A_CORE = 12
_LEAST_GROUND = 400
_COPIES = ((40, 2), (100, 1), (np.inf, 0))
"""Of so many samples at most, so many each: the more there are, the less has to be made up."""
_LEAF = 3
_NEVER = np.finfo(np.float32).max


class Cells(NamedTuple):
    """Cells of pictures, and what each is."""

    features: NDArray[np.float32]
    """(cell, feature)"""
    kinds: NDArray[np.intp]
    """0 is ground, then the classes."""


def plan_trees(samples: Sequence[Sample], number: int = 48, depth: int = 8) -> Trees:
    """Return what a forest for such samples is made of.

    Parameters
    ----------
    samples : sequence of Sample
        To learn from; the sizes of what is in them tell how large cells are.
    number, depth : int
        Of the trees.
    """
    whole = any(each.whole for each in samples)
    sizes = np.concatenate([each.sizes_px for each in samples])
    known = sizes[sizes > 0]
    size_px = float(np.median(known)) if len(known) and not whole else _UNKNOWN_SIZE_PX
    cell_px = min(_CELLS_PX, key=lambda each: abs(np.log(size_px / each / _CELLS_A_THING)))
    sigmas = tuple(cell_px * each for each in _SCALES)
    return Trees(
        number=number,
        depth=depth,
        features=feature_count(len(sigmas), whole=whole),
        cell_px=cell_px,
        sigmas_px=sigmas,
        size_px=size_px,
        whole=whole,
    )


def cells_of(
    made: Trees, given: Input, samples: Sequence[Sample], seed: int, variety: Variety
) -> list[Cells]:
    """Return cells of each sample to learn from, also as seen through other microscopes.

    Parameters
    ----------
    made, given
        What the forest is made of, and how pictures are prepared for it.
    samples : sequence of Sample
        To learn from.
    seed : int
        Of everything that is drawn.
    variety : Variety
        How different the pictures may be that it will meet.
    """
    copies = next(count for most, count in _COPIES if len(samples) <= most)
    told = []
    for number, sample in enumerate(samples):
        rng = np.random.default_rng([seed, 7, number])
        parts = list(_looks(made, given, sample, rng, variety, copies))
        told.append(_thinned(parts, rng))
    return told


def grow(made: Trees, cells: Sequence[Cells], classes: int, *, seed: int = 0) -> TreeArrays:
    """Return a forest that has learned from cells; the same seed gives the same trees.

    Parameters
    ----------
    made : Trees
        What it is made of.
    cells : sequence of Cells
        Of each sample, as `cells_of` returns them.
    classes : int
        How many there are.
    seed : int
        Of everything that is drawn.

    Raises
    ------
    UsageError
        If scikit-learn is not installed.
    """
    try:
        from sklearn.ensemble import RandomForestClassifier
    except ImportError:
        raise UsageError(
            "A forest is grown by scikit-learn, which is not installed.",
            'Install it: pip install "saccade[learn]". To look with a forest needs nothing.',
        ) from None
    features = np.concatenate([each.features for each in cells])
    kinds = np.concatenate([each.kinds for each in cells])
    if len(kinds) > _MOST_CELLS:
        some = np.random.default_rng([seed, 8]).permutation(len(kinds))[:_MOST_CELLS]
        features, kinds = features[some], kinds[some]
    forest = RandomForestClassifier(
        n_estimators=made.number,
        max_depth=made.depth,
        min_samples_leaf=1 if made.whole else _LEAF,
        class_weight="balanced" if made.whole else None,
        random_state=seed,
    )
    forest.fit(features, kinds)
    return as_arrays(forest, made.depth, classes)


def as_arrays(forest: Any, depth: int, classes: int) -> TreeArrays:
    """Return a forest of scikit-learn as arrays that tell the same.

    Parameters
    ----------
    forest : RandomForestClassifier
        Fitted; 0 is ground.
    depth : int
        Of its deepest tree at most.
    classes : int
        Beside ground.
    """
    count, nodes = len(forest.estimators_), 2**depth - 1
    feature = np.zeros((count, nodes), np.uint8)
    threshold = np.full((count, nodes), _NEVER, np.float32)
    share = np.zeros((count, nodes + 1, classes), np.float32)
    known = [int(kind) for kind in forest.classes_]
    for number, each in enumerate(forest.estimators_):
        grown = each.tree_
        at = {0: 0}  # node of the complete tree to node of the grown one
        for place in range(nodes):
            node = at[place]
            left, right = int(grown.children_left[node]), int(grown.children_right[node])
            if left < 0:  # a leaf: all go left, and stay there
                at[2 * place + 1] = at[2 * place + 2] = node
                continue
            feature[number, place] = grown.feature[node]
            threshold[number, place] = _down(grown.threshold[node])
            at[2 * place + 1], at[2 * place + 2] = left, right
        leaves = grown.value[[at[nodes + leaf] for leaf in range(nodes + 1)], 0]
        leaves = leaves / leaves.sum(axis=1, keepdims=True)
        for column, kind in enumerate(known):
            if kind:
                share[number, :, kind - 1] = leaves[:, column]
    return TreeArrays(feature, threshold, np.clip(share, 0, 1))


def _down(threshold: float) -> np.float32:
    """Return the greatest float32 that is no greater: of float32 the same are above it."""
    near = np.float32(threshold)
    return near if float(near) <= threshold else np.nextafter(near, np.float32(-np.inf))


def _looks(
    made: Trees,
    given: Input,
    sample: Sample,
    rng: np.random.Generator,
    variety: Variety,
    copies: int,
) -> Iterator[Cells]:
    prepared = prepared_picture(sample.pictures[-1], 1.0, given.low, given.high)
    features = features_of(made, compressed(prepared.copy(), given.compress))
    yield _labelled(made, features, sample, sample)
    ready = replace(sample, pictures=(prepared,))
    for _ in range(copies):
        piece = crop(ready, min(max(sample.shape_px), 1024), variety, rng)
        features = features_of(made, compressed(piece.pictures[-1], given.compress))
        yield _labelled(made, features, sample, piece, piece.valid)


def _labelled(
    made: Trees,
    features: NDArray[np.float32],
    sample: Sample,
    seen: Sample | Crop,
    valid: NDArray[np.bool_] | None = None,
) -> Cells:
    shape = features.shape[1:]
    if made.whole:
        kind = int(sample.kinds[0]) + 1 if len(sample.kinds) else 0
        return Cells(features.reshape(1, -1), np.array([kind], np.intp))
    kinds = np.zeros(shape, np.intp)
    rows, cols = ((np.arange(side) + 0.5) * made.cell_px - 0.5 for side in shape)
    away = np.full(shape, np.inf)
    for (y, x), kind, size in zip(seen.places_px, seen.kinds, seen.sizes_px, strict=True):
        radius = (size or made.size_px) / 2
        distance = np.hypot(rows[:, None] - y, cols[None, :] - x) / max(radius, made.cell_px)
        nearer = distance < away
        kinds[nearer & (distance <= _RIM)] = -1
        kinds[nearer & (distance <= _CORE)] = kind + 1
        away = np.minimum(away, distance)
    for (y, x), _, size in zip(*seen.unsure, strict=True):
        distance = np.hypot(rows[:, None] - y, cols[None, :] - x)
        kinds[(kinds == 0) & (distance <= _RIM * (size or made.size_px) / 2)] = -1
    told = kinds >= 0
    if valid is not None:
        half = made.cell_px // 2
        told &= valid[half :: made.cell_px, half :: made.cell_px][: shape[0], : shape[1]]
    return Cells(features[:, told].T, kinds[told])


def _thinned(parts: Sequence[Cells], rng: np.random.Generator) -> Cells:
    """Return the cells of a sample, of the ground not more than forests need."""
    kept = []
    for part in parts:
        core = np.flatnonzero(part.kinds)
        ground = np.flatnonzero(part.kinds == 0)
        most = max(_LEAST_GROUND, _GROUND_A_CORE * len(core))
        chosen = np.concatenate([core, rng.permutation(ground)[:most]])
        kept.append(Cells(part.features[chosen], part.kinds[chosen]))
    features = np.concatenate([each.features for each in kept])
    return Cells(features, np.concatenate([each.kinds for each in kept]))
