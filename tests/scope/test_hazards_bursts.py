"""What the user would have suffered in a hardware-timed burst."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from scope_rig import Memory, Rig
from useq import MDAEvent

from saccade.core import Action, Decision, Observation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from saccade.core import Frame
    from saccade.testing import FaultyCore

COUNT = 12
FITC, DAPI = {"config": "FITC"}, {"config": "DAPI"}


class Once:
    """A policy that wants one burst, before anything was seen."""

    streams = None

    def __init__(self, events: Sequence[MDAEvent], *, triggered: bool = True) -> None:
        self.action = Action(tuple(events), triggered=triggered)

    def begin(self, t_ns: int) -> Decision:
        return Decision((self.action,))

    def __call__(self, seen: Observation) -> Decision:
        return Decision()


def burst(rig: Rig, events: Sequence[MDAEvent], **options: Any) -> Memory:
    """Play a burst and nothing else."""
    run = rig.prepare([], decide=Once(events), **options)
    run.start().wait(20)
    numbers = sorted([*rig.sink.indices, *rig.sink.gaps])
    assert numbers == list(range(len(events)))
    return rig.sink


def like(count: int = COUNT, **ask: Any) -> list[MDAEvent]:
    return [MDAEvent(index={"t": i}, **ask) for i in range(count)]


def test_a_burst_is_timed_by_the_camera(rig: Rig) -> None:
    """A burst is one command to the camera, and none while it lasts."""
    sink = burst(rig, like(exposure=3.0, channel=FITC))
    assert sink.indices == list(range(COUNT))
    (begin,) = rig.core.called("startSequenceAcquisition")
    assert begin.args[1:] == (COUNT, 0, True)
    during = [call for call in rig.core.calls if begin.t_ns < call.t_ns < sink.frames[-1].t_ns]
    assert not during
    assert not rig.core.called("snapImage")
    for before, after in zip(sink.frames, sink.frames[1:], strict=False):
        assert after.t_ns > before.t_ns
    spread_ms = (sink.frames[-1].t_ns - sink.frames[0].t_ns) / 1e6
    assert spread_ms > 2.0 * (COUNT - 1)  # no picture was taken in less than its exposure


def test_the_labels_of_a_burst_are_what_the_hardware_did(rig: Rig) -> None:
    """Every frame of a burst has the settings that were read before it began."""
    ask = {"exposure": 2.0, "channel": DAPI, "x_pos": 10.0, "y_pos": 5.0, "roi": (4, 4, 20, 10)}
    sink = burst(rig, like(**ask))
    x_um, y_um = rig.core.getXYPosition()
    for frame in sink.frames:
        assert (frame.x_um, frame.y_um) != (10.0, 5.0)  # the demo stage rounds; the label says so
        assert (frame.x_um, frame.y_um) == pytest.approx((10.0, 5.0), abs=0.02)
        assert (frame.exposure_ms, frame.channel, frame.roi) == (2.0, "DAPI", (4, 4, 20, 10))
        assert frame.pixels.shape == (10, 20)
    assert (x_um, y_um) == (0.0, 0.0)  # and the stage is back


def test_a_frame_lost_in_a_burst_is_a_gap_in_its_place(rig: Rig) -> None:
    """Frames that were lost between camera and computer shift none of the others."""
    rig.core.fault("popNextImageAndMD", "lose", on=4, times=2)
    sink = burst(rig, like())
    assert sorted(sink.gaps) == [3, 5]
    for frame in sink.frames:
        assert frame.event.index["t"] == frame.index


def test_a_burst_whose_camera_never_starts_is_all_gaps(rig: Rig) -> None:
    """A burst that can't begin gives gaps, and the run goes on to its end."""
    rig.core.fault("startSequenceAcquisition")
    sink = burst(rig, like())
    assert len(sink.gaps) == COUNT
    assert "Planned fault" in sink.gaps[0]
    assert str(sink.verdict) == "completed_with_gaps"


@pytest.mark.parametrize("call", ["getXYPosition", "getExposure", "getROI"])
def test_a_burst_that_can_not_be_labelled_is_not_taken(rig: Rig, call: str) -> None:
    """If the state before a burst can't be read, nothing is exposed and the run goes on."""
    core = rig.core

    def break_down(frame: Frame) -> Observation:
        core.fault(call, times=None)
        return Observation(0.0)

    def choose(seen: Observation) -> Decision:
        return Decision((Action(tuple(like(3)), triggered=True),))

    run = rig.begin([MDAEvent()], detect=break_down, decide=choose)
    assert run.wait(20).name == "completed_with_gaps"
    assert sorted(rig.sink.gaps) == [1, 2, 3]
    assert not core.called("startSequenceAcquisition")
    core.heal()


@pytest.mark.parametrize("call", ["popNextImageAndMD", "getRemainingImageCount"])
def test_a_camera_that_fails_within_a_burst_is_stopped(rig: Rig, call: str) -> None:
    """What came before a failure is kept, the rest is a gap, and the camera is at rest."""
    rig.core.fault(call, on=6)
    sink = burst(rig, like(40, exposure=2.0))
    assert sink.indices == list(range(len(sink.indices)))
    assert 0 < len(sink.gaps) < 40 or call == "getRemainingImageCount"
    assert not rig.core.isSequenceRunning()


@pytest.mark.parametrize("cause", ["sink", "frameReady"])
def test_a_buffer_overflow_shifts_nothing(core: FaultyCore, cause: str) -> None:
    """If somebody is too slow for the camera, frames are missing at the end, not in between."""
    core.setProperty("Camera", "OnCameraCCDXSize", 512)
    core.setProperty("Camera", "OnCameraCCDYSize", 512)
    core.setCircularBufferMemoryFootprint(2)
    rig = Rig(core)
    run = rig.prepare([], decide=Once(like(60)))

    def dawdle(*_: object) -> None:
        time.sleep(0.02)

    if cause == "sink":
        keep = rig.sink.frame
        rig.sink.frame = lambda frame: (dawdle(), keep(frame))[1]  # type: ignore[method-assign]
    else:
        core.mda.events.frameReady.connect(dawdle)
    assert run.start().wait(30).name == "completed_with_gaps"
    taken = len(rig.sink.frames)
    assert 0 < taken < 60
    assert rig.sink.indices == list(range(taken))
    assert sorted(rig.sink.gaps) == list(range(taken, 60))
    assert all("overflowed" in why for why in rig.sink.gaps.values())
    assert not core.isSequenceRunning()


@pytest.mark.parametrize(
    ("meddle", "why"),
    [
        pytest.param(lambda core: core.setROI(0, 0, 32, 24), "", id="smaller region"),
        pytest.param(lambda core: core.setROI(1, 1, 60, 40), "", id="moved region"),
        pytest.param(lambda core: core.setExposure(9.0), "changed the exposure", id="exposure"),
    ],
)
def test_a_callback_that_turns_knobs_within_a_burst_gets_no_frame_mislabelled(
    rig: Rig, meddle: Callable[[Any], None], why: str
) -> None:
    """After region or exposure changed in a burst, what is left of it is gaps."""

    def listener(image: Any, event: Any) -> None:
        if event.index["t"] == 3:
            meddle(rig.core)

    rig.core.mda.events.frameReady.connect(listener)
    sink = burst(rig, like(30, exposure=2.0, roi=(0, 0, 60, 40)))
    assert sink.indices == [0, 1, 2, 3]
    assert all(why in reason for reason in sink.gaps.values())
    assert {frame.pixels.shape for frame in sink.frames} == {(40, 60)}
    assert {frame.exposure_ms for frame in sink.frames} == {2.0}


def test_a_stack_in_hardware_says_its_planes(rig: Rig) -> None:
    """In a stack that the focus drive steps by itself, each frame has the plane's z."""
    rig.core.setProperty("Z", "UseSequences", "Yes")
    planes = [MDAEvent(index={"z": i}, z_pos=float(i)) for i in range(8)]
    sink = burst(rig, planes)
    assert [frame.z_um for frame in sink.frames] == [float(i) for i in range(8)]
    assert len(rig.core.called("startStageSequence")) == 1
    assert len(rig.core.called("startSequenceAcquisition")) == 1
    assert len(rig.core.called("stopStageSequence")) >= 1


def test_exposures_stepped_in_hardware_are_on_the_labels(rig: Rig) -> None:
    """In a burst of alternating exposures each frame has its own."""
    rig.core.setProperty("Camera", "UseExposureSequences", "Yes")
    asked = [2.0, 4.0] * 4
    sink = burst(rig, [MDAEvent(exposure=each) for each in asked])
    assert [frame.exposure_ms for frame in sink.frames] == asked
    assert len(rig.core.called("startSequenceAcquisition")) == 1


def test_a_stage_that_will_not_leave_its_sequence_ends_no_run(rig: Rig) -> None:
    """A hardware sequence that can't be stopped is journalled, and the run goes on."""
    rig.core.setProperty("Z", "UseSequences", "Yes")
    rig.core.fault("stopStageSequence", on=2)  # the first is the engine's own, before it loads
    sink = burst(rig, [MDAEvent(z_pos=float(i)) for i in range(4)])
    assert sink.indices == [0, 1, 2, 3]
    assert "did not stop" in str(sink.of("failure"))


def test_what_no_hardware_can_step_is_taken_one_by_one(rig: Rig) -> None:
    """Events that differ in what can't be sequenced are all taken, and rightly."""
    rig.begin([], decide=Once([MDAEvent(x_pos=10.0 * i, y_pos=0.0) for i in range(4)])).wait(20)
    rig.prove()
    assert rig.sink.indices == [0, 1, 2, 3]
    assert len(rig.core.called("snapImage")) == 4


def test_the_shutter_that_a_burst_leaves_open_is_closed_in_the_end(rig: Rig) -> None:
    """A burst may leave the shutter open for the next event; SAFE closes it."""
    sink = burst(rig, like(keep_shutter_open=True))
    assert sink.indices == list(range(COUNT))
    opened = [call for call in rig.core.called("setShutterOpen") if call.args[-1] is True]
    assert opened
    assert not rig.core.getShutterOpen()
    assert rig.core.getAutoShutter()
