"""What every detector does with pixels, fast: reading, binning, noise, maxima."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from saccade.core import Observation, Point

if TYPE_CHECKING:
    from collections.abc import Hashable

    from saccade.core import Frame, Identity

Image: TypeAlias = NDArray[np.float32]

_SAMPLE = 16_384
_SMALLEST = 16
_TO_SIGMA = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""
_GREY_STEP = 0.029
"""A tenth of the standard deviation of rounding to whole grey levels, 1 / sqrt(12):
about what smoothing over one pixel's radius leaves of it."""
_ROUNDING = 1e-6
"""Error of a few operations in float32, relative to the brightest pixel."""
_MOVED = 0.1
"""Share of the field of view by which a place may move and still be the same."""
_BEYOND = 1e15
"""Squares of float32 overflow some way above this, and vanish below its inverse."""


class Picture(NamedTuple):
    """Pixels ready to be measured."""

    pixels: Image
    step: float
    """Noise that the picture has at least, from rounding alone."""


def picture(frame: Frame) -> Picture | None:
    """Return the pixels of a frame as float32, or None if they are not a picture.

    Parameters
    ----------
    frame : Frame
        A picture is (y, x), not empty, real, and has no NaN or infinity.
    """
    raw = frame.pixels
    if raw.ndim != 2 or raw.size == 0 or raw.dtype.kind not in "buif":
        return None
    brightest = max(abs(float(raw.max())), abs(float(raw.min())))
    if not brightest < _BEYOND:
        return None
    step = 0.0 if raw.dtype.kind == "f" else _GREY_STEP
    return Picture(raw.astype(np.float32), max(step, _ROUNDING * brightest, 1.0 / _BEYOND))


class Binned(NamedTuple):
    """A picture no finer than its scale needs."""

    pixels: Image
    sigma_px: float
    """The scale in binned pixels."""
    factor: int
    """Height and width of a block that became a pixel."""


def binned(pixels: Image, sigma_px: float) -> Binned:
    """Return a picture binned by a power of two that a scale survives.

    Parameters
    ----------
    pixels : ndarray of float32, (y, x)
        An odd last row or column is left out.
    sigma_px : float
        After binning it is between one and two pixels, unless the picture is too small;
        it is never more than the shorter side of the picture.
    """
    factor = 1
    while sigma_px / factor >= 2.0 and min(pixels.shape) >= _SMALLEST:
        height, width = pixels.shape[0] // 2, pixels.shape[1] // 2
        even = pixels[: 2 * height, : 2 * width]
        pixels = cast("Image", cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA))
        factor *= 2
    return Binned(pixels, min(sigma_px / factor, float(min(pixels.shape))), factor)


def smooth(pixels: Image, sigma_px: float) -> Image:
    """Return a picture smoothed by a Gaussian."""
    return cast("Image", cv2.GaussianBlur(pixels, (0, 0), sigma_px))


def sample(pixels: Image, size: int = _SAMPLE) -> Image:
    """Return every n-th pixel in both directions, about as many as asked for; a view."""
    stride = max(1, int(np.sqrt(pixels.size / size)))
    return pixels[::stride, ::stride]


def centre_and_noise(values: Image) -> tuple[float, float]:
    """Return the median, and the standard deviation by the median absolute deviation.

    Parameters
    ----------
    values : ndarray of float32
        Structure may cover up to half of them.
    """
    values = values.ravel()
    half = values.size // 2
    # Some four times as fast as np.median, which also looks for NaN.
    centre = np.partition(values, half)[half]
    return float(centre), _TO_SIGMA * float(np.partition(np.abs(values - centre), half)[half])


class Peaks(NamedTuple):
    """Local maxima, the strongest first."""

    y_px: NDArray[np.float64]
    x_px: NDArray[np.float64]
    strength: NDArray[np.float64]
    total: int
    """Number of maxima, those included that were too many."""

    def first(self, most: int) -> Peaks:
        """Return the strongest of them, so many at most."""
        return Peaks(self.y_px[:most], self.x_px[:most], self.strength[:most], self.total)


def peaks(response: Image, threshold: float, radius: int, most: int) -> Peaks:
    """Return the local maxima of a picture that are above a threshold.

    Parameters
    ----------
    response : ndarray of float32, (y, x)
        What is to be large where something is.
    threshold : float
        A maximum must be above it.
    radius : int
        A maximum is the largest value within this many pixels.
    most : int
        Number of maxima to keep.
    """
    size = 2 * radius + 1
    highest = cv2.dilate(response, np.ones((size, size), np.uint8))
    found = np.flatnonzero((response >= highest) & (response > threshold))
    rows, cols = np.divmod(found, response.shape[1])
    strength = response[rows, cols].astype(np.float64)
    order = np.argsort(-strength, kind="stable")[:most]
    rows, cols = rows[order], cols[order]
    y_px = rows + _vertex(response, rows, cols, 1, 0)
    x_px = cols + _vertex(response, rows, cols, 0, 1)
    return Peaks(y_px, x_px, strength[order], len(strength))


def _vertex(
    response: Image, rows: NDArray[np.intp], cols: NDArray[np.intp], dy: int, dx: int
) -> NDArray[np.float64]:
    """Return where a parabola through a maximum and its neighbours has its vertex."""
    height, width = response.shape
    inside = (rows >= dy) & (rows < height - dy) & (cols >= dx) & (cols < width - dx)
    before = response[np.maximum(rows - dy, 0), np.maximum(cols - dx, 0)].astype(np.float64)
    after = response[np.minimum(rows + dy, height - 1), np.minimum(cols + dx, width - 1)]
    bend = 2.0 * response[rows, cols] - before - after
    usable = inside & (bend > 0)
    shift = 0.5 * (after - before) / np.where(usable, bend, 1.0)
    return np.where(usable, np.clip(shift, -0.5, 0.5), 0.0)


def points(frame: Frame, found: Peaks, factor: int) -> tuple[Point, ...]:
    """Return maxima of a binned picture as points in a frame.

    Parameters
    ----------
    frame : Frame
        Where they are.
    found : Peaks
        In binned pixels.
    factor : int
        Height and width of a block that was binned.
    """
    if not len(found.strength):
        return ()
    y_px = found.y_px * factor + (factor - 1) / 2
    x_px = found.x_px * factor + (factor - 1) / 2
    # The frame's own arithmetic takes arrays as well, some ten times faster than one by one.
    x_um, y_um = frame.to_um(cast("Any", y_px), cast("Any", x_px))
    places = zip(
        *(
            np.broadcast_to(column, y_px.shape).tolist()
            for column in (y_px, x_px, found.strength, x_um, y_um)
        ),
        strict=True,
    )
    return tuple(Point(*place) for place in places)


def place(frame: Frame) -> Hashable:
    """Return what a memory is kept by: role, place, plane, channel, camera, region and scale."""
    index = frame.event.index
    at = (index.get("p", 0), index.get("g", 0), index.get("z", 0))
    camera = frame.camera, frame.roi, frame.pixels.shape, frame.pixel_size_um
    return (frame.stream, *at, frame.channel, *camera)


def moved(frame: Frame, before_um: tuple[float | None, float | None]) -> bool:
    """Return whether the stage went elsewhere by more than a tenth of the field of view.

    Parameters
    ----------
    frame : Frame
        The newest.
    before_um : tuple of float or None
        Where the stage was, x and y.
    """
    size_um = frame.pixel_size_um
    for now, before, pixels in zip(
        (frame.x_um, frame.y_um), before_um, reversed(frame.pixels.shape), strict=True
    ):
        if now is not None and before is not None and abs(now - before) > _MOVED * pixels * size_um:
            return True
    return False


def above_threshold(strongest: float, threshold: float) -> float:
    """Return ``1 - threshold / strongest``, and zero up to the threshold."""
    return 1.0 - threshold / strongest if strongest > threshold else 0.0


def not_a_picture(detector: Identity) -> Observation:
    """Return what is said of a frame that can't be looked at."""
    return Observation(0.0, verdict="invalid", detector=detector)
