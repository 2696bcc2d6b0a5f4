"""The run bar: the commands, the state, and how much is used up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._colours import LAMPS
from ._gauges import Gauges
from ._qt import QShortcut, QtCore, QtGui, QtWidgets, Signal

if TYPE_CHECKING:
    from ._news import Progress
    from ._session import Session

_COMMANDS = (
    ("load", "&Load…", "Ctrl+O", "Choose a protocol file."),
    ("check", "&Check", "F5", "See whether the protocol fits the microscope, and what it costs."),
    ("arm", "&Arm", "F8", "Open the microscope and make the run ready."),
    ("run", "&Run", "F9", "Let the armed run go."),
    ("hold", "&Hold", "F10", "Take no further picture, light off, until it is let go on."),
    ("stop", "STOP", "Esc", "Light off at once, and the run ends."),
)
_LAMP_PX = 190
"""Wide enough for all that it says, so that nothing moves."""
_TRUSTED = "full"
"""The rung of the ladder of which nothing need be said."""


class RunBar(QtWidgets.QWidget):
    """Six commands, each with a key; a lamp that says the state in words; and the gauges."""

    commanded = Signal(str)
    """One of ``load``, ``check``, ``arm``, ``run``, ``hold``, ``stop``."""

    def __init__(self) -> None:
        super().__init__()
        layout = QtWidgets.QHBoxLayout()
        self._buttons: dict[str, QtWidgets.QPushButton] = {}
        for name, text, key, tip in _COMMANDS:
            button = QtWidgets.QPushButton(text)
            button.setToolTip(f"{tip} ({key})")
            button.setFocusPolicy(QtCore.Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _=False, name=name: self.commanded.emit(name))
            shortcut = QShortcut(QtGui.QKeySequence(key), self)
            shortcut.setContext(QtCore.Qt.ShortcutContext.ApplicationShortcut)
            shortcut.activated.connect(lambda name=name: self._by_key(name))
            self._buttons[name] = button
            layout.addWidget(button)
        self._buttons["stop"].setStyleSheet("font-weight: bold; color: white; background: #B03A00;")
        self.shadow = QtWidgets.QCheckBox("&Shadow")
        self.shadow.setToolTip("Decide and record, and do nothing of what is decided.")
        layout.addWidget(self.shadow)
        layout.addStretch(1)
        self._lamp = QtWidgets.QLabel()
        self._lamp.setAccessibleName("State of the run")
        self._lamp.setMinimumWidth(_LAMP_PX)
        layout.addWidget(self._lamp)
        self.gauges = Gauges()
        whole = QtWidgets.QVBoxLayout(self)
        whole.setContentsMargins(4, 2, 4, 2)
        whole.addLayout(layout)
        whole.addWidget(self.gauges)

    commands = _COMMANDS
    """Name, text, key and purpose of each."""

    def tell(self, session: Session, progress: Progress) -> None:
        """Show where a session is.

        Parameters
        ----------
        session : Session
            Asked for its state, what it has used up, and what it may be told to do.
        progress : Progress
            How far its run has come.
        """
        state = str(session.state)
        word = session.busy or ("ready to run" if session.armed else state)
        if session.going and progress.rung not in ("", _TRUSTED):
            word = f"{word}, {progress.rung}"
        colour = LAMPS["armed" if session.armed else state]
        self._lamp.setText(
            f'<span style="color:{colour}; font-size:14pt">\N{BLACK CIRCLE}</span> <b>{word}</b>'
        )
        self.gauges.tell(session, progress)
        self._allow(session, state == "held")

    def _allow(self, session: Session, held: bool) -> None:
        idle = not session.going and not session.busy
        loaded = session.protocol is not None
        for name, allowed in {
            "load": idle,
            "check": idle and loaded,
            "arm": idle and loaded and not session.armed,
            "run": session.armed,
            "hold": session.going,
            "stop": True,  # whatever this window believes
        }.items():
            self._buttons[name].setEnabled(allowed)
        self.shadow.setEnabled((idle and not session.armed) or (session.going and session.shadowed))
        self._buttons["hold"].setText("Go &on" if held else "&Hold")

    def _by_key(self, name: str) -> None:
        if self._buttons[name].isEnabled():
            self.commanded.emit(name)
