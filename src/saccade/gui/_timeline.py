"""Scores over time, how far they are trusted, and what came of them; a click asks for a frame."""

from __future__ import annotations

import math
import time
from collections import deque
from itertools import cycle
from typing import TYPE_CHECKING

from ._colours import MARKS, curves, ground
from ._names import short
from ._qt import QtCore, QtWidgets, Signal, pg
from ._rungs import Rungs
from ._views import PlotWidget

if TYPE_CHECKING:
    from collections.abc import Iterable

    from saccade.core import Observation

    from ._entries import Entry

_MOST = 5000
"""Scores of each detector that are drawn."""
_TOP = 1.5
"""Above the scores there is room for marks, and above these for what they mean."""
_MARKED_AT = {"decision": 1.07, "shadowed": 1.07, "refusal": 1.14, "gap": -0.06, "what if": 1.14}
_EVERY_S = 0.25
_ALWAYS = ("decision", "shadowed", "refusal", "gap")
"""Signs that the legend explains before there are any."""
_AROUND = ("doubtful", "invalid")
"""Verdicts that are drawn around the scores that have them."""


class Timeline(QtWidgets.QWidget):
    """Draws the score of each detector by frame number, with a mark for whatever came of it.

    A score that is not trusted has a sign around it, and where the run came to
    be trusted less or more there is a line with the name of the rung.
    """

    asked = Signal(int)
    """A frame that was clicked on."""

    def __init__(self) -> None:
        super().__init__()
        self._plot = PlotWidget()
        self._plot.setLabel("bottom", "frame")
        self._plot.setLabel("left", "score")
        self._plot.setYRange(-0.1, _TOP, padding=0)
        self._plot.setMouseEnabled(x=True, y=False)
        self._plot.getAxis("left").setTicks([[(each / 4, f"{each / 4:g}") for each in range(5)]])
        self._plot.showGrid(x=False, y=True, alpha=0.2)
        self._plot.addLegend(offset=(4, 1), colCount=4)
        self._scores: dict[str, deque[tuple[int, float]]] = {}
        self._curves: dict[str, pg.PlotDataItem] = {}
        self._stale: set[str] = set()
        self._drawn_s = -math.inf
        self._marks: dict[str, deque[tuple[int, float]]] = {}
        self._items: dict[str, pg.ScatterPlotItem] = {}
        for kind in _ALWAYS:
            self._marks_of(kind)
        self._rungs = Rungs(self._plot)
        self._shown = pg.InfiniteLine(
            angle=90, pen=pg.mkPen(ground().text, style=QtCore.Qt.PenStyle.DashLine)
        )
        self._shown.setVisible(False)
        self._plot.addItem(self._shown)
        self._plot.scene().sigMouseClicked.connect(self._clicked)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._plot)

    @property
    def plot(self) -> pg.PlotWidget:
        """What it is drawn in."""
        return self._plot

    def clear(self) -> None:
        """Forget everything: another run begins."""
        for curve in self._curves.values():
            self._plot.removeItem(curve)
        self._scores, self._curves = {}, {}
        self._stale.clear()
        for kind, item in self._items.items():
            self._marks[kind].clear()
            item.setData([], [])
        self._rungs.clear()
        self.point_at(None)

    def add(self, observations: Iterable[Observation], entries: Iterable[Entry]) -> None:
        """Take what has come, and draw it if the last drawing was a while ago.

        Drawing takes Python itself from the run: the whole plot, ten times as long as a picture.
        """
        for each in observations:
            name = each.detector.name
            self._scores.setdefault(name, deque(maxlen=_MOST)).append((each.frame, each.score))
            self._stale.add(name)
            if each.verdict in _AROUND:
                self._mark(each.verdict, each.frame, each.score)
        entries = tuple(entries)
        for entry in entries:
            if entry.kind in _MARKED_AT and entry.frame >= 0 and entry.what:
                self._mark(entry.kind, entry.frame, _MARKED_AT[entry.kind])
        self._rungs.add(entries)
        if self._stale and time.monotonic() - self._drawn_s >= _EVERY_S:
            self.draw()

    def draw(self) -> None:
        """Draw what has come since the last drawing."""
        for name in self._stale & self._scores.keys():
            curve = self._curves.get(name) or self._begun(name)
            frames, scores = zip(*self._scores[name], strict=True)
            curve.setData(frames, scores)
        for kind in self._stale & self._marks.keys():
            marks = self._marks[kind]
            self._items[kind].setData([x for x, _ in marks], [y for _, y in marks])
        self._stale.clear()
        self._drawn_s = time.monotonic()

    def recolour(self) -> None:
        """Draw in the colours of now."""
        text = ground().text
        self._plot.setBackground(ground().window)
        for name in ("bottom", "left"):
            axis = self._plot.getAxis(name)
            axis.setPen(text)
            axis.setTextPen(text)
        self._shown.setPen(pg.mkPen(text, style=QtCore.Qt.PenStyle.DashLine))
        for curve, colour in zip(self._curves.values(), cycle(curves()), strict=False):
            curve.setSymbolBrush(colour)
        for kind, item in self._items.items():
            _colour(item, kind)
        self._rungs.recolour()
        legend = self._plot.plotItem.legend
        legend.setLabelTextColor(text)
        for _, label in legend.items:
            label.setText(label.text)

    def replace(self, kind: str, entries: Iterable[Entry]) -> None:
        """Draw these entries of a kind in place of those that were drawn."""
        self._marks_of(kind).clear()
        self._items[kind].setData([], [])
        self.add((), entries)
        self.draw()

    def point_at(self, frame: int | None) -> None:
        """Point at the frame that is looked back at, or at none."""
        self._shown.setVisible(frame is not None)
        if frame is not None:
            self._shown.setValue(frame)

    def _begun(self, name: str) -> pg.PlotDataItem:
        colour = curves()[len(self._curves) % len(curves())]
        # Dots and no line: neighbours may be of other positions.
        curve = self._plot.plot(
            [],
            [],
            name=short(name),
            pen=None,
            symbol="o",
            symbolSize=4,
            symbolBrush=colour,
            symbolPen=None,
        )
        self._curves[name] = curve
        return curve

    def _mark(self, kind: str, frame: int, height: float) -> None:
        self._marks_of(kind).append((frame, height))
        self._stale.add(kind)

    def _marks_of(self, kind: str) -> deque[tuple[int, float]]:
        if kind not in self._items:
            item = pg.ScatterPlotItem(symbol=MARKS[kind].symbol, size=11, name=kind)
            _colour(item, kind)
            self._plot.addItem(item)
            self._items[kind], self._marks[kind] = item, deque(maxlen=_MOST)
        return self._marks[kind]

    def _clicked(self, event: object) -> None:
        where = self._plot.plotItem.vb.mapSceneToView(event.scenePos())  # type: ignore[attr-defined]
        self.asked.emit(round(where.x()))


def _colour(item: pg.ScatterPlotItem, kind: str) -> None:
    """Draw marks in the colour of now; what is drawn around a score leaves it to be seen."""
    colour = MARKS[kind].colour
    item.setBrush(None if kind in _AROUND else colour)
    item.setPen(pg.mkPen(colour))
