"""Nerve cells in tissue whose calcium indicator flashes: transients, waves, evoked activity."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from saccade.core import require
from saccade.sim.world import Channel, Health, Occurrence, in_range, is_size, one_of

from ._calcium_activity import Kinetics, Transients
from ._calcium_paint import Brush
from ._calcium_pool import Begun, Pool, Rhythm
from ._calcium_tissue import (
    COARSEST,
    DEPTHS_UM,
    RASTER_UM,
    Sheet,
    draw_sheets,
    place_cells,
    place_patches,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saccade.sim.world import Canvas, Doses

_Rasters = list[tuple[Sheet, ...]]
_SOMA, _NEUROPIL = 2.4e5, 2e5
"""Photons at the sensor from a µm² for 1 J/cm², at rest."""
_HARM_SLOPE = 5.0
"""Of the Hill curve that tells the share of cells that a dose silences."""
_RAISED = 0.8
"""By how much, at most, harm raises a cell's brightness at rest."""
_MOST_CELLS = 50_000
"""At one depth; numbers of cells have 16 bits on the raster."""
_BLURRED_UM = 5.0
"""So far out of focus, optics that resolve half a µm in focus blur all details of 1 µm."""
_REFRACTORY_S = 0.2
"""After a transient began, light evokes no other."""


class Calcium:
    """A small brain with an indicator like GCaMP6s, and an opsin.

    Somata of 8 to 12 µm lie packed at three depths, with neuropil between them. Each cell is
    active by itself now and then, as a Poisson process; now and then a wave spreads from
    a cell. With the defaults fewer than one cell in a thousand are active at a time. Occurrences:
    ``transient`` (a cell by itself), ``wave`` (the whole of one: from its origin as far as
    its extent; its track is no cell's) and ``evoked`` (a cell answers the light of the channel
    ``Stim``). Each ends when the brightness has decayed to a twentieth of the peak.

    Light bleaches. It silences a cell once the dose passes the cell's own threshold, and raises
    its resting brightness on the way there: calcium that is no longer pumped out. Thresholds are
    drawn so that the share of silent cells follows a Hill curve.

    Parameters
    ----------
    seed : int
        Of the tissue and its activity.
    size_um : tuple of float
        Width and height; the brain fills about half of it.
    spacing_um : float
        Distance of neighbouring cells where they are densest.
    rate_hz : float
        Spontaneous transients of one cell.
    waves_per_h : float
        Of the whole tissue.
    wave_um_per_s : float
        Speed of the front: 100 to 300 µm/s in the retina (Meister et al., Science 252, 1991).
    reach_um : float
        How far the widest wave goes.
    rise_s, decay_s : float
        Time constants of a transient; see `Kinetics`.
    amplitude : float
        Median peak of a transient, as a multiple of the brightness at rest (ΔF/F).
    bleach_j_per_cm2 : float
        Dose that leaves 1/e of the dye.
    harm_j_per_cm2 : float
        Dose that silences half of the cells.
    stim_nm : int
        Wavelength of the opsin: 470 (ChR2) or 590 (Chrimson; Klapoetke et al., Nature Methods
        11, 2014). The light of ``FITC`` is taken not to excite it.
    stim_j_per_cm2 : float
        Dose in one exposure above which a cell answers: 5 ms at 8 mW/mm² is 0.004.

    Raises
    ------
    ProtocolError
        If a value is impossible.
    """

    name = "calcium"
    layers_um = DEPTHS_UM

    def __init__(
        self,
        seed: int = 0,
        *,
        size_um: tuple[float, float] = (600.0, 700.0),
        spacing_um: float = 11.0,
        rate_hz: float = 2e-4,
        waves_per_h: float = 4.0,
        wave_um_per_s: float = 150.0,
        reach_um: float = 250.0,
        rise_s: float = 0.08,
        decay_s: float = 0.8,
        amplitude: float = 1.2,
        bleach_j_per_cm2: float = 200.0,
        harm_j_per_cm2: float = 150.0,
        stim_nm: int = 590,
        stim_j_per_cm2: float = 0.004,
    ) -> None:
        _check_tissue(size_um, spacing_um)
        for setting, value, low, high in (
            ("rate_hz", rate_hz, 0.0, 10.0),
            ("waves_per_h", waves_per_h, 0.0, 3600.0),
            ("wave_um_per_s", wave_um_per_s, 0.1, 1e5),
            ("reach_um", reach_um, 1.0, 1e4),
            ("rise_s", rise_s, 1e-3, 10.0),
            ("decay_s", decay_s, 1e-2, 100.0),
            ("amplitude", amplitude, 0.0, 100.0),
            ("bleach_j_per_cm2", bleach_j_per_cm2, 1e-9, 1e12),
            ("harm_j_per_cm2", harm_j_per_cm2, 1e-9, 1e12),
            ("stim_j_per_cm2", stim_j_per_cm2, 1e-9, 1e12),
        ):
            in_range(f"calcium.{setting}", value, low, high)
        one_of("calcium.stim_nm", stim_nm, (470, 590))
        self._seed, self.size_um = seed, (float(size_um[0]), float(size_um[1]))
        self.channels = {
            "FITC": Channel("FITC", 488, 520, bleach_j_per_cm2=bleach_j_per_cm2),
            "Stim": Channel("Stim", stim_nm, stim_nm + 40, harm=1.0 if stim_nm == 470 else 0.3),
        }
        self._stim_j_per_cm2, self._kinetics = stim_j_per_cm2, Kinetics(rise_s, decay_s)
        self._lasts_s = self._kinetics.lasts_s
        self._rhythm = Rhythm(rate_hz, waves_per_h, wave_um_per_s, reach_um, amplitude)
        self._settle(spacing_um, harm_j_per_cm2)
        self._pool = Pool(seed, self._rhythm, self._kinetics, self._places_um, self._count)
        self._brush, self._rasters = Brush(), _Rasters()
        self._began: list[Occurrence] = []
        self._t_s, self._averted, self._flashes, self._wave_tracks = 0.0, 0, 0, 0

    def _settle(self, spacing_um: float, harm_j_per_cm2: float) -> None:
        """Place cells and neuropil, and give each cell its expression and its threshold."""
        self._cells = place_cells(self._seed, self.size_um, spacing_um)
        self._count = count = len(self._cells.places_um)
        patches = place_patches(self.size_um)
        self._places_um = np.concatenate((self._cells.places_um, patches.reshape(-1, 2)))
        self._patches = patches.shape[:2]
        rng = np.random.default_rng([self._seed, 4])
        self._expression = np.ones(len(self._places_um))
        self._expression[:count] = rng.lognormal(0, 0.3, count)
        odds = rng.uniform(1e-9, 1, count)
        self._threshold = np.full(len(self._places_um), np.inf)
        self._threshold[:count] = harm_j_per_cm2 * (odds / (1 - odds)) ** (1 / _HARM_SLOPE)
        self._dose, self._harm, self._bleached = np.zeros((3, len(self._places_um)))

    # ---------------------------------------------------------------------- what it does

    def advance(self, t_s: float) -> None:
        """Begin all that is due."""
        begun = self._pool.advance(t_s, self._silent)
        self._t_s = t_s
        self._averted += begun.averted
        self._began += self._described(begun)

    def places_um(self) -> NDArray[np.float64]:
        """Return where the cells are, then the patches of neuropil, (n, 2)."""
        return self._places_um

    def absorb(self, doses: Doses, channel: str) -> None:
        """Bleach, be harmed, and answer the light for stimulation."""
        kind = self.channels[channel]
        self._dose += doses
        self._harm += doses * kind.harm
        self._bleached += doses / kind.bleach_j_per_cm2
        if channel == "Stim":
            self._flashes += 1
            self._answer(doses)

    def _answer(self, doses: Doses) -> None:
        lit = (doses >= self._stim_j_per_cm2) & ~self._silent
        lit[self._count :] = False
        lit[self._pool.lately(self._t_s - _REFRACTORY_S)] = False
        who = np.flatnonzero(lit)
        rng = np.random.default_rng([self._seed, 5, self._flashes])
        size = self._rhythm.amplitude * rng.lognormal(0, 0.2, self._count)[who]
        onset = np.full(len(who), self._t_s)
        self._pool.evoke(Transients(onset, who, size, np.ones(len(who), bool)))
        self._began += [self._of_cell("evoked", self._t_s, int(i)) for i in who]

    @property
    def _silent(self) -> NDArray[np.bool_]:
        return self._harm > self._threshold

    # ---------------------------------------------------------------------- what is seen

    def paint(self, canvas: Canvas, channel: str) -> None:
        """Add somata and neuropil, each as bright as it is active now; `Stim` shows nothing."""
        if channel != "FITC":
            return
        bright = self.brightness()
        somata = (bright[: self._count] * _SOMA).astype(np.float32)
        patches = (bright[self._count :] * _NEUROPIL).astype(np.float32).reshape(self._patches)
        for sheet, z_um in zip(self._sheets(canvas), DEPTHS_UM, strict=True):
            if not canvas.holds(z_um):
                continue
            mine = somata[sheet.first : sheet.first + sheet.cells]
            table = np.zeros((len(mine) // 256 + 1, 256), np.float32)
            table.flat[: len(mine)] = mine
            self._brush.paint(canvas, sheet, z_um, table, patches)

    def brightness(self) -> NDArray[np.float64]:
        """Return how bright each object is now, (n,); 1 is typical, unbleached and at rest."""
        strain = (self._harm / self._threshold) ** 4
        rest = 1 + _RAISED * strain / (1 + strain)
        active = 1 + self._pool.level(self._t_s)
        bright: NDArray[np.float64] = self._expression * np.exp(-self._bleached) * rest * active
        return bright

    def _sheets(self, canvas: Canvas) -> tuple[Sheet, ...]:
        """Return the tissue on the rasters that suit the canvas: coarser ones out of focus."""
        level = min(max(round(math.log2(canvas.pixel_size_um / RASTER_UM)), 0), COARSEST)
        far = max(level, 1)
        if not self._rasters:
            self._rasters.append(draw_sheets(self._seed, self.size_um, self._cells))
        while len(self._rasters) <= far:
            self._rasters.append(tuple(each.coarser() for each in self._rasters[-1]))
        return tuple(
            self._rasters[far if abs(z_um - canvas.view.z_um) >= _BLURRED_UM else level][index]
            for index, z_um in enumerate(DEPTHS_UM)
        )

    # ------------------------------------------------------------------- what is known

    @property
    def occurrences(self) -> tuple[Occurrence, ...]:
        """Transients of single cells, waves and evoked transients, in order of onset."""
        return tuple(self._began)

    @property
    def health(self) -> Health:
        """How the cells fare; silent ones are alive, and harmed."""
        count = self._count
        left = float(np.exp(-self._bleached[:count]).mean()) if count else 1.0
        harmed = int(np.count_nonzero(self._silent))
        return Health(count, harmed, self._averted, left, float(self._dose.max(initial=0.0)))

    def _described(self, begun: Begun) -> list[Occurrence]:
        lone = begun.transients
        cells = [
            self._of_cell("transient", float(onset), int(who))
            for onset, who in zip(lone.onset_s, lone.who, strict=True)
        ]
        fronts = []
        for wave in begun.waves:
            x_um, y_um = map(float, self._places_um[wave.origin])
            crossing_s = wave.radius_um / self._rhythm.wave_um_per_s
            end_s = wave.onset_s + crossing_s + self._lasts_s
            z_um = DEPTHS_UM[self._cells.sheet[wave.origin]]
            track = len(self._places_um) + self._wave_tracks
            self._wave_tracks += 1
            fronts.append(
                Occurrence("wave", wave.onset_s, end_s, track, x_um, y_um, z_um, wave.radius_um)
            )
        return sorted(cells + fronts, key=lambda each: each.onset_s)

    def _of_cell(self, kind: str, onset_s: float, who: int) -> Occurrence:
        x_um, y_um = map(float, self._places_um[who])
        return Occurrence(
            kind,
            onset_s,
            onset_s + self._lasts_s,
            who,
            x_um,
            y_um,
            DEPTHS_UM[self._cells.sheet[who]],
            float(self._cells.radius_um[who]),
        )


def _check_tissue(size_um: tuple[float, float], spacing_um: float) -> None:
    is_size("calcium.size_um", size_um, 50.0, 2000.0)
    in_range("calcium.spacing_um", spacing_um, 6.0, 50.0)
    least = math.sqrt(size_um[0] * size_um[1] / _MOST_CELLS)
    require(
        spacing_um >= least,
        "calcium.spacing_um",
        spacing_um,
        f"at least {least:.1f} in a tissue of that size",
        "Raise it, or lower size_um.",
    )
