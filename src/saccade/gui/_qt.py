"""Qt and pyqtgraph, chosen and set once; everything else in this package takes them from here."""

from __future__ import annotations

import os

# Importing a widget must not move the core's signals into the window's thread.
os.environ.setdefault("PYMM_SIGNALS_BACKEND", "psygnal")

from qtpy import PYSIDE6, QtCore, QtGui, QtWidgets  # noqa: I001 - before pyqtgraph, which would choose

import pyqtgraph as pg

QAction = QtGui.QAction  # type: ignore[attr-defined]
QShortcut = QtGui.QShortcut  # type: ignore[attr-defined]  # qtpy tells type checkers only of some
Signal = QtCore.Signal  # type: ignore[attr-defined]

pg.setConfigOptions(imageAxisOrder="row-major", antialias=False, background=None)

__all__ = ["PYSIDE6", "QAction", "QShortcut", "QtCore", "QtGui", "QtWidgets", "Signal", "pg"]
