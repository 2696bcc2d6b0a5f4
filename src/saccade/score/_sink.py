"""A sink that keeps the log of a run, and no picture."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ._logger import Logger

if TYPE_CHECKING:
    from saccade.core import Frame, Record, Sink, Stand, Verdict

    from ._log import Log


class LogSink:
    """A `saccade.core.Sink` that notes shots and bursts; pictures go on, or nowhere.

    Parameters
    ----------
    stand : Stand
        Tells the light of each channel.
    t0_ns : int
        Time of the run's clock when the specimen's own time was 0.
    then : Sink, optional
        Where frames and records go besides.
    """

    def __init__(self, stand: Stand, t0_ns: int = 0, then: Sink | None = None) -> None:
        self._logger = Logger(stand, t0_ns)
        self._then = then
        self._lock = threading.Lock()
        self._committed = 0
        self.verdict: Verdict | None = None

    def frame(self, frame: Frame) -> bool | None:
        """Note a shot, unless there was no room for its frame."""
        stored = self._then.frame(frame) if self._then is not None else True
        if stored is not False:
            with self._lock:
                self._logger.frame(frame)
                self._committed += 1
        return stored

    def note(self, record: Record) -> None:
        """Note a record."""
        if self._then is not None:
            self._then.note(record)
        with self._lock:
            self._logger.line(record.kind, record.t_ns, record.value)

    @property
    def committed(self) -> int:
        """Number of frames that came, or that are on disk."""
        return self._committed if self._then is None else self._then.committed

    def flush(self, timeout_s: float) -> bool:
        """Wait until everything queued is on disk; return whether it is."""
        return True if self._then is None else self._then.flush(timeout_s)

    def close(self, verdict: Verdict | None = None) -> None:
        """Keep the verdict."""
        self.verdict = verdict
        if self._then is not None:
            self._then.close(verdict)

    def log(self) -> Log:
        """Return what has happened until now."""
        with self._lock:
            return self._logger.log()
