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

    Places take turns as far as the stage can visit several within a fast interval; those
    that share a turn don't overlap: every way to lay so many bursts into the run is equally
    likely.

    Parameters
    ----------
    means : Means
        Length and light of a burst; places.
    dose_j_per_cm2 : float
        What all of them may cost; the last may be shorter. It is not spent where the run has
        no room for so many.
    seed : int
        Of the draw.
    """
    turns, last_s = means.turns, means.duration_s - means.turns * means.visit_s
    ticks = math.floor(last_s / means.step_s) + 1
    burst = min(means.burst, ticks)
    if burst < 1:
        return
    gap = max(math.ceil(means.visit_s / means.step_s - 1e-9) - 1, 0)
    moments = means.moments(dose_j_per_cm2)
    rng = np.random.default_rng([seed, _RANDOM])
    at = rng.integers(0, len(means.places), math.ceil(moments / burst)).tolist()
    drawn = []
    for turn in range(turns):
        places = [place for place in at if place % turns == turn][: ticks // (burst + gap)]
        free = ticks - len(places) * (burst + gap)
        starts = np.sort(rng.integers(0, free + 1, len(places)))
        starts += np.arange(len(places)) * (burst + gap)
        drawn += [(tick, turn, place) for tick, place in zip(starts.tolist(), places, strict=True)]
    looks: list[Look] = []
    for tick, turn, place in sorted(drawn):
        for number in range(tick, tick + min(burst, moments)):
            t_s = number * means.step_s + turn * means.visit_s
            looks += means.looks(t_s, means.places[place], "burst")
        moments = max(moments - burst, 0)
    yield from sorted(looks)


def _rates(fast_s: float) -> dict[str, float]:
    return {"fixed-fast": fast_s, f"fixed-{SLACK:g}x": SLACK * fast_s}
