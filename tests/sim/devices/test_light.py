"""Light reaches the sample only where and while the devices let it, and all of it counts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from useq import MDAEvent

from saccade.guard import Dose
from saccade.run import Run
from saccade.scope import load
from saccade.testing import MemorySink

DARK = {"count": 1, "size_um": [10.0, 10.0]}
GLOW = 1e5
"""A background that makes the whole field glow, so that a picture shows the light."""


def even(make, **settings):
    """Return a microscope whose light is even, and whose field glows as it is lit."""
    return make(
        specimen=DARK,
        background=GLOW,
        optics={"falloff": 0.0, "haze": 0.0},
        sensor={"fixed_pattern": 0.0, "hot_pixels": 0.0},
        **settings,
    )


def snap(core):
    core.snapImage()
    return core.getImage().astype(float)


def dose(scope) -> float:
    return scope.world.health.dose_j_per_cm2


def test_the_dose_is_power_times_exposure_over_area(make):
    """Two exposures of 20 ms at 2 mW on 1e-3 cm² are 80 mJ/cm², exactly."""
    scope = even(make, lights={"FITC": {"power_mw": 2.0, "area_cm2": 1e-3}})
    scope.core.setExposure(20)
    for taken in (1, 2):
        snap(scope.core)
        assert dose(scope) == pytest.approx(taken * 2.0 * 20e-3 / 1e-3 * 1e-3, rel=1e-9)


def test_the_power_of_a_source_is_a_property(make):
    """Half the power gives half the dose and half the light, and reads back in mW."""
    scope = even(make, lights={"FITC": {"power_mw": 2.0, "area_cm2": 1e-3}})
    bright = snap(scope.core).mean() - 100
    whole = dose(scope)
    scope.core.setProperty("FITC Light", "Power", 50)
    assert float(scope.core.getProperty("FITC Light", "Power_mW")) == 1.0
    assert (snap(scope.core).mean() - 100) / bright == pytest.approx(0.5, rel=0.01)
    assert dose(scope) == pytest.approx(1.5 * whole, rel=1e-9)


@pytest.mark.parametrize("how", ["shutter", "source"])
def test_without_light_a_picture_is_dark_and_harmless(make, how):
    """A closed shutter, or a source that is off, gives the camera's offset and no dose."""
    scope = even(make)
    if how == "shutter":
        scope.core.setAutoShutter(False)
    else:
        scope.core.setProperty("FITC Light", "State", 0)
    assert snap(scope.core).mean() == pytest.approx(100, abs=0.5)
    assert dose(scope) == 0


def test_the_auto_shutter_opens_for_the_exposure_alone(make):
    """UniMMCore does not open a Python shutter around a snap; this core does."""
    scope = even(make)
    assert snap(scope.core).mean() > 200
    assert not scope.core.getShutterOpen()
    taken = dose(scope)
    scope.clock.advance(3600)
    assert dose(scope) == taken


def test_a_shutter_left_open_goes_on_hurting(make):
    """Light that nobody needs acts for as long as it shines, in world time."""
    scope = even(make, lights={"FITC": {"power_mw": 1.0, "area_cm2": 1e-3}})
    scope.core.setShutterOpen("Shutter", True)
    scope.core.waitForDevice("Shutter")
    assert dose(scope) == 0, "it opens first"
    scope.clock.advance(100)
    assert dose(scope) == pytest.approx(100.0, rel=1e-9)
    scope.core.setShutterOpen("Shutter", False)
    scope.clock.advance(100)
    assert dose(scope) == pytest.approx(100.0, rel=1e-9)


def test_nothing_is_seen_while_the_wheel_turns(make):
    """Between two filters no light reaches the camera, though it reaches the sample."""
    scope = make("sim:dividing-nuclei", clock="virtual", sensor_px=[256, 256])
    core = scope.core
    for channel in ("Cy5", "FITC"):
        core.setConfig("Channel", channel)
        assert core.deviceBusy("Filter Wheel")
        assert snap(core).mean() == pytest.approx(100, abs=1)
    assert dose(scope) > 0
    core.waitForSystem()
    assert snap(core).mean() > 105


def test_a_mask_lights_what_it_covers_and_nothing_else(make):
    """A square on the modulator falls where the stand's affine says, to half a pixel."""
    scope = even(make)
    matrix = np.array(scope.stand().details["slm_to_camera"])
    mask = np.zeros((256, 256), np.uint8)
    mask[90:130, 120:150] = 255
    scope.core.setSLMImage("SLM", mask)
    scope.core.displaySLMImage("SLM")
    picture = snap(scope.core) - 100
    rows, cols = np.nonzero(picture > picture.max() / 2)
    expected = matrix @ ((120 + 149) / 2, (90 + 129) / 2, 1)
    assert (cols.mean(), rows.mean()) == pytest.approx(expected, abs=0.5)
    area = 40 * 30 * abs(np.linalg.det(matrix[:, :2]))
    assert len(rows) == pytest.approx(area, rel=0.05)
    around = (abs(np.arange(64) - rows.mean()) > 20)[:, None] | (
        abs(np.arange(96) - cols.mean()) > 20
    )
    assert abs(picture[around].mean()) < 0.5 < picture.max() / 100


def test_a_dark_mask_spares_the_specimen(make):
    """Where the modulator is dark nothing is harmed; all at full, it is no hindrance."""
    scope = even(make)
    scope.core.setSLMPixelsTo("SLM", 0)
    scope.core.displaySLMImage("SLM")
    snap(scope.core)
    assert dose(scope) == 0
    scope.core.setSLMPixelsTo("SLM", 255)
    scope.core.displaySLMImage("SLM")
    assert snap(scope.core).mean() > 200
    assert dose(scope) > 0


def test_a_mask_with_an_exposure_goes_dark_by_itself(make):
    """Shown for 5 ms of an exposure of 20, a mask gives a quarter of the dose."""
    scope = even(make, mechanics={"shutter_ms": 0.0})
    scope.core.setExposure(20)
    scope.core.setSLMExposure("SLM", 5.0)
    scope.core.setSLMPixelsTo("SLM", 254)
    scope.core.displaySLMImage("SLM")
    short = snap(scope.core).mean() - 100
    quarter = dose(scope)
    scope.core.setSLMExposure("SLM", 0.0)
    scope.core.displaySLMImage("SLM")
    assert short / (snap(scope.core).mean() - 100) == pytest.approx(0.25, rel=0.02)
    assert dose(scope) == pytest.approx(5 * quarter, rel=1e-9)


STEPS = st.sampled_from(["snap", "open", "close", "on", "off", "wait", "mask", "bare"])


@settings(max_examples=25)
@given(steps=st.lists(STEPS, min_size=1, max_size=14))
def test_every_joule_is_counted_once(steps):
    """Whatever is opened, switched, masked and snapped in whatever order, the dose is its sum."""
    scope = load(
        "sim:beads",
        sim={
            "clock": "virtual",
            "sensor_px": [8, 8],
            "specimen": {"count": 1, "size_um": [0.1, 0.1]},
            "optics": {"falloff": 0.0},
            "mechanics": {"shutter_ms": 0.0},
            "lights": {"FITC": {"power_mw": 1.0, "area_cm2": 1e-3}},
        },
    )
    core, is_open, on, share, lit_s = scope.core, False, True, 1.0, 0.0
    core.setAutoShutter(False)
    core.setExposure(250)
    for step in steps:
        passed_s = 0.25 if step == "snap" else 7.5 if step == "wait" else 0.0
        match step:
            case "snap":
                core.snapImage()
            case "open" | "close":
                is_open = step == "open"
                core.setShutterOpen("Shutter", is_open)
            case "on" | "off":
                on = step == "on"
                core.setProperty("FITC Light", "State", int(on))
            case "wait":
                scope.clock.advance(7.5)
            case "mask" | "bare":
                share = 0.4 if step == "mask" else 1.0
                core.setSLMPixelsTo("SLM", round(255 * share))
                core.displaySLMImage("SLM")
        lit_s += passed_s * share if is_open and on else 0.0
    assert scope.world.health.dose_j_per_cm2 == pytest.approx(lit_s, rel=1e-6, abs=1e-12)
    core.unloadAllDevices()


def test_the_ledger_knows_how_strong_the_light_was(make):
    """Whoever dims a source, the world's own dose is that of the ledger; labels tell its power."""
    flat = {"falloff": 0.0}
    scope = make("sim:dividing-nuclei", clock="virtual", sensor_px=[64, 96], optics=flat)
    guard = Dose(limit_j_per_cm2=10)
    at = {"x_pos": 0.0, "y_pos": 0.0, "exposure": 100}
    powers = 100, 25, 0
    events = [MDAEvent(properties=[("FITC Light", "Power", each)], **at) for each in powers]
    sink = MemorySink()
    Run(scope, events, sink=sink, clock=scope.clock, guards=guard).start().wait(60)
    full_mw = scope.stand().lights[0].power_mw
    assert [frame.light_mw for frame in sink.frames] == [
        {"FITC": full_mw * each / 100} for each in powers
    ]
    assert guard.spent_j_per_cm2 == pytest.approx(0.1 * 1.25)
    had = scope.world.health.dose_j_per_cm2
    assert 0.9 * guard.spent_j_per_cm2 < had <= guard.spent_j_per_cm2 * (1 + 1e-9)
