"""What lies in the sample and is not looked for: dirt, and another plane."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

import cv2
import numpy as np

from saccade.sim.world import Canvas

from ._base import Spoils

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saccade.sim.world import Exposure, Photons

_EMISSION_NM = 550.0
_SHAPES = 6
_SIDE_PX = 48
"""Of a lump's picture, before it is blurred."""


@dataclass(frozen=True, kw_only=True)
class _InTheSample(Spoils):
    """Lumps that stay at places of the sample, and drift with it.

    In fluorescence they glow, in transmitted light they darken, blurred by their distance
    from the focus.

    Parameters
    ----------
    radius_um : float
        Of a lump.
    z_um : float
        Their height in the sample.
    photons_per_um2 : float
        How they glow: at the sensor, for 1 J/cm².
    passes : float
        Share of transmitted light that passes through a lump.
    start_s, end_s, seed
        As for every artefact.
    """

    radius_um: float = 8.0
    z_um: float = 5.0
    photons_per_um2: float = 2e5
    passes: float = 0.4

    def __post_init__(self) -> None:
        super().__post_init__()
        self._need_range("radius_um", 0.1, 1000.0)
        self._need_range("z_um", -1000.0, 1000.0)
        self._need_range("photons_per_um2", 0.0)
        self._need_range("passes", 0.0, 1.0)

    def shows(self, exposure: Exposure) -> bool:
        """Return whether one lies in the view."""
        places_um = self._places_um(exposure)
        canvas = Canvas(exposure.view, 0, ())
        return canvas.shown(places_um[:, 0], places_um[:, 1], self.radius_um).size > 0

    def photons(self, photons: Photons, exposure: Exposure) -> Photons:
        """Return the photons with those of the lumps, or without what they take."""
        if exposure.dose_j_per_cm2 == 0:
            return photons
        matter = self._matter(exposure)
        if exposure.transmitted:
            photons *= 1 - np.float32(1 - self.passes) * np.minimum(matter, 1)
            return photons
        per_pixel = self.photons_per_um2 * exposure.view.pixel_size_um**2
        matter *= np.float32(per_pixel * exposure.dose_j_per_cm2)
        matter *= exposure.lighting()
        photons += matter
        return photons

    def _matter(self, exposure: Exposure) -> NDArray[np.float32]:
        """Return how much of a lump lies before each pixel, as the optics show it."""
        away_um = self.z_um - exposure.view.z_um
        sigma_um = exposure.optics.sigma_um(_EMISSION_NM, away_um)
        sprite_px_um = 2 * self.radius_um / _SIDE_PX
        canvas = Canvas(exposure.view, 0)
        places_um = self._places_um(exposure)
        sprites = [_lump(self.seed, n, sigma_um / sprite_px_um) for n in range(_SHAPES)]
        reach_um = self.radius_um + 4 * sigma_um
        for n in canvas.shown(places_um[:, 0], places_um[:, 1], reach_um):
            x_um, y_um = places_um[n]
            canvas.stamp(sprites[n % _SHAPES], x_um, y_um, sprite_px_um=sprite_px_um)
        matter: NDArray[np.float32] = canvas.layers[0]
        return matter

    def _places_um(self, exposure: Exposure) -> NDArray[np.float64]:
        """Return where they lie, (n, 2); a subclass knows."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Debris(_InTheSample):
    """A piece of dirt at one place of the sample.

    Parameters
    ----------
    x_um, y_um : float
        The place.
    radius_um, z_um, photons_per_um2, passes
        Its size, its height above the plane z = 0, how it glows (photons at the sensor from a
        µm² for 1 J/cm²), and which share of transmitted light passes through it.
    start_s, end_s, seed
        As for every artefact; its shape depends on the seed.
    """

    kind: ClassVar[str] = "debris"
    x_um: float = 0.0
    y_um: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._need_range("x_um", -1e6, 1e6)
        self._need_range("y_um", -1e6, 1e6)

    def _places_um(self, exposure: Exposure) -> NDArray[np.float64]:  # noqa: ARG002 - it stays
        return np.array([[self.x_um, self.y_um]])


@dataclass(frozen=True, kw_only=True)
class OutOfFocusPlane(_InTheSample):
    """Another plane of the sample, all over the slide, far from the focus.

    Parameters
    ----------
    per_mm2 : float
        Lumps in a mm².
    radius_um, z_um, photons_per_um2, passes
        As for `Debris`, of each lump.
    start_s, end_s, seed
        As for every artefact; the places depend on the seed.
    """

    kind: ClassVar[str] = "out-of-focus-plane"
    per_mm2: float = 1500.0
    z_um: float = 25.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._need_range("per_mm2", 0.0, 1e5)

    def _places_um(self, exposure: Exposure) -> NDArray[np.float64]:
        size_um = exposure.specimen.size_um
        count = round(self.per_mm2 * size_um[0] * size_um[1] * 1e-6)
        return _scattered(self.seed, count, size_um)


@lru_cache(maxsize=8)
def _scattered(seed: int, count: int, size_um: tuple[float, float]) -> NDArray[np.float64]:
    """Return places all over a slide."""
    places: NDArray[np.float64] = np.random.default_rng([seed, 1]).random((count, 2))
    return (places - 0.5) * size_um


@lru_cache(maxsize=64)
def _lump(seed: int, number: int, sigma_px: float) -> NDArray[np.float32]:
    """Return an uneven blot of height 1 before it is blurred; its radius is half of `_SIDE_PX`."""
    rng = np.random.default_rng([seed, 2, number])
    pad = math.ceil(3.5 * sigma_px) + 1
    side = _SIDE_PX + 2 * pad
    rows, cols = np.mgrid[:side, :side] - (side - 1) / 2
    angle, away = np.arctan2(rows, cols), np.hypot(rows, cols) / (_SIDE_PX / 2)
    waves = np.arange(2, 6)[:, None, None]
    uneven = rng.normal(0, 0.1, 4)[:, None, None] * np.cos(
        waves * angle + rng.uniform(0, 2 * np.pi, 4)[:, None, None]
    )
    edge = 0.75 + uneven.sum(axis=0).clip(-0.4, 0.25)
    blot: NDArray[np.float32] = np.clip((edge - away) * 8 + 0.5, 0, 1).astype(np.float32)
    if sigma_px > 0.2:
        blot = cv2.GaussianBlur(blot, (0, 0), sigma_px)  # type: ignore[assignment]
    return blot
