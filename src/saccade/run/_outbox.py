"""Signals leave the run through here: outward only, never in the acquisition thread."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from saccade.core import Frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from psygnal import SignalInstance

_ROOM = 4096
_ROOM_BYTES = 256 * 2**20
"""Of pixels; a window that is too slow must not fill the memory."""
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
        self._held_bytes = 0
        self._closed_at: float | None = None
        self.dropped = 0
        self._thread: threading.Thread | None = None

    def send(self, signal: SignalInstance, *values: Any) -> None:
        """Emit a signal soon; costs nothing if nobody listens."""
        if not len(signal):
            return
        with self._ready:
            if self._thread is None:
                # Only once somebody listens: most runs of a script need no such thread.
                self._thread = threading.Thread(
                    target=self._serve, name="saccade-signals", daemon=True
                )
                self._thread.start()
            self._held_bytes += _pixel_bytes(values)
            while self._items and (len(self._items) >= _ROOM or self._held_bytes > _ROOM_BYTES):
                self._take()
                self.dropped += 1
            self._items.append((signal, values))
            self._ready.notify()

    def close(self) -> None:
        """Emit what is queued, then end; a listener that hangs is left behind."""
        with self._ready:
            self._closed_at = time.monotonic()
            self._ready.notify()
        if self._thread is not None and threading.current_thread() is not self._thread:
            self._thread.join(_JOIN_S)

    def _serve(self) -> None:
        while (item := self._next()) is not None:
            signal, values = item
            try:
                signal.emit(*values)
            except Exception as error:  # noqa: BLE001 - a listener may raise anything; it is not our run
                cause = error.__cause__ or error
                self._complain(f"A listener of {signal.name!r} raised {cause!r}.")

    def _next(self) -> tuple[SignalInstance, tuple[Any, ...]] | None:
        with self._ready:
            while not self._items:
                if self._closed_at is not None:
                    return None
                self._ready.wait(1.0)
            if self._closed_at is not None and time.monotonic() - self._closed_at > _JOIN_S:
                # Nobody waits for these any more, except for the last, which tells the end.
                self.dropped += len(self._items) - 1
                while len(self._items) > 1:
                    self._take()
            return self._take()

    def _take(self) -> tuple[SignalInstance, tuple[Any, ...]]:
        item = self._items.popleft()
        self._held_bytes -= _pixel_bytes(item[1])
        return item


def _pixel_bytes(values: tuple[Any, ...]) -> int:
    return sum(value.pixels.nbytes for value in values if isinstance(value, Frame))
