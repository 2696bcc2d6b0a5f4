"""How far what is seen stands out: signal over its ground, over noise, and over the top."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from saccade.core import Frame, Identity, Observation, is_number, require

from ._base import Base
from ._noise import white_noise
from ._pixels import not_a_picture, picture, sample, smooth
from ._settings import is_positive, look_ms

_IDENTITY = Identity("saccade.detect:Signal", "2")
_SMOOTHED_PX = 1.0
_SAMPLE = 65_536


@dataclass(frozen=True, kw_only=True, eq=False)
class Signal(Base):
    """Measures how bright the bright part of a picture is, over its ground and over noise.

    The ground is the median, the signal a high quantile above it, both of the slightly smoothed
    picture, so that noise alone is no signal; the noise is white noise (Immerkær 1996), as the
    camera and the light of the ground make it. The score is::

        min(1, signal / noise / expected)

    Parameters
    ----------
    quantile : float
        Of the pixels, from 0.5 to 1: what is looked for should cover more than the rest of the
        picture, 0.99 is for 1 % or more.
    expected : float
        Signal over noise that makes the score 1.

    Raises
    ------
    ProtocolError
        If a setting can't be used.

    Notes
    -----
    Measurements are ``signal``, ``ground`` and ``noise`` in grey levels, ``snr``,
    ``exposure_ms``, ``light_mw`` of all sources together, where the scope tells, and
    ``saturated``: the share of pixels at the highest grey level in the picture, which is next to
    nothing unless the camera is full. Pictures with NaN or infinity are invalid.
    """

    quantile: float = 0.99
    expected: float = 20.0

    def __post_init__(self) -> None:
        ok = is_number(self.quantile) and 0.5 < self.quantile < 1
        do = "0.99 is for what covers 1 % of a picture."
        require(ok, "Signal.quantile", self.quantile, "a number between 0.5 and 1", do)
        do = "It makes the score 1."
        require(is_positive(self.expected), "Signal.expected", self.expected, "above 0", do)

    def __call__(self, frame: Frame) -> Observation:
        """Return how far what a frame shows stands out.

        Parameters
        ----------
        frame : Frame
            Of any real dtype.
        """
        seen = picture(frame)
        if seen is None:
            return not_a_picture(_IDENTITY)
        noise = max(white_noise(seen.pixels), seen.step)
        values = sample(smooth(seen.pixels, _SMOOTHED_PX), _SAMPLE)
        ground, bright = map(float, np.quantile(values, (0.5, self.quantile)))
        signal = max(0.0, bright - ground)
        light = {"light_mw": math.fsum(frame.light_mw.values())} if frame.light_mw else {}
        return Observation(
            min(1.0, signal / noise / self.expected),
            measurements={
                "signal": signal,
                "ground": ground,
                "noise": noise,
                "snr": signal / noise,
                "saturated": _at_the_top(frame),
                "exposure_ms": frame.exposure_ms,
                **light,
            },
            detector=_IDENTITY,
        )

    def takes_ms(self, frame: Frame) -> float:
        """Return how long a look takes, for a run in virtual time."""
        return look_ms(frame, fixed_ms=1.0, ns_a_px=4.0)


def _at_the_top(frame: Frame) -> float:
    """Return the share of pixels that are as bright as the brightest, in an uneven picture."""
    top = frame.pixels.max()
    if frame.pixels.min() == top:
        return 0.0
    return float(np.count_nonzero(frame.pixels == top)) / frame.pixels.size
