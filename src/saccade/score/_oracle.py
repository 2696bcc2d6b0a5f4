"""A contender that reads the truth: the most occurrence time that a dose can buy."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ._captured import SLACK
from ._path import Programme, Trace, follow_back, task_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from saccade.sim.world import Occurrence

    from ._means import Look, Means, Place
    from ._path import Floats, Ints, Task

_PRICES = 48
_ROUNDS = 3


def oracle(
    means: Means, occurrences: Iterable[Occurrence], dose_j_per_cm2: float
) -> Iterator[Look]:
    """Yield the schedule that captures most for a dose, at the fast rate, by the truth.

    Time is cut into fast intervals. At each of their ends the oracle visits as many places
    as the stage can within one of them, each at a moment of its own, or takes no picture. A
    place whose moment another has, too, waits for its turn; where one visit is all there is
    time for, a change of place takes the stage its time. What an interval captures is known,
    and each picture costs the same. So this is a shortest path with a budget, solved by
    Lagrangian relaxation: a price for a picture, one dynamic programme for that price, and
    the price for which the budget is just spent. Where two schedules are best for the same
    price, one too cheap and one too dear, it follows the dear one first and then the cheap
    one, which costs at most the few intervals at the change (up to that it is optimal:
    Everett 1963, Oper. Res. 11:399).

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
    visit_s, turns = means.visit_s, means.turns
    travel = max(1, math.ceil(visit_s / step_s - 1e-9))
    groups = [means.places[turn::turns] for turn in range(turns)]
    truth = tuple(occurrences)
    values = [
        worth(replace(means, places=places), truth, step_s, turn * visit_s)
        for turn, places in enumerate(groups)
    ]
    chosen = best(values, means.moments(dose_j_per_cm2), travel)
    for tick, turn, place in sorted((k, g, p) for g, one in enumerate(chosen) for k, p in one):
        yield from means.looks(tick * step_s + turn * visit_s, groups[turn][place], "burst")


def worth(
    means: Means, occurrences: Iterable[Occurrence], step_s: float, first_s: float = 0.0
) -> Floats:
    """Return the occurrence time that each interval holds at each place, (place, interval).

    Parameters
    ----------
    means : Means
        Places and field of view.
    occurrences : iterable of Occurrence
        The truth.
    step_s : float
        Length of an interval.
    first_s : float
        Start of the first.
    """
    count = math.floor((means.duration_s - first_s) / step_s) + 1
    ticks = first_s + np.arange(max(count, 0)) * step_s
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


def best(groups: Sequence[Floats], budget: int, travel: int = 1) -> list[list[tuple[int, int]]]:
    """Return the ticks at which to take a picture, and the place of each.

    Parameters
    ----------
    groups : sequence of array of float, (place, interval)
        What an interval is worth if a picture of the place is taken at both of its ends. At
        a tick there can be one picture of each group.
    budget : int
        Most pictures, of all groups.
    travel : int
        Ticks from a picture at one place to the next at another of its group, at least 1.

    Returns
    -------
    list of list of (tick, place)
        Of each group, in order; worth at most ``travel`` intervals of each group less than
        the best that there is.
    """
    chosen: list[list[tuple[int, int]]] = [[] for _ in groups]
    worthwhile = [number for number, values in enumerate(groups) if values.any()]
    if budget < 2 or not worthwhile:
        return chosen
    tasks = [task_of(groups[number], travel) for number in worthwhile]
    prices = _bracket(tasks, budget)
    ticks = 1 + max(values.shape[1] for values in groups)
    # (price, group, tick)
    places = np.stack([_schedules(task, prices, ticks) for task in tasks], axis=1)
    joined = _joined(places[0], places[-1], budget)
    for number, row in zip(worthwhile, joined, strict=True):
        chosen[number] = _travelled(row, travel)
    return chosen


def _bracket(tasks: Sequence[Task], budget: int) -> Floats:
    """Return two prices, nearly the same, at which too much is spent and enough is left.

    It is one price where the budget pays for everything.
    """
    low, high = 0.0, max(float((t.gains / t.lengths[:, None]).max()) for t in tasks)
    for _ in range(_ROUNDS):
        prices = np.linspace(low, high, _PRICES + 1)[1:]
        counts = np.sum([Programme(task, prices).solve() for task in tasks], axis=0)
        first = int(np.argmax(counts <= budget))
        low, high = (float(prices[first - 1]) if first else low), float(prices[first])
    return np.array([low, high] if low else [high])


def _schedules(task: Task, prices: Floats, ticks: int) -> Ints:
    """Return the place at each tick of a best schedule, -1 for no picture: (price, tick)."""
    trace = Trace((*task.gains.shape, len(prices)))
    Programme(task, prices, trace).solve()
    found = np.full((len(prices), ticks), -1, np.intp)
    for number in range(len(prices)):
        places = follow_back(task, trace, number)
        found[number, : len(places)] = places
    return found


def _joined(dear: Ints, cheap: Ints, budget: int) -> Ints:
    """Return the dear schedules as long as the budget allows the cheap ones after them."""
    spent = np.concatenate(([0], np.cumsum((dear >= 0).sum(axis=0))))
    to_come = np.concatenate((np.cumsum((cheap >= 0).sum(axis=0)[::-1])[::-1], [0]))
    cut = int(np.flatnonzero(spent + to_come <= budget).max(initial=0))
    return np.concatenate((dear[:, :cut], cheap[:, cut:]), axis=1)


def _travelled(places: Ints, travel: int) -> list[tuple[int, int]]:
    """Return a schedule without the pictures that the stage could not be there for."""
    chosen: list[tuple[int, int]] = []
    for tick in np.flatnonzero(places >= 0).tolist():
        place = int(places[tick])
        if not chosen or place == chosen[-1][1] or tick - chosen[-1][0] >= travel:
            chosen.append((tick, place))
    return chosen


def _sees(place: Place, occurrence: Occurrence, field_um: tuple[float, float]) -> bool:
    width_um, height_um = field_um
    return (
        abs(occurrence.x_um - place.x_um) <= width_um / 2
        and abs(occurrence.y_um - place.y_um) <= height_um / 2
    )
