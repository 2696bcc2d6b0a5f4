"""Uneven light, learned from what moves through it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from saccade.decide._shading import Shading


def light(x: float, y: float) -> float:
    """Return how much light a place gets: dimmer outside, and to one side."""
    return math.exp(-0.25 * (x * x + y * y) + 0.1 * x)


def learned(noise: float, looks: int = 400) -> Shading:
    shading, rng = Shading(), np.random.default_rng(3)
    place, way = np.zeros(2), np.array((0.05, 0.02))
    before = None
    for _ in range(looks):
        place = place + way
        way = np.where(np.abs(place) > 0.9, -np.abs(way) * np.sign(place), way)
        way = way + rng.normal(0, 0.01, 2)
        x, y = place.clip(-1, 1).tolist()
        now = (x, y), 700 * light(x, y) * math.exp(rng.normal(0, noise))
        if before is not None:
            shading.learn(before, now)
        before = now
    return shading


@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_uneven_light_is_learned(noise: float) -> None:
    """To three per cent, from one thing that swims about."""
    shading = learned(noise)
    for x, y in ((0.0, 0.0), (0.7, 0.0), (-0.7, 0.3), (0.5, -0.8), (-0.6, -0.6)):
        assert shading.at((x, y)) == pytest.approx(light(x, y), rel=0.03)


def test_at_first_light_is_even() -> None:
    """And where nobody says where it is, that of the middle is taken."""
    assert Shading().at((0.9, -0.9)) == 1.0
    assert learned(0.0).at(None) == 1.0


def test_a_jump_of_brightness_is_none_of_place() -> None:
    """One that is suddenly twice as bright is not alone, or divides."""
    shading = Shading()
    for _ in range(9):
        shading.learn(((0.0, 0.0), 100.0), ((0.1, 0.0), 200.0))
    assert shading.at((1.0, 0.0)) == 1.0
