"""Labels: light, recorded properties, optics and place of a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from scope_rig import Rig
from useq import MDAEvent

from saccade.core import LightSource, SettingError
from saccade.scope._label import Labels, sensor_size

if TYPE_CHECKING:
    from saccade.testing import FaultyCore

UV = LightSource("uv", 5.0, 1e-4, ("DAPI",))
WHITE = LightSource("white", 2.0, 1e-4)


@pytest.mark.parametrize(
    ("channel", "lit"),
    [
        pytest.param("DAPI", {"uv": 5.0, "white": 2.0}, id="two sources"),
        pytest.param("FITC", {"white": 2.0}, id="one source"),
        pytest.param(None, {"uv": 5.0, "white": 2.0}, id="the one that was set before"),
    ],
)
def test_a_frame_says_what_light_it_was_taken_in(
    core: FaultyCore, channel: str | None, lit: dict[str, float]
) -> None:
    """Every source that the channel lights is on the label, with its power."""
    core.setConfig("Channel", "DAPI")
    rig = Rig(core, lights=(UV, WHITE))
    (frame,) = rig.play([MDAEvent(channel=channel and {"config": channel})]).frames
    assert frame.light_mw == lit


def test_a_frame_that_names_no_channel_has_the_one_that_is_set(core: FaultyCore) -> None:
    """The channel on the label is read from the hardware, unless it is none that is known."""
    core.setConfig("Channel", "Cy5")
    odd = [("Dichroic", "State", 9)]
    one, other = Rig(core).play([MDAEvent(), MDAEvent(properties=odd)]).frames
    assert (one.channel, other.channel) == ("Cy5", None)


def test_recorded_properties_are_those_at_the_exposure(core: FaultyCore) -> None:
    """What the profile asks to be recorded is read anew for every frame."""
    plan = [MDAEvent(properties=[("Camera", "Gain", i)]) for i in (2, 5)]
    frames = Rig(core, recorded=(("Camera", "Gain"),)).play(plan).frames
    assert [frame.properties for frame in frames] == [{"Camera.Gain": "2"}, {"Camera.Gain": "5"}]


def test_the_way_the_camera_is_mounted_is_on_the_label(core: FaultyCore) -> None:
    """A point in the picture is where the camera's rotation and the pixel size put it."""
    preset = core.getCurrentPixelSizeConfig()
    size_um = core.getPixelSizeUm()
    core.setPixelSizeAffine(preset, (0.0, -size_um, 0.0, size_um, 0.0, 0.0))  # a quarter turn
    (frame,) = Rig(core).play([MDAEvent(x_pos=100.0, y_pos=50.0)]).frames
    height, width = frame.pixels.shape
    x_um, y_um = frame.to_um((height - 1) / 2 + 10, (width - 1) / 2)
    assert x_um == pytest.approx((frame.x_um or 0) - 10 * size_um)
    assert y_um == pytest.approx(frame.y_um)


@pytest.mark.parametrize("binning", ["1", "2"])
def test_a_camera_whose_mounting_nobody_has_told_lies_along_the_axes(
    core: FaultyCore, binning: str
) -> None:
    """Where a calibration has a size and no affine, a pixel is as wide as the size says."""
    core.setPixelSizeUm(core.getCurrentPixelSizeConfig(), 0.25)
    core.setProperty("Camera", "Binning", binning)
    (frame,) = Rig(core).play([MDAEvent(x_pos=100.0, y_pos=50.0)]).frames
    height, width = frame.pixels.shape
    x_um, y_um = frame.to_um((height - 1) / 2 + 4, (width - 1) / 2 + 8)
    size_um = 0.25 * int(binning)
    assert (x_um, y_um) == pytest.approx((100 + 8 * size_um, 50 + 4 * size_um), abs=0.02)


def test_the_size_of_the_sensor_is_found_and_the_region_kept(core: FaultyCore) -> None:
    """Asking for the whole sensor leaves the region that was set."""
    core.setROI(4, 6, 20, 10)
    assert sensor_size(core) == (64, 48)
    assert tuple(core.getROI()) == (4, 6, 20, 10)
    assert Labels(core, (), ()).sensor_px == (64, 48)
    core.setProperty("Camera", "Binning", "2")
    assert Labels(core, (), ()).sensor_px == (32, 24)


def test_an_objective_that_nobody_has_calibrated_disturbs_no_frame(core: FaultyCore) -> None:
    """A calibration without a size counts as 1 µm a pixel, before the exposure and after."""
    preset = core.getCurrentPixelSizeConfig()
    core.setPixelSizeUm(preset, 0.0)
    rig = Rig(core)
    (frame,) = rig.play([MDAEvent()]).frames
    assert frame.pixel_size_um == 1.0


@pytest.mark.parametrize("call", ["getImageWidth", "getImageHeight"])
def test_a_sensor_of_another_size_than_its_region_is_not_believed(
    core: FaultyCore, call: str
) -> None:
    """One wrong answer about its size begins no run."""
    core.fault(call, "wrong")
    with pytest.raises(SettingError, match="sensor"):
        sensor_size(core)
    core.heal()
    assert sensor_size(core) == (64, 48)
