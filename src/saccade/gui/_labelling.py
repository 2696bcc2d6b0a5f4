"""Choosing the frames to label of a long run takes a while: done beside the window."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from saccade.core import SaccadeError

from ._qt import QtCore, Signal

if TYPE_CHECKING:
    from pathlib import Path

_EVERY_MS = 100


class Labelling(QtCore.QObject):
    """Chooses frames in a thread of its own, and then opens the window for them.

    Parameters
    ----------
    run, folder : Path
        Of the run, and of the labels.
    parent : QObject
        Whose child this is.
    """

    done = Signal(object, object)
    """The window that labels, or the error, the other being None."""

    def __init__(self, run: Path, folder: Path, parent: QtCore.QObject) -> None:
        super().__init__(parent)
        self._run, self._folder = run, folder
        self._error: SaccadeError | None = None
        self._thread = threading.Thread(target=self._choose, name="saccade-gui-label", daemon=True)
        self._timer = QtCore.QTimer(self)
        self._timer.timeout.connect(self._look)

    def start(self) -> None:
        """Begin."""
        self._thread.start()
        self._timer.start(_EVERY_MS)

    def _choose(self) -> None:
        from saccade.learn import label_run

        try:
            label_run(self._run, self._folder)
        except SaccadeError as error:
            self._error = error

    def _look(self) -> None:
        if self._thread.is_alive():
            return
        self._timer.stop()
        self._thread.join()
        if self._error is not None:
            self.done.emit(None, self._error)
            return
        from ._label_window import LabelWindow, labels_of

        self.done.emit(LabelWindow(labels_of(self._folder)), None)
