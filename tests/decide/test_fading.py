"""Light that fades, by those that are known well."""

from __future__ import annotations

import numpy as np
import pytest

from saccade.decide._course import Course
from saccade.decide._fading import Fading
from saccade.decide._found import Found


def seen(strength: float, own: float = 100.0, looks: int = 20, lit: float = 0.0):  # type: ignore[no-untyped-def] # a pair
    return Found(0.0, 0.0, strength, lit=(lit, 0.0)), Course(0.0, 0.0, 0, own, looks=looks)


@pytest.mark.parametrize(
    ("pair", "fades"),
    [
        pytest.param(seen(80.0), True, id="known well"),
        pytest.param(seen(80.0, looks=2), False, id="seen twice"),
        pytest.param(seen(80.0, lit=0.9), False, id="near the edge"),
        pytest.param(seen(99.0), False, id="about as bright"),
        pytest.param(seen(0.0), False, id="dark"),
    ],
)
def test_it_fades_by_those_that_are_known_well(pair: tuple[Found, Course], fades: bool) -> None:
    """In the middle of the field, by more than a strength differs from look to look."""
    fading = Fading()
    for _ in range(20):
        times = fading.saw([pair])
    assert times == (pytest.approx(0.8, abs=0.01) if fades else 1.0)


def test_one_odd_look_is_not_the_light() -> None:
    """What touches another for a moment does not make all others brighter."""
    fading = Fading()
    assert [fading.saw([seen(strength)]) for strength in (100.0, 109.0, 100.0)] == [1.0] * 3


@pytest.mark.parametrize(("noise", "spread"), [(0.005, 0.02), (0.05, 0.05)])
def test_how_much_a_strength_differs_is_learned(noise: float, spread: float) -> None:
    """Though never taken to be less than two per cent."""
    fading, rng = Fading(), np.random.default_rng(1)
    for _ in range(500):
        fading.saw([seen(100 * np.exp(rng.normal(0, noise))) for _ in range(3)])
    assert fading.spread == pytest.approx(spread, rel=0.25)
