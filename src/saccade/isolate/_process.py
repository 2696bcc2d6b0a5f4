"""A detector's process, as the run sees it."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import signal
import subprocess
import sys
import time
import weakref
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import psutil

from ._bell import bell_and_ends, close_ends, set_inheritable
from ._memory import SLOTS, Memory
from ._reply import NonsenseError, read_reply
from ._request import request

if TYPE_CHECKING:
    from saccade.core import Frame, Observation

    from ._bell import Bell
    from ._memory import Layout
    from ._reply import Raised, Reply
    from ._request import Boot, Kind

_SLICE_S = 0.05
_REAP_S = 2.0
_LAST = SLOTS - 1


class LostError(Exception):
    """The process is of no use any more; the text says why."""


class Process:
    """A detector in a process of its own.

    It is a new interpreter: of the run it has only the detector, nothing of the script that
    started the run, so it can't open a microscope by importing one.

    Parameters
    ----------
    boot : Boot
        What it is made from.
    layout : Layout
        Of the memory that both have; none is used twice, so that a process which is slow to
        die can't write into a later one's.
    boot_s, at_most_s : float
        How long it may take to be ready, and to look.
    delay_s : float
        How long it waits before it begins.

    Raises
    ------
    OSError
        If the system has no process, memory or pipe for it.
    """

    def __init__(
        self,
        boot: Boot,
        layout: Layout,
        *,
        boot_s: float,
        at_most_s: float,
        delay_s: float = 0.0,
    ) -> None:
        self._memory = Memory(layout)
        self._memory.put_request(pickle.dumps(boot, pickle.HIGHEST_PROTOCOL))
        self._memory_mb, self._at_most_s, self._boot_s = boot.memory_mb, at_most_s, boot_s
        self.due_s = time.monotonic() + delay_s
        """When it begins."""
        self.ready = False
        self._number = 0
        self._held: frozenset[int] = frozenset()
        self._bell, ends = bell_and_ends()
        facts = {
            "ends": ends,
            "ticket": self._memory.ticket,
            "layout": asdict(layout),
            "delay_s": delay_s,
            "parent": os.getpid(),
            "boot_s": boot_s,
            "at_most_s": at_most_s,
        }
        try:
            self._process = _started(json.dumps(facts), (*ends, *self._memory.inherited))
        except BaseException:
            self._bell.close()
            raise
        finally:
            close_ends(ends)
            self._memory.given()
        self._end = weakref.finalize(self, _let_go, self._process, self._bell)
        self._watched: psutil.Process | None = None

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    def become_ready(self, *, wait: bool) -> Raised | None:
        """See whether the detector is made by now.

        Parameters
        ----------
        wait : bool
            Whether to wait for it, as long as it may take.

        Returns
        -------
        Raised or None
            What kept it from being made.

        Raises
        ------
        LostError
            If it took too long, or the process is gone.
        """
        last_s = self.due_s + self._boot_s
        if wait:
            self._await(last_s, f"it was not ready within {self._boot_s:g} s")
        elif not self._rang(0.0):
            if time.monotonic() > last_s:
                raise LostError(f"it was not ready within {self._boot_s:g} s")
            return None
        raised = self._reply()[0].raised
        self.ready = raised is None
        return raised

    def ask(self, kind: Kind, frame: Frame) -> tuple[Reply, Observation | None]:
        """Let it look at a frame.

        Parameters
        ----------
        kind : {'look', 'warm'}
            What to do with it.
        frame : Frame
            A picture of real numbers.

        Returns
        -------
        Reply, Observation or None
            What it answered; the observation is there after a look that went well.

        Raises
        ------
        LostError
            If it is gone, takes too long or too much memory, or answers nonsense.
        Exception
            Whatever keeps the frame from being handed over; the process is none the worse.
        """
        self._number += 1
        slot = min(set(range(_LAST)) - self._held, default=_LAST)
        self._memory.put_pixels(slot, frame.pixels)
        self._memory.put_request(request(kind, frame, self._number, slot))
        at_most_s = self._boot_s if kind == "warm" else self._at_most_s
        try:
            self._bell.ring()
        except (OSError, EOFError):
            raise LostError(self._how_it_ended()) from None
        last_s = time.monotonic() + at_most_s
        self._await(last_s, f"it took longer than {at_most_s * 1e3:g} ms")
        self._check_memory()
        reply, seen = self._reply()
        if reply.raised is None and kind == "look" and seen is None:
            raise LostError("it answered nonsense: nothing was seen")
        self._held = frozenset(reply.held)
        return reply, seen

    def kill(self) -> None:
        """End it at once, with all that it has started; it is not waited for."""
        _kill(self._process)

    def gone(self) -> bool:
        """Return whether it has ended."""
        return self._process.poll() is not None

    def end(self) -> None:
        """End it, and let go of it; never raises."""
        self._end()

    def _await(self, last_s: float, too_late: str) -> None:
        while not self._rang(min(_SLICE_S, max(0.0, last_s - time.monotonic()))):
            if time.monotonic() >= last_s:
                raise LostError(too_late)
            self._check_memory()

    def _rang(self, timeout_s: float) -> bool:
        try:
            return self._bell.wait(timeout_s)
        except EOFError:
            raise LostError(self._how_it_ended()) from None

    def _reply(self) -> tuple[Reply, Observation | None]:
        try:
            return read_reply(self._memory, self._number)
        except NonsenseError as error:
            raise LostError(f"it answered nonsense: {str(error)[:300]}") from error

    def _check_memory(self) -> None:
        if self._memory_mb is None:
            return
        try:
            self._watched = self._watched or psutil.Process(self.pid)
            used_mb = self._watched.memory_info().rss / 2**20
        except psutil.Error:
            return  # it is gone, as will be noticed
        if used_mb > self._memory_mb:
            raise LostError(f"it took more than {self._memory_mb:g} MB of memory")

    def _how_it_ended(self) -> str:
        try:
            code = self._process.wait(_REAP_S)
        except subprocess.TimeoutExpired:
            return "it hung up"
        if code < 0:
            with contextlib.suppress(ValueError):
                return f"it was ended by {signal.Signals(-code).name}"
        return f"it ended with status {code}"


def _started(facts: str, inherited: tuple[int, ...]) -> subprocess.Popen[bytes]:
    code = (
        f"import sys; sys.path[:] = {sys.path!r}\n"
        f"from saccade.isolate._child import main; main({facts!r})"
    )
    for end in inherited:
        set_inheritable(end)
    how: dict[str, Any]
    # A session of its own: Ctrl+C in the terminal is for the run alone.
    if sys.platform == "win32":
        startup = subprocess.STARTUPINFO(lpAttributeList={"handle_list": list(inherited)})
        how = {
            "startupinfo": startup,
            "creationflags": subprocess.CREATE_NEW_PROCESS_GROUP,
        }
    else:
        how = {"pass_fds": inherited, "start_new_session": True}
    # This very interpreter, and nothing of anybody else in what it runs.
    command = [sys.executable, "-c", code]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, **how)  # noqa: S603


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.returncode is not None:
        return  # its number may be another's by now
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)


def _let_go(process: subprocess.Popen[bytes], bell: Bell) -> None:
    _kill(process)
    with contextlib.suppress(OSError):
        bell.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_REAP_S)
