"""Work that takes a while, done beside the window."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from saccade.core import SaccadeError

from ._qt import QtCore, Signal

if TYPE_CHECKING:
    from collections.abc import Callable

_EVERY_MS = 100


class Beside(QtCore.QObject):
    """Does something in a thread of its own, and tells the window's thread what came of it.

    Parameters
    ----------
    name : str
        Of the thread.
    do : callable
        What is done; it touches no widget.
    parent : QObject
        Whose child this is.
    """

    done = Signal(object, object)
    """What came of it, or the `SaccadeError`, the other being None."""

    def __init__(self, name: str, do: Callable[[], object], parent: QtCore.QObject) -> None:
        super().__init__(parent)
        self._do = do
        self._found: object = None
        self._error: SaccadeError | None = None
        self._thread = threading.Thread(target=self._work, name=f"saccade-gui-{name}", daemon=True)
        self._timer = QtCore.QTimer(self)
        self._timer.timeout.connect(self._look)

    def start(self) -> None:
        """Begin."""
        self._thread.start()
        self._timer.start(_EVERY_MS)

    def join(self, seconds: float) -> None:
        """Wait for it, and tell nobody what came of it."""
        self._timer.stop()
        self._thread.join(seconds)

    def _work(self) -> None:
        try:
            self._found = self._do()
        except SaccadeError as error:
            self._error = error

    def _look(self) -> None:
        if not self._thread.is_alive():
            self._timer.stop()
            self._thread.join()
            self.done.emit(self._found, self._error)
