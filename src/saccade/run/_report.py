"""Every value goes to the journal, then to whoever listens."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from saccade.core import Record, StoreError

from ._outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Mapping

    from psygnal import SignalInstance

    from saccade.core import Clock, Frame, Sink

_MOST_COMPLAINTS = 100
_FLUSH_S = 120.0
"""The disk is given up when it has committed nothing for so long."""

_log = logging.getLogger("saccade")


class Report:
    """The journal and the signals of one run.

    Parameters
    ----------
    sink : Sink
        Gets everything.
    signals : mapping of str to SignalInstance
        By kind of record; ``noted`` gets the kinds that have no signal of their own.
    clock : Clock
        Stamps the records.
    """

    def __init__(self, sink: Sink, signals: Mapping[str, SignalInstance], clock: Clock) -> None:
        self._sink = sink
        self._signals = signals
        self._clock = clock
        self._complaints = 0
        self._outbox = Outbox(self._complain)

    @property
    def dropped(self) -> int:
        """Number of signals that listeners were too slow for."""
        return self._outbox.dropped

    def frame(self, frame: Frame) -> bool:
        """Store a frame, or learn that there was no room for it; raises `StoreError`."""
        stored = self.store(frame)
        if stored:
            self.show(frame)
        return stored

    def store(self, frame: Frame) -> bool:
        """Store a frame that was shown before; otherwise as `frame`."""
        # Not merely falsy: a sink that says nothing has stored it.
        return self._sink.frame(frame) is not False

    def show(self, frame: Frame) -> None:
        """Let listeners see a frame."""
        self._outbox.send(self._signals["frame"], frame)

    def tell(self, kind: str, value: Any) -> None:
        """Journal a value; raises `StoreError`."""
        self._sink.note(Record(kind, self._clock.now_ns(), value))
        if kind in self._signals:
            self._outbox.send(self._signals[kind], value)
        else:
            self._outbox.send(self._signals["note"], kind, value)

    def drain(self) -> None:
        """Wait until all is on disk, or the disk does nothing any more; raises `StoreError`."""
        before = -1
        while self._sink.committed > before:
            before = self._sink.committed
            if self._sink.flush(_FLUSH_S):
                return

    def close(self, last: Any) -> None:
        """Send a last signal, then no more."""
        self._outbox.send(self._signals["verdict"], last)
        self._outbox.close()

    def _complain(self, text: str) -> None:
        self._complaints += 1
        if self._complaints > _MOST_COMPLAINTS:
            return
        _log.warning(text)
        try:
            self._sink.note(Record("listener", self._clock.now_ns(), {"text": text}))
        except StoreError:
            _log.warning("The journal is closed; it does not hold this.")
