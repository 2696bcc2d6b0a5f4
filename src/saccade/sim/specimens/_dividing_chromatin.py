"""What a nucleus in interphase looks like: an outline, chromatin, nucleoli; and its blebs."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ._dividing_chance import generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

RADIUS_PX = 22.0
"""Of a disc of the same area as the nucleus in a sprite."""
_LOOK, _BLEBS, _LUMPS = 60, 61, 62
_ATLAS_PX = 512
_FLAT = 5.0
_BEANS = 0.22


def nucleus(key: int, aspect: float) -> NDArray[np.float32]:
    """Return a nucleus in interphase, (y, x), of sum 1, its long axis along x.

    Parameters
    ----------
    key : int
        Of the cell: the same look for its life.
    aspect : float
        Length over width.
    """
    rng = generator(key, _LOOK)
    long, short = RADIUS_PX * aspect**0.5, RADIUS_PX / aspect**0.5
    y, x = _grid(int(long * 1.16) + 3, int(short * 1.16) + 3)
    square = 2 + rng.uniform(0.0, 0.6) * min(aspect - 1, 0.8)
    away = (np.abs(x / long) ** square + np.abs(y / short) ** square) ** (1 / square)
    rim = away / _outline(np.arctan2(y / short, x / long), rng)
    # Flat on the glass, and falling off to the edge within its last tenths.
    thick = np.sqrt(np.clip(1 - rim**_FLAT, 0, 1))
    picture = thick * _chromatin(x.shape, rng)
    picture *= 1 - _nucleoli(x, y, long, short, rng)
    return _trimmed(of_one(picture.astype(np.float32), 0.6))


def blebs(key: int) -> NDArray[np.float32]:
    """Return the blebs of a harmed nucleus, (y, x), of sum 1: round lumps around its rim."""
    rng = generator(key, _BLEBS)
    y, x = _grid(34, 34)
    picture = np.zeros(x.shape, np.float32)
    for turn in 2 * np.pi * (np.arange(6) + rng.uniform(-0.3, 0.3, 6)) / 6:
        size = rng.uniform(4, 8)
        reach = RADIUS_PX * rng.uniform(0.75, 1.1)
        away = np.hypot(x - reach * np.cos(turn), y - reach * np.sin(turn))
        picture += np.sqrt(np.clip(1 - (away / size) ** 2, 0, 1)) * rng.uniform(0.6, 1.2)
    return picture / picture.sum()  # type: ignore[no-any-return]


def lump(key: int) -> NDArray[np.float32]:
    """Return what is left of a dead cell, (y, x), of sum 1: compact, in one to four pieces."""
    rng = generator(key, _LUMPS)
    y, x = _grid(30, 30)
    picture = np.zeros(x.shape, np.float32)
    for _ in range(rng.integers(1, 5)):
        row, col = rng.normal(0, 7, 2).clip(-14, 14)
        size = rng.uniform(3, 10)
        away = np.hypot(x - col, (y - row) * rng.uniform(0.8, 1.3))
        picture += np.sqrt(np.clip(1 - (away / size) ** 2, 0, 1)) * rng.uniform(0.4, 1)
    return of_one(picture, rng.uniform(0.5, 3.0))


def of_one(picture: NDArray[np.float32], sigma_px: float) -> NDArray[np.float32]:
    """Return a picture blurred and scaled to a sum of 1."""
    soft = cv2.GaussianBlur(picture, (0, 0), sigma_px)
    return soft / soft.sum()  # type: ignore[no-any-return]


def halved(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a picture of odd sides with pixels of twice the size, its middle where it was.

    Each new pixel is the mean of the four old ones that it covers, or of their halves and
    quarters, so that no light is won or lost.
    """
    reach = [(side // 2 + 1) // 2 for side in picture.shape]
    high, wide = (2 * far + 1 - side // 2 for far, side in zip(reach, picture.shape, strict=True))
    framed = cv2.copyMakeBorder(picture, high, high, wide, wide, cv2.BORDER_CONSTANT, value=0.0)
    mean = np.array((0.25, 0.5, 0.25))
    return np.ascontiguousarray(cv2.sepFilter2D(framed, -1, mean, mean)[1::2, 1::2])


def _trimmed(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a picture without the dark rows and columns that it has on both of its sides."""
    lit = picture > 1e-3 * picture.max()
    cuts = []
    for axis in (1, 0):
        some = np.flatnonzero(lit.any(axis=axis))
        cuts.append(int(min(some[0], lit.shape[1 - axis] - 1 - some[-1])))
    top, left = cuts
    height, width = picture.shape
    return np.ascontiguousarray(picture[top : height - top, left : width - left])


def _grid(wide: int, high: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    y, x = np.mgrid[-high : high + 1, -wide : wide + 1].astype(float)
    return y, x


def _outline(angle: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the radius in each direction: an ellipse, uneven, sometimes a bean or lobed."""
    radius = np.ones_like(angle)
    uneven = rng.normal(0, [0.03, 0.03, 0.018, 0.010]) * (2.2 if rng.random() < 0.12 else 1.0)
    for k, size in enumerate(uneven, 2):
        radius += np.clip(size, -0.1, 0.1) * np.cos(k * angle + rng.uniform(0, 2 * np.pi))
    if rng.random() < _BEANS:
        side = rng.choice([-1, 1]) * np.pi / 2 + rng.normal(0, 0.3)
        turn = np.angle(np.exp(1j * (angle - side)))
        radius -= rng.uniform(0.08, 0.3) * np.exp(-((turn / rng.uniform(0.3, 0.6)) ** 2))
    return radius


def _chromatin(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return the density of chromatin: grains of several sizes around 1."""
    height, width = shape
    top, left = rng.integers(0, _ATLAS_PX - np.array(shape))
    fine, coarse, broad = _textures()[:, top : top + height, left : left + width]
    density = 1 + rng.uniform(0.06, 0.14) * fine + rng.uniform(0.03, 0.08) * coarse + 0.05 * broad
    if rng.random() < 0.15:  # bright foci of heterochromatin
        density += rng.uniform(0.1, 0.25) * np.maximum(fine + coarse - 2.2, 0)
    return np.maximum(density, 0.25)  # type: ignore[no-any-return]


def _nucleoli(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    long: float,
    short: float,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Return the share of the signal that nucleoli displace: dark, round, one to four."""
    dark = np.zeros_like(x)
    for _ in range(rng.integers(1, 5)):
        away, turn = 0.62 * np.sqrt(rng.random()), rng.uniform(0, 2 * np.pi)
        size, squeeze = rng.uniform(2.2, 5.0), rng.uniform(0.7, 1.4)
        dx, dy = x - away * long * np.cos(turn), y - away * short * np.sin(turn)
        depth = rng.uniform(0.05, 0.38)
        dark = np.maximum(dark, depth * np.exp(-((np.hypot(dx, dy * squeeze) / size) ** 4)))
    return dark


@lru_cache(maxsize=1)
def _textures() -> NDArray[np.float32]:
    """Return three random fields of mean 0 and deviation 1, (3, y, x), from fine to broad."""
    rng = np.random.default_rng(20)
    fields = []
    for sigma in (1.3, 2.6, 8.0):
        grains = rng.standard_normal((_ATLAS_PX, _ATLAS_PX), np.float32)
        field = cv2.GaussianBlur(grains, (0, 0), sigma)
        fields.append((field - field.mean()) / field.std())
    return np.stack(fields)
