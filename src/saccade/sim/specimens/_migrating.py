"""Crawling cells in phase contrast, whose tracks cross, and that light can lead."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from saccade.sim.world import Channel, Health, Occurrence, in_range, is_count, is_size

from ._migrating_cells import DIVISION_S, STEP_S, Biology, brightness, tolerance
from ._migrating_crossing import Crossing, CrossingLog
from ._migrating_motion import Walk, scattered
from ._migrating_paint import PHASE, Painter
from ._migrating_shape import shape_cells
from ._splat import Scratch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saccade.sim.world import Canvas, Doses

_REACH_UM = 80.0
"""No part of a cell is further from its place."""
_DIAMETER_UM = 30.0
_SENSE_UM = 15.0
_SIDES = np.array([(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)])
"""Where, around its middle, a cell feels light."""
_EXCITES = {"FITC": 1.0, "Stim": 0.5}
"""How well each channel's light excites the nuclear dye."""
_UM2_PER_SPECK = 1200.0


class MigratingCells:
    """Cells that crawl over glass: a persistent random walk with contact inhibition.

    Light of the channel ``Stim`` on one side of a cell activates Rac there, and the cell crawls
    that way for some minutes (Wu et al., Nature 461, 2009). Light that is even over a cell leads
    it nowhere. All light harms in proportion to its channel's weight: past a dose that differs
    from cell to cell, a cell rounds up and stays where it is.

    Parameters
    ----------
    seed : int
        Of the biology.
    count : int
        Cells at the start.
    size_um : tuple of float
        Width and height of the slide; cells turn round at its edges.
    speed_um_per_min, persistence_min : float
        Of the walk (Fürth's formula).
    passing : float
        Share of pairs that crawl over each other when they meet; the others back off.
    contact_um : float
        Distance at which cells feel each other; 0 for cells that never do.
    cycle_h : float
        Mean time between divisions; 0 for none.
    lead_um_per_min : float
        Speed towards the light of a cell that is fully activated.
    lead_j_per_cm2 : float
        Difference in dose across a cell that activates it half.
    lead_min : float
        Time in which activation fades to 1/e.
    harm_j_per_cm2 : float
        Dose that stops half of the cells, in light of weight 1.
    bleach_j_per_cm2 : float
        Dose that leaves 1/e of the nuclear dye.

    Raises
    ------
    ProtocolError
        If a value is impossible.
    """

    name = "migrating-cells"

    def __init__(
        self,
        seed: int = 0,
        *,
        count: int = 380,
        size_um: tuple[float, float] = (2000.0, 1600.0),
        speed_um_per_min: float = 0.6,
        persistence_min: float = 25.0,
        passing: float = 0.015,
        contact_um: float = 55.0,
        cycle_h: float = 90.0,
        lead_um_per_min: float = 0.8,
        lead_j_per_cm2: float = 0.5,
        lead_min: float = 6.0,
        harm_j_per_cm2: float = 60.0,
        bleach_j_per_cm2: float = 40.0,
    ) -> None:
        is_count("migrating-cells.count", count, 20_000)
        is_size("migrating-cells.size_um", size_um, 100.0, 1e5)
        for setting, value, low, high in (
            ("speed_um_per_min", speed_um_per_min, 1e-3, 30.0),
            ("persistence_min", persistence_min, 0.1, 1e4),
            ("passing", passing, 0.0, 1.0),
            ("contact_um", contact_um, 0.0, 200.0),
            ("cycle_h", cycle_h, 0.0, 1e4),
            ("lead_um_per_min", lead_um_per_min, 0.0, 30.0),
            ("lead_j_per_cm2", lead_j_per_cm2, 1e-6, 1e6),
            ("lead_min", lead_min, 0.1, 1e3),
            ("harm_j_per_cm2", harm_j_per_cm2, 1e-6, 1e9),
            ("bleach_j_per_cm2", bleach_j_per_cm2, 1e-6, 1e9),
        ):
            in_range(f"migrating-cells.{setting}", value, low, high)
        self.seed, self.size_um, self.layers_um = seed, size_um, (0.0,)
        self.channels = {
            "Phase": Channel("Phase", 550, 550, transmitted=True, harm=1e-4),
            "FITC": Channel("FITC", 488, 520, bleach_j_per_cm2=bleach_j_per_cm2),
            "Stim": Channel("Stim", 470, 510, harm=1.5),
        }
        self._lead_j_per_cm2, self._harm_j_per_cm2 = lead_j_per_cm2, harm_j_per_cm2
        walk = Walk(speed_um_per_min / 60, persistence_min * 60, contact_um, passing)
        self._biology = Biology(
            seed, count, size_um, walk, cycle_h * 3600, lead_um_per_min / 60, lead_min * 60
        )
        self._dirt_um = _dirt(seed, size_um)
        self._log = CrossingLog(_DIAMETER_UM)
        self._divisions: list[Occurrence] = []
        self._averted, self._scratch = 0, Scratch()
        self._t_s = 0.0
        places = scattered(seed, count, size_um, contact_um)
        self._cells = self._biology.settled(np.arange(count), places)
        self._step()

    def advance(self, t_s: float) -> None:
        """Live on until a time, in s since the start; never back."""
        while t_s >= self._cells.start_s + STEP_S:
            self._step()
        self._t_s = max(self._t_s, t_s)

    def _step(self) -> None:
        cells = self._cells = self._biology.next(self._cells)
        start_s = cells.start_s
        due = np.flatnonzero(cells.divides_s == start_s)
        for i in due:
            if cells.harmed_s[i] < start_s:
                self._averted += 1
                continue
            x_um, y_um = cells.before_um[i].tolist()
            self._divisions.append(
                Occurrence(
                    "division", start_s, start_s + DIVISION_S, int(cells.track[i]), x_um, y_um,
                    extent_um=_DIAMETER_UM / 2,
                )
            )  # fmt: skip
        self._log.see(start_s, start_s + STEP_S, cells.track, cells.before_um, cells.after_um)

    # ------------------------------------------------------------------------------- truth

    @property
    def tracks(self) -> NDArray[np.int64]:
        """Identities of the cells, (n,), in the order of `tracks_um`."""
        return self._cells.track

    def tracks_um(self, t_s: float | None = None) -> NDArray[np.float64]:
        """Return where each cell is, (n, 2).

        Parameters
        ----------
        t_s : float, optional
            A time within the present internal step of 30 s; by default, now.

        Raises
        ------
        ValueError
            If the time lies outside of the present step.
        """
        t_s = self._t_s if t_s is None else t_s
        if not 0 <= t_s - self._cells.start_s <= STEP_S:
            raise ValueError(f"Cells at {self._t_s:g} s don't know where they are at {t_s:g} s.")
        return self._cells.places_um(t_s)

    @property
    def crossings(self) -> tuple[Crossing, ...]:
        """Pairs of tracks that have come near each other until now, in order of onset."""
        return tuple(each for each in self._log.all if each.onset_s <= self._t_s)

    @property
    def occurrences(self) -> tuple[Occurrence, ...]:
        """Divisions and crossings that have begun; a crossing carries its lower track.

        The end of a crossing that goes on is foretold from the present courses of its cells,
        and settled when they have parted.
        """
        crossings = [
            Occurrence(
                "crossing", each.onset_s, each.end_s, each.tracks[0], each.x_um, each.y_um,
                extent_um=_DIAMETER_UM,
            )
            for each in self.crossings
        ]  # fmt: skip
        both = [*self._divisions, *crossings]
        return tuple(sorted(both, key=lambda each: (each.onset_s, each.kind, each.track)))

    @property
    def health(self) -> Health:
        """How the cells fare; a harmed one is still there, but does not crawl or divide."""
        cells = self._cells
        harmed = int(np.isfinite(cells.harmed_s).sum())
        left = np.exp(-cells.dye_j_per_cm2 / self.channels["FITC"].bleach_j_per_cm2)
        most = float(cells.all_j_per_cm2.max(initial=0.0))
        mean = float(left.mean()) if len(left) else 1.0
        return Health(len(left) - harmed, harmed, self._averted, mean, most)

    # ------------------------------------------------------------------------------- light

    def places_um(self) -> NDArray[np.float64]:
        """Return where light is felt, (5 n, 2): all middles first, then four sides of each.

        The middles are in the order of `tracks`; then come all right sides, left, lower, upper.
        """
        middles = self.tracks_um()
        sides = [middles + _SENSE_UM * side for side in _SIDES]
        return np.concatenate([middles, *sides])

    def absorb(self, doses: Doses, channel: str) -> None:
        """Bleach, be led by light on one side, and be harmed by too much of it."""
        cells, of = self._cells, self.channels[channel]
        felt = np.asarray(doses, float).reshape(5, -1)
        mean = felt.mean(axis=0)
        dye = cells.dye_j_per_cm2 + mean * _EXCITES.get(channel, 0.0)
        harm = cells.harm_j_per_cm2 + mean * of.harm
        over = (harm >= self._bearable()) & np.isinf(cells.harmed_s)
        self._cells = replace(
            cells,
            dye_j_per_cm2=dye,
            harm_j_per_cm2=harm,
            all_j_per_cm2=cells.all_j_per_cm2 + mean,
            harmed_s=np.where(over, self._t_s, cells.harmed_s),
            drawn=self._led(felt) if channel == "Stim" else cells.drawn,
        )

    def _bearable(self) -> NDArray[np.float64]:
        """Return the dose that harms each cell: log-normal around the median."""
        return self._harm_j_per_cm2 * tolerance(self._cells.traits)

    def _led(self, felt: Doses) -> NDArray[np.float64]:
        """Return how activated each cell is after light, and towards where."""
        slope = _SIDES.T @ felt[1:]
        steep = np.hypot(*slope)
        share = steep / (steep + self._lead_j_per_cm2)
        toward = slope / np.maximum(steep, 1e-300)
        drawn: NDArray[np.float64] = self._cells.drawn
        led: NDArray[np.float64] = drawn + (share * (toward - drawn.T)).T
        return led

    # ---------------------------------------------------------------------------- pictures

    def paint(self, canvas: Canvas, channel: str) -> None:
        """Darken cells in phase contrast, or add their stained nuclei."""
        transmitted = self.channels[channel].transmitted
        onto = PHASE.padded(canvas) if transmitted else canvas
        painter = self._painter(onto)
        if transmitted:
            near = onto.shown(self._dirt_um[:, 0], self._dirt_um[:, 1])
            painter.phase(self._dirt_um[near], canvas)
        else:
            painter.nuclei(_EXCITES[channel])

    def _painter(self, onto: Canvas) -> Painter:
        """Return a painter of the cells that a canvas shows a part of."""
        t_s, cells = self._t_s, self._cells
        x_um, y_um = cells.places_um(t_s).T
        near = onto.shown(x_um, y_um, _REACH_UM)
        cells = cells.some(near)
        shapes = shape_cells(
            cells.traits, t_s, cells.heading_rad(t_s), cells.rounded(t_s), cells.cleaved(t_s)
        )
        shown = onto.shown(x_um[near], y_um[near], shapes.reach_um())
        cells, shapes = cells.some(shown), shapes.some(shown)
        left = np.exp(-cells.dye_j_per_cm2 / self.channels["FITC"].bleach_j_per_cm2)
        glow = left * brightness(cells.traits)
        return Painter(onto, cells.places_um(t_s), shapes, cells.traits, glow, t_s, self._scratch)


def _dirt(seed: int, size_um: tuple[float, float]) -> NDArray[np.float64]:
    """Return specks on the glass: place, radius in µm, and delay in radians, (n, 4)."""
    rng = np.random.default_rng([seed, 3])
    count = int(size_um[0] * size_um[1] / _UM2_PER_SPECK)
    places = (rng.random((count, 2)) - 0.5) * size_um
    radius_um = 0.3 + 0.9 * rng.random(count) ** 2
    delay = np.where(rng.random(count) < 0.8, 0.3, -0.2) * rng.random(count)
    return np.column_stack((places, radius_um, delay))
