"""What happens to frames when the disk can't keep up."""

from __future__ import annotations

import gc
import os
import threading
import time
import weakref
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from saccade.core import Record, StoreError, StoreOverloadedError, Verdict
from saccade.store import Recorder, RunFolder, _recorder, read_lines, recover, verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Make = Callable[..., Any]

FRAME_BYTES = 64 * 64 * 2
TWO_FRAMES_MB = 2 * FRAME_BYTES / 2**20
PATIENCE_S = 30.0


class StuckDisk:
    """A disk that syncs nothing until it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._fsync, self._freed = os.fsync, threading.Event()
        self.stuck = threading.Event()
        monkeypatch.setattr(os, "fsync", self._wait)

    def free(self) -> None:
        self._freed.set()

    def _wait(self, handle: int) -> None:
        self.stuck.set()
        assert self._freed.wait(PATIENCE_S)
        self._fsync(handle)


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], StuckDisk]]:
    """Make the disk stuck from now on, until the test ends at the latest."""
    disks: list[StuckDisk] = []

    def now() -> StuckDisk:
        disks.append(StuckDisk(monkeypatch))
        return disks[-1]

    yield now
    for disk in disks:
        disk.free()


@pytest.fixture
def big_frame_at(frame_at: Make) -> Make:
    return lambda index: frame_at(index, (64, 64))


def test_waiting_gives_up_and_says_so(folder: Path, big_frame_at: Make, stuck: Make) -> None:
    """A queue that stays full is a named error for that frame, and for no other."""
    recorder = Recorder(folder, queue_mb=TWO_FRAMES_MB, patience_s=0.05)
    disk = stuck()
    recorder.frame(big_frame_at(0))
    recorder.frame(big_frame_at(1))
    with pytest.raises(StoreOverloadedError) as caught:
        recorder.frame(big_frame_at(2))
    assert caught.value.do
    assert recorder.committed == 0
    assert not recorder.flush(0.05)
    disk.free()
    assert recorder.flush(PATIENCE_S)
    recorder.frame(big_frame_at(3))
    recorder.close(Verdict("completed", planned=3, committed=3))
    assert [frame.index for frame in RunFolder(folder).frames()] == [0, 1, 3]
    assert verify(folder).ok


def test_waiting_goes_on_when_there_is_room(folder: Path, big_frame_at: Make, stuck: Make) -> None:
    """A frame that waits for room is stored as soon as the disk has caught up."""
    recorder = Recorder(folder, queue_mb=TWO_FRAMES_MB, patience_s=PATIENCE_S)
    disk = stuck()
    for index in range(2):
        recorder.frame(big_frame_at(index))
    waiting = threading.Thread(target=recorder.frame, args=(big_frame_at(2),))
    waiting.start()
    assert disk.stuck.wait(PATIENCE_S)
    assert waiting.is_alive()
    assert recorder.waited_s == 0.0  # nobody has waited to the end yet
    time.sleep(0.05)
    disk.free()
    waiting.join(PATIENCE_S)
    assert 0.04 < recorder.waited_s < PATIENCE_S
    recorder.close(Verdict("completed", planned=3, committed=3))
    assert verify(folder).frames == 3
    assert verify(folder).ok


def test_gap_takes_the_place_of_a_frame_that_has_none(
    folder: Path, big_frame_at: Make, stuck: Make
) -> None:
    """With the policy ``gap`` nothing waits, and the frames that come later stay in their row."""
    recorder = Recorder(folder, queue_mb=TWO_FRAMES_MB, overload="gap")
    disk = stuck()
    for index in range(5):
        recorder.frame(big_frame_at(index))
    assert recorder.replaced == 3
    disk.free()
    assert recorder.flush(PATIENCE_S)
    disk = stuck()
    recorder.frame(big_frame_at(5))
    recorder.frame(big_frame_at(6))
    assert recorder.replaced == 3
    disk.free()
    recorder.close(Verdict("completed_with_gaps", planned=7, committed=4, gaps=3))
    lines = [line for line in read_lines(folder) if line.kind in {"frame", "gap"}]
    assert [line.kind for line in lines] == ["frame"] * 2 + ["gap"] * 3 + ["frame"] * 2
    assert [line.value["row"] for line in lines] == list(range(7))
    assert "queue was full" in lines[2].value["reason"]
    assert verify(folder).ok


def test_lines_are_never_dropped(folder: Path, big_frame_at: Make, stuck: Make) -> None:
    """Also with the policy ``gap`` a line that finds no room is an error, not a loss."""
    recorder = Recorder(folder, queue_mb=TWO_FRAMES_MB, overload="gap", patience_s=0.05)
    disk = stuck()
    recorder.frame(big_frame_at(0))
    assert disk.stuck.wait(PATIENCE_S)
    accepted: list[int] = []

    def fill() -> None:
        for number in range(10**6):
            recorder.note(Record("note", number, {}))
            accepted.append(number)

    with pytest.raises(StoreOverloadedError):
        fill()
    disk.free()
    recorder.close()
    assert [line.t_ns for line in read_lines(folder) if line.kind == "note"] == accepted


def test_frame_larger_than_the_queue_is_stored(folder: Path, big_frame_at: Make) -> None:
    """A queue that is smaller than one frame takes frames one by one."""
    recorder = Recorder(folder, queue_mb=0.001, patience_s=PATIENCE_S)
    for index in range(5):
        recorder.frame(big_frame_at(index))
    recorder.close(Verdict("completed", planned=5, committed=5))
    assert verify(folder).frames == 5
    assert verify(folder).ok


def test_pixels_are_referred_to_until_stored_and_no_longer(
    folder: Path, frame_at: Make, stuck: Make
) -> None:
    """Read-only pixels are not copied, and nothing holds them once they are on the disk."""
    recorder = Recorder(folder)
    disk = stuck()
    pixels = np.zeros((64, 64), "uint16")
    pixels.setflags(write=False)
    held = weakref.ref(pixels)
    recorder.frame(replace(frame_at(0), pixels=pixels))
    del pixels
    assert disk.stuck.wait(PATIENCE_S)
    gc.collect()
    assert held() is not None
    disk.free()
    assert recorder.flush(PATIENCE_S)
    end = time.monotonic() + PATIENCE_S
    while held() is not None and time.monotonic() < end:
        time.sleep(0.01)
    assert held() is None
    recorder.close()


def test_failure_wakes_whoever_waits(
    folder: Path, big_frame_at: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A caller that waits for room learns of a failed disk at once, not after its patience."""
    recorder = Recorder(folder, queue_mb=TWO_FRAMES_MB, patience_s=PATIENCE_S)
    waited = threading.Event()

    def fail(handle: int) -> None:
        assert waited.wait(PATIENCE_S)
        raise OSError(5, "Input/output error")

    errors: list[StoreError] = []

    def hand_over() -> None:
        try:
            recorder.frame(big_frame_at(2))
        except StoreError as error:
            errors.append(error)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        recorder.frame(big_frame_at(0))
        recorder.frame(big_frame_at(1))
        waiting = threading.Thread(target=hand_over)
        waiting.start()
        waited.set()
        waiting.join(PATIENCE_S)
        assert not waiting.is_alive()
        with pytest.raises(StoreError):
            recorder.note(Record("note", 0, {}))
    assert not isinstance(errors[0], StoreOverloadedError)
    assert "Input/output error" in errors[0].what
    with pytest.raises(StoreError):
        recorder.close()


def test_disk_that_fails_at_the_end_leaves_no_verdict(
    folder: Path, frame_at: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A verdict that didn't reach the disk is an error of the close, and not in the journal."""
    recorder = Recorder(folder)
    recorder.frame(frame_at(0))
    assert recorder.flush(PATIENCE_S)

    def fail(handle: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(StoreError, match="Input/output error"):
            recorder.close(Verdict("completed", planned=1, committed=1))
    report = verify(folder)
    assert (report.frames, report.unclosed) == (1, True)


def test_a_disk_that_hangs_keeps_nobody_who_ends_a_run(
    folder: Path, frame_at: Make, stuck: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it hangs at, the last line among it, closing is a named error in the end."""
    monkeypatch.setattr(_recorder, "_STALL_S", 0.05)
    recorder = Recorder(folder)
    recorder.frame(frame_at(0))
    assert recorder.flush(PATIENCE_S)
    disk = stuck()
    with pytest.raises(StoreError, match="wrote nothing"):
        recorder.close(Verdict("completed", planned=1, committed=1))
    disk.free()
    recorder._thread.join(PATIENCE_S)


def test_a_disk_that_comes_back_too_late_leaves_the_folder_to_others(
    folder: Path, frame_at: Make, stuck: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recorder that was left behind closes its files by itself, and a recovery can begin."""
    monkeypatch.setattr(_recorder, "_STALL_S", 0.05)
    recorder = Recorder(folder)
    disk = stuck()
    recorder.frame(frame_at(0))
    assert disk.stuck.wait(PATIENCE_S)
    with pytest.raises(StoreError, match="wrote nothing"):
        recorder.close(Verdict("completed", planned=1, committed=1))
    disk.free()
    recorder._thread.join(PATIENCE_S)
    result = recover(folder)
    assert result.verdict is not None
    assert result.verdict.name == "failed"
