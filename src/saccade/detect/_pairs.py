"""Two bright bars that face each other, as the chromosomes of a cell that has just divided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from saccade.core import Identity, Observation, require

from ._base import Scaled
from ._blobs import Blobs, blobs
from ._pixels import (
    Peaks,
    binned,
    centre_and_noise,
    not_a_picture,
    picture,
    points,
    sample,
    smooth,
)
from ._settings import is_count, is_positive, look_ms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saccade.core import Frame

    from ._pixels import Image

_IDENTITY = Identity("saccade.detect:Pairs", "1")
_DEFAULT_SIGMA_PX = 3.0
_DIP = 0.7
"""Share of the brightest nearby below which there is a gap between two bars."""
_NEARBY = 2.5
"""How near that is, in multiples of sigma."""
_AROUND = 0.75
"""How far around the middle of a pair it should be alone, in units of how far it is apart."""
_MOST = 200
"""Pairs that are looked at closely; a picture with more is no picture of cells."""
_VISIBLE = 5.0
"""How many times above the noise the typical object must stand for there to be any."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Pairs(Scaled):
    """Finds two compact bright objects side by side, alike and mirroring each other.

    So look the two sets of chromosomes of a cell in anaphase: much brighter than any nucleus
    at rest, equal in mass, elongated, parallel, and apart across their long axes. The picture
    is smoothed, its objects are told from the ground by Otsu's threshold (1979), and parts
    that are ``brightness`` times as bright as a typical object, and 0.7 times as bright as
    whatever is brightest near them, are candidates. Each pair of
    candidates within reach is given a quality,

        lighter mass / heavier mass x parallel x facing x facing x dark x alone

    where *parallel* is cos² of the angle between the long axes, and *facing*, one factor for
    each, sin² of the angle between its long axis and the line that joins the two; each counts
    in proportion to how elongated the objects are, so that two discs are judged by mass
    alone. *Dark* is 1 if halfway between the two it is at most half as bright as they are, and
    0 if it is as bright: two clumps of one nucleus are no pair. *Alone* is the square of the
    share that the two have of all bright mass around them, within 0.75 of their distance from
    their middle: chromosomes that have not lined up yet are many. The score is the best
    quality, 0 where there is no pair.

    Parameters
    ----------
    sigma : float, optional
        Half of the width of a bar in pixels, the sigma of a Gaussian as wide. Default 3.
    sigma_um : float, optional
        The same in µm, in place of ``sigma``; about 0.8 for human chromosomes.
    brightness : float
        How bright a candidate is, at least, over that of a typical object.
    apart : tuple of float
        Least and greatest distance between the two, in multiples of sigma.
    size : tuple of float
        Least and greatest area of each, in multiples of sigma squared.
    max_points : int
        Number of pairs to report, the best first; all are counted.

    Raises
    ------
    ProtocolError
        If a setting can't be used.

    Notes
    -----
    A point stands in the middle of each pair; its strength is the quality. Measurements are
    ``count`` (pairs), ``candidates`` and ``typical`` (brightness of a typical object over the
    ground, in grey levels). Pictures with NaN or infinity are invalid.
    """

    brightness: float = 2.5
    apart: tuple[float, float] = (2.5, 20.0)
    size: tuple[float, float] = (4.0, 60.0)
    max_points: int = 20

    def __post_init__(self) -> None:
        super().__post_init__()
        ok = is_positive(self.brightness) and self.brightness > 1
        do = "2.5 lies between a nucleus at rest and condensed chromosomes."
        require(ok, "Pairs.brightness", self.brightness, "a number above 1", do)
        for name in ("apart", "size"):
            value = getattr(self, name)
            ok = len(value) == 2 and all(map(is_positive, value)) and value[0] < value[1]
            do = "Give the least and the greatest, in multiples of sigma."
            require(ok, f"Pairs.{name}", value, "two numbers above 0, the second larger", do)
        must = "a whole number of at least 1"
        do = "Give a number of pairs."
        require(is_count(self.max_points), "Pairs.max_points", self.max_points, must, do)

    def __call__(self, frame: Frame) -> Observation:
        """Return the pairs of a frame.

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
        # Half of the width is enough against noise, and leaves the gap between two bars.
        smoothed = smooth(small, sigma_px / 2)
        over, typical = _over_ground(smoothed, seen.step)
        if not typical > 0:
            return Observation(0.0, measurements=_measured(), detector=_IDENTITY)
        pairs, candidates = self._pairs(over, typical, sigma_px)
        best = float(pairs.strength[0]) if pairs.total else 0.0
        return Observation(
            best,
            points=points(frame, pairs, factor),
            measurements=_measured(pairs.total, candidates, typical),
            detector=_IDENTITY,
        )

    def takes_ms(self, frame: Frame) -> float:
        """Return how long a look takes, for a run in virtual time."""
        return look_ms(frame, fixed_ms=0.3, ns_a_px=1.6)

    def _pairs(self, over: Image, typical: float, sigma_px: float) -> tuple[Peaks, int]:
        """Return the pairs, the best first, and how many candidates there are."""
        width = 2 * max(1, round(_NEARBY * sigma_px)) + 1
        nearby = cv2.dilate(over, np.ones((width, width), np.uint8))
        parts = blobs(over, over > np.maximum(self.brightness * typical, _DIP * nearby))
        area = parts.area_px / sigma_px**2
        found = parts.where((area >= self.size[0]) & (area <= self.size[1]))
        first, second = np.triu_indices(len(found.mass), 1)
        apart = np.hypot(
            found.y_px[first] - found.y_px[second], found.x_px[first] - found.x_px[second]
        )
        near = (apart >= self.apart[0] * sigma_px) & (apart <= self.apart[1] * sigma_px)
        pairs = _Pairs(found.where(first[near]), found.where(second[near]), apart[near])
        quality = pairs.alike() * pairs.dark(over)
        best = np.argsort(-quality, kind="stable")[:_MOST]
        pairs, quality = pairs.where(best), quality[best] * pairs.where(best).alone(parts)
        order = np.argsort(-quality, kind="stable")
        order = order[quality[order] > 0]
        kept = order[: self.max_points]
        y_px, x_px = pairs.middle
        return Peaks(y_px[kept], x_px[kept], quality[kept], len(order)), len(found.mass)


class _Pairs(NamedTuple):
    """Two blobs each, and how far they are apart in pixels."""

    a: Blobs
    b: Blobs
    apart: NDArray[np.float64]

    @property
    def middle(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Row and column halfway between the two."""
        return (self.a.y_px + self.b.y_px) / 2, (self.a.x_px + self.b.x_px) / 2

    def where(self, chosen: NDArray[np.intp]) -> _Pairs:
        """Return some of them, by number."""
        return _Pairs(self.a.where(chosen), self.b.where(chosen), self.apart[chosen])

    def alike(self) -> NDArray[np.float64]:
        """Return how well the two mirror each other, 0 to 1."""
        a, b = self.a, self.b
        line_rad = np.arctan2(b.y_px - a.y_px, b.x_px - a.x_px)
        mass = np.minimum(a.mass, b.mass) / np.maximum(a.mass, b.mass)
        elongation = np.minimum(a.elongation, b.elongation)
        parallel = 1 - elongation * np.sin(a.angle_rad - b.angle_rad) ** 2
        facing_a = 1 - a.elongation * np.cos(a.angle_rad - line_rad) ** 2
        facing_b = 1 - b.elongation * np.cos(b.angle_rad - line_rad) ** 2
        alike: NDArray[np.float64] = mass * parallel * facing_a * facing_b
        return alike

    def dark(self, over: Image) -> NDArray[np.float64]:
        """Return how dark it is halfway between the two, 0 to 1."""
        y_px, x_px = (np.rint(each).astype(np.intp) for each in self.middle)
        bright = np.minimum(self.a.mass / self.a.area_px, self.b.mass / self.b.area_px)
        dark: NDArray[np.float64] = np.clip(2 * (1 - over[y_px, x_px] / bright), 0, 1)
        return dark

    def alone(self, parts: Blobs) -> NDArray[np.float64]:
        """Return which share the two have of all bright mass around them, squared."""
        y_px, x_px = self.middle
        away = np.hypot(y_px[:, None] - parts.y_px, x_px[:, None] - parts.x_px)
        mass = ((away <= _AROUND * self.apart[:, None]) * parts.mass).sum(axis=1)
        alone: NDArray[np.float64] = ((self.a.mass + self.b.mass) / mass) ** 2
        return alone


class _Over(NamedTuple):
    picture: Image
    typical: float


def _over_ground(smoothed: Image, step: float) -> _Over:
    """Return a picture without its ground, and how bright a typical object is, 0 if none is."""
    part = sample(smoothed)
    middle, noise = centre_and_noise(part)
    noise = max(noise, step)
    # On a logarithmic scale, so that a few very bright objects are not told from all others.
    risen = np.log1p(np.maximum(part - middle, 0) / noise)
    highest = float(risen.max())
    if not highest > np.log1p(_VISIBLE):
        return _Over(smoothed, 0.0)
    grey = (risen * (65535 / highest)).astype(np.uint16)
    split, _ = cv2.threshold(grey, 0, 65535, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    objects, ground = part[grey > split], part[grey <= split]
    middle, noise = centre_and_noise(ground)
    typical = float(np.median(objects)) - middle
    return _Over(smoothed - middle, typical if typical > _VISIBLE * max(noise, step) else 0.0)


def _measured(count: int = 0, candidates: int = 0, typical: float = 0.0) -> dict[str, float]:
    return {"count": float(count), "candidates": float(candidates), "typical": typical}
