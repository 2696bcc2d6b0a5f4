"""Where a run came to be trusted less, or more: a line on the timeline, with the rung's name."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from ._colours import MARKS, ground
from ._qt import QtCore, pg

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._entries import Entry

_MOST = 40
"""Lines that are drawn; who falls and climbs more often has them in the table."""
_AT = 0.83
"""Height of the names, of that of the plot: above all marks."""


class Rungs:
    """Draws a line at each frame from which on another rung of the ladder counts.

    Parameters
    ----------
    plot : pyqtgraph.PlotWidget
        In which it draws.
    """

    def __init__(self, plot: pg.PlotWidget) -> None:
        self._plot = plot
        self._lines: deque[pg.InfiniteLine] = deque()

    @property
    def told(self) -> list[tuple[int, str]]:
        """Frames and rungs, in order."""
        return [(round(line.value()), line.label.format) for line in self._lines]

    def add(self, entries: Iterable[Entry]) -> None:
        """Draw those of the entries that tell of a rung."""
        for entry in entries:
            if entry.rung and entry.frame >= 0:
                if len(self._lines) == _MOST:
                    self._plot.removeItem(self._lines.popleft())
                self._lines.append(self._drawn(entry))

    def clear(self) -> None:
        """Forget them: another run begins."""
        while self._lines:
            self._plot.removeItem(self._lines.pop())

    def recolour(self) -> None:
        """Draw in the colours of now."""
        for line in self._lines:
            line.setPen(_pen())
            line.label.setColor(MARKS["shift"].colour)
            line.label.fill = pg.mkBrush(ground().window)

    def _drawn(self, entry: Entry) -> pg.InfiniteLine:
        line = pg.InfiniteLine(
            pos=entry.frame,
            angle=90,
            pen=_pen(),
            label=entry.rung,
            labelOpts={
                "position": _AT,
                "color": MARKS["shift"].colour,
                "fill": ground().window,
                "anchors": [(0.0, 0.5), (0.0, 0.5)],
            },
        )
        line.setToolTip(f"{entry.what}. {entry.reason}")
        self._plot.addItem(line, ignoreBounds=True)
        return line


def _pen() -> object:
    return pg.mkPen(MARKS["shift"].colour, style=QtCore.Qt.PenStyle.DotLine)
