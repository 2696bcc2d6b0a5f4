"""What the user would have suffered from a journal that does not say what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scope_rig import PATIENCE_S, Rig, wait_until
from useq import MDAEvent

from saccade.core import State
from saccade.store import Recorder, RunFolder, read_lines, verify, write_run_json

if TYPE_CHECKING:
    from pathlib import Path

    from saccade.core import Frame

FITC, DAPI = {"config": "FITC"}, {"config": "DAPI"}


def explode(*_: object) -> None:
    raise RuntimeError("the window is gone")


def test_a_bad_night_can_be_read_from_the_journal(rig: Rig, tmp_path: Path) -> None:
    """Every fault of a run, and what became of it, is in the folder, which is whole."""
    core = rig.core
    write_run_json(tmp_path, {"name": "a bad night"})
    plan = [MDAEvent(index={"t": i}, x_pos=10.0 * i, y_pos=0.0) for i in range(6)]
    core.fault("setXYPosition", on=2)  # costs a retry
    core.fault("setXYPosition", on=4, times=3)  # costs frame 2
    core.fault("snapImage", on=4, times=2)  # costs frame 4
    core.fault("isSequenceRunning", "lie", on=4, value=True)  # a live view, as it seems
    core.mda.events.eventStarted.connect(explode)
    run = rig.prepare(plan, sink=Recorder(tmp_path))
    run.start().wait(PATIENCE_S)

    lines = list(read_lines(tmp_path))
    story = [(line.kind, line.value.get("index", "")) for line in lines]
    told = [each for each in story if each[0] in ("frame", "gap", "retry")]
    assert told == [
        ("frame", 0),
        ("retry", ""),
        ("frame", 1),
        ("retry", ""),
        ("retry", ""),
        ("retry", ""),
        ("gap", 2),
        ("frame", 3),
        ("retry", ""),
        ("retry", ""),
        ("gap", 4),
        ("frame", 5),
    ]
    kinds = [line.kind for line in lines]
    assert kinds.count("listener") == 6
    assert kinds.count("interference") == 1
    assert kinds.index("safe") > max(i for i, kind in enumerate(kinds) if kind == "frame")
    states = [line.value["state"] for line in lines if line.kind == "state"]
    assert states == ["armed", "running", "finished"]
    report = verify(tmp_path)
    assert report.ok, report.problems
    assert (report.frames, report.gaps) == (4, 2)
    assert str(report.verdict) == "completed_with_gaps"


def test_a_region_changed_mid_run_is_stored_as_it_was(rig: Rig, tmp_path: Path) -> None:
    """Frames of every region are read back exactly, and with all that their events said."""
    rig.core.setProperty("Camera", "FastImage", 0)
    write_run_json(tmp_path, {"name": "two regions"})
    regions = [None, (8, 4, 16, 12), (8, 4, 16, 12), (0, 0, 64, 48)]
    plan = [
        MDAEvent(
            index={"t": i, "c": i % 2},
            roi=region,
            channel=FITC if i % 2 else DAPI,
            metadata={"cell": f"number {i}"},
        )
        for i, region in enumerate(regions)
    ]
    taken: list[Frame] = []
    run = rig.prepare(plan, sink=Recorder(tmp_path))
    run.framed.connect(taken.append)
    run.start().wait(PATIENCE_S)
    assert verify(tmp_path).ok
    stored = list(RunFolder(tmp_path).frames())
    assert [frame.pixels.shape for frame in stored] == [(48, 64), (12, 16), (12, 16), (48, 64)]
    for one, other, asked in zip(stored, taken, plan, strict=True):
        assert np.array_equal(one.pixels, other.pixels)
        assert one.roi == other.roi
        assert one.event == asked
        assert one.event.metadata == asked.metadata
        assert (one.exposure_ms, one.x_um, one.channel) == (
            other.exposure_ms,
            other.x_um,
            other.channel,
        )


def test_a_hold_and_a_cancel_can_be_read_from_the_journal(rig: Rig, tmp_path: Path) -> None:
    """When a run was held and who ended it is in the folder, and so is SAFE each time."""
    write_run_json(tmp_path, {"name": "an interrupted one"})
    run = rig.prepare((MDAEvent(exposure=2.0) for _ in range(10_000)), sink=Recorder(tmp_path))
    run.start()
    wait_until(lambda: run.committed)
    rig.core.mda.set_paused(True)
    wait_until(lambda: run.state is State.HELD)
    rig.core.mda.set_paused(False)
    wait_until(lambda: run.state is State.RUNNING)
    rig.core.mda.cancel()
    run.wait(PATIENCE_S)
    lines = list(read_lines(tmp_path))
    states = [line.value["state"] for line in lines if line.kind == "state"]
    assert states == ["armed", "running", "held", "running", "stopped"]
    assert [line.kind for line in lines].count("safe") == 2
    report = verify(tmp_path)
    assert report.ok, report.problems
    assert str(report.verdict) == "stopped: cancelled through the core's runner"
