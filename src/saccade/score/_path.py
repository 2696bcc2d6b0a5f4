"""The best schedules for a price of a picture: one dynamic programme for many prices."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.intp]


class Task(NamedTuple):
    """What can be gained where and when."""

    gains: Floats
    """(tick, place): what the interval before a tick is worth, 0 after a break."""
    ticks: Ints
    """The ticks at which a picture may be worth something."""
    travel: int
    """Ticks from a picture at one place to the next at another."""

    @property
    def before(self) -> Ints:
        """Index of the newest tick from which another place can be reached; -1 for none."""
        return np.searchsorted(self.ticks, self.ticks - self.travel, side="right") - 1


class Trace:
    """How the best schedules came about, to be followed back.

    Parameters
    ----------
    shape : tuple of int
        Numbers of ticks, places and prices.
    """

    def __init__(self, shape: tuple[int, int, int]) -> None:
        ticks, _, prices = shape
        self.came = np.zeros(shape, np.int8)
        """How a picture followed the one before: `ON`, `RESTED` or `ANEW`."""
        self.rested = np.full((ticks + 1, *shape[1:]), -1, np.intp)
        """Tick of the last picture at the place before this tick's."""
        self.ends = np.full((ticks + 1, prices, 2), -1, np.intp)
        """Tick and place of the last picture of the best schedule until a tick."""


ON, RESTED, ANEW = 0, 1, 2


class Programme:
    """The best schedules until a tick, for each price; their worth and number of pictures.

    A picture follows the one at the same place at the tick before, and captures what is
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
        (ticks, places), count = task.gains.shape, len(prices)
        self._task, self._prices, self._trace = task, prices, trace
        # Last picture here and now; here, at any time before; anywhere by a tick, and the
        # last row of that is before the first tick.
        self._here = np.full((places, count), -np.inf)
        self._rests = np.full((places, count), -np.inf)
        self._until = np.zeros((ticks + 1, count))
        self._here_n, self._rests_n = (np.zeros((places, count), np.intp) for _ in range(2))
        self._until_n = np.zeros((ticks + 1, count), np.intp)

    def solve(self) -> Ints:
        """Return how many pictures the best schedule takes, for each price."""
        for tick, before in enumerate(self._task.before.tolist()):
            self._rest(tick)
            self._photograph(tick, before)
            self._end(tick)
        counts: Ints = self._until_n[len(self._task.ticks) - 1]
        return counts

    def _rest(self, tick: int) -> None:
        newer = self._here > self._rests
        self._rests = np.where(newer, self._here, self._rests)
        self._rests_n = np.where(newer, self._here_n, self._rests_n)
        if self._trace is not None:
            rested = self._trace.rested
            rested[tick] = np.where(newer, tick - 1, rested[tick - 1])

    def _photograph(self, tick: int, before: int) -> None:
        on, anew = self._here + self._task.gains[tick, :, None], self._until[before]
        rested = self._rests > on
        best = np.where(rested, self._rests, on)
        travelled = anew > best
        self._here = np.where(travelled, anew, best) - self._prices
        count = np.where(rested, self._rests_n, self._here_n)
        self._here_n = np.where(travelled, self._until_n[before], count) + 1
        if self._trace is not None:
            self._trace.came[tick] = np.where(travelled, ANEW, np.where(rested, RESTED, ON))

    def _end(self, tick: int) -> None:
        place = self._here.argmax(axis=0)
        columns = np.arange(len(place))
        top, last = self._here[place, columns], self._until[tick - 1]
        better = top > last
        self._until[tick] = np.where(better, top, last)
        count = self._here_n[place, columns]
        self._until_n[tick] = np.where(better, count, self._until_n[tick - 1])
        if self._trace is not None:
            ends = self._trace.ends
            ends[tick] = ends[tick - 1]
            ends[tick, better, 0] = tick
            ends[tick, better, 1] = place[better]


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
    before = task.before
    n_ticks = len(task.ticks)
    places = np.full(n_ticks, -1, np.intp)
    tick, place = trace.ends[n_ticks - 1, price]
    while tick >= 0:
        places[tick] = place
        came = trace.came[tick, place, price]
        if came == ON:
            tick -= 1
        elif came == RESTED:
            tick = trace.rested[tick, place, price]
        else:
            tick, place = trace.ends[before[tick], price]
    return places
