"""Contenders that never decide: fixed rates, and bursts at random."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ._captured import SLACK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._means import Look, Means

_RANDOM = 0x5CA7


def fixed(means: Means, interval_s: float, count: int) -> Iterator[Look]:
    """Yield a fixed rate: some of the places in turn, or as fast as the stage can go.

    Parameters
    ----------
    means : Means
        The light is that of a burst.
    interval_s : float
        From one visit of a place to the next.
    count : int
        How many of the places, the first ones.
    """
    step_s = means.moment_s + (means.move_s if count > 1 else 0.0)
    cycle_s = max(interval_s, count * step_s)
    for cycle in range(math.floor(means.duration_s / cycle_s) + 1):
        for number, place in enumerate(means.places[:count]):
            yield from means.looks(cycle * cycle_s + number * step_s, place)


def ladder(means: Means, slow_s: float) -> dict[str, tuple[float, int]]:
    """Return the fixed rates that a protocol has to beat: intervals and numbers of places.

    The fast interval; the longest that still counts as fast, `SLACK` times it, which is the
    cheapest way to capture; and the geometric mean of fast and slow. Each of the first two
    at one place, half of the places and all of them.

    Parameters
    ----------
    means : Means
        Places and fast interval.
    slow_s : float
        Interval of the watch.
    """
    every = len(means.places)
    rates = {
        name if n == every else f"{name}@{n}": (interval_s, n)
        for name, interval_s in _rates(means.fast_s).items()
        for n in dict.fromkeys((every, math.ceil(every / 2), 1))
    }
    if slow_s > means.fast_s:
        rates["fixed-middle"] = (math.sqrt(means.fast_s * slow_s), every)
    return rates


def random_bursts(means: Means, dose_j_per_cm2: float, seed: int) -> Iterator[Look]:
    """Yield bursts as the protocol's at random times and places, for a given dose.

    They do not overlap: every way to lay so many bursts into the run is equally likely.

    Parameters
    ----------
    means : Means
        Length and light of a burst; places.
    dose_j_per_cm2 : float
        What all of them may cost; the last may be shorter.
    seed : int
        Of the draw.
    """
    burst = min(means.burst, math.floor((means.duration_s - means.move_s) / means.step_s))
    if burst < 1:
        return
    length_s = burst * means.step_s + means.move_s
    moments = means.moments(dose_j_per_cm2)
    count = min(math.ceil(moments / burst), math.floor(means.duration_s / length_s))
    rng = np.random.default_rng([seed, _RANDOM])
    free_s = means.duration_s - count * length_s
    starts = np.sort(rng.uniform(0, free_s, count)) + np.arange(count) * length_s
    places = rng.integers(0, len(means.places), count)
    for start_s, place in zip(starts.tolist(), places.tolist(), strict=True):
        for number in range(min(burst, moments)):
            at_s = start_s + means.move_s + number * means.step_s
            yield from means.looks(at_s, means.places[place], "burst")
        moments -= burst


def _rates(fast_s: float) -> dict[str, float]:
    return {"fixed-fast": fast_s, f"fixed-{SLACK:g}x": SLACK * fast_s}
