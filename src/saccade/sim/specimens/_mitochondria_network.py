"""The network of tubules in each cell, as points along lines, and how it sways."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ._mitochondria_cells import EDGE, NUCLEUS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._mitochondria_cells import FlatCells

STEP_UM = 0.2
"""Distance of neighbouring points along a tubule."""
SITE_STEPS = 17
"""Distance of neighbouring sites along a tubule, in points."""
_TIP_STEPS = 6
"""Least distance of a site from a tip."""
_TUBULES, _BRANCHES = 84, 50
"""In each cell."""
_PERSISTENCE_UM = 14.0


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """All tubules of a slide; their points lie one after another, tubule after tubule."""

    points_um: NDArray[np.float64]
    """At rest, (n, 2), x and y."""
    tubule: NDArray[np.intp]
    """Which tubule each point belongs to, (n,)."""
    first: NDArray[np.intp]
    """First point of each tubule, and at the end the number of points."""
    sites: NDArray[np.intp]
    """Points at which a tubule can divide; a branch can also leave its stem."""

    @property
    def tubules(self) -> int:
        """How many there are."""
        return len(self.first) - 1

    def along(
        self, points: NDArray[np.intp], further_um: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return places at rest, (n, 2), a little further along their tubules than points."""
        steps = further_um / STEP_UM
        whole = points + steps.astype(np.intp)
        part = (steps % 1)[:, None]
        last = self.first[self.tubule[points] + 1] - 1
        here, next_ = np.minimum(whole, last), np.minimum(whole + 1, last)
        return self.points_um[here] * (1 - part) + self.points_um[next_] * part


def grow(seed: int, cells: FlatCells) -> Network:
    """Return tubules that wander through the cytoplasm, and others that branch off them.

    Parameters
    ----------
    seed : int
        Of the network.
    cells : FlatCells
        They keep it out of their nuclei and within their edges.
    """
    rng = np.random.default_rng([seed, 2])
    count = len(cells.places_um)
    cell = np.repeat(np.arange(count), _TUBULES)
    # Spread by turns of the golden angle: no sector of a cell is empty.
    angle = np.arange(len(cell)) * 2.39996 + rng.normal(0, 0.15, len(cell))
    share = NUCLEUS + (EDGE - NUCLEUS) * rng.random(len(cell)) ** 1.2
    start = cells.places_um[cell] + (share * cells.edge_um(cell, angle))[:, None] * _towards(angle)
    heading = angle + np.pi * rng.integers(0, 2, len(cell)) + rng.normal(0, 0.7, len(cell))
    steps = ((2.5 + rng.exponential(5, len(cell))).clip(2.5, 18) / STEP_UM).astype(np.intp)
    stems = _walk(rng, cells, cell, start, heading, steps)

    stem_first = np.concatenate(([0], np.cumsum(steps)))
    stem = rng.integers(0, _TUBULES, (count, _BRANCHES)).ravel()
    stem += np.repeat(np.arange(count) * _TUBULES, _BRANCHES)
    at = stem_first[stem] + (rng.uniform(0.1, 0.9, len(stem)) * steps[stem]).astype(np.intp)
    ahead = stems[np.minimum(at + 1, stem_first[stem + 1] - 1)] - stems[at - 1]
    side = np.where(rng.random(len(stem)) < 0.5, 1, -1)
    heading = np.arctan2(ahead[:, 1], ahead[:, 0]) + side * rng.uniform(0.7, 1.6, len(stem))
    more = ((1.2 + rng.exponential(3.0, len(stem))).clip(1.2, 10) / STEP_UM).astype(np.intp)
    branches = _walk(rng, cells, cell[stem], stems[at], heading, more)

    lengths = np.concatenate((steps, more))
    first = np.concatenate(([0], np.cumsum(lengths)))
    tubule = np.repeat(np.arange(len(lengths)), lengths)
    is_branch = np.arange(len(lengths)) >= len(steps)
    sites = _sites(rng, lengths, first, is_branch)
    return Network(np.concatenate((stems, branches)), tubule, first, sites)


def _walk(
    rng: np.random.Generator,
    cells: FlatCells,
    cell: NDArray[np.intp],
    start: NDArray[np.float64],
    heading: NDArray[np.float64],
    steps: NDArray[np.intp],
) -> NDArray[np.float64]:
    """Return the points of stiff random walks, walk after walk: a persistent (worm-like) chain."""
    most = int(steps.max(initial=0))
    walks = np.empty((len(start), most, 2))
    place, heading = start.copy(), heading.copy()
    tremble = rng.normal(0, np.sqrt(2 * STEP_UM / _PERSISTENCE_UM), (most, len(start)))
    for step in range(most):
        walks[:, step] = place
        away = place - cells.places_um[cell]
        outward = np.arctan2(away[:, 1], away[:, 0])
        share = np.hypot(*away.T) / cells.edge_um(cell, outward)
        near = np.clip((NUCLEUS + 0.05 - share) / 0.06, 0, 1)
        far = np.clip((share - EDGE + 0.12) / 0.12, 0, 1)
        heading += tremble[step] + 0.6 * (near - far) * np.sin(outward - heading)
        place = place + STEP_UM * _towards(heading)
    kept = np.arange(most) < steps[:, None]
    return walks[kept]


def _towards(angle: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack((np.cos(angle), np.sin(angle)), -1)


def _sites(
    rng: np.random.Generator,
    lengths: NDArray[np.intp],
    first: NDArray[np.intp],
    is_branch: NDArray[np.bool_],
) -> NDArray[np.intp]:
    """Return the points where tubules can divide, so far apart that none concerns another."""
    found = []
    offsets = rng.integers(_TIP_STEPS, SITE_STEPS, len(lengths))
    for begin, length, offset, branch in zip(first[:-1], lengths, offsets, is_branch, strict=True):
        along = np.arange(SITE_STEPS if branch else offset, length - _TIP_STEPS, SITE_STEPS)
        if branch and length >= 2 * _TIP_STEPS:
            along = np.concatenate(([0], along))
        found.append(begin + along)
    return np.concatenate(found) if found else np.zeros(0, np.intp)


@dataclass(frozen=True, slots=True, eq=False)
class Sway:
    """How the cytoplasm moves: a few standing ripples, wide and slow, narrow and faster.

    A field over the slide, so that what is joined stays joined.
    """

    direction: NDArray[np.float32]
    """(ripples, 2), with the amplitude in µm."""
    wave: NDArray[np.float32]
    """Radians a µm, (ripples, 2)."""
    radians_per_s: NDArray[np.float32]
    phase: NDArray[np.float32]

    @classmethod
    def drawn(cls, seed: int, motion: float) -> Sway:
        """Return one whose amplitudes are multiplied by `motion`."""
        rng = np.random.default_rng([seed, 3])
        wide = np.repeat((True, False), 4)
        length = np.where(wide, rng.uniform(18, 35, 8), rng.uniform(5, 8, 8))
        period = np.where(wide, rng.uniform(150, 400, 8), rng.uniform(50, 120, 8))
        size = motion * np.where(wide, 0.45, 0.1) * rng.uniform(0.6, 1.4, 8)
        wave = _towards(rng.uniform(0, 2 * np.pi, 8)) * (2 * np.pi / length)[:, None]
        direction = _towards(rng.uniform(0, 2 * np.pi, 8)) * size[:, None]
        drawn = (direction, wave, 2 * np.pi / period, rng.uniform(0, 2 * np.pi, 8))
        return cls(*(each.astype(np.float32) for each in drawn))

    def moved(self, points_um: NDArray[np.float64], t_s: float) -> NDArray[np.float64]:
        """Return where points at rest, (n, 2), are at a time."""
        # The phase in time is reduced first: single precision would lose it within a day.
        turn = np.float32((self.radians_per_s.astype(float) * t_s) % (2 * np.pi)) + self.phase
        angle = points_um.astype(np.float32) @ self.wave.T - turn
        return points_um + np.sin(angle) @ self.direction
