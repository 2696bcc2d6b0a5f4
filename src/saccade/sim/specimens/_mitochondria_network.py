"""The network of tubules in each cell, as points along lines, and how it sways."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ._mitochondria_cells import EDGE, NUCLEUS

if TYPE_CHECKING:
    from collections.abc import Sequence

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
_BLOCK = 2048
"""Points that are moved, or left out, together."""


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

    @property
    def reach_um(self) -> float:
        """No point is further than this from where it is at rest, along x or y."""
        return float(np.abs(self.direction).sum(axis=0).max())

    def moved(self, points_um: NDArray[np.float64], t_s: float) -> NDArray[np.float64]:
        """Return where points at rest, (n, 2), are at a time."""
        angle = points_um.astype(np.float32) @ self.wave.T - self.turned(t_s)
        moved: NDArray[np.float64] = points_um + np.sin(angle) @ self.direction
        return moved

    def turned(self, t_s: float) -> NDArray[np.float32]:
        """Return by how much each ripple has turned at a time, in radians."""
        # The phase in time is reduced first: single precision would lose it within a day.
        turn: NDArray[np.float64] = (self.radians_per_s.astype(float) * t_s) % (2 * np.pi)
        return turn.astype(np.float32) + self.phase


@dataclass(frozen=True, slots=True, eq=False)
class Swaying:
    """Many points that sway, with all that never changes about them worked out once.

    A ripple at a point is sin(k p - w t) = sin(k p) cos(w t) - cos(k p) sin(w t), so that a
    picture needs no sine of a point.
    """

    sway: Sway
    at_rest_um: NDArray[np.float32]
    """x and y, (2, n)."""
    waves: NDArray[np.float32]
    """Sines, then cosines, of the ripples at each point at rest, (2 ripples, n)."""
    frames_um: NDArray[np.float64]
    """Least x and y, and greatest, of each block of points at any time, (blocks, 2, 2)."""

    @classmethod
    def of(cls, sway: Sway, points_um: NDArray[np.float64]) -> Swaying:
        """Return points, (n, 2), ready to sway."""
        angle = sway.wave.astype(float) @ points_um.T
        waves = np.concatenate((np.sin(angle), np.cos(angle))).astype(np.float32)
        blocks = [points_um[i : i + _BLOCK] for i in range(0, len(points_um), _BLOCK)]
        frames = np.array([(each.min(axis=0), each.max(axis=0)) for each in blocks])
        frames = frames.reshape(-1, 2, 2) + sway.reach_um * np.array([[-1.0], [1.0]])
        at_rest = np.ascontiguousarray(points_um.T, np.float32)
        return cls(sway, at_rest, waves, frames)

    @property
    def blocks(self) -> list[slice]:
        """All points."""
        count = self.at_rest_um.shape[1]
        return [slice(i, min(i + _BLOCK, count)) for i in range(0, count, _BLOCK)]

    def near(self, low_um: Sequence[float], high_um: Sequence[float]) -> list[slice]:
        """Return the blocks of points that may lie in a rectangle, given by two corners."""
        seen = (self.frames_um[:, 1] >= low_um) & (self.frames_um[:, 0] <= high_um)
        blocks = self.blocks
        return [blocks[i] for i in np.flatnonzero(seen[:, 0] & seen[:, 1]).tolist()]

    def moved(self, blocks: Sequence[slice], t_s: float) -> NDArray[np.float32]:
        """Return where the points of some blocks are at a time: x and y, (2, n)."""
        turn = self.sway.turned(t_s)[:, None]
        direction = self.sway.direction
        now = np.concatenate((np.cos(turn) * direction, -np.sin(turn) * direction)).T
        # A block is so small that the product stays on one core.
        moved = [self.at_rest_um[:, block] + now @ self.waves[:, block] for block in blocks]
        return np.concatenate([self.at_rest_um[:, :0], *moved], axis=1)
