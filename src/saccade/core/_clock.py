"""The one clock that everything waits on."""

from __future__ import annotations

import heapq
import threading
import time
from typing import Protocol


class Clock(Protocol):
    """Monotonic time and interruptible waiting."""

    @property
    def lockstep(self) -> bool:
        """Whether a part takes the time that it declares, and nothing happens beside it."""

    def now_ns(self) -> int:
        """Return monotonic time in ns."""

    def wall_ns(self) -> int:
        """Return the time of day, in ns since 1970."""

    def wait_until(self, t_ns: int, wake: threading.Event) -> bool:
        """Wait until a time or until woken; return whether it was woken."""

    def nap(self, seconds: float) -> None:
        """Wait a little before asking a device again."""

    def announce(self, t_ns: int) -> None:
        """Say that something will be different then, so that nobody asks in vain before."""


class RealClock:
    """Time as ``time.perf_counter_ns`` tells it."""

    lockstep = False

    def now_ns(self) -> int:
        """Return monotonic time in ns."""
        return time.perf_counter_ns()

    def wall_ns(self) -> int:
        """Return the time of day, in ns since 1970."""
        return time.time_ns()

    def wait_until(self, t_ns: int, wake: threading.Event) -> bool:
        """Wait until a time or until woken; return whether it was woken."""
        while (left_ns := t_ns - time.perf_counter_ns()) > 0:
            # An hour at most at once: a longer timeout overflows on some platforms.
            if wake.wait(min(left_ns / 1e9, 3600.0)):
                return True
        return wake.is_set()

    def nap(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(seconds)

    def announce(self, t_ns: int) -> None:
        """Do nothing: real time comes by itself."""


class VirtualClock:
    """Time that passes only when somebody waits; for simulation and tests.

    Parameters
    ----------
    t_ns : int
        Where it starts; the time of day is the same, so that two runs tell the same.
    lockstep : bool
        Whether a run keeps step with it, so that the same seed gives the same run: detectors
        take the time that they declare, and nothing happens in another thread.
    """

    def __init__(self, t_ns: int = 0, *, lockstep: bool = False) -> None:
        self.lockstep = lockstep
        self._lock = threading.Lock()
        self._t_ns = t_ns
        self._agenda: list[int] = []

    def now_ns(self) -> int:
        """Return virtual time in ns."""
        with self._lock:
            return self._t_ns

    def wall_ns(self) -> int:
        """Return virtual time in ns, as if it had begun in 1970."""
        return self.now_ns()

    def wait_until(self, t_ns: int, wake: threading.Event) -> bool:
        """Jump to a time, unless woken already; return whether it was woken."""
        if wake.is_set():
            return True
        with self._lock:
            self._t_ns = max(self._t_ns, t_ns)
        return False

    def nap(self, seconds: float) -> None:
        """Jump to what was announced next; a nap's length where nothing was."""
        with self._lock:
            self._forget_past()
            if self._agenda:
                self._t_ns = heapq.heappop(self._agenda)
            else:
                self._t_ns += round(seconds * 1e9)

    def announce(self, t_ns: int) -> None:
        """Say that something will be different then, so that a nap jumps there."""
        with self._lock:
            self._forget_past()
            if t_ns > self._t_ns:
                heapq.heappush(self._agenda, t_ns)

    def advance(self, seconds: float) -> None:
        """Let time pass.

        Parameters
        ----------
        seconds : float
            How much.
        """
        with self._lock:
            self._t_ns += round(seconds * 1e9)

    def _forget_past(self) -> None:
        while self._agenda and self._agenda[0] <= self._t_ns:
            heapq.heappop(self._agenda)
