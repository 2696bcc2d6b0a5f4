"""Fluorescent beads that lie still: for calibration, and as the simplest specimen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from saccade.sim.world import Channel, Health, Occurrence, in_range, is_count, is_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saccade.sim.world import Canvas, Doses

_PHOTONS_PER_BEAD = 4e5
"""At the sensor, for 1 J/cm² and a bead of 1 µm; grows with the volume."""


class Beads:
    """Beads at random places; nothing ever happens to them but bleaching.

    Parameters
    ----------
    seed : int
        Of their places.
    count : int
        How many.
    size_um : tuple of float
        Width and height of the slide.
    diameter_um : float
        Of a bead; one below the resolution shows the point-spread function.
    depth_um : float
        They lie between half of it below and half of it above the plane z = 0.
    bleach_j_per_cm2 : float
        Dose that leaves 1/e of the dye.

    Raises
    ------
    ProtocolError
        If a value is impossible.
    """

    name = "beads"

    def __init__(
        self,
        seed: int = 0,
        *,
        count: int = 2000,
        size_um: tuple[float, float] = (2000.0, 2000.0),
        diameter_um: float = 0.2,
        depth_um: float = 0.0,
        bleach_j_per_cm2: float = 2000.0,
    ) -> None:
        is_count("beads.count", count, 1_000_000)
        is_size("beads.size_um", size_um, 1e-9, 1e6)
        in_range("beads.diameter_um", diameter_um, 1e-9, 1e4)
        in_range("beads.depth_um", depth_um, 0.0, 1e4)
        in_range("beads.bleach_j_per_cm2", bleach_j_per_cm2, 1e-9, 1e12)
        rng = np.random.default_rng([seed, 0])
        self.size_um = size_um
        self.layers_um = (0.0,) if depth_um == 0 else tuple(np.linspace(-0.5, 0.5, 5) * depth_um)
        self.channels = {
            "FITC": Channel("FITC", 488, 520, bleach_j_per_cm2=bleach_j_per_cm2, harm=0.0)
        }
        self._places = (rng.random((count, 2)) - 0.5) * size_um
        self._z_um = (rng.random(count) - 0.5) * depth_um
        self._photons = _PHOTONS_PER_BEAD * diameter_um**3 * rng.normal(1, 0.05, count).clip(0.5)
        self._radius_um = diameter_um / 2
        self._dose = np.zeros(count)

    def advance(self, t_s: float) -> None:
        """Lie still."""

    def places_um(self) -> NDArray[np.float64]:
        """Return where the beads are, (n, 2)."""
        return self._places

    def paint(self, canvas: Canvas, channel: str) -> None:
        """Add each bead: a disc, or a point shared by four pixels where it is smaller."""
        x, y = self._places.T
        left = np.exp(-self._dose / self.channels[channel].bleach_j_per_cm2)
        density = self._photons * left / canvas.pixel_size_um**2
        size_px = max(2 * self._radius_um / canvas.pixel_size_um, 1.0)
        sprite = _disc(size_px)
        for i in canvas.shown(x, y, self._radius_um):
            canvas.stamp(
                sprite,
                x[i],
                y[i],
                z_um=self._z_um[i],
                sprite_px_um=canvas.pixel_size_um,
                weight=density[i],
            )

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
        most = float(self._dose.max(initial=0.0))
        return Health(len(self._dose), 0, 0, float(left.mean()) if len(left) else 1.0, most)


def _disc(size_px: float) -> NDArray[np.float32]:
    """Return a disc of sum 1, smooth at its edge."""
    reach = int(np.ceil(size_px / 2)) + 1
    away = np.hypot(*np.mgrid[-reach : reach + 1, -reach : reach + 1])
    disc = np.clip(size_px / 2 + 0.5 - away, 0, 1).astype(np.float32)
    if size_px <= 1:
        disc = (away == 0).astype(np.float32)
    return disc / disc.sum()  # type: ignore[no-any-return]
