"""What can be done with a run that is looked back at: compared, doubted, labelled, handed on."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from saccade import app
from saccade.core import SaccadeError

from ._entries import Entry
from ._labelling import Labelling
from ._napari import open_in_napari
from ._qt import QtCore, QtWidgets, Signal

if TYPE_CHECKING:
    from collections.abc import Callable

    from saccade.app import WhatIf

    from ._recall import Recall

_EVERY_MS = 100


class Tools(QtWidgets.QWidget):
    """Buttons for whoever looks back at a run.

    Parameters
    ----------
    recall : Recall
        The run.
    """

    failed = Signal(object)
    """A `SaccadeError`."""
    asked_to_compare = Signal(object)
    """The folder of another run."""
    doubted = Signal(object)
    """Entries: frames that another protocol would have answered otherwise."""

    def __init__(self, recall: Recall) -> None:
        super().__init__()
        self._recall = recall
        self._labelling: Labelling | None = None
        self._doubting: Doubting | None = None
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for text, tip, do in (
            ("&Compare…", "Look at another run beside it, at the same time.", self._compare),
            ("What &if…", "What would another protocol have decided?", self._doubt),
            ("&Label…", "Label the frames for which it is most useful.", self._label),
            ("nap&ari", "Open the pictures in napari.", self.open_in_napari),
        ):
            button = QtWidgets.QPushButton(text)
            button.setToolTip(tip)
            button.clicked.connect(lambda _=False, do=do: self._try(do))
            layout.addWidget(button)

    def label_into(self, folder: Path) -> Labelling:
        """Choose frames to label, and open them for labelling as soon as they are chosen.

        Parameters
        ----------
        folder : Path
            New, or one that was labelled before: frames are added.
        """
        self._labelling = Labelling(self._recall.path, folder, self)
        self._labelling.done.connect(self._labelled)
        self._labelling.start()
        return self._labelling

    def doubt(self, protocol: Path) -> None:
        """Decide again with another protocol, and tell where it would have done otherwise.

        Parameters
        ----------
        protocol : Path
            Its file.
        """
        self._doubting = Doubting(self._recall.path, protocol, self)
        self._doubting.done.connect(self._told)
        self._doubting.start()

    def open_in_napari(self) -> None:
        """Open the pictures of all streams in napari."""
        pictures = self._recall.path / "frames.ome.zarr"
        open_in_napari([pictures / each / "0" for each in self._recall.streams], stack=False)

    # --------------------------------------------------------------------------- by a person

    def _compare(self) -> None:
        path = QtWidgets.QFileDialog.getExistingDirectory(self, "The folder of another run")
        if path:
            self.asked_to_compare.emit(Path(path))

    def _doubt(self) -> None:
        path, _ = QtWidgets.QFileDialog.getOpenFileName(
            self, "Another protocol", "", "Protocols (*.yaml *.yml)"
        )
        if path:
            self.doubt(Path(path))

    def _label(self) -> None:
        path = QtWidgets.QFileDialog.getExistingDirectory(
            self, "An empty folder for the labels, or one with labels of other runs"
        )
        if path:
            self.label_into(Path(path))

    def _labelled(self, window: QtWidgets.QWidget | None, error: SaccadeError | None) -> None:
        if error is not None:
            self.failed.emit(error)
        elif window is not None:
            window.show()

    def _told(self, found: tuple[WhatIf, ...] | None, error: SaccadeError | None) -> None:
        if error is not None:
            self.failed.emit(error)
            return
        entries = [
            Entry(
                "what if",
                each.frame,
                f"{each.now or 'nothing'}, not {each.before or 'nothing'}",
                each.reason,
            )
            for each in found or ()
        ]
        self.doubted.emit(entries)

    def _try(self, do: Callable[[], object]) -> None:
        try:
            do()
        except SaccadeError as error:
            self.failed.emit(error)


class Doubting(QtCore.QObject):
    """Decides again in a thread of its own; a long run takes a while.

    Parameters
    ----------
    run, protocol : Path
        Folder of the run, file of the protocol.
    parent : QObject
        Whose child this is.
    """

    done = Signal(object, object)
    """What was found, or the error, the other being None."""

    def __init__(self, run: Path, protocol: Path, parent: QtCore.QObject) -> None:
        super().__init__(parent)
        self._run, self._protocol = run, protocol
        self._found: tuple[WhatIf, ...] | None = None
        self._error: SaccadeError | None = None
        self._thread = threading.Thread(target=self._decide, name="saccade-gui-doubt", daemon=True)
        self._timer = QtCore.QTimer(self)
        self._timer.timeout.connect(self._look)

    def start(self) -> None:
        """Begin."""
        self._thread.start()
        self._timer.start(_EVERY_MS)

    def _decide(self) -> None:
        try:
            self._found = app.what_if(self._run, app.load_protocol(self._protocol))
        except SaccadeError as error:
            self._error = error

    def _look(self) -> None:
        if not self._thread.is_alive():
            self._timer.stop()
            self._thread.join()
            self.done.emit(self._found, self._error)
