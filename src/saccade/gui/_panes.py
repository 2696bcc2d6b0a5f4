"""How picture, timeline and table stand beside one another, in every window."""

from __future__ import annotations

from ._qt import QtCore, QtWidgets

SIZE = (1280, 720)
"""Of a window when it opens; it fits on the smallest screens that are about."""


def panes(
    live: QtWidgets.QWidget,
    about: QtWidgets.QWidget,
    timeline: QtWidgets.QWidget,
    table: QtWidgets.QWidget,
) -> QtWidgets.QSplitter:
    """Return the picture over what there is to say of it, and right the timeline over the table.

    Parameters
    ----------
    live, about, timeline, table : QWidget
        The four; a person may shift the borders between left, right, and the last two.
    """
    left = QtWidgets.QWidget()
    below = QtWidgets.QVBoxLayout(left)
    below.setContentsMargins(0, 0, 0, 0)
    below.addWidget(live, 1)
    below.addWidget(about)
    right = QtWidgets.QSplitter(QtCore.Qt.Orientation.Vertical)
    right.addWidget(timeline)
    right.addWidget(table)
    both = QtWidgets.QSplitter(QtCore.Qt.Orientation.Horizontal)
    both.addWidget(left)
    both.addWidget(right)
    both.setStretchFactor(0, 3)
    both.setStretchFactor(1, 2)
    both.setSizes([SIZE[0] * 3 // 5, SIZE[0] * 2 // 5])
    return both
