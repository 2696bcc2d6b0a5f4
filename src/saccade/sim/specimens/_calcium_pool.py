"""What is active now: transients drawn, those that the light averted left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ._calcium_activity import (
    SPONTANEOUS_BIN_S,
    WAVE_BIN_S,
    Kinetics,
    Transients,
    Wave,
    front,
    pending_bins,
    spontaneous,
    waves,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often cells and tissue are active, and how strongly."""

    rate_hz: float
    """Spontaneous transients, in each cell."""
    waves_per_h: float
    wave_um_per_s: float
    reach_um: float
    """How far the widest wave goes."""
    amplitude: float
    """Median peak, as a multiple of the brightness at rest."""


class Begun(NamedTuple):
    """What began in a stretch of time."""

    transients: Transients
    """Those of single cells."""
    waves: tuple[Wave, ...]
    averted: int
    """Transients and waves that silent cells did not have."""


class Pool:
    """All that has been drawn and is not yet over.

    Parameters
    ----------
    seed : int
        Of the specimen.
    rhythm : Rhythm
        How often.
    kinetics : Kinetics
        The shape of a transient.
    places_um : array of float, (n, 2)
        The cells, then the neuropil.
    cells : int
        How many of them are cells.
    """

    def __init__(
        self,
        seed: int,
        rhythm: Rhythm,
        kinetics: Kinetics,
        places_um: NDArray[np.float64],
        cells: int,
    ) -> None:
        self._seed, self._rhythm, self._kinetics = seed, rhythm, kinetics
        self._places_um, self._cells = places_um, cells
        self._active = self._pending = Transients.none()
        self._waves: tuple[Wave, ...] = ()
        self._bins = [0, 0]

    def advance(self, t_s: float, silent: NDArray[np.bool_]) -> Begun:
        """Begin all that is due by a time, and forget what is over.

        Parameters
        ----------
        t_s : float
            Since the start.
        silent : array of bool, (n,)
            Objects that are no longer active.
        """
        self._draw(t_s)
        due = tuple(wave for wave in self._waves if wave.onset_s <= t_s)
        self._waves = tuple(wave for wave in self._waves if wave.onset_s > t_s)
        spread = tuple(wave for wave in due if not silent[wave.origin])
        for wave in spread:
            self._pending = self._pending.joined(self._front(wave))
        split = int(np.searchsorted(self._pending.onset_s, t_s, side="right"))
        begun, self._pending = (
            self._pending.where(np.s_[:split]),
            self._pending.where(np.s_[split:]),
        )
        quiet = silent[begun.who]
        averted = len(due) - len(spread) + int(np.count_nonzero(quiet & begun.alone))
        begun = begun.where(~quiet)
        going_on = self._active.where(t_s - self._active.onset_s < self._kinetics.gone_s)
        self._active = going_on.joined(begun)
        return Begun(begun.where(begun.alone), spread, averted)

    def evoke(self, transients: Transients) -> None:
        """Add transients that begin now."""
        self._active = self._active.joined(transients)

    def level(self, t_s: float) -> NDArray[np.float64]:
        """Return the activity of each object, (n,), as a multiple of its brightness at rest."""
        size = self._active.amplitude * self._kinetics.at(t_s - self._active.onset_s)
        level = np.bincount(self._active.who, size, len(self._places_um))
        return level.astype(np.float64, copy=False)

    def lately(self, t_s: float) -> NDArray[np.intp]:
        """Return which objects began a transient at or after a time."""
        return self._active.who[self._active.onset_s >= t_s]

    def _draw(self, t_s: float) -> None:
        rhythm = self._rhythm
        for number in pending_bins(self._bins[0], t_s, SPONTANEOUS_BIN_S):
            drawn = spontaneous(
                self._seed,
                number,
                rate_hz=rhythm.rate_hz,
                cells=self._cells,
                amplitude=rhythm.amplitude,
            )
            self._pending = self._pending.joined(drawn)
            self._bins[0] = number + 1
        for number in pending_bins(self._bins[1], t_s, WAVE_BIN_S):
            self._waves += waves(
                self._seed,
                number,
                per_h=rhythm.waves_per_h,
                cells=self._cells,
                reach_um=rhythm.reach_um,
            )
            self._bins[1] = number + 1

    def _front(self, wave: Wave) -> Transients:
        return front(
            self._seed,
            wave,
            self._places_um,
            cells=self._cells,
            speed_um_per_s=self._rhythm.wave_um_per_s,
            amplitude=self._rhythm.amplitude,
        )
