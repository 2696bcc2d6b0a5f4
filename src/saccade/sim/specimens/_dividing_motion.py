"""How cells move: a persistent random walk on a fixed step, and room for one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._dividing_chance import normal
from ._dividing_cycle import (
    nucleus_um,
    parted_s,
    prophase_onset_s,
    separation_um,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._dividing_cells import Cells
    from ._dividing_settings import Settings

STEP_S = 60.0
"""Of the walk; between its knots cells go straight."""
_WALK = 40
_PUSH_UM_PER_MIN = 1.2
_MOST_UM_PER_MIN = 6.0
_REACH = 1.3
"""Distance at which cells begin to push, in units of the sum of the radii of their nuclei."""
_SHIVER_UM = 0.06
_ROCK_RAD = 0.16


def step(cells: Cells, number: int, settings: Settings) -> None:
    """Move each cell from its second knot on by one step, in place.

    The velocity is an Ornstein-Uhlenbeck process, which makes a persistent random walk
    (Uhlenbeck & Ornstein, Phys. Rev. 36, 1930). Cells round up and hardly move in mitosis.

    Parameters
    ----------
    cells : table
        Those present.
    number : int
        Of the step; its noise is drawn by it and by the key of the cell.
    settings : Settings
        Of the specimen.
    """
    t_s = number * STEP_S
    young = t_s < parted_s(cells)
    rounded = (prophase_onset_s(cells) <= t_s) | young
    # Two daughters that have not parted yet move as the one cell that they were.
    keys = np.where(young, cells["came_key"], cells["key"])
    keep = np.exp(-STEP_S / (60 * settings.persistence_min))
    sigma = settings.speed_um_per_h / 60 / np.sqrt(2)
    pushes = _pushes(cells, t_s, settings)
    agile = np.where(t_s >= cells["dies_s"], 0.0, np.where(rounded, 0.2, 1.0))
    yielding = np.where(rounded, 0.0, 1.0)
    for axis, name in enumerate("xy"):
        cells[f"v{name}"] *= keep
        cells[f"v{name}"] += sigma * np.sqrt(1 - keep**2) * normal(keys, _WALK, number, axis)
        cells[f"{name}0"] = cells[f"{name}1"]
        speed = cells[f"v{name}"] * agile + pushes[axis] * yielding
        moved = cells[f"{name}1"] + speed * STEP_S / 60
        half = settings.size_um[axis] / 2
        away = np.abs(moved) > half
        cells[f"{name}1"] = np.where(away, 2 * np.sign(moved) * half - moved, moved)
        cells[f"v{name}"][away] *= -1


def places_um(cells: Cells, t_s: float, knot_s: float, settings: Settings) -> NDArray[np.float64]:
    """Return where cells are, (n, 2), x and y.

    Parameters
    ----------
    cells : table
        Those present.
    t_s, knot_s : float
        When, and when their first knot is.
    settings : Settings
        Of the specimen.
    """
    own = np.clip((t_s - parted_s(cells)) / 120, 0, 1)
    alive_s = np.minimum(t_s, cells["dies_s"])
    places = steady_um(cells, t_s, knot_s, settings)
    # Few have parted so lately that they still shiver as their mother did.
    late = np.flatnonzero(own < 1)
    swings, came_swings = cells["swing"], cells["came_swing"][late]
    for axis in (0, 1):
        shiver = own * _swing(swings[:, axis], alive_s)
        shiver[late] += (1 - own[late]) * _swing(came_swings[:, axis], alive_s[late])
        places[:, axis] += _SHIVER_UM * shiver
    return places


def steady_um(cells: Cells, t_s: float, knot_s: float, settings: Settings) -> NDArray[np.float64]:
    """Return where cells are but for their shiver, (n, 2); parameters as in `places_um`."""
    places = middles_um(cells, t_s, knot_s)
    born = np.flatnonzero(cells["key"] != cells["came_key"])  # founders have never parted
    since_s = t_s - cells["born_s"][born]
    apart = separation_um(since_s, settings.separation_um_per_min) / 2
    apart *= cells["came_side"][born]
    axis = cells["came_axis_rad"][born]
    places[born, 0] += apart * np.cos(axis)
    places[born, 1] += apart * np.sin(axis)
    return places


def middles_um(cells: Cells, t_s: float, knot_s: float) -> NDArray[np.float64]:
    """Return the middle of the division that each cell came from, (n, 2), as it has moved."""
    share = (t_s - knot_s) / STEP_S
    walks = [cells[f"{name}0"] + share * (cells[f"{name}1"] - cells[f"{name}0"]) for name in "xy"]
    return np.column_stack(walks)


def angles_rad(cells: Cells, t_s: float) -> NDArray[np.float64]:
    """Return the direction of the long axis of each nucleus, (n,); it rocks, once it has formed."""
    alive_s = np.minimum(t_s, cells["dies_s"])
    rock = _swing(cells["swing"][:, 2], alive_s) + 0.25 * _swing(cells["swing"][:, 3], alive_s)
    formed = np.clip((t_s - cells["born_s"]) / 3600, 0, 1)
    return cells["angle_rad"] + _ROCK_RAD * rock * formed


def _swing(swings: NDArray[np.float64], t_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a smooth swing between -1 and 1 of each cell, (n,), that takes long to repeat."""
    rate, turn = swings.T
    return 0.6 * _sine(rate * t_s + turn) + 0.4 * _sine(rate / 2.7 * t_s - turn)


def _sine(angle_rad: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sine to single precision, in a quarter of the time."""
    turns = angle_rad * (0.5 / np.pi)
    # Whole turns are taken off first: single precision would lose what is left of many.
    turns -= np.rint(turns)
    return np.sin((turns * (2 * np.pi)).astype(np.float32)).astype(np.float64)


def _pushes(cells: Cells, t_s: float, settings: Settings) -> NDArray[np.float64]:
    """Return the velocity, (2, n), at which cells make room for others, in µm/min."""
    from scipy.spatial import cKDTree  # slow to import, which every command would pay

    places = steady_um(cells, t_s, t_s - STEP_S, settings)
    radius = nucleus_um(cells, t_s, settings.nucleus_um) / 2
    pushes = np.zeros((2, len(cells)))
    if settings.crowding == 0 or len(cells) < 2:
        return pushes
    # Beyond twice the typical reach only giants would touch.
    reach_um = 2 * _REACH * float(np.quantile(radius, 0.98))
    tree = cKDTree(places, compact_nodes=False, balanced_tree=False)
    pairs = tree.query_pairs(reach_um, output_type="ndarray")
    first, second = pairs[:, 0], pairs[:, 1]
    apart = places[second] - places[first]
    distance = np.hypot(*apart.T) + 1e-9
    room = _REACH * (radius[first] + radius[second])
    strength = settings.crowding * _PUSH_UM_PER_MIN * np.clip(1 - distance / room, 0, 1)
    for axis in (0, 1):
        push = strength * apart[:, axis] / distance
        pushes[axis] += np.bincount(second, push, len(cells))
        pushes[axis] -= np.bincount(first, push, len(cells))
    return np.clip(pushes, -_MOST_UM_PER_MIN, _MOST_UM_PER_MIN)
