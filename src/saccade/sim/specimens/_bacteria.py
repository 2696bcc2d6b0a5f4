"""Rod-shaped bacteria that grow and divide in microcolonies on an agar pad."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from saccade.sim.world import Channel, Health, Occurrence, in_range, is_count, is_size

from ._bacteria_paint import PHASE, RodPainter
from ._bacteria_rods import STEP_S, Growth
from ._migrating_motion import scattered
from ._splat import Scratch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saccade.sim.world import Canvas, Doses

    from ._bacteria_rods import Rods

_FURTHEST_S = 4 * 3600.0
"""No separation is foretold to be further away."""
_EXTENT_UM = 1.0


class Bacteria:
    """Rods that elongate exponentially and divide by the adder rule.

    Each adds a length of its own draw between birth and division, whatever its length at birth
    (Taheri-Araghi et al., Current Biology 25, 2015). Daughters push each other apart, so that
    colonies spread. A colony slows down as it uses up its food. Light slows growth as a Hill
    curve of the dose, and kills at a dose that differs from rod to rod; what grows is not
    bleached.

    Parameters
    ----------
    seed : int
        Of the biology.
    count : int
        Colonies.
    size_um : tuple of float
        Width and height of the pad; colonies begin within it.
    doubling_min : float
        Time in which a rod doubles its length.
    added_um : float
        Mean length that a rod adds between birth and division.
    capacity : float
        Rods in a colony at which growth has slowed to half.
    grown_h : float
        How long the colonies have grown, each from one rod, before the start.
    slow_j_per_cm2, kill_j_per_cm2 : float
        Dose that slows growth to half, and that kills half of the rods, in light of weight 1.
    bleach_j_per_cm2 : float
        Dose that leaves 1/e of the dye.

    Raises
    ------
    ProtocolError
        If a value is impossible.
    """

    name = "bacteria"
    layers_um = (0.0,)

    def __init__(
        self,
        seed: int = 0,
        *,
        count: int = 16,
        size_um: tuple[float, float] = (200.0, 160.0),
        doubling_min: float = 45.0,
        added_um: float = 2.2,
        capacity: float = 100.0,
        grown_h: float = 3.0,
        slow_j_per_cm2: float = 30.0,
        kill_j_per_cm2: float = 120.0,
        bleach_j_per_cm2: float = 15.0,
    ) -> None:
        is_count("bacteria.count", count, 2000)
        is_size("bacteria.size_um", size_um, 10.0, 1e5)
        for setting, value, low, high in (
            ("doubling_min", doubling_min, 5.0, 1e4),
            ("added_um", added_um, 1.5, 6.0),
            ("capacity", capacity, 1.0, 1e6),
            ("grown_h", grown_h, 0.0, 24.0),
            ("slow_j_per_cm2", slow_j_per_cm2, 1e-6, 1e9),
            ("kill_j_per_cm2", kill_j_per_cm2, 1e-6, 1e9),
            ("bleach_j_per_cm2", bleach_j_per_cm2, 1e-6, 1e9),
        ):
            in_range(f"bacteria.{setting}", value, low, high)
        self.seed, self.size_um, self._kill_j_per_cm2 = seed, size_um, kill_j_per_cm2
        self.channels = {
            "Phase": Channel("Phase", 550, 550, transmitted=True, harm=1e-4),
            "FITC": Channel("FITC", 488, 520, bleach_j_per_cm2=bleach_j_per_cm2),
            "Cy5": Channel("Cy5", 640, 670, bleach_j_per_cm2=bleach_j_per_cm2, harm=0.3),
        }
        rate_per_s = math.log(2) / (60 * doubling_min)
        self._growth = Growth(seed, count, rate_per_s, added_um, capacity, slow_j_per_cm2)
        self._scratch = Scratch()
        self._over: list[Occurrence] = []
        self._going: dict[int, Occurrence] = {}
        self._averted, self._t_s = 0, 0.0
        places = scattered(seed, count, size_um, min(size_um) / math.sqrt(count + 1) * 0.8)
        steps = round(grown_h * 3600 / STEP_S)
        self._rods = self._growth.founded(places, -steps * STEP_S)
        for _ in range(steps + 1):
            self._rods = self._growth.next(self._rods)
        self._note()

    def advance(self, t_s: float) -> None:
        """Live on until a time, in s since the start; never back."""
        while t_s >= self._rods.start_s + STEP_S:
            self._rods = self._growth.next(self._rods)
            self._note()
        self._t_s = max(self._t_s, t_s)

    # ------------------------------------------------------------------------------- truth

    @property
    def tracks(self) -> NDArray[np.int64]:
        """Identities of the rods, (n,), in the order of `places_um`."""
        return self._rods.track

    @property
    def mothers(self) -> NDArray[np.int64]:
        """Identities of the rods' mothers, (n,); -1 for a founder of a colony."""
        return self._rods.mother

    def places_um(self) -> NDArray[np.float64]:
        """Return where the middles of the rods are, (n, 2)."""
        return self._rods.places_um(self._t_s)

    def lengths_um(self) -> NDArray[np.float64]:
        """Return the lengths of the rods from pole to pole, (n,)."""
        return self._rods.length_um(self._t_s)

    def angles_rad(self) -> NDArray[np.float64]:
        """Return which way the rods lie, (n,)."""
        return self._rods.angle_rad(self._t_s)

    @property
    def occurrences(self) -> tuple[Occurrence, ...]:
        """Divisions: from the begin of the constriction until the daughters have separated.

        While one goes on its end is foretold from the present rate of growth; if the rod is
        killed, it ends then.
        """
        both = [*self._over, *self._going.values()]
        return tuple(sorted(both, key=lambda each: (each.onset_s, each.track)))

    @property
    def health(self) -> Health:
        """How the rods fare; harmed are the dead and those that light has slowed by half."""
        rods = self._rods
        slowed = self._growth.vigour(rods) < 0.5
        harmed, alive = int((slowed | ~rods.alive).sum()), int(rods.alive.sum())
        left = float(rods.dye[:, 0].mean()) if len(rods.dye) else 1.0
        return Health(alive, harmed, self._averted, left, float(rods.all_j_per_cm2.max(initial=0)))

    def _note(self) -> None:
        """Take note of the divisions that begin, go on and end with this step."""
        rods, start_s = self._rods, self._rods.start_s
        begun = (rods.length_before_um >= rods.constricts_um) & rods.alive
        rate = self._growth.rate_of(rods)
        going: dict[int, Occurrence] = {}
        for i in np.flatnonzero(begun).tolist():
            track, end_s = int(rods.track[i]), self._separates_s(rods, i, float(rate[i]))
            known = self._going.pop(track, None)
            if known is None:
                x_um, y_um = rods.before_um[i].tolist()
                known = Occurrence(
                    "division", start_s, end_s, track, x_um, y_um, extent_um=_EXTENT_UM
                )
            going[track] = replace(known, end_s=end_s)
        self._over += [replace(each, end_s=start_s) for each in self._going.values()]
        self._going = going

    def _separates_s(self, rods: Rods, i: int, rate: float) -> float:
        """Return at the start of which step a rod will divide at its present rate."""
        ahead = math.log(max(rods.divides_um[i] / rods.length_before_um[i], 1.0))
        steps = math.ceil(ahead / max(rate * STEP_S, 1e-12) - 1e-9)
        return rods.start_s + min(max(steps, 1) * STEP_S, _FURTHEST_S)

    # ------------------------------------------------------------------------------- light

    def absorb(self, doses: Doses, channel: str) -> None:
        """Bleach, slow down, and die of too much light."""
        rods, of = self._rods, self.channels[channel]
        harm = rods.harm_j_per_cm2 + doses * of.harm
        dies = (harm >= self._kill_j_per_cm2 * rods.hardy) & rods.alive
        left = np.ones_like(rods.dye)
        if channel in _DYES:
            left[:, _DYES[channel]] = np.exp(-doses / of.bleach_j_per_cm2)
        self._rods = replace(
            rods,
            harm_j_per_cm2=harm,
            all_j_per_cm2=rods.all_j_per_cm2 + doses,
            killed_s=np.where(dies, self._t_s, rods.killed_s),
            dye=rods.dye * left,
        )
        for track in rods.track[dies].tolist():
            stopped = self._going.pop(track, None)
            if stopped is not None:
                self._over.append(replace(stopped, end_s=self._t_s))
            self._averted += 1

    # ---------------------------------------------------------------------------- pictures

    def paint(self, canvas: Canvas, channel: str) -> None:
        """Darken rods in phase contrast, or add their dyes."""
        transmitted = self.channels[channel].transmitted
        onto = PHASE.padded(canvas) if transmitted else canvas
        x_um, y_um = self.places_um().T
        shown = onto.shown(x_um, y_um, self.lengths_um() / 2 + 0.5)
        painter = RodPainter(onto, self._rods.some(shown), self._t_s, self._scratch)
        if transmitted:
            painter.phase(self.seed, canvas)
        elif channel == "FITC":
            painter.glow(1.0)
        else:
            painter.rings()


_DYES = {"FITC": 0, "Cy5": 1}
