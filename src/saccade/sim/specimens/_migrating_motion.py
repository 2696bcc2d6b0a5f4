"""How cells crawl: a persistent random walk, drawn aside by light, shy of other cells."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ._draws import pair_draws

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PUSH_PER_S = 1 / 600
"""How fast two cells that are too near back off, as a share of what is missing."""
_TURN_AWAY_S = 180.0
"""How fast contact stops a cell that runs into another."""
_TURN_S = 600.0
"""How slowly a cell points the way it crawls."""
_STEEPEST_RAD_PER_S = 0.03 / 60
_SETTLING = 60


@dataclass(frozen=True, slots=True)
class Walk:
    """How cells crawl.

    Parameters
    ----------
    speed_um_per_s : float
        Root mean square.
    persistence_s : float
        Time over which a course is kept.
    contact_um : float
        Distance of centres at which two cells feel each other.
    passing : float
        Share of pairs that crawl over each other.
    """

    speed_um_per_s: float
    persistence_s: float
    contact_um: float
    passing: float

    def furth_um2(self, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean squared displacement after a time, without light or contacts.

        ``2 S² P (t - P (1 - exp(-t / P)))`` for speed S and persistence P (Fürth, Zeitschrift
        für Physik 2, 1920; Dunn & Brown, Journal of Cell Science Supplement 8, 1987).

        Parameters
        ----------
        t_s : array
            Times.
        """
        speed, keep = self.speed_um_per_s, self.persistence_s
        return 2 * speed**2 * keep * (t_s - keep * (1 - np.exp(-t_s / keep)))


def walk_on(
    walk: Walk,
    velocity: NDArray[np.float64],
    draws: NDArray[np.float64],
    step_s: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return displacements and new velocities after a step of any length.

    An Ornstein-Uhlenbeck velocity, drawn exactly (Gillespie, Physical Review E 54, 1996), so
    that the step's length does not matter.

    Parameters
    ----------
    walk : Walk
        Speed and persistence.
    velocity : array, (cell, 2)
        In µm/s.
    draws : array, (cell, 4)
        Standard normal numbers.
    step_s : float
        How long.
    """
    keep = walk.persistence_s
    left = math.exp(-step_s / keep)
    # Variance of one of two components, whose squares add up to the speed's.
    variance = walk.speed_um_per_s**2 / 2
    spread_v = math.sqrt(variance * (1 - left**2))
    spread_x2 = variance * keep**2 * (2 * step_s / keep - 3 + 4 * left - left**2)
    shared = variance * keep * (1 - left) ** 2 / spread_v
    own = math.sqrt(max(spread_x2 - shared**2, 0.0))
    kicks, rest = draws[:, :2], draws[:, 2:]
    moved = keep * (1 - left) * velocity + shared * kicks + own * rest
    return moved, left * velocity + spread_v * kicks


def keep_apart(
    walk: Walk,
    seed: int,
    tracks: NDArray[np.int64],
    places_um: NDArray[np.float64],
    velocity: NDArray[np.float64],
    step_s: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return places and velocities after contacts: most cells back off from those they meet.

    Contact inhibition of locomotion (Abercrombie & Heaysman, Experimental Cell Research 5,
    1953); pairs that a draw of their own lets pass crawl over each other.

    Parameters
    ----------
    walk : Walk
        Distance, and share of pairs that pass.
    seed : int
        Of the specimen.
    tracks : array of int64
        Who the cells are.
    places_um, velocity : array, (cell, 2)
        Before the contacts.
    step_s : float
        How long.
    """
    pairs = near_pairs(places_um, walk.contact_um)
    if len(pairs):
        pairs = pairs[pair_draws(seed, tracks[pairs]) >= walk.passing]
    if not len(pairs):
        return places_um, velocity
    apart = places_um[pairs[:, 1]] - places_um[pairs[:, 0]]
    distance = np.maximum(np.hypot(*apart.T), 1e-6)
    toward = apart / distance[:, None]
    push = (walk.contact_um - distance) / 2 * (1 - math.exp(-step_s * _PUSH_PER_S))
    stop = 1 - math.exp(-step_s / _TURN_AWAY_S)
    places_um, velocity = places_um.copy(), velocity.copy()
    for side, sign in ((0, -1.0), (1, 1.0)):
        who = pairs[:, side]
        ahead = np.minimum((velocity[who] * toward).sum(axis=1) * sign, 0.0)
        np.add.at(places_um, who, sign * push[:, None] * toward)
        np.add.at(velocity, who, -sign * (stop * ahead)[:, None] * toward)
    return places_um, velocity


def near_pairs(places_um: NDArray[np.float64], reach_um: float) -> NDArray[np.int64]:
    """Return the pairs of places nearer than a distance, (n, 2), lower index first, in order."""
    from scipy.spatial import cKDTree  # slow to import, which every command would pay

    pairs = cKDTree(places_um).query_pairs(reach_um, output_type="ndarray")
    pairs = np.sort(pairs, axis=1)
    ordered: NDArray[np.int64] = pairs[np.lexsort(pairs.T[::-1])].astype(np.int64)
    return ordered


def scattered(
    seed: int, count: int, size_um: tuple[float, float], apart_um: float
) -> NDArray[np.float64]:
    """Return random places, (n, 2), that have backed off from each other.

    Parameters
    ----------
    seed : int
        Of the specimen.
    count : int
        How many.
    size_um : tuple of float
        Width and height of the slide.
    apart_um : float
        How far they try to be apart; on a crowded slide they fall short of it.
    """
    half = np.asarray(size_um) / 2
    places = (np.random.default_rng([seed, 0]).random((count, 2)) * 2 - 1) * half
    for _ in range(_SETTLING if apart_um and count else 0):
        pairs = near_pairs(places, apart_um)
        apart = places[pairs[:, 1]] - places[pairs[:, 0]]
        distance = np.maximum(np.hypot(*apart.T), 1e-6)[:, None]
        push = 0.35 * (apart_um - distance) * apart / distance
        np.add.at(places, pairs[:, 0], -push)
        np.add.at(places, pairs[:, 1], push)
        places = np.clip(places, -half, half)
    return places


def reflected(
    places_um: NDArray[np.float64],
    velocity: NDArray[np.float64],
    size_um: tuple[float, float],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return places and velocities of cells that turn round at the edges of the slide."""
    half = np.asarray(size_um) / 2
    over = np.abs(places_um) > half
    folded = np.where(over, np.sign(places_um) * 2 * half - places_um, places_um)
    return folded, np.where(over, -velocity, velocity)


def turned(
    heading_rad: NDArray[np.float64], velocity: NDArray[np.float64], step_s: float
) -> NDArray[np.float64]:
    """Return which way cells point after a step: slowly towards their course."""
    course = np.arctan2(velocity[:, 1], velocity[:, 0])
    off = (course - heading_rad + np.pi) % (2 * np.pi) - np.pi
    most = _STEEPEST_RAD_PER_S * step_s
    return heading_rad + np.clip(off * (1 - math.exp(-step_s / _TURN_S)), -most, most)
