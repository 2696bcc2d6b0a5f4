"""A microscope that does not answer: the run ends, and it is SAFE, by another thread."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scope_rig import PATIENCE_S, QUICK, Rig, wait_until
from useq import MDAEvent

from saccade.core import HungError, Observation, StoppedError
from saccade.scope._in_turn import in_turn
from saccade.scope._vigil import Side, Vigil, within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from saccade.core import Frame
    from saccade.testing import FaultyCore

HASTY = type(QUICK)(settle_s=0.3, frame_margin_s=0.5, first_frame_s=0.5, call_s=0.8, arm_s=3.0)
PLAN = [MDAEvent(index={"t": i}, x_pos=10.0 * i, exposure=1.0 + i) for i in range(5)]


@pytest.fixture
def hasty(core: FaultyCore) -> Iterator[Rig]:
    """Give a scope that waits a second for an answer."""
    rig = Rig(core, HASTY)
    yield rig
    core.heal()


@pytest.mark.parametrize("call", ["setXYPosition", "snapImage", "getImage", "deviceBusy", "getROI"])
def test_a_call_that_never_returns_ends_the_run_and_the_light(hasty: Rig, call: str) -> None:
    """The run fails and says so, the shutters are closed, and the frames before it are there."""
    core = hasty.core
    fell_ill = threading.Event()

    def fall_ill(frame: Frame) -> Observation:
        if frame.index == 1:
            core.fault(call, "hang", times=None)
            core.setShutterOpen(True)
            fell_ill.set()
        return Observation(0.0)

    run = hasty.begin(PLAN, detect=fall_ill)
    with pytest.raises(HungError, match="does not answer"):
        run.wait(PATIENCE_S)
    assert str(run.verdict).startswith("failed")
    assert hasty.sink.indices == [0, 1]
    assert "does not answer" in hasty.sink.gaps[2]
    with core.truth():
        assert not core.getShutterOpen("White Light Shutter")
    assert hasty.scope.not_put_back
    hasty.prove()
    with pytest.raises(HungError, match="run before"):
        hasty.begin(PLAN)
    core.heal()
    wait_until(lambda: "saccade-scope" not in [each.name for each in threading.enumerate()])
    assert len(core.exposures) <= 3  # what hung may have exposed; nothing came after
    hasty.scope._manners = QUICK
    assert hasty.play(PLAN).indices == [0, 1, 2, 3, 4]


def test_every_try_is_charged_when_the_camera_hangs_at_the_second(hasty: Rig) -> None:
    """The frame that never came is a gap that says how often the sample was exposed for it."""
    hasty.core.fault("getImage", on=2)
    hasty.core.fault("snapImage", "hang", on=3)
    with pytest.raises(HungError):
        hasty.begin(PLAN).wait(PATIENCE_S)
    assert [(gap.index, gap.exposures) for gap in hasty.sink.of("gap")] == [(1, 2)]


def test_what_opens_a_shutter_too_late_is_undone(hasty: Rig) -> None:
    """A command that comes through after the microscope was given up leaves no light on."""
    core = hasty.core
    core.fault("setShutterOpen", "hang", on=1)
    run = hasty.begin([MDAEvent(keep_shutter_open=True)] * 3)
    with pytest.raises(HungError):
        run.wait(PATIENCE_S)
    core.heal()
    wait_until(lambda: "saccade-scope" not in [each.name for each in threading.enumerate()])
    assert not core.getShutterOpen()
    assert not core.exposures


def test_a_microscope_that_does_not_answer_is_not_armed(hasty: Rig) -> None:
    """Whoever starts a run learns of it, and is not kept."""
    # Presets first: they are asked about once, also by the thread that is lost and comes back.
    for call in ("getConfigData", "getBytesPerPixel"):
        hasty.core.fault(call, "hang")
        with pytest.raises(HungError, match="does not answer"):
            hasty.begin(PLAN)
        hasty.core.heal()
    hasty.scope._manners = QUICK
    assert hasty.play(PLAN).indices == [0, 1, 2, 3, 4]


def test_a_detector_may_take_longer_than_the_microscope(hasty: Rig) -> None:
    """What a run does between events is not the microscope's time."""

    def think(frame: Frame) -> Observation:
        time.sleep(1.0)
        return Observation(0.0)

    assert hasty.play(PLAN[:2], detect=think).indices == [0, 1]


@pytest.mark.parametrize(
    ("call", "what", "why"), [("snapImage", "ignore", "sooner"), ("getImage", "wrong", "once more")]
)
def test_an_old_picture_is_not_filed_as_new(rig: Rig, call: str, what: str, why: str) -> None:
    """What a camera hands out that was there already is no frame; it is asked to try again."""
    core = rig.core
    core.setProperty("Camera", "FastImage", 0)
    core.setProperty("Camera", "Mode", "Fluorescent Beads")
    core.fault(call, what, on=3)
    sink = rig.play(PLAN)
    assert [frame.retries for frame in sink.frames] == [0, 0, 1, 0, 0]
    assert why in str(sink.of("retry"))
    core.fault("snapImage", "ignore", on=3, times=None)
    assert rig.play(PLAN).indices == [0, 1]


def test_a_first_picture_that_came_too_soon_is_not_filed(rig: Rig) -> None:
    """What was in the camera before the run is told by its coming at once."""
    core = rig.core
    core.setProperty("Camera", "FastImage", 0)
    core.snapImage()
    core.exposures.clear()
    core.fault("snapImage", "ignore", on=1)
    sink = rig.play([MDAEvent(exposure=20.0)])
    assert [frame.retries for frame in sink.frames] == [1]
    assert "sooner" in str(sink.of("retry"))


def test_an_old_picture_of_another_region_is_not_filed(rig: Rig) -> None:
    """Where it can't be compared with the one before, it is told by its coming at once."""
    core = rig.core
    core.setProperty("Camera", "FastImage", 0)
    core.fault("snapImage", "ignore", on=2, times=2)
    sink = rig.play([MDAEvent(exposure=20.0), MDAEvent(exposure=20.0, roi=(4, 6, 32, 24))])
    assert list(sink.gaps) == [1]


@pytest.mark.parametrize("what", ["wrong", "nan"])
@pytest.mark.parametrize(
    ("call", "on"), [("getXYPosition", 3), ("getPosition", 3), ("getPixelSizeUm", 3)]
)
def test_no_label_says_what_was_read_wrong_once(rig: Rig, call: str, on: int, what: str) -> None:
    """Wherever in an event a driver answers wrong, the frame is true, or it is a gap."""
    plan = [MDAEvent(index={"t": i}, x_pos=9.0 * i, y_pos=3.0, z_pos=2.0 * i) for i in range(4)]
    for nth in range(on, on + 9):
        rig.core.fault(call, what, on=nth)
        sink = rig.play(plan)
        rig.core.heal()
        assert all(frame.pixel_size_um == 1.0 for frame in sink.frames)
        assert len(sink.frames) >= 3


def test_a_pixel_size_that_is_not_calibrated_is_refused(rig: Rig) -> None:
    """A lie that stays the same is told by the calibration that it is worked out from."""
    rig.core.fault("getPixelSizeUm", "lie", value=8.0, times=None)
    assert not rig.play(PLAN[:2]).frames


def test_a_region_that_is_not_on_the_sensor_is_refused(rig: Rig) -> None:
    """Where no event asked for a region, at least it is one that can be."""
    rig.core.fault("getROI", "lie", value=[7, 0, 64, 48], on=5, times=None)
    assert not rig.play([MDAEvent()]).frames


def test_a_binning_that_only_the_core_believes_in_is_refused(rig: Rig) -> None:
    """The cache is asked, and the camera where it says something new."""
    rig.core.fault("getPropertyFromCache", "lie", value="8", on=40, times=None)
    sink = rig.play(PLAN)
    assert all(frame.sensor_px == (64, 48) for frame in sink.frames)


def test_steps_have_their_turn_behind_one_that_hangs() -> None:
    """What does not return is passed, and told; the others are done in order."""
    free, done = threading.Event(), []

    def hang() -> str:
        free.wait(10.0)
        return "late"

    steps = {"a": lambda: done.append("a") or "well", "b": hang, "c": lambda: "well"}
    told = in_turn(steps, turn_s=0.01)
    free.set()
    assert told == {"a": "well", "b": "NOT SAFE: no answer", "c": "well"}
    assert list(told) == ["a", "b", "c"]


def test_steps_that_are_quick_share_a_thread() -> None:
    """SAFE costs one thread, where all goes well."""
    names: list[str] = []
    in_turn({name: lambda: names.append(str(threading.get_ident())) or "" for name in "abc"}, 5.0)
    assert len(names) == 3
    assert len(set(names)) == 1


def test_who_was_given_up_does_nothing_more() -> None:
    """The next thing that it says ends it."""
    vigil, done = Vigil(0.01), threading.Event()
    vigil.beat("an answer")
    with pytest.raises(HungError, match="an answer"):
        vigil.wait(done)
    for say in (lambda: vigil.beat("more"), vigil.rest, lambda: vigil.tell(list)):
        with pytest.raises(StoppedError):
            say()


def test_work_at_the_side_answers_or_raises() -> None:
    """What it returns or raises comes through; what takes too long is left behind."""
    assert within(5.0, "a sum", lambda: 1 + 1) == 2
    with pytest.raises(ZeroDivisionError):
        within(5.0, "a quotient", lambda: 1 // 0)
    free = threading.Event()
    with pytest.raises(HungError, match="nothing"):
        within(0.01, "nothing", lambda: free.wait(10.0))
    free.set()
    side = Side(lambda: np.ones(2), "saccade-ask")
    assert side.done.wait(5.0)
    assert side.answer().tolist() == [1.0, 1.0]
