"""Every value goes to the journal, then to whoever listens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from saccade.core import Record

from ._outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Mapping

    from psygnal import SignalInstance

    from saccade.core import Clock, Frame, Sink

_MOST_COMPLAINTS = 100


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

    def frame(self, frame: Frame) -> None:
        """Store a frame; raises `StoreError`."""
        self._sink.frame(frame)
        self._outbox.send(self._signals["frame"], frame)

    def tell(self, kind: str, value: Any) -> None:
        """Journal a value; raises `StoreError`."""
        self._sink.note(Record(kind, self._clock.now_ns(), value))
        if kind in self._signals:
            self._outbox.send(self._signals[kind], value)
        else:
            self._outbox.send(self._signals["note"], kind, value)

    def close(self, last: Any) -> None:
        """Send a last signal, then no more."""
        self._outbox.send(self._signals["verdict"], last)
        self._outbox.close()

    def _complain(self, text: str) -> None:
        self._complaints += 1
        if self._complaints <= _MOST_COMPLAINTS:
            self._sink.note(Record("listener", self._clock.now_ns(), {"text": text}))
