"""Thresholds of the policies on the timeline, to be dragged while no run goes on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from saccade.app import settings_of

from ._colours import threshold
from ._qt import QtCore, Signal, pg

if TYPE_CHECKING:
    from saccade.app import Protocol

    from ._asks import Seen
    from ._timeline import Timeline

_NAMES = ("above", "below")
_PLACES = 3
"""Decimals that a threshold has after it was dragged."""


class Thresholds(QtCore.QObject):
    """Draws a line for each threshold of the protocol; what a person drags is told.

    Parameters
    ----------
    timeline : Timeline
        In whose plot they are drawn.
    seen : Seen
        By which it is told how often a policy would ask for something.
    """

    moved = Signal(object, float)
    """A place in the protocol, and its new value."""

    def __init__(self, timeline: Timeline, seen: Seen) -> None:
        super().__init__(timeline)
        self._plot, self._seen = timeline.plot, seen
        self._protocol: Protocol | None = None
        self.lines: dict[tuple[str, int, str], pg.InfiniteLine] = {}

    def show_protocol(self, protocol: Protocol | None) -> None:
        """Draw the thresholds of a protocol, and those of no other."""
        if protocol is self._protocol and protocol is not None:
            return
        self._protocol = protocol
        for line in self.lines.values():
            self._plot.removeItem(line)
        self.lines.clear()
        for number, rule in enumerate(protocol.decide if protocol else ()):
            for name, value in _thresholds_of(rule.use, rule.settings).items():
                place = ("decide", number, name)
                self.lines[place] = self._drawn(place, value)
                self._tell(place)

    def let_move(self, free: bool) -> None:
        """Let lines be dragged, or not: a run that goes on keeps its thresholds."""
        for line in self.lines.values():
            line.setMovable(free)

    def refresh(self) -> None:
        """Tell by what has been seen since."""
        for place in self.lines:
            self._tell(place)

    def recolour(self) -> None:
        """Draw in the colours of now."""
        protocol, self._protocol = self._protocol, None
        self.show_protocol(None)
        self.show_protocol(protocol)

    def _drawn(self, place: tuple[str, int, str], value: float) -> pg.InfiniteLine:
        colour = threshold()
        dashes = QtCore.Qt.PenStyle.DashLine if place[2] == "above" else QtCore.Qt.PenStyle.DotLine
        line = pg.InfiniteLine(
            value,
            angle=0,
            movable=True,
            bounds=(0, 1),
            pen=pg.mkPen(colour, width=1.5, style=dashes),
            hoverPen=pg.mkPen(colour, width=3),
            label="",
            # Beside each other, should there be several at one height.
            labelOpts={"position": 0.98, "anchors": [(1, 1), (1, 1)], "color": colour},
        )
        line.sigPositionChanged.connect(partial(self._tell, place))
        line.sigPositionChangeFinished.connect(partial(self._finished, place))
        self._plot.addItem(line, ignoreBounds=True)
        return line

    def _tell(self, place: tuple[str, int, str], *_: object) -> None:
        line = self.lines.get(place)
        if line is None or self._protocol is None:
            return
        rule = self._protocol.decide[place[1]]
        value = round(float(line.value()), _PLACES)
        text = f"{rule.use.rpartition(':')[2]} {place[2]} {value:g}"
        if place[2] == "above":
            eye = self._protocol.detect.get(rule.on or "")
            detector = eye.use if eye is not None and len(self._protocol.detect) > 1 else None
            part = {"use": rule.use, **rule.settings, place[2]: value}
            asks = self._seen.asks(part, detector)
            text += "" if asks is None else f": would ask {asks}"
        line.label.setFormat(text)

    def _finished(self, place: tuple[str, int, str], *_: object) -> None:
        self.moved.emit(place, round(float(self.lines[place].value()), _PLACES))


def _thresholds_of(use: str, settings: dict[str, Any]) -> dict[str, float]:
    """Return the thresholds of a policy that are scores, given or by default."""
    found = {}
    for each in settings_of(use):
        value = settings.get(each.name, each.default)
        is_score = (
            isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
        )
        if each.name in _NAMES and is_score:
            found[each.name] = float(value)
    return found
