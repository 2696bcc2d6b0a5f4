"""Bright objects by a threshold: how many, how large, how long, how bright."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

import cv2
import numpy as np

from saccade.core import Identity, Observation, ProtocolError, is_number, require

from ._base import Scaled
from ._pixels import Peaks, binned, centre_and_noise, not_a_picture, picture, points, sample, smooth
from ._regions import Regions, regions
from ._settings import is_count, is_positive, look_ms
from ._split import Parts, connected, split

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saccade.core import Frame

    from ._pixels import Image, Picture

_IDENTITY = Identity("saccade.detect:Objects", "1")
_DEFAULT_SIGMA_PX = 6.0
_VISIBLE = 4.0
"""How many times the spread of the ground objects must stand above it, for there to be any. Of
noise alone, which Otsu's threshold cuts in half, it is 2.8; of the densest real pictures 4.7."""
_LOCAL = 5.0
"""The same for a local threshold, over the noise of the whole picture."""
_SURROUND = 4.0
"""Radius of what is 'around' for a local threshold, in multiples of sigma."""
_BY = ("count", "area_px", "area_um2", "mean", "total", "eccentricity")


class _Mask(NamedTuple):
    mask: NDArray[np.bool_]
    ground: float
    level: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Objects(Scaled):
    """Finds bright objects by a threshold, splits those that touch, and measures each.

    The picture is smoothed over a quarter of the radius. Objects are what is above a threshold:
    a grey level; that of Otsu (1979), which parts the picture into bright and dark such that
    each is as uniform as can be, on a scale of square roots, as photons scatter; or a local
    one, five times the noise above the mean of the surroundings (four radii). Where what is
    above Otsu's stands less than four times the noise over the ground, there is no object.
    Those that touch are split by a watershed on the distance to the ground (Vincent & Soille
    1991). The score is::

        min(1, value / expected)

    where the value is the number of objects, or the largest of one of their measurements.

    Parameters
    ----------
    sigma : float, optional
        Radius of the smallest object in pixels; what has less than half of its area is dust.
        Default 6.
    sigma_um : float, optional
        The same in µm, in place of ``sigma``.
    threshold : float, 'otsu' or 'local'
        In grey levels, or how to find it.
    split : bool
        Whether objects that touch are split.
    by : {'count', 'area_px', 'area_um2', 'mean', 'total', 'eccentricity'}
        What the score, and the strength of a point, is of; with 'count' the strength is the
        brightness. ``mean`` is the brightness over the ground, ``total`` that of all its pixels:
        it depends less on where the threshold cuts, and tells best who is who.
    expected : float
        Value that makes the score 1.
    max_points : int
        Number of objects to report, the strongest first; all are counted and labelled.

    Raises
    ------
    ProtocolError
        If a setting can't be used.

    Notes
    -----
    A point stands in the centre of each object, with a box around it; labels are 1 for the first
    point and so on, then those that are not reported. Measurements are ``count``, ``level`` (the
    threshold, in grey levels), ``covered`` (share of the picture), and the medians ``area_px``,
    ``area_um2``, ``mean`` and ``eccentricity``, 0 without objects. Pictures with NaN or infinity
    are invalid.
    """

    threshold: float | Literal["otsu", "local"] = "otsu"
    split: bool = True
    by: Literal["count", "area_px", "area_um2", "mean", "total", "eccentricity"] = "count"
    expected: float = 1.0
    max_points: int = 500

    def __post_init__(self) -> None:
        super().__post_init__()
        ok = self.threshold in ("otsu", "local") or is_number(self.threshold)
        must = "a grey level, 'otsu' or 'local'"
        require(ok, "Objects.threshold", self.threshold, must, "'otsu' suits an even ground.")
        require(
            isinstance(self.split, bool),
            "Objects.split",
            self.split,
            "true or false",
            "Choose one.",
        )
        if self.by not in _BY:
            raise ProtocolError(f"Objects.by is {self.by!r}.", f"Choose one of {', '.join(_BY)}.")
        do = "It makes the score 1: a number of objects, or what 'by' says."
        require(is_positive(self.expected), "Objects.expected", self.expected, "above 0", do)
        must = "a whole number of at least 1"
        do = "Give a number of objects."
        require(is_count(self.max_points), "Objects.max_points", self.max_points, must, do)

    def __call__(self, frame: Frame) -> Observation:
        """Return the objects of a frame.

        Parameters
        ----------
        frame : Frame
            Of any real dtype.
        """
        sigma_px = self.scale_px(frame, _DEFAULT_SIGMA_PX)
        seen = picture(frame)
        if seen is None or not sigma_px > 0:
            return not_a_picture(_IDENTITY)
        sigma_px = min(sigma_px, float(min(seen.pixels.shape)))
        found = self._mask(seen, sigma_px)
        least_px = max(1.0, np.pi * sigma_px**2 / 2)
        parts = connected(found.mask, least_px)
        if self.split:
            parts = split(parts, sigma_px)
        bright = seen.pixels.ravel().take(parts.at) - np.float32(found.ground)
        all_of = regions(parts, bright)
        kept = all_of.where(all_of.area_px >= least_px)
        strength = self._values(kept, frame)
        order = np.argsort(-strength, kind="stable")
        return self._observed(frame, found, parts, kept.where(order), strength[order])

    def takes_ms(self, frame: Frame) -> float:
        """Return how long a look takes, for a run in virtual time."""
        return look_ms(frame, fixed_ms=1.5, ns_a_px=37.0)

    def _mask(self, seen: Picture, sigma_px: float) -> _Mask:
        # The median first, so that a hot pixel does not become a spot.
        smoothed = smooth(cast("Image", cv2.medianBlur(seen.pixels, 3)), max(sigma_px / 4, 0.5))
        ground, noise = centre_and_noise(sample(smoothed))
        if is_number(self.threshold):
            level = float(self.threshold)
            below = sample(smoothed)
            below = below[below <= level]
            ground = float(np.median(below)) if below.size else ground
            return _Mask(smoothed > level, ground, level)
        if self.threshold == "local":
            risen = smoothed - _surroundings(smoothed, _SURROUND * sigma_px)
            centre, noise = centre_and_noise(sample(risen))
            level = centre + _LOCAL * max(noise, seen.step)
            return _Mask(risen > level, ground, level)
        level = _otsu(smoothed)
        part = sample(smoothed)
        below, above = part[part <= level], part[part > level]
        ground, noise = centre_and_noise(below) if below.size else (ground, noise)
        visible = above.size and np.median(above) - ground > _VISIBLE * max(noise, seen.step)
        mask = smoothed > level if visible else np.zeros(smoothed.shape, bool)
        return _Mask(mask, ground, level)

    def _values(self, found: Regions, frame: Frame) -> NDArray[np.float64]:
        if self.by == "area_um2":
            return found.area_px * frame.pixel_size_um**2
        column: NDArray[np.float64] = getattr(found, "mean" if self.by == "count" else self.by)
        return column

    def _observed(
        self,
        frame: Frame,
        mask: _Mask,
        parts: Parts,
        found: Regions,
        strength: NDArray[np.float64],
    ) -> Observation:
        count = len(strength)
        value = count if self.by == "count" else float(strength[0]) if count else 0.0
        kept = found.where(np.arange(min(count, self.max_points)))
        renamed = np.zeros(parts.number + 1, np.int32)
        renamed[found.label] = np.arange(1, count + 1)
        area_px = _median(found.area_px)
        measured = {
            "count": float(count),
            "level": mask.level,
            "covered": float(found.area_px.sum()) / mask.mask.size,
            "area_px": area_px,
            "area_um2": area_px * frame.pixel_size_um**2,
            "mean": _median(found.mean),
            "eccentricity": _median(found.eccentricity),
        }
        places = Peaks(kept.y_px, kept.x_px, strength[: self.max_points], count)
        return Observation(
            min(1.0, max(0.0, value / self.expected)),
            points=points(frame, places, 1),
            boxes=tuple(map(tuple, kept.box.tolist())),
            labels=parts.image(renamed),
            measurements=measured,
            detector=_IDENTITY,
        )


def _otsu(pixels: Image) -> float:
    """Return the threshold of Otsu for the square root of the brightness over the darkest.

    So the noise of photons is alike in dark and bright (Anscombe 1948), and a hot pixel does not
    outweigh a field of dim objects.
    """
    part = sample(pixels)
    darkest, brightest = float(np.percentile(part, 1)), float(pixels.max())
    if not brightest > darkest:
        return brightest
    scale = 65535 / (brightest - darkest) ** 0.5
    grey = (np.sqrt(np.maximum(part - np.float32(darkest), 0)) * np.float32(scale)).astype(
        np.uint16
    )
    level, _ = cv2.threshold(grey, 0, 65535, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return float(darkest + ((level + 0.5) / scale) ** 2)


def _surroundings(pixels: Image, sigma_px: float) -> Image:
    """Return what is around each place, smoothed with as wide a Gaussian as there is room for."""
    small, width_px, _ = binned(pixels, max(1.0, min(sigma_px, min(pixels.shape) / 4)))
    size = pixels.shape[::-1]
    return cast("Image", cv2.resize(smooth(small, width_px), size, interpolation=cv2.INTER_LINEAR))


def _median(values: NDArray[np.float64]) -> float:
    return float(np.median(values)) if len(values) else 0.0
