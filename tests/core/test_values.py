"""The values that travel down the line."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saccade.core import (
    Action,
    Gap,
    Identity,
    LightSource,
    Observation,
    Point,
    Refusal,
    Span,
    State,
    Verdict,
)
from saccade.testing import frame_of
from saccade.testing import strategies as some

_ROTATED = (0.0, -1.0, 1.0, 0.0)


@pytest.mark.parametrize(
    ("shape", "known", "y_x", "expected"),
    [
        pytest.param((3, 5), {}, (1, 2), (100.0, 200.0), id="centre of an odd frame"),
        pytest.param((2, 4), {}, (0.5, 1.5), (100.0, 200.0), id="centre of an even frame"),
        pytest.param((3, 5), {}, (0, 0), (99.0, 199.5), id="first pixel"),
        pytest.param((3, 5), {}, (2, 4), (101.0, 200.5), id="last pixel"),
        pytest.param((3, 5), {"pixel_size_um": 2.0}, (0, 0), (96.0, 198.0), id="pixel size"),
        pytest.param(
            (2, 2),
            {"roi": (10, 20, 2, 2), "sensor_px": (21, 41)},
            (0, 0),
            (100.0, 200.0),
            id="a ROI that begins at the centre of the sensor",
        ),
        pytest.param(
            (2, 2),
            {"roi": (0, 0, 2, 2), "sensor_px": (21, 41)},
            (0, 0),
            (95.0, 190.0),
            id="a ROI in the corner of the sensor",
        ),
        pytest.param((3, 5), {"affine": _ROTATED}, (0, 2), (100.5, 200.0), id="camera turned"),
        pytest.param(
            (3, 5), {"affine": (-1.0, 0.0, 0.0, 1.0)}, (1, 4), (99.0, 200.0), id="camera mirrored"
        ),
        pytest.param(
            (3, 5), {"affine": (1.0, 0.5, 0.0, 1.0)}, (2, 2), (100.25, 200.5), id="camera sheared"
        ),
    ],
)
def test_a_pixel_shows_this_place(shape, known, y_x, expected):
    """A pixel is as far from the stage position as it is from the centre of the sensor."""
    known = {"pixel_size_um": 0.5, **known}
    frame = frame_of(np.zeros(shape, np.uint8), x_um=100.0, y_um=200.0, **known)
    assert frame.to_um(*y_x) == pytest.approx(expected)


@given(
    left=st.integers(0, 50),
    top=st.integers(0, 50),
    y_px=st.integers(0, 9),
    x_px=st.integers(0, 9),
    affine=st.tuples(*[st.floats(-2, 2)] * 4),
)
def test_a_place_is_the_same_in_a_roi_and_in_the_whole_frame(left, top, y_px, x_px, affine):
    """Cropping the camera moves no object."""
    known = {"sensor_px": (60, 60), "x_um": 3.0, "y_um": -4.0, "affine": affine}
    whole = frame_of(np.zeros((60, 60), np.uint8), **known)
    cropped = frame_of(np.zeros((10, 10), np.uint8), roi=(left, top, 10, 10), **known)
    assert cropped.to_um(y_px, x_px) == whole.to_um(top + y_px, left + x_px)


def test_a_frame_without_a_stage_is_around_the_origin():
    """Where no stage tells a position, places are relative to the centre of the frame."""
    assert frame_of(np.zeros((3, 3), np.uint8)).to_um(1, 1) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        pytest.param(
            Observation(1, (Point(0, 0, 1.0, 5, 6), Point(0, 0, 2.0, 7, 8))), (7, 8), id="points"
        ),
        pytest.param(Observation(1, at_um=(3.0, 4.0, 5.0)), (3.0, 4.0), id="no points"),
        pytest.param(Observation(1), (0.0, 0.0), id="no stage either"),
    ],
)
def test_the_brightest_is_the_strongest_point_or_the_frames_centre(seen, expected):
    """A story can always ask where to go."""
    assert seen.brightest == expected


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(frame_of([[1]]), id="frame"),
        pytest.param(Observation(0.5), id="observation"),
        pytest.param(Action(), id="action"),
        pytest.param(Verdict("completed"), id="verdict"),
    ],
)
def test_values_cannot_be_changed(value):
    """What has been journalled stays what it was."""
    name = dataclasses.fields(value)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, name, None)


def test_an_observation_is_equal_whatever_it_took():
    """Durations, clocks and label images don't make two observations different."""
    labels = np.zeros((2, 2), np.uint8)
    assert Observation(0.5) == Observation(0.5, elapsed_ms=3.0, t_ns=7, labels=labels)
    assert Observation(0.5) != Observation(0.5, detector=Identity("other"))


def test_only_an_action_without_a_frame_is_planned():
    """What was decided before the first frame is decided all the same."""
    assert Action().planned
    assert not Action(frame=-1).planned
    assert not Action(frame=0).planned


@pytest.mark.parametrize(
    ("channels", "channel", "expected"),
    [
        pytest.param((), "FITC", True, id="a source of every channel"),
        pytest.param((), None, True, id="a source of every channel, none named"),
        pytest.param(("FITC",), "FITC", True, id="its channel"),
        pytest.param(("FITC",), "DAPI", False, id="another channel"),
        pytest.param(("FITC",), None, False, id="no channel"),
    ],
)
def test_a_source_lights_its_channels(channels, channel, expected):
    """A source without channels is lit in all of them."""
    assert LightSource("lamp", 1.0, 1.0, channels).lights(channel) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(0.0, True, id="lower end"),
        pytest.param(2, True, id="upper end"),
        pytest.param(2.0000001, False, id="beyond"),
        pytest.param(math.nan, False, id="NaN"),
        pytest.param(math.inf, False, id="infinity"),
        pytest.param("1", False, id="text"),
    ],
)
def test_a_span_holds_its_ends_and_no_nan(value, expected):
    """NaN is within no limits."""
    assert (value in Span(0.0, 2.0)) is expected


def test_ended_states_are_the_last_three():
    """Nothing comes after finished, stopped or failed."""
    assert [state for state in State if state.ended] == [
        State.FINISHED,
        State.STOPPED,
        State.FAILED,
    ]


def test_a_verdict_reads_as_its_name_and_reason():
    """A person can read a verdict."""
    assert str(Verdict("completed")) == "completed"
    assert str(Verdict("failed", "no light")) == "failed: no light"


@given(some.gaps(), some.refusals())
def test_gaps_and_refusals_are_values(gap, refusal):
    """Two that say the same are the same."""
    assert dataclasses.replace(gap) == gap
    assert dataclasses.replace(refusal) == refusal
    assert isinstance(gap, Gap)
    assert isinstance(refusal, Refusal)
