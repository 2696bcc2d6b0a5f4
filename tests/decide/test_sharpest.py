"""Where planes say that the focus is."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saccade.decide._sharpest import sharpest


def stack(z_um: list[float], focus_um: float, width_um: float = 1.5) -> list[tuple[float, float]]:
    """Return planes of Gaussian detail: sharpness as the inverse of a parabola."""
    return [(z, 0.02 / (1 + ((z - focus_um) / width_um) ** 2)) for z in z_um]


@given(
    st.floats(-2.4, 2.4),
    st.floats(0.5, 3.0),
    st.integers(3, 9),
    st.floats(-1000, 1000),
    st.floats(0.1, 10),
)
def test_it_finds_the_focus_of_gaussian_detail(
    off: float, width: float, planes: int, z0_um: float, step_um: float
) -> None:
    """Exactly, wherever it is within the planes and however deep it is."""
    first = -(planes - 1) / 2
    focus_um = z0_um + off / 2.4 * -first * step_um
    z_um = [z0_um + (first + number) * step_um for number in range(planes)]
    best = sharpest(stack(z_um, focus_um, width * step_um), step_um)
    assert best.outcome == "found"
    assert best.z_um == pytest.approx(focus_um, abs=1e-3 * step_um)


@pytest.mark.parametrize(
    ("focus_um", "outcome"),
    [(-9.0, "below"), (9.0, "above"), (-2.4, "found"), (2.4, "found")],
)
def test_it_tells_on_which_side_the_focus_lies(focus_um: float, outcome: str) -> None:
    """Beyond the planes by more than half a step it is looked for, not reckoned."""
    assert sharpest(stack([-2, -1, 0, 1, 2], focus_um), 1.0).outcome == outcome


@pytest.mark.parametrize(
    "planes",
    [
        pytest.param([], id="none"),
        pytest.param([(0.0, 0.01), (1.0, 0.02)], id="two"),
        pytest.param([(z, 0.0) for z in range(5)], id="nothing to see"),
        pytest.param([(z, 0.02) for z in range(5)], id="alike"),
        pytest.param([(z, 0.02 + 0.001 * (z % 2)) for z in range(5)], id="up and down"),
        pytest.param([(z, (z - 2) ** 2 + 1.0) for z in range(5)], id="a valley"),
    ],
)
def test_planes_without_a_peak_tell_nothing(planes: list) -> None:
    """What is no peak is not taken for one."""
    assert sharpest(planes, 1.0).outcome == "unclear"


def test_the_order_of_the_planes_is_no_matter() -> None:
    """They are told by where they were taken."""
    planes = stack([-2, -1, 0, 1, 2], 0.3)
    assert sharpest(planes[::-1], 1.0) == sharpest(planes, 1.0)


def test_noise_alone_seldom_makes_a_peak() -> None:
    """Of planes that differ by chance alone, few pass for a focus."""
    rng = np.random.default_rng(0)
    found = sum(
        sharpest([(z, 0.02 + 0.004 * rng.normal()) for z in range(7)], 1.0).outcome == "found"
        for _ in range(400)
    )
    assert found < 100


@given(st.lists(st.tuples(st.floats(-100, 100), st.floats(0, 1e6)), max_size=9))
def test_whatever_the_planes_it_stays_near_them(planes: list) -> None:
    """A focus that is found lies no farther off than they reach from their middle, and a bit."""
    best = sharpest(planes, 1.0)
    assert math.isfinite(best.z_um)
    if best.outcome == "found":
        z_um = [z for z, _ in planes]
        width_um = max(z_um) - min(z_um)
        assert min(z_um) - width_um - 0.5 <= best.z_um <= max(z_um) + width_um + 0.5
