"""The text of a protocol, which a person and the form write in turns."""

from __future__ import annotations

from ._qt import QtGui, QtWidgets, Signal


class TextView(QtWidgets.QPlainTextEdit):
    """Shows a text; what changes in it by itself leaves cursor, scroll and undo as they are."""

    written = Signal(str)
    """The whole text, after a person has changed it."""

    def __init__(self) -> None:
        super().__init__()
        fixed = QtGui.QFontDatabase.systemFont(QtGui.QFontDatabase.SystemFont.FixedFont)
        self.setFont(fixed)
        self.setLineWrapMode(QtWidgets.QPlainTextEdit.LineWrapMode.NoWrap)
        self.setAccessibleName("The protocol as YAML")
        self.setTabStopDistance(4 * self.fontMetrics().horizontalAdvance(" "))
        self._is_mine = False
        self.textChanged.connect(self._tell)

    def show_text(self, text: str) -> None:
        """Show a text; only what differs is replaced."""
        before = self.toPlainText()
        if text == before:
            return
        begin = _common(before, text)
        end = _common(before[begin:][::-1], text[begin:][::-1])
        cursor = QtGui.QTextCursor(self.document())
        cursor.setPosition(begin)
        cursor.setPosition(len(before) - end, QtGui.QTextCursor.MoveMode.KeepAnchor)
        self._is_mine = True
        try:
            cursor.insertText(text[begin : len(text) - end])
        finally:
            self._is_mine = False

    def mark(self, line: int) -> None:
        """Mark a line, from 1; 0 is none."""
        marked = []
        block = self.document().findBlockByNumber(line - 1)
        if line and block.isValid():
            selection = QtWidgets.QTextEdit.ExtraSelection()
            selection.format.setBackground(QtGui.QColor(213, 94, 0, 60))
            selection.format.setProperty(QtGui.QTextFormat.Property.FullWidthSelection, True)
            selection.cursor = QtGui.QTextCursor(block)
            marked.append(selection)
        self.setExtraSelections(marked)

    def _tell(self) -> None:
        if not self._is_mine:
            self.written.emit(self.toPlainText())


def _common(one: str, other: str) -> int:
    """Return how many characters two texts begin with alike."""
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count
