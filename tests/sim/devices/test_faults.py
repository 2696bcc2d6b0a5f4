"""Devices of a virtual microscope that fail by a script."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from useq import MDAEvent

from saccade.core import HungError, LitError, ProtocolError
from saccade.run import Run
from saccade.testing import Fault, MemorySink

if TYPE_CHECKING:
    from collections.abc import Callable

    from saccade.scope import MicroManagerScope

    Make = Callable[..., MicroManagerScope]

PLAN = [MDAEvent(index={"t": i}, x_pos=9.0 * i, z_pos=1.0 * i, exposure=5.0) for i in range(5)]


def play(scope: MicroManagerScope) -> MemorySink:
    sink = MemorySink()
    run = Run(scope, PLAN, sink=sink, clock=scope.clock)
    run.start().wait(20.0)
    return sink


CASES: dict[str, dict[str, Any]] = {
    "camera": {"device": "Camera", "call": "expose"},
    "stage": {"device": "XY", "call": "set_position_um"},
    "stage, wrong": {"device": "XY", "call": "set_position_um", "what": "wrong"},
    "stage, nan": {"device": "XY", "call": "get_position_um", "what": "nan"},
    "focus": {"device": "Z", "call": "set_position_um"},
    "focus, elsewhere": {"device": "Z", "call": "set_position_um", "what": "wrong", "value": 70.0},
    "exposure": {"device": "Camera", "call": "set_exposure", "what": "wrong"},
    "shutter": {"device": "Shutter", "call": "set_open"},
    "shutter closes late": {"device": "Shutter", "call": "shut_with_exposure", "what": "slow"},
}


@pytest.mark.parametrize("case", CASES)
def test_a_device_that_fails_once_costs_a_try_at_most(make: Make, case: str) -> None:
    """The fault comes, and the run has every frame, where it should be."""
    scope = make(faults=[CASES[case]])
    sink = play(scope)
    assert [each.call for each in scope.core.faults.happened] == [CASES[case]["call"]]
    assert [frame.index for frame in sink.frames] == [0, 1, 2, 3, 4]
    for frame, event in zip(sink.frames, PLAN, strict=True):
        assert frame.x_um == pytest.approx(event.x_pos, abs=0.5)
        assert frame.exposure_ms == 5.0


@pytest.mark.parametrize(
    ("device", "call"), [("Camera", "expose"), ("XY", "set_position_um"), ("Shutter", "set_open")]
)
def test_a_device_that_is_broken_costs_the_frames_from_there(
    make: Make, device: str, call: str
) -> None:
    """Nothing is filed that was not taken, and the run says so."""
    sink = play(make(faults=[{"device": device, "call": call, "on": 3, "times": None}]))
    assert len(sink.frames) < 5
    assert str(sink.verdict) == "completed_with_gaps"
    assert not any(math.isnan(frame.x_um or 0) for frame in sink.frames)


SHUTTER = {"device": "Shutter", "call": "shut_with_exposure", "on": 2}


def test_a_shutter_that_stays_open_is_closed_after_the_exposure(make: Make) -> None:
    """It is told so, and the frame is charged with more light than it asked for."""
    scope = make(faults=[{**SHUTTER, "what": "wrong"}])
    sink = play(scope)
    assert not scope.core.getShutterOpen()
    assert [frame.exposures for frame in sink.frames] == [1, 2, 1, 1, 1]
    assert "Shutter was open after an exposure: closed" in str(sink.of("failure"))


def test_a_picture_that_a_shutter_spoilt_is_not_lit_again(make: Make) -> None:
    """Where the exposure fails and leaves it open it is closed, charged, and a gap at once."""
    scope = make(faults=[{**SHUTTER, "what": "raise"}])
    sink = play(scope)
    assert not scope.core.getShutterOpen()
    assert [(frame.index, frame.exposures) for frame in sink.frames] == [
        (index, 1) for index in (0, 2, 3, 4)
    ]
    (gap,) = sink.of("gap")
    assert (gap.index, gap.exposures) == (1, 2)
    assert "on for too long to try again" in gap.reason
    assert "Shutter was open after an exposure: closed" in str(sink.of("failure"))


def test_light_beyond_the_exposure_is_charged(make: Make) -> None:
    """A camera that dawdles while the shutter is open costs the light that it costs."""
    scope = make(faults=[{"device": "Camera", "call": "expose", "what": "slow", "on": 2, "ms": 32}])
    scope._manners = type(scope._manners)(open_ms=2.0)
    sink = play(scope)
    assert [frame.exposures for frame in sink.frames] == [1, 1 + 7, 1, 1, 1]
    assert "had the shutter open for 39 ms" in str(sink.of("failure"))


def test_a_shutter_that_can_not_be_closed_ends_the_run(make: Make) -> None:
    """Nothing more is exposed, and what is left is said to be lit."""
    stuck = {"device": "Shutter", "call": "set_open", "what": "wrong", "value": True}
    scope = make(faults=[SHUTTER | {"what": "wrong", "times": None}, stuck | {"times": None}])
    sink = MemorySink()
    run = Run(scope, PLAN, sink=sink, clock=scope.clock)
    with pytest.raises(LitError, match="Shutter does not close"):
        run.start().wait(20.0)
    assert [frame.index for frame in sink.frames] == [0]
    assert "NOT SAFE: still open" in str(sink.of("safe"))
    assert str(run.verdict).startswith("failed")


def test_a_device_that_hangs_ends_the_run(make: Make) -> None:
    """Also in virtual time: a driver hangs in real time."""
    scope = make(faults=[{"device": "XY", "call": "set_position_um", "what": "hang", "on": 3}])
    scope._manners = type(scope._manners)(call_s=0.2)
    run = Run(scope, PLAN, sink=(sink := MemorySink()), clock=scope.clock)
    with pytest.raises(HungError):
        run.start().wait(20.0)
    scope.core.faults.heal()
    assert [frame.index for frame in sink.frames] == [0, 1]


def test_faults_can_be_planned_later_and_forgotten(make: Make) -> None:
    """A script of the user's own needs no protocol."""
    scope = make()
    scope.core.faults.plan(Fault(device="Camera", call="expose", times=None))
    assert not play(scope).frames
    scope.core.faults.heal()
    assert len(play(scope).frames) == 5


@pytest.mark.parametrize(
    ("fault", "hint"),
    [
        pytest.param({"device": "XYZ"}, "Did you mean 'XY'", id="device"),
        pytest.param({"call": "set_position"}, "Did you mean 'set_position_um'", id="call"),
        pytest.param({"whats": "raise"}, "Did you mean 'what'", id="setting"),
        pytest.param({"what": "rise"}, "Did you mean 'raise'", id="what"),
    ],
)
def test_an_impossible_fault_is_refused(make: Make, fault: dict[str, Any], hint: str) -> None:
    """A misspelt fault is told when the microscope is made."""
    with pytest.raises(ProtocolError, match=hint):
        make(faults=[fault])
