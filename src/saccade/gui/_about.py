"""The frame that is shown, in words: what was decided and why, and what was measured."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ._colours import MARKS
from ._exemplars import SHOWN_PX
from ._names import short
from ._qt import QtCore, QtGui, QtWidgets, Signal

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from saccade.core import Observation

    from ._account import Account
    from ._entries import Entry
    from ._exemplars import Exemplars
    from ._live import LiveView

_EXEMPLARS = 4
_HEIGHT_PX = 124
_AFTER_MS = 120
"""As long as frames change faster, they are not told of: whoever scrubs wants pictures."""


class About(QtWidgets.QWidget):
    """Tells of the frame that is shown, and of earlier ones on which the same policy acted.

    Parameters
    ----------
    live : LiveView
        That shows it.
    account : Account
        What came of the frames.
    pictures : Exemplars
        Of frames on which something was done.
    """

    asked = Signal(int)
    """An exemplar was clicked on: its frame."""

    def __init__(self, live: LiveView, account: Account, pictures: Exemplars) -> None:
        super().__init__()
        self._live, self._account, self._pictures = live, account, pictures
        self.text = QtWidgets.QTextBrowser()
        self.text.setAccessibleName("What was decided on this frame, why, and what was measured")
        self.exemplars = [QtWidgets.QToolButton() for _ in range(_EXEMPLARS)]
        self._told: list[int] = []
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.text, 1)
        for number, button in enumerate(self.exemplars):
            button.setToolButtonStyle(QtCore.Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            button.setIconSize(QtCore.QSize(SHOWN_PX, SHOWN_PX))
            button.setAutoRaise(True)
            button.clicked.connect(lambda _=False, n=number: self.asked.emit(self._told[n]))
            button.hide()
            layout.addWidget(button)
        self.setFixedHeight(_HEIGHT_PX)
        self._timer = QtCore.QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_AFTER_MS)
        self._timer.timeout.connect(self.tell)
        live.shown.connect(self._later)

    def showEvent(self, event: QtGui.QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Tell of what is shown by now."""
        super().showEvent(event)
        self._later()

    @property
    def is_told(self) -> bool:
        """Whether nothing has changed since a frame was told of."""
        return not self._timer.isActive()

    def tell(self) -> None:
        """Tell of the frame that is shown."""
        frame = self._live.frame
        if frame is None:
            return
        self.text.setHtml(account_html(self._account.of(frame.index), self._live.seen))
        found = self._account.acted_before(frame.index, _EXEMPLARS)
        self._told = []
        for policy, index in found:
            picture = self._pictures.of(index)
            if picture is not None:
                self._show(self.exemplars[len(self._told)], policy, index, picture)
                self._told.append(index)
        for number, button in enumerate(self.exemplars):
            button.setVisible(number < len(self._told))

    def _later(self) -> None:
        if self.isVisible():
            self._timer.start()

    def _show(
        self, button: QtWidgets.QToolButton, policy: str, index: int, grey: NDArray[np.uint8]
    ) -> None:
        height, width = grey.shape
        image = QtGui.QImage(grey.data, width, height, width, QtGui.QImage.Format.Format_Grayscale8)
        button.setIcon(QtGui.QIcon(QtGui.QPixmap.fromImage(image)))
        button.setText(f"frame {index}")
        what = ", ".join(each.what for each in self._account.of(index) if each.policy == policy)
        button.setToolTip(f"On this frame too {policy} acted: {what}. A click shows it.")


def account_html(entries: Sequence[Entry], seen: Sequence[Observation]) -> str:
    """Return what came of a frame and what was seen in it, a line each.

    Parameters
    ----------
    entries : sequence of Entry
        Of the frame; those of decisions to do nothing say so.
    seen : sequence of Observation
        Of the frame.
    """
    lines = [_decided(each) for each in entries] or ["Nothing is known to have been decided."]
    return "<br>".join([*lines, *(_measured(each) for each in seen)])


def _decided(entry: Entry) -> str:
    mark = MARKS[entry.kind]
    who = f"{entry.policy}: " if entry.policy else ""
    sign = f'<span style="color:{mark.colour}">{mark.sign}</span> ' if entry.what else ""
    what = f"<b>{escape(entry.what)}</b>" if entry.what else "nothing"
    why = f", because {escape(entry.reason)}" if entry.reason else ""
    return f"{sign}{escape(who)}{what}{why}"


def _measured(seen: Observation) -> str:
    if seen.unseen:
        return f"{escape(short(seen.detector.name))} did not look: {escape(seen.unseen)}"
    parts = [f"score {seen.score:.3f}", seen.verdict, f"{len(seen.points)} points"]
    parts += [f"{name} {value:.4g}" for name, value in seen.measurements.items()]
    if seen.elapsed_ms:
        parts.append(f"{seen.elapsed_ms:.1f} ms")
    return f"<b>{escape(short(seen.detector.name))}</b>: {escape(', '.join(parts))}"
