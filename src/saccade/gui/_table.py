"""What was decided, refused or missed, newest first, with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._colours import MARKS
from ._qt import QtGui, QtWidgets, Signal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._entries import Entry

_MOST = 1000
"""Rows; what is older is in the run folder."""
_HEADERS = ("", "frame", "what", "why")


class DecisionTable(QtWidgets.QTableWidget):
    """A row for each decision, refusal, gap and note; choosing one asks for its frame."""

    asked = Signal(int)

    def __init__(self) -> None:
        super().__init__(0, len(_HEADERS))
        self.setHorizontalHeaderLabels(_HEADERS)
        self.setEditTriggers(QtWidgets.QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QtWidgets.QAbstractItemView.SelectionBehavior.SelectRows)
        self.setWordWrap(False)
        self.verticalHeader().setVisible(False)
        header = self.horizontalHeader()
        header.setStretchLastSection(True)
        for column, width in enumerate((28, 60, 130)):
            self.setColumnWidth(column, width)
        self.currentCellChanged.connect(self._chosen)

    def add(self, entries: Iterable[Entry]) -> None:
        """Put entries on top, in the order in which they came."""
        for entry in entries:
            if entry.what:
                self._insert(entry)
        if self.rowCount() > _MOST:
            self.setRowCount(_MOST)

    def clear_rows(self) -> None:
        """Forget everything: another run begins."""
        self.setRowCount(0)

    def recolour(self) -> None:
        """Draw the signs in the colours of now."""
        colours = {mark.sign: mark.colour for mark in MARKS.values()}
        for row in range(self.rowCount()):
            item = self.item(row, 0)
            if item is not None and item.text() in colours:
                item.setForeground(QtGui.QColor(colours[item.text()]))

    def _insert(self, entry: Entry) -> None:
        mark = MARKS[entry.kind]
        frame = str(entry.frame) if entry.frame >= 0 else ""
        self.insertRow(0)
        for column, text in enumerate((mark.sign, frame, entry.what, entry.reason)):
            item = QtWidgets.QTableWidgetItem(text)
            item.setToolTip(f"{entry.kind}: {entry.what}. {entry.reason}")
            if column == 0:
                item.setForeground(QtGui.QColor(mark.colour))
            self.setItem(0, column, item)

    def _chosen(self, row: int, *_: int) -> None:
        item = self.item(row, 1) if row >= 0 else None
        if item is not None and item.text():
            self.asked.emit(int(item.text()))
