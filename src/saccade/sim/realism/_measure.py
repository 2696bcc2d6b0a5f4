"""What can be measured of any picture, real or simulated: contrast, noise, size, structure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DARK, _BRIGHT = 1.0, 99.8
"""Percentiles that become 0 and 1: one hot pixel, or one dead one, must not set the scale."""
_BINS = 64
_BANDS = 24
_LAPLACIAN = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_LEAST_AREA_PX = 9


@dataclass(frozen=True, slots=True, eq=False)
class Measures:
    """Of one picture."""

    background: float
    """Mean of what is not an object, in counts."""
    signal: float
    """Mean of the objects above it, in counts."""
    noise: float
    """Standard deviation from pixel to pixel, in counts."""
    covered: float
    """Share of the picture that objects cover."""
    size_px: float
    """Median diameter of the objects, as of discs of their area; nan if there is none."""
    spread: float
    """Half of the range of the middle 68 % of the objects' mean signals, as a share of their
    median: their standard deviation, were a few very bright ones left out."""
    grain: float
    """Standard deviation of the signal within an object, noise taken off, as a share of it."""
    length_px: float
    """As of `length_px`."""
    contrast: float
    """Standard deviation of the picture over its noise; inf if there is no noise."""
    histogram: NDArray[np.float64]
    """As of `histogram`."""
    spectrum: NDArray[np.float64]
    """As of `spectrum`."""

    @property
    def snr(self) -> float:
        """Signal over noise; inf if there is no noise."""
        return self.signal / self.noise if self.noise > 0 else float("inf")


def measure(picture: NDArray[np.generic]) -> Measures:
    """Return all measures of a picture.

    Parameters
    ----------
    picture : array, (y, x)
        Counts of any type, at least 16 pixels high and wide.

    Raises
    ------
    ValueError
        If it has another shape.
    """
    pixels = _checked(picture)
    noise = noise_counts(pixels)
    labels, count = _objects(pixels)
    inside = labels > 0
    background = float(pixels[~inside].mean())
    sizes = sizes_px(pixels)
    signals, grains = _within(pixels - background, labels, count, noise)
    low, middle, high = np.percentile(signals, (16, 50, 84)) if count else (0.0, 0.0, 0.0)
    return Measures(
        background=background,
        signal=float(pixels[inside].mean() - background) if count else 0.0,
        noise=noise,
        covered=float(inside.mean()),
        size_px=float(np.median(sizes)) if count else float("nan"),
        spread=float((high - low) / 2 / middle) if middle > 0 else 0.0,
        grain=float(np.median(grains)) if count else 0.0,
        length_px=length_px(pixels),
        contrast=float(pixels.std()) / noise if noise > 0 else float("inf"),
        histogram=histogram(pixels),
        spectrum=spectrum(pixels),
    )


def histogram(picture: NDArray[np.generic]) -> NDArray[np.float64]:
    """Return the share of pixels at each of 64 intensities, (64,), from dark to bright.

    The scale of the counts is taken out: their 1st percentile is 0 and the 99.8th is 1, and
    what lies beyond is counted at the ends.
    """
    pixels = _checked(picture)
    low, high = np.percentile(pixels, (_DARK, _BRIGHT))
    scaled = (pixels - low) / max(high - low, 1e-9)
    counted, _ = np.histogram(np.clip(scaled, 0, 1), _BINS, (0, 1))
    return counted / pixels.size


def noise_counts(picture: NDArray[np.generic]) -> float:
    """Return the standard deviation of what changes from pixel to pixel.

    A difference of Laplacians is blind to anything smooth; its mean absolute value tells the
    noise (Immerkær, CVIU 64, 1996). Only the darker half is looked at,
    so that no edge counts.
    """
    pixels = _checked(picture)
    rough = np.abs(cv2.filter2D(pixels, -1, _LAPLACIAN))[1:-1, 1:-1]
    # What is dark must not be chosen by its own noise.
    soft = cv2.GaussianBlur(pixels, (0, 0), 3.0)[1:-1, 1:-1]
    dark = rough[soft <= np.median(soft)]
    return float(np.sqrt(np.pi / 2) / 6 * dark.mean(dtype=float))


def sizes_px(picture: NDArray[np.generic]) -> NDArray[np.float64]:
    """Return the diameters of all objects, (n,), as of discs of their area."""
    labels, count = _objects(_checked(picture))
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    return np.sqrt(4 * areas / np.pi)


def length_px(picture: NDArray[np.generic]) -> float:
    """Return how far apart two pixels are whose correlation is one half.

    It tells the size of structures where there are no separate objects. The autocorrelation is
    that of the picture smoothed over a pixel, averaged over all directions.
    """
    pixels = cv2.GaussianBlur(_checked(picture), (0, 0), 1.0)
    padded = np.fft.rfft2(pixels - pixels.mean(), [2 * n for n in pixels.shape])
    whole = np.fft.irfft2(np.abs(padded) ** 2)
    reach = min(pixels.shape) // 2
    near = whole[:reach, :reach]
    away = np.hypot(*np.mgrid[0:reach, 0:reach]).round().astype(int).ravel()
    mean = np.bincount(away, near.ravel())[:reach] / np.bincount(away)[:reach]
    if mean[0] <= 0:
        return float("nan")
    below = np.flatnonzero(mean < mean[0] / 2)
    if not len(below):
        return float(reach)
    last = below[0] - 1
    step = (mean[last] - mean[0] / 2) / (mean[last] - mean[last + 1])
    return float(last + step)


def spectrum(picture: NDArray[np.generic]) -> NDArray[np.float64]:
    """Return the share of the variance in each of 24 bands of spatial frequency, (24,).

    The bands are equally wide from 0 to 0.5 cycles a pixel; the power is the mean over all
    directions, after a Hann window, times the frequency, which makes it the variance in a band.
    """
    pixels = _checked(picture)
    height, width = pixels.shape
    window = np.hanning(height)[:, None] * np.hanning(width)
    power = np.abs(np.fft.fft2((pixels - pixels.mean()) * window)) ** 2
    away = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width))
    band = np.minimum((away * 2 * _BANDS).astype(int), _BANDS)
    bands = np.bincount(band.ravel(), power.ravel(), _BANDS + 1)[:_BANDS]
    whole = bands.sum()
    return np.asarray(bands / whole if whole > 0 else bands, float)


def _checked(picture: NDArray[np.generic]) -> NDArray[np.float32]:
    if picture.ndim != 2 or min(picture.shape) < 16:
        shape = " x ".join(map(str, picture.shape))
        raise ValueError(f"A picture of {shape} can't be measured: give (y, x), 16 or more each.")
    return np.asarray(picture, np.float32)


def _objects(pixels: NDArray[np.float32]) -> tuple[NDArray[np.int32], int]:
    """Return objects by number, (y, x), and how many there are.

    They are found by Otsu's threshold of the roots of the counts, so that a few very bright
    ones don't hide the others, and each reaches to where it is half as bright as it is on
    average.
    """
    soft = np.asarray(cv2.GaussianBlur(pixels, (0, 0), 1.0), np.float32)
    low, high = np.percentile(soft, (_DARK, _BRIGHT))
    if high <= low:
        return np.zeros(pixels.shape, np.int32), 0
    roots = np.sqrt(np.clip((soft - low) / (high - low), 0, 1))
    _, mask = cv2.threshold(
        (roots * 255).astype(np.uint8), 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU
    )
    labels, count = _numbered(np.asarray(mask, np.uint8))
    background = float(np.median(soft[labels == 0]))
    areas = np.bincount(labels.ravel(), minlength=count + 1)
    means = np.bincount(labels.ravel(), soft.ravel() - background, count + 1) / np.maximum(areas, 1)
    inside = (labels > 0) & (soft - background > means[labels] / 2)
    return _numbered(inside.astype(np.uint8))


def _numbered(mask: NDArray[np.uint8]) -> tuple[NDArray[np.int32], int]:
    """Return connected parts by number, the smallest left out, and how many there are."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    large = stats[:, cv2.CC_STAT_AREA] >= _LEAST_AREA_PX
    large[0] = False
    numbers = np.zeros(count, np.int32)
    numbers[large] = np.arange(1, np.count_nonzero(large) + 1)
    return numbers[labels], int(np.count_nonzero(large))


def _within(
    signal: NDArray[np.float32], labels: NDArray[np.int32], count: int, noise: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean signal of each object, and the deviation within its inner part."""
    eroded = labels * cv2.erode((labels > 0).astype(np.uint8), np.ones((5, 5), np.uint8))
    inner = np.where(np.isin(labels, np.unique(eroded)), eroded, labels).ravel()
    n = np.maximum(np.bincount(inner, minlength=count + 1)[1:], 1)
    sums = np.bincount(inner, signal.ravel(), count + 1)[1:]
    squares = np.bincount(inner, signal.ravel().astype(float) ** 2, count + 1)[1:]
    means = sums / n
    variance = np.maximum(squares / n - means**2 - noise**2, 0)
    return means, np.sqrt(variance) / np.maximum(np.abs(means), 1e-9)
