"""A run of the demo microscope on a disk that is full, or slow, from some point on."""

from __future__ import annotations

import faulthandler
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import psutil
from demo_trials import MANNERS, SHUTTER, demo_core
from recovered import recovered
from useq import MDAEvent

from saccade.core import SaccadeError
from saccade.run import Run, _report
from saccade.run._switch import Switch
from saccade.store import RunFolder, _recorder, verify, write_run_json
from saccade.testing import FaultyDisk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from saccade.core import Frame

FRAMES = 48
SIDE_PX = 256
FRAME_BYTES = 2 * SIDE_PX**2
QUEUE_MB = 2.0
"""Room for 16 frames: what may be held in memory, those being written included."""
MEMORY_MB = QUEUE_MB + 16
"""By how much the process may grow in a run: the queue, and the journal's lines, the camera's
buffers and the interpreter's own, measured as the largest resident set, sampled each 5 ms."""
TMPFS_MB = 16
PATIENCE_S = 100.0


@dataclass(frozen=True)
class Disk:
    """What is wrong with the disk."""

    room_bytes: int | None = None
    """Bytes until it is full."""
    tmpfs: bool = False
    """Whether that is a file system of its own, rather than a stand-in."""
    reserve_mb: float = 0.0
    """What the recorder keeps free."""
    call_ms: float = 0.0
    """How much longer each call takes."""
    overload: str = "wait"


@dataclass
class Ended:
    """What became of a run."""

    disk: Disk
    verdict: str = ""
    reason: str = ""
    taken: int = 0
    """Frames that the camera gave."""
    acknowledged: int = 0
    unreadable: list[str] = field(default_factory=list)
    safe_ms: float | None = None
    """From when the run learnt of it until the light was told to go off."""
    lit_at_end: bool = False
    grown_mb: float = 0.0
    most_queued_mb: float = 0.0
    left_threads: list[str] = field(default_factory=list)
    seconds: float = 0.0


def can_mount() -> bool:
    """Return whether a small file system of its own can be had here."""
    if sys.platform != "linux":
        return False
    with (
        suppress(OSError, AssertionError),
        tempfile.TemporaryDirectory() as folder,
        mounted(Path(folder)),
    ):
        return True
    return False


@contextmanager
def mounted(folder: Path) -> Iterator[None]:
    """Mount a file system of `TMPFS_MB`, in memory."""
    options = f"size={TMPFS_MB}m"
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S607


class Watcher:
    """The largest resident set of this process, above what it was in the beginning."""

    def __init__(self) -> None:
        self._process, self._done = psutil.Process(), threading.Event()
        self._before = self.most = self._process.memory_info().rss
        self._thread = threading.Thread(target=self._watch, name="watcher", daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._done.wait(0.005):
            self.most = max(self.most, self._process.memory_info().rss)

    def stop(self) -> float:
        """Return by how much it grew, in MiB."""
        self._done.set()
        self._thread.join(5.0)
        return (self.most - self._before) / 2**20


def trial(disk: Disk) -> Ended:
    """Do one run."""
    faulthandler.dump_traceback_later(150, exit=True)
    began_s, before = time.perf_counter(), set(threading.enumerate())
    core = demo_core()
    core.setProperty("Camera", "OnCameraCCDXSize", SIDE_PX)
    core.setProperty("Camera", "OnCameraCCDYSize", SIDE_PX)
    core.setProperty("Camera", "Mode", "Noise")
    with ExitStack() as stack:
        parent = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if disk.tmpfs:
            stack.enter_context(mounted(parent))
        ended = _Play(core, parent / "run", disk).play()
    core.unloadAllDevices()
    end_s = time.monotonic() + 5.0
    new = [each for each in threading.enumerate() if each not in before]
    new = [each for each in new if not each.name.startswith("Dummy-")]
    for each in new:
        each.join(max(0.0, end_s - time.monotonic()))
    ended.left_threads = [each.name for each in new if each.is_alive()]
    faulthandler.cancel_dump_traceback_later()
    ended.seconds = time.perf_counter() - began_s
    return ended


class _Play:
    def __init__(self, core: Any, folder: Path, disk: Disk) -> None:
        self.core, self.folder, self.disk = core, folder, disk
        self.ended = Ended(disk)
        self.failed_ns: int | None = None
        self.handed: dict[int, int] = {}

    def play(self) -> Ended:
        from saccade.scope import MicroManagerScope

        self.folder.mkdir()
        write_run_json(self.folder, {"name": "trial"})
        scope = MicroManagerScope(self.core, "demo", manners=PATIENT)
        with ExitStack() as stack:
            stack.enter_context(patch.object(_report, "_FLUSH_S", 5.0))
            stack.enter_context(patch.object(Switch, "fail", self._noting(Switch.fail)))
            if not self.disk.tmpfs:
                stack.enter_context(self._bad_disk())
            elif self.disk.room_bytes is not None:
                self._fill(TMPFS_MB * 2**20 - self.disk.room_bytes)
            self._run(scope)
        with self.core.truth():
            self.ended.lit_at_end = self.core.getShutterOpen(SHUTTER)
        self._time_safe()
        if self.disk.tmpfs:
            (self.folder.parent / "filler").unlink(missing_ok=True)  # a recovery needs some room
        self._read_back()
        return self.ended

    def _bad_disk(self) -> FaultyDisk:
        disk = self.disk
        return FaultyDisk(
            self.folder,
            room_bytes=disk.room_bytes,
            call_ms=disk.call_ms,
        )

    def _fill(self, nbytes: int) -> None:
        with (self.folder.parent / "filler").open("wb") as file:
            file.write(bytes(max(0, nbytes)))

    def _run(self, scope: Any) -> None:
        ended = self.ended
        try:
            recorder = _recorder.Recorder(
                self.folder,
                queue_mb=QUEUE_MB,
                patience_s=2.0,
                reserve_mb=self.disk.reserve_mb,
                overload=self.disk.overload,  # type: ignore[arg-type]
            )
        except SaccadeError as error:
            ended.verdict, ended.reason = "not begun", error.what
            return
        original = recorder.frame

        def hand_over(frame: Frame) -> bool:
            ended.taken += 1
            self.handed[frame.index] = zlib.crc32(frame.pixels.tobytes())
            stored = original(frame)
            held = recorder._queue.held_bytes / 2**20
            ended.most_queued_mb = max(ended.most_queued_mb, held)
            return stored

        recorder.frame = hand_over  # type: ignore[method-assign]
        plan = [MDAEvent(index={"t": t}, exposure=1.0) for t in range(FRAMES)]
        run = Run(scope, plan, sink=recorder, folder=self.folder)
        watcher = Watcher()
        with suppress(SaccadeError):
            run.start().wait(PATIENCE_S)
        ended.grown_mb = watcher.stop()
        assert run.verdict is not None
        ended.verdict, ended.reason = run.verdict.name, run.verdict.reason
        ended.acknowledged = recorder.committed

    def _noting(self, original: Any) -> Any:
        def fail(switch: Switch, error: BaseException) -> None:
            if self.failed_ns is None:
                self.failed_ns = time.perf_counter_ns()
            original(switch, error)

        return fail

    def _time_safe(self) -> None:
        if self.failed_ns is None:
            return
        closed = [
            call.t_ns
            for call in self.core.calls
            if call.name == "setShutterOpen" and call.args[-1] is False
        ]
        last_ns = max((each.end_ns for each in self.core.exposures), default=0)
        if any(last_ns < t_ns < self.failed_ns for t_ns in closed):
            self.ended.safe_ms = 0.0
            return
        after = [t_ns - self.failed_ns for t_ns in closed if t_ns >= self.failed_ns]
        self.ended.safe_ms = min(after) / 1e6 if after else float("inf")

    def _read_back(self) -> None:
        ended = self.ended
        if not (self.folder / "journal.jsonl").exists():
            return
        if not verify(self.folder).ok:
            recovered(self.folder)
        frames = list(RunFolder(self.folder).frames())
        if len(frames) < ended.acknowledged:
            ended.unreadable.append(f"{ended.acknowledged - len(frames)} of {ended.acknowledged}")
        ended.unreadable += [
            f"frame {frame.index} is another"
            for frame in frames
            if zlib.crc32(frame.pixels.tobytes()) != self.handed.get(frame.index)
        ]


PATIENT = type(MANNERS)(settle_s=2.0)
