"""The recorder: frames and records to disk, off the acquisition thread, acknowledged in order."""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from saccade.core import (
    FolderError,
    Frame,
    Gap,
    RealClock,
    Record,
    StoreError,
    StoreOverloadedError,
)

from ._commit import Committer, sentence
from ._journal import RECOVERY, TORN
from ._memory import keep_memory_warm, let_memory_go
from ._pixel_writer import refusal
from ._queue import GroupQueue
from ._room import DiskUse, Room

if TYPE_CHECKING:
    from saccade.core import Clock, Verdict

_MB = 2**20
_MOST_ITEMS = 65536
_GROUP_BYTES = 64 * _MB
_GROUP_ITEMS = 512
_LINGER_S = 0.02
"""With half of it a fast camera waits for twice as many syncs."""
_LONG_S = 10.0
"""A run of so long leaves memory behind that is worth giving back."""
_NICE = 5
_STALL_S = 60.0
_OWN_KINDS = frozenset({"frame", "verdict", TORN, RECOVERY})


class Recorder:
    """Stores what a run hands over; a `saccade.core.Sink`.

    Handing over costs microseconds: one thread, ``saccade-recorder``, takes what is queued
    in groups, writes the pixels, waits until they are on the disk, and only then writes and
    syncs their lines. Lines are in the order of the calls. If a write fails nothing after it
    is acknowledged, and each further call raises.

    Parameters
    ----------
    folder : Path or str
        The folder of the run; must hold neither frames nor a journal.
    queue_mb : float
        Pixels held in memory at most, in MiB, those being written included.
    overload : {"wait", "gap"}
        When the queue is full: wait up to ``patience_s``, then raise; or journal a gap at
        once in place of the frame.
    patience_s : float
        How long to wait for room.
    reserve_mb : float
        Room on the disk, in MiB, that is kept for a clean end: when what is queued would leave
        less, no further frame is taken, and all that was taken is stored.
    clock : Clock, optional
        Stamps the verdict; by default real time.

    Raises
    ------
    FolderError
        If the folder is not there, can't be written, or holds a recording already.
    StoreFullError
        If the disk has no more than the reserve left.
    """

    def __init__(
        self,
        folder: Path | str,
        *,
        queue_mb: float = 1024,
        overload: Literal["wait", "gap"] = "wait",
        patience_s: float = 10.0,
        reserve_mb: float = 256,
        clock: Clock | None = None,
    ) -> None:
        self._folder = Path(folder)
        self._queue_mb, self._overload, self._patience_s = queue_mb, overload, patience_s
        self._queue: GroupQueue[Frame | Record] = GroupQueue(
            int(queue_mb * _MB), _MOST_ITEMS, _GROUP_BYTES, _GROUP_ITEMS, _LINGER_S
        )
        keep_memory_warm()
        self._began_s = time.monotonic()
        self._replaced = 0
        self._error: Exception | None = None
        self._left_behind = False
        self._unclosed = threading.Lock()
        self._room = _room(self._folder, int(reserve_mb * _MB))
        self._full = False
        self._committer = Committer(self._folder, clock or RealClock())
        # A daemon: whoever forgets to close must not keep the process from ending.
        self._thread = threading.Thread(target=self._work, name="saccade-recorder", daemon=True)
        self._thread.start()

    def frame(self, frame: Frame) -> bool:
        """Queue pixels and their journal line; may wait while the queue is full.

        Parameters
        ----------
        frame : Frame
            Its pixels are referred to, not copied, unless they are writeable.

        Returns
        -------
        bool
            False if a gap was journalled in its place.

        Raises
        ------
        StoreOverloadedError
            If the queue stayed full; the frame is not stored, later ones may be.
        StoreFullError
            If the disk is almost full; records may still be noted, to end the run.
        StoreError
            If an earlier write failed, the recorder is closed, or this is no picture.
        """
        pixels = frame.pixels
        if why := refusal(pixels):
            raise StoreError(f"Frame {frame.index} can't be stored: {why}.")
        if pixels.flags.writeable:
            # Whoever can write may reuse the buffer before the disk has read it.
            pixels = pixels.copy()
            pixels.setflags(write=False)
            frame = replace(frame, pixels=pixels)
        wait_s = self._patience_s if self._overload == "wait" else 0.0
        if self._full:
            raise self._room.error()
        if self._queue.put(frame, pixels.nbytes, wait_s):
            return True
        self._check()
        if self._overload == "wait":
            raise self._overloaded()
        self._replaced += 1
        why = f"the recorder's {self._queue_mb:g} MB queue was full"
        known = frame.index, frame.stream, frame.event, why, frame.retries, frame.t_ns
        gap = Gap(*known, camera=frame.camera)
        self._put(Record("gap", frame.t_ns, gap))
        return False

    def note(self, record: Record) -> None:
        """Queue a journal line behind what was queued before; never dropped.

        Parameters
        ----------
        record : Record
            A `saccade.core.Gap` of the kind ``gap`` takes the next row of its stream.

        Raises
        ------
        StoreOverloadedError
            If the queue stayed full.
        StoreError
            If an earlier write failed, the recorder is closed, or the kind is its own.
        """
        if record.kind in _OWN_KINDS or (record.kind == "gap") != isinstance(record.value, Gap):
            raise StoreError(
                f"A {type(record.value).__name__} can't be noted as a {record.kind!r}.",
                do="Frames and verdicts have methods of their own; a gap is a Gap.",
            )
        self._put(record)

    @property
    def committed(self) -> int:
        """Number of frames whose pixels and journal line are on disk."""
        return self._committer.counts["frame"]

    @property
    def replaced(self) -> int:
        """Number of frames that became gaps because the queue was full."""
        return self._replaced

    @property
    def waiting_bytes(self) -> int:
        """Bytes of pixels that wait for the disk."""
        return self._queue.held_bytes

    @property
    def disk(self) -> DiskUse:
        """How much was written, and how much the disk had left when it was looked at last."""
        return DiskUse(self._room.written_bytes, self._room.left_bytes)

    @property
    def fullness(self) -> float:
        """Share of what may wait for the disk that does so, 0 to 1."""
        return self._queue.fullness

    @property
    def waited_s(self) -> float:
        """Seconds for which whoever hands over has waited for room, in all."""
        return self._queue.waited_s

    def flush(self, timeout_s: float) -> bool:
        """Wait until everything queued is on disk; return whether it is.

        Parameters
        ----------
        timeout_s : float
            How long to wait.

        Raises
        ------
        StoreError
            If a write failed.
        """
        drained = self._queue.drained(timeout_s)
        if self._error is not None:
            raise self._failure()
        return drained

    def close(self, verdict: Verdict | None = None) -> None:
        """Commit what is queued, write the verdict, and close every file; once.

        Parameters
        ----------
        verdict : Verdict or None
            Becomes the last line; without it the run counts as not closed. If a write has
            failed it is ``failed``, whatever was given.

        Raises
        ------
        StoreError
            If a write failed, now or earlier.
        """
        if not self._unclosed.acquire(blocking=False):
            return
        self._queue.close()
        self._join()
        # In a thread of its own as well: a disk that hangs must not keep whoever ends a run.
        self._thread = threading.Thread(
            target=self._finish, args=(verdict,), name="saccade-recorder", daemon=True
        )
        self._thread.start()
        self._join()
        if time.monotonic() - self._began_s > _LONG_S:
            let_memory_go()
        if self._error is not None:
            raise self._failure()

    def _finish(self, verdict: Verdict | None) -> None:
        try:
            self._committer.finish(verdict, self._error)
        except Exception as error:  # noqa: BLE001 - it is raised by `close`, by its name
            self._error = self._error or error
        finally:
            self._committer.close()

    def _put(self, record: Record) -> None:
        # Label images are not stored, but they are held until their line is.
        nbytes = getattr(getattr(record.value, "labels", None), "nbytes", 0)
        if not self._queue.put(record, nbytes, self._patience_s):
            self._check()
            raise self._overloaded()

    def _check(self) -> None:
        if self._error is not None:
            raise self._failure()
        if self._queue.closed:
            raise StoreError("The recorder is closed.", do="Start another run.")

    def _failure(self) -> StoreError:
        why = sentence(self._error) if self._error else "unknown."
        error = StoreError(
            f"Writing to {self._folder} failed after {self.committed} frames: {why}",
            do="What was acknowledged before is safe. Check the disk, then start another run.",
        )
        error.__cause__ = self._error
        return error

    def _overloaded(self) -> StoreOverloadedError:
        return StoreOverloadedError(
            f"The recorder's {self._queue_mb:g} MB queue stayed full for {self._patience_s:g} s.",
            do="Record to a faster disk, take fewer or smaller frames, or choose overload='gap'.",
        )

    def _work(self) -> None:
        _stand_back()
        try:
            while self._step():
                pass
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller must learn of it
            self._error = error
            self._queue.close(drop=True)
        if self._left_behind:  # the disk came back, too late
            self._committer.close()

    def _step(self) -> bool:
        group = self._queue.take()
        self._committer.commit(group)
        nbytes = self._queue.done(len(group))
        if self._room.wrote(nbytes):
            self._full = self._room.is_short(self._queue.held_bytes)
        return bool(group)

    def _join(self) -> None:
        while self._thread.is_alive():
            before = self._queue.finished
            self._thread.join(_STALL_S)
            if self._thread.is_alive() and self._queue.finished == before:
                self._error = TimeoutError(f"the disk wrote nothing for {_STALL_S:g} s")
                self._left_behind = True
                raise self._failure()


def _room(folder: Path, reserve_bytes: int) -> Room:
    try:
        room = Room(folder, reserve_bytes)
    except OSError as error:
        what = f"{folder} can't be used: {error.strerror or error}."
        raise FolderError(what, do="Create it with `claim_folder`.") from error
    if room.is_short(0):
        raise room.error()
    return room


def _stand_back() -> None:
    """Let the camera's thread go a little before where both want the processor; only on Linux.

    Nice values are those of threads there. Twice as much starves the writer on a machine that
    other programs load; nothing at all makes the slowest reactions of large pictures slower.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        with suppress(OSError):  # a sandbox may forbid it; then it is merely slower
            nice = os.getpriority(os.PRIO_PROCESS, thread) + _NICE
            os.setpriority(os.PRIO_PROCESS, thread, nice)
