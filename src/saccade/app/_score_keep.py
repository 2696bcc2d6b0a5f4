"""Which frames of a scored run would be kept, where a protocol thins them out."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

from saccade.core import Decision, Gap, Observation
from saccade.run import Keep, Ring

if TYPE_CHECKING:
    from collections.abc import Sequence

    from saccade.core import Frame, Record, Sink, Verdict

    from ._protocol import Protocol


def keep_of(protocol: Protocol) -> Keep | None:
    """Return which frames a protocol keeps; None keeps all."""
    keep = protocol.record.keep
    return None if keep is None else Keep(**keep.model_dump())


class KeepSink:
    """A sink that lets frames through a ring, as a recorded run does, and notes which are kept.

    The run itself keeps all: every frame was exposed, and its light counts.

    Parameters
    ----------
    keep : Keep
        What is kept.
    detectors : sequence of str
        Names of the detectors, in the order in which they look.
    then : Sink, optional
        Where frames and records go besides.
    """

    def __init__(self, keep: Keep, detectors: Sequence[str], then: Sink | None = None) -> None:
        self._keep, self._detectors, self._then = keep, tuple(detectors), then
        self._ring = Ring(keep, self._store, lambda *_: None)
        self._lock = threading.Lock()
        self._looks = Counter[int]()
        self._t_ns: dict[int, int] = {}
        self._committed = 0
        self.kept: set[int] = set()
        """Indices of the frames that are kept, once it is closed."""

    def frame(self, frame: Frame) -> bool | None:
        """Take a frame."""
        stored = True if self._then is None else self._then.frame(frame)
        with self._lock:
            self._t_ns[frame.index] = frame.t_ns
            self._committed += 1
            self._ring.take(frame)
        return stored

    def note(self, record: Record) -> None:
        """Hear what was seen and decided, and what did not come."""
        with self._lock:
            if isinstance(record.value, Gap):
                self._ring.take(record.value)
            elif isinstance(record.value, Observation):
                self._seen(record.value)
            elif isinstance(record.value, Decision):
                self._decided(record.value)
        if self._then is not None:
            self._then.note(record)

    @property
    def committed(self) -> int:
        """Number of frames that came, or that are on disk."""
        return self._committed if self._then is None else self._then.committed

    def flush(self, timeout_s: float) -> bool:
        """Wait until everything queued is on disk; return whether it is."""
        return True if self._then is None else self._then.flush(timeout_s)

    def close(self, verdict: Verdict | None = None) -> None:
        """Let go of what is held."""
        with self._lock:
            self._ring.empty()
        if self._then is not None:
            self._then.close(verdict)

    def _seen(self, seen: Observation) -> None:
        name = self._detectors[self._looks[seen.frame] % len(self._detectors)]
        self._looks[seen.frame] += 1
        if self._keep.shows(name, seen):
            self._occurred(seen.frame)
        self._ring.passed(seen.t_ns)

    def _decided(self, decision: Decision) -> None:
        if self._keep.is_asked_on(decision):
            self._occurred(decision.frame)

    def _occurred(self, frame: int) -> None:
        if (t_ns := self._t_ns.get(frame)) is not None:
            self._ring.occurred(t_ns)

    def _store(self, frame: Frame) -> bool:
        self.kept.add(frame.index)
        return True
