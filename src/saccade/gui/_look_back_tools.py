"""What can be done with a run that is looked back at: compared, doubted, labelled, handed on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from saccade import app
from saccade.core import SaccadeError

from ._beside import Beside
from ._entries import Entry
from ._napari import open_in_napari
from ._qt import QtWidgets, Signal

if TYPE_CHECKING:
    from collections.abc import Callable

    from saccade.app import WhatIf
    from saccade.learn import Labels

    from ._recall import Recall


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
        self.labelling: QtWidgets.QWidget | None = None
        """The window that labels; kept, or it would go at once."""
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

    def label_into(self, folder: Path) -> None:
        """Choose frames to label, and open them for labelling as soon as they are chosen.

        Parameters
        ----------
        folder : Path
            New, or one that was labelled before: frames are added.
        """

        def choose() -> Labels:
            from saccade.learn import Labels, label_run  # seconds, which the thread can wait

            label_run(self._recall.path, folder)
            return Labels(folder)

        self._beside("label", choose, self._labelled)

    def doubt(self, protocol: Path) -> None:
        """Decide again with another protocol, and tell where it would have done otherwise.

        Parameters
        ----------
        protocol : Path
            Its file.
        """
        run = self._recall.path
        self._beside("doubt", lambda: app.what_if(run, app.load_protocol(protocol)), self._told)

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

    def _beside(
        self, name: str, do: Callable[[], object], told: Callable[[Any, Any], None]
    ) -> None:
        job = Beside(name, do, self)
        job.done.connect(told)
        job.start()

    def _labelled(self, labels: Labels | None, error: SaccadeError | None) -> None:
        if error is not None or labels is None:
            self.failed.emit(error)
            return
        from ._label_window import LabelWindow

        self.labelling = LabelWindow(labels)
        self.labelling.show()

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
