"""What the supervisor hears of the controller; part of its program."""

from __future__ import annotations

import json
import os
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_CHUNK = 65536
_ANSWER_NS = 100_000_000
"""How often the controller hears that it is heard."""
_GRACE_NS = 2_000_000
"""A beat may be in the pipe, and not heard yet."""
_LATE_NS = 20_000_000
"""If it slept so much longer than it meant to, the machine is busy, and the grace as long."""
_BUSY_NS = 1_000_000_000
"""How much longer one may be silent that is at work, or waits for a processor."""
OVERDUE = 0
"""In place of a beat: the thread that commands the microscope has not kept its promise."""
DEATH = "the controller died"


class Ear:
    """Listens to the controller's pipe in a thread of its own.

    A line is a value of JSON. A number is a beat, and says for how many milliseconds the next
    may be missing, or is `OVERDUE`; text is a goodbye; anything else is an order. The end of
    the pipe without a goodbye is the death of the controller.

    Parameters
    ----------
    source, answers : int
        Handles of the pipes from and to the controller.
    """

    def __init__(self, source: int, answers: int) -> None:
        self._source, self._answers = source, answers
        self._changed = threading.Condition()
        self._orders: list[dict[str, Any]] = []
        self._beats = 0
        self._due_ns: int | None = None
        self._heard_ns = time.monotonic_ns()
        self._answered_ns = 0
        self.goodbye = ""
        """How the controller took its leave: ``bye``, or ``off``."""
        self.cause = ""
        """Why the light is to be put out, if it is."""
        self._thread = threading.Thread(target=self._listen, name="saccade-ear", daemon=True)
        self._thread.start()

    def order(self, timeout_s: float) -> dict[str, Any] | None:
        """Return the next order; None if the controller leaves or says nothing for so long."""
        with self._changed:
            self._changed.wait_for(lambda: self._orders or self.goodbye or self.cause, timeout_s)
            return self._orders.pop(0) if self._orders else None

    def watch(self, stands_still: Callable[[], bool]) -> dict[str, Any] | None:
        """Wait while the controller lives; return an order, or None when it leaves or is lost.

        Parameters
        ----------
        stands_still : callable
            Tells of a controller that is silent whether it is at work nevertheless.
        """
        while True:
            with self._changed:
                if self.goodbye or self.cause:
                    return None
                if self._orders:
                    return self._orders.pop(0)
                silent = self._wait()
            if silent and (self._silent_ns() > _BUSY_NS or stands_still()):
                with self._changed:
                    if self._silent_ns() > 0:  # it may have come back meanwhile
                        silent_ms = (time.monotonic_ns() - self._heard_ns) / 1e6
                        self.cause = f"the controller gave no sign of life for {silent_ms:.0f} ms"

    def lose(self, cause: str) -> None:
        """Give the controller up."""
        with self._changed:
            self.cause = self.cause or cause
            self._changed.notify_all()

    def say(self, what: dict[str, Any]) -> None:
        """Tell the controller something, if it is there."""
        with suppress(OSError):  # whoever must know then reads the log
            os.write(self._answers, json.dumps(what).encode() + b"\n")

    def _wait(self) -> bool:
        """Wait for news, until the next beat is due at most; return whether it is overdue."""
        due_ns = self._due_ns
        if due_ns is None:
            self._changed.wait(1.0)
            return False
        self._changed.wait(max(due_ns - time.monotonic_ns(), 0) / 1e9)
        late_ns = self._silent_ns()
        if self._due_ns != due_ns or late_ns < 0 or self.goodbye or self.cause:
            return False
        # This thread may not be the only one that slept too long, with beats in the pipe.
        self._changed.wait((_LATE_NS if late_ns > _LATE_NS else _GRACE_NS) / 1e9)
        return self._due_ns == due_ns

    def _silent_ns(self) -> int:
        """Return for how long a beat is overdue."""
        return 0 if self._due_ns is None else time.monotonic_ns() - self._due_ns

    def _listen(self) -> None:
        rest = b""
        try:
            while chunk := os.read(self._source, _CHUNK):
                *lines, rest = (rest + chunk).split(b"\n")
                self._hear([json.loads(line) for line in lines if line])
        except (OSError, ValueError) as error:
            self.lose(f"the controller can't be understood: {error!r}")
        self.lose(DEATH)

    def _hear(self, values: list[Any]) -> None:
        now_ns = time.monotonic_ns()
        with self._changed:
            for value in values:
                if value == OVERDUE:
                    self.cause = self.cause or "the controller waits for the microscope in vain"
                elif isinstance(value, int):
                    self._beats += 1
                    self._heard_ns, self._due_ns = now_ns, now_ns + value * 1_000_000
                elif isinstance(value, str):
                    self.goodbye = value
                else:
                    self._orders.append(value)
            self._changed.notify_all()
            beats = self._beats
        if beats and now_ns - self._answered_ns > _ANSWER_NS:
            self._answered_ns = now_ns
            self.say({"alive": beats})
