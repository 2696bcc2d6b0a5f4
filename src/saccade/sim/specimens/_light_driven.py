"""Cells whose reporter follows blue light: to try feedback on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from saccade.sim.world import Channel, Health, Occurrence, in_range, is_count, is_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saccade.sim.world import Canvas, Doses

_PHOTONS_PER_UM2 = 6e4
"""At the sensor, for 1 J/cm² and a reporter of 1."""
_HARM_J_PER_CM2 = 100.0
"""Blue light from which on a cell no longer answers: optogenetics uses far less."""
_NUCLEUS = 33
"""Pixels along the picture of a nucleus."""


class LightDrivenCells:
    """Nuclei that get brighter under light for stimulation, each by its own measure.

    The first steps of every optogenetic circuit, as Milias-Argeitis and others control them
    (Nature Biotechnology 29, 1114, 2011; Nature Communications 7, 12546, 2016): a dose D takes the
    share 1 - exp(-D / dose_j_per_cm2) of what rests of a photoreceptor to its active state A,
    which decays, and the reporter R is made by it::

        dA/dt = -A / active_s        dR/dt = (gain * A - R) / reporter_s

    Gains differ from cell to cell, lognormally, which is why one dose for all leaves them far
    apart. A nucleus is as bright as ``leak`` and its reporter together.

    Parameters
    ----------
    seed : int
        Of places and gains.
    size_um : tuple of float
        Width and height of the slide.
    spacing_um : float
        Mean distance of neighbours.
    radius_um : float
        Of a nucleus.
    leak : float
        Brightness in the dark.
    gain : float
        Median brightness that full activation would come to.
    spread : float
        Standard deviation of the logarithm of the gains.
    dose_j_per_cm2 : float
        Of light for stimulation, as above.
    active_s, reporter_s : float
        As above.
    bleach_j_per_cm2 : float
        Dose of light for the reporter that leaves 1/e of it.

    Raises
    ------
    ProtocolError
        If a value is impossible.
    """

    name = "light-driven-cells"

    def __init__(
        self,
        seed: int = 0,
        *,
        size_um: tuple[float, float] = (400.0, 400.0),
        spacing_um: float = 30.0,
        radius_um: float = 5.0,
        leak: float = 0.3,
        gain: float = 4.0,
        spread: float = 0.35,
        dose_j_per_cm2: float = 0.05,
        active_s: float = 60.0,
        reporter_s: float = 300.0,
        bleach_j_per_cm2: float = 2000.0,
    ) -> None:
        is_size("light-driven-cells.size_um", size_um, spacing_um, 1e5)
        for name, value in (
            ("spacing_um", spacing_um),
            ("radius_um", radius_um),
            ("leak", leak),
            ("gain", gain),
            ("dose_j_per_cm2", dose_j_per_cm2),
            ("active_s", active_s),
            ("reporter_s", reporter_s),
            ("bleach_j_per_cm2", bleach_j_per_cm2),
        ):
            in_range(f"light-driven-cells.{name}", value, 1e-9, 1e9)
        in_range("light-driven-cells.spread", spread, 0.0, 2.0)
        across, down = (max(1, int(side / spacing_um)) for side in size_um)
        is_count("light-driven-cells: cells", across * down, 100_000)
        self.size_um = size_um
        self.layers_um = (0.0,)
        self.channels = {
            "mCherry": Channel("mCherry", 561, 610, bleach_j_per_cm2=bleach_j_per_cm2, harm=0.0),
            "Stim": Channel("Stim", 470, 510),
        }
        rng = np.random.default_rng([seed, 0])
        grid = np.stack(np.meshgrid(np.arange(across), np.arange(down)), -1).reshape(-1, 2)
        free_um = max(0.0, spacing_um - 2.5 * radius_um)
        self._places = (grid + 0.5) * spacing_um - np.array((across, down)) * spacing_um / 2
        self._places += (rng.random(grid.shape) - 0.5) * free_um
        count = len(self._places)
        self._gains = gain * np.exp(spread * rng.standard_normal(count))
        self._leak, self._radius_um = leak, radius_um
        self._dose, self._active_s, self._reporter_s = dose_j_per_cm2, active_s, reporter_s
        self._active, self._reporter = np.zeros(count), np.zeros(count)
        self._seen, self._blue = np.zeros(count), np.zeros(count)
        self._t_s = 0.0

    def advance(self, t_s: float) -> None:
        """Let activation decay, and the reporter follow it."""
        dt_s, self._t_s = t_s - self._t_s, t_s
        active_s, reporter_s = self._active_s, self._reporter_s
        decay, turnover = math.exp(-dt_s / active_s), math.exp(-dt_s / reporter_s)
        if math.isclose(active_s, reporter_s, rel_tol=1e-9):
            made = self._active * dt_s / reporter_s * turnover
        else:
            made = self._active * active_s / (active_s - reporter_s) * (decay - turnover)
        self._reporter = self._reporter * turnover + self._gains * made
        self._active = self._active * decay

    def places_um(self) -> NDArray[np.float64]:
        """Return where the nuclei are, (n, 2)."""
        return self._places

    @property
    def brightness(self) -> NDArray[np.float64]:
        """How bright each nucleus is, of unbleached dye: the truth that feedback is to hold."""
        return self._leak + self._reporter

    def paint(self, canvas: Canvas, channel: str) -> None:
        """Add each nucleus, in the channel of the reporter."""
        if channel != "mCherry":
            return
        x, y = self._places.T
        left = np.exp(-self._seen / self.channels[channel].bleach_j_per_cm2)
        weight = _PHOTONS_PER_UM2 * self.brightness * left
        sprite_px_um = 2 * self._radius_um / (_NUCLEUS - 3)
        for i in canvas.shown(x, y, self._radius_um):
            canvas.stamp(_SPRITE, x[i], y[i], sprite_px_um=sprite_px_um, weight=weight[i])

    def absorb(self, doses: Doses, channel: str) -> None:
        """Bleach, or be activated."""
        if channel == "mCherry":
            self._seen += doses
            return
        self._blue += doses
        answers = self._blue <= _HARM_J_PER_CM2
        self._active += answers * (1 - self._active) * -np.expm1(-doses / self._dose)

    @property
    def occurrences(self) -> tuple[Occurrence, ...]:
        """Nothing happens by itself."""
        return ()

    @property
    def health(self) -> Health:
        """How many still answer, and how much dye is left."""
        count, harmed = len(self._places), int((self._blue > _HARM_J_PER_CM2).sum())
        left = np.exp(-self._seen / self.channels["mCherry"].bleach_j_per_cm2)
        most = float((self._seen + self._blue).max(initial=0.0))
        return Health(count - harmed, harmed, 0, float(left.mean()), most)


def _nucleus() -> NDArray[np.float32]:
    """Return a disc that is smooth at its edge, of 1 within."""
    at = np.arange(_NUCLEUS) - (_NUCLEUS - 1) / 2
    away = np.hypot(at[:, None], at[None, :])
    disc: NDArray[np.float32] = np.clip((_NUCLEUS - 3) / 2 + 0.5 - away, 0, 1).astype(np.float32)
    return disc


_SPRITE = _nucleus()
