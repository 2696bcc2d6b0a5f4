"""The core on which faults can be planned."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from mm_test_adapters import device_adapter_path

from saccade.scope import import_quietly

import_quietly()

from saccade.testing import FaultyCore  # noqa: E402 - only after a quiet import

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def core() -> Iterator[FaultyCore]:
    """Give the demo configuration."""
    core = FaultyCore(mm_path=str(device_adapter_path()))
    core.loadSystemConfiguration()
    core.setCircularBufferMemoryFootprint(4)
    core.setProperty("Camera", "FastImage", 1)
    core.setExposure(1.0)
    core.calls.clear()
    yield core
    core.heal()
    core.unloadAllDevices()


def test_without_faults_it_is_the_core_that_it_was(core: FaultyCore) -> None:
    """Commands work, and each is recorded once, in order, with its time and thread."""
    core.setXYPosition(10.0, 5.0)
    core.setZPosition(3.0)
    core.snap()
    core.setShutterOpen(True)
    assert core.getPosition() == 3.0
    assert [(call.name, call.args) for call in core.calls] == [
        ("setXYPosition", (10.0, 5.0)),
        ("setPosition", (3.0,)),
        ("snapImage", ()),
        ("setShutterOpen", ("White Light Shutter", True)),
    ]
    assert all(call.fault is None and call.thread == "MainThread" for call in core.calls)
    times = [call.t_ns for call in core.calls]
    assert times == sorted(times)


def test_a_fault_hits_the_call_that_it_was_planned_for(core: FaultyCore) -> None:
    """The n-th call from the planning on fails, so many times, and the others don't."""
    core.setPosition(1.0)
    core.fault("setPosition", on=2, times=2)
    fates = []
    for z_um in range(4):
        try:
            core.setPosition(float(z_um))
            fates.append("done")
        except RuntimeError:
            fates.append("failed")
    assert fates == ["done", "failed", "failed", "done"]
    assert [call.fault for call in core.called("setPosition")] == [
        None,
        None,
        "raise",
        "raise",
        None,
    ]


@pytest.mark.parametrize("how", ["two numbers", "label first"])
def test_a_call_fails_in_either_of_its_forms(core: FaultyCore, how: str) -> None:
    """Overloads of one name are one call."""
    core.fault("setXYPosition", "wrong", value=(70.0, 80.0))
    core.setXYPosition(1.0, 2.0) if how == "two numbers" else core.setXYPosition("XY", 1.0, 2.0)
    core.waitForDevice("XY")
    assert core.getXYPosition() == pytest.approx((70.0, 80.0), abs=0.02)


def test_an_ignored_command_changes_nothing(core: FaultyCore) -> None:
    """A command that is ignored returns as if it had been done."""
    core.fault("setExposure", "ignore")
    core.setExposure(7.0)
    assert core.getExposure() == 1.0


def test_a_query_may_lie_about_one_device_only(core: FaultyCore) -> None:
    """A lie is told where it was planned, and the truth elsewhere."""
    core.fault("getProperty", "lie", device="Objective", value="broken", times=None)
    assert core.getProperty("Objective", "Label") == "broken"
    assert core.getProperty("Camera", "Binning") == "1"
    core.heal()
    assert core.getProperty("Objective", "Label") != "broken"


def test_a_busy_device_is_busy_for_as_long_as_planned(core: FaultyCore) -> None:
    """A device stays busy after its command until healed, or for a time."""
    core.fault("setPosition", "busy", device="Z")
    core.setPosition("Z", 1.0)
    assert core.deviceBusy("Z")
    assert not core.deviceBusy("Camera")
    core.heal()
    assert not core.deviceBusy("Z")
    core.keep_busy("Z", 0.0)
    assert not core.deviceBusy("Z")


def test_a_stalled_call_goes_on_when_healed(core: FaultyCore) -> None:
    """A call that stalls is done in the end."""
    core.fault("snapImage", "stall")
    thread = threading.Thread(target=core.snapImage)
    thread.start()
    assert not core.exposures
    core.heal()
    thread.join(10.0)
    assert len(core.exposures) == 1


def test_a_lost_picture_is_missing_from_the_buffer(core: FaultyCore) -> None:
    """A picture that is lost is not handed out, and the next one has its own number."""
    core.fault("popNextImageAndMD", "lose", on=2)
    core.startSequenceAcquisition(4, 0, True)
    numbers = []
    while len(numbers) < 3:
        if core.getRemainingImageCount():
            numbers.append(dict(core.popNextImageAndMD()[1])["ImageNumber"])
    assert numbers == ["0", "2", "3"]


def test_no_fault_falsifies_the_record_of_an_exposure(core: FaultyCore) -> None:
    """The state during a snap is the true one, whatever the queries say."""
    core.setPosition(4.0)
    core.fault("getPosition", "lie", value=99.0, times=None)
    core.fault("getExposure", "lie", value=99.0, times=None)
    core.snapImage()
    (truth,) = core.exposures
    assert (truth.z_um, truth.exposure_ms, truth.lit) == (4.0, 1.0, True)
    assert truth.begin_ns < truth.end_ns
    assert truth.properties["Objective", "Label"] == core.getProperty("Objective", "Label")


def test_calls_within_a_call_do_not_count(core: FaultyCore) -> None:
    """What the core asks for its own purposes is neither faulted nor recorded."""
    core.fault("getProperty", times=None)
    core.setProperty("Camera", "Gain", 3)  # which asks for the property before and after
    core.heal()
    assert core.getProperty("Camera", "Gain") == "3"


def test_a_fault_that_can_not_happen_is_refused(core: FaultyCore) -> None:
    """A misspelt call is told at once, not by a test that can't fail."""
    with pytest.raises(ValueError, match="setStage"):
        core.fault("setStage")


def test_any_call_can_fail_by_its_number(core: FaultyCore) -> None:
    """The n-th call fails, whatever it is, questions among them."""
    core.fault("any", on=3)
    core.getExposure()
    core.setPosition(1.0)
    with pytest.raises(RuntimeError, match="getXYPosition"):
        core.getXYPosition()
    core.getXYPosition()
    assert [(call.name, call.fault) for call in core.calls] == [
        ("setPosition", None),
        ("getXYPosition", "raise"),
    ]


def test_the_tape_has_every_call_and_tells_numbers(core: FaultyCore) -> None:
    """So that every fault of every call of a run can be planned."""
    core.tape = []
    core.setXYPosition(1.0, 2.0)
    core.getCameraDevice()
    core.getPosition()
    core.setProperty("Camera", "Gain", 3)
    told = [(call.name, call.numeric) for call in core.tape]
    assert told == [
        ("setXYPosition", True),
        ("getCameraDevice", False),
        ("getPosition", True),
        ("setProperty", False),
    ]


def test_a_call_that_hangs_is_done_when_healed(core: FaultyCore) -> None:
    """It keeps its thread, and no other."""
    core.fault("setPosition", "hang")
    thread = threading.Thread(target=core.setPosition, args=(5.0,))
    thread.start()
    assert core.getPosition() == 0.0
    core.heal()
    thread.join(10.0)
    assert core.getPosition() == 5.0


@pytest.mark.parametrize(
    ("call", "do", "look", "wrong"),
    [
        ("setPosition", lambda core: core.setPosition(1.0), lambda core: core.getPosition(), 8.0),
        ("setExposure", lambda core: core.setExposure(2.0), lambda core: core.getExposure(), 9.0),
        (
            "setConfig",
            lambda core: core.setConfig("Channel", "DAPI"),
            lambda core: core.getCurrentConfig("Channel"),
            "Cy5",
        ),
        (
            "setProperty",
            lambda core: core.setProperty("Camera", "Gain", -5),
            lambda core: core.getProperty("Camera", "Gain"),
            "2",
        ),
        (
            "setShutterOpen",
            lambda core: core.setShutterOpen(False),
            lambda core: core.getShutterOpen(),
            True,
        ),
    ],
)
def test_a_command_is_done_wrong_by_itself(
    core: FaultyCore, call: str, do: Any, look: Any, wrong: Any
) -> None:
    """Without a value it does something near what it was told, and is right the next time."""
    core.fault(call, "wrong")
    do(core)
    assert look(core) == wrong
    do(core)
    assert look(core) != wrong


def test_a_wrong_answer_is_near_the_truth_and_a_wrong_picture_the_one_before(
    core: FaultyCore,
) -> None:
    """What a driver that is out of step would give."""
    core.setProperty("Camera", "FastImage", 0)
    core.fault("getPosition", "wrong")
    assert (core.getPosition(), core.getPosition()) == (7.0, 0.0)
    core.fault("deviceBusy", "wrong")
    assert core.deviceBusy("Z")
    core.snapImage()
    first = core.getImage()
    core.snapImage()
    core.fault("getImage", "wrong")
    assert (core.getImage() == first).all()
    assert (core.getImage() != first).any()


def test_nan_comes_where_a_number_was(core: FaultyCore) -> None:
    """In a question's answer or a command's argument; elsewhere nothing is done about it."""
    core.fault("getXYPosition", "nan")
    assert [str(um) for um in core.getXYPosition()] == ["nan", "nan"]
    core.fault("setPosition", "nan")
    core.setPosition(3.0)
    assert str(core.getPosition()) == "nan"
    core.fault("getCameraDevice", "nan")
    assert core.getCameraDevice() == "Camera"


def test_the_truth_is_neither_faulted_nor_recorded(core: FaultyCore) -> None:
    """Whoever judges a run looks at what really is, while everything lies."""
    core.fault("any", "wrong", times=None)
    with core.truth():
        assert core.getPosition() == 0.0
        core.setPosition(2.0)
    assert not core.calls
    assert core.getPosition() == 9.0
