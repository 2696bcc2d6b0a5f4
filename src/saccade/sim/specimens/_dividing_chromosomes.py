"""What chromosomes in mitosis look like: rods that go their ways."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ._dividing_chance import generator
from ._dividing_chromatin import of_one
from ._dividing_cycle import smooth

if TYPE_CHECKING:
    from numpy.typing import NDArray

SPRITE_PX_UM = 0.25
_HALF_PX = 44
_POINTS_AN_ARM = 2
"""Drawn along an arm of a human chromosome, beside the centromere."""
_HALF_PLATE_UM = 5.6
"""Half of the length of a metaphase plate: 11 to 13 µm in HeLa cells."""
_THICK_UM = 1.0
_ROADS = 70


@dataclass(frozen=True, slots=True)
class Karyotype:
    """The chromosomes of a kind of cell."""

    count: int = 46
    """Pairs of sister chromatids; 46 in human cells, 8 in those of a fly."""
    arms: float = 1.0
    """How long their arms are, relative to those of human chromosomes."""


HUMAN = Karyotype()


@dataclass(frozen=True, slots=True)
class Stage:
    """How far the chromosomes of a cell have come; each from 0 to 1."""

    condensed: float
    """Prophase: from threads that fill the nucleus to rods."""
    gathered: float
    """Prometaphase: from where they were to the plate."""
    parted: float
    """Anaphase: arms trail, the plate bends and shortens."""
    packed: float
    """Telophase: into a compact mass, which lies still."""
    side: float = 1.0
    """Where this set of chromosomes goes in anaphase: 1 is +x, -1 is -x."""


def chromosomes(
    key: int,
    stage: Stage,
    nucleus_um: tuple[float, float],
    t_s: float,
    karyotype: Karyotype = HUMAN,
) -> NDArray[np.float32]:
    """Return the chromosomes of a cell, (y, x), of sum 1, the spindle along x.

    Their centre of mass is in the middle of the picture.

    Parameters
    ----------
    key : int
        Of the cell that divides.
    stage : Stage
        How far it has come.
    nucleus_um : tuple of float
        Length and width of the nucleus that they come from.
    t_s : float
        They never lie quite still: the plate trembles with a period of about a minute (Skibbens
        et al., J. Cell Biol. 122, 1993).
    karyotype : Karyotype
        How many there are, and how long.
    """
    roads = _roads(key, karyotype)
    rods = _gathering(roads, stage, nucleus_um, t_s)
    rods = _parting(rods, roads, stage)
    x, y = (rods - rods.mean(axis=(0, 1))).reshape(-1, 2).T
    picture = _splat(x / SPRITE_PX_UM, y / SPRITE_PX_UM)
    sigma_um = 0.62 - 0.13 * stage.condensed - 0.02 * stage.gathered + 0.12 * stage.packed
    return of_one(picture, sigma_um / SPRITE_PX_UM)


@dataclass(frozen=True, slots=True, eq=False)
class _Roads:
    """Where each chromosome of a cell comes from and goes to."""

    home: NDArray[np.float64]
    """In the nucleus, (n, 2), on a disc of radius 1."""
    plate: NDArray[np.float64]
    """On the plate, (n, 2): across it in µm, along it from -1 to 1."""
    arm: NDArray[np.float64]
    """Half of its length and direction, (n, 2), in µm."""
    late: NDArray[np.float64]
    """When it sets off for the plate, (n,), 0 to 1."""
    phase: NDArray[np.float64]
    """Of its trembling, (n,)."""
    arms: float
    """Their length, relative to human ones."""
    along: NDArray[np.float64]
    """Points that are drawn, (points,), from one end, -1, to the other, 1."""


@lru_cache(maxsize=256)
def _roads(key: int, karyotype: Karyotype) -> _Roads:
    count, arms = karyotype.count, karyotype.arms
    rng = generator(key, _ROADS)
    turn, away = rng.uniform(0, 2 * np.pi, count), np.sqrt(rng.random(count))
    home = np.column_stack([away * np.cos(turn), away * np.sin(turn)])
    # The plate is a disc that is seen from its side.
    # Each goes to a place of the plate that is not far from where it was.
    rank = np.argsort(np.argsort(home[:, 1] + rng.normal(0, 0.3, count)))
    spaced = (rank + rng.random(count)) / count
    along = (2 * spaced - 1) * rng.uniform(0.85, 1.0, count)
    plate = np.column_stack([_THICK_UM * rng.standard_normal(count).clip(-1.8, 1.8), along])
    length, lean = arms * rng.uniform(0.6, 1.6, count), rng.uniform(0, 2 * np.pi, count)
    arm = np.column_stack([length * np.cos(lean), length * np.sin(lean)])
    late, phase = rng.random(count), rng.uniform(0, 2 * np.pi, count)
    points = _POINTS_AN_ARM * math.ceil(arms)
    return _Roads(home, plate, arm, late, phase, arms, np.linspace(-1.0, 1.0, 2 * points + 1))


def _gathering(
    roads: _Roads, stage: Stage, nucleus_um: tuple[float, float], t_s: float
) -> NDArray[np.float64]:
    """Return points along each chromosome, (n, points, 2), on its way to the plate."""
    # They draw together before they part from one another.
    home = roads.home * np.array(nucleus_um) / 2 * (0.86 - 0.28 * stage.condensed)
    tremble = np.sin(2 * np.pi * t_s / (45 + 40 * roads.late) + roads.phase)
    tremble *= 0.22 * (1 - stage.packed)
    plate = roads.plate * (1.0, _HALF_PLATE_UM) + np.column_stack([tremble, 0 * tremble])
    come = smooth(1.6 * stage.gathered - 0.6 * roads.late)[:, None]
    middle = home + come * (plate - home)
    # Threads of prophase are longer than the rods that they become.
    arm = roads.arm * (1.7 - 0.8 * stage.condensed)
    rods: NDArray[np.float64] = middle[:, None] + roads.along[:, None] * arm[:, None]
    return rods


def _parting(rods: NDArray[np.float64], roads: _Roads, stage: Stage) -> NDArray[np.float64]:
    """Return points along each chromosome as its set goes to its side and packs."""
    if stage.parted == 0:
        return rods
    pull, pack = smooth(stage.parted), smooth(stage.packed)
    centre = len(roads.along) // 2
    middle = rods[:, centre : centre + 1]
    length = np.hypot(*roads.arm.T)[:, None]
    trailing = np.abs(roads.along) * length
    splay = roads.along * roads.arm[:, 1:2] * 0.5
    trail = np.stack([-stage.side * trailing, splay], axis=-1)
    rods = rods + pull * (middle + trail - rods)
    # The middle leads and the edges of the plate lag, until a compact mass forms.
    bend = roads.plate[:, 1] ** 2 * (2.2 * pull * (1 - 0.7 * pack))
    thin = 1 - 0.45 * pull * (1 - pack) / max(roads.arms, 1.0)
    rods = rods * (thin, 1 - 0.26 * pull - 0.18 * pack)
    return rods - np.column_stack([stage.side * bend, 0 * bend])[:, None]


def _splat(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return points shared by the four pixels around each, (y, x)."""
    size = 2 * _HALF_PX + 1
    x = np.clip(x + _HALF_PX, 4, size - 6)
    y = np.clip(y + _HALF_PX, 4, size - 6)
    col, row = x.astype(int), y.astype(int)
    right, down = x - col, y - row
    index = row * size + col
    picture = np.zeros(size * size)
    for step, weight in (
        (0, (1 - right) * (1 - down)),
        (1, right * (1 - down)),
        (size, (1 - right) * down),
        (size + 1, right * down),
    ):
        picture += np.bincount(index + step, weight, size * size)
    return picture.reshape(size, size).astype(np.float32)
