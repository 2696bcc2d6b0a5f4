"""A camera: photons in, counts out, with all that a real one adds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from saccade.core import is_number, require

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._values import Photons, View

_FEW = 4.0
"""Electrons below which the shape of a Poisson distribution is far from any smooth one."""


@dataclass(frozen=True, slots=True)
class Sensor:
    """A scientific camera; the defaults are those of a common sCMOS.

    Parameters
    ----------
    quantum_efficiency : float
        Electrons a photon.
    read_noise_e : float
        Standard deviation, in electrons.
    dark_e_per_s : float
        Electrons that come without light.
    offset : float
        Counts at no light.
    gain_e : float
        Electrons a count.
    full_well_e : float
        Electrons that a pixel can hold.
    bits : int
        Of the counts; 8 gives uint8, more uint16.
    fixed_pattern : float
        Standard deviation of the pixels' sensitivity, as a share.
    hot_pixels : float
        Share of pixels that are hot.
    hot_e_per_s : float
        Mean electrons that a hot one adds.
    readout_ms : float
        Time from the end of the exposure to the picture.

    Raises
    ------
    ProtocolError
        If a value is impossible.
    """

    quantum_efficiency: float = 0.8
    read_noise_e: float = 1.6
    dark_e_per_s: float = 0.2
    offset: float = 100.0
    gain_e: float = 0.46
    full_well_e: float = 30_000.0
    bits: int = 16
    fixed_pattern: float = 0.004
    hot_pixels: float = 2e-5
    hot_e_per_s: float = 4000.0
    readout_ms: float = 5.0

    def __post_init__(self) -> None:
        for name, low, high in (
            ("quantum_efficiency", 1e-3, 1.0),
            ("read_noise_e", 0.0, 1e3),
            ("dark_e_per_s", 0.0, 1e6),
            ("offset", 0.0, 6e4),
            ("gain_e", 1e-3, 1e4),
            ("full_well_e", 1.0, 1e8),
            ("fixed_pattern", 0.0, 0.5),
            ("hot_pixels", 0.0, 1.0),
            ("hot_e_per_s", 0.0, 1e7),
            ("readout_ms", 0.0, 1e5),
        ):
            value = getattr(self, name)
            require(
                is_number(value) and low <= value <= high,
                f"Sensor.{name}",
                value,
                f"a number from {low:g} to {high:g}",
                "Correct it.",
            )
        ok = isinstance(self.bits, int) and 8 <= self.bits <= 16
        require(ok, "Sensor.bits", self.bits, "a whole number from 8 to 16", "Correct it.")

    @property
    def dtype(self) -> str:
        """Name of the type of the counts."""
        return "uint8" if self.bits == 8 else "uint16"

    def expose(
        self, photons: Photons, exposure_ms: float, view: View, *, seed: int, number: int
    ) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """Return the counts of one exposure.

        Parameters
        ----------
        photons : array of float32, (y, x)
            Expected at each pixel; it is used up as working memory.
        exposure_ms : float
            Dark current grows with it.
        view : View
            Which part of the sensor is read.
        seed, number : int
            Of this camera, and of the exposure: the same give the same noise.
        """
        sensitivity, hot = _pattern(view.sensor_px, self, seed)
        top, left = view.corner_px
        height, width = view.shape_px
        part = np.s_[top : top + height, left : left + width]
        electrons = photons
        electrons *= sensitivity[part]
        electrons += hot[part] * np.float32(exposure_ms / 1e3)
        noisy = noise(electrons, self.read_noise_e, np.random.default_rng([seed, 1, number]))
        np.minimum(noisy, np.float32(self.full_well_e), out=noisy)
        noisy *= np.float32(1 / self.gain_e)
        noisy += np.float32(self.offset + 0.5)
        np.clip(noisy, 0, 2**self.bits - 1, out=noisy)
        counts: NDArray[np.uint16] = noisy.astype(self.dtype)
        return counts


def noise(
    electrons: NDArray[np.float32], read_noise_e: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return electrons with shot noise and read noise.

    One normal draw z a pixel, bent so that mean, variance and skewness are those of a
    Poisson variable plus a normal one (second-order Cornish-Fisher expansion; Fisher &
    Cornish, Technometrics 2, 1960). Pixels with few electrons are drawn from the Poisson
    distribution itself.

    Parameters
    ----------
    electrons : array of float32, (y, x)
        Expected, not negative.
    read_noise_e : float
        Standard deviation.
    rng : numpy.random.Generator
        Drawn from in a fixed order.
    """
    z = rng.standard_normal(electrons.shape, np.float32)
    variance = electrons + np.float32(read_noise_e**2)
    bend = electrons / np.maximum(variance, np.float32(1e-9)) * np.float32(1 / 6)
    np.sqrt(variance, out=variance)
    few = electrons < _FEW
    drawn = rng.poisson(np.maximum(electrons[few], 0)) + np.float32(read_noise_e) * z[few]
    noisy = variance
    noisy *= z
    noisy += electrons
    np.multiply(z, z, out=z)
    z -= 1
    z *= bend
    noisy += z
    noisy[few] = drawn
    return noisy


@lru_cache(maxsize=8)
def _pattern(
    sensor_px: tuple[int, int], sensor: Sensor, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return electrons a photon, and electrons a second without light, for each pixel."""
    rng = np.random.default_rng([seed, 0])
    sensitivity = 1 + sensor.fixed_pattern * rng.standard_normal(sensor_px, np.float32)
    sensitivity = np.maximum(sensitivity * np.float32(sensor.quantum_efficiency), 0)
    dark = np.full(sensor_px, sensor.dark_e_per_s, np.float32)
    hot = rng.random(sensor_px, np.float32) < sensor.hot_pixels
    dark[hot] += sensor.hot_e_per_s * rng.exponential(1.0, np.count_nonzero(hot))
    return sensitivity, dark
