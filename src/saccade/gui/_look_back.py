"""A finished run, looked through frame by frame."""

from __future__ import annotations

from bisect import bisect_left
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from saccade.core import SaccadeError

from ._alerts import AlertStrip
from ._labelling import Labelling
from ._live import LiveView
from ._napari import open_in_napari
from ._panes import SIZE, panes
from ._qt import QShortcut, QtCore, QtGui, QtWidgets
from ._table import DecisionTable
from ._timeline import Timeline

if TYPE_CHECKING:
    from ._recall import Recall

_PLAY_MS = 50
"""20 frames a second."""
_ALL = "everything"


class LookBack(QtWidgets.QMainWindow):
    """Shows the frames of a run folder, what was seen in each, and what was decided.

    Parameters
    ----------
    recall : Recall
        The run.
    """

    def __init__(self, recall: Recall) -> None:
        super().__init__()
        self.recall = recall
        self.live, self.timeline, self.table = LiveView(), Timeline(), DecisionTable()
        self.alerts = AlertStrip()
        self.slider = QtWidgets.QSlider(QtCore.Qt.Orientation.Horizontal)
        self.slider.setRange(0, max(len(recall.frames) - 1, 0))
        self.slider.setAccessibleName("Frame")
        self.filter = QtWidgets.QComboBox()
        self.filter.addItems([_ALL, *dict.fromkeys(each.kind for each in recall.entries)])
        self.filter.setToolTip("What the table shows.")
        self.play = QtWidgets.QPushButton("&Play (Space)")
        self.play.setCheckable(True)
        self.label = QtWidgets.QPushButton("&Label…")
        self.label.setToolTip("Choose the frames that are most useful to label, and label them.")
        self.napari = QtWidgets.QPushButton("nap&ari")
        self.napari.setToolTip("Open the pictures of this run in napari.")
        self._labelling: Labelling | None = None
        self._timer = QtCore.QTimer(self)
        self._timer.timeout.connect(lambda: self.step(1))
        self.setWindowTitle(f"{recall.path.name} - Saccade")
        self.resize(*SIZE)
        self._arrange()
        self._connect()
        self.timeline.add(chain.from_iterable(recall.observations.values()), recall.entries)
        self._tell_rows(_ALL)
        if recall.frames:
            self.show_number(0)
        self._tell_end()

    def _arrange(self) -> None:
        below = QtWidgets.QHBoxLayout()
        for widget in (self.play, self.slider, self.filter, self.label, self.napari):
            below.addWidget(widget, 1 if widget is self.slider else 0)
        whole = QtWidgets.QWidget()
        layout = QtWidgets.QVBoxLayout(whole)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(self.alerts)
        layout.addWidget(panes(self.live, self.timeline, self.table), 1)
        layout.addLayout(below)
        self.setCentralWidget(whole)

    def _connect(self) -> None:
        self.slider.valueChanged.connect(self.show_number)
        self.timeline.asked.connect(self.show_frame)
        self.table.asked.connect(self.show_frame)
        self.filter.currentTextChanged.connect(self._tell_rows)
        self.play.toggled.connect(self._played)
        self.label.clicked.connect(self._choose_labels)
        self.napari.clicked.connect(self._open_in_napari)
        for key, do in (
            ("Right", lambda: self.step(1)),
            ("Left", lambda: self.step(-1)),
            ("Space", self.play.toggle),
        ):
            shortcut = QShortcut(QtGui.QKeySequence(key), self)
            shortcut.setContext(QtCore.Qt.ShortcutContext.ApplicationShortcut)
            shortcut.activated.connect(do)

    def show_number(self, number: int) -> None:
        """Show a frame by its place in the run, from 0."""
        index = self.recall.frames[number]
        try:
            frame = self.recall.frame(index)
        except SaccadeError as error:
            self.play.setChecked(False)
            self.alerts.tell_error(error)
            return
        self.live.show_frame(frame, self.recall.observations.get(index, ()))
        self.timeline.point_at(index)
        if self.slider.value() != number:
            self.slider.blockSignals(True)  # it would ask for this frame again
            self.slider.setValue(number)
            self.slider.blockSignals(False)

    def show_frame(self, index: int) -> None:
        """Show the frame with a number, or the next there is."""
        if self.recall.frames:
            number = bisect_left(self.recall.frames, index)
            self.show_number(min(number, len(self.recall.frames) - 1))

    def step(self, by: int) -> None:
        """Go on by so many frames; playing ends with the last one."""
        number = self.slider.value() + by
        if 0 <= number <= self.slider.maximum():
            self.slider.setValue(number)
        else:
            self.play.setChecked(False)

    def label_into(self, folder: Path) -> None:
        """Choose frames to label, and open them for labelling as soon as they are chosen.

        Parameters
        ----------
        folder : Path
            New, or one that was labelled before: frames are added.
        """
        self.label.setEnabled(False)
        self._labelling = Labelling(self.recall.path, folder, self)
        self._labelling.done.connect(self._labelled)
        self._labelling.start()

    def _choose_labels(self) -> None:
        path = QtWidgets.QFileDialog.getExistingDirectory(
            self, "An empty folder for the labels, or one with labels of other runs"
        )
        if path:
            self.label_into(Path(path))

    def _labelled(self, window: QtWidgets.QWidget | None, error: SaccadeError | None) -> None:
        self.label.setEnabled(True)
        if error is not None:
            self.alerts.tell_error(error)
        elif window is not None:
            window.show()

    def _open_in_napari(self) -> None:
        pictures = self.recall.path / "frames.ome.zarr"
        try:
            open_in_napari([pictures / each / "0" for each in self.recall.streams], stack=False)
        except SaccadeError as error:
            self.alerts.tell_error(error)

    def _played(self, on: bool) -> None:
        if on:
            self._timer.start(_PLAY_MS)
        else:
            self._timer.stop()

    def _tell_rows(self, kind: str) -> None:
        self.table.clear_rows()
        self.table.add(each for each in self.recall.entries if kind in (_ALL, each.kind))

    def _tell_end(self) -> None:
        verdict = self.recall.verdict
        if verdict is None:
            text = "This run has no end: it goes on, or its process died (saccade recover)."
            self.alerts.tell("warning", text)
        elif not self.recall.frames:
            self.alerts.tell("warning", f"{verdict.name}; it holds no frame.")
        elif verdict.name != "completed":
            reason = f": {verdict.reason}" if verdict.reason else ""
            self.alerts.tell("fact", f"{verdict.name}{reason}")
