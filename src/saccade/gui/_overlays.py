"""What is drawn over a picture, each kind switched on and off by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ._colours import HEAT, LIT, POINTS
from ._identities import COLOURS, colour_table
from ._names import short
from ._outlines import boxes_line, mask_outlines, stimulated
from ._qt import QtCore, Signal, pg
from ._tails import TAIL, Tails, is_followed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence, Sized

    from numpy.typing import NDArray

    from saccade.core import Explained, Frame, Modulator, Observation

MOST = 2000
"""Points and boxes that are drawn, the first that each detector tells; all of them are kept."""
_SAME = 0.05
"""By which a score may differ from the one before and be told as the same."""
_PENS = 8
"""Colours of tails; a curve has only one."""


class Overlay(NamedTuple):
    """A kind of what is drawn over the picture."""

    name: str
    title: str
    key: str
    is_on: bool
    """At first."""


OVERLAYS = (
    Overlay("points", "&Points", "Alt+1", True),
    Overlay("boxes", "&Boxes", "Alt+2", True),
    Overlay("masks", "&Masks", "Alt+3", True),
    Overlay("tracks", "&Tracks", "Alt+4", True),
    Overlay("attribution", "&Attribution", "Alt+5", False),
    Overlay("stimulation", "&Stimulation mask", "Alt+6", True),
)


class Overlays(QtCore.QObject):
    """Draws over a picture what was found in it; what is off is not even computed.

    Parameters
    ----------
    box : pyqtgraph.ViewBox
        That the picture lies in.
    """

    switched = Signal()
    """A kind was switched on or off."""

    def __init__(self, box: pg.ViewBox) -> None:
        super().__init__()
        self._is_on = {each.name: each.is_on for each in OVERLAYS}
        self.looks_before: Callable[[Observation], Iterable[Observation]] = lambda _: ()
        """Gives earlier looks of the same detector at the same place, the newest first; of one
        frame that of the first detector last."""
        self.modulator: Modulator | None = None
        """Of the microscope that took the frames."""
        self._frame: Frame | None = None
        self._seen: tuple[Observation, ...] = ()
        self.looks_for_masks = False
        """Whether a second look would find masks that nobody has kept."""
        self._again: tuple[Explained, ...] = ()
        self._again_of: Frame | None = None
        self.may_lag = False
        """Whether what a score rests on stays until the next second look, over later frames."""
        self._lit, self._masks, self._heat = (pg.ImageItem() for _ in range(3))
        self._heat.setLookupTable(_heat_table())
        self._lit.setLookupTable(np.array(((0, 0, 0, 0), LIT), np.uint8))
        self._masks.setLookupTable(colour_table(255))
        self._tails = Tails()
        self._lines = [pg.PlotCurveItem(pen=pg.mkPen(each, width=2)) for each in _colours()]
        self._boxes = pg.PlotCurveItem(pen=pg.mkPen(POINTS, width=1.5), connect="finite")
        self._points = pg.ScatterPlotItem(
            pen=pg.mkPen(POINTS, width=1.5), brush=None, symbol="o", size=16, pxMode=True
        )
        for item in (self._heat, self._lit, self._masks, *self._lines, self._boxes, self._points):
            item.setVisible(False)
            box.addItem(item)

    @property
    def states(self) -> dict[str, bool]:
        """Which kinds are on, by name."""
        return dict(self._is_on)

    @property
    def wants_again(self) -> bool:
        """Whether something is to be drawn that only a second look at the frame can tell.

        What nobody has looked at is not looked at again.
        """
        masks_known = any(each.labels is not None for each in self._seen)
        masks = self.looks_for_masks and self._is_on["masks"] and not masks_known
        return bool(self._seen) and (masks or self._is_on["attribution"])

    @property
    def told(self) -> str:
        """What a person must know about the attribution that is shown; empty if none is."""
        again, frame = self._hottest(), self._again_of
        if again is None or frame is None:
            return ""
        text = f"attribution: {short(again.seen.detector.name)}"
        if frame is not self._frame:
            return f"{text}, of frame {frame.index}"
        then = [e.score for e in self._seen if e.detector.name == again.seen.detector.name]
        if then and min(abs(each - again.seen.score) for each in then) > _SAME:
            text += f" (on a second look it scores {again.seen.score:.2f})"
        return text

    def switch(self, states: Mapping[str, bool]) -> None:
        """Switch kinds on and off; names that are none are left out.

        Parameters
        ----------
        states : mapping of str to bool
            As `states`, or a part of it.
        """
        self._is_on |= {name: on for name, on in states.items() if name in self._is_on}
        self.draw()
        self.switched.emit()

    def show(self, frame: Frame, seen: Sequence[Observation]) -> None:
        """Draw what was found in another frame.

        Parameters
        ----------
        frame : Frame
            That is shown.
        seen : sequence of Observation
            Of this frame.
        """
        before, self._frame, self._seen = self._frame, frame, tuple(seen)
        if frame is not before and not (self.may_lag and _are_alike(frame, self._again_of)):
            self._again, self._again_of = (), None
        self.draw()

    def show_again(self, frame: Frame, looks: Sequence[Explained]) -> None:
        """Draw what a second look has told, unless another frame is shown by now.

        Parameters
        ----------
        frame : Frame
            That was looked at.
        looks : sequence of Explained
            One of each detector.
        """
        if frame is self._frame or (self.may_lag and _are_alike(frame, self._frame)):
            self._again, self._again_of = tuple(looks), frame
            self.draw()

    def draw(self) -> None:
        """Draw again, as the kinds are on or off now."""
        if self._frame is None:
            return
        points = [p for each in self._seen_if("points") for p in each.points[:MOST]]
        _lay(self._points, [p.x_px + 0.5 for p in points], [p.y_px + 0.5 for p in points])
        boxes = [box for each in self._seen_if("boxes") for box in each.boxes[:MOST]]
        _lay(self._boxes, *boxes_line(boxes))
        again = self._hottest()
        heat = None if again is None or again.heat is None else again.heat
        _put(self._heat, None if heat is None else (255 * heat).astype(np.uint8), self._frame, 255)
        self._draw_masks(self._frame)
        self._draw_tails(self._frame)
        told = stimulated(self._frame, self.modulator) if self._is_on["stimulation"] else None
        _put(self._lit, told, self._frame, 1)

    def _seen_if(self, name: str) -> tuple[Observation, ...]:
        return self._seen if self._is_on[name] else ()

    def _followed_before(self, seen: Observation) -> Iterable[Observation]:
        """Return earlier looks, the newest first; of detectors of one name those of the first."""
        looks: dict[int, Observation] = {}
        for each in self.looks_before(seen):
            if each.frame not in looks and len(looks) == TAIL - 1:
                break
            looks[each.frame] = each
        return looks.values()

    def _hottest(self) -> Explained | None:
        """Return the second look with the highest score of those that tell what it rests on."""
        looks = self._again if self._is_on["attribution"] else ()
        told = (each for each in looks if each.heat is not None)
        return max(told, key=lambda each: each.seen.score, default=None)

    def _draw_masks(self, frame: Frame) -> None:
        """Draw the masks of the first detector that gives any."""
        seen = self._seen_if("masks")
        points = {each.detector.name: each.points for each in seen}
        if seen and self._again_of is frame:
            seen = (*seen, *(each.seen for each in self._again))
        masks = (
            (each.labels, points.get(each.detector.name, ()))
            for each in seen
            if each.labels is not None
        )
        told = next((mask_outlines(*each) for each in masks), None)
        _put(self._masks, told, frame, COLOURS)

    def _draw_tails(self, frame: Frame) -> None:
        """Draw where those were whom the first detector follows that follows any."""
        followed = next(filter(is_followed, self._seen_if("tracks")), None)
        looks = () if followed is None else (followed, *self._followed_before(followed))
        found = self._tails.lines(frame, looks)
        for number, item in enumerate(self._lines):
            mine = found.track % _PENS == number
            track = found.track[mine]
            goes_on = np.append(track[1:] == track[:-1], False)
            _lay(item, found.x_px[mine], found.y_px[mine], connect=goes_on.astype(np.int32))


def _lay(item: Any, x: Sized, y: Sized, **more: Any) -> None:
    """Give an item what it draws; one that draws nothing costs nothing."""
    _show(item, len(x) > 0)
    if len(x):
        item.setData(x, y, **more)


def _show(item: Any, on: bool) -> None:
    if item.isVisible() != on:  # Qt would have the scene painted anew all the same
        item.setVisible(on)


def _put(item: pg.ImageItem, told: NDArray[np.uint8] | None, frame: Frame, most: int) -> None:
    """Lay a picture over a frame, however much smaller it is; None is nothing."""
    _show(item, told is not None)
    if told is not None:
        item.setImage(told, levels=(0, most), autoLevels=False)
        height, width = frame.pixels.shape[:2]
        item.setRect(QtCore.QRectF(0, 0, width, height))


def _are_alike(frame: Frame, other: Frame | None) -> bool:
    """Return whether two frames show the same place in the same way."""
    if other is None:
        return False
    where = [
        (f.stream, f.channel, f.camera, f.objective, f.pixels.shape, f.roi, f.x_um, f.y_um)
        for f in (frame, other)
    ]
    return where[0] == where[1]


def _heat_table() -> NDArray[np.uint8]:
    table = np.full((256, 4), (*HEAT, 0), np.uint8)
    table[:, 3] = 230 * np.sqrt(np.linspace(0, 1, 256))
    return table


def _colours() -> list[tuple[int, ...]]:
    return [tuple(each) for each in colour_table(255)[1 : _PENS + 1].tolist()]
