"""Where the light goes, and how much of it: what a specimen takes is what the books say."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saccade.core import ProtocolError
from saccade.sim.artefacts import StageJump
from saccade.sim.world import Drift, Imaging, Light, Optics, View, World

VIEW = View(channel="FITC", sensor_px=(200, 300), pixel_size_um=0.5)


def expected(
    places: np.ndarray, view: View, light: Light, exposure_ms: float, falloff: float
) -> np.ndarray:
    """Return the doses, worked out one by one from the definition, in J/cm²."""
    height, width = view.sensor_px
    half_um = math.sqrt(light.area_cm2) * 1e4 / 2
    doses = []
    for x_um, y_um in places:
        dx, dy = x_um - view.x_um, y_um - view.y_um
        col, row = (
            dx / view.pixel_size_um + (width - 1) / 2,
            dy / view.pixel_size_um + (height - 1) / 2,
        )
        dose = light.power_mw * 1e-3 * exposure_ms * 1e-3 / light.area_cm2
        if max(abs(dx), abs(dy)) > half_um:
            dose = 0.0
        x, y = 2 * col / (width - 1) - 1, 2 * row / (height - 1) - 1
        dose *= 1 - falloff * min(((x + 0.05) ** 2 + (y - 0.08) ** 2) / 2, 1)
        if light.mask is not None:
            r, c = math.floor(row + 0.5), math.floor(col + 0.5)
            dose *= light.mask[r, c] if 0 <= r < height and 0 <= c < width else 0.0
        doses.append(dose)
    return np.array(doses)


@given(
    data=st.data(),
    falloff=st.floats(0, 1),
    area_cm2=st.floats(1e-6, 1e-2),
    shots=st.lists(
        st.tuples(st.floats(-200, 200), st.floats(-200, 200), st.floats(0, 500), st.floats(0, 50)),
        min_size=1,
        max_size=6,
    ),
    masked=st.booleans(),
)
@settings(max_examples=60)
def test_every_object_gets_irradiance_times_time_times_profile_times_mask(
    points: type,
    data: st.DataObject,
    falloff: float,
    area_cm2: float,
    shots: list[tuple[float, float, float, float]],
    masked: bool,
) -> None:
    """Summed over exposures here and there, each object's dose is exact."""
    places = np.array(
        data.draw(st.lists(st.tuples(st.floats(-300, 300), st.floats(-300, 300)), max_size=12))
    ).reshape(-1, 2)
    mask = np.random.default_rng(2).random(VIEW.sensor_px, np.float32) if masked else None
    world = World(points(places), Imaging(optics=Optics(falloff=falloff)))
    due = np.zeros(len(places))
    for x_um, y_um, exposure_ms, power_mw in shots:
        view = replace(VIEW, x_um=x_um, y_um=y_um)
        light = Light("FITC", power_mw, area_cm2, mask)
        world.expose(view, exposure_ms, light)
        due += expected(places, view, light, exposure_ms, falloff)
    taken = sum(doses for _, doses in world.specimen.taken)
    assert taken == pytest.approx(due, rel=1e-9, abs=1e-15)


def test_looking_and_merely_lighting_bring_the_same_dose(points: type) -> None:
    """A picture, its expected photons, and light without a camera all cost the specimen alike."""
    worlds = [World(points([(0, 0), (30, 20)])) for _ in range(3)]
    light = Light("FITC", 7, 0.001)
    worlds[0].render(VIEW, 30, light)
    worlds[1].picture(VIEW, 30, light)
    worlds[2].expose(VIEW, 30, light)
    first, *others = (world.specimen.taken for world in worlds)
    assert first[0][1].any()
    for other in others:
        assert len(other) == 1
        assert other[0][0] == "FITC"
        assert np.array_equal(other[0][1], first[0][1])


def test_a_region_is_read_but_all_is_lit(points: type) -> None:
    """Reading a part of the sensor spares the rest of the specimen no light."""
    whole, part = World(points([(0, 0), (60, 40)])), World(points([(0, 0), (60, 40)]))
    light = Light("FITC", 7, 0.01)
    whole.render(VIEW, 30, light)
    part.render(replace(VIEW, roi=(140, 90, 20, 20)), 30, light)
    assert np.array_equal(whole.specimen.taken[0][1], part.specimen.taken[0][1])


def test_darkness_brings_no_dose(points: type) -> None:
    """An exposure without light is no light for the specimen to take."""
    world = World(points())
    world.render(VIEW, 1000, None)
    assert world.specimen.taken == []
    assert world.exposures == 1


def test_the_light_follows_the_camera_over_a_drifting_sample(points: type) -> None:
    """An object that drifts out of a small lit square is spared, and one that drifts in is not."""
    area_cm2 = (20e-4) ** 2
    drift = Drift(x_um_per_h=36.0)  # 0.01 µm/s to the right
    world = World(points([(0, 0), (-20, 0)]), Imaging(drift=drift))
    light = Light("FITC", 7, area_cm2)
    world.expose(VIEW, 10, light)
    world.advance(2000.0)
    world.expose(VIEW, 10, light)
    lit = [(doses > 0).tolist() for _, doses in world.specimen.taken]
    assert lit == [[True, False], [False, True]]


def test_the_light_goes_where_the_stage_really_is(points: type) -> None:
    """After a knock, what is lit is what the camera really sees."""
    area_cm2 = (20e-4) ** 2
    jump = StageJump(x_um=40.0, y_um=0.0)
    world = World(points([(0, 0), (40, 0)]), artefacts=[jump])
    world.expose(VIEW, 10, Light("FITC", 7, area_cm2))
    assert (world.specimen.taken[0][1] > 0).tolist() == [False, True]


def test_a_mask_lights_only_itself(points: type, clear: Imaging) -> None:
    """Objects outside the mask get nothing and don't glow; those within are as without a mask."""
    mask = np.zeros(VIEW.sensor_px, np.float32)
    mask[:, :150] = 1
    places = [(-30.0, 10.0), (30.0, -10.0)]
    masked, plain = World(points(places), clear), World(points(places), clear)
    dark_half = masked.render(VIEW, 20, Light("FITC", 10, 0.01, mask))
    whole = plain.render(VIEW, 20, Light("FITC", 10, 0.01))
    assert masked.specimen.taken[0][1][1] == 0
    assert masked.specimen.taken[0][1][0] == plain.specimen.taken[0][1][0] > 0
    assert not dark_half[:, 160:].any()
    assert np.allclose(dark_half[:, :140], whole[:, :140], atol=1e-4)


def test_the_background_glows_only_in_the_mask(points: type, clear: Imaging) -> None:
    """Medium and glass are dark where the mask is, but for the blur of its edge."""
    mask = np.zeros(VIEW.sensor_px, np.float32)
    mask[50:100, 60:120] = 1
    world = World(points([]), replace(clear, background=1e5))
    picture = world.render(VIEW, 20, Light("FITC", 10, 0.01, mask))
    lit = picture > 0.01 * picture.max()
    assert np.abs(lit.sum(axis=0).max() - 50) <= 6
    assert np.abs(lit.sum(axis=1).max() - 60) <= 6
    assert picture[55:95, 65:115] == pytest.approx(picture.max(), rel=1e-4)


def test_a_picture_is_dark_beyond_a_small_lit_square(points: type, clear: Imaging) -> None:
    """Where the illuminated area ends within the picture, so does the picture's light."""
    world = World(points([]), replace(clear, background=1e5))
    picture = world.render(VIEW, 20, Light("FITC", 10, (40e-4) ** 2))
    bright = picture > 0.5 * picture.max()
    assert bright.sum() == 80 * 80
    assert not picture[:50].any()


@pytest.mark.parametrize("shape", [(200, 299), (300, 200), (100, 150)])
def test_a_mask_that_does_not_fit_is_refused(points: type, shape: tuple[int, int]) -> None:
    """A mask must have a value for each pixel of the whole sensor; the error says both shapes."""
    light = Light("FITC", 10, 0.01, np.ones(shape, np.float32))
    for act in (World(points()).render, World(points()).expose):
        with pytest.raises(ProtocolError, match=r"mask has the shape.*\(200, 300\)"):
            act(VIEW, 20, light)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"power_mw": -1.0}, "Light.power_mw"),
        ({"power_mw": math.nan}, "Light.power_mw"),
        ({"area_cm2": 0.0}, "Light.area_cm2"),
        ({"area_cm2": -1.0}, "Light.area_cm2"),
        ({"area_cm2": math.inf}, "Light.area_cm2"),
        ({"mask": np.full((4, 4), 1.5, np.float32)}, "Light.mask"),
        ({"mask": np.full((4, 4), -0.1, np.float32)}, "Light.mask"),
        ({"mask": np.full((4, 4), math.nan, np.float32)}, "Light.mask"),
        ({"mask": np.ones(16, np.float32)}, "Light.mask"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_impossible_lights_are_refused_by_name(settings: dict[str, object], named: str) -> None:
    """A light that can't exist is refused, and the error names the setting."""
    with pytest.raises(ProtocolError, match=named):
        Light(**{"channel": "FITC", "power_mw": 10.0, "area_cm2": 0.01} | settings)


@pytest.mark.parametrize("exposure_ms", [-1.0, math.nan, math.inf])
@pytest.mark.parametrize("light", [None, Light("FITC", 10, 0.01)])
def test_impossible_exposures_are_refused(
    points: type, exposure_ms: float, light: Light | None
) -> None:
    """An exposure is a number, 0 or more, in light and in the dark; nothing is lit otherwise."""
    world = World(points())
    for act in (world.render, world.picture, world.expose):
        with pytest.raises(ProtocolError, match="exposure_ms"):
            act(VIEW, exposure_ms, light)
    assert world.specimen.taken == []
