"""Rods that grow into each other push each other apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GIVE = 0.45
"""Share of an overlap that one round takes away; all pairs at once would overshoot at 1."""
_SKIN_UM = 0.15
"""Pairs that are a little apart are kept in mind, because they may touch a round later."""


@dataclass(frozen=True, slots=True)
class Poses:
    """Where rods lie: arrays of (rod, 2) and (rod,)."""

    places_um: NDArray[np.float64]
    angle_rad: NDArray[np.float64]


def push_apart(
    poses: Poses, length_um: NDArray[np.float64], width_um: NDArray[np.float64], rounds: int
) -> Poses:
    """Return rods after some rounds of moving and turning out of each other.

    Each rod is a segment with a radius. Where an end of one segment is nearer to another
    segment than their radii, both rods move apart by half of the overlap and turn as a push at
    that point would turn them, overdamped, as rods on a pad are (after Volfson et al., PNAS 105,
    2008). All pairs move at once, in an order that does not matter.

    Parameters
    ----------
    poses : Poses
        Before.
    length_um, width_um : array, (rod,)
        Of the rods, poles included.
    rounds : int
        How often.
    """
    contacts = _contacts(poses, length_um, width_um)
    for _ in range(rounds if len(contacts.one) else 0):
        poses = contacts.relaxed(poses, length_um)
    return poses


def overlap_um(
    poses: Poses, length_um: NDArray[np.float64], width_um: NDArray[np.float64]
) -> float:
    """Return the deepest overlap of any two rods."""
    contacts = _contacts(poses, length_um, width_um)
    return float((contacts.touch_um - contacts.meet(poses)[2]).max(initial=0.0))


def axis_of(angle_rad: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return unit vectors along rods, (rod, 2)."""
    return np.stack((np.cos(angle_rad), np.sin(angle_rad)), axis=1)


@dataclass(frozen=True, slots=True)
class _Contacts:
    """Ends of segments, each against another segment; arrays are (contact,), but `half_um`."""

    one: NDArray[np.int64]
    other: NDArray[np.int64]
    end: NDArray[np.float64]
    touch_um: NDArray[np.float64]
    half_um: NDArray[np.float64]
    """Half the length of each rod's segment."""

    def meet(self, poses: Poses) -> tuple[NDArray[np.float64], ...]:
        """Return the end's arm on its rod, the arm on the other, the distance, the direction."""
        axis = axis_of(poses.angle_rad)
        arm = (self.end * self.half_um[self.one])[:, None] * axis[self.one]
        away = poses.places_um[self.one] + arm - poses.places_um[self.other]
        axis_other, half_other = axis[self.other], self.half_um[self.other]
        along = np.clip((away * axis_other).sum(axis=1), -half_other, half_other)
        arm_other = along[:, None] * axis_other
        apart = away - arm_other
        distance = np.sqrt((apart * apart).sum(axis=1))
        return arm, arm_other, distance, apart / np.maximum(distance, 1e-9)[:, None]

    def near(self, poses: Poses) -> _Contacts:
        """Return those that touch, or may after a few rounds."""
        close = self.meet(poses)[2] < self.touch_um + _SKIN_UM
        one, other, end = self.one[close], self.other[close], self.end[close]
        return _Contacts(one, other, end, self.touch_um[close], self.half_um)

    def relaxed(self, poses: Poses, length_um: NDArray[np.float64]) -> Poses:
        """Return the rods after one round."""
        arm, arm_other, distance, toward = self.meet(poses)
        overlap = np.maximum(self.touch_um - distance, 0.0)
        push = (_GIVE / 2 * overlap)[:, None] * toward
        count = len(length_um)
        places = poses.places_um.copy()
        for axis in (0, 1):
            places[:, axis] += np.bincount(self.one, push[:, axis], count)
            places[:, axis] -= np.bincount(self.other, push[:, axis], count)
        turn = np.bincount(self.one, _cross(arm, push), count)
        turn -= np.bincount(self.other, _cross(arm_other, push), count)
        # Drag resists turning by the square of the length, as that of a rod does.
        return Poses(places, poses.angle_rad + turn * 12 / length_um**2 * 0.5)


def _cross(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]


def _contacts(
    poses: Poses, length_um: NDArray[np.float64], width_um: NDArray[np.float64]
) -> _Contacts:
    """Return each segment's two ends against each other segment that is near."""
    one, other = _near(poses.places_um, length_um).T
    ends = np.repeat((1.0, -1.0, 1.0, -1.0), len(one))
    first, second = (
        np.concatenate((one, one, other, other)),
        np.concatenate((other, other, one, one)),
    )
    touch_um = (width_um[first] + width_um[second]) / 2
    return _Contacts(first, second, ends, touch_um, (length_um - width_um) / 2).near(poses)


def _near(places_um: NDArray[np.float64], length_um: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the pairs of rods that may touch, (n, 2), in an order that is always the same."""
    from scipy.spatial import cKDTree  # slow to import, which every command would pay

    if len(length_um) < 2:
        return np.empty((0, 2), np.int64)
    tree = cKDTree(places_um)
    pairs = tree.query_pairs(float(length_um.max()) + _SKIN_UM, output_type="ndarray")
    apart = places_um[pairs[:, 0]] - places_um[pairs[:, 1]]
    reach = (length_um[pairs[:, 0]] + length_um[pairs[:, 1]]) / 2 + _SKIN_UM
    pairs = pairs[(apart * apart).sum(axis=1) < reach**2]
    pairs = np.sort(pairs, axis=1)
    ordered: NDArray[np.int64] = pairs[np.lexsort(pairs.T[::-1])].astype(np.int64)
    return ordered
