"""What a run did, without its pictures: every shot, and every burst that was decided on."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from numpy.typing import NDArray

    from saccade.sim.world import Drift


class Shot(NamedTuple):
    """One exposure: when, where, and with how much light."""

    t_s: float
    """Start of the exposure, in the specimen's own time."""
    exposure_ms: float
    x_um: float
    y_um: float
    """Centre of the picture, on the stage."""
    width_um: float
    height_um: float
    """Of the field that the picture shows."""
    channel: str | None = None
    dose_j_per_cm2: float = math.nan
    """Irradiance times exposure, behind a mask the mean over the field; NaN where no light source
    is declared for the channel."""
    stream: str = "watch"
    position: int = 0
    """Number of the place: places less than half a field apart are the same."""
    frame: int = -1
    """Run-wide index of the frame."""
    nbytes: int = 0
    kept: bool = True
    """Whether its picture would be on the disk, and was not thinned out."""

    @property
    def end_s(self) -> float:
        """End of the exposure."""
        return self.t_s + self.exposure_ms / 1000


class Burst(NamedTuple):
    """One decided action, and the shots that came of it."""

    t_s: float
    """When it was decided on."""
    end_s: float
    """When its last shot was over."""
    x_um: float
    y_um: float
    """Where its first shot was."""
    frame: int
    """Index of the frame that it rests on."""
    label: str
    shots: tuple[int, ...]
    """Indices of its frames."""


class Positions:
    """Numbers places in order of appearance; less than half a field apart is the same.

    Parameters
    ----------
    half_x_um, half_y_um : float
        Half of the width and height of the field.
    """

    def __init__(self, half_x_um: float, half_y_um: float) -> None:
        self._half = half_x_um, half_y_um
        self._known: dict[tuple[float, float], int] = {}
        self._places: list[tuple[float, float]] = []

    def number(self, x_um: float, y_um: float) -> int:
        """Return the number of a place, a new one if it lies near no other."""
        if (known := self._known.get((x_um, y_um))) is not None:
            return known
        half_x, half_y = self._half
        near = (
            n
            for n, (x, y) in enumerate(self._places)
            if abs(x_um - x) < half_x and abs(y_um - y) < half_y
        )
        number = next(near, len(self._places))
        if number == len(self._places):
            self._places.append((x_um, y_um))
        self._known[x_um, y_um] = number
        return number


@dataclass(frozen=True)
class Log:
    """Shots in order of time, and bursts in order of decision."""

    shots: tuple[Shot, ...] = ()
    bursts: tuple[Burst, ...] = ()

    @property
    def dose_j_per_cm2(self) -> float:
        """Sum over all shots, hence over all positions; correctly rounded."""
        return math.fsum(shot.dose_j_per_cm2 for shot in self.shots)

    @property
    def nbytes(self) -> int:
        """Bytes of all pictures."""
        return sum(shot.nbytes for shot in self.shots)

    def dose_by_position(self) -> dict[int, float]:
        """Return the dose of each position in J/cm²; correctly rounded."""
        doses: dict[int, list[float]] = {}
        for shot in self.shots:
            doses.setdefault(shot.position, []).append(shot.dose_j_per_cm2)
        return {position: math.fsum(each) for position, each in doses.items()}

    def until(self, t_s: float) -> Log:
        """Return the log without what began after a time.

        Parameters
        ----------
        t_s : float
            In the specimen's own time.
        """
        shots = tuple(shot for shot in self.shots if shot.t_s <= t_s)
        kept = {shot.frame for shot in shots}
        bursts = (
            burst._replace(
                end_s=min(burst.end_s, t_s), shots=tuple(n for n in burst.shots if n in kept)
            )
            for burst in self.bursts
            if burst.t_s <= t_s
        )
        return Log(shots, tuple(bursts))

    def thinned(self, kept: Container[int]) -> Log:
        """Return the log of a run that keeps some of its pictures only.

        Parameters
        ----------
        kept : container of int
            Indices of their frames; all others had their light, and show nothing to anybody.
        """
        shots = tuple(shot._replace(kept=shot.frame in kept) for shot in self.shots)
        return replace(self, shots=shots)

    def kept(self) -> Log:
        """Return the log without the shots whose pictures were thinned out."""
        return replace(self, shots=tuple(shot for shot in self.shots if shot.kept))

    def decided(self) -> Log:
        """Return the log without the shots that were planned."""
        wanted = {frame for burst in self.bursts for frame in burst.shots}
        return replace(self, shots=tuple(shot for shot in self.shots if shot.frame in wanted))

    def at_times(self, times: Mapping[int, float]) -> Log:
        """Return the log with shots at other times, such as those that a recording showed.

        Parameters
        ----------
        times : mapping of int to float
            By index of the frame.
        """
        shots = (shot._replace(t_s=times[shot.frame]) for shot in self.shots)
        return replace(self, shots=tuple(sorted(shots, key=lambda s: (s.t_s, s.frame))))

    def on_specimen(self, drift: Drift) -> Log:
        """Return the log with shots where the drifting specimen had them.

        Parameters
        ----------
        drift : saccade.sim.world.Drift
            Of the specimen under the objective.
        """
        moved = (
            shot._replace(x_um=shot.x_um - dx, y_um=shot.y_um - dy)
            for shot in self.shots
            for dx, dy, _ in (drift.at(shot.t_s),)
        )
        return replace(self, shots=tuple(moved))

    @cached_property
    def columns(self) -> Columns:
        """The shots as arrays, for arithmetic."""
        shots = self.shots
        numbers = np.array([shot[:6] for shot in shots], float).reshape(-1, 6)
        names = {name: n for n, name in enumerate(dict.fromkeys(shot.channel for shot in shots))}
        return Columns(
            numbers[:, 0],
            numbers[:, 2:4],
            numbers[:, 4:6] / 2,
            np.array([names[shot.channel] for shot in shots], int),
            np.array([shot.frame for shot in shots], int),
        )


class Columns(NamedTuple):
    """Shots as arrays, in order of time."""

    t_s: NDArray[np.float64]
    at_um: NDArray[np.float64]
    """Centres, (n, 2), x and y."""
    half_um: NDArray[np.float64]
    """Half of width and height, (n, 2)."""
    channel: NDArray[np.intp]
    frame: NDArray[np.intp]

    def part(self, which: Any) -> Columns:
        """Return some of the shots.

        Parameters
        ----------
        which : slice or array of bool
            Which ones.
        """
        return Columns(*(column[which] for column in self))

    def see(self, x_um: float, y_um: float) -> NDArray[np.bool_]:
        """Return which shots have a place in view: it lies in the field, edges included.

        Parameters
        ----------
        x_um, y_um : float
            The place.
        """
        away_um = np.abs(self.at_um - (x_um, y_um))
        seen: NDArray[np.bool_] = np.all(away_um <= self.half_um, axis=1)
        return seen
