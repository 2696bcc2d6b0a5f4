"""Scores of a watch over time, and what each threshold would have made of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ._statistics import Interval

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

_TAIL = 0.025


@dataclass(frozen=True, eq=False)
class Trace:
    """What a detector said of one place of a watch, and when something was there to see.

    Parameters
    ----------
    t_s : array of float, (n,)
        Times of the frames, in order.
    scores : array of float, (n,)
        NaN where the frame could not be judged.
    there_s : tuple of (float, float)
        Onset and end of each occurrence in view.
    hours : float
        How long the watch was.
    """

    t_s: NDArray[np.float64]
    scores: NDArray[np.float64]
    there_s: tuple[tuple[float, float], ...]
    hours: float

    def holds(self) -> NDArray[np.bool_]:
        """Return in which frames something is going on."""
        on = np.zeros(len(self.t_s), bool)
        for onset_s, end_s in self.there_s:
            on |= (self.t_s >= onset_s) & (self.t_s <= end_s)
        return on


class Trigger(NamedTuple):
    """What makes a policy act, as far as a score alone decides it."""

    above: float
    below: float
    dwell: int = 1
    lasts_s: float = 0.0
    """How long what it does lasts; meanwhile it does not act again."""


class Point(NamedTuple):
    """What a threshold comes to, over some traces."""

    above: float
    precision: float
    recall: float
    false_per_h: float
    acts_per_h: float
    right: int = 0
    wrong: int = 0
    """Acts, of which precision is the share that is right."""
    caught: int = 0
    there: int = 0
    """Occurrences, of which recall is the share that is caught."""


def acts(trace: Trace, trigger: Trigger) -> list[float]:
    """Return when a policy would act: risen for so many frames, and armed again only below.

    Parameters
    ----------
    trace : Trace
        Of one place.
    trigger : Trigger
        Its thresholds.
    """
    found: list[float] = []
    armed, high, free_s = True, 0, -math.inf
    for t_s, score in zip(trace.t_s.tolist(), trace.scores.tolist(), strict=True):
        if score <= trigger.below:
            armed = True
        high = high + 1 if score >= trigger.above else 0
        if armed and high >= trigger.dwell and t_s >= free_s:
            found.append(t_s)
            armed, high, free_s = False, 0, t_s + trigger.lasts_s
    return found


def points(
    traces: Sequence[Trace], trigger: Trigger, levels: Iterable[float], margin_s: float
) -> list[Point]:
    """Return what each of some thresholds comes to.

    Parameters
    ----------
    traces : sequence of Trace
        Of all places of all worlds.
    trigger : Trigger
        What stays as it is; ``below`` is lowered with ``above`` where it must be.
    levels : iterable of float
        Values of ``above``.
    margin_s : float
        An act is right if something goes on while it lasts, or so long before or after.
    """
    hours = math.fsum(trace.hours for trace in traces)
    there = sum(len(trace.there_s) for trace in traces)
    found = []
    for above in levels:
        tried = trigger._replace(above=above, below=min(trigger.below, 0.9 * above))
        right = wrong = caught = 0
        for trace in traces:
            times_s = acts(trace, tried)
            hits = [_hits(trace, t_s, tried.lasts_s, margin_s) for t_s in times_s]
            right += sum(map(bool, hits))
            wrong += sum(not each for each in hits)
            caught += len({number for each in hits for number in each})
        found.append(
            Point(
                above,
                right / (right + wrong) if right + wrong else math.nan,
                caught / there if there else math.nan,
                wrong / hours if hours else math.nan,
                (right + wrong) / hours if hours else math.nan,
                right,
                wrong,
                caught,
                there,
            )
        )
    return found


def _hits(trace: Trace, t_s: float, lasts_s: float, margin_s: float) -> list[int]:
    return [
        number
        for number, (onset_s, end_s) in enumerate(trace.there_s)
        if onset_s <= t_s + lasts_s + margin_s and end_s >= t_s - margin_s
    ]


def foreseen(counts: Sequence[int], hours: Sequence[float], next_hours: float) -> Interval:
    """Return a rate per hour, and in what interval that of other worlds will lie, 95 %.

    Counts of worlds are taken for quasi-Poisson: Poisson, as many times more scattered as they
    show (McCullagh & Nelder 1989, section 6.2; never less). With Jeffreys' prior what others will
    show is negative binomial.

    Parameters
    ----------
    counts : sequence of int
        Of each world.
    hours : sequence of float
        How long each was watched.
    next_hours : float
        How long the others are watched, together.

    Raises
    ------
    ValueError
        If nothing was watched, or nothing will be.
    """
    from scipy.stats import nbinom

    total_h, total = math.fsum(hours), sum(counts)
    if not (total_h > 0 and next_hours > 0):
        raise ValueError("without hours there is no rate")
    rate = total / total_h
    scatter = 1.0
    if len(counts) > 1 and total:
        expected = rate * np.array(hours)
        chi2 = float(((np.array(counts) - expected) ** 2 / expected).sum())
        scatter = max(1.0, chi2 / (len(counts) - 1))
    shape = total / scatter + 0.5
    share = total_h / (total_h + next_hours)
    low, high = (scatter * float(nbinom.ppf(q, shape, share)) for q in (_TAIL, 1 - _TAIL))
    return Interval(rate, low / next_hours, high / next_hours)
