"""How a picture flows: speed and spreading from one frame to the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

import cv2
import numpy as np

from saccade.core import ANY_SIZE, Identity, Needs, Observation, require

from ._base import Base
from ._pixels import (
    binned,
    centre_and_noise,
    moved,
    not_a_picture,
    peaks,
    picture,
    place,
    points,
    sample,
    smooth,
)
from ._settings import check_expected, is_count, is_positive, look_ms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saccade.core import Frame

    from ._pixels import Image

_IDENTITY = Identity("saccade.detect:Flow", "1")
_DEFAULT_EXPECTED_PX = 5.0
_DEFAULT_SIGMA_PX = 4.0
_LEVELS, _ITERATIONS, _POLYNOMIAL = 3, 2, (5, 1.1)
"""Of Farneback's method: pyramid, and neighbourhood that is taken for a quadratic."""
_SMALLEST = 16
_STRUCTURE = 4.0
"""Contrast from which a place has something to follow, in multiples of the noise."""
_ALIKE = 0.8
"""Correlation from which a place is believed to have moved there."""
_FAST = 0.98
"""Quantile of the speed that is the speed of a frame: the fastest fiftieth of what can be seen."""
_WHITE = 255.0


class _Field(NamedTuple):
    """What happened from one picture to the next, in its pixels."""

    speed: Image
    divergence: Image
    along: tuple[float, float]
    """Mean motion, y and x."""
    seen: NDArray[np.bool_]
    """Where there is something to follow."""


@dataclass
class _Place:
    smoothed: Image
    at_um: tuple[float | None, float | None]


@dataclass(frozen=True, kw_only=True, eq=False)
class Flow(Base):
    """Sees how fast what a picture shows moves from one frame to the next, and where.

    The motion of every pixel by the method of Farneback (SCIA 2003), on pictures smoothed and
    binned to the scale of interest, where there is something to follow: streaming cytoplasm,
    migrating cells, contractions. What all of the picture does together, as when the stage drifts,
    is left out (`Shift` measures it). The score is::

        min(1, speed / expected)

    with the speed of the fastest fiftieth of what can be followed, so that 0.5 means half as fast
    as what you wait for.

    Parameters
    ----------
    sigma : float, optional
        Scale of interest in pixels, about half the radius of what moves. Default 4.
    expected : float, optional
        Motion from frame to frame, in pixels, that makes the score 1. Default 5.
    expected_um : float, optional
        The same in µm, in place of ``expected``.
    by : {'speed', 'spreading', 'gathering'}
        What counts: motion, or that things move apart, or together. For the latter two the score
        is that of the strongest divergence times the scale, as a motion.
    max_points : int
        Number of places to report, the fastest first.

    Raises
    ------
    ProtocolError
        If a setting can't be used.

    Notes
    -----
    Measurements are ``speed_px`` and ``speed_um`` (from frame to frame), ``spreading`` and
    ``gathering`` (greatest and least divergence, per frame), ``drift_px`` (what was left out), and
    ``followed``, the share of the picture in which there is something to follow, that is found
    again. Motion of more than about six times the scale between two frames can't be told. The
    memory is one small picture for every place, as with `Change`. Pictures with NaN or infinity are
    invalid, and nothing is compared with them.
    """

    sigma: float = _DEFAULT_SIGMA_PX
    expected: float | None = None
    expected_um: float | None = None
    by: Literal["speed", "spreading", "gathering"] = "speed"
    max_points: int = 20
    _places: dict[object, _Place] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        do = "Give about half the radius of what moves, in pixels."
        require(is_positive(self.sigma), "Flow.sigma", self.sigma, "a number above 0", do)
        check_expected("Flow", self.expected, self.expected_um)
        ways = ("speed", "spreading", "gathering")
        require(self.by in ways, "Flow.by", self.by, f"one of {', '.join(ways)}", "Choose one.")
        must, do = "a whole number of at least 1", "Give a number of places."
        require(is_count(self.max_points), "Flow.max_points", self.max_points, must, do)

    @property
    def needs(self) -> tuple[Needs, ...]:
        """What it can't do without: the size of a pixel, if motion is expected in µm."""
        return () if self.expected_um is None else (Needs(pixel_size_um=ANY_SIZE),)

    def __call__(self, frame: Frame) -> Observation:
        """Return how a frame has moved since the one before of its place.

        Parameters
        ----------
        frame : Frame
            Of any real dtype.
        """
        seen = picture(frame)
        if seen is None or not is_positive(frame.pixel_size_um):
            return not_a_picture(_IDENTITY)
        small, sigma_px, factor = binned(seen.pixels, self.sigma)
        smoothed = smooth(small, sigma_px)
        key, at_um = place(frame), (frame.x_um, frame.y_um)
        before = self._places.get(key)
        self._places[key] = _Place(smoothed, at_um)
        nothing = before is None or moved(frame, before.at_um) or min(smoothed.shape) < _SMALLEST
        if before is None or nothing:
            return self._observed(frame, None, factor, sigma_px)
        told = _flow(before.smoothed, smoothed, sigma_px, seen.step)
        return self._observed(frame, told, factor, sigma_px)

    def takes_ms(self, frame: Frame) -> float:
        """Return how long a look takes, for a run in virtual time."""
        return look_ms(frame, fixed_ms=1.0, ns_a_px=20.0)

    def _observed(
        self, frame: Frame, told: _Field | None, factor: int, sigma_px: float
    ) -> Observation:
        if told is None or not told.seen.any():
            return Observation(0.0, measurements=_measured(), detector=_IDENTITY)
        speed_px = float(np.quantile(told.speed[told.seen], _FAST)) * factor
        spreading = float(told.divergence.max())
        gathering = float(told.divergence.min())
        counts = {
            "speed": (told.speed, 1.0, speed_px),
            "spreading": (told.divergence, sigma_px, spreading * self.sigma),
            "gathering": (-told.divergence, sigma_px, -gathering * self.sigma),
        }
        response, scale, motion_px = counts[self.by]
        expected_px = self.expected or _DEFAULT_EXPECTED_PX
        if self.expected_um is not None:
            expected_px = self.expected_um / frame.pixel_size_um
        strength = (response * np.float32(scale * factor)).astype(np.float32)
        least = max(0.25 * motion_px, 1e-6)
        found = peaks(strength, least, max(2, round(2 * sigma_px)), self.max_points)
        drift_px = float(np.hypot(*told.along)) * factor
        return Observation(
            float(min(1.0, max(0.0, motion_px) / expected_px)),
            points=points(frame, found, factor),
            measurements=_measured(
                speed_px=speed_px,
                speed_um=speed_px * frame.pixel_size_um,
                spreading=spreading,
                gathering=gathering,
                drift_px=drift_px,
                followed=float(told.seen.mean()),
            ),
            detector=_IDENTITY,
        )


def _measured(**told: float) -> dict[str, float]:
    names = ("speed_px", "speed_um", "spreading", "gathering", "drift_px", "followed")
    return {name: told.get(name, 0.0) for name in names}


def _flow(before: Image, now: Image, sigma_px: float, step: float) -> _Field:
    """Return the motion from one smoothed picture to the next, where there is anything."""
    seen = _structured(before, sigma_px, step) | _structured(now, sigma_px, step)
    low, high = np.quantile([sample(before), sample(now)], (0.001, 0.999))
    scale = np.float32(_WHITE / max(float(high - low), step))
    first, second = ((each - np.float32(low)) * scale for each in (before, now))
    window = 2 * max(4, round(4 * sigma_px)) + 1
    motion = cv2.calcOpticalFlowFarneback(
        first,
        second,
        None,
        0.5,
        _LEVELS,
        window,
        _ITERATIONS,
        *_POLYNOMIAL,
        0,  # type: ignore[call-overload]
    )
    x, y = motion[..., 0], motion[..., 1]
    seen &= _alike(first, second, x, y, window)
    if not seen.any():
        return _Field(np.zeros_like(x), np.zeros_like(x), (0.0, 0.0), seen)
    along = float(np.median(y[seen])), float(np.median(x[seen]))
    speed = np.hypot(y - np.float32(along[0]), x - np.float32(along[1])) * seen
    spread = np.gradient(cv2.GaussianBlur(y, (0, 0), sigma_px), axis=0)
    spread = spread + np.gradient(cv2.GaussianBlur(x, (0, 0), sigma_px), axis=1)
    return _Field(speed.astype(np.float32), (spread * seen).astype(np.float32), along, seen)


def _alike(first: Image, second: Image, x: Image, y: Image, window: int) -> NDArray[np.bool_]:
    """Return where the second picture, moved back, is correlated with the first one."""
    rows, cols = np.indices(first.shape, np.float32)
    back = cv2.remap(second, cols + x, rows + y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

    def mean(each: Image) -> Image:
        return cast("Image", cv2.blur(each, (window, window)))

    one, other = first - mean(first), back - mean(cast("Image", back))
    both = mean(one * other)
    power = mean(one * one) * mean(other * other)
    return both > np.float32(_ALIKE) * np.sqrt(power)  # type: ignore[no-any-return]


def _structured(smoothed: Image, sigma_px: float, step: float) -> NDArray[np.bool_]:
    """Return where a picture has contrast of its own, and not merely noise."""
    around = smooth(smoothed, 3 * sigma_px)
    contrast = smoothed - around
    noise = max(centre_and_noise(sample(contrast))[1], step)
    strong = (np.abs(contrast) > _STRUCTURE * noise).astype(np.uint8)
    reach = 2 * round(2 * sigma_px) + 1
    return cast("NDArray[np.uint8]", cv2.dilate(strong, np.ones((reach, reach), np.uint8))) > 0
