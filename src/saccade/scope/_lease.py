"""A shutter that is left open between events is lent for a second, and then closed."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from saccade.core import Clock

    from ._safe import Safety

LEASE_S = 1.0
"""The longest that light stays on with nothing exposed in it."""


class Lease:
    """Makes a microscope SAFE that was left in the light for too long.

    What is open when the lease ends is opened again before the next event, as after a hold.
    In lockstep, where nothing may happen in another thread, only `rest` ends a lease.

    Parameters
    ----------
    safety : Safety
        Closes, and opens again.
    clock : Clock
        Times the lease.
    """

    def __init__(self, safety: Safety, clock: Clock) -> None:
        self._safety, self._clock = safety, clock
        self._changed = threading.Condition()
        self._began_ns: int | None = None
        self._ends_s = 0.0
        self._closed = False
        self._told: Mapping[str, str] = {}
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Lend the light until the next event; once begun, it goes on."""
        with self._changed:
            if self._began_ns is not None or self._closed:
                return
            self._began_ns = self._clock.now_ns()
            self._ends_s = time.monotonic() + LEASE_S
            if self._thread is None and not self._clock.lockstep:
                self._thread = threading.Thread(
                    target=self._watch, name="saccade-lease", daemon=True
                )
                self._thread.start()
            self._changed.notify_all()

    def rest(self, until_ns: int) -> None:
        """Learn that nothing comes before a time; if the lease would run out, it ends now.

        Parameters
        ----------
        until_ns : int
            On the clock of the lease.
        """
        with self._changed:
            began_ns = self._began_ns
            if began_ns is not None and until_ns - began_ns > LEASE_S * 1e9:
                self._run_out()

    def end(self) -> Mapping[str, str]:
        """End it, because the next event begins; return what was made SAFE meanwhile."""
        with self._changed:
            self._began_ns = None
            told, self._told = self._told, {}
            return told

    def close(self) -> None:
        """End it for good."""
        with self._changed:
            self._closed, self._began_ns = True, None
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(LEASE_S)

    def _run_out(self) -> None:
        self._began_ns = None
        self._told = self._safety.make()

    def _watch(self) -> None:
        with self._changed:
            while not self._closed:
                left_s = self._ends_s - time.monotonic()
                if self._began_ns is None:
                    self._changed.wait(LEASE_S)
                elif left_s > 0:
                    self._changed.wait(left_s)
                else:
                    self._run_out()
