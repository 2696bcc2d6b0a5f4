"""What microtubules look like: a net in interphase, a spindle in mitosis, a bridge after it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ._dividing_chromatin import of_one

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

NET_PX_UM = 0.5
NETS = 24
"""How many different ones there are; each cell has one, turned its own way."""
SPINDLE_PX_UM = 0.25
SPINDLE_UM = 5.0
"""From the middle to the pole of a spindle in its sprite."""
_HALF_PX = 56
_FIXED = 4
_SEED = 21


@lru_cache(maxsize=1)
def nets() -> tuple[NDArray[np.float32], ...]:
    """Return microtubules of flat cells, each (y, x) and of sum 1, the nucleus in the middle."""
    return tuple(_net(np.random.default_rng([_SEED, i])) for i in range(NETS))


@lru_cache(maxsize=1)
def round_body() -> NDArray[np.float32]:
    """Return the tubulin that is in no fibre of a rounded cell, (y, x), of sum 1."""
    y, x = np.mgrid[-40:41, -40:41] / 36.0
    picture = np.sqrt(np.clip(1 - x**2 - y**2, 0, 1)).astype(np.float32)
    return picture / picture.sum()  # type: ignore[no-any-return]


@lru_cache(maxsize=1)
def half_spindle() -> NDArray[np.float32]:
    """Return fibres from the middle to a pole at +x, with its aster, (y, x), of sum 1."""
    rng = np.random.default_rng([_SEED, 100])
    picture = np.zeros((81, 81), np.uint8).astype(np.float32)
    middle, pole = 40, 40 + SPINDLE_UM / SPINDLE_PX_UM
    for reach in np.linspace(-17, 17, 15) + rng.normal(0, 0.8, 15):
        t = np.linspace(0, 1, 12)
        # Each fibre bows outward on its way to the pole.
        y = middle + reach * (1 - t**1.8)
        _draw(picture, np.column_stack([middle + t * (pole - middle), y]), rng.uniform(0.6, 1.3))
    for turn in rng.uniform(-1.9, 1.9, 14):
        length = rng.uniform(8, 18)
        end = pole + length * np.cos(turn), middle + length * np.sin(turn)
        _draw(picture, np.array([(pole, middle), end]), 0.3)
    cv2.circle(picture, (int(pole), middle), 2, 2.5, -1)
    return of_one(picture, 0.9)


@lru_cache(maxsize=1)
def half_bridge() -> NDArray[np.float32]:
    """Return the half of the midzone at +x, (y, x), of sum 1: bundles that end at the middle."""
    rng = np.random.default_rng([_SEED, 101])
    picture = np.zeros((81, 81), np.float32)
    t = np.linspace(0, 1, 12)
    for reach in np.linspace(-13, 13, 11) + rng.normal(0, 0.6, 11):
        # They meet in the middle, where the body of the bridge will be.
        y = 40 + reach * (0.6 + 0.4 * np.sin(t * np.pi / 2) ** 1.5)
        far = 40 + t * SPINDLE_UM / SPINDLE_PX_UM
        for stop, weight in ((12, 0.5), (7, 0.5), (4, 0.8)):
            points = np.column_stack([far, y])[:stop]
            _draw(picture, points, weight * rng.uniform(0.5, 1.2))
    return of_one(picture, 1.0)


def _net(rng: np.random.Generator) -> NDArray[np.float32]:
    size = 2 * _HALF_PX + 1
    picture = np.zeros((size, size), np.float32)
    reach = _reach_px(rng)
    centre = _HALF_PX + rng.normal(0, 5, 2)
    for turn in rng.uniform(0, 2 * np.pi, 110):
        bend, t = rng.normal(0, 0.7), np.linspace(0.05, rng.uniform(0.5, 1.0), 14)
        angle = turn + bend * t
        away = t * reach(turn)
        points = centre + away[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
        _draw(picture, points, rng.uniform(0.5, 1.0))
    y, x = np.mgrid[-_HALF_PX : _HALF_PX + 1, -_HALF_PX : _HALF_PX + 1].astype(float)
    rim = np.hypot(x, y) / reach(np.arctan2(y, x))
    body = np.exp(-((rim / 0.75) ** 4))
    nucleus = 1 - 0.45 * np.exp(-((np.hypot(x, y) / 13) ** 4))
    picture = (cv2.GaussianBlur(picture, (0, 0), 0.8) + 0.5) * body * nucleus
    return of_one(picture.astype(np.float32), 0.6)


def _reach_px(rng: np.random.Generator) -> Callable[[ArrayLike], NDArray[np.float64]]:
    """Return the distance to the edge of a cell in each direction."""
    waves = rng.normal(0, [0.1, 0.22, 0.12, 0.07]), rng.uniform(0, 2 * np.pi, 4)
    mean = rng.uniform(34, 42)

    def reach(angle: ArrayLike) -> NDArray[np.float64]:
        turns = np.asarray(angle, float)
        radius = np.ones_like(turns)
        for k, (size, turn) in enumerate(zip(*waves, strict=True), 1):
            radius = radius + np.clip(size, -0.3, 0.3) * np.cos(k * turns + turn)
        return mean * np.clip(radius, 0.5, 1.3)  # type: ignore[no-any-return]

    return reach


def _draw(picture: NDArray[np.float32], points: NDArray[np.float64], weight: float) -> None:
    """Add a line through points, x and y in pixels."""
    line = np.zeros(picture.shape, np.uint8)
    fixed = np.rint(points * 2**_FIXED).astype(np.int32)
    cv2.polylines(line, [fixed.reshape(-1, 1, 2)], False, 255, 1, cv2.LINE_AA, _FIXED)
    picture += line * np.float32(weight / 255)
