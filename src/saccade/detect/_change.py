"""Change against a running background."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from saccade.core import Explained, Identity, Observation, Past, is_number, require

from ._background import Background, Departure
from ._base import Scaled
from ._pixels import (
    above_threshold,
    binned,
    moved,
    not_a_picture,
    peaks,
    picture,
    place,
    points,
    smooth,
)
from ._settings import is_count, is_positive, look_ms

if TYPE_CHECKING:
    from saccade.core import Frame

    from ._pixels import Image

_IDENTITY = Identity("saccade.detect:Change", "1")
_DEFAULT_SIGMA_PX = 4.0
_FORGOTTEN = 5.0
"""Times ``1 / alpha``: of what was before, less than a hundredth is left in the background."""


@dataclass
class _Place:
    background: Background
    at_um: tuple[float | None, float | None]


@dataclass(frozen=True, kw_only=True, eq=False)
class Change(Scaled):
    """Sees what differs from a running background by more than is usual at its place.

    The picture is smoothed to the scale of interest and compared with an exponential mean
    of the pictures before it, after both were brought to the same brightness. The
    difference is divided, pixel by pixel, by what is usual: the running standard deviation
    there, or the noise of the whole difference if that is larger. Flicker, shot noise and
    bleaching are no change; an occurrence is.

    The score is, without ``expected``::

        1 - threshold / strongest       0 where nothing is above the threshold

    so that 0.5 means a strongest change twice, and 0.8 one five times, as large as the
    smallest that counts; with ``expected``::

        min(1, fraction_changed / expected)

    so that 0.5 means that half of the area that you expect has changed. It is 0 for the
    first ``1 / alpha`` frames of a place, in which the background is learnt. Dividing cells
    were ten to twenty times what is usual in recordings: 0.5 is a threshold to begin with.

    A field that gets brighter or darker as a whole scores nothing; see the ``gain``.

    Parameters
    ----------
    sigma : float, optional
        Scale of interest in pixels, about half the radius of what changes. Default 4.
    sigma_um : float, optional
        The same in µm, in place of ``sigma``.
    alpha : float
        Weight of the newest frame in the background, above 0 and up to 1: the background
        remembers about ``1 / alpha`` frames.
    threshold : float
        Smallest change that counts, in multiples of what is usual.
    expected : float, optional
        Share of the picture, above 0 and up to 1, whose change makes the score 1.
    max_points : int
        Number of places to report, the strongest change first.

    Raises
    ------
    ProtocolError
        If a setting can't be used.

    Notes
    -----
    Measurements are ``fraction_changed``, ``strongest`` (in multiples of what is usual),
    ``noise`` (in grey levels) and ``gain`` (brightness relative to the background). The
    memory is two float32 pictures, binned as the scale allows, for every stage position,
    tile, plane, channel, region and role of the frames; a stage that went elsewhere without
    saying so starts a new one. Pictures with NaN or infinity are invalid and not learnt.
    """

    alpha: float = 0.1
    threshold: float = 5.0
    expected: float | None = None
    max_points: int = 50
    _places: dict[object, _Place] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        must = "a number above 0 and up to 1"
        for name, do in (
            ("alpha", "0.1 remembers about ten frames, 0.01 a hundred."),
            ("expected", "0.02 is two hundredths of the picture."),
        ):
            value = getattr(self, name)
            ok = is_number(value) and 0 < value <= 1
            ok = ok or (name == "expected" and value is None)
            require(ok, f"Change.{name}", value, must, do)
        require(
            is_positive(self.threshold),
            "Change.threshold",
            self.threshold,
            "a number above 0",
            "5 lets hardly any noise through.",
        )
        require(
            is_count(self.max_points),
            "Change.max_points",
            self.max_points,
            "a whole number of at least 1",
            "Give a number of places.",
        )

    def __call__(self, frame: Frame) -> Observation:
        """Return what has changed.

        Parameters
        ----------
        frame : Frame
            Of any real dtype.
        """
        return self._look(frame)[0]

    @property
    def past(self) -> Past:
        """As many frames as the background remembers."""
        return Past(last=math.ceil(_FORGOTTEN / self.alpha))

    def explain(self, frame: Frame) -> Explained:
        """Return what has changed, and the score that each place would have by itself.

        Parameters
        ----------
        frame : Frame
            The next one of its place.
        """
        seen, sigmas = self._look(frame)
        if sigmas is None:
            return Explained(seen)
        scores = 1 - self.threshold / np.maximum(sigmas, self.threshold)
        return Explained(seen, scores.astype(np.float32))

    def _look(self, frame: Frame) -> tuple[Observation, Image | None]:
        """Return what has changed, and by how much at each place, once that is known."""
        sigma_px = self.scale_px(frame, _DEFAULT_SIGMA_PX)
        seen = picture(frame)
        if seen is None or not sigma_px > 0:
            return not_a_picture(_IDENTITY), None
        small, sigma_px, factor = binned(seen.pixels, sigma_px)
        seen = seen._replace(pixels=smooth(small, sigma_px))
        key, at_um = place(frame), (frame.x_um, frame.y_um)
        known = self._places.get(key)
        if known is None or moved(frame, known.at_um):
            self._places[key] = _Place(Background(seen.pixels, self.alpha), at_um)
            none = _measured(0.0, 0.0, seen.step, 1.0)
            return Observation(0.0, measurements=none, detector=_IDENTITY), None
        learning = known.background.learning
        departure = known.background.take(seen)
        radius = max(1, round(sigma_px))
        told = self._observed(frame, departure, learning, radius, factor)
        return told, None if learning else departure.sigmas

    def takes_ms(self, frame: Frame) -> float:
        """Return how long a look takes, for a run in virtual time."""
        return look_ms(frame, fixed_ms=0.55, ns_a_px=2.6)

    def _observed(
        self, frame: Frame, departure: Departure, learning: bool, radius: int, factor: int
    ) -> Observation:
        sigmas = departure.sigmas
        strongest = float(sigmas.max())
        fraction = float(np.count_nonzero(sigmas > self.threshold)) / sigmas.size
        found = peaks(sigmas, self.threshold, radius, self.max_points)
        if learning:
            score = 0.0
        elif self.expected is None:
            score = above_threshold(strongest, self.threshold)
        else:
            score = min(1.0, fraction / self.expected)
        return Observation(
            score,
            points=() if learning else points(frame, found, factor),
            measurements=_measured(fraction, strongest, departure.noise, departure.gain),
            detector=_IDENTITY,
        )


def _measured(fraction: float, strongest: float, noise: float, gain: float) -> dict[str, float]:
    return {
        "fraction_changed": fraction,
        "strongest": strongest,
        "noise": noise,
        "gain": gain,
    }
