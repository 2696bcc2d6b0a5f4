"""The shape of a small brain: where there are cells and neuropil, and where there is nothing."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MAP_UM = 2.0
"""Size of the maps' pixels."""
_KNOTS = np.array([-1.0, -0.94, -0.8, -0.5, -0.2, 0.1, 0.35, 0.6, 0.8, 0.93, 1.0])
_HALF_WIDTH = np.array([0.0, 0.1, 0.24, 0.36, 0.42, 0.52, 0.74, 0.92, 0.88, 0.55, 0.0])
"""Half the brain's width from its front to its back, in units of half of the tissue's size:
forebrain, then the wider midbrain, as a larval fish looks from above."""


class Anatomy(NamedTuple):
    """Maps of one depth, (y, x), from 0 to about 1."""

    cells: NDArray[np.float32]
    """Share of the places for somata that hold one."""
    neuropil: NDArray[np.float32]
    """How bright the neuropil is."""
    somata: NDArray[np.float32]
    """How bright somata are: expression differs between regions."""


@lru_cache(maxsize=8)
def anatomy(seed: int, depth: int, size_um: tuple[float, float]) -> Anatomy:
    """Return the maps of one depth; left and right are alike, as in a brain, but not the same.

    Parameters
    ----------
    seed : int
        The outline is common to all depths.
    depth : int
        Number of the depth.
    size_um : tuple of float
        Width and height of the tissue.
    """
    height, wide = (max(int(np.ceil(v / _MAP_UM)), 8) for v in size_um[::-1])
    common, own = np.random.default_rng([seed, 2]), np.random.default_rng([seed, 3, depth])
    half = _half_width(common, height) * np.float32(1 - 0.05 * depth)
    u = np.linspace(-1, 1, wide, dtype=np.float32)[None, :]
    edge_um = np.clip((half - np.abs(u)) * (size_um[0] / 2 / 4), -30, 30)
    outline = 1 / (1 + np.exp(-edge_um))
    lines = _tracts(own, (height, wide)) * _ventricles(own, u, half)
    regions = _mirrored(own, (height, wide), 40 / _MAP_UM)
    region_glow = np.clip(0.75 + 0.3 * regions, 0.2, 1.5) * _fading(height)
    cells = outline * np.clip(0.75 - 0.35 * regions, 0.12, 1) * (lines > 0.55)
    fine = _mirrored(own, (height, wide), 16 / _MAP_UM)
    neuropil = outline * region_glow * np.clip(0.75 + 0.2 * fine, 0.2, 1.3) * lines
    maps = Anatomy(*(each.astype(np.float32) for each in (cells, neuropil, outline * region_glow)))
    for each in maps:
        each.setflags(write=False)
    return maps


def _half_width(rng: np.random.Generator, height: int) -> NDArray[np.float32]:
    """Return half the width of the brain at each row, (y, 1)."""
    v = np.linspace(-1, 1, height)
    half = np.interp(v, _KNOTS, _HALF_WIDTH * rng.normal(1, 0.04, len(_KNOTS)).clip(0.9, 1.06))
    smooth = cv2.GaussianBlur(half.astype(np.float32)[:, None], (0, 0), height * 0.02)
    return np.asarray(smooth, np.float32)


def _fading(height: int) -> NDArray[np.float32]:
    """Return how bright each row is: the hindmost lie deeper and are dimmer, (y, 1)."""
    v = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    return np.asarray(1 - 0.8 / (1 + np.exp(-(v - 0.76) / 0.05)), np.float32)


def _ventricles(
    rng: np.random.Generator, u: NDArray[np.float32], half: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return 1, less in the groove of the midline and in the gaps beside the forebrain."""
    height = len(half)
    v = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    lateral = np.abs(u) / np.maximum(half, np.float32(0.02))
    gap = np.exp(-(((lateral - rng.uniform(0.66, 0.76)) / 0.12) ** 2))
    gap *= rng.uniform(0.5, 0.85) / (1 + np.exp((v - rng.uniform(-0.1, 0.15)) / 0.06))
    groove = rng.uniform(0.6, 0.85) * np.exp(-((u / 0.018) ** 2))
    return np.asarray((1 - gap) * (1 - groove), np.float32)


def _tracts(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return 1, less in lines across: tracts that bend back away from the midline."""
    height, wide = shape
    dark = np.zeros(shape, np.float32)
    u = np.linspace(-1, 1, 64)
    for _ in range(int(rng.integers(5, 9))):
        v = rng.uniform(-0.1, 0.7) + rng.uniform(-0.15, 0.45) * u**2
        v += 0.02 * np.sin(9 * np.abs(u) + rng.uniform(0, 6))
        line = np.rint(np.stack(((u + 1) / 2 * wide, (v + 1) / 2 * height), -1)).astype(np.int32)
        one = np.zeros(shape, np.float32)
        cv2.polylines(one, [line], False, float(rng.uniform(0.25, 0.6)), int(rng.integers(2, 6)))
        dark = np.maximum(dark, one)
    return np.asarray(1 - cv2.GaussianBlur(dark, (0, 0), 1.5), np.float32)


def _mirrored(
    rng: np.random.Generator, shape: tuple[int, ...], scale_px: float
) -> NDArray[np.float32]:
    """Return smooth noise that is nearly the same on both sides of the midline."""
    noise, own = smooth_noise(rng, shape, scale_px), smooth_noise(rng, shape, scale_px)
    return np.asarray(0.53 * (noise + noise[:, ::-1]) + 0.5 * own, np.float32)


def smooth_noise(
    rng: np.random.Generator, shape: tuple[int, ...], scale_px: float
) -> NDArray[np.float32]:
    """Return normal draws, so many pixels apart, and smooth between them, (y, x)."""
    height, wide = shape
    coarse = int(np.ceil(height / scale_px)) + 3, int(np.ceil(wide / scale_px)) + 3
    draw = rng.standard_normal(coarse, np.float32)
    big = (int(coarse[1] * scale_px) + 1, int(coarse[0] * scale_px) + 1)
    fine = cv2.resize(draw, big, interpolation=cv2.INTER_CUBIC)
    return np.asarray(fine[:height, :wide], np.float32)
