"""A mask that is painted with a brush, over a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._identities import COLOURS, colour_table, numbers_of
from ._qt import QtCore, Signal, pg

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

_ALPHA = 120


class MaskItem(pg.ImageItem):  # type: ignore[misc] # pyqtgraph has no types
    """Things as numbers, each in a colour; painting starts a new thing, or goes on with one.

    A stroke that begins on a thing makes it larger; one that begins on the background makes a
    new one. Erasing takes away what it touches.
    """

    painted = Signal()
    """A stroke is finished."""

    def __init__(self) -> None:
        super().__init__()
        self.mask: NDArray[np.uint16] = np.zeros((1, 1), np.uint16)
        self.radius_px = 6.0
        self.tool = ""
        """``brush``, ``eraser``, or none of them."""
        self._value = 0
        self.setLookupTable(colour_table(_ALPHA))

    def show_mask(self, mask: NDArray[np.uint16]) -> None:
        """Show a mask, (y, x)."""
        self.mask = mask
        colours = np.where(mask > 0, numbers_of(mask), np.uint8(0))
        self.setImage(colours, levels=(0, COLOURS), autoLevels=False)

    def begin(self, x: float, y: float) -> None:
        """Begin a stroke at a place, in pixels."""
        row, col = self._inside(y, x)
        there = int(self.mask[row, col])
        self._value = 0 if self.tool == "eraser" else there or int(self.mask.max()) + 1
        self.stroke(x, y)

    def stroke(self, x: float, y: float) -> None:
        """Paint a disc; other things keep what is theirs."""
        reach = self.radius_px + 1
        top, left = (max(int(at - reach), 0) for at in (y, x))
        mask = self.mask.copy()
        part = mask[top : max(int(y + reach), 0), left : max(int(x + reach), 0)]
        rows, cols = np.ogrid[top : top + part.shape[0], left : left + part.shape[1]]
        disc = (rows + 0.5 - y) ** 2 + (cols + 0.5 - x) ** 2 <= self.radius_px**2
        part[disc if self._value == 0 else disc & (part == 0)] = self._value
        self.show_mask(mask)

    def mouseDragEvent(self, event: Any) -> None:  # noqa: N802 - pyqtgraph's name
        """Paint along, if a brush is chosen; else the picture is moved."""
        if not self.tool or event.button() != QtCore.Qt.MouseButton.LeftButton:
            event.ignore()
            return
        event.accept()
        if event.isStart():
            at = event.buttonDownPos()
            self.begin(at.x(), at.y())
        self.stroke(event.pos().x(), event.pos().y())
        if event.isFinish():
            self.painted.emit()

    def mouseClickEvent(self, event: Any) -> None:  # noqa: N802 - pyqtgraph's name
        """Paint one disc, if a brush is chosen."""
        if not self.tool or event.button() != QtCore.Qt.MouseButton.LeftButton:
            event.ignore()
            return
        event.accept()
        self.begin(event.pos().x(), event.pos().y())
        self.painted.emit()

    def _inside(self, y: float, x: float) -> tuple[int, int]:
        height, width = self.mask.shape
        return min(max(int(y), 0), height - 1), min(max(int(x), 0), width - 1)
