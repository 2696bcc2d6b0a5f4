"""Signals leave the run through here: outward only, never in the acquisition thread."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from psygnal import SignalInstance

_ROOM = 4096
_JOIN_S = 5.0


class Outbox:
    """A thread that emits signals, so that no listener can slow or break a run.

    When listeners are slower than the microscope the oldest signals are dropped, and
    counted; the journal has them all.

    Parameters
    ----------
    complain : callable
        Receives the message of a listener that raised.
    """

    def __init__(self, complain: Callable[[str], None]) -> None:
        self._complain = complain
        self._items: deque[tuple[SignalInstance, tuple[Any, ...]]] = deque()
        self._ready = threading.Condition()
        self._closed = False
        self.dropped = 0
        self._thread: threading.Thread | None = None

    def send(self, signal: SignalInstance, *values: Any) -> None:
        """Emit a signal soon; costs nothing if nobody listens."""
        if not len(signal):
            return
        if self._thread is None:
            # Only once somebody listens: most runs of a script need no such thread.
            self._thread = threading.Thread(target=self._serve, name="saccade-signals", daemon=True)
            self._thread.start()
        with self._ready:
            if len(self._items) >= _ROOM:
                self._items.popleft()
                self.dropped += 1
            self._items.append((signal, values))
            self._ready.notify()

    def close(self) -> None:
        """Emit what is queued, then end; a listener that hangs is left behind."""
        with self._ready:
            self._closed = True
            self._ready.notify()
        if self._thread is not None and threading.current_thread() is not self._thread:
            self._thread.join(_JOIN_S)

    def _serve(self) -> None:
        while True:
            with self._ready:
                self._ready.wait_for(lambda: self._items or self._closed, timeout=1.0)
                if not self._items:
                    if self._closed:
                        return
                    continue
                signal, values = self._items.popleft()
            try:
                signal.emit(*values)
            except Exception as error:  # noqa: BLE001 - a listener may raise anything; it is not our run
                cause = error.__cause__ or error
                self._complain(f"A listener of {signal.name!r} raised {cause!r}.")
