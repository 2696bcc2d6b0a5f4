"""What specimens paint with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saccade.sim.world import Canvas, View

VIEW = View(sensor_px=(128, 160), pixel_size_um=0.5)


def blob(side: int = 31, width: float = 4.0) -> np.ndarray:
    reach = (side - 1) / 2
    rows, cols = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    picture = np.exp(-(rows**2 + cols**2) / (2 * width**2))
    picture[np.hypot(rows, cols) > reach] = 0
    return picture.astype(np.float32)


def centre(layer: np.ndarray) -> tuple[float, float]:
    rows, cols = np.indices(layer.shape)
    return float((layer * rows).sum() / layer.sum()), float((layer * cols).sum() / layer.sum())


@given(
    x_um=st.floats(-20, 20),
    y_um=st.floats(-15, 15),
    angle_rad=st.floats(-7, 7),
    stretch=st.tuples(st.floats(0.6, 1.6), st.floats(0.6, 1.6)),
    sprite_px_um=st.floats(0.25, 0.7),
)
def test_a_stamp_lies_where_it_was_put_and_holds_what_was_in_it(
    x_um: float, y_um: float, angle_rad: float, stretch: tuple[float, float], sprite_px_um: float
) -> None:
    """The centre is at the place to 0.05 pixels, the sum that of the sprite to 2 %."""
    canvas, sprite = Canvas(VIEW, 10), blob()
    canvas.stamp(
        sprite,
        x_um,
        y_um,
        sprite_px_um=sprite_px_um,
        angle_rad=angle_rad,
        stretch=stretch,
        weight=3.0,
    )
    area = stretch[0] * stretch[1] * (sprite_px_um / VIEW.pixel_size_um) ** 2
    assert canvas.layers[0].sum() == pytest.approx(3 * sprite.sum() * area, rel=0.02)
    assert centre(canvas.layers[0]) == pytest.approx(canvas.to_px(x_um, y_um), abs=0.05)


@pytest.mark.parametrize("pixel_size_um", [1.0, 2.0, 4.0, 8.0, 30.0])
def test_a_fine_sprite_keeps_its_light_on_coarse_pixels(pixel_size_um: float) -> None:
    """Even on pixels as large as itself, the sum is that of the sprite: 1 % in the mean of many."""
    view, sprite = replace(VIEW, pixel_size_um=pixel_size_um), blob()
    sums, rng = [], np.random.default_rng(0)
    for x_um, y_um, angle_rad in rng.uniform(-7, 7, (200, 3)):
        canvas = Canvas(view, 4)
        canvas.stamp(sprite, x_um, y_um, sprite_px_um=0.2, angle_rad=angle_rad)
        sums.append(canvas.layers[0].sum(dtype=float) / sprite.sum() * (pixel_size_um / 0.2) ** 2)
        off = np.subtract(centre(canvas.layers[0]), canvas.to_px(x_um, y_um))
        assert np.abs(off).max() < 0.15
    assert np.mean(sums) == pytest.approx(1, rel=0.01)
    assert sums == pytest.approx([1] * 200, rel=0.1)


def test_a_turn_goes_from_x_to_y() -> None:
    """A bar along x that is turned by a quarter lies along y, and its head points down."""
    bar = np.zeros((21, 21), np.float32)
    bar[10, 10:] = 1
    for angle_rad, (down, right) in ((0.0, (0, 1)), (np.pi / 2, (1, 0)), (np.pi, (0, -1))):
        canvas = Canvas(VIEW, 10)
        canvas.stamp(bar, 0, 0, sprite_px_um=0.5, angle_rad=angle_rad)
        row, col = np.subtract(centre(canvas.layers[0]), canvas.to_px(0, 0))
        assert (row, col) == pytest.approx((5 * down, 5 * right), abs=0.1)


@given(angle_rad=st.floats(-7, 7), stretch=st.tuples(st.floats(0.5, 2.0), st.floats(0.5, 2.0)))
def test_a_round_sprite_is_the_same_when_less_is_computed(
    angle_rad: float, stretch: tuple[float, float]
) -> None:
    """To say that a sprite fills only its ellipse changes no pixel."""
    whole, less = Canvas(VIEW, 0), Canvas(VIEW, 0)
    for canvas, ellipse in ((whole, False), (less, True)):
        canvas.stamp(
            blob(width=9.0),
            1.3,
            2.2,
            sprite_px_um=0.4,
            angle_rad=angle_rad,
            stretch=stretch,
            ellipse=ellipse,
        )
    assert np.allclose(whole.layers, less.layers, atol=1e-5)


@given(x_um=st.floats(-60, 60), y_um=st.floats(-60, 60), angle_rad=st.floats(-4, 4))
def test_the_edge_cuts_a_stamp_and_changes_nothing_else(
    x_um: float, y_um: float, angle_rad: float
) -> None:
    """A canvas shows the part of a larger one that it covers, whatever lies across its edge."""
    small, large = Canvas(VIEW, 0), Canvas(VIEW, 60)
    for canvas in (small, large):
        canvas.stamp(blob(), x_um, y_um, sprite_px_um=0.6, angle_rad=angle_rad)
    assert np.allclose(small.layers, large.layers[:, 60:-60, 60:-60], atol=1e-3)


def test_a_stamp_goes_to_the_nearest_layer() -> None:
    """Of several layers, the one whose height is nearest is painted, and no other."""
    canvas = Canvas(VIEW, 0, (-5.0, 0.0, 5.0))
    canvas.stamp(blob(), 0, 0, z_um=3.0, sprite_px_um=0.5)
    assert [bool(layer.any()) for layer in canvas.layers] == [False, False, True]


def test_a_canvas_leaves_out_what_it_does_not_hold() -> None:
    """Heights that are held share one layer; what is painted at another is nowhere seen."""
    alone, canvas = Canvas(VIEW, 0), Canvas(VIEW, 0, (-5.0, 0.0, 5.0), held=[0, 2])
    for z_um, x_um in ((-5.0, -9.0), (0.5, 0.0), (4.0, 9.0)):
        canvas.stamp(blob(), x_um, 0, z_um=z_um, sprite_px_um=0.5)
        canvas.layer(z_um)[0, 0] += 1.0
        if canvas.holds(z_um):
            alone.stamp(blob(), x_um, 0, sprite_px_um=0.5)
            alone.layers[0, 0, 0] += 1.0
    assert alone.layers.any()
    assert np.array_equal(canvas.layers, alone.layers)


def test_places_and_pixels_agree_in_a_region() -> None:
    """The centre of the sensor is at the stage's position, also where only a region is read."""
    whole = Canvas(replace(VIEW, x_um=100, y_um=-50), 7)
    assert whole.to_px(100, -50) == pytest.approx((63.5 + 7, 79.5 + 7))
    part = Canvas(replace(VIEW, x_um=100, y_um=-50, roi=(20, 10, 30, 40)), 7)
    assert part.to_px(100, -50) == pytest.approx((63.5 + 7 - 10, 79.5 + 7 - 20))
    assert part.shape_px == (54, 44)


def test_shown_are_the_discs_that_touch() -> None:
    """A disc whose edge reaches the canvas is shown, one that ends before it is not."""
    canvas = Canvas(VIEW, 0)
    x_um = np.array([0.0, 41.0, 45.0])  # the edge is at 40
    assert list(canvas.shown(x_um, np.zeros(3), 2.0)) == [0, 1]
