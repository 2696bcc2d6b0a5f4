"""The world: one life, the same for whoever looks."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saccade.core import ProtocolError
from saccade.sim.artefacts import DeadFrames, LampFlicker, Stripes
from saccade.sim.specimens import Beads
from saccade.sim.world import Imaging, Light, Optics, Sensor, View, World, conditions

VIEW = View(channel="FITC", sensor_px=(64, 80), pixel_size_um=0.65)
SLIDE = (100.0, 100.0)


def beads(seed: int = 0, **more: object) -> World:
    return World(Beads(seed, count=200, size_um=SLIDE, depth_um=4.0), **more)


CALLS = st.lists(
    st.tuples(
        st.sampled_from(["picture", "render", "expose", "advance"]),
        st.floats(0, 100),
        st.sampled_from([None, Light("FITC", 3, 1e-3), Light("FITC", 50, 1e-5)]),
    ),
    min_size=1,
    max_size=8,
)


@given(calls=CALLS, seed=st.integers(0, 3))
@settings(max_examples=30)
def test_the_same_seed_and_calls_give_the_same_bits(
    calls: list[tuple[str, float, Light | None]], seed: int
) -> None:
    """Two worlds that live the same life hand out the same pixels, bit for bit."""
    artefacts = (LampFlicker(), Stripes(start_s=50.0), DeadFrames(repeated=True, chance=0.3))
    one, other = (beads(seed, artefacts=artefacts) for _ in range(2))
    for name, amount, light in calls:
        if name == "advance":
            one.advance(one.t_s + amount)
            other.advance(other.t_s + amount)
            continue
        first, second = (getattr(world, name)(VIEW, amount, light) for world in (one, other))
        if name != "expose":
            assert np.array_equal(first, second)
            assert first.dtype == second.dtype
    assert one.health == other.health


def test_the_bits_do_not_depend_on_how_many_processors_there_are() -> None:
    """OpenCV on one thread and on four makes the same picture."""
    view, threads, pictures = replace(VIEW, sensor_px=(512, 512), z_um=2.0), cv2.getNumThreads(), []
    try:
        for count in (1, 4):
            cv2.setNumThreads(count)
            pictures.append(beads().picture(view, 10, Light("FITC", 3, 1e-3)))
    finally:
        cv2.setNumThreads(threads)
    assert np.array_equal(*pictures)


def test_pictures_of_a_still_world_differ_in_their_noise_alone() -> None:
    """Two pictures in a row are not the same, and their mean difference is none."""
    world, light = beads(), Light("FITC", 0.3, 1e-3)
    first, second = (world.picture(VIEW, 10, light).astype(float) for _ in range(2))
    assert not np.array_equal(first, second)
    assert (first - second).mean() == pytest.approx(0, abs=0.5)


@given(looks=st.lists(st.floats(0, 500), max_size=10))
@settings(max_examples=20)
def test_looking_more_often_in_the_dark_changes_no_biology(looks: list[float]) -> None:
    """What happens and what glows is the same after many dark looks and after none."""
    often, never = beads(), beads()
    for t_s in sorted(looks):
        often.advance(t_s)
        often.picture(VIEW, 10, None)
    for world in (often, never):
        world.advance(500.0)
    assert often.health == never.health
    assert np.array_equal(
        often.render(VIEW, 10, Light("FITC", 3, 1e-3)),
        never.render(VIEW, 10, Light("FITC", 3, 1e-3)),
    )


def test_pictures_read_out_without_an_exposure_differ_in_their_noise() -> None:
    """A camera that reads out in the dark, where nothing is rendered, has noise of its own."""
    world, dark = beads(), np.zeros(VIEW.shape_px, np.float32)
    first, second = (world.read_out(dark.copy(), VIEW, 10, None) for _ in range(2))
    assert not np.array_equal(first, second)


def test_what_is_handed_out_is_the_callers_own() -> None:
    """Writing to a picture, or to its photons, changes nothing that comes after."""
    marred, whole = beads(), beads()
    light = Light("FITC", 3, 1e-3)
    for world in (marred, whole):
        photons, counts = world.render(VIEW, 10, light), world.picture(VIEW, 10, light)
        if world is marred:
            photons[:] = -1
            counts[:] = 0
    assert np.array_equal(marred.picture(VIEW, 10, light), whole.picture(VIEW, 10, light))


@pytest.mark.parametrize("bleach_j_per_cm2", [0.5, 3.0])
def test_dye_bleaches_with_the_constant_that_was_asked(bleach_j_per_cm2: float) -> None:
    """The exponential fitted to the pictures of a beam that bleaches has the constant, to 5 %."""
    imaging = Imaging(optics=Optics(falloff=0.0), background=0.0)
    specimen = Beads(1, count=300, size_um=SLIDE, bleach_j_per_cm2=bleach_j_per_cm2)
    world = World(specimen, imaging)
    step_j_per_cm2 = bleach_j_per_cm2 / 10
    light = Light("FITC", power_mw=step_j_per_cm2 / 0.1 * 0.01 * 1e3, area_cm2=0.01)
    dark = world.picture(VIEW, 100, None).mean()
    signals = [world.picture(VIEW, 100, light).mean() - dark for _ in range(20)]
    rate = -np.polyfit(np.arange(20) * step_j_per_cm2, np.log(signals), 1)[0]
    assert 1 / rate == pytest.approx(bleach_j_per_cm2, rel=0.05)
    left = math.exp(-20 * step_j_per_cm2 / bleach_j_per_cm2)
    assert world.health.dye_left == pytest.approx(left, rel=1e-6)


def test_time_does_not_go_back() -> None:
    """A world refuses to go to a time that has passed, or that is no number."""
    world = beads()
    world.advance(10.0)
    world.advance(10.0)
    for t_s in (9.9, math.nan):
        with pytest.raises(ValueError, match="can't go to"):
            world.advance(t_s)
    assert world.t_s == 10.0


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"x_um": math.nan}, "View.x_um"),
        ({"z_um": math.inf}, "View.z_um"),
        ({"pixel_size_um": 0.0}, "View.pixel_size_um"),
        ({"pixel_size_um": -0.3}, "View.pixel_size_um"),
        ({"sensor_px": (512,)}, "View.sensor_px"),
        ({"sensor_px": (512, 0)}, "View.sensor_px"),
        ({"sensor_px": (512.0, 512)}, "View.sensor_px"),
        ({"roi": (0, 0, 81, 10)}, "View.roi"),
        ({"roi": (-1, 0, 10, 10)}, "View.roi"),
        ({"roi": (10, 10, 0, 5)}, "View.roi"),
        ({"roi": (0, 60, 10, 5)}, "View.roi"),
    ],
    ids=str,
)
def test_impossible_views_are_refused_by_name(settings: dict[str, object], named: str) -> None:
    """A view that no camera has is refused, and the error names the setting."""
    with pytest.raises(ProtocolError, match=named):
        replace(VIEW, **settings)


@pytest.mark.parametrize(
    "settings",
    [
        {"background": -1.0},
        {"background": math.nan},
        {"seed": -1},
        {"seed": 1.0},
        {"optics": None},
        {"sensor": Optics()},
        {"drift": 3.0},
    ],
    ids=str,
)
def test_impossible_imaging_is_refused_by_name(settings: dict[str, object]) -> None:
    """Imaging made of the wrong things is refused, and the error names the setting."""
    (name,) = settings
    with pytest.raises(ProtocolError, match=rf"Imaging\.{name}"):
        Imaging(**settings)


def signal_to_noise(imaging: Imaging, light: Light) -> float:
    """Return how far beads stand out from what two pictures of the dim rest differ by."""
    world = World(Beads(2, count=100, size_um=SLIDE, bleach_j_per_cm2=1e6), imaging)
    expected = world.render(VIEW, 10, light)
    bright = expected > 0.5 * expected.max()
    one, other = (world.picture(VIEW, 10, light).astype(float) for _ in range(2))
    stands_out = (one + other)[bright].mean() / 2 - np.median(one)
    return float(stands_out / ((one - other)[~bright].std() / np.sqrt(2)))


def test_a_pair_of_conditions_shows_equal_biology_worse() -> None:
    """Specimen, doses and bleaching are the same; the signal stands out half as far at most."""
    good, poor = conditions(Imaging(seed=4))
    light = Light("FITC", 20.0, 1e-3)
    worlds = [beads(3, imaging=imaging) for imaging in (good, poor)]
    for world in worlds:
        world.advance(100.0)
        world.expose(VIEW, 500, light)
    assert worlds[0].health == worlds[1].health
    assert np.array_equal(worlds[0].specimen._dose, worlds[1].specimen._dose)
    assert signal_to_noise(poor, light) < 0.5 * signal_to_noise(good, light)


@pytest.mark.parametrize(
    ("setting", "better"),
    [("haze", 0.0), ("noise", 1.0), ("light", 1.0), ("background", 1.0)],
)
def test_each_difference_of_a_pair_can_be_left_out(setting: str, better: float) -> None:
    """With all four left out, the two conditions are one; with one of them alone they differ."""
    none = {"haze": 0.0, "noise": 1.0, "light": 1.0, "background": 1.0}
    good, same = conditions(**none)
    assert good == same
    only = {key: value for key, value in none.items() if key != setting}
    good, other = conditions(**only)
    assert good != other
    assert none[setting] == better


@pytest.mark.parametrize(
    "settings",
    [{"noise": 0.0}, {"light": -1.0}, {"light": 3.0}, {"background": math.nan}, {"haze": 2.0}],
    ids=str,
)
def test_impossible_pairs_are_refused(settings: dict[str, float]) -> None:
    """A worse condition that can't exist is refused by name."""
    with pytest.raises(ProtocolError, match=r"conditions\.|Optics\.haze|Sensor\.quantum"):
        conditions(Imaging(sensor=Sensor(read_noise_e=1.0)), **settings)
