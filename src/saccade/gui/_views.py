"""Views that leave the interpreter to the loop while Qt paints, and a picture for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from ._qt import PYSIDE6, QtCore, QtGui, QtWidgets, pg

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BRIGHTEST = 255
_OPENCV = ("uint8", "int16", "uint16", "float32", "float64")
"""Types of pixels that OpenCV takes as they are."""


class _Preparing(QtCore.QObject):
    """Prepares a scene right before its view is painted, as pyqtgraph's own paintEvent would."""

    def __init__(self, view: pg.GraphicsView) -> None:
        super().__init__(view)
        self._view = view
        view.viewport().installEventFilter(self)

    def eventFilter(self, watched: QtCore.QObject, event: QtCore.QEvent) -> bool:  # noqa: N802, ARG002
        """Prepare, and let the event go on."""
        if event.type() == QtCore.QEvent.Type.Paint:
            self._view.scene().prepareForPaint()
        return False


class _PaintedByQt:
    """What lets other threads go on while Qt paints a view, with PySide6.

    pyqtgraph's view paints in a method written in Python, and the bindings keep the
    interpreter until that has returned: a frame that came meanwhile waits for some milliseconds.
    Qt's own method is called without it. PyQt6 would call it without the view as well: there it
    is as pyqtgraph has it.
    """

    if PYSIDE6:
        paintEvent = QtWidgets.QGraphicsView.paintEvent  # noqa: N815 - Qt's name

    def __init__(self) -> None:
        super().__init__()
        if PYSIDE6:
            _Preparing(self)


class GraphicsView(_PaintedByQt, pg.GraphicsView):  # type: ignore[misc]
    """A view that Qt paints by itself."""


class PlotWidget(_PaintedByQt, pg.PlotWidget):  # type: ignore[misc]
    """A plot that Qt paints by itself."""


class Picture(QtWidgets.QGraphicsPixmapItem):
    """A grey picture, a pixel to a unit; Qt draws it without asking Python."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: NDArray[np.uint8] | None = None
        self.setShapeMode(QtWidgets.QGraphicsPixmapItem.ShapeMode.BoundingRectShape)

    def show_pixels(self, pixels: NDArray[Any], levels: tuple[float, float]) -> None:
        """Show other pixels.

        Parameters
        ----------
        pixels : array, (y, x)
            Of any real dtype; what is no number is black.
        levels : tuple of float
            Counts that are black and white.
        """
        # As Qt keeps pixels: it would keep the interpreter while it makes them so, OpenCV does not.
        shown = cv2.cvtColor(greys(pixels, levels), cv2.COLOR_GRAY2BGRA)
        height, width, channels = shown.shape
        form = QtGui.QImage.Format.Format_RGB32
        image = QtGui.QImage(shown.data, width, height, channels * width, form)
        self.setPixmap(QtGui.QPixmap.fromImage(image))
        self._shown = shown  # type: ignore[assignment]  # Qt may not have copied it


def greys(pixels: NDArray[Any], levels: tuple[float, float]) -> NDArray[np.uint8]:
    """Return pixels as 8 bit, black and white at two counts.

    Parameters
    ----------
    pixels : array, (y, x)
        Of any real dtype; what is no number is black.
    levels : tuple of float
        The counts, the darker first.
    """
    taken = pixels if pixels.dtype.name in _OPENCV else pixels.astype(np.float32)
    taken = np.ascontiguousarray(taken)
    scale = _BRIGHTEST / (levels[1] - levels[0])
    # Saturates at 0 and 255.
    return cv2.addWeighted(taken, scale, taken, 0, -levels[0] * scale, dtype=cv2.CV_8U)  # type: ignore[return-value]
