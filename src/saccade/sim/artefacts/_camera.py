"""Cameras and light paths that fail: stripes, saturation, dead frames."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ._base import Spoils, milliseconds

if TYPE_CHECKING:
    from saccade.sim.world import Counts, Exposure, Photons


@dataclass(frozen=True, kw_only=True)
class Stripes(Spoils):
    """Bands across the sensor, as of a rolling shutter under a lamp that hums.

    Their place changes from exposure to exposure.

    Parameters
    ----------
    depth : float
        By which share they brighten and darken.
    period_px : float
        From one to the next, down the sensor.
    start_s, end_s, seed
        As for every artefact.
    """

    kind: ClassVar[str] = "stripes"
    depth: float = 0.3
    period_px: float = 40.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._need_range("depth", 0.0, 1.0)
        self._need_range("period_px", 2.0, 1e5)

    def photons(self, photons: Photons, exposure: Exposure) -> Photons:
        """Return the photons, more and fewer from row to row."""
        phase = float(self._random(milliseconds(exposure.t_s)).uniform(0, 2 * math.pi))
        rows = exposure.view.corner_px[0] + np.arange(photons.shape[0])
        bands = 1 + self.depth * np.sin(2 * math.pi * rows / self.period_px + phase)
        photons *= bands.astype(np.float32)[:, None]
        return photons


@dataclass(frozen=True, kw_only=True)
class Saturation(Spoils):
    """The brightest part of the picture is more than the sensor can hold.

    The specimen has no more light than was asked for: it is the gain that is wrong.

    Parameters
    ----------
    share : float
        Of the pixels, that are saturated; more, where the light alone saturates more.
    start_s, end_s, seed
        As for every artefact.
    """

    kind: ClassVar[str] = "saturation"
    share: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        self._need_range("share", 1e-4, 1.0)

    def photons(self, photons: Photons, exposure: Exposure) -> Photons:
        """Return the photons multiplied until a share of the pixels holds no more."""
        brightest = float(np.quantile(photons, 1 - self.share))
        if brightest > 0:
            photons *= np.float32(max(exposure.imaging.sensor.most_photons / brightest, 1.0))
        return photons


@dataclass(frozen=True, kw_only=True)
class DeadFrames(Spoils):
    """The camera hands out no new picture: none at all, or the one before once more.

    Parameters
    ----------
    repeated : bool
        Whether it is the one before; otherwise all counts are 0, as is the first if there is
        none before of the same size.
    chance : float
        Of an exposure to be dead.
    start_s, end_s, seed
        As for every artefact.
    """

    kind: ClassVar[str] = "dead-frames"
    repeated: bool = False
    chance: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._need("repeated", isinstance(self.repeated, bool), "true or false")
        self._need_range("chance", 0.0, 1.0)

    def shows(self, exposure: Exposure) -> bool:
        """Return whether the exposure is dead."""
        return float(self._random(milliseconds(exposure.t_s)).random()) < self.chance

    def counts(self, counts: Counts, before: Counts | None, exposure: Exposure) -> Counts:
        """Return nothing new where the exposure is dead."""
        if not self.shows(exposure):
            return counts
        if self.repeated and before is not None and before.shape == counts.shape:
            return before.copy()
        return np.zeros_like(counts)
