"""Crossings: two tracks that come within a cell's diameter and part again."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ._migrating_motion import near_pairs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PARTED = 1.2
"""Two cells have parted at this many diameters, so that a crossing does not flicker."""
_LONGEST_S = 4 * 3600.0
"""No parting is foretold to be further away."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """Two tracks that came near each other."""

    tracks: tuple[int, int]
    onset_s: float
    end_s: float
    """When they had parted; foretold from their present courses while they have not."""
    x_um: float
    y_um: float
    """Halfway between them at the onset."""
    parted: bool


class CrossingLog:
    """Sees all cells at every step, and keeps who crossed whom.

    Cells that were born near each other, or are near at the start, cross only after they have
    been apart.

    Parameters
    ----------
    diameter_um : float
        Of a cell.
    """

    def __init__(self, diameter_um: float) -> None:
        self.diameter_um = diameter_um
        self._over: list[Crossing] = []
        self._near: dict[tuple[int, int], Crossing | None] = {}
        """Pairs that are together; None for those that began so."""
        self._known: frozenset[int] = frozenset()

    @property
    def all(self) -> tuple[Crossing, ...]:
        """Every crossing that has begun, in order of onset."""
        going = [each for each in self._near.values() if each is not None]
        return tuple(sorted([*self._over, *going], key=lambda each: (each.onset_s, each.tracks)))

    def see(
        self,
        start_s: float,
        end_s: float,
        tracks: NDArray[np.int64],
        before_um: NDArray[np.float64],
        after_um: NDArray[np.float64],
    ) -> None:
        """Take note of one step.

        Parameters
        ----------
        start_s, end_s : float
            Of the step; cells move evenly in between.
        tracks : array of int64
            Who is there.
        before_um, after_um : array, (cell, 2)
            Where they are at its start and end.
        """
        step = _Step(start_s, end_s, before_um, after_um)
        where = {int(track): i for i, track in enumerate(tracks.tolist())}
        near: dict[tuple[int, int], Crossing | None] = {}
        for i, j in near_pairs(after_um, PARTED * self.diameter_um).tolist():
            a, b = sorted((int(tracks[i]), int(tracks[j])))
            known = self._near.get((a, b))
            if known is not None:
                near[a, b] = replace(known, end_s=step.parting_s(i, j, PARTED * self.diameter_um))
            elif (a, b) in self._near:
                near[a, b] = None
            elif step.distance_um(i, j)[1] <= self.diameter_um:
                strangers = self._known.issuperset((a, b))
                near[a, b] = self._begun((a, b), step, i, j) if strangers else None
        for key, crossing in self._near.items():
            if key not in near and crossing is not None:
                at = [where.get(track) for track in key]
                self._over.append(self._ended(crossing, step, at))
        self._near, self._known = near, frozenset(where)

    def _begun(self, key: tuple[int, int], step: _Step, i: int, j: int) -> Crossing:
        share = step.share(i, j, self.diameter_um)
        x_um, y_um = step.middle_um(i, j, share)
        onset_s = step.start_s + share * (step.end_s - step.start_s)
        end_s = step.parting_s(i, j, PARTED * self.diameter_um)
        return Crossing(key, onset_s, end_s, x_um, y_um, parted=False)

    def _ended(self, crossing: Crossing, step: _Step, at: list[int | None]) -> Crossing:
        """Return a crossing that is over: they parted, or one of them has divided."""
        i, j = at
        if i is None or j is None:
            return replace(crossing, end_s=max(step.start_s, crossing.onset_s))
        share = step.share(i, j, PARTED * self.diameter_um)
        end_s = step.start_s + share * (step.end_s - step.start_s)
        return replace(crossing, end_s=max(end_s, crossing.onset_s), parted=True)


@dataclass(frozen=True, slots=True)
class _Step:
    """One step of all cells, as seen by pairs of them."""

    start_s: float
    end_s: float
    before_um: NDArray[np.float64]
    after_um: NDArray[np.float64]

    def distance_um(self, i: int, j: int) -> tuple[float, float]:
        """Return the distance of two cells before and after the step."""
        pair = self.before_um[j] - self.before_um[i], self.after_um[j] - self.after_um[i]
        return math.hypot(*pair[0]), math.hypot(*pair[1])

    def share(self, i: int, j: int, distance_um: float) -> float:
        """Return at which share of the step two cells were at a distance."""
        before, after = self.distance_um(i, j)
        if before == after:
            return 0.0
        return min(max((before - distance_um) / (before - after), 0.0), 1.0)

    def middle_um(self, i: int, j: int, share: float) -> tuple[float, float]:
        """Return the place halfway between two cells at a share of the step."""
        at = self.before_um[[i, j]] * (1 - share) + self.after_um[[i, j]] * share
        return float(at[:, 0].mean()), float(at[:, 1].mean())

    def parting_s(self, i: int, j: int, distance_um: float) -> float:
        """Return when two cells will have parted, if both keep their present courses."""
        step_s = self.end_s - self.start_s
        x, y = self.after_um[j] - self.after_um[i]
        before_x, before_y = self.before_um[j] - self.before_um[i]
        u, v = (x - before_x) / step_s, (y - before_y) / step_s
        speed2, along = u * u + v * v, x * u + y * v
        room = max(distance_um**2 - x * x - y * y, 0.0)
        ahead_s = (math.sqrt(along**2 + speed2 * room) - along) / max(speed2, 1e-12)
        return self.end_s + min(float(ahead_s), _LONGEST_S)
