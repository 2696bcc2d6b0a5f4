"""Events and frames completed with what holds where nothing is named."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from useq import MDAEvent

from saccade.core import Stand
from saccade.run._fill import as_found, as_it_was, blank, fill, inherit, named
from saccade.testing import frame_of
from saccade.testing import strategies as some

_FIELDS = ("x_pos", "y_pos", "z_pos", "channel", "exposure", "roi")


@given(some.events(), some.events())
def test_what_is_named_stays_and_what_is_not_is_filled(event, base):
    """Filling changes nothing that an event names, and leaves out nothing that the base names."""
    filled = fill(event, base)
    for name in _FIELDS:
        own = getattr(event, name)
        assert getattr(filled, name) == (getattr(base, name) if own is None else own)
    assert filled.index == event.index
    assert filled.min_start_time == event.min_start_time


@given(some.events(), some.events())
def test_only_the_given_settings_are_filled(event, base):
    """What nobody moved is not set again."""
    filled = fill(event, base, {"z_pos"})
    assert filled.x_pos == event.x_pos
    assert filled.channel == event.channel


@pytest.mark.parametrize(
    ("event", "index"),
    [
        pytest.param(MDAEvent(index={"t": 3}), {"p": 2, "g": 1, "t": 3}, id="at the frame's place"),
        pytest.param(MDAEvent(index={"p": 5}), {"p": 5, "g": 1}, id="names a position"),
        pytest.param(MDAEvent(x_pos=1.0, index={"t": 3}), {"t": 3}, id="goes elsewhere"),
        pytest.param(MDAEvent(z_pos=1.0), {"p": 2, "g": 1}, id="another plane of the place"),
    ],
)
def test_an_action_belongs_to_the_place_of_its_frame(event, index):
    """A burst that names no place is at the frame's, and its frames say so."""
    base = MDAEvent(x_pos=7.0, y_pos=8.0, index={"p": 2, "g": 1, "t": 40, "c": 0})
    inherited = inherit(event, base)
    assert dict(inherited.index) == index
    assert inherited.x_pos == (7.0 if event.x_pos is None else event.x_pos)


@given(some.events())
def test_named_are_the_settings_of_the_microscope(event):
    """Settings are what must be put back after an action."""
    assert named([event]) == {name for name in _FIELDS if getattr(event, name) is not None}
    assert named([]) == frozenset()


def test_a_frame_can_be_taken_again_as_the_hardware_had_it():
    """What was not asked for is read from the label."""
    frame = frame_of(
        np.zeros((2, 2), np.uint16),
        event=MDAEvent(),
        x_um=1.0,
        y_um=2.0,
        z_um=3.0,
        exposure_ms=4.0,
        channel="FITC",
        roi=(5, 6, 2, 2),
    )
    again = as_it_was(frame, "Channel")
    assert (again.x_pos, again.y_pos, again.z_pos, again.exposure) == (1.0, 2.0, 3.0, 4.0)
    assert (again.channel.config, again.channel.group) == ("FITC", "Channel")
    assert (again.roi.offset_x, again.roi.offset_y, again.roi.width, again.roi.height) == (
        *(5, 6),
        *(2, 2),
    )


def test_what_was_asked_for_is_asked_for_again():
    """Going back to what was read back would creep by the stage's error each time."""
    asked = MDAEvent(x_pos=10.0, exposure=5.0, channel="FITC")
    frame = frame_of([[1]], event=asked, x_um=10.2, exposure_ms=5.01, channel="FITC")
    again = as_it_was(frame, "Channel")
    assert (again.x_pos, again.exposure) == (10.0, 5.0)


def test_without_a_group_no_channel_is_named():
    """A channel that can't be set is not asked for."""
    assert as_it_was(frame_of([[1]], channel="FITC"), None).channel is None


@pytest.mark.parametrize(
    ("stand", "exposure", "channel"),
    [
        pytest.param(
            Stand("s", channel_group="G", channel="A", exposure_ms=7), 7, "A", id="channel"
        ),
        pytest.param(Stand("s", exposure_ms=7), 7, None, id="no channel"),
        pytest.param(Stand("s", exposure_ms=0), None, None, id="an exposure of 0 can't be set"),
    ],
)
def test_the_settings_that_a_run_found_can_be_asked_for(stand, exposure, channel):
    """Before the first frame, exposure and channel are as the run found them."""
    found = as_found(stand)
    assert found.exposure == exposure
    assert (found.channel and found.channel.config) == channel


def test_a_blank_frame_is_as_the_camera_would_give_it():
    """Detectors are warmed with a frame of the right shape and type."""
    frame = blank(Stand("s", shape_px=(3, 5), dtype="uint8", pixel_size_um=0.5))
    assert frame.pixels.shape == (3, 5)
    assert frame.pixels.dtype == np.uint8
    assert not frame.pixels.flags.writeable
    assert frame.index == -1
