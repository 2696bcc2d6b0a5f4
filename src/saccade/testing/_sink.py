"""A sink that keeps the last frames and records in memory."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from saccade.core import Frame, Gap, Record, StoreError
from saccade.run import history

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from saccade.core import Verdict
    from saccade.run import Past


class MemorySink:
    """A `saccade.core.Sink` without a disk, for tests.

    Parameters
    ----------
    room : int
        Number of records, frames included, that are kept; the oldest go first.
    fails_at : int, optional
        Index of the frame from which on every write raises a `StoreError`.
    full_at : collection of int
        Indices of frames for which there is no room: they become gaps.
    calls : list of str, optional
        Gets ``close`` when it is closed; share it with `FakeScope` to know the order.

    Examples
    --------
    >>> from saccade.testing import MemorySink, frames_of
    >>> sink = MemorySink()
    >>> for frame in frames_of([0, 1]):
    ...     _ = sink.frame(frame)
    >>> sink.committed
    2
    """

    def __init__(
        self,
        room: int = 10_000,
        *,
        fails_at: int | None = None,
        full_at: Collection[int] = (),
        calls: list[str] | None = None,
    ) -> None:
        self._lock = threading.Lock()
        self._fails_at, self._full_at = fails_at, full_at
        self._failed = False
        self._committed = 0
        self.records: deque[Record] = deque(maxlen=room)
        """All that came, frames too, in order."""
        self.calls: list[str] = [] if calls is None else calls
        self.verdict: Verdict | None = None
        self.closed = False

    def frame(self, frame: Frame) -> bool:
        """Keep a frame; return whether there was room for it.

        Raises
        ------
        StoreError
            If it is told to fail, or closed.
        """
        with self._lock:
            self._failed |= frame.index == self._fails_at
            self._check()
            if frame.index in self._full_at:
                gap = Gap(frame.index, frame.stream, frame.event, "no room", t_ns=frame.t_ns)
                self.records.append(Record("gap", frame.t_ns, gap))
                return False
            self.records.append(Record("frame", frame.t_ns, frame))
            self._committed += 1
            return True

    def note(self, record: Record) -> None:
        """Keep a record.

        Raises
        ------
        StoreError
            If it is told to fail, or closed.
        """
        with self._lock:
            self._check()
            self.records.append(record)

    @property
    def committed(self) -> int:
        """Number of frames that came."""
        return self._committed

    def flush(self, timeout_s: float) -> bool:  # noqa: ARG002 - the shape of a sink
        """Return that everything is kept; raise a `StoreError` if it failed before."""
        with self._lock:
            self._check()
        return True

    def close(self, verdict: Verdict | None = None) -> None:
        """Keep the verdict, and refuse whatever comes after."""
        with self._lock:
            self.calls.append("close")
            self.verdict, self.closed = verdict, True

    def of(self, kind: str) -> list[Any]:
        """Return the values of one kind, in order, such as ``decision``.

        Parameters
        ----------
        kind : str
            As in the journal.
        """
        with self._lock:
            return [record.value for record in self.records if record.kind == kind]

    @property
    def frames(self) -> tuple[Frame, ...]:
        """All frames that are kept, in order."""
        return tuple(self.of("frame"))

    def history(self) -> Iterator[Past]:
        """Yield what was heard and decided, for `saccade.run.replay`."""
        frames = {frame.index: frame for frame in self.frames}
        with self._lock:
            lines = [(record.kind, record.value) for record in self.records]
        return history(lines, frames.__getitem__)

    def _check(self) -> None:
        if self._failed:
            raise StoreError("The sink was told to fail.")
        if self.closed:
            raise StoreError("The sink is closed.")
