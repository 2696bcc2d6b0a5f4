"""The best schedules for a price of a picture: one dynamic programme for many prices."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.intp]


class Task(NamedTuple):
    """What can be gained where and when, at the ticks where a schedule may change.

    What a picture is worth changes only where something begins or ends. So the best
    schedule comes to a place, or leaves it, at such a tick, or in time for it: just as long
    before or after as the stage travels. Between two of these nodes it takes a picture at
    every tick, or none.
    """

    gains: Floats
    """(node, place): what is captured since the node before by pictures at every tick."""
    lengths: Ints
    """Ticks since the node before, at least 1."""
    ticks: Ints
    """Of the nodes."""
    travel: int
    """Ticks from a picture at one place to the next at another."""

    @property
    def before(self) -> Ints:
        """Index of the newest node from which another place can be reached; -1 for none."""
        return np.searchsorted(self.ticks, self.ticks - self.travel, side="right") - 1


def task_of(values: Floats, travel: int) -> Task:
    """Return the task that some values set.

    Parameters
    ----------
    values : array of float, (place, interval)
        What is captured in each interval by pictures of a place at both of its ends.
    travel : int
        Ticks from a picture at one place to the next at another, at least 1.
    """
    padded = np.pad(values, ((0, 0), (1, 1))).T
    changes = np.flatnonzero((np.diff(padded, axis=0) != 0).any(axis=1))
    near = np.concatenate((changes, changes - travel, changes + travel))
    ticks = np.unique(near[(near >= 0) & (near <= values.shape[1])])
    lengths = np.diff(ticks, prepend=ticks[0] - 1)
    # Nothing changes between two nodes, so the last interval stands for all.
    return Task(padded[ticks] * lengths[:, None], lengths, ticks, travel)


class Trace:
    """How the best schedules came about, to be followed back.

    Parameters
    ----------
    shape : tuple of int
        Numbers of nodes, places and prices.
    """

    def __init__(self, shape: tuple[int, int, int]) -> None:
        nodes, _, prices = shape
        self.came = np.zeros(shape, np.int8)
        """How a picture followed the one before: `ON`, `RESTED` or `ANEW`."""
        self.rested = np.full((nodes + 1, *shape[1:]), -1, np.intp)
        """Node of the last picture at the place before this node's."""
        self.ends = np.full((nodes + 1, prices, 2), -1, np.intp)
        """Node and place of the last picture of the best schedule until a node."""


ON, RESTED, ANEW = 0, 1, 2


class Programme:
    """The best schedules until a node, for each price; their worth and number of pictures.

    A picture follows the one at the same place at the node before, and captures what is
    between; or one at the same place earlier; or one anywhere that leaves the stage time to
    travel; or none.

    Parameters
    ----------
    task : Task
        What can be gained.
    prices : array of float
        Of a picture, in units of what is gained.
    trace : Trace, optional
        Gets how the schedules came about.
    """

    def __init__(self, task: Task, prices: Floats, trace: Trace | None = None) -> None:
        (nodes, places), count = task.gains.shape, len(prices)
        self._task, self._prices, self._trace = task, prices, trace
        # Last picture here and now; here, at any time before; anywhere by a node, and the
        # last row of that is before the first node.
        self._here = np.full((places, count), -np.inf)
        self._rests = np.full((places, count), -np.inf)
        self._until = np.zeros((nodes + 1, count))
        self._here_n, self._rests_n = (np.zeros((places, count), np.intp) for _ in range(2))
        self._until_n = np.zeros((nodes + 1, count), np.intp)

    def solve(self) -> Ints:
        """Return how many pictures the best schedule takes, for each price."""
        for node, before in enumerate(self._task.before.tolist()):
            self._rest(node)
            self._photograph(node, before)
            self._end(node)
        counts: Ints = self._until_n[len(self._task.ticks) - 1]
        return counts

    def _rest(self, node: int) -> None:
        newer = self._here > self._rests
        self._rests = np.where(newer, self._here, self._rests)
        self._rests_n = np.where(newer, self._here_n, self._rests_n)
        if self._trace is not None:
            rested = self._trace.rested
            rested[node] = np.where(newer, node - 1, rested[node - 1])

    def _photograph(self, node: int, before: int) -> None:
        length, gains = self._task.lengths[node], self._task.gains[node, :, None]
        on, anew = self._here + gains - (length - 1) * self._prices, self._until[before]
        rested = self._rests > on
        best = np.where(rested, self._rests, on)
        travelled = anew > best
        self._here = np.where(travelled, anew, best) - self._prices
        count = np.where(rested, self._rests_n, self._here_n + length - 1)
        self._here_n = np.where(travelled, self._until_n[before], count) + 1
        if self._trace is not None:
            self._trace.came[node] = np.where(travelled, ANEW, np.where(rested, RESTED, ON))

    def _end(self, node: int) -> None:
        place = self._here.argmax(axis=0)
        columns = np.arange(len(place))
        top, last = self._here[place, columns], self._until[node - 1]
        better = top > last
        self._until[node] = np.where(better, top, last)
        count = self._here_n[place, columns]
        self._until_n[node] = np.where(better, count, self._until_n[node - 1])
        if self._trace is not None:
            ends = self._trace.ends
            ends[node] = ends[node - 1]
            ends[node, better, 0] = node
            ends[node, better, 1] = place[better]


def follow_back(task: Task, trace: Trace, price: int) -> Ints:
    """Return the place at each tick of a best schedule, -1 for no picture.

    Parameters
    ----------
    task : Task
        As it was solved.
    trace : Trace
        As `Programme.solve` filled it.
    price : int
        Which of the prices.
    """
    before, ticks = task.before, task.ticks
    places = np.full(ticks[-1] + 1, -1, np.intp)
    node, place = trace.ends[len(ticks) - 1, price]
    while node >= 0:
        places[ticks[node]] = place
        came = trace.came[node, place, price]
        if came == ON:
            places[ticks[node - 1] : ticks[node]] = place
            node -= 1
        elif came == RESTED:
            node = trace.rested[node, place, price]
        else:
            node, place = trace.ends[before[node], price]
    return places
