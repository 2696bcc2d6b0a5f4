"""Splits by what is independent: runs, movies, dishes; never by frame."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage

from saccade.core import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from ._sample import Sample

_THUMB_PX = 32
_AT_ONCE = 1024
_SAME = 0.995
"""Correlation of two thumbnails from which their pictures are the same, shifted in brightness."""


class Split(NamedTuple):
    """Samples to learn from, to calibrate on, and to test on; no group is in two of them."""

    train: list[Sample]
    calibrate: list[Sample]
    test: list[Sample]


def split_by_group(
    samples: Sequence[Sample], seed: int, shares: tuple[float, float, float] = (0.6, 0.2, 0.2)
) -> Split:
    """Return samples split by group, each part with about its share of the objects.

    Parameters
    ----------
    samples : sequence of Sample
        Of three groups or more.
    seed : int
        Of the draw.
    shares : tuple of float
        Of train, calibrate and test.

    Raises
    ------
    ModelError
        If there are fewer groups.
    """
    return Split(*parts_by_group(samples, seed, shares))


def parts_by_group(
    samples: Sequence[Sample], seed: int, shares: tuple[float, ...]
) -> list[list[Sample]]:
    """Return parts of samples, each with about its share of the objects; no group is in two.

    Parameters
    ----------
    samples : sequence of Sample
        Of as many groups as there are parts, or more.
    seed : int
        Of the draw.
    shares : tuple of float
        Of each part.

    Raises
    ------
    ModelError
        If there are fewer groups.
    """
    groups = sorted({each.group for each in samples})
    if len(groups) < len(shares):
        raise ModelError(
            f"{len(groups)} independent groups of pictures can't be divided into {len(shares)} "
            "parts: what is learned from, calibrated on and tested with must not be related.",
            "Add pictures of other runs, movies or dishes; frames of one run count as one.",
        )
    weight = {
        group: sum(1 + len(each.places_px) for each in samples if each.group == group)
        for group in groups
    }
    order = np.random.default_rng([seed, 1]).permutation(groups).tolist()
    order.sort(key=lambda group: -weight[group])  # stable: chance decides among equals
    parts: list[list[str]] = [[] for _ in shares]
    filled = np.zeros(len(shares))
    for number, group in enumerate(order):
        empty = [part for part in range(len(shares)) if not parts[part]]
        if len(order) - number <= len(empty):
            part = empty[0]
        else:
            part = int(np.argmin(filled / np.asarray(shares)))
        parts[part].append(group)
        filled[part] += weight[group]
    return [[each for each in samples if each.group in part] for part in parts]


def undivided(samples: Sequence[Sample], tell: Callable[[str], None]) -> list[Sample]:
    """Return samples whose groups share no picture: groups with the same one become one.

    Parameters
    ----------
    samples : sequence of Sample
        Of any groups.
    tell : callable
        Is told which become one.
    """
    alias = {each.group: each.group for each in samples}
    for first, second in duplicates(samples):
        one, other = (alias[samples[number].group] for number in (first, second))
        if one != other:
            tell(f"{samples[first].name} and {samples[second].name} are the same picture.")
            alias = {group: one if now == other else now for group, now in alias.items()}
    return [replace(each, group=alias[each.group]) for each in samples]


def drawn_anew(samples: Sequence[Sample], seed: int, number: int) -> list[Sample]:
    """Return the samples of groups that were drawn with replacement, as many as there are.

    Parameters
    ----------
    samples : sequence of Sample
        Of some groups.
    seed, number : int
        Of the draw.
    """
    groups = sorted({each.group for each in samples})
    drawn = np.random.default_rng([seed, 8, number]).choice(groups, len(groups))
    return [each for group in drawn for each in samples if each.group == group]


def alike(samples: Sequence[Sample], groups: int) -> list[str]:
    """Return a group for each sample, by the look of its pictures.

    Where nothing tells which pictures come from one experiment, those of one size, brightness,
    contrast, grain and size of objects are taken to be: what looks alike must not be on both
    sides of a split.

    Parameters
    ----------
    samples : sequence of Sample
        Of pictures.
    groups : int
        How many groups at most.
    """
    looks = np.array([_look(each) for each in samples])
    looks = (looks - looks.mean(axis=0)) / np.maximum(looks.std(axis=0), 1e-9)
    tree = linkage(looks, method="average")
    numbers = fcluster(tree, groups, criterion="maxclust")
    return [f"look {number}" for number in numbers]


def duplicates(samples: Sequence[Sample]) -> list[tuple[int, int]]:
    """Return pairs of samples of different groups that are the same picture, perhaps brighter."""
    thumbs = np.array([_thumb(each.pictures[-1]) for each in samples], np.float32)
    names = np.unique([each.group for each in samples], return_inverse=True)[1]
    found: list[tuple[int, int]] = []
    for start in range(0, len(samples), _AT_ONCE):  # all at once would not fit the memory
        stop = start + _AT_ONCE
        same = thumbs[start:stop] @ thumbs.T > _SAME
        same &= names[start:stop, None] != names[None, :]
        first, second = np.nonzero(np.triu(same, start + 1))
        found += zip((first + start).tolist(), second.tolist(), strict=True)
    return found


def _look(sample: Sample) -> NDArray[np.float64]:
    picture = sample.pictures[-1]
    quantiles = np.quantile(picture, [0.05, 0.5, 0.95, 0.998])
    grain = np.median(np.abs(np.diff(picture[::2, ::2], axis=1)))
    size = np.median(sample.sizes_px) if len(sample.sizes_px) else 0.0
    values = [*quantiles, grain, 3 * np.log1p(size), *(4 * np.log(sample.shape_px))]
    return np.log1p(np.maximum(values, 0)) if len(values) else np.zeros(1)


def _thumb(picture: NDArray[np.float32]) -> NDArray[np.float64]:
    small = cv2.resize(picture, (_THUMB_PX, _THUMB_PX), interpolation=cv2.INTER_AREA)
    flat = small.astype(float).ravel() - small.mean()
    return flat / max(float(np.linalg.norm(flat)), 1e-12)  # type: ignore[no-any-return]
