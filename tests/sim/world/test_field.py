"""A region of the sensor shows what the whole sensor would show there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saccade.sim.world import Imaging, Light, Optics, View, World

LAYERS = {"thin": (0.0,), "thick": (-12.0, 0.0, 9.0)}


def scattered(points: type, layers_um: tuple[float, ...]) -> object:
    rng = np.random.default_rng(5)
    places = rng.uniform(-90, 90, (300, 2))
    return points(places, rng.choice(layers_um, 300), layers_um)


def difference(world: World, view: View, light: Light, roi: tuple[int, int, int, int]) -> float:
    """Return by how much a region differs from a crop, as a share of the brightest pixel."""
    left, top, width, height = roi
    whole = world.render(view, 20, light)
    part = world.render(replace(view, roi=roi), 20, light)
    assert part.shape == (height, width)
    return float(np.abs(part - whole[top : top + height, left : left + width]).max() / whole.max())


@pytest.mark.parametrize("channel", ["FITC", "Lamp", "Red"])
@pytest.mark.parametrize("thickness", LAYERS)
@pytest.mark.parametrize("z_um", [0.0, 2.5, 12.0, 45.0])
def test_a_region_is_a_crop_of_the_whole(
    points: type, channel: str, thickness: str, z_um: float
) -> None:
    """At any focus, of thin and thick specimens, in every kind of channel, before noise."""
    world = World(scattered(points, LAYERS[thickness]), Imaging(optics=Optics(haze=0.3)))
    view = View(channel=channel, z_um=z_um, sensor_px=(300, 401), pixel_size_um=0.4)
    for roi in ((100, 60, 128, 96), (0, 0, 64, 64), (351, 267, 50, 33), (3, 5, 7, 9)):
        assert difference(world, view, Light(channel, 10, 0.01), roi) < 1e-5


@given(
    data=st.data(),
    z_um=st.floats(-60, 60),
    haze_um=st.floats(0.5, 40),
    na_index=st.sampled_from([(0.2, 1.0), (0.75, 1.0), (1.3, 1.518)]),
    masked=st.booleans(),
    area_cm2=st.sampled_from([1e-5, 1e-4, 1e-2]),
)
@settings(max_examples=25)
def test_any_region_under_any_optics_is_a_crop_of_the_whole(
    points: type,
    data: st.DataObject,
    z_um: float,
    haze_um: float,
    na_index: tuple[float, float],
    masked: bool,
    area_cm2: float,
) -> None:
    """Also with a mask and where the light ends within the picture."""
    sensor_px = data.draw(st.tuples(st.integers(20, 160), st.integers(20, 160)))
    left, top = (data.draw(st.integers(0, sensor_px[axis] - 1)) for axis in (1, 0))
    width = data.draw(st.integers(1, sensor_px[1] - left))
    height = data.draw(st.integers(1, sensor_px[0] - top))
    mask = np.random.default_rng(1).random(sensor_px, np.float32) if masked else None
    optics = Optics(na=na_index[0], index=na_index[1], haze=0.2, haze_um=haze_um)
    world = World(scattered(points, (0.0,)), Imaging(optics=optics))
    view = View(channel="FITC", z_um=z_um, sensor_px=sensor_px, pixel_size_um=0.4)
    light = Light("FITC", 10, area_cm2, mask)
    assert difference(world, view, light, (left, top, width, height)) < 1e-5


@pytest.mark.parametrize("z_um", [0.0, 3.0, 30.0])
def test_a_larger_sensor_shows_the_same_in_its_middle(points: type, z_um: float) -> None:
    """What a small sensor sees is the middle of what a large one sees: its edge adds nothing."""
    imaging = Imaging(optics=Optics(haze=0.0, falloff=0.0))
    world = World(scattered(points, (0.0,)), imaging)
    light = Light("FITC", 10, 0.01)
    small, large = (
        world.render(
            View(channel="FITC", z_um=z_um, sensor_px=(side, side), pixel_size_um=0.4), 20, light
        )
        for side in (128, 384)
    )
    middle = large[128:256, 128:256]
    assert np.abs(small - middle).max() < 0.01 * middle.max()
