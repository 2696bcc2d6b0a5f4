"""A picture in which things are marked: by points, boxes, or a brush."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from saccade.learn import Place

from ._colours import POINTS
from ._live import levels_of
from ._mask_item import MaskItem
from ._qt import QtCore, QtWidgets, Signal, pg

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

TOOLS = ("points", "boxes", "brush", "eraser")
_NEAR_PX = 8.0
"""A click so near to a point, or within its circle, takes it away."""
_LEAST_PX = 12.0
"""Diameter in which a point of unknown size is drawn."""


class LabelView(QtWidgets.QWidget):
    """Shows a picture, its places and its mask; tells what a person has drawn."""

    changed = Signal()
    """Places or mask are not what they were."""

    def __init__(self) -> None:
        super().__init__()
        self.places: tuple[Place, ...] = ()
        self.kind = "object"
        self.tool = "points"
        view = pg.GraphicsView()
        self.box = _Box(self)
        view.setCentralItem(self.box)
        self._image, self.painting = pg.ImageItem(), MaskItem()
        self._circles = pg.ScatterPlotItem(
            pen=pg.mkPen(POINTS, width=2), brush=None, symbol="o", pxMode=False
        )
        self._frame = pg.PlotDataItem(pen=pg.mkPen(POINTS, width=1.5))
        for item in (self._image, self.painting, self._circles, self._frame):
            self.box.addItem(item)
        self.painting.painted.connect(self.changed.emit)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(view)

    def show_picture(
        self, pixels: NDArray[Any], places: tuple[Place, ...], mask: NDArray[np.uint16]
    ) -> None:
        """Show a picture with what is marked in it."""
        self._image.setImage(pixels, levels=levels_of(pixels), autoLevels=False)
        self.painting.show_mask(mask)
        self.box.setRange(xRange=(0, pixels.shape[1]), yRange=(0, pixels.shape[0]), padding=0)
        self.show_places(places)

    def show_places(self, places: tuple[Place, ...]) -> None:
        """Show these places, in place of those that were shown."""
        self.places = places
        self._circles.setData(
            [each.x + 0.5 for each in places],
            [each.y + 0.5 for each in places],
            size=[each.size or _LEAST_PX for each in places],
        )

    def choose(self, tool: str) -> None:
        """Choose what the mouse does: one of `TOOLS`."""
        self.tool = tool
        self.painting.tool = tool if tool in ("brush", "eraser") else ""

    def click(self, x: float, y: float) -> None:
        """Mark a place, or take away the one that is there.

        Parameters
        ----------
        x, y : float
            In pixels, from the corner of the picture.
        """
        height, width = self.painting.mask.shape
        if not (0 <= x < width and 0 <= y < height):
            return
        at = Place(y - 0.5, x - 0.5, kind=self.kind)
        away = [np.hypot(each.y - at.y, each.x - at.x) for each in self.places]
        near = [
            number
            for number, each in enumerate(self.places)
            if away[number] <= max(_NEAR_PX, each.size / 2)
        ]
        if near:
            gone = min(near, key=lambda number: away[number])
            self.show_places(tuple(p for n, p in enumerate(self.places) if n != gone))
        else:
            self.show_places((*self.places, at))
        self.changed.emit()

    def draw_box(
        self, first: tuple[float, float], last: tuple[float, float], *, done: bool
    ) -> None:
        """Draw a box from corner to corner, x and y; when it is done, mark what is in it."""
        (x0, y0), (x1, y1) = first, last
        if not done:
            self._frame.setData([x0, x1, x1, x0, x0], [y0, y0, y1, y1, y0])
            return
        self._frame.setData([], [])
        size = (abs(x1 - x0) + abs(y1 - y0)) / 2
        if size >= 1:
            place = Place((y0 + y1) / 2 - 0.5, (x0 + x1) / 2 - 0.5, size, self.kind)
            self.show_places((*self.places, place))
            self.changed.emit()


class _Box(pg.ViewBox):  # type: ignore[misc] # pyqtgraph has no types
    """The plane of the picture; clicks mark, drags draw boxes or move the picture."""

    def __init__(self, owner: LabelView) -> None:
        super().__init__(lockAspect=True, invertY=True, enableMenu=False)
        self._owner = owner

    def mouseClickEvent(self, event: Any) -> None:  # noqa: N802 - pyqtgraph's name
        if event.button() == QtCore.Qt.MouseButton.LeftButton and self._owner.tool == "points":
            event.accept()
            at = self.mapSceneToView(event.scenePos())
            self._owner.click(at.x(), at.y())

    def mouseDragEvent(self, event: Any, axis: Any = None) -> None:  # noqa: N802 - pyqtgraph's name
        if event.button() != QtCore.Qt.MouseButton.LeftButton or self._owner.tool != "boxes":
            super().mouseDragEvent(event, axis)
            return
        event.accept()
        first = self.mapSceneToView(event.buttonDownScenePos())
        last = self.mapSceneToView(event.scenePos())
        self._owner.draw_box(
            (first.x(), first.y()), (last.x(), last.y()), done=bool(event.isFinish())
        )
