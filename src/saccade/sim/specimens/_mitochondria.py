"""Mitochondria: a network of tubules in flat cells that divides and joins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from saccade.sim.world import Channel, Health, Occurrence, in_range, is_size

from ._mitochondria_cells import HAZE_PX_UM, draw_haze, place_flat_cells
from ._mitochondria_network import SITE_STEPS, STEP_UM, Sway, Swaying, grow
from ._mitochondria_paint import extent_um, lay_map, splat
from ._mitochondria_sites import Change, Sites
from ._splat import Scratch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saccade.sim.world import Canvas, Doses

_PER_UM = 6e5
"""Photons at the sensor from 1 µm of tubule for 1 J/cm²."""
_HAZE = {"FITC": 2e5, "Cy5": 0.9e5}
"""From a µm² of cytosol where it is thickest."""
_PUNCTUM, _AT_BREAK = 2.5e4, 2e5
"""From a typical punctum of Drp1, and from one at its break."""
_PUNCTA_PER_UM = 0.18
_SPLIT = 0.12
"""Share of sites that is apart; fusion is as much more frequent there as keeps it so."""
_MOST = 20.0
"""By how much light can multiply the rate of fission."""
_SLOPE = 4.0
"""Of the Hill curve of harm against dose."""
_SWOLLEN = 2.3
"""Width of a swollen mitochondrion, as a multiple."""
_UNSEEN = 1e-3
"""By how much of its width a tubule can swell before it is painted swollen."""
_NEAR = SITE_STEPS // 2


class Mitochondria:
    """Flat cells with a tubular network that sways, divides, and joins again.

    ``FITC`` is a dye of the outer membrane; ``Cy5`` a label of Drp1, which lies in faint puncta
    all over the network, and gathers where a tubule is about to divide. Best seen through
    an NA of 1.4 in oil with pixels of 0.1 µm: a tubule is 0.4 µm wide, and a field of 512
    pixels is one cell. Occurrences:

    - ``fission``: from the beginning of the constriction, 30 to 60 s before the break, until
      10 s after it, when the ends have drawn apart. The tubule thins, and Drp1 grows, from the
      onset to the break.
    - ``fusion``: from the ends' first approach until they meet.

    Their track is the tubule. With the defaults one in five hundred tubules divides or joins at
    a time.

    Light bleaches both dyes, and harms: past a dose tubules divide far more often and join less
    (fragmentation), and swell.

    Parameters
    ----------
    seed : int
        Of the cells and all that happens in them.
    size_um : tuple of float
        Width and height of the slide.
    fissions_per_h : float
        Of one tubule, in the dark; fusions are as frequent.
    motion : float
        How strongly the network sways; 0 is still, 1 is 0.5 µm or so in a minute or two.
    width_um : float
        Of a tubule.
    bleach_j_per_cm2 : float
        Dose that leaves 1/e of the membrane dye; Drp1's fades at half of it.
    harm_j_per_cm2 : float
        Dose at which a tubule is half as harmed as can be.

    Raises
    ------
    ProtocolError
        If a value is impossible.
    """

    name = "mitochondria"
    layers_um = (0.0,)

    def __init__(
        self,
        seed: int = 0,
        *,
        size_um: tuple[float, float] = (250.0, 250.0),
        fissions_per_h: float = 0.1,
        motion: float = 1.0,
        width_um: float = 0.4,
        bleach_j_per_cm2: float = 150.0,
        harm_j_per_cm2: float = 100.0,
    ) -> None:
        is_size("mitochondria.size_um", size_um, 50.0, 1000.0)
        for setting, value, low, high in (
            ("fissions_per_h", fissions_per_h, 0.0, 60.0),
            ("motion", motion, 0.0, 2.0),
            ("width_um", width_um, 0.1, 1.0),
            ("bleach_j_per_cm2", bleach_j_per_cm2, 1e-9, 1e12),
            ("harm_j_per_cm2", harm_j_per_cm2, 1e-9, 1e12),
        ):
            in_range(f"mitochondria.{setting}", value, low, high)
        self._seed, self.size_um = seed, (float(size_um[0]), float(size_um[1]))
        self.channels = {
            "FITC": Channel("FITC", 488, 520, bleach_j_per_cm2=bleach_j_per_cm2),
            "Cy5": Channel("Cy5", 640, 670, bleach_j_per_cm2=bleach_j_per_cm2 / 2, harm=0.3),
        }
        # A tube's membrane, seen from above, spreads by its diameter over the square root of 8.
        self._sigma_um, self._harm_j_per_cm2 = width_um / 8**0.5, harm_j_per_cm2
        self._settle(fissions_per_h, motion)
        self._began: list[Occurrence] = []
        self._t_s, self._averted, self._scratch = 0.0, 0, Scratch()

    def _settle(self, fissions_per_h: float, motion: float) -> None:
        """Grow cells and networks, and give each tubule its brightness."""
        seed = self._seed
        cells = place_flat_cells(seed, self.size_um)
        self._haze = draw_haze(seed, self.size_um, cells)
        self._net, self._sway = grow(seed, cells), Sway.drawn(seed, motion)
        net, sites = self._net, len(self._net.sites)
        self._swaying = Swaying.of(self._sway, net.points_um)
        hz = fissions_per_h / 3600 * net.tubules / max(sites, 1) / (1 - _SPLIT)
        self._sites = Sites(
            seed,
            sites,
            fission_hz=hz,
            fusion_hz=hz * (1 - _SPLIT) / _SPLIT,
            split=_SPLIT,
            most=_MOST,
        )
        rng = np.random.default_rng([seed, 5])
        light = rng.lognormal(0, 0.25, net.tubules)[net.tubule]
        light *= _PER_UM * STEP_UM * rng.normal(1, 0.15, len(net.tubule)).clip(0.4)
        self._light = light.astype(np.float32)
        puncta = int(_PUNCTA_PER_UM * STEP_UM * len(net.tubule))
        self._puncta = rng.integers(0, max(len(net.tubule), 1), puncta)
        self._punctum = _PUNCTUM * rng.lognormal(0, 0.5, puncta)
        self._flicker = rng.uniform(0.03, 0.1, puncta), rng.uniform(0, 2 * np.pi, puncta)
        middles = net.points_um[(net.first[:-1] + net.first[1:]) // 2]
        self._middles = Swaying.of(self._sway, middles)
        self._dose, self._harm = np.zeros((2, net.tubules))
        self._bleached = {name: np.zeros(net.tubules) for name in self.channels}

    # ---------------------------------------------------------------------- what it does

    def advance(self, t_s: float) -> None:
        """Begin all that is due."""
        strain = self._strain[self._net.tubule[self._net.sites]]
        begun, averted = self._sites.advance(t_s, strain)
        self._t_s = t_s
        self._averted += averted
        self._began += [self._described(each) for each in begun]

    def places_um(self) -> NDArray[np.float64]:
        """Return where the middles of the tubules are, (n, 2)."""
        return self._middles.moved(self._middles.blocks, self._t_s).T.astype(float)

    def absorb(self, doses: Doses, channel: str) -> None:
        """Bleach, and be harmed."""
        kind = self.channels[channel]
        self._dose += doses
        self._harm += doses * kind.harm
        self._bleached[channel] += doses / kind.bleach_j_per_cm2

    @property
    def _strain(self) -> NDArray[np.float64]:
        """How harmed each tubule is, 0 to 1."""
        odds = (self._harm / self._harm_j_per_cm2) ** _SLOPE
        strain: NDArray[np.float64] = odds / (1 + odds)
        return strain

    # ---------------------------------------------------------------------- what is seen

    def paint(self, canvas: Canvas, channel: str) -> None:
        """Add the cytosol, and on it the tubules, or the puncta of Drp1."""
        lay_map(canvas, self._haze, HAZE_PX_UM, _HAZE[channel])
        if channel == "FITC":
            self._paint_tubules(canvas)
        else:
            self._paint_puncta(canvas)

    def _paint_tubules(self, canvas: Canvas) -> None:
        blocks = self._swaying.near(*extent_um(canvas))
        if not blocks:
            return
        light, width, tubule = (
            np.concatenate([each[block] for block in blocks])
            for each in (self._light, self.widths(), self._net.tubule)
        )
        light *= width
        light *= np.exp(-self._bleached["FITC"]).astype(np.float32)[tubule]
        swell = (_SWOLLEN - 1) * self._strain
        if swell.max(initial=0.0) > _UNSEEN:
            width *= (1 + swell).astype(np.float32)[tubule]
        x_um, y_um = self._swaying.moved(blocks, self._t_s)
        levels = (0.0, 1.0, _SWOLLEN)
        splat(canvas, x_um, y_um, light, width, self._sigma_um, levels, self._scratch)

    def widths(self) -> NDArray[np.float32]:
        """Return how wide the tubule is at each point, as a share of what is usual, (n,)."""
        net = self._net
        changed = self._sites.changed(self._t_s)
        along = np.arange(-_NEAR, _NEAR + 1)
        near = net.sites[changed][:, None] + along
        tubule = net.tubule[net.sites[changed]][:, None]
        inside = (near >= net.first[tubule]) & (near < net.first[tubule + 1])
        width = np.ones(len(net.tubule), np.float32)
        share = self._sites.width(changed, np.abs(along) * STEP_UM, self._t_s)
        width[near[inside]] = share[inside]
        return width

    def _paint_puncta(self, canvas: Canvas) -> None:
        rate, phase = self._flicker
        steady = self._punctum * (1 + 0.5 * np.sin(rate * self._t_s + phase))
        sites, grown, along_um = self._sites.drp1(self._t_s)
        gathered = self._net.sites[sites]
        points = np.concatenate((self._puncta, gathered))
        light = np.concatenate((steady, _AT_BREAK * grown))
        light *= np.exp(-self._bleached["Cy5"])[self._net.tubule[points]]
        at_rest = self._net.points_um[points]
        at_rest[len(self._puncta) :] = self._net.along(gathered, along_um)
        x_um, y_um = self._sway.moved(at_rest, self._t_s).T
        splat(canvas, x_um, y_um, light, np.ones(len(points)), 0.1, (1.0,), self._scratch)

    # ------------------------------------------------------------------- what is known

    @property
    def occurrences(self) -> tuple[Occurrence, ...]:
        """Fissions and fusions, in order of onset."""
        return tuple(self._began)

    @property
    def health(self) -> Health:
        """How the tubules fare; those at least half as harmed as can be count as harmed."""
        left = float(np.exp(-self._bleached["FITC"]).mean()) if self._net.tubules else 1.0
        harmed = int(np.count_nonzero(self._strain >= 0.5))
        most = float(self._dose.max(initial=0.0))
        return Health(self._net.tubules, harmed, self._averted, left, most)

    def _described(self, change: Change) -> Occurrence:
        point = self._net.sites[change.site]
        place = self._sway.moved(self._net.points_um[[point]], change.onset_s)[0]
        return Occurrence(
            change.kind,
            change.onset_s,
            change.end_s,
            int(self._net.tubule[point]),
            float(place[0]),
            float(place[1]),
            extent_um=1.0 + change.half_gap_um,
        )
