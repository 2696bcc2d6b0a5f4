"""What the user would have suffered when a picture fails, or somebody else meddles with it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scope_rig import PATIENCE_S, Rig, in_thread, wait_until
from useq import MDAEvent

from saccade.core import Action, Decision, Observation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from saccade.core import Frame

PLAN = [MDAEvent(index={"t": i}, x_pos=10.0 * i, y_pos=0.0) for i in range(6)]
FITC = {"config": "FITC"}
ROI = (0, 0, 32, 16)


@pytest.mark.parametrize("call", ["snapImage", "getImage"])
def test_a_failed_snap_shifts_nothing(rig: Rig, call: str) -> None:
    """A picture that the camera never gave is a gap at its own index."""
    rig.core.fault(call, on=3, times=2)
    sink = rig.play(PLAN)
    assert sink.indices == [0, 1, 3, 4, 5]
    assert list(sink.gaps) == [2]
    assert "Planned fault" in sink.gaps[2]


@pytest.mark.parametrize("call", ["snapImage", "getImage"])
def test_a_camera_that_stumbles_once_costs_no_frame(rig: Rig, call: str) -> None:
    """One failed exposure is tried again, and the frame says so."""
    rig.core.fault(call, on=3)
    sink = rig.play(PLAN)
    assert [frame.retries for frame in sink.frames] == [0, 0, 1, 0, 0, 0]
    assert not sink.gaps


def test_a_picture_of_the_wrong_size_is_not_filed(rig: Rig) -> None:
    """Pixels that are not those of the region that the camera claims are refused."""
    rig.core.fault("getImage", "lie", on=2, times=2, value=np.zeros((5, 5), np.uint16))
    sink = rig.play(PLAN)
    assert list(sink.gaps) == [1]
    assert "(5, 5)" in sink.gaps[1]


def test_no_frame_changes_after_it_was_handed_over(rig: Rig) -> None:
    """Every frame owns its pixels, which are read-only."""
    rig.core.setProperty("Camera", "FastImage", 0)
    sink = rig.play(PLAN)
    assert not any(frame.pixels.flags.writeable for frame in sink.frames)
    for one, other in zip(sink.frames, sink.frames[1:], strict=False):
        assert not np.shares_memory(one.pixels, other.pixels)


def test_a_live_view_that_was_running_does_not_spoil_the_run(rig: Rig) -> None:
    """A live view is ended by the run, which gets every frame."""
    rig.core.startContinuousSequenceAcquisition(0)
    sink = rig.play([MDAEvent(roi=(1, 2, 20, 10)), *PLAN])
    assert not sink.gaps
    assert len(sink.of("interference")) == 1
    assert not rig.core.isSequenceRunning()


def test_a_live_view_started_mid_run_costs_no_frame(rig: Rig) -> None:
    """Frames come in full and right although a window starts its live view again and again."""
    run = rig.prepare(PLAN * 10)
    started = 0

    def is_due() -> bool:
        return run.state.ended or len(rig.sink.frames) > 5 * started

    def meddle() -> None:
        nonlocal started
        while not run.state.ended:
            # With naps between: who asks without a pause starves others of the camera's lock.
            wait_until(is_due)
            wait_until(lambda: run.state.ended or not rig.core.isSequenceRunning())
            if run.state.value == "running":
                rig.core.startContinuousSequenceAcquisition(0)
                started += 1

    run.start()
    thread, errors = in_thread(meddle)
    run.wait(PATIENCE_S)
    thread.join(PATIENCE_S)
    assert not errors
    rig.prove()
    assert not rig.sink.gaps
    assert started > 3
    assert len(rig.sink.of("interference")) + len(rig.sink.of("retry")) >= started


def test_a_window_that_snaps_meanwhile_spoils_no_label(rig: Rig) -> None:
    """Snaps of another thread leave every frame with the settings that it names."""
    _with_meddler(rig, lambda: rig.core.snap(), PLAN * 5)
    assert not rig.sink.gaps


@pytest.mark.parametrize(
    "meddle",
    [
        pytest.param(lambda core: core.setXYPosition(500.0, 500.0), id="stage"),
        pytest.param(lambda core: core.setPosition(50.0), id="focus"),
        pytest.param(lambda core: core.setExposure(7.0), id="exposure"),
        pytest.param(lambda core: core.setConfig("Channel", "Cy5"), id="channel"),
        pytest.param(lambda core: core.setROI(3, 3, 9, 9), id="region"),
    ],
)
def test_somebody_who_turns_knobs_meanwhile_gets_no_frame_mislabelled(
    rig: Rig, meddle: Callable[[Any], None]
) -> None:
    """What another thread changes under a run is put right, or the frame is a gap."""
    plan = [
        MDAEvent(x_pos=10.0 * i, y_pos=0.0, z_pos=0.5, exposure=2.0, channel=FITC, roi=ROI)
        for i in range(25)
    ]
    _with_meddler(rig, lambda: meddle(rig.core), plan)
    assert rig.sink.of("retry") or rig.sink.gaps


@pytest.mark.parametrize(
    ("meddle", "ask"),
    [
        pytest.param(("setXYPosition", 500.0, 0.0), {"x_pos": 10.0, "y_pos": 0.0}, id="stage"),
        pytest.param(("setPosition", 50.0), {"z_pos": 1.0}, id="focus"),
        pytest.param(("setExposure", 7.0), {"exposure": 2.0}, id="exposure"),
        pytest.param(("setExposure", 7.0), {}, id="exposure that nobody asked for"),
        pytest.param(("setConfig", "Channel", "Cy5"), {"channel": FITC}, id="channel"),
        pytest.param(("setROI", 3, 3, 20, 10), {"roi": (0, 0, 20, 10)}, id="region"),
    ],
)
def test_what_changes_during_the_exposure_is_a_gap(
    rig: Rig, meddle: tuple[Any, ...], ask: dict[str, Any]
) -> None:
    """A setting that no longer holds after the exposure can't stand on the frame's label."""
    name, *values = meddle
    core, snap, count = rig.core, rig.core._do_snap_image, 0

    def disturbed_snap() -> None:
        nonlocal count
        count += 1
        snap()
        if count == 2:
            getattr(core, name)(*values)
            core.waitForSystem()

    core._do_snap_image = disturbed_snap
    sink = rig.play([MDAEvent(**ask)] * 3)
    assert sink.indices == [0, 2]
    assert "Disturbed" in sink.gaps[1]


def test_a_region_changed_mid_run_is_on_the_label(rig: Rig) -> None:
    """Frames before and after a change of region say which one they have, and have it."""
    plan = [
        MDAEvent(),
        MDAEvent(roi=(8, 4, 16, 12)),
        MDAEvent(),
        MDAEvent(roi=(0, 0, 64, 48)),
        MDAEvent(),
    ]
    small, full = (8, 4, 16, 12), (0, 0, 64, 48)
    sink = rig.play(plan)
    assert [frame.roi for frame in sink.frames] == [full, small, small, full, full]


def test_the_region_of_a_burst_does_not_stick_to_the_watch(rig: Rig) -> None:
    """After an action with a region of its own, the plan goes on with the full sensor."""
    zoom = Action((MDAEvent(roi=(8, 4, 16, 12)),), label="zoom")

    def look_closer(seen: Observation) -> Decision:
        return Decision((zoom,) if seen.frame == 0 else ())

    sink = rig.play([MDAEvent(index={"t": i}) for i in range(3)], decide=look_closer)
    assert [frame.stream for frame in sink.frames] == ["watch", "zoom", "watch", "watch"]
    assert [frame.pixels.shape for frame in sink.frames] == [(48, 64), (12, 16), (48, 64), (48, 64)]


def test_binning_chosen_mid_run_does_not_move_what_was_seen(rig: Rig) -> None:
    """The centre of a frame is where the stage is, whatever the binning and the region."""
    low = {"group": "Camera", "config": "LowRes"}
    plan = [MDAEvent(), MDAEvent(channel=low), MDAEvent(channel=low, roi=(0, 0, 8, 6))]
    full, binned, corner = rig.play(plan).frames
    for frame in (full, binned):
        height, width = frame.pixels.shape
        centre = frame.to_um((height - 1) / 2, (width - 1) / 2)
        assert centre == pytest.approx((frame.x_um, frame.y_um), abs=1e-6)
    assert binned.pixel_size_um == pytest.approx(full.pixel_size_um * 64 / binned.pixels.shape[1])
    assert corner.to_um(0, 0) == pytest.approx(binned.to_um(0, 0))


def test_a_change_of_objective_is_on_the_label_of_its_own_frame(rig: Rig) -> None:
    """The frame that an objective was changed for has that objective's pixel size."""
    rig.core.setProperty("Objective", "Label", "Nikon 20X Plan Fluor ELWD")
    was = rig.core.getPixelSizeUm()
    lens = [("Objective", "Label", "Nikon 10X S Fluor")]
    before, after = rig.play([MDAEvent(), MDAEvent(properties=lens)]).frames
    assert before.pixel_size_um == was
    assert after.pixel_size_um == pytest.approx(2 * was)


def test_an_exception_in_a_detector_stops_no_acquisition(rig: Rig) -> None:
    """A detector that fails now and then costs its look, never the frame."""

    def shaky(frame: Frame) -> Observation:
        if frame.index % 2:
            raise ZeroDivisionError("no cells")
        return Observation(0.5)

    sink = rig.play(PLAN, detect=shaky)
    assert sink.indices == [0, 1, 2, 3, 4, 5]
    assert [seen.verdict for seen in sink.of("observation")] == ["trusted", "invalid"] * 3
    assert len(sink.of("failure")) == 3


def test_an_exception_in_a_policy_stops_no_acquisition(rig: Rig) -> None:
    """A policy that fails now and then decides nothing, and says so."""

    def shaky(seen: Observation) -> Decision:
        if seen.frame % 2:
            raise KeyError("cell 7")
        return Decision()

    sink = rig.play(PLAN, decide=shaky)
    assert sink.indices == [0, 1, 2, 3, 4, 5]
    assert [choice.rule for choice in sink.of("decision")] == ["none", "failed"] * 3


def _with_meddler(rig: Rig, meddle: Callable[[], object], plan: list[MDAEvent]) -> None:
    """Run a plan while another thread meddles as often as it can."""
    over = threading.Event()

    def work() -> None:
        for _ in _until(over):
            try:
                meddle()
            except RuntimeError:
                continue  # the core refuses some things at some moments

    run = rig.begin(plan)
    thread, errors = in_thread(work)
    try:
        run.wait(PATIENCE_S)
    finally:
        over.set()
        thread.join(PATIENCE_S)
    assert not errors
    rig.prove(slack_um=0.5)


def _until(over: threading.Event) -> Iterator[int]:
    count = 0
    while not over.wait(0.002):
        yield count
        count += 1
