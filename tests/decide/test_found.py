"""What a detector found, for those that follow it."""

from __future__ import annotations

import numpy as np
import pytest

from saccade.core import Grid, Observation, Point
from saccade.decide._found import found_in

GRID = Grid((20, 10, 40, 30), (80, 60), 0.5)
POINT = Point(9.5, 14.5, 7.0, 107.25, 204.75)


def labelled(*pixels: tuple[int, int]) -> np.ndarray:
    labels = np.zeros((30, 40), np.int32)
    for pixel in pixels:
        labels[pixel] = 3
    return labels


def test_a_box_is_told_in_um_of_the_stage() -> None:
    """And where on the whole sensor the point is, from -1 to 1."""
    box = (8.0, 12.0, 12.0, 18.0)
    [found] = found_in(Observation(1.0, (POINT,), (box,), grid=GRID))
    assert found.box_um == (105.75, 203.75, 108.75, 205.75)
    assert found.size_um == (3.0, 2.0)
    assert found.lit == pytest.approx((2 * 35 / 80 - 1, 2 * 20 / 60 - 1))
    assert found.whole
    assert found.mask is None


@pytest.mark.parametrize(
    ("box", "whole"),
    [
        pytest.param((0.0, 12.0, 12.0, 18.0), False, id="above"),
        pytest.param((8.0, 0.0, 12.0, 18.0), False, id="left"),
        pytest.param((8.0, 12.0, 30.0, 18.0), False, id="below"),
        pytest.param((8.0, 12.0, 12.0, 40.0), False, id="right"),
        pytest.param((1.0, 1.0, 29.0, 39.0), True, id="nearly"),
    ],
)
def test_what_the_edge_cuts_is_not_whole(
    box: tuple[float, float, float, float], whole: bool
) -> None:
    """Its box ends where the picture does."""
    [found] = found_in(Observation(1.0, (POINT,), (box,), grid=GRID))
    assert found.whole is whole


@pytest.mark.parametrize(
    ("pixels", "tilt"),
    [
        pytest.param([(9, 13), (10, 14), (11, 15)], 1.0, id="falling to the right"),
        pytest.param([(10, 14), (9, 15), (11, 13)], -1.0, id="rising to the right"),
        pytest.param([(10, 14), (10, 15)], 0.0, id="level"),
    ],
)
def test_its_pixels_are_those_with_the_label_at_the_point(
    pixels: list[tuple[int, int]], tilt: float
) -> None:
    """They say how it lies."""
    box = (8.0, 12.0, 12.0, 18.0)
    seen = Observation(1.0, (POINT,), (box,), labels=labelled(*pixels), grid=GRID)
    [found] = found_in(seen)
    assert found.mask is not None
    assert found.mask.sum() == len(pixels)
    assert found.tilt() == pytest.approx(tilt)


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(Observation(1.0, (POINT,)), id="no grid"),
        pytest.param(Observation(1.0, (POINT,), grid=GRID), id="no box"),
        pytest.param(
            Observation(1.0, (POINT,), ((8, 12, 12, 18),), labels=labelled(), grid=GRID),
            id="no label",
        ),
        pytest.param(
            Observation(
                1.0, (POINT,), ((0, 0, 2, 2),), labels=labelled((10, 14), (9, 14)), grid=GRID
            ),
            id="a box elsewhere",
        ),
        pytest.param(
            Observation(
                1.0,
                (Point(-3.0, 99.0, 1.0, 0.0, 0.0),),
                ((-4, 90, 2, 99),),
                labels=labelled(),
                grid=GRID,
            ),
            id="a point outside",
        ),
    ],
)
def test_what_nobody_says_is_unknown(seen: Observation) -> None:
    """There is a point all the same."""
    [found] = found_in(seen)
    assert (found.x_um, found.y_um) == (seen.points[0].x_um, seen.points[0].y_um)
    assert found.tilt() == 0.0
