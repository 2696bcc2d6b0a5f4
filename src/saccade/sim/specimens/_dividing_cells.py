"""The cells of a monolayer as one table, and how it begins and grows."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ._dividing_chance import mix, normal, uniform
from ._dividing_light import tolerance_j_per_cm2

if TYPE_CHECKING:
    from ._dividing_settings import Settings

Cells: TypeAlias = NDArray[np.void]
"""A table of cells, (n,); a mass of chromatin that will be a nucleus of its own is a cell."""

_FIELDS = np.dtype(
    [
        # What every picture asks of every cell lies side by side.
        ("key", "u8"),
        ("came_key", "u8"),
        # The walk: two knots of it and the velocity; its place is the walk plus the separation.
        ("x0", "f8"),
        ("y0", "f8"),
        ("x1", "f8"),
        ("y1", "f8"),
        # What it came from: time, direction and durations of the division that made it.
        ("born_s", "f8"),
        ("came_anaphase_s", "f8"),
        ("came_telophase_s", "f8"),
        ("dies_s", "f8"),
        # Rate in rad/s and phase of small swings: shiver along x and y, slow and quick rocking.
        ("swing", "f8", (4, 2)),
        ("came_swing", "f8", (4, 2)),
        ("came_axis_rad", "f8"),
        ("came_side", "f8"),
        ("founder", "u8"),
        ("track", "i8"),
        # What it will do: onset of its own anaphase (inf: never), and its durations.
        ("divides_s", "f8"),
        ("prophase_s", "f8"),
        ("prometaphase_s", "f8"),
        ("metaphase_s", "f8"),
        ("anaphase_s", "f8"),
        ("telophase_s", "f8"),
        # Looks.
        ("size", "f8"),
        ("aspect", "f8"),
        ("gain", "f8"),
        ("angle_rad", "f8"),
        ("vx", "f8"),
        ("vy", "f8"),
        # Light.
        ("tolerance", "f8"),
        ("dose", "f8"),
        ("harm", "f8"),
        ("dye0", "f8"),
        ("dye1", "f8"),
        ("hold_s", "f8"),
        ("blebs_s", "f8"),
    ]
)
_CYCLES, _LENGTH, _AGE, _SIZE, _ASPECT, _GAIN, _ANGLE, _PLACE, _LUMP, _SWING, _SPEED = range(10, 21)
_TIMING = 30
_PHASES = ("prophase", "prometaphase", "metaphase", "anaphase", "telophase")
_SWINGS_S = 25.0, 25.0, 1500.0, 130.0
"""Typical periods of the small swings; no two cells have the same."""
_BULK = 1.5
_LUMP_UM = 28.0
"""Spread of a clone around its place: cells lie in loose islands, not like raindrops."""


def founders(settings: Settings, seed: int, start_s: float) -> Cells:
    """Return the first cells, none in division, of all ages at a time.

    Ages follow the density 2 ln 2 · 2^-a of a population in exponential growth, a in units of
    the cycle (Steel, Growth Kinetics of Tumours, 1977).

    Parameters
    ----------
    settings : Settings
        Of the specimen.
    seed : int
        Of the biology.
    start_s : float
        The time.
    """
    cells = np.zeros(settings.count, _FIELDS)
    keys = mix(np.arange(len(cells)), seed)
    cells["key"] = cells["founder"] = cells["came_key"] = keys
    cells["track"] = np.arange(len(cells))
    cells["came_side"] = 1.0
    cells["size"] = np.exp(settings.nucleus_spread * normal(keys, _SIZE))
    cells["aspect"] = 1.04 + 0.85 * uniform(keys, _ASPECT) ** 1.3
    spread = settings.brightness_spread
    cells["gain"] = settings.brightness * np.exp(spread * normal(keys, _GAIN) - spread**2 / 2)
    # Large nuclei are seldom thin ones: they hold more.
    cells["gain"] *= cells["size"] ** _BULK
    cells["angle_rad"] = 2 * np.pi * uniform(keys, _ANGLE)
    _place(cells, settings)
    cells["came_anaphase_s"], cells["came_telophase_s"] = _means_s(settings)[3:]
    age = -np.log2(1 - uniform(keys, _AGE) / 2)
    _plan(cells, settings)
    length_s = cells["divides_s"]  # born at 0, as yet
    cycles = uniform(keys, _CYCLES) < settings.growth_fraction
    least_s = cells["anaphase_s"] + cells["telophase_s"]
    cells["born_s"] = start_s - np.maximum(age * length_s, least_s)
    ready_s = cells["prophase_s"] + cells["prometaphase_s"] + cells["metaphase_s"]
    divides_s = np.maximum(cells["born_s"] + length_s, start_s + ready_s * uniform(keys, _AGE, 1))
    cells["divides_s"] = np.where(cycles, divides_s, np.inf)
    cells = _whole(cells)
    cells["came_swing"] = cells["swing"]
    cells["tolerance"] = tolerance_j_per_cm2(cells, settings)
    return cells


def daughters(mother: Cells, angle_rad: float, settings: Settings, track: int) -> Cells:
    """Return the two cells, (2,), that a mother becomes at the onset of her anaphase.

    They share her walk until they have parted, her brightness and tolerance, and the light
    that she has had.

    Parameters
    ----------
    mother : table, (1,)
        With her fields as they are.
    angle_rad : float
        Direction in which they part.
    settings : Settings
        Of the specimen.
    track : int
        Of the first; the second has the next.
    """
    born = np.repeat(mother, 2)
    born["key"] = np.concatenate([mix(mother["key"], 1), mix(mother["key"], 2)])
    born["track"] = track, track + 1
    born["born_s"] = mother["divides_s"]
    born["came_key"], born["came_swing"] = mother["key"], mother["swing"]
    born["came_axis_rad"] = angle_rad
    born["came_side"] = 1.0, -1.0
    born["came_anaphase_s"] = mother["anaphase_s"]
    born["came_telophase_s"] = mother["telophase_s"]
    # A nucleus forms along the plate, across the direction of parting.
    born["angle_rad"] = angle_rad + np.pi / 2
    born["size"] *= np.exp(0.04 * normal(born["key"], _SIZE))
    born["aspect"] = 1.04 + 0.85 * uniform(born["key"], _ASPECT) ** 1.3
    _plan(born, settings)
    return _whole(born)


def _plan(cells: Cells, settings: Settings) -> None:
    """Fill in the length of the cycle and the durations of the phases of mitosis."""
    keys = cells["key"]
    spread = settings.cycle_spread
    length_s = settings.mean_cycle_s * np.exp(spread * normal(keys, _LENGTH) - spread**2 / 2)
    cells["divides_s"] = cells["born_s"] + np.maximum(length_s, 0.4 * settings.mean_cycle_s)
    spread = settings.timing_spread
    for i, (name, mean_s) in enumerate(zip(_PHASES, _means_s(settings), strict=True)):
        factor = np.exp(spread * normal(keys, _TIMING + i) - spread**2 / 2)
        cells[f"{name}_s"] = mean_s * np.minimum(factor, 2.0)


def _swings(keys: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Return rate and phase of each small swing, (n, 4, 2)."""
    swings = np.empty((len(keys), len(_SWINGS_S), 2))
    for i, period_s in enumerate(_SWINGS_S):
        swings[:, i, 0] = 2 * np.pi / (period_s * (0.7 + 0.6 * uniform(keys, _SWING, i)))
        swings[:, i, 1] = 2 * np.pi * uniform(keys, _SWING, i, 1)
    return swings


def _whole(cells: Cells) -> Cells:
    """Return cells that swing in their own way, and that no light has harmed yet."""
    cells["swing"] = _swings(cells["key"])
    cells["hold_s"] = cells["blebs_s"] = cells["dies_s"] = np.inf
    return cells


def _means_s(settings: Settings) -> list[float]:
    return [60 * getattr(settings, f"{name}_min") for name in _PHASES]


def _place(cells: Cells, settings: Settings) -> None:
    """Put cells on the slide in loose islands of one to six, and set them going."""
    keys, index = cells["key"], np.arange(len(cells))
    island = index - (uniform(keys, _LUMP) * 6).astype(int) % (index % 6 + 1)
    for axis, name in enumerate(("x", "y")):
        centre = uniform(keys[island], _PLACE, axis) - 0.5
        away_um = _LUMP_UM * normal(keys, _PLACE, axis, 1)
        half = settings.size_um[axis] / 2
        place = centre * settings.size_um[axis] + away_um
        # What would lie beyond the edge is folded back.
        place = half - np.abs((place + half) % (4 * half) - 2 * half)
        cells[f"{name}0"] = cells[f"{name}1"] = place
        speed = settings.speed_um_per_h / 60 / np.sqrt(2)
        cells[f"v{name}"] = speed * normal(keys, _SPEED, axis)
