"""Two bright bars that face each other, as the chromosomes of a cell that has just divided."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, Self

import cv2
import numpy as np

from saccade.core import Identity, Observation, require

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
from ._settings import check_pixel_size, check_scale, is_count, is_positive, look_ms, scale_px

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saccade.core import Frame, Stand

    from ._pixels import Image

_IDENTITY = Identity("saccade.detect:Pairs", "1")
_DEFAULT_SIGMA_PX = 3.0
_DIP = 0.7
"""Share of the brightest nearby below which there is a gap between two bars."""
_NEARBY = 2.5
"""How near that is, in multiples of sigma."""
_VISIBLE = 5.0
"""How many times above the noise the typical object must stand for there to be any."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Pairs:
    """Finds two compact bright objects side by side, alike and mirroring each other.

    So look the two sets of chromosomes of a cell in anaphase: much brighter than any nucleus
    at rest, equal in mass, elongated, parallel, and apart across their long axes. The picture
    is smoothed, its objects are told from the ground by Otsu's threshold (1979), and parts
    that are ``brightness`` times as bright as a typical object, and 0.7 times as bright as
    whatever is brightest near them, are candidates. Each pair of
    candidates within reach is given a quality,

        lighter mass / heavier mass x parallel x facing x facing x dark

    where *parallel* is cos² of the angle between the long axes, and *facing*, one factor for
    each, sin² of the angle between its long axis and the line that joins the two; each counts
    in proportion to how elongated the objects are, so that two discs are judged by mass
    alone. *Dark* is 1 if halfway between the two it is at most half as bright as they are, and
    0 if it is as bright: two clumps of one nucleus are no pair. The score is the best quality,
    0 where there is no pair.

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

    sigma: float | None = None
    sigma_um: float | None = None
    brightness: float = 2.5
    apart: tuple[float, float] = (2.5, 20.0)
    size: tuple[float, float] = (4.0, 60.0)
    max_points: int = 20

    def __post_init__(self) -> None:
        check_scale("Pairs", self.sigma, self.sigma_um)
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
        sigma_px = scale_px(frame, self.sigma, self.sigma_um, _DEFAULT_SIGMA_PX)
        seen = picture(frame)
        if seen is None or not sigma_px > 0:
            return not_a_picture(_IDENTITY)
        small, sigma_px, factor = binned(seen.pixels, sigma_px)
        # Half of the width is enough against noise, and leaves the gap between two bars.
        smoothed = smooth(small, sigma_px / 2)
        over, typical = _over_ground(smoothed, seen.step)
        found = Blobs(*(np.empty(0),) * len(Blobs._fields))
        if typical > 0:
            found = self._candidates(over, typical, sigma_px)
        pairs = self._pairs(found, over, sigma_px)
        best = float(pairs.strength[0]) if pairs.total else 0.0
        measured = {"count": pairs.total, "candidates": len(found.mass), "typical": typical}
        return Observation(
            best,
            points=points(frame, pairs, factor),
            measurements={name: float(value) for name, value in measured.items()},
            detector=_IDENTITY,
        )

    def learn(self, stand: Stand) -> None:
        """Check that a scale in µm can be used here; raise a `ProfileError` if it can't."""
        check_pixel_size("Pairs", self.sigma_um, stand)

    def warm(self, frame: Frame) -> None:
        """Touch the memory and start the threads that the first frame would wait for."""
        self(frame)

    def takes_ms(self, frame: Frame) -> float:
        """Return how long a look takes, for a run in virtual time."""
        return look_ms(frame, fixed_ms=0.3, ns_a_px=1.6)

    def fresh(self) -> Self:
        """Return a detector with the same settings and no memory."""
        return replace(self)

    def _candidates(self, over: Image, typical: float, sigma_px: float) -> Blobs:
        width = 2 * max(1, round(_NEARBY * sigma_px)) + 1
        nearby = cv2.dilate(over, np.ones((width, width), np.uint8))
        found = blobs(over, over > np.maximum(self.brightness * typical, _DIP * nearby))
        area = found.area_px / sigma_px**2
        return found.where((area >= self.size[0]) & (area <= self.size[1]))

    def _pairs(self, found: Blobs, over: Image, sigma_px: float) -> Peaks:
        first, second = np.triu_indices(len(found.mass), 1)
        a, b = found.where(first), found.where(second)
        dy, dx = b.y_px - a.y_px, b.x_px - a.x_px
        apart = np.hypot(dy, dx) / sigma_px
        near = (apart >= self.apart[0]) & (apart <= self.apart[1])
        y, x = (a.y_px + b.y_px) / 2, (a.x_px + b.x_px) / 2
        between = over[np.rint(y).astype(np.intp), np.rint(x).astype(np.intp)]
        quality = np.where(near, _alike(a, b, np.arctan2(dy, dx)) * _dark(a, b, between), 0.0)
        order = np.argsort(-quality, kind="stable")
        order = order[quality[order] > 0]
        kept = order[: self.max_points]
        return Peaks(y[kept], x[kept], quality[kept], len(order))


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


def _alike(a: Blobs, b: Blobs, line_rad: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how well pairs mirror each other, 0 to 1."""
    mass = np.minimum(a.mass, b.mass) / np.maximum(a.mass, b.mass)
    elongation = np.minimum(a.elongation, b.elongation)
    parallel = 1 - elongation * np.sin(a.angle_rad - b.angle_rad) ** 2
    facing_a = 1 - a.elongation * np.cos(a.angle_rad - line_rad) ** 2
    facing_b = 1 - b.elongation * np.cos(b.angle_rad - line_rad) ** 2
    alike: NDArray[np.float64] = mass * parallel * facing_a * facing_b
    return alike


def _dark(a: Blobs, b: Blobs, between: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return how dark it is halfway between two, 0 to 1."""
    bright = np.minimum(a.mass / a.area_px, b.mass / b.area_px)
    dark: NDArray[np.float64] = np.clip(2 * (1 - between / bright), 0, 1)
    return dark
