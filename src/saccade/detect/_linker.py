"""Who is who from one frame to the next, by the cheapest assignment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NOBODY = -1


class Step(NamedTuple):
    """What became of the places of one frame."""

    ids: NDArray[np.int64]
    """Who each place is."""
    speed_um_s: NDArray[np.float64]
    """Of each, since it was last seen; NaN for those that are new."""
    begun: int
    ended: int


@dataclass
class Linker:
    """Those that are followed at one position, and where they are expected next.

    Each is expected where it was, carried on by a share of its velocity. Places are assigned
    to the expected such that the sum of the squared distances, each in units of the reach, is
    least, where leaving one of each out costs 1 (the linking step of Jaqaman et al. 2008).
    Who was not found keeps its identity for some frames, in which the reach grows with the
    square root of their number, as for diffusion.

    Parameters
    ----------
    reach_um : float
        How far anything may be from where it is expected.
    memory : int
        Frames for which one that is not found is still expected.
    inertia : float
        Share of the velocity that carries on, 0 to 1.
    """

    reach_um: float
    memory: int
    inertia: float
    ids: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    at_um: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 2)))
    velocity: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 2)))
    seen_s: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    missed: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    def take(self, places_um: NDArray[np.float64], t_s: float, next_id: int) -> Step:
        """Return who is at each place, and remember it.

        Parameters
        ----------
        places_um : ndarray, (n, 2)
            In any order: it makes no difference.
        t_s : float
            When.
        next_id : int
            Who comes new is numbered from here on.
        """
        order = np.lexsort(places_um.T)
        places = places_um[order]
        whose = self._assigned(places, t_s)
        known = whose != _NOBODY
        ids = np.empty(len(places), np.int64)
        ids[known] = self.ids[whose[known]]
        begun = int(np.count_nonzero(~known))
        ids[~known] = np.arange(next_id, next_id + begun)
        velocity, speed_um_s = self._moved(places, whose, t_s)
        ended = self._remember(ids, places, velocity, whose[known], t_s)
        back = np.empty(len(order), np.intp)
        back[order] = np.arange(len(order))
        return Step(ids[back], speed_um_s[back], begun, ended)

    def _assigned(self, places: NDArray[np.float64], t_s: float) -> NDArray[np.int64]:
        """Return the row of the one that is at each place, or nobody."""
        whose = np.full(len(places), _NOBODY)
        if not len(places) or not len(self.ids):
            return whose
        passed_s = np.maximum(t_s - self.seen_s, 0.0)[:, None]
        expected = self.at_um + self.inertia * self.velocity * passed_s
        reach_um = self.reach_um * np.sqrt(self.missed + 1.0)
        one, place, cost = _within_reach(expected, places, reach_um)
        label = _groups(one, place, len(expected), len(places))
        alone = np.bincount(label)[label] == 1
        whose[place[alone]] = one[alone]
        order = np.flatnonzero(~alone)[np.argsort(label[~alone], kind="stable")]
        for group in np.split(order, np.flatnonzero(np.diff(label[order])) + 1):
            rows, columns = _cheapest(one[group], place[group], cost[group])
            whose[columns] = rows
        return whose

    def _moved(
        self, places: NDArray[np.float64], whose: NDArray[np.int64], t_s: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the velocity of each place, and its speed where it was seen before."""
        velocity, speed = np.zeros_like(places), np.full(len(places), np.nan)
        known = whose != _NOBODY
        passed_s = np.full(len(places), 0.0)
        passed_s[known] = t_s - self.seen_s[whose[known]]
        timed = passed_s > 0
        moved = places[timed] - self.at_um[whose[timed]]
        velocity[timed] = moved / passed_s[timed, None]
        speed[timed] = np.hypot(*velocity[timed].T)
        return velocity, speed

    def _remember(
        self,
        ids: NDArray[np.int64],
        places: NDArray[np.float64],
        velocity: NDArray[np.float64],
        found: NDArray[np.int64],
        t_s: float,
    ) -> int:
        """Take the places over, forget who was missed too often, and return how many."""
        lost = np.ones(len(self.ids), bool)
        lost[found] = False
        kept = lost & (self.missed < self.memory)
        self.missed = np.concatenate([np.zeros(len(ids), np.int64), self.missed[kept] + 1])
        self.ids = np.concatenate([ids, self.ids[kept]])
        self.at_um = np.concatenate([places, self.at_um[kept]])
        self.velocity = np.concatenate([velocity, self.velocity[kept]])
        self.seen_s = np.concatenate([np.full(len(ids), t_s), self.seen_s[kept]])
        return int(np.count_nonzero(lost & ~kept))


def _within_reach(
    expected: NDArray[np.float64], places: NDArray[np.float64], reach_um: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Return pairs that are near enough, by number, and what each costs, below 1."""
    from scipy.spatial import cKDTree  # a quarter of a second, which every command would pay

    near = cKDTree(places).query_ball_point(expected, reach_um)
    one = np.repeat(np.arange(len(expected)), [len(each) for each in near])
    place = np.fromiter((number for each in near for number in sorted(each)), np.intp, len(one))
    apart_um = np.hypot(*(expected[one] - places[place]).T)
    cost = (apart_um / reach_um[one]) ** 2
    worth = cost < 1.0
    return one[worth], place[worth], cost[worth]


def _groups(
    one: NDArray[np.intp], place: NDArray[np.intp], ones: int, places: int
) -> NDArray[np.int32]:
    """Return a number for each pair; those that compete with one another have the same."""
    from scipy.sparse import coo_array  # a quarter of a second, which every command would pay
    from scipy.sparse.csgraph import connected_components

    size = ones + places
    graph = coo_array((np.ones(len(one)), (one, ones + place)), shape=(size, size))
    labels: NDArray[np.int32] = connected_components(graph, directed=False)[1]
    return labels[one]


def _cheapest(
    one: NDArray[np.intp], place: NDArray[np.intp], cost: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return who goes where such that the sum is least, if leaving one of each out costs 1."""
    from scipy.optimize import (
        linear_sum_assignment,  # a quarter of a second, which every command would pay
    )

    ones, row = np.unique(one, return_inverse=True)
    places, column = np.unique(place, return_inverse=True)
    table = np.zeros((len(ones), len(places)))
    table[row, column] = cost - 1.0
    rows, columns = linear_sum_assignment(table)
    chosen = table[rows, columns] < 0
    return ones[rows[chosen]], places[columns[chosen]]
