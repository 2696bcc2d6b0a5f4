"""A monolayer of cells whose nuclei divide."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from saccade.sim.world import Channel, Health, Occurrence

from ._dividing_cells import daughters, founders
from ._dividing_chance import mix, uniform
from ._dividing_chromosomes import Karyotype
from ._dividing_cycle import dna, phases
from ._dividing_light import absorb
from ._dividing_motion import STEP_S, angles_rad, middles_um, places_um, step
from ._dividing_paint import paint_chromatin, paint_debris
from ._dividing_paint_tubulin import paint_tubulin
from ._dividing_scene import Scene, Sprites
from ._dividing_settings import NAME, Settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saccade.sim.world import Canvas, Doses

    from ._dividing_cells import Cells

PHOTONS_PER_GENOME = 2.2e7
"""At the sensor from the chromatin of one cell after division, for 1 J/cm²; about 300 a pixel
of 0.325 µm at 20 ms of 1 W/cm²."""
PHOTONS_OF_TUBULIN = 2.6e7
"""At the sensor from all tubulin of one cell before division, for 1 J/cm²."""
REACH_UM = {"FITC": 12.0, "Cy5": 34.0}
"""Beyond it nothing of a cell is seen."""
_WARM_UP_STEPS = 40
"""Steps lived before time 0, so that cells have made room and some are in division."""
_EXTENT_UM = 12.0
_DEBRIS = 80


class DividingNuclei:
    """Cells of a human line with fluorescent histones and microtubules, in a monolayer.

    What it shows: nuclei in interphase that grow and double their DNA, condense, gather in a
    plate, part, and form again. The light from chromatin follows the DNA, which a division
    shares equally. `FITC` is H2B-GFP, `Cy5` a tubulin dye.

    An occurrence of kind ``division`` lasts from the onset of anaphase to the end of
    telophase, 11 min on average; its track is that of the mother, its place the plate's.
    At any time about 0.2 % of the cells are in a division (growth fraction · ln 2 · duration
    / cycle), so a field of 166 µm, which shows some 22 cells, shows one 4 to 5 % of the time.

    Durations from prometaphase to anaphase add up to half an hour, as in HeLa cells (Meraldi,
    Draviam & Sorger, Dev. Cell 7, 2004); plates part at the speed given in the settings.

    Light harms a cell above a dose of its own, drawn from a log-logistic distribution: it is
    arrested, at a multiple of that dose blebs, at a higher one dies, shrinks and detaches.
    The default dose, 150 J/cm² of blue light for half of the cells, is a choice: hundreds of
    J/cm² are of the order at which blue light delivered slowly hurts cultured cells, with
    large differences among cells and wavelengths, red being gentler by ten times and more
    (Wäldchen et al., Sci. Rep. 5, 15348, 2015; Icha et al., BioEssays 39, 1700003, 2017). So
    20 ms of 1 W/cm² each 30 s for 12 h, 29 J/cm², arrest less than 1 %, and the same each
    second nearly all. H2B-GFP bleaches to 1/e at 250 J/cm², as a molecule that emits some
    10^5 photons does (Patterson et al., Biophys. J. 73, 1997).

    Parameters
    ----------
    seed : int
        Of the biology.
    size_um : tuple of float
        Width and height of the slide.
    density_per_mm2 : float
        Cells at first.
    cycle_h, cycle_spread : float
        Time from one anaphase to the next: mean, and standard deviation as a share of it.
    growth_fraction : float
        Share of the first cells that cycle, and whose descendants do; the rest never divide.
    division_rate : float
        How many times faster cells cycle: the knob for more or fewer divisions.
    nucleus_um, nucleus_spread : float
        Mean diameter of nuclei in the middle of the cycle, and its spread as a share.
    speed_um_per_h, persistence_min : float
        Of the persistent random walk.
    crowding : float
        How strongly cells push one another away; 0 lets them overlap.
    brightness, brightness_spread : float
        Of the dyes, relative to the default, and its spread from clone to clone.
    debris_per_mm2 : float
        Remains of dead cells, bright and still.
    prophase_min, prometaphase_min, metaphase_min, anaphase_min, telophase_min : float
        Mean durations.
    timing_spread : float
        Standard deviation of each as a share of it.
    separation_um_per_min : float
        At which the two plates of a division part at first: some 2 in human cells, 10 and more in
        the syncytial embryo of a fly, whose anaphase lasts a minute (Brust-Mascher & Scholey,
        Mol. Biol. Cell 13, 2002).
    chromosomes, arms : int, float
        How many a cell has (46 in human cells, 8 in those of a fly), and the length of their arms
        relative to human ones: long ones trail as streaks when they part.
    arrest_ed50_j_per_cm2, arrest_slope : float
        Dose of blue light that arrests half of the cells, and the Hill slope.
    blebbing_at, death_at : float
        Multiples of a cell's arresting dose at which it blebs and dies.
    crosstalk : float
        Share of `FITC` that is seen in `Cy5`.

    Raises
    ------
    ProtocolError
        If a value is impossible.
    """

    name = NAME
    layers_um = (0.0,)

    def __init__(
        self,
        seed: int = 0,
        *,
        size_um: tuple[float, float] = (2000.0, 2000.0),
        density_per_mm2: float = 800.0,
        cycle_h: float = 24.0,
        cycle_spread: float = 0.15,
        growth_fraction: float = 0.4,
        division_rate: float = 1.0,
        nucleus_um: float = 14.0,
        nucleus_spread: float = 0.12,
        speed_um_per_h: float = 12.0,
        persistence_min: float = 30.0,
        crowding: float = 1.0,
        brightness: float = 1.0,
        brightness_spread: float = 0.22,
        debris_per_mm2: float = 12.0,
        prophase_min: float = 12.0,
        prometaphase_min: float = 17.0,
        metaphase_min: float = 14.0,
        anaphase_min: float = 5.0,
        telophase_min: float = 6.0,
        timing_spread: float = 0.2,
        separation_um_per_min: float = 2.2,
        chromosomes: int = 46,
        arms: float = 1.0,
        arrest_ed50_j_per_cm2: float = 150.0,
        arrest_slope: float = 4.0,
        blebbing_at: float = 2.5,
        death_at: float = 5.0,
        crosstalk: float = 0.0,
    ) -> None:
        given = {name: value for name, value in locals().items() if name not in ("self", "seed")}
        self.settings = Settings(**given)
        self.seed = seed
        self.size_um = (float(size_um[0]), float(size_um[1]))
        self.channels = {
            "FITC": Channel("FITC", 488, 520, bleach_j_per_cm2=250.0),
            "Cy5": Channel(
                "Cy5",
                640,
                670,
                bleach_j_per_cm2=120.0,
                harm=0.1,
                crosstalk={"FITC": crosstalk} if crosstalk else {},
            ),
        }
        self._sprites = Sprites(Karyotype(self.settings.chromosomes, self.settings.arms))
        self._places_um: NDArray[np.float64] | None = None
        self._divisions: list[Occurrence] = []
        self._knot = -_WARM_UP_STEPS
        self.t_s = self._knot * STEP_S
        self._cells = founders(self.settings, seed, self.t_s)
        self._tracks = len(self._cells)
        self._debris()
        step(self._cells, self._knot, self.settings)
        self.advance(0.0)

    def advance(self, t_s: float) -> None:
        """Live on until a time: move on the fixed step, and divide."""
        while (self._knot + 1) * STEP_S <= t_s:
            self._divide((self._knot + 1) * STEP_S)
            self._knot += 1
            step(self._cells, self._knot, self.settings)
        self._divide(t_s)
        self.t_s, self._places_um = t_s, None

    def places_um(self) -> NDArray[np.float64]:
        """Return where the cells are, (n, 2); not to be written to."""
        if self._places_um is None:  # painting and lighting both ask, light moves nobody
            knot_s = self._knot * STEP_S
            self._places_um = places_um(self._cells, self.t_s, knot_s, self.settings)
            self._places_um.setflags(write=False)
        return self._places_um

    def phases(self) -> NDArray[np.int8]:
        """Return the `Phase` of each cell, (n,), in the order of `places_um`."""
        return phases(self._cells, self.t_s)

    def dna(self) -> NDArray[np.float64]:
        """Return the DNA content of each cell, (n,), 1 after a division and 2 before one."""
        return dna(self._cells, self.t_s)

    def tracks(self) -> NDArray[np.int64]:
        """Return the identity of each cell, (n,), in the order of `places_um`."""
        return self._cells["track"].copy()

    def paint(self, canvas: Canvas, channel: str) -> None:
        """Add chromatin or microtubules to the canvas."""
        scene = self._scene(canvas, max(REACH_UM[channel], self.settings.nucleus_um))
        cells = scene.cells
        field = "dye1" if channel == "Cy5" else "dye0"
        left = np.exp(-cells[field] / self.channels[channel].bleach_j_per_cm2)
        if channel == "Cy5":
            paint_tubulin(canvas, scene, PHOTONS_OF_TUBULIN / 2 * left * self.settings.brightness)
            return
        paint_chromatin(canvas, scene, PHOTONS_PER_GENOME * left * cells["gain"], self._sprites)
        light = PHOTONS_PER_GENOME * self.settings.brightness
        paint_debris(canvas, self._debris_um, self._debris_keys, light, self._sprites)

    def absorb(self, doses: Doses, channel: str) -> None:
        """Bleach, and be harmed."""
        absorb(self._cells, doses, self.channels[channel], self.t_s, self.settings)

    @property
    def occurrences(self) -> tuple[Occurrence, ...]:
        """Divisions until now; those in progress at 0 s began before it."""
        return tuple(self._divisions)

    @property
    def health(self) -> Health:
        """How the cells fare; averted divisions of cells that were never born don't count."""
        cells = self._cells
        held = np.isfinite(cells["hold_s"])
        left = np.exp(-cells["dye0"] / self.channels["FITC"].bleach_j_per_cm2)
        return Health(
            alive=int(np.count_nonzero(cells["dies_s"] > self.t_s)),
            harmed=int(np.count_nonzero(held)),
            averted=int(np.count_nonzero(held & (cells["divides_s"] <= self.t_s))),
            dye_left=float(left.mean()) if len(cells) else 1.0,
            dose_j_per_cm2=float(cells["dose"].max(initial=0.0)),
        )

    def _scene(self, canvas: Canvas, reach_um: float) -> Scene:
        """Return the cells in sight."""
        knot_s = self._knot * STEP_S
        places = self.places_um()
        shown = canvas.shown(places[:, 0], places[:, 1], reach_um)
        cells = self._cells[shown]
        middles, angles = middles_um(cells, self.t_s, knot_s), angles_rad(cells, self.t_s)
        return Scene(cells, self.t_s, places[shown], middles, angles, self.settings)

    def _divide(self, until_s: float) -> None:
        """Let each cell divide whose anaphase begins until a time, in order."""
        cells = self._cells
        due = (cells["divides_s"] <= until_s) & np.isinf(cells["hold_s"])
        if not due.any():
            return
        rows = np.flatnonzero(due)
        rows = rows[np.argsort(cells["divides_s"][rows], kind="stable")]
        born = [self._daughters(cells[row : row + 1]) for row in rows]
        self._cells = np.concatenate([cells[~due], *born])

    def _daughters(self, mother: Cells) -> Cells:
        onset_s = float(mother["divides_s"][0])
        self._note(mother, onset_s)
        angle = float(angles_rad(mother, onset_s)[0])
        self._tracks += 2
        return daughters(mother, angle, self.settings, self._tracks - 2)

    def _note(self, mother: Cells, onset_s: float) -> None:
        end_s = onset_s + float(mother["anaphase_s"][0] + mother["telophase_s"][0])
        if end_s <= 0:
            return
        place = places_um(mother, onset_s, self._knot * STEP_S, self.settings)[0]
        self._divisions.append(
            Occurrence(
                kind="division",
                onset_s=onset_s,
                end_s=end_s,
                track=int(mother["track"][0]),
                x_um=float(place[0]),
                y_um=float(place[1]),
                extent_um=_EXTENT_UM,
            )
        )

    def _debris(self) -> None:
        area_mm2 = math.prod(self.size_um) * 1e-6
        count = round(self.settings.debris_per_mm2 * area_mm2)
        keys = mix(np.arange(count), self.seed, _DEBRIS)
        unit = np.column_stack([uniform(keys, axis) for axis in (0, 1)])
        self._debris_um = (unit - 0.5) * self.size_um
        self._debris_keys = (keys >> np.uint64(32)).tolist()
