"""A contender that reads the truth: the most occurrence time that a dose can buy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ._captured import SLACK
from ._path import Programme, Trace, follow_back, task_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from saccade.sim.world import Occurrence

    from ._means import Look, Means, Place
    from ._path import Floats, Ints, Task

_PRICES = 48
_ROUNDS = 3


def oracle(
    means: Means, occurrences: Iterable[Occurrence], dose_j_per_cm2: float
) -> Iterator[Look]:
    """Yield the schedule that captures most for a dose, at the fast rate, by the truth.

    Time is cut into fast intervals. At each of their ends the oracle stands at one of the
    places or takes no picture; a change of place takes the stage its time. What an interval
    captures is known, and each picture costs the same. So this is a shortest path with a
    budget, solved by Lagrangian relaxation: a price for a picture, one dynamic programme for
    that price, and the price for which the budget is just spent. Where two schedules are
    best for the same price, one too cheap and one too dear, it follows the dear one first
    and then the cheap one, which costs at most the few intervals at the change (up to that
    it is optimal: Everett 1963, Oper. Res. 11:399).

    Parameters
    ----------
    means : Means
        Places, light, and what stage and camera can do.
    occurrences : iterable of Occurrence
        The truth.
    dose_j_per_cm2 : float
        What may be spent at most.
    """
    step_s = means.step_s
    if step_s > SLACK * means.fast_s:
        return
    values = worth(means, occurrences, step_s)
    travel = max(1, math.ceil((means.moment_s + means.move_s) / step_s - 1e-9))
    for tick, place in best(values, means.moments(dose_j_per_cm2), travel):
        yield from means.looks(tick * step_s, means.places[place], "burst")


def worth(means: Means, occurrences: Iterable[Occurrence], step_s: float) -> Floats:
    """Return the occurrence time that each interval holds at each place, (place, interval).

    Parameters
    ----------
    means : Means
        Places and field of view.
    occurrences : iterable of Occurrence
        The truth.
    step_s : float
        Length of an interval.
    """
    ticks = np.arange(math.floor(means.duration_s / step_s) + 1) * step_s
    values = np.zeros((len(means.places), max(len(ticks) - 1, 0)))
    for each in occurrences:
        low = max(int(np.searchsorted(ticks, each.onset_s, side="right")) - 1, 0)
        high = int(np.searchsorted(ticks, each.end_s))
        begins = np.maximum(ticks[low:high], each.onset_s)
        ends = np.minimum(ticks[low + 1 : high + 1], each.end_s)
        seen = [_sees(place, each, means.field_um) for place in means.places]
        count = len(ends)
        values[seen, low : low + count] += np.maximum(ends - begins[:count], 0)
    return values


def best(values: Floats, budget: int, travel: int = 1) -> list[tuple[int, int]]:
    """Return the ticks at which to take a picture, and the place of each.

    Parameters
    ----------
    values : array of float, (place, interval)
        What an interval is worth if a picture of the place is taken at both of its ends.
    budget : int
        Most pictures.
    travel : int
        Ticks from a picture at one place to the next at another, at least 1.

    Returns
    -------
    list of (tick, place)
        In order; worth at most a few intervals less than the best that there is.
    """
    if budget < 2 or not values.any():
        return []
    task = task_of(values, travel)
    prices = _bracket(task, budget)
    trace = Trace((*task.gains.shape, len(prices)))
    Programme(task, prices, trace).solve()
    dear, cheap = (follow_back(task, trace, number) for number in (0, -1))
    return _joined(dear, cheap, budget, travel)


def _bracket(task: Task, budget: int) -> Floats:
    """Return two prices, nearly the same, at which too much is spent and enough is left.

    It is one price where the budget pays for everything.
    """
    low, high = 0.0, float((task.gains / task.lengths[:, None]).max())
    for _ in range(_ROUNDS):
        prices = np.linspace(low, high, _PRICES + 1)[1:]
        first = int(np.argmax(Programme(task, prices).solve() <= budget))
        low, high = (float(prices[first - 1]) if first else low), float(prices[first])
    return np.array([low, high] if low else [high])


def _joined(dear: Ints, cheap: Ints, budget: int, travel: int) -> list[tuple[int, int]]:
    """Return the dear schedule as long as the budget allows the cheap one after it."""
    spent = np.concatenate(([0], np.cumsum(dear >= 0)))
    to_come = np.concatenate((np.cumsum((cheap >= 0)[::-1])[::-1], [0]))
    cut = int(np.flatnonzero(spent + to_come <= budget).max(initial=0))
    chosen: list[tuple[int, int]] = []
    for tick, place in enumerate([*dear[:cut].tolist(), *cheap[cut:].tolist()]):
        if place < 0:
            continue
        if chosen and place != chosen[-1][1] and tick - chosen[-1][0] < travel:
            continue  # the stage can't be there yet
        chosen.append((tick, place))
    return chosen[:budget]


def _sees(place: Place, occurrence: Occurrence, field_um: tuple[float, float]) -> bool:
    width_um, height_um = field_um
    return (
        abs(occurrence.x_um - place.x_um) <= width_um / 2
        and abs(occurrence.y_um - place.y_um) <= height_um / 2
    )
