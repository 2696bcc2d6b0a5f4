"""The living state of rods, and how they grow, divide and suffer in a step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ._bacteria_pushing import Poses, axis_of, push_apart
from ._draws import child_tracks, trait_draws

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEP_S = 20.0
TRAITS = 9
_ROUNDS = 4
_CONSTRICTION = 0.12
"""Share of the added length that is still to come when the constriction begins."""
_KINK_RAD = 0.12
"""Standard deviation of how much newborn rods turn: files of rods buckle."""
_RATE, _ADDED, _SPLIT, _KINK, _WIDTH, _GLOW, _HARDY, _DENSE, _BORN_GLOW = range(9)
"""Columns of the traits."""


@dataclass(frozen=True, slots=True, eq=False)
class Rods:
    """All rods during one step; arrays are (rod,) or (rod, 2), never changed in place."""

    start_s: float
    track: NDArray[np.int64]
    mother: NDArray[np.int64]
    colony: NDArray[np.int64]
    traits: NDArray[np.float64]
    """Standard normal numbers that a rod keeps for life, (rod, TRAITS)."""
    before_um: NDArray[np.float64]
    after_um: NDArray[np.float64]
    angle_before: NDArray[np.float64]
    angle_after: NDArray[np.float64]
    length_before_um: NDArray[np.float64]
    """From pole to pole."""
    length_after_um: NDArray[np.float64]
    born_um: NDArray[np.float64]
    """Length at birth."""
    divides_um: NDArray[np.float64]
    """Length at which it divides: the adder's."""
    harm_j_per_cm2: NDArray[np.float64]
    all_j_per_cm2: NDArray[np.float64]
    killed_s: NDArray[np.float64]
    dye: NDArray[np.float64]
    """Unbleached share of the cytoplasmic dye, and of that on the ring, (rod, 2)."""

    def share(self, t_s: float) -> float:
        """Return which share of this step is over."""
        return (t_s - self.start_s) / STEP_S

    def places_um(self, t_s: float) -> NDArray[np.float64]:
        """Return where the middles of the rods are, (rod, 2)."""
        return self.before_um + self.share(t_s) * (self.after_um - self.before_um)

    def angle_rad(self, t_s: float) -> NDArray[np.float64]:
        """Return which way the rods lie."""
        return self.angle_before + self.share(t_s) * (self.angle_after - self.angle_before)

    def length_um(self, t_s: float) -> NDArray[np.float64]:
        """Return the rods' length, which grows exponentially within the step."""
        grown = self.length_after_um / self.length_before_um
        length: NDArray[np.float64] = self.length_before_um * grown ** self.share(t_s)
        return length

    @property
    def constricts_um(self) -> NDArray[np.float64]:
        """Length at which the constriction begins."""
        return self.divides_um - _CONSTRICTION * (self.divides_um - self.born_um)

    def constricted(self, t_s: float) -> NDArray[np.float64]:
        """Return how far each constriction has gone, from 0 to 1."""
        gone = self.length_um(t_s) - self.constricts_um
        return np.clip(gone / (self.divides_um - self.constricts_um), 0.0, 1.0)

    def cycle(self, t_s: float) -> NDArray[np.float64]:
        """Return the share of the added length that has been added, from 0 to 1."""
        added = self.length_um(t_s) - self.born_um
        return np.clip(added / (self.divides_um - self.born_um), 0.0, 1.0)

    @property
    def width_um(self) -> NDArray[np.float64]:
        """Width of each rod."""
        return 0.9 + 0.02 * np.clip(self.traits[:, _WIDTH], -2, 2)

    @property
    def split(self) -> NDArray[np.float64]:
        """Share of the length that goes to the first daughter."""
        return 0.5 + 0.025 * np.clip(self.traits[:, _SPLIT], -3, 3)

    @property
    def density(self) -> NDArray[np.float64]:
        """How much each rod delays light, 1 on average."""
        return 1 + 0.05 * np.clip(self.traits[:, _DENSE], -2, 2)

    def glow(self, t_s: float) -> NDArray[np.float64]:
        """Return how much dye each rod has, 1 on average: at birth what its mother had."""
        first, last = self.traits[:, _BORN_GLOW], self.traits[:, _GLOW]
        return np.exp(0.12 * np.clip(first + self.cycle(t_s) * (last - first), -3, 3))

    @property
    def hardy(self) -> NDArray[np.float64]:
        """The dose that kills each rod, relative to the median."""
        return np.exp(0.3 * self.traits[:, _HARDY])

    @property
    def alive(self) -> NDArray[np.bool_]:
        """Whom light has not killed."""
        return np.isinf(self.killed_s)

    def some(self, which: NDArray[np.intp] | NDArray[np.bool_]) -> Rods:
        """Return some of the rods."""
        parts: dict[str, Any] = {name: getattr(self, name)[which] for name in _ARRAYS}
        return replace(self, **parts)


_ARRAYS = tuple(name for name in Rods.__dataclass_fields__ if name != "start_s")


def joined(first: Rods, second: Rods) -> Rods:
    """Return two groups of rods as one."""
    parts: dict[str, Any] = {
        name: np.concatenate((getattr(first, name), getattr(second, name))) for name in _ARRAYS
    }
    return replace(first, **parts)


@dataclass(frozen=True, slots=True)
class Growth:
    """What does not change: the laws that the rods live by."""

    seed: int
    founders: int
    rate_per_s: float
    added_um: float
    capacity: float
    """Rods in a colony at which growth has slowed to half: food runs out."""
    slow_j_per_cm2: float

    def founded(self, places_um: NDArray[np.float64], start_s: float) -> Rods:
        """Return one rod at each place, at some point of its life."""
        tracks = np.arange(self.founders)
        uniform = trait_draws(self.seed + 1, tracks, 2).astype(float)
        traits, one = self._traits(tracks), np.ones(self.founders)
        born = self.added_um * one
        length = born * 2.0 ** (0.9 * uniform[:, 0])
        angle = np.pi * uniform[:, 1]
        return Rods(
            start_s=start_s - STEP_S, track=tracks, mother=-np.ones_like(tracks), colony=tracks,
            traits=traits, before_um=places_um, after_um=places_um, angle_before=angle,
            angle_after=angle, length_before_um=length, length_after_um=length, born_um=born,
            divides_um=np.maximum(born + self._adds(traits), length), harm_j_per_cm2=0 * one,
            all_j_per_cm2=0 * one, killed_s=np.inf * one, dye=np.ones((self.founders, 2)),
        )  # fmt: skip

    def rate_of(self, rods: Rods) -> NDArray[np.float64]:
        """Return each rod's rate of elongation per s: light and hunger slow it."""
        own = self.rate_per_s * np.exp(0.08 * np.clip(rods.traits[:, _RATE], -3, 3))
        crowd = np.bincount(rods.colony, minlength=self.founders)[rods.colony]
        hunger = 1 / (1 + (crowd / self.capacity) ** 4)
        return own * hunger * self.vigour(rods) * rods.alive

    def vigour(self, rods: Rods) -> NDArray[np.float64]:
        """Return how much of its growth the light has left each rod: a Hill curve of its dose."""
        left: NDArray[np.float64] = 1 / (1 + (rods.harm_j_per_cm2 / self.slow_j_per_cm2) ** 2)
        return left

    def next(self, rods: Rods) -> Rods:
        """Return the rods in the step that follows: they divide, grow, and make room."""
        rods = replace(
            rods,
            start_s=rods.start_s + STEP_S,
            before_um=rods.after_um,
            angle_before=rods.angle_after,
            length_before_um=rods.length_after_um,
        )
        splits = (rods.length_before_um >= rods.divides_um) & rods.alive
        if splits.any():
            rods = joined(rods.some(~splits), self._daughters(rods.some(splits)))
        made = np.exp(self.rate_of(rods) * STEP_S)
        length = rods.length_before_um * made
        # A newborn rod has been turned a little by then.
        poses = Poses(rods.before_um, rods.angle_after)
        poses = push_apart(poses, length, rods.width_um, _ROUNDS)
        return replace(
            rods,
            after_um=poses.places_um,
            angle_after=poses.angle_rad,
            length_after_um=length,
            # What has grown since is new, and not bleached.
            dye=1 - (1 - rods.dye) / made[:, None],
        )

    def _daughters(self, mothers: Rods) -> Rods:
        """Return two rods for each mother, pole to pole where she lay."""
        tracks = child_tracks(mothers.track, self.founders).T.ravel()
        traits, both = self._traits(tracks), joined(mothers, mothers)
        # What would be seen to jump is inherited.
        traits[:, [_WIDTH, _DENSE]] = both.traits[:, [_WIDTH, _DENSE]]
        traits[:, _BORN_GLOW] = both.traits[:, _GLOW]
        whole, axis = mothers.length_before_um, axis_of(mothers.angle_before)
        first = whole * mothers.split
        length = np.concatenate((first, whole - first))
        shift = np.concatenate(((first - whole) / 2, first / 2))
        kink = _KINK_RAD * np.clip(traits[:, _KINK], -2, 2)
        return replace(
            both,
            track=tracks,
            mother=both.track,
            traits=traits,
            before_um=both.before_um + shift[:, None] * np.concatenate((axis, axis)),
            angle_before=both.angle_before,
            angle_after=both.angle_after + kink,
            length_before_um=length,
            born_um=length,
            divides_um=length + self._adds(traits),
        )

    def _adds(self, traits: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what each rod adds before it divides, whatever its length at birth."""
        return self.added_um * (1 + 0.16 * np.clip(traits[:, _ADDED], -3, 3))

    def _traits(self, tracks: NDArray[np.int64]) -> NDArray[np.float64]:
        from scipy.special import ndtri  # slow to import, which every command would pay

        uniform = trait_draws(self.seed, tracks.tolist(), TRAITS).astype(float)
        normal: NDArray[np.float64] = ndtri(np.clip(uniform, 1e-7, 1 - 1e-7))
        return normal
