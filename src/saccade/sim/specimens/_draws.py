"""Random numbers that belong to an object, whoever else lives and dies."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

_BLOCK = 64
_TRAITS, _STEPS = 1, 2


def trait_draws(seed: int, tracks: Iterable[int], count: int) -> NDArray[np.float32]:
    """Return uniform numbers that each object keeps for life.

    Parameters
    ----------
    seed : int
        Of the specimen.
    tracks : iterable of int
        Which objects.
    count : int
        How many numbers each.

    Returns
    -------
    array of float32, (object, count)
        In [0, 1).
    """
    rows = [
        np.random.default_rng([seed, _TRAITS, int(t)]).random(count, np.float32) for t in tracks
    ]
    return np.array(rows, np.float32).reshape(-1, count)


def step_draws(seed: int, tracks: NDArray[np.int64], step: int, count: int) -> NDArray[np.float64]:
    """Return standard normal numbers of each object at a step, (object, count).

    They are keyed by object and step, so that light on one object, which may change who
    lives, never changes the chance of another.

    Parameters
    ----------
    seed : int
        Of the specimen.
    tracks : array of int64
        Which objects.
    step : int
        Number of the internal step.
    count : int
        How many numbers each.
    """
    block, row = divmod(step, _BLOCK)
    rows = [_block(seed, track, block, count)[row] for track in tracks.tolist()]
    return np.array(rows).reshape(-1, count)


@lru_cache(maxsize=16384)
def _block(seed: int, track: int, block: int, count: int) -> NDArray[np.float64]:
    rng = np.random.default_rng([seed, _STEPS, track, block])
    return rng.standard_normal((_BLOCK, count))


def pair_draws(seed: int, pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return one uniform number in [0, 1) for each pair of objects, (n,).

    A hash, the finaliser of SplitMix64 (Steele et al., OOPSLA 2014), so that a pair needs no
    memory.

    Parameters
    ----------
    seed : int
        Of the specimen.
    pairs : array of int64, (n, 2)
        Identities; their order does not matter.
    """
    ordered = np.sort(pairs, axis=1).astype(np.uint64)
    mixed = _mix(_mix(ordered[:, 0] + np.uint64(seed % 2**32)) ^ ordered[:, 1])
    return (mixed >> np.uint64(11)).astype(float) / 2.0**53


def _mix(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    z = z + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def child_tracks(parents: NDArray[np.int64], founders: int) -> NDArray[np.int64]:
    """Return the identities of two daughters of each parent, (n, 2).

    A numbered tree: founders are 0 to n - 1, and no two objects share a number, whatever
    divides first.

    Parameters
    ----------
    parents : array of int64
        Who divides.
    founders : int
        How many there were at the start.
    """
    first = 2 * parents + founders
    return np.stack((first, first + 1), axis=1)
