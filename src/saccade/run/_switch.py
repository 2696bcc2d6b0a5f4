"""What a run is asked to do from outside its thread: stop, hold, go on."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from saccade.core import Clock

_SLICE_NS = 500_000_000
"""No wait is longer than this without looking whether it is still wanted."""


class Switch:
    """Flags that any thread may set, and the one event that wakes the run's thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._held = threading.Event()
        self._wake = threading.Event()
        self.reason = ""
        self.by_guard = False
        self.error: BaseException | None = None
        self.end_of_source = ""

    @property
    def stopping(self) -> bool:
        """Whether the run is to end now."""
        return self._stop.is_set()

    @property
    def held(self) -> bool:
        """Whether the run is to take no picture for now."""
        return self._held.is_set()

    def stop(self, reason: str, *, by_guard: bool = False) -> bool:
        """Ask for the end; return whether nobody had asked before."""
        with self._lock:
            first = not self._stop.is_set()
            if first:
                self.reason, self.by_guard = reason, by_guard
                self._stop.set()
        self._wake.set()
        return first

    def fail(self, error: BaseException) -> bool:
        """Ask for the end because of an error; the first is kept; return whether this is it."""
        with self._lock:
            self.error = self.error or error
        self.stop(str(error))
        return self.error is error

    def finish(self, reason: str) -> None:
        """Ask for the end because no further picture can come."""
        self.end_of_source = reason
        self._wake.set()

    def hold(self, held: bool) -> None:
        """Ask to take no picture, or to go on."""
        if held:
            self._held.set()
        else:
            self._held.clear()
        self._wake.set()

    def rouse(self) -> None:
        """Wake the run's thread to look at something new."""
        self._wake.set()

    def settle(self) -> None:
        """Forget what woke the thread, before it looks at everything anyway."""
        self._wake.clear()

    def sleep(self, clock: Clock, until_ns: int) -> bool:
        """Wait until a time or until woken, a slice at most; return whether woken."""
        if not clock.lockstep:
            until_ns = min(until_ns, clock.now_ns() + _SLICE_NS)
        return clock.wait_until(until_ns, self._wake)

    def pause(self) -> None:
        """Wait until woken, a slice of real time at most: nothing is due while held."""
        self._wake.wait(_SLICE_NS / 1e9)
