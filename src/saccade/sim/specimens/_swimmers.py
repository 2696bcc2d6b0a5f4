"""Things that swim at one speed, turn gently, and pass over each other: to try following on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from saccade.sim.world import Channel, Health, Occurrence, in_range, is_count, is_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saccade.sim.world import Canvas, Doses

_PHOTONS_PER_UM2 = 6e4
"""At the sensor, for 1 J/cm² and one of mean brightness."""
_STEP_S = 0.25
_BODY = 33
"""Pixels along the picture of one."""


class Swimmers:
    """Discs that move at the same speed, each on a course of its own.

    The heading wanders as that of active Brownian particles (Romanczuk and others, 2012,
    doi:10.1140/epjst/e2012-01529-y), by ``turn_deg_per_s`` (root mean square, in a second), and
    leads back to the slide at its edges. They do not feel each other.

    Parameters
    ----------
    seed : int
        Of places and courses.
    count : int
        How many.
    size_um : tuple of float
        Width and height of the slide.
    speed_um_per_s : float
        Of each.
    turn_deg_per_s : float
        As above.
    radius_um : float
        Of a disc.
    bleach_j_per_cm2 : float
        Dose that leaves 1/e of the dye.

    Raises
    ------
    ProtocolError
        If a value is impossible.
    """

    name = "swimmers"

    def __init__(
        self,
        seed: int = 0,
        *,
        count: int = 60,
        size_um: tuple[float, float] = (600.0, 600.0),
        speed_um_per_s: float = 2.0,
        turn_deg_per_s: float = 8.0,
        radius_um: float = 4.0,
        bleach_j_per_cm2: float = 2000.0,
    ) -> None:
        is_count("swimmers.count", count, 10_000)
        is_size("swimmers.size_um", size_um, 20.0, 1e5)
        for name, value, high in (
            ("speed_um_per_s", speed_um_per_s, 1e3),
            ("turn_deg_per_s", turn_deg_per_s, 360.0),
            ("radius_um", radius_um, 100.0),
            ("bleach_j_per_cm2", bleach_j_per_cm2, 1e12),
        ):
            in_range(f"swimmers.{name}", value, 1e-6, high)
        self.size_um, self.layers_um = size_um, (0.0,)
        self.channels = {
            "FITC": Channel("FITC", 488, 520, bleach_j_per_cm2=bleach_j_per_cm2, harm=0.0)
        }
        self._rng = np.random.default_rng([seed, 0])
        self._places = (self._rng.random((count, 2)) - 0.5) * size_um
        self._heading = self._rng.random(count) * 2 * math.pi
        self._bright = self._rng.normal(1.0, 0.15, count).clip(0.6, 1.5)
        self._speed, self._turn = speed_um_per_s, math.radians(turn_deg_per_s)
        self._radius_um, self._dose = radius_um, np.zeros(count)
        self._half = np.array(size_um) / 2
        self._before, self._steps, self._t_s = self._places, 0, 0.0

    def advance(self, t_s: float) -> None:
        """Swim on."""
        self._t_s = t_s
        while self._steps * _STEP_S <= t_s:
            self._step()

    def _step(self) -> None:
        noise = self._rng.standard_normal(len(self._heading))
        self._heading = self._heading + noise * self._turn * math.sqrt(_STEP_S)
        # Near an edge they turn towards the middle, by no more than 30 degrees a second.
        near = (np.abs(self._places) > 0.9 * self._half).any(axis=1)
        inward = np.arctan2(-self._places[:, 1], -self._places[:, 0])
        off = (inward - self._heading + math.pi) % (2 * math.pi) - math.pi
        self._heading += near * np.clip(off, -math.pi / 6 * _STEP_S, math.pi / 6 * _STEP_S)
        ways = np.stack((np.cos(self._heading), np.sin(self._heading)), axis=1)
        self._before = self._places
        self._places = self._places + ways * self._speed * _STEP_S
        self._steps += 1

    def places_um(self) -> NDArray[np.float64]:
        """Return where they are, (n, 2)."""
        share = self._t_s / _STEP_S - (self._steps - 1)
        places: NDArray[np.float64] = self._before + (self._places - self._before) * share
        return places

    def paint(self, canvas: Canvas, channel: str) -> None:
        """Add each disc."""
        places = self.places_um()
        left = np.exp(-self._dose / self.channels[channel].bleach_j_per_cm2)
        weight = _PHOTONS_PER_UM2 * self._bright * left
        sprite_px_um = 2 * self._radius_um / (_BODY - 3)
        for i in canvas.shown(places[:, 0], places[:, 1], self._radius_um):
            x, y = places[i]
            canvas.stamp(_SPRITE, x, y, sprite_px_um=sprite_px_um, weight=weight[i])

    def absorb(self, doses: Doses, channel: str) -> None:  # noqa: ARG002 - there is one channel
        """Bleach."""
        self._dose += doses

    @property
    def occurrences(self) -> tuple[Occurrence, ...]:
        """Nothing."""
        return ()

    @property
    def health(self) -> Health:
        """All are well."""
        left = np.exp(-self._dose / self.channels["FITC"].bleach_j_per_cm2)
        return Health(len(left), 0, 0, float(left.mean()), float(self._dose.max(initial=0.0)))


def _disc() -> NDArray[np.float32]:
    at = np.arange(_BODY) - (_BODY - 1) / 2
    away = np.hypot(at[:, None], at[None, :])
    disc: NDArray[np.float32] = np.clip((_BODY - 3) / 2 + 0.5 - away, 0, 1).astype(np.float32)
    return disc


_SPRITE = _disc()
