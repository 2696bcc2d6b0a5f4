"""Bright spots, by the difference of two Gaussians."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from saccade.core import Identity, Observation, require

from ._base import Scaled
from ._pixels import (
    above_threshold,
    binned,
    centre_and_noise,
    not_a_picture,
    peaks,
    picture,
    points,
    sample,
    smooth,
)
from ._settings import is_count, is_positive, look_ms

if TYPE_CHECKING:
    from saccade.core import Frame

_IDENTITY = Identity("saccade.detect:Spots", "1")
_DEFAULT_SIGMA_PX = 2.0
_RATIO = 1.6
"""Of the two Gaussians: nearest to the Laplacian (Marr & Hildreth 1980)."""
_SURROUND = (_RATIO**2 - 1) ** 0.5


@dataclass(frozen=True, kw_only=True, eq=False)
class Spots(Scaled):
    """Finds bright spots of one size, whatever the gain, offset and bit depth.

    The picture is filtered with the difference of two Gaussians (sigma and 1.6 sigma; Marr
    and Hildreth 1980). A spot is a local maximum that stands more than ``threshold`` times
    above the noise, which is 1.4826 times the median absolute deviation of the filtered
    picture. A spot's strength is its height over the noise.

    The score is, without ``expected``::

        1 - threshold / strongest       0 where there is no spot

    so that 0.5 means a strongest spot twice, and 0.8 one five times, as strong as the
    faintest that counts; with ``expected``::

        min(1, count / expected)

    so that 0.8 of 10 expected spots means eight. Both never fall when a spot gets brighter
    over the same noise, or one more is found.

    Parameters
    ----------
    sigma : float, optional
        Radius of a spot in pixels: the sigma of a Gaussian that looks like it. Default 2.
    sigma_um : float, optional
        The same in µm, in place of ``sigma``.
    threshold : float
        Faintest spot that counts, in multiples of the noise.
    max_points : int
        Number of spots to report, the strongest first; all are counted.
    expected : int, optional
        Number of spots that make the score 1.

    Raises
    ------
    ProtocolError
        If a setting can't be used.

    Notes
    -----
    Measurements are ``count``, ``strongest`` (in multiples of the noise) and ``noise`` (in
    grey levels of the filtered picture). From a sigma of two pixels on the picture is
    binned first, so that a large one costs little; positions stay good to a fraction of a
    pixel. Pictures with NaN or infinity are invalid.
    """

    threshold: float = 5.0
    max_points: int = 500
    expected: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        require(
            is_positive(self.threshold),
            "Spots.threshold",
            self.threshold,
            "a number above 0",
            "5 lets noise through about once in a hundred frames.",
        )
        for name in ("max_points", "expected"):
            value = getattr(self, name)
            require(
                is_count(value) or (name == "expected" and value is None),
                f"Spots.{name}",
                value,
                "a whole number of at least 1",
                "Give a number of spots.",
            )

    def __call__(self, frame: Frame) -> Observation:
        """Return the spots of a frame.

        Parameters
        ----------
        frame : Frame
            Of any real dtype.
        """
        sigma_px = self.scale_px(frame, _DEFAULT_SIGMA_PX)
        seen = picture(frame)
        if seen is None or not sigma_px > 0:
            return not_a_picture(_IDENTITY)
        small, sigma_px, factor = binned(seen.pixels, sigma_px)
        centre = smooth(small, sigma_px)
        response = centre - smooth(centre, _SURROUND * sigma_px)
        middle, noise = centre_and_noise(sample(response))
        noise = max(noise, seen.step)
        found = peaks(
            response, middle + self.threshold * noise, max(1, round(sigma_px)), self.max_points
        )
        found = found._replace(strength=(found.strength - middle) / noise)
        strongest = float(found.strength[0]) if found.total else 0.0
        return Observation(
            self._score(found.total, strongest),
            points=points(frame, found, factor),
            measurements={"count": float(found.total), "strongest": strongest, "noise": noise},
            detector=_IDENTITY,
        )

    def takes_ms(self, frame: Frame) -> float:
        """Return how long a look takes, for a run in virtual time."""
        return look_ms(frame, fixed_ms=0.3, ns_a_px=1.6)

    def _score(self, count: int, strongest: float) -> float:
        if self.expected is not None:
            return min(1.0, count / self.expected)
        return above_threshold(strongest, self.threshold)
