"""A disk that runs full ends a run well, and one that is full loses nothing acknowledged."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections import namedtuple
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from saccade.core import FolderError, Record, StoreError, StoreFullError, Verdict
from saccade.store import (
    Recorder,
    RunFolder,
    _disk,
    _pixel_writer,
    _room,
    claim_folder,
    recover,
    verify,
    write_run_json,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Make = Callable[..., Any]

MB = 2**20
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def free_mb(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Set how much room the disk says that it has, and have it asked after every group."""
    monkeypatch.setattr(_room, "_EVERY_S", 0.0)

    def set_to(free: float) -> None:
        usage = Usage(0, 0, int(free * MB))
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)

    return set_to


def test_frames_are_refused_before_the_disk_is_full(
    folder: Path, frame_at: Make, free_mb: Make
) -> None:
    """Below the reserve a frame is a named error, what was taken is stored, and the run ends."""
    free_mb(300)
    recorder = Recorder(folder)
    recorder.frame(frame_at(0))
    assert recorder.flush(30)
    free_mb(255)
    recorder.frame(frame_at(1))
    assert recorder.flush(30)
    with pytest.raises(StoreFullError, match="255 MB are left") as caught:
        recorder.frame(frame_at(2))
    assert caught.value.do
    recorder.note(Record("note", 5, {"text": "ending"}))
    recorder.close(Verdict("failed", "disk full", planned=2, committed=2))
    assert [frame.index for frame in RunFolder(folder).frames()] == [0, 1]
    assert verify(folder).ok


def test_run_goes_on_when_there_is_room_again(folder: Path, frame_at: Make, free_mb: Make) -> None:
    """Who makes room while lines are still written can go on taking frames."""
    free_mb(300)
    recorder = Recorder(folder, reserve_mb=200)
    free_mb(100)
    recorder.frame(frame_at(0))
    assert recorder.flush(30)
    free_mb(300)
    recorder.note(Record("note", 5, {}))
    assert recorder.flush(30)
    recorder.frame(frame_at(1))
    recorder.close(Verdict("completed", planned=2, committed=2))
    assert verify(folder).ok


def test_run_does_not_start_on_a_full_disk(folder: Path, free_mb: Make) -> None:
    """Where less than the reserve is free, no recording is begun."""
    free_mb(255)
    before = os.listdir(folder)
    with pytest.raises(StoreFullError):
        Recorder(folder)
    assert os.listdir(folder) == before


def test_what_waits_counts_as_written(tmp_path: Path, free_mb: Make) -> None:
    """The disk is short as soon as what is queued would not leave the reserve."""
    free_mb(10)
    room = _room.Room(tmp_path, 4 * MB)
    assert not room.is_short(6 * MB)
    assert room.is_short(6 * MB + 1)


def test_what_was_written_and_what_is_left_is_told(
    folder: Path, frame_at: Make, free_mb: Make
) -> None:
    """Pixels by their bytes, once they are on the disk."""
    free_mb(2000)
    with closing(Recorder(folder)) as recorder:
        assert recorder.disk == (0, 2000 * MB)
        frames = [frame_at(number) for number in range(3)]
        for frame in frames:
            recorder.frame(frame)
        assert recorder.flush(10)
        assert recorder.disk.written_bytes == sum(frame.pixels.nbytes for frame in frames)


def test_disk_is_looked_at_rarely(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two looks a second passes, or an eighth of the reserve is written."""
    monkeypatch.setattr(_room, "_EVERY_S", 1e9)
    room = _room.Room(tmp_path, 8 * MB)
    assert [room.wrote(MB // 2) for _ in range(6)] == [False, True] * 3
    monkeypatch.setattr(_room, "_EVERY_S", 0.0)
    assert room.wrote(0)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 24 MB."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root on Linux can mount a small disk")
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False, timeout=30).returncode:
        pytest.skip("this system lets nobody mount a small disk")
    yield place
    subprocess.run(["umount", str(place)], check=True, timeout=30)  # noqa: S607


def fill(recorder: Recorder, frame_at: Make) -> StoreError:
    for index in range(200):
        try:
            recorder.frame(frame_at(index, (512, 512)))
            if index % 4 == 3:
                recorder.flush(30)
        except StoreError as error:
            return error
    raise AssertionError("200 frames fitted onto a disk of 24 MB")


def test_small_disk_stops_the_recorder_in_time(small_disk: Path, frame_at: Make) -> None:
    """On a real disk the recorder stops at its reserve, and the run is whole and closed."""
    folder = claim_folder(small_disk / "run")
    write_run_json(folder, {})
    recorder = Recorder(folder, reserve_mb=8)
    assert isinstance(fill(recorder, frame_at), StoreFullError)
    assert recorder.flush(30)
    count = recorder.committed
    recorder.close(Verdict("failed", "disk full", planned=count, committed=count))
    assert shutil.disk_usage(small_disk).free > 0
    assert verify(folder).ok
    assert 20 < verify(folder).frames == count


def test_full_disk_keeps_what_was_acknowledged(small_disk: Path, frame_at: Make) -> None:
    """Without a reserve the disk refuses in the middle of a group; all before it is whole."""
    folder = claim_folder(small_disk / "run")
    write_run_json(folder, {})
    recorder = Recorder(folder, reserve_mb=0)
    error = fill(recorder, frame_at)
    assert "No space left" in error.what
    with pytest.raises(StoreError):
        recorder.close(Verdict("completed", planned=100, committed=100))
    frames = list(RunFolder(folder).frames())
    assert len(frames) == recorder.committed > 20
    for frame in frames:
        np.testing.assert_array_equal(frame.pixels, frame_at(frame.index, (512, 512)).pixels)
    (small_disk / "run" / "run.json").unlink()  # a little room for the recovery
    result = recover(folder)
    assert (result.frames, result.gone) == (len(frames), ())
    assert result.verdict is not None
    assert result.verdict.name == "failed"


class Faults:
    """Counts what is asked of the disk, and refuses from one call on, or only that one."""

    def __init__(self, patch: pytest.MonkeyPatch, at: int, lasting: bool) -> None:
        self.calls, self._at, self._lasting = 0, at, lasting
        for place, name in ((_disk, "_write_some"), (_disk, "_sync_data"), (os, "fsync")):
            patch.setattr(place, name, self._refusing(getattr(place, name)))

    def _refusing(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            self.calls += 1
            number = self.calls - 1
            if number == self._at or (self._lasting and number > self._at):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(*args)

        return call


def record_and_close(folder: Path, frame_at: Make, gap_at: Make) -> int:
    """Record 12 pictures in two streams, in groups of three; return what was acknowledged."""
    recorder = Recorder(folder)
    try:
        for index in range(12):
            if index in {4, 9}:
                recorder.note(gap_at(index))
            else:
                recorder.frame(frame_at(index, (12, 16) if index % 5 else (6, 8)))
            if index % 3 == 2:
                recorder.flush(30)
        recorder.close(Verdict("completed_with_gaps", planned=12, committed=10, gaps=2))
    except StoreError:
        # Once more, as a run does at its end; closing a second time says nothing.
        with suppress(StoreError):
            recorder.close(Verdict("completed_with_gaps", planned=12, committed=10, gaps=2))
    return recorder.committed


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "lasting"])
def test_any_call_that_the_disk_refuses_loses_nothing(
    tmp_path: Path,
    frame_at: Make,
    gap_at: Make,
    monkeypatch: pytest.MonkeyPatch,
    lasting: bool,
) -> None:
    """Whichever write or sync fails, what was acknowledged is whole, and nothing else claimed."""
    monkeypatch.setattr(_pixel_writer, "shard_rows", lambda _: 3)
    refused = 0
    for at in range(1000):
        folder = claim_folder(tmp_path / f"run-{at}")
        write_run_json(folder, {})
        with pytest.MonkeyPatch.context() as patch:
            faults = Faults(patch, at, lasting)
            try:
                committed = record_and_close(folder, frame_at, gap_at)
            except FolderError:
                committed = 0  # refused before its first frame
        if faults.calls <= at:
            break
        refused += 1
        result = recover(folder)
        assert result.ok, (at, result)
        assert committed <= result.frames <= 10
        assert verify(folder).ok, (at, verify(folder))
        for frame in RunFolder(folder).frames():
            np.testing.assert_array_equal(
                frame.pixels, frame_at(frame.index, frame.pixels.shape).pixels
            )
        verdict = RunFolder(folder).verdict
        assert verdict is not None
        assert verdict.name == "failed", at
    assert refused > 30
    assert verify(folder).verdict == Verdict("completed_with_gaps", "", 12, 10, 2)
