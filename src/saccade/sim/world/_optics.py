"""From what glows to what reaches the sensor: blur, haze and uneven light."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2

from saccade.core import require

from ._blur import blurred
from ._lighting import profile
from ._settings import in_range

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ._values import View

_AIRY_FWHM = 0.51
"""FWHM of the Airy disc in units of wavelength over NA (Born & Wolf, section 8.5)."""
_FWHM_OF_SIGMA = 2 * math.sqrt(2 * math.log(2))
_SHARP_PX = 0.2
"""Standard deviation of a blur that no pixel would show."""


@dataclass(frozen=True, slots=True)
class Optics:
    """An objective and the unevenness of its illumination.

    Parameters
    ----------
    na : float
        Numerical aperture.
    index : float
        Refractive index of the immersion; 1 is air.
    haze : float
        Share of the light that is scattered widely.
    haze_um : float
        How widely, as the standard deviation of a Gaussian.
    falloff : float
        Share of the light that is missing in the corners of the sensor.

    Raises
    ------
    ProtocolError
        If a value is impossible, such as an NA above the index.
    """

    na: float = 0.75
    index: float = 1.0
    haze: float = 0.12
    haze_um: float = 12.0
    falloff: float = 0.25

    def __post_init__(self) -> None:
        in_range("Optics.index", self.index, 1.0, 2.0)
        in_range("Optics.na", self.na, 0.01, 2.0)
        require(
            self.na < self.index,
            "Optics.na",
            self.na,
            f"below the refractive index of the immersion, {self.index:g}",
            "Immerse the objective (index 1.33 for water, 1.518 for oil), or lower the NA.",
        )
        in_range("Optics.haze", self.haze, 0.0, 1.0)
        in_range("Optics.haze_um", self.haze_um, 0.1, 1000.0)
        in_range("Optics.falloff", self.falloff, 0.0, 1.0)

    @property
    def collected(self) -> float:
        """Share of the light of an isotropic source that the cone of the aperture holds."""
        return (1 - math.cos(math.asin(self.na / self.index))) / 2

    def sigma_um(self, wavelength_nm: float, defocus_um: float = 0.0) -> float:
        """Return the standard deviation of the point-spread function.

        In focus, a Gaussian as wide at half maximum as the Airy disc; out of focus, widened
        by the disc of the geometric cone of light, whose standard deviation along one axis
        is half of its radius.

        Parameters
        ----------
        wavelength_nm : float
            Of the emission.
        defocus_um : float
            Distance from the plane in focus.
        """
        sharp = _AIRY_FWHM * wavelength_nm * 1e-3 / self.na / _FWHM_OF_SIGMA
        cone = abs(defocus_um) * math.tan(math.asin(self.na / self.index))
        return math.hypot(sharp, cone / 2)

    def depth_of_field_um(self, wavelength_nm: float) -> float:
        """Return how deep the sample is in focus, λ n / NA²."""
        return wavelength_nm * 1e-3 * self.index / self.na**2

    def blur(
        self, picture: NDArray[np.float32], sigma_um: float, pixel_size_um: float
    ) -> NDArray[np.float32]:
        """Return a layer as the point-spread function shows it; no light is won or lost.

        Parameters
        ----------
        picture : array of float32, (y, x)
            Sharp; beyond its edge it counts as mirrored.
        sigma_um : float
            Standard deviation of the point-spread function.
        pixel_size_um : float
            Of the picture.
        """
        sigma_px = sigma_um / pixel_size_um
        return picture if sigma_px < _SHARP_PX else blurred(picture, sigma_px)

    def hazy(self, picture: NDArray[np.float32], pixel_size_um: float) -> NDArray[np.float32]:
        """Return a picture with a share of its light scattered widely.

        Parameters
        ----------
        picture : array of float32, (y, x)
            It is used up.
        pixel_size_um : float
            Of the picture.
        """
        if self.haze == 0:
            return picture
        wide = blurred(picture, self.haze_um / pixel_size_um)
        return cv2.addWeighted(picture, 1 - self.haze, wide, self.haze, 0.0, dst=picture)  # type: ignore[return-value]

    def illumination(self, view: View) -> NDArray[np.float32]:
        """Return the share of the light that reaches each pixel of a view, (y, x).

        Parameters
        ----------
        view : View
            Which part of the sensor.
        """
        return profile(view, self.falloff)
