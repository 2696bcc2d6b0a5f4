"""A finished run, looked through frame by frame."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from saccade.core import SaccadeError

from ._about import About
from ._again import Again
from ._alerts import AlertStrip
from ._exemplars import Exemplars
from ._layout import read_layout, write_layout
from ._live import LiveView
from ._look_back_tools import Tools
from ._overlay_menu import add_overlay_menu
from ._panes import SIZE, panes
from ._qt import QShortcut, QtCore, QtGui, QtWidgets
from ._recall import Recall
from ._table import DecisionTable
from ._timeline import Timeline

if TYPE_CHECKING:
    from pathlib import Path

    from ._entries import Entry

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
        self.about = About(self.live, recall.account, Exemplars(recall.kept))
        self.alerts = AlertStrip()
        self.slider = QtWidgets.QSlider(QtCore.Qt.Orientation.Horizontal)
        self.slider.setRange(0, max(len(recall.frames) - 1, 0))
        self.slider.setAccessibleName("Frame")
        self.filter = QtWidgets.QComboBox()
        self.filter.addItems([_ALL, *dict.fromkeys(each.kind for each in recall.entries)])
        self.filter.setToolTip("What the table shows.")
        self.play = QtWidgets.QPushButton("&Play (Space)")
        self.play.setCheckable(True)
        self.tools = Tools(recall)
        self.other: LookBack | None = None
        """Another run that is compared with this one."""
        self._timer = QtCore.QTimer(self)
        self._timer.timeout.connect(lambda: self.step(1))
        self.setWindowTitle(f"{recall.path.name} - Saccade")
        self.resize(*SIZE)
        self._arrange()
        self._connect()
        self._use_overlays()
        self.timeline.add(chain.from_iterable(recall.observations.values()), recall.entries)
        self.timeline.draw()
        self._tell_rows(_ALL)
        if recall.frames:
            self.show_number(0)
        self._tell_end()

    def _arrange(self) -> None:
        below = QtWidgets.QHBoxLayout()
        for widget in (self.play, self.slider, self.filter, self.tools):
            below.addWidget(widget, 1 if widget is self.slider else 0)
        whole = QtWidgets.QWidget()
        layout = QtWidgets.QVBoxLayout(whole)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(self.alerts)
        layout.addWidget(panes(self.live, self.about, self.timeline, self.table), 1)
        layout.addLayout(below)
        self.setCentralWidget(whole)

    def _connect(self) -> None:
        self.slider.valueChanged.connect(self.show_number)
        self.timeline.asked.connect(self.show_frame)
        self.table.asked.connect(self.show_frame)
        self.about.asked.connect(self.show_frame)
        self.filter.currentTextChanged.connect(self._tell_rows)
        self.play.toggled.connect(self._played)
        self.tools.failed.connect(self.alerts.tell_error)
        self.tools.asked_to_compare.connect(self.compare)
        self.tools.doubted.connect(self._doubted)
        for key, do in (
            ("Right", lambda: self.step(1)),
            ("Left", lambda: self.step(-1)),
            ("Space", self.play.toggle),
        ):
            shortcut = QShortcut(QtGui.QKeySequence(key), self)
            shortcut.setContext(QtCore.Qt.ShortcutContext.ApplicationShortcut)
            shortcut.activated.connect(do)

    def _use_overlays(self) -> None:
        """Draw over the pictures what a window draws that watches a run."""
        overlays = self.live.overlays
        overlays.looks_before, overlays.modulator = self.recall.looks_before, self.recall.modulator
        overlays.switch(read_layout()[0].overlays)
        add_overlay_menu(self.menuBar().addMenu("&View"), overlays, self._keep_overlays)
        self.again = Again(self.live, self.recall.frames_before, is_recorded=True)
        self.again.failed.connect(self.alerts.tell_error)
        self.again.use(self.recall.protocol)

    def _keep_overlays(self) -> None:
        layout, problem = read_layout()
        if not problem:  # a layout that can't be read is told of, and mended, by the main window
            write_layout(replace(layout, overlays=self.live.overlays.states))

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

    def compare(self, folder: Path) -> None:
        """Open another run beside this one; both go through time together.

        Parameters
        ----------
        folder : Path
            Of the other run.
        """
        try:
            self.other = LookBack(Recall(folder))
        except SaccadeError as error:
            self.alerts.tell_error(error)
            return
        self.other.show()
        self.slider.valueChanged.connect(self._lead)
        self._lead(self.slider.value())

    def _lead(self, number: int) -> None:
        """Show of the other run the frame that was taken as long after its begin."""
        if self.other is not None and self.recall.frames and self.other.recall.frames:
            self.other.slider.setValue(self.other.recall.number_at(self.recall.t_s(number)))

    def _doubted(self, entries: list[Entry]) -> None:
        kinds = [self.filter.itemText(n) for n in range(self.filter.count())]
        self.recall.doubt(entries)
        self.timeline.replace("what if", entries)
        if "what if" not in kinds:
            self.filter.addItem("what if")
        self.filter.setCurrentText("what if")
        self._tell_rows("what if")
        text = f"{len(entries)} frames would be answered otherwise."
        if entries:
            text += " What would have come of that was never taken: only the first is certain."
        self.alerts.tell("fact", text)

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

    def closeEvent(self, event: QtGui.QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Look no more."""
        self._timer.stop()
        self.again.let_go()
        super().closeEvent(event)
