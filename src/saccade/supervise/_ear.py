"""What the supervisor hears of the controller; part of its program."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

if sys.platform == "win32":
    import _winapi  # noqa: PLC2701 - as multiprocessing does; there is no public way to look
    import msvcrt

_CHUNK = 65536
_SLICE_S = 1.0
_POLL_S = 2e-3
_ANSWER_NS = 100_000_000
"""How often the controller hears that it is heard."""
_BUSY_NS = 1_000_000_000
"""How much longer one may be silent that is at work, or waits for a processor."""
OVERDUE = 0
"""In place of a beat: the thread that commands the microscope has not kept its promise."""
DEATH = "the controller died"


class Ear:
    """Listens to the controller's pipe.

    A line is a value of JSON. A number is a beat, and says for how many milliseconds the next
    may be missing, or is `OVERDUE`; text is a goodbye; anything else is an order. The end of
    the pipe without a goodbye is the death of the controller.

    It has no thread of its own: one that a busy machine lets wait would leave beats in the pipe,
    and another would miss them.

    Parameters
    ----------
    source, answers : int
        Handles of the pipes from and to the controller.
    """

    def __init__(self, source: int, answers: int) -> None:
        self._source, self._answers = source, answers
        self._alarm, self._bell = os.pipe()
        self._rest = b""
        self._orders: list[dict[str, Any]] = []
        self._beats = 0
        self._due_ns: int | None = None
        self._heard_ns = time.monotonic_ns()
        self._answered_ns = 0
        self.goodbye = ""
        """How the controller took its leave: ``bye``, or ``off``."""
        self.cause = ""
        """Why the light is to be put out, if it is."""

    def heed(self, number: signal.Signals, cause: str) -> None:
        """Take a signal for the loss of the controller, whatever is being waited for.

        Parameters
        ----------
        number : signal.Signals
            The signal.
        cause : str
            What it means.
        """

        def lose(*_: object) -> None:
            self._lose(cause)
            os.write(self._bell, b"!")

        signal.signal(number, lose)

    def order(self, timeout_s: float) -> dict[str, Any] | None:
        """Return the next order; None if the controller leaves or says nothing for so long."""
        end_s = time.monotonic() + timeout_s
        while not (self._orders or self.goodbye or self.cause):
            if (left_s := end_s - time.monotonic()) <= 0:
                return None
            self._listen(min(left_s, _SLICE_S))
        return self._orders.pop(0) if self._orders else None

    def watch(self, stands_still: Callable[[], bool]) -> dict[str, Any] | None:
        """Wait while the controller lives; return an order, or None when it leaves or is lost.

        Parameters
        ----------
        stands_still : callable
            Tells of a controller that is silent whether it is at work nevertheless.
        """
        while not (self.goodbye or self.cause):
            if self._orders:
                return self._orders.pop(0)
            overdue_ns = self._overdue_ns()
            if overdue_ns < 0:
                self._listen(min(-overdue_ns / 1e9, _SLICE_S))
            elif self._listen(_POLL_S):
                continue
            elif (overdue_ns > _BUSY_NS or stands_still()) and not self._listen(0.0):
                silent_ms = (time.monotonic_ns() - self._heard_ns) / 1e6
                self._lose(f"the controller gave no sign of life for {silent_ms:.0f} ms")
        return None

    def last_orders(self) -> list[dict[str, Any]]:
        """Return orders that a loss or a goodbye has overtaken."""
        self._listen(0.0)
        orders, self._orders = self._orders, []
        return orders

    def say(self, what: dict[str, Any]) -> None:
        """Tell the controller something, if it is there."""
        with suppress(OSError):  # whoever must know then reads the log
            os.write(self._answers, json.dumps(what).encode() + b"\n")

    def _overdue_ns(self) -> int:
        """Return for how long a beat is overdue; less than nothing, if none is."""
        if self._due_ns is None:
            return -1_000_000_000
        return time.monotonic_ns() - self._due_ns

    def _lose(self, cause: str) -> None:
        self.cause = self.cause or cause

    def _listen(self, timeout_s: float) -> bool:
        """Wait for the controller, and hear it; return whether there was anything."""
        try:
            if not self._wait(timeout_s):
                return False
            if not (chunk := os.read(self._source, _CHUNK)):
                self._lose(DEATH)
                return True
            *lines, self._rest = (self._rest + chunk).split(b"\n")
            self._hear([json.loads(line) for line in lines if line])
        except (OSError, ValueError) as error:
            self._lose(f"the controller can't be understood: {error!r}")
        return True

    def _wait(self, timeout_s: float) -> bool:
        """Wait until the pipe can be read, or a signal has come; return whether it can."""
        if sys.platform == "win32":
            handle = msvcrt.get_osfhandle(self._source)
            end_s = time.monotonic() + timeout_s
            while not _readable(handle):
                if time.monotonic() >= end_s:
                    return False
                time.sleep(_POLL_S)
            return True
        ready, _, _ = select.select([self._source, self._alarm], [], [], timeout_s)
        return self._source in ready

    def _hear(self, values: list[Any]) -> None:
        now_ns = time.monotonic_ns()
        for value in values:
            if value == OVERDUE:
                self._lose("the controller waits for the microscope in vain")
            elif isinstance(value, int):
                self._beats += 1
                self._heard_ns, self._due_ns = now_ns, now_ns + value * 1_000_000
            elif isinstance(value, str):
                self.goodbye = value
            else:
                self._orders.append(value)
        if self._beats and now_ns - self._answered_ns > _ANSWER_NS:
            self._answered_ns = now_ns
            self.say({"alive": self._beats})


def _readable(handle: int) -> bool:
    """Return whether a pipe of Windows has something to read, its end included."""
    if sys.platform == "win32":
        try:
            return bool(_winapi.PeekNamedPipe(handle, 0)[0])
        except BrokenPipeError:
            return True
    return False
