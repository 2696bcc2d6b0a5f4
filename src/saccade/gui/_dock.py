"""A dock that is filled when it is first looked at, and empty while a run goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from saccade.core import SaccadeError

from ._qt import QtCore, QtWidgets, Signal

if TYPE_CHECKING:
    from ._borrowed import Pane
    from ._core import WindowCore

_AREA = QtCore.Qt.DockWidgetArea
RUNNING = "A run is going on. The microscope belongs to it until it ends or is stopped."
ELSEWHERE = "Another process drives this run, and has its microscope."
CLOSED = "No microscope is open. Open it here, or with Ctrl+M."


class Dock(QtWidgets.QDockWidget):
    """Shows a borrowed widget, or says why it can't be used now.

    Parameters
    ----------
    pane : Pane
        What it shows.
    """

    wanted = Signal()
    """The microscope is to be opened."""

    def __init__(self, pane: Pane) -> None:
        super().__init__(pane.title.replace("&", ""))
        self.pane = pane
        self.setObjectName(f"dock {pane.name}")
        self.setAllowedAreas(_AREA.AllDockWidgetAreas)
        self._reason = QtWidgets.QLabel()
        self._reason.setWordWrap(True)
        self._reason.setMargin(8)
        self._open = QtWidgets.QPushButton("Open the &microscope")
        self._open.clicked.connect(self.wanted)
        self._area = QtWidgets.QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        whole = QtWidgets.QWidget()
        layout = QtWidgets.QVBoxLayout(whole)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._reason)
        layout.addWidget(self._open, 0, QtCore.Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self._area, 1)
        # Keeps the reason on top where there is nothing below it.
        self._rest = QtWidgets.QWidget()
        layout.addWidget(self._rest, 1)
        self.setWidget(whole)
        self.filled = False
        """Whether the borrowed widget is there."""
        self._misfit = ""

    @property
    def content(self) -> QtWidgets.QWidget | None:
        """The borrowed widget, if it is there."""
        return self._area.widget() if self.filled else None

    def tell(self, core: WindowCore | None, reason: str, *, emptied: bool) -> None:
        """Show the widget, or a reason why not.

        Parameters
        ----------
        core : WindowCore or None
            Of the microscope that is open.
        reason : str
            Why nothing may be done now; empty if something may.
        emptied : bool
            Whether the widget has to go: what it shows would not be true any more.
        """
        if emptied or core is None:
            self.empty()
        if core is not None and not reason and not self.filled and self._is_seen():
            self._fill(core)
        told = reason or self._misfit
        if self._reason.text() != told:
            self._reason.setText(told)
        self._reason.setVisible(bool(told))
        self._open.setVisible(core is None and reason == CLOSED)
        self._area.setEnabled(not reason)
        self._area.setVisible(self.filled)
        self._rest.setVisible(not self.filled)

    def empty(self) -> None:
        """Let the widget go."""
        self._misfit = ""
        if self.filled:
            self.filled = False
            gone = self._area.takeWidget()
            if gone is not None:
                gone.close()  # some let files go only then
                gone.deleteLater()

    def _fill(self, core: WindowCore) -> None:
        if self._misfit:
            return
        try:
            self._area.setWidget(self.pane.make(core))
            self.filled = True
        except (SaccadeError, RuntimeError, ValueError) as error:
            self._misfit = str(error)

    def _is_seen(self) -> bool:
        return self.isVisible() and not self.visibleRegion().isEmpty()
