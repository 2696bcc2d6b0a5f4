"""The window: picture, timeline, table and run bar, kept up to date by a timer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from saccade.core import SaccadeError, State

from ._about import About
from ._account import Account
from ._again import Again
from ._alerts import AlertStrip
from ._bar import RunBar
from ._docks import Docks
from ._editing import Editing
from ._exemplars import Exemplars
from ._kept import Kept
from ._live import LiveView
from ._looks import Looks
from ._news import Progress
from ._panes import SIZE, panes
from ._qt import QtCore, QtGui, QtWidgets, Signal
from ._questions import QuestionStrip
from ._recall import modulator_in
from ._table import DecisionTable
from ._timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Callable

    from saccade.core import Frame

    from ._session import Session

_EVERY_MS = 50
"""20 pictures a second; what comes faster is not drawn."""


class Window(QtWidgets.QMainWindow):
    """Shows a session and sends it commands; it holds nothing that a run needs.

    Parameters
    ----------
    session : Session
        What is shown and commanded; it is closed with the window.
    """

    painted = Signal()
    """The window is there to be seen."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.live, self.timeline, self.table = LiveView(), Timeline(), DecisionTable()
        self.bar, self.alerts = RunBar(), AlertStrip()
        self.questions = QuestionStrip(session)
        self.progress = Progress()
        self._state = State.IDLE
        self._findings: object = ()
        self.kept = Kept()
        self.live.overlays.looks_before = self.kept.looks_before
        self.again = Again(self.live, self.kept.frames_before, is_recorded=not session.drives)
        self.again.failed.connect(self.alerts.tell_error)
        self._folder: Path | None = None
        self._looking_back = self._beginning = self._by_hand = False
        self.setWindowTitle("Saccade")
        self.resize(*SIZE)
        self.account, self._exemplars = Account(), Exemplars(self.kept.at)
        self.about = About(self.live, self.account, self._exemplars)
        self.about.hide()
        self._arrange()
        self.bar.commanded.connect(self._command)
        self.bar.shadow.clicked.connect(self._leave_shadow)
        self.docks = Docks(self, session)
        self.docks.took.connect(self._took)
        self.docks.failed.connect(self.alerts.tell_error)
        self.editing = Editing(self, session, self.timeline)
        self.editing.told.connect(self.alerts.tell)
        self.editing.armed.connect(self._arm_draft)
        self.looks = Looks(self)
        self.questions.failed.connect(self.alerts.tell_error)
        self.timeline.asked.connect(self.look_back)
        self.table.asked.connect(self.look_back)
        self.about.asked.connect(self._look_at)
        self._timer = QtCore.QTimer(self)
        self._timer.timeout.connect(self.refresh)
        self._timer.start(_EVERY_MS)
        self.refresh()

    def _arrange(self) -> None:
        self._back_to_live = QtWidgets.QPushButton("Looking back. Return to &live (F6)")
        self._back_to_live.setShortcut("F6")
        self._back_to_live.clicked.connect(self.return_to_live)
        self._back_to_live.hide()
        whole = QtWidgets.QWidget()
        layout = QtWidgets.QVBoxLayout(whole)
        layout.setContentsMargins(4, 4, 4, 4)
        for widget in (self.bar, self.alerts, self.questions, self._back_to_live):
            layout.addWidget(widget)
        layout.addWidget(panes(self.live, self.about, self.timeline, self.table), 1)
        self.setCentralWidget(whole)

    # ------------------------------------------------------------------------- by the timer

    def refresh(self) -> None:
        """Show what has come since the last time."""
        batch = self.session.take()
        self.progress = self.progress.after(batch)
        if batch.newest and self.session.folder != self._folder:
            self._folder = self.session.folder
            self.live.overlays.modulator = modulator_in(self._folder)
        self.again.use(self.session.protocol)
        self.live.overlays.may_lag = not self._looking_back
        self.kept.add(self.live.chosen_of(batch.newest), batch.observations)
        self.editing.tell(batch.observations)
        newest = self.kept.newest
        if newest is not None and not self._looking_back and not self._by_hand:
            self.live.show_frame(*newest)
        self.timeline.add(batch.observations, batch.entries)
        self.table.add(batch.entries)
        self.account.add(batch.entries)
        self._exemplars.note(batch.entries)
        self.bar.tell(self.session, self.progress)
        self.questions.tell()
        self.docks.tell()
        self._tell_what_changed()

    def _tell_what_changed(self) -> None:
        if (error := self.session.take_error()) is not None:
            self._beginning = False
            self.alerts.tell_error(error)
        if self._beginning and self.session.armed:
            self._beginning = False
            self._command("run")
        if self.session.findings is not self._findings:
            self._findings = self.session.findings
            self._tell_findings()
        state = self.session.state
        if state is not self._state:
            self._state = state
            verdict = self.session.verdict
            if state.ended and verdict is not None and verdict.name != "failed":
                reason = f": {verdict.reason}" if verdict.reason else ""
                self.alerts.tell("fact", f"{verdict.name}{reason}. {self.session.folder}")

    def _tell_findings(self) -> None:
        found = self.session.findings
        for level in ("error", "warning"):
            those = [each for each in found if each.level == level]
            if those:
                self.alerts.tell(level, "\n".join(f"{e.text} {e.do}".rstrip() for e in those))
                return
        if found:
            facts = " ".join(each.text for each in found)
            self.alerts.tell("fact", f"It can run. {facts}")

    # --------------------------------------------------------------------------- by a person

    def load(self, path: Path) -> None:
        """Load a protocol, and say what is wrong with it."""
        self._try(lambda: self.session.load(path))
        protocol = self.session.protocol
        if protocol is not None:
            self.setWindowTitle(f"{protocol.name} - Saccade")

    def begin(self, *, shadow: bool = False) -> None:
        """Arm the loaded protocol, and run it as soon as it is armed.

        Parameters
        ----------
        shadow : bool
            Decide and record, and do nothing of what is decided.
        """
        self.bar.shadow.setChecked(shadow)
        self._beginning = True
        self._command("arm")

    def look_back(self, frame: int) -> None:
        """Show the kept frame nearest to a number, until `return_to_live`."""
        nearest = self.kept.nearest(frame)
        if nearest is None:
            return
        self._looking_back = True
        self._back_to_live.show()
        self.about.show()
        self.live.show_frame(*nearest)
        self.timeline.point_at(nearest[0].index)

    def _look_at(self, frame: int) -> None:
        if self.kept.at(frame) is not None:
            self.look_back(frame)
        else:
            text = f"Frame {frame} is no longer at hand here; it is in {self.session.folder}."
            self.alerts.tell("fact", text)

    def return_to_live(self) -> None:
        """Show the newest frame again."""
        self._looking_back = self._by_hand = False
        self._back_to_live.hide()
        self.about.hide()
        self.timeline.point_at(None)

    def _arm_draft(self, shadow: bool) -> None:
        self.bar.shadow.setChecked(shadow)
        self._command("arm")

    def _took(self, frame: Frame) -> None:
        """Show a picture that belongs to no run, until there are others."""
        self._by_hand = True
        self.live.show_frame(frame)

    def _command(self, name: str) -> None:
        match name:
            case "load":
                self._choose()
            case "check":
                self._try(self.session.check)
            case "arm":
                self._forget()
                self._try(lambda: self.session.arm(shadow=self.bar.shadow.isChecked()))
            case "run":
                self._try(self.session.run)
            case "hold":
                self.session.hold(self.session.state is not State.HELD)
            case "stop":
                self.session.stop()

    def _choose(self) -> None:
        path, _ = QtWidgets.QFileDialog.getOpenFileName(
            self, "Load a protocol", "", "Protocols (*.yaml *.yml)"
        )
        if path:
            self.load(Path(path))

    def _forget(self) -> None:
        self.progress = Progress()
        self.bar.gauges.begin(self.session.protocol)
        self.kept.clear()
        self.account.clear()
        self._exemplars.clear()
        self.timeline.clear()
        self.editing.seen.clear()
        self.table.clear_rows()
        self.return_to_live()

    def _try(self, do: Callable[[], None]) -> None:
        self.alerts.hide()
        try:
            do()
        except SaccadeError as error:
            self.alerts.tell_error(error)

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint it, and say so as soon as its parts are painted too."""
        super().paintEvent(event)
        QtCore.QTimer.singleShot(0, self.painted.emit)

    def closeEvent(self, event: QtGui.QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Stop what this window drives, light off first, and go."""
        if not self.editing.may_leave():  # asked first: a run that is to stop must not wait for it
            event.ignore()
            return
        if self.session.drives and self.session.going and not self._sure():
            event.ignore()
            return
        self.looks.keep()
        self._timer.stop()
        self.again.let_go()
        self.docks.let_go()
        self.editing.let_go()
        self.session.close()
        super().closeEvent(event)

    def _leave_shadow(self, shadowed: bool) -> None:
        """Let a run that goes on do what it decides from now on, if a person is sure."""
        if shadowed or not self.session.going or not self.session.shadowed:
            return
        answer = QtWidgets.QMessageBox.question(
            self,
            "Leave shadow mode",
            "From the next decision on, the run does what it decides: it takes pictures, moves, "
            "and lights the sample, within what the guards allow.\n\nLet it act?",
        )
        if answer == QtWidgets.QMessageBox.StandardButton.Yes:
            self._try(self.session.leave_shadow)
        else:
            self.bar.shadow.setChecked(True)

    def _sure(self) -> bool:
        answer = QtWidgets.QMessageBox.question(
            self,
            "A run is going on",
            "Closing the window stops the run: the light goes off, and what was taken is kept.\n\n"
            "Stop the run and close?",
        )
        return bool(answer == QtWidgets.QMessageBox.StandardButton.Yes)
