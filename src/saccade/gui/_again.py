"""A second look at the frame that is shown, beside the window, for what nobody has kept of it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from saccade.app import SecondLook, gives_masks

from ._beside import Beside
from ._qt import QtCore, Signal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from saccade.app import Protocol
    from saccade.core import Explained, Frame, Past, SaccadeError

    from ._live import LiveView

_EVERY_MS = 300
"""From one look to the next at least: it takes time from a run in the same process."""
_JOIN_S = 10.0


class Again(QtCore.QObject):
    """Looks again at what a picture shows, while an overlay wants it; one look at a time.

    Parameters
    ----------
    live : LiveView
        Whose frames are looked at, and which shows what came of it.
    frames_before : callable
        Given a frame and what must have been seen before it, returns these frames as far as they
        are there; called in another thread.
    is_recorded : bool
        Whether what was seen comes from a journal, which holds no masks.
    """

    failed = Signal(object)
    """A `SaccadeError`; once for each protocol."""

    def __init__(
        self,
        live: LiveView,
        frames_before: Callable[[Frame, Past], Iterable[Frame]],
        *,
        is_recorded: bool,
    ) -> None:
        super().__init__(live)
        self._is_recorded = is_recorded
        self._live, self._frames_before = live, frames_before
        self._protocol: Protocol | None = None
        self._look: tuple[Protocol, SecondLook] | None = None
        self._has_failed = False
        self._asked: Frame | None = None
        self._job: Beside | None = None
        self._closed = threading.Event()
        self._timer = QtCore.QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self._begin)
        live.shown.connect(self._consider)
        live.overlays.switched.connect(self._consider)

    def use(self, protocol: Protocol | None) -> None:
        """Look with the detectors of a protocol from now on; None has none."""
        if protocol is not self._protocol:
            self._protocol = protocol
            masks = self._is_recorded and protocol is not None and gives_masks(protocol)
            self._live.overlays.looks_for_masks = masks
            self._has_failed, self._asked = False, None

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to look at again."""
        return self._job is None and not self._timer.isActive()

    def let_go(self) -> None:
        """Look no more: the window closes."""
        self._closed.set()
        self._timer.stop()
        if self._job is not None:
            self._job.join(_JOIN_S)

    def _consider(self) -> None:
        idle = self._job is None and not self._timer.isActive() and not self._closed.is_set()
        if idle and self._protocol is not None and not self._has_failed and self._is_wanted():
            self._timer.start()

    def _is_wanted(self) -> bool:
        frame = self._live.frame
        return frame is not None and frame is not self._asked and self._live.overlays.wants_again

    def _begin(self) -> None:
        frame, protocol = self._live.frame, self._protocol
        if frame is None or protocol is None or not self._is_wanted():
            return
        self._asked = frame

        def look() -> tuple[Frame, tuple[Explained, ...]]:
            if self._look is None or self._look[0] is not protocol:
                self._look = protocol, SecondLook(protocol)
            return frame, self._look[1].look(frame, lambda past: self._before(frame, past))

        self._job = Beside("again", look, self)
        self._job.done.connect(self._told)
        self._job.start()

    def _before(self, frame: Frame, past: Past) -> Iterator[Frame]:
        for each in self._frames_before(frame, past):
            if self._closed.is_set():
                return
            yield each

    def _told(
        self, found: tuple[Frame, tuple[Explained, ...]] | None, error: SaccadeError | None
    ) -> None:
        if self._job is not None:
            self._job.deleteLater()
        self._job = None
        if error is not None:
            self._has_failed = True
            self.failed.emit(error)
        if found is not None:
            self._live.show_again(*found)
        self._consider()
