"""Values to what JSON can hold, and back."""

from __future__ import annotations

import json
import math
from enum import Enum, IntEnum
from pathlib import PurePosixPath

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from useq import MDAEvent, MDASequence, SLMImage

from saccade.core import (
    Dimmer,
    LightSource,
    Observation,
    Span,
    Stand,
    State,
    event_from_plain,
    gap_from_plain,
    observation_from_plain,
    plain,
    plain_event,
    plain_frame,
    refusal_from_plain,
    stand_from_plain,
)
from saccade.testing import frame_of
from saccade.testing import strategies as some

_EVERY_FIELD = settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60)


def through_json(line):
    return json.loads(json.dumps(line, allow_nan=False))


@_EVERY_FIELD
@given(some.events())
def test_an_event_comes_back_as_it_was(event):
    """The journal keeps all that an event asks for, its mask included."""
    again = event_from_plain(through_json(plain_event(event)))
    assert again.model_dump(exclude={"slm_image"}) == event.model_dump(exclude={"slm_image"})
    assert (again.slm_image is None) == (event.slm_image is None)
    if event.slm_image is not None:
        before, after = np.asarray(event.slm_image), np.asarray(again.slm_image)
        assert after.dtype == before.dtype
        assert np.array_equal(after, before)
        assert again.slm_image.device == event.slm_image.device
        assert again.slm_image.exposure == event.slm_image.exposure


@_EVERY_FIELD
@given(some.observations())
def test_an_observation_comes_back_as_it_was(seen):
    """The journal keeps every number of an observation, bit for bit."""
    again = observation_from_plain(through_json(plain(seen)))
    assert again == seen
    assert (again.elapsed_ms, again.t_ns) == (seen.elapsed_ms, seen.t_ns)


@_EVERY_FIELD
@given(some.gaps())
def test_a_gap_comes_back_as_it_was(gap):
    """The journal keeps why there is no frame."""
    assert plain(gap_from_plain(through_json(plain(gap)))) == plain(gap)


@_EVERY_FIELD
@given(some.refusals())
def test_a_refusal_comes_back_as_it_was(refusal):
    """The journal keeps what was refused."""
    assert plain(refusal_from_plain(through_json(plain(refusal)))) == plain(refusal)


@_EVERY_FIELD
@given(some.decisions())
def test_a_decision_becomes_json(decision):
    """Every decision can be written as a line."""
    assert through_json(plain(decision)) == plain(decision)


@_EVERY_FIELD
@given(some.frames())
def test_a_frame_becomes_json_without_its_pixels(frame):
    """A line has the label and the shape of a frame, and nothing of the picture."""
    line = through_json(plain_frame(frame))
    assert "pixels" not in line
    assert tuple(line["shape"]) == frame.pixels.shape
    assert line["dtype"] == "uint16"
    assert line["index"] == frame.index
    assert event_from_plain(line["event"]).exposure == frame.event.exposure


def test_an_event_names_only_what_it_asks_for():
    """What is merely default takes no room in the journal."""
    assert plain_event(MDAEvent()) == {}
    assert plain_event(MDAEvent(exposure=5, x_pos=0)) == {"exposure": 5.0, "x_pos": 0.0}


def test_an_event_forgets_its_sequence():
    """A line does not repeat the whole plan."""
    (event,) = MDASequence(channels=["FITC"])
    assert event.sequence is not None
    assert plain_event(event) == {
        "index": {"c": 0},
        "channel": {"config": "FITC", "group": "Channel"},
    }


def test_a_mask_of_one_row_comes_back_with_its_shape():
    """A mask keeps its shape and type even where JSON would lose both."""
    mask = np.array([[True, False, True]])
    event = MDAEvent(slm_image=SLMImage(data=mask, device="SLM"))
    again = event_from_plain(through_json(plain_event(event)))
    assert np.asarray(again.slm_image).tolist() == [[True, False, True]]


class _Colour(Enum):
    RED = "red"


class _Count(IntEnum):
    TWO = 2


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(np.float32(0.5), 0.5, id="numpy float"),
        pytest.param(np.int64(3), 3, id="numpy int"),
        pytest.param(np.bool_(True), True, id="numpy bool"),
        pytest.param(State.HELD, "held", id="text enum"),
        pytest.param(_Count.TWO, 2, id="number enum"),
        pytest.param({1: (2, [3])}, {"1": [2, [3]]}, id="containers"),
        pytest.param(PurePosixPath("a/b"), "a/b", id="path"),
        pytest.param(None, None, id="nothing"),
        pytest.param({"b", "a", "c"}, ["a", "b", "c"], id="set, in order"),
        pytest.param(_Colour.RED, "red", id="plain enum"),
    ],
)
def test_anything_becomes_plain(value, expected):
    """A note may hold whatever its author has at hand."""
    line = plain(value)
    assert line == expected
    assert type(line) is type(expected)


def test_an_array_in_metadata_is_kept_whole():
    """An event may carry arrays in its metadata, and still be journalled."""
    line = through_json(plain_event(MDAEvent(metadata={"shift": np.arange(3)})))
    assert line["metadata"]["shift"]["shape"] == [3]


def test_nan_stays_nan():
    """A position that is no number is not turned into no position."""
    assert math.isnan(plain_event(MDAEvent(x_pos=math.nan))["x_pos"])


def test_label_images_and_pixels_never_reach_a_line():
    """Pictures go to the pixel store."""
    seen = Observation(1.0, labels=np.zeros((4, 4), np.uint8))
    assert "labels" not in plain(seen)
    assert "pixels" not in plain(frame_of([[1, 2]]))


def test_a_stand_comes_back_as_it_was_written() -> None:
    """What ``run.json`` tells of a microscope is the stand that guards and detectors learn."""
    stand = Stand(
        "stand",
        lights=(
            LightSource("LED", 2.0, 0.005, ("FITC",)),
            LightSource(
                "laser", 2.0, 0.005, (), Dimmer("Laser", "Power", 50.0, "off", {"Cy5": "1"})
            ),
        ),
        limits={"z_um": Span(-10.0, 10.0)},
        channels=("FITC", "DAPI"),
        shape_px=(512, 256),
        modifiable=("xy", "z"),
        details={"camera": "Camera"},
    )
    assert stand_from_plain(json.loads(json.dumps(plain(stand)))) == stand
