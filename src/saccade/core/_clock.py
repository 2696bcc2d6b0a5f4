"""The one clock that everything waits on."""

from __future__ import annotations

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """Monotonic time and interruptible waiting."""

    def now_ns(self) -> int:
        """Return monotonic time in ns."""

    def wait_until(self, t_ns: int, wake: threading.Event) -> bool:
        """Wait until a time or until woken; return whether it was woken."""


class RealClock:
    """Time as ``time.perf_counter_ns`` tells it."""

    def now_ns(self) -> int:
        """Return monotonic time in ns."""
        return time.perf_counter_ns()

    def wait_until(self, t_ns: int, wake: threading.Event) -> bool:
        """Wait until a time or until woken; return whether it was woken."""
        while (left_ns := t_ns - time.perf_counter_ns()) > 0:
            # An hour at most at once: a longer timeout overflows on some platforms.
            if wake.wait(min(left_ns / 1e9, 3600.0)):
                return True
        return wake.is_set()


class VirtualClock:
    """Time that passes only when somebody waits; for simulation and tests.

    Parameters
    ----------
    t_ns : int
        Where it starts.
    """

    def __init__(self, t_ns: int = 0) -> None:
        self._lock = threading.Lock()
        self._t_ns = t_ns

    def now_ns(self) -> int:
        """Return virtual time in ns."""
        with self._lock:
            return self._t_ns

    def wait_until(self, t_ns: int, wake: threading.Event) -> bool:
        """Jump to a time, unless woken already; return whether it was woken."""
        if wake.is_set():
            return True
        with self._lock:
            self._t_ns = max(self._t_ns, t_ns)
        return False

    def advance(self, seconds: float) -> None:
        """Let time pass.

        Parameters
        ----------
        seconds : float
            How much.
        """
        with self._lock:
            self._t_ns += round(seconds * 1e9)
