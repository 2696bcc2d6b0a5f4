"""Listeners of the core's own signals, kept from breaking or slowing a run."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymmcore_plus import CMMCorePlus

_ROOM = 10_000
_JOIN_S = 1.0
_MOST_COMPLAINTS = 100


class Shield:
    """Stands between a core and the listeners of its signals while a run holds it.

    pymmcore-plus emits many of its signals, such as ``propertyChanged`` and ``configSet``, in
    the thread that gave the command: there a listener that raises looks like a command that
    failed, and a slow one holds up the exposure. Behind the shield they are emitted by a
    thread of its own; if listeners are too slow, the oldest are dropped.

    Parameters
    ----------
    core : CMMCorePlus
        There is no public way to put something before its signals.
    complain : callable
        Receives the message of a listener that raised.
    """

    def __init__(self, core: CMMCorePlus, complain: Callable[[str], None]) -> None:
        self._core, self._complain = core, complain
        self._complaints = 0
        self._items: deque[tuple[str, Any, tuple[Any, ...]]] = deque(maxlen=_ROOM)
        self._ready = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None
        self._open_signals = core.events
        core._events = Relayed(core.events, self._send)  # noqa: SLF001

    def lower(self) -> None:
        """Let the core emit by itself again; a listener that hangs is left behind."""
        self._core._events = self._open_signals  # noqa: SLF001
        with self._ready:
            self._closed = True
            self._ready.notify()
        if self._thread is not None and threading.current_thread() is not self._thread:
            self._thread.join(_JOIN_S)

    def _send(self, name: str, signal: Any, values: tuple[Any, ...]) -> None:
        if not is_heard(signal):
            return
        with self._ready:
            if not self._closed:
                self._items.append((name, signal, values))
                self._ready.notify()
                self._begin()
                return
        signal.emit(*values)

    def _begin(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._serve, name="saccade-listeners", daemon=True
            )
            self._thread.start()

    def _serve(self) -> None:
        while True:
            with self._ready:
                self._ready.wait_for(lambda: self._items or self._closed, timeout=1.0)
                if not self._items:
                    if self._closed:
                        return
                    continue
                name, signal, values = self._items.popleft()
            try:
                signal.emit(*values)
            except Exception as error:  # noqa: BLE001 - a listener may raise anything; it is not our run
                self._blame(name, error.__cause__ or error)

    def _blame(self, name: str, cause: BaseException) -> None:
        self._complaints += 1
        if self._complaints <= _MOST_COMPLAINTS:
            self._complain(f"A listener of {name!r} raised {cause!r}.")


def is_heard(signal: Any) -> bool:
    """Return whether anybody listens to a signal, as far as it tells.

    Parameters
    ----------
    signal : object
        Those of psygnal know; those of Qt don't, and count as heard.
    """
    return not hasattr(signal, "__len__") or len(signal) > 0


class Relayed:
    """A group of signals whose ``emit`` goes another way; all else is as it was.

    Parameters
    ----------
    signals : object
        The group.
    send : callable
        Receives the name of a signal, the signal, and the values to emit.
    """

    def __init__(self, signals: Any, send: Callable[[str, Any, tuple[Any, ...]], None]) -> None:
        self._of, self._send = signals, send

    def __getattr__(self, name: str) -> Any:
        signal = getattr(self._of, name)
        return _RelayedSignal(name, signal, self._send) if hasattr(signal, "emit") else signal

    def __dir__(self) -> list[str]:
        return dir(self._of)


class _RelayedSignal:
    def __init__(
        self, name: str, signal: Any, send: Callable[[str, Any, tuple[Any, ...]], None]
    ) -> None:
        self._name, self._signal, self._send = name, signal, send

    def emit(self, *values: Any) -> None:
        self._send(self._name, self._signal, values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._signal, name)
