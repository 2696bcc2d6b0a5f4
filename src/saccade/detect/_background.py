"""A running background: what a place usually looks like, and how much it usually varies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ._pixels import centre_and_noise, sample

if TYPE_CHECKING:
    from ._pixels import Image, Picture

_CLIP = 2.0
_CLIPPED = 0.92054
"""Mean of min(z², 2²) for normal z: what clipping leaves of a variance."""
_FITTED = 4096
_REFITS = 3
_OUTLYING = 3.0
"""Distance from a fit, in sigma, from which on a pixel is left out of the next."""
_GAINS = (0.2, 5.0)
_ENOUGH_STRUCTURE = 0.25
"""Share of the variance (r²) that a fit must explain for its gain to be believed."""


class Departure(NamedTuple):
    """How a picture differs from the background."""

    sigmas: Image
    """Absolute difference in multiples of what is usual at each place."""
    noise: float
    """Spatial noise of the difference, in grey levels."""
    gain: float
    """Brightness relative to the background."""


@dataclass
class Background:
    """Exponential mean and variance of a smoothed picture, pixel by pixel.

    The mean is first scaled to the brightness of the new picture (a straight line through
    their grey levels, by least squares without outliers), so that bleaching and a drifting
    lamp are no change. The noise of a pixel is the larger of its own running standard
    deviation and the robust spatial noise of the whole difference. Once learnt, the running
    variance takes differences clipped at two sigma: what is unusual must not make itself
    usual.

    Parameters
    ----------
    mean : ndarray of float32, (y, x)
        The first picture.
    alpha : float
        Weight of the newest picture.
    """

    mean: Image
    alpha: float

    def __post_init__(self) -> None:
        self.variance = np.zeros_like(self.mean)
        self.frames = 1

    @property
    def learning(self) -> bool:
        """Whether it has seen fewer than ``1 / alpha`` pictures."""
        return self.frames < math.ceil(1.0 / self.alpha - 1e-9)

    def take(self, seen: Picture) -> Departure:
        """Return how a picture differs, then let the background learn from it.

        Parameters
        ----------
        seen : Picture
            Smoothed, of the same shape.
        """
        gain, offset = _brightness(self.mean, seen.pixels, seen.step)
        predicted = self.mean * np.float32(gain) + np.float32(offset)
        difference = seen.pixels - predicted
        noise = max(centre_and_noise(sample(difference))[1], seen.step)
        squared = difference * difference
        usual = np.maximum(self.variance, np.float32(noise * noise))
        sigmas = np.sqrt(squared / usual)
        self._learn(predicted, difference, squared, usual)
        return Departure(sigmas, noise, gain)

    def _learn(self, predicted: Image, difference: Image, squared: Image, usual: Image) -> None:
        if not self.learning:
            np.minimum(squared, usual * np.float32(_CLIP**2), out=squared)
            squared *= np.float32(1.0 / _CLIPPED)
        weight = max(self.alpha, 1.0 / self.frames)
        self.variance += np.float32(weight) * (squared - self.variance)
        weight = max(self.alpha, 1.0 / (self.frames + 1))
        self.mean = predicted + np.float32(weight) * difference
        self.frames += 1


def _brightness(background: Image, seen: Image, step: float) -> tuple[float, float]:
    """Return gain and offset that make the background as bright as a picture."""
    x, y = sample(background, _FITTED).ravel(), sample(seen, _FITTED).ravel()
    gain, offset = _line(x, y)
    # An occurrence must not pull the line to itself: leave out what is far from it.
    for _ in range(_REFITS):
        residual = y - np.float32(gain) * x - np.float32(offset)
        centre, noise = centre_and_noise(residual)
        near = np.abs(residual - np.float32(centre)) <= _OUTLYING * max(noise, step)
        gain, offset = _line(x[near], y[near])
    return gain, offset


def _line(x: Image, y: Image) -> tuple[float, float]:
    """Return gain and offset of a straight line by least squares."""
    x_mean, y_mean = float(x.mean(dtype=np.float64)), float(y.mean(dtype=np.float64))
    dx, dy = x - np.float32(x_mean), y - np.float32(y_mean)
    xx, yy, xy = float(np.vdot(dx, dx)), float(np.vdot(dy, dy)), float(np.vdot(dx, dy))
    gain = 1.0
    if xy > 0.0 and xy * xy > _ENOUGH_STRUCTURE * xx * yy:
        gain = min(max(xy / xx, _GAINS[0]), _GAINS[1])
    return gain, y_mean - gain * x_mean
