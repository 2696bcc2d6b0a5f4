"""Flashes: regions that are brighter than they mostly were, as dF/F0."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple, cast

import cv2
import numpy as np

from saccade.core import Identity, Observation, is_number, require

from ._base import Scaled
from ._pixels import (
    above_threshold,
    moved,
    not_a_picture,
    peaks,
    picture,
    place,
    points,
)
from ._settings import is_count, is_positive, look_ms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saccade.core import Frame

    from ._pixels import Image, Picture

_IDENTITY = Identity("saccade.detect:Transients", "1")
_DEFAULT_SIGMA_PX = 4.0
_LEAST_FRAMES = 5
"""Before there are so many, nothing is known of what is usual."""
_TO_NOISE = 1.4826 / 2**0.5
"""From the median change between two frames to the standard deviation of one."""


class _Usual(NamedTuple):
    baseline: NDArray[np.float32]
    """F0, of each region."""
    quiet: NDArray[np.float32]
    """Mean of a region that does nothing."""
    noise: NDArray[np.float32]


@dataclass
class _Place:
    """The last frames of a place as rings: each region's mean brightness, and its last change."""

    ring: NDArray[np.float32]
    at_um: tuple[float | None, float | None]
    frames: int = 0

    def __post_init__(self) -> None:
        self.changes = np.zeros_like(self.ring)

    def put(self, regions: Image) -> None:
        now, before = self.frames % len(self.ring), (self.frames - 1) % len(self.ring)
        if self.frames:
            self.changes[now] = np.abs(regions - self.ring[before])
        self.ring[now] = regions
        self.frames += 1

    def usual(self, percentile: float, least: float) -> _Usual:
        """Return what is usual, from the frames so far."""
        past = self.ring[: self.frames]
        low = int(percentile / 100 * len(past))
        baseline = np.partition(past, low, axis=0)[low]
        # The first change of all is none.
        changes = self.changes[1 if self.frames <= len(self.ring) else 0 : self.frames]
        middle = len(changes) // 2
        noise = np.partition(changes, middle, axis=0)[middle] * np.float32(_TO_NOISE)
        # Of few frames it may be far too small.
        noise *= np.float32(1 + _LEAST_FRAMES / len(past))
        noise = np.maximum(noise, np.float32(max(float(np.median(noise)), least)))
        above = -NormalDist().inv_cdf((low + 0.5) / len(past))
        return _Usual(baseline, baseline + np.float32(above) * noise, noise)


@dataclass(frozen=True, kw_only=True, eq=False)
class Transients(Scaled):
    """Sees what flashes: calcium in cells, release at synapses.

    The picture is divided into squares. The brightness F of each is compared with its own past:
    its baseline F0 is a low percentile of the last ``window`` frames, its noise what it changes by
    from one frame to the next, by the median, which hears little of transients and all of a lamp
    that flickers. A square that stands more than ``threshold`` times its noise above where it is
    when it does nothing (its baseline, and what noise has that lie below) is a transient. The
    score is::

        1 - threshold / strongest       0 where there is none

    so that 0.5 means a strongest one twice as high above the noise as the faintest that counts.
    It is 0 for the first frames of a place, a tenth of the window and five at least.

    Parameters
    ----------
    sigma : float, optional
        Half of the side of a square in pixels, about the radius of a cell. Default 4.
    sigma_um : float, optional
        The same in µm, in place of ``sigma``.
    window : int
        Frames that are remembered: many times as long as a transient, and short for bleaching.
    percentile : float
        Of the past brightness, that is the baseline; above 0 and below 50.
    offset : float
        Grey level of darkness, which dF/F0 leaves out of F0.
    threshold : float
        Faintest transient that counts, in multiples of the noise.
    max_points : int
        Number of transients to report, the strongest first; all are counted.

    Raises
    ------
    ProtocolError
        If a setting can't be used.

    Notes
    -----
    A point stands in the middle of a square that is brighter over its noise than its
    neighbours. Measurements are ``count`` (of these), ``strongest`` (in multiples of the noise),
    ``dff`` (dF/F0 of the strongest), ``active`` (share of the squares above the threshold) and
    ``mean_dff`` (of all squares). The memory is ``window`` numbers a square for every position,
    tile, plane, channel, region and role of the frames. Pictures with NaN or infinity are
    invalid and not remembered.
    """

    window: int = 100
    percentile: float = 20.0
    offset: float = 0.0
    threshold: float = 5.0
    max_points: int = 200
    _places: dict[object, _Place] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        ok = is_count(self.window) and self.window >= _LEAST_FRAMES
        must = f"a whole number of at least {_LEAST_FRAMES}"
        require(ok, "Transients.window", self.window, must, "Give a number of frames.")
        ok = is_number(self.percentile) and 0 < self.percentile < 50
        do = "20 is dark in most cells at most times."
        require(ok, "Transients.percentile", self.percentile, "above 0 and below 50", do)
        do = "Give the grey level of a picture taken in the dark."
        require(is_number(self.offset), "Transients.offset", self.offset, "a number", do)
        do = "5 lets hardly any noise through."
        ok = is_positive(self.threshold)
        require(ok, "Transients.threshold", self.threshold, "a number above 0", do)
        ok, must = is_count(self.max_points), "a whole number of at least 1"
        require(ok, "Transients.max_points", self.max_points, must, "Give a number of places.")

    def __call__(self, frame: Frame) -> Observation:
        """Return what flashes.

        Parameters
        ----------
        frame : Frame
            Of any real dtype.
        """
        sigma_px = self.scale_px(frame, _DEFAULT_SIGMA_PX)
        seen = picture(frame)
        if seen is None or not sigma_px > 0:
            return not_a_picture(_IDENTITY)
        side = max(1, min(round(2 * sigma_px), *seen.pixels.shape))
        regions = _means(seen, side)
        key, at_um = place(frame), (frame.x_um, frame.y_um)
        known = self._places.get(key)
        if known is None or moved(frame, known.at_um):
            ring = np.zeros((self.window, *regions.shape), np.float32)
            known = self._places[key] = _Place(ring, at_um)
        learning = known.frames < max(_LEAST_FRAMES, self.window // 10)
        usual = None if learning else known.usual(self.percentile, seen.step)
        known.put(regions)
        if usual is None:
            return Observation(0.0, measurements=_measured(), detector=_IDENTITY)
        return self._observed(frame, regions, usual, side)

    def takes_ms(self, frame: Frame) -> float:
        """Return how long a look takes, for a run in virtual time."""
        return look_ms(frame, fixed_ms=0.2, ns_a_px=5.0)

    def _observed(self, frame: Frame, regions: Image, usual: _Usual, side: int) -> Observation:
        sigmas = (regions - usual.quiet) / usual.noise
        ground = np.maximum(usual.baseline - np.float32(self.offset), usual.noise)
        dff = (regions - usual.baseline) / ground
        found = peaks(sigmas, self.threshold, 1, self.max_points)
        at = np.unravel_index(int(np.argmax(sigmas)), sigmas.shape)
        strongest = max(0.0, float(sigmas[at]))
        measured = _measured(
            found.total,
            strongest,
            float(dff[at]),
            float(np.count_nonzero(sigmas > self.threshold)) / sigmas.size,
            float(dff.mean()),
        )
        return Observation(
            above_threshold(strongest, self.threshold),
            points=points(frame, found, side),
            measurements=measured,
            detector=_IDENTITY,
        )


def _means(seen: Picture, side: int) -> Image:
    """Return the mean of each whole square; a last row or column that is not whole is left out."""
    height, width = (length // side for length in seen.pixels.shape)
    whole = seen.pixels[: height * side, : width * side]
    return cast("Image", cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA))


def _measured(
    count: int = 0,
    strongest: float = 0.0,
    dff: float = 0.0,
    active: float = 0.0,
    mean_dff: float = 0.0,
) -> dict[str, float]:
    return {
        "count": float(count),
        "strongest": strongest,
        "dff": dff,
        "active": active,
        "mean_dff": mean_dff,
    }
