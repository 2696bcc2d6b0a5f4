"""Sharpness, relative to the sharpest picture of a place so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from saccade.core import Identity, Observation, require

from ._base import Base
from ._noise import white_noise
from ._pixels import binned, not_a_picture, picture, place, smooth
from ._settings import is_positive, look_ms

if TYPE_CHECKING:
    from saccade.core import Frame

    from ._pixels import Image

_IDENTITY = Identity("saccade.detect:Focus", "1")


@dataclass(frozen=True, kw_only=True, eq=False)
class Focus(Base):
    """Measures how sharp a picture is, compared with the sharpest so far at its place.

    Sharpness is the energy of the gradient over the variance, both of the slightly smoothed
    picture: the mean square of the spatial frequencies that make it up. It has no offset,
    no gain and no light in it, so that blur which adds light doesn't count as sharpness,
    as it does for variance or for the gradient alone (Tenengrad). White noise is taken off
    the gradient, by what Immerkær's mask (1996) says of it; a picture of noise alone has
    sharpness near zero.

    The score is ``sharpness / best``, where ``best`` is the largest sharpness so far at the
    same stage position, tile, plane, channel, region and role: 1 means as sharp as ever, 0 that
    there is nothing to focus on.

    Parameters
    ----------
    sigma : float
        Smoothing in pixels, about the radius of the finest detail.

    Raises
    ------
    ProtocolError
        If a setting can't be used.

    Notes
    -----
    Measurements are ``sharpness`` (per square pixel), ``best`` and ``noise`` (in grey
    levels). Pictures with NaN or infinity are invalid.
    """

    sigma: float = 1.0
    _best: dict[object, float] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        require(
            is_positive(self.sigma),
            "Focus.sigma",
            self.sigma,
            "a number above 0",
            "1 suits a camera whose pixels are as fine as the optics.",
        )

    def __call__(self, frame: Frame) -> Observation:
        """Return how sharp a frame is.

        Parameters
        ----------
        frame : Frame
            Of any real dtype.
        """
        seen = picture(frame)
        if seen is None:
            return not_a_picture(_IDENTITY)
        small, sigma_px, factor = binned(seen.pixels, self.sigma)
        noise = white_noise(small)
        sharpness = _sharpness(small, sigma_px, noise, seen.step) / factor**2
        key = place(frame)
        best = self._best[key] = max(self._best.get(key, 0.0), sharpness)
        return Observation(
            sharpness / best if best > 0 else 0.0,
            measurements={"sharpness": sharpness, "best": best, "noise": noise},
            detector=_IDENTITY,
        )

    def takes_ms(self, frame: Frame) -> float:
        """Return how long a look takes, for a run in virtual time."""
        return look_ms(frame, fixed_ms=0.12, ns_a_px=4.7)


def _sharpness(pixels: Image, sigma_px: float, noise: float, step: float) -> float:
    """Return gradient energy over variance, without the share of white noise in the former."""
    blurred = smooth(pixels, sigma_px)
    variance = float(cv2.meanStdDev(blurred)[1][0, 0]) ** 2
    if variance <= step**2:
        return 0.0
    energy = _gradient_energy(blurred) / blurred.size
    energy -= noise**2 * _noise_gain(sigma_px)
    return max(0.0, energy) / variance


def _gradient_energy(pixels: Image) -> float:
    # Sobel's mask is eight times the derivative. One picture serves both directions, because
    # fresh memory costs more than the filter.
    slope = cv2.Sobel(pixels, cv2.CV_32F, 1, 0, scale=1 / 8)
    energy = cv2.norm(slope, cv2.NORM_L2SQR)
    cv2.Sobel(pixels, cv2.CV_32F, 0, 1, slope, scale=1 / 8)
    return energy + cv2.norm(slope, cv2.NORM_L2SQR)


@lru_cache(maxsize=64)
def _noise_gain(sigma_px: float) -> float:
    """Return the gradient energy that white noise of unit variance leaves after smoothing."""
    size = 2 * int(4 * sigma_px + 4) + 1
    impulse = np.zeros((size, size), np.float32)
    impulse[size // 2, size // 2] = 1.0
    return _gradient_energy(smooth(impulse, sigma_px))
