"""How picture, timeline and table stand beside one another, in every window."""

from __future__ import annotations

from ._qt import QtCore, QtWidgets

SIZE = (1280, 720)
"""Of a window when it opens; it fits on the smallest screens that are about."""


def panes(
    live: QtWidgets.QWidget, timeline: QtWidgets.QWidget, table: QtWidgets.QWidget
) -> QtWidgets.QSplitter:
    """Return the picture on the left, and on the right the timeline over the table.

    Parameters
    ----------
    live, timeline, table : QWidget
        The three; a person may shift the borders between them.
    """
    right = QtWidgets.QSplitter(QtCore.Qt.Orientation.Vertical)
    right.addWidget(timeline)
    right.addWidget(table)
    both = QtWidgets.QSplitter(QtCore.Qt.Orientation.Horizontal)
    both.addWidget(live)
    both.addWidget(right)
    both.setStretchFactor(0, 3)
    both.setStretchFactor(1, 2)
    both.setSizes([SIZE[0] * 3 // 5, SIZE[0] * 2 // 5])
    return both
