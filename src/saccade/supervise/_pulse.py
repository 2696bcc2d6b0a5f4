"""When the controller is to be heard of again, and whether that is still true."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from ._ear import OVERDUE

if TYPE_CHECKING:
    from collections.abc import Callable

DARK_MS = 30_000
"""How long a controller may be silent that has said that no light is on."""
LENT_MS = 1000
"""How much longer it may be silent while somebody looks, and light is lent for a second."""


class Pulse:
    """The beat of a controller, as the thread that commands the microscope lets it be.

    Each beat says for how long the next may be missing. While light may be on, that is short.
    Where the thread has not kept its promise to be heard of again, that is said instead.

    Parameters
    ----------
    send : callable
        Takes a beat, in milliseconds; may be called from any thread, and must not wait.
    limit_ms : float
        For how long beats may be missing while light may be on.
    """

    def __init__(self, send: Callable[[int], None], limit_ms: float) -> None:
        self._send, self._limit_ms = send, round(limit_ms)
        self._lock = threading.Lock()
        self._silence_ms = self._limit_ms
        self._deadline_s: float | None = None
        self._mute = False

    def lit(self, seconds: float | None) -> None:
        """Say that light may be on, and when this thread will be heard of again.

        Parameters
        ----------
        seconds : float or None
            From now; None is no promise: only the process must be alive.
        """
        self._promise(self._limit_ms, seconds)

    def lent(self, seconds: float | None) -> None:
        """Say the same, while somebody looks who may hold up the interpreter for a while.

        Parameters
        ----------
        seconds : float or None
            As in `lit`.
        """
        self._promise(LENT_MS + self._limit_ms, seconds)

    def dark(self) -> None:
        """Say that no light is on; nobody needs to hurry."""
        self._promise(DARK_MS, None)

    def beat(self) -> None:
        """Send a beat; or once, and then none any more, that the promise was not kept."""
        with self._lock:
            late = self._deadline_s is not None and time.monotonic() > self._deadline_s
            if not late:
                self._send(self._silence_ms)
            elif not self._mute:
                self._send(OVERDUE)
            self._mute = late

    def _promise(self, silence_ms: int, seconds: float | None) -> None:
        deadline_s = None if seconds is None else time.monotonic() + seconds
        with self._lock:
            news = self._mute or silence_ms != self._silence_ms
            self._silence_ms, self._deadline_s, self._mute = silence_ms, deadline_s, False
            if news:
                self._send(silence_ms)
