"""Where those are that are one in a picture."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saccade.decide._found import Found
from saccade.decide._overlap import placed

RADIUS_UM = 5.0


def seen(*places: tuple[float, float], px_um: float = 0.25) -> Found:
    """Return discs that are one, as a detector outlines them."""
    at = np.array(places)
    (left, top), (right, low) = at.min(axis=0) - RADIUS_UM, at.max(axis=0) + RADIUS_UM
    xs, ys = np.arange(left, right, px_um) + px_um / 2, np.arange(top, low, px_um) + px_um / 2
    away = np.hypot(xs[None, :, None] - at[:, 0], ys[:, None, None] - at[:, 1])
    mask = (away <= RADIUS_UM).any(axis=2)
    return Found(*at.mean(axis=0), 1.0, (left, top, right, low), mask=mask)


@given(st.floats(1.5, 9.0), st.floats(0, 2 * math.pi), st.floats(-1, 1), st.floats(-1, 1))
def test_two_discs_are_where_they_were_drawn(
    apart: float, turned: float, dx: float, dy: float
) -> None:
    """Whatever the angle, though they were expected a little elsewhere."""
    x, y = apart / 2 * math.cos(turned), apart / 2 * math.sin(turned)
    places = (x, y), (-x, -y)
    off = 0.25 * apart
    expected = [(x + off * dx, y + off * dy), (-x - off * dx, -y - off * dy)]
    guesses = placed(expected, [(10.0, 10.0)] * 2, seen(*places))
    for (at, _), place in zip(guesses, places, strict=True):
        assert math.dist(at, place) < 1.3


def test_pixels_say_on_which_diagonal_two_are() -> None:
    """Their box is the same; it is expected on the wrong one."""
    expected = [(-2.0, -1.0), (2.0, 1.0)]
    for y in (-3.0, 3.0):
        places = (-2.0, y), (2.0, -y)
        guesses = placed(expected, [(10.0, 10.0)] * 2, seen(*places))
        assert [at for at, _ in guesses] == [pytest.approx(each, abs=0.3) for each in places]
    boxed = seen((-2.0, 3.0), (2.0, -3.0))._replace(mask=None)
    guesses = placed(expected, [(10.0, 10.0)] * 2, boxed)
    assert [at for at, _ in guesses] == [
        pytest.approx(each, abs=0.3) for each in ((-2, -3), (2, 3))
    ]


def test_without_a_box_they_go_on_around_the_point() -> None:
    """They are as far apart as expected, and nothing is sure."""
    guesses = placed([(0.0, 0.0), (4.0, 0.0)], [None, None], Found(3.0, 1.0, 1.0))
    assert guesses == [((1.0, 1.0), (False, False)), ((5.0, 1.0), (False, False))]
