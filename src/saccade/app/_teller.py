"""Texts to somebody outside, one after the other, by a thread of their own."""

from __future__ import annotations

import queue
import threading
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

CALL_S = 5.0
"""How long one may take."""
_MOST_WAITING = 20
_END_S = 10.0
_POLL_S = 0.2


class Teller(ABC):
    """Tells somebody texts; never waits, never raises.

    Parameters
    ----------
    name : str
        What the user calls whoever is told.
    complain : callable
        Told, in a sentence without the address, what could not be sent.
    """

    def __init__(self, name: str, complain: Callable[[str], None]) -> None:
        self._name, self._complain = name, complain
        self._waiting: queue.Queue[str] = queue.Queue(_MOST_WAITING)
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def tell(self, text: str) -> None:
        """Hand over a text; if too many wait, it is given up and that is told."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="saccade-notices", daemon=True)
            self._thread.start()
        try:
            self._waiting.put_nowait(text)
        except queue.Full:
            self._complain(f"{self._name!r} was not told, too much waits for it: {text}")

    def close(self) -> None:
        """Send what waits, for a few seconds at most, and end."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join(_END_S)

    def _work(self) -> None:
        give_up_s: float | None = None
        while True:
            if give_up_s is None and self._closed.is_set():
                give_up_s = time.monotonic() + _END_S - CALL_S
            try:
                text = self._waiting.get(timeout=0 if give_up_s else _POLL_S)
            except queue.Empty:
                if give_up_s:
                    return
                continue
            if give_up_s and time.monotonic() > give_up_s:
                self._complain(f"{self._name!r} was not told, the run is over: {text}")
            else:
                self._try(text)

    def _try(self, text: str) -> None:
        if why := self._send(text):
            self._complain(f"{self._name!r} was not told ({why}): {text}")

    @abstractmethod
    def _send(self, text: str) -> str:
        """Send a text; return why that failed, without the address, which may be a secret."""
