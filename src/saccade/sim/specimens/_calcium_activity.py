"""When cells are active: transients with a known onset, spontaneous, in waves, and evoked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SPONTANEOUS_BIN_S, WAVE_BIN_S = 10.0, 60.0
_OVER = 0.05
"""A transient is over when it has decayed to this share of its peak."""
_GONE_DECAYS = 14.0
"""Decay times after which nothing of it is left to paint: less than a millionth."""
_SCATTER = 0.45
"""Of amplitudes, as the standard deviation of their logarithm."""


@dataclass(frozen=True, slots=True)
class Kinetics:
    """A transient as it is seen: (1 - exp(-t / rise)) exp(-t / decay), its peak scaled to 1.

    With a rise of 0.08 s and a decay of 0.8 s it peaks after 0.19 s and then halves in about
    0.6 s: GCaMP6s after one action potential in mouse visual cortex peaks after 0.18 s and
    halves in 0.55 s (Chen et al., Nature 499, 2013).
    """

    rise_s: float
    decay_s: float

    @property
    def peak_s(self) -> float:
        """From the onset to the peak."""
        return float(self.rise_s * np.log1p(self.decay_s / self.rise_s))

    @property
    def lasts_s(self) -> float:
        """From the onset until it has decayed to a twentieth of its peak."""
        late = self.decay_s * float(np.log(1 / (_OVER * self._height)))
        for _ in range(20):  # the rise is nearly done there, so this converges at once
            late = self.decay_s * float(
                np.log(-np.expm1(-late / self.rise_s) / (_OVER * self._height))
            )
        return late

    @property
    def gone_s(self) -> float:
        """From the onset until it is taken to be zero."""
        return _GONE_DECAYS * self.decay_s

    def at(self, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the share of the peak at times since the onset."""
        since = np.clip(t_s, 0, None)
        shape = -np.expm1(-since / self.rise_s) * np.exp(-since / self.decay_s) / self._height
        return np.where(t_s < self.gone_s, shape, 0.0)

    @property
    def _height(self) -> float:
        peak = self.peak_s
        return float(-np.expm1(-peak / self.rise_s) * np.exp(-peak / self.decay_s))


class Transients(NamedTuple):
    """Transients, in order of onset; arrays of the same length."""

    onset_s: NDArray[np.float64]
    who: NDArray[np.intp]
    """Index of the object."""
    amplitude: NDArray[np.float64]
    """Peak, as a multiple of the brightness at rest (ΔF/F)."""
    alone: NDArray[np.bool_]
    """Whether it is an occurrence of its own, not part of a wave."""

    @classmethod
    def none(cls) -> Transients:
        """Return no transient."""
        return cls(np.zeros(0), np.zeros(0, np.intp), np.zeros(0), np.zeros(0, bool))

    def where(self, which: NDArray[np.bool_] | NDArray[np.intp] | slice) -> Transients:
        """Return some of them."""
        onset_s, who, amplitude, alone = self
        return Transients(onset_s[which], who[which], amplitude[which], alone[which])

    def joined(self, other: Transients) -> Transients:
        """Return both, in order of onset; of two at once, mine first."""
        both = Transients(
            np.concatenate((self.onset_s, other.onset_s)),
            np.concatenate((self.who, other.who)),
            np.concatenate((self.amplitude, other.amplitude)),
            np.concatenate((self.alone, other.alone)),
        )
        return both.where(np.argsort(both.onset_s, kind="stable"))


class Wave(NamedTuple):
    """A front of activity that spreads from one cell."""

    onset_s: float
    origin: int
    """Index of the cell."""
    radius_um: float
    """How far it goes."""
    key: tuple[int, int]
    """Number of its bin, and its number therein."""


def spontaneous(
    seed: int, number: int, *, rate_hz: float, cells: int, amplitude: float
) -> Transients:
    """Return the transients of one bin of time, a Poisson process in each cell.

    Parameters
    ----------
    seed, number : int
        Of the specimen, and of the bin; they alone decide.
    rate_hz : float
        Of one cell.
    cells : int
        How many.
    amplitude : float
        Median.
    """
    rng = np.random.default_rng([seed, 10, number])
    count = int(rng.poisson(rate_hz * SPONTANEOUS_BIN_S * cells))
    onset = np.sort((number + rng.random(count)) * SPONTANEOUS_BIN_S)
    who = rng.integers(0, max(cells, 1), count)
    return Transients(
        onset, who, amplitude * rng.lognormal(0, _SCATTER, count), np.ones(count, bool)
    )


def waves(seed: int, number: int, *, per_h: float, cells: int, reach_um: float) -> tuple[Wave, ...]:
    """Return the waves of one bin of time, in order of onset; parameters as `spontaneous`.

    Parameters
    ----------
    seed, number : int
        Of the specimen, and of the bin.
    per_h : float
        Rate in the whole tissue.
    cells : int
        How many.
    reach_um : float
        How far the widest goes; the others go between two fifths of it and that.
    """
    rng = np.random.default_rng([seed, 11, number])
    count = int(rng.poisson(per_h / 3600 * WAVE_BIN_S)) if cells else 0
    onsets = np.sort((number + rng.random(count)) * WAVE_BIN_S)
    origins = rng.integers(0, max(cells, 1), count)
    radii = rng.uniform(0.4, 1.0, count) * reach_um
    drawn = zip(onsets, origins, radii, strict=True)
    return tuple(
        Wave(float(onset), int(origin), float(radius), (number, i))
        for i, (onset, origin, radius) in enumerate(drawn)
    )


def front(
    seed: int,
    wave: Wave,
    places_um: NDArray[np.float64],
    *,
    cells: int,
    speed_um_per_s: float,
    amplitude: float,
) -> Transients:
    """Return the transients that a wave brings: four of five cells, and all neuropil.

    A cell answers within 0.05 s of the front, neuropil at once and half as strongly.

    Parameters
    ----------
    seed : int
        Of the specimen.
    wave : Wave
        Which.
    places_um : array of float, (n, 2)
        The cells, then the neuropil.
    cells : int
        How many of them are cells.
    speed_um_per_s : float
        Of the front.
    amplitude : float
        Median in cells.
    """
    rng = np.random.default_rng([seed, 12, *wave.key])
    away = np.hypot(*(places_um - places_um[wave.origin]).T)
    cell = np.arange(len(places_um)) < cells
    answers = np.where(cell, rng.random(len(places_um)) < 0.8, True)
    late = np.where(cell, 0.05 * rng.random(len(places_um)), 0.0)
    size = amplitude * np.where(cell, rng.lognormal(0, 0.3, len(places_um)), 0.5)
    who = np.flatnonzero(answers & (away <= wave.radius_um))
    onset = wave.onset_s + away[who] / speed_um_per_s + late[who]
    order = np.argsort(onset, kind="stable")
    who = who[order]
    return Transients(onset[order], who, size[who], np.zeros(len(who), bool))


def pending_bins(drawn: int, t_s: float, bin_s: float) -> range:
    """Return the bins that begin at or before a time, beyond those already drawn."""
    return range(drawn, int(t_s // bin_s) + 1)
