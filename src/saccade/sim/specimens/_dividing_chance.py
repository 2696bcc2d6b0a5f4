"""Random numbers whose key is who and what they are for, never the order of asking."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_GOLDEN, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_TO_UNIT = 2.0**-53
_ALL = 2**64 - 1


def mix(keys: ArrayLike, *words: int) -> NDArray[np.uint64]:
    """Return keys mixed with words, (n,): SplitMix64 (Steele, Lea & Flood, OOPSLA 2014).

    Parameters
    ----------
    keys : array of uint64
        At least one-dimensional in the result.
    words : int
        What the numbers are for: a purpose, a step, an axis.
    """
    purpose = 0
    for word in words:
        purpose = _scrambled_int(purpose ^ _scrambled_int(word & _ALL))
    state = np.atleast_1d(np.asarray(keys, np.uint64))
    return _scrambled(_scrambled(state) ^ np.uint64(purpose))


def uniform(keys: ArrayLike, *words: int) -> NDArray[np.float64]:
    """Return numbers in (0, 1), (n,), one a key."""
    return (mix(keys, *words) >> np.uint64(11)).astype(np.float64) * _TO_UNIT + _TO_UNIT / 2


def normal(keys: ArrayLike, *words: int) -> NDArray[np.float64]:
    """Return standard normal numbers, (n,), one a key (Box & Muller, 1958)."""
    radius = np.sqrt(-2 * np.log(uniform(keys, *words, 0)))
    return radius * np.cos(2 * np.pi * uniform(keys, *words, 1))  # type: ignore[no-any-return]


def generator(key: int, *words: int) -> np.random.Generator:
    """Return a generator for one key, for many numbers of one purpose."""
    return np.random.default_rng([int(key), *words])


def _scrambled(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    z = state + np.uint64(_GOLDEN)
    z ^= z >> np.uint64(30)
    z *= np.uint64(_FIRST)
    z ^= z >> np.uint64(27)
    z *= np.uint64(_SECOND)
    z ^= z >> np.uint64(31)
    return z


def _scrambled_int(z: int) -> int:
    z = (z + _GOLDEN) & _ALL
    z = ((z ^ (z >> 30)) * _FIRST) & _ALL
    z = ((z ^ (z >> 27)) * _SECOND) & _ALL
    return z ^ (z >> 31)
