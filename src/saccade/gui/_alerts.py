"""What a person should know: what happened, why, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._qt import QtCore, QtGui, QtWidgets

if TYPE_CHECKING:
    from saccade.core import SaccadeError

_LOOKS = {
    "error": ("\N{MULTIPLICATION SIGN}", "#D55E00"),
    "warning": ("!", "#E69F00"),
    "fact": ("i", "#56B4E9"),
}


class AlertStrip(QtWidgets.QLabel):
    """One strip of text over the whole width; it goes when it is clicked on."""

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)
        self.setTextInteractionFlags(QtCore.Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setMargin(6)
        self.hide()

    def tell_error(self, error: SaccadeError) -> None:
        """Show what went wrong."""
        self.tell("error", str(error))

    def tell(self, level: str, text: str) -> None:
        """Show a text.

        Parameters
        ----------
        level : str
            ``error``, ``warning`` or ``fact``: told by a sign and a frame as well as a colour.
        text : str
            As it is said.
        """
        sign, colour = _LOOKS[level]
        self.setTextFormat(QtCore.Qt.TextFormat.PlainText)
        self.setText(f"{sign}  {text}")
        self.setStyleSheet(f"border-left: 6px solid {colour}; padding-left: 6px;")
        self.show()

    def mousePressEvent(self, event: QtGui.QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Go."""
        super().mousePressEvent(event)
        self.hide()
