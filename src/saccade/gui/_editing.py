"""What a window does about writing protocols: the editor, and thresholds on the timeline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from saccade.app import protocol_from_text
from saccade.core import SaccadeError
from saccade.store import RunFolder

from ._asks import Seen
from ._draft import Draft
from ._editor import Editor
from ._qt import QtCore, QtGui, QtWidgets, Signal
from ._thresholds import Thresholds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from saccade.core import Observation

    from ._session import Session
    from ._timeline import Timeline

_REFRESH_TICKS = 50
"""Of the window's timer, after which it is told anew how often a policy would ask."""


class Editing(QtCore.QObject):
    """Keeps the draft of the loaded protocol.

    Parameters
    ----------
    window : QMainWindow
        That gets the menu.
    session : Session
        Whose protocol is edited.
    timeline : Timeline
        That gets the thresholds.
    """

    armed = Signal(bool)
    """The session's protocol is to be armed; whether in shadow."""
    told = Signal(str, str)
    """Level and text."""

    def __init__(self, window: QtWidgets.QMainWindow, session: Session, timeline: Timeline) -> None:
        super().__init__(window)
        self._window, self._session = window, session
        self.editor: Editor | None = None
        self._draft: Draft | None = None
        self.seen = Seen()
        self.thresholds = Thresholds(timeline, self.seen)
        self.thresholds.moved.connect(self._moved)
        self._ticks = 0
        self.menu = window.menuBar().addMenu("&Protocol")
        for title, key, do in (
            ("&Edit…", "Ctrl+E", self.edit),
            ("&New…", "Ctrl+N", self.begin_new),
            ("&Baseline of thresholds from a run…", "", self._choose_baseline),
        ):
            command = self.menu.addAction(title)
            command.setShortcut(QtGui.QKeySequence(key))
            command.triggered.connect(lambda _=False, do=do: do())

    def tell(self, observations: Iterable[Observation]) -> None:
        """Take what was seen, and show where the session is."""
        self.seen.add(observations)
        free = self._session.drives and not self._session.going and not self._session.busy
        self.thresholds.show_protocol(self._session.protocol)
        self.thresholds.let_move(free)
        self._ticks += 1
        if self._ticks % _REFRESH_TICKS == 0:
            self.thresholds.refresh()
        if self.editor is not None and self.editor.isVisible():
            self.editor.tell()

    def edit(self) -> Editor | None:
        """Show the editor, with the protocol that is loaded."""
        try:
            draft = self.draft()
        except SaccadeError as error:
            self.told.emit("error", str(error))
            return None
        return self._shown(draft)

    def begin_new(self) -> Editor | None:
        """Show the editor with the beginning of another protocol."""
        return self._shown(Draft())

    def take_baseline(self, folder: Path) -> None:
        """Tell from now on, until a run is armed, what policies would have asked for in a run.

        Parameters
        ----------
        folder : Path
            Of that run.

        Raises
        ------
        SaccadeError
            If it can't be read.
        """
        seen = list(RunFolder(folder).observations())
        self.seen.clear()
        self.seen.add(seen)
        self.thresholds.refresh()

    def may_leave(self) -> bool:
        """Ask whether to save what is in no file yet; return False if a person goes on with it."""
        if self._draft is None or not self._draft.dirty:
            return self.editor is None or self.editor.may_leave()
        shown = self._shown(self._draft)
        return shown is not None and shown.may_leave()

    def draft(self) -> Draft:
        """Return the draft of the protocol that is loaded, else a beginning.

        Raises
        ------
        SaccadeError
            If its file can't be read any more.
        """
        protocol = self._session.protocol
        path: Path | None = None if protocol is None else protocol.path
        draft = self._draft
        if draft is None or (path is not None and draft.path != path):
            self._draft = draft = Draft(path)
        return draft

    def recolour(self) -> None:
        """Draw in the colours of now."""
        self.thresholds.recolour()

    def let_go(self) -> None:
        """End what is under way: the window closes."""
        if self.editor is not None:
            self.editor.let_go()
            self.editor.hide()

    def _choose_baseline(self) -> None:
        folder = QtWidgets.QFileDialog.getExistingDirectory(self._window, "A run to compare with")
        if not folder:
            return
        try:
            self.take_baseline(Path(folder))
        except SaccadeError as error:
            self.told.emit("error", str(error))

    def _shown(self, draft: Draft) -> Editor | None:
        other = self.editor is not None and self.editor.draft is not draft
        if other and self.editor is not None and not self.editor.may_leave():
            return None
        self._draft = draft
        if self.editor is None:
            self.editor = Editor(self._session, draft, self._window)
            self.editor.armed.connect(self._arm)
        elif self.editor.draft is not draft:
            self.editor.show_draft(draft)
        self.editor.show()
        self.editor.raise_()
        self.editor.activateWindow()
        return self.editor

    def _adopt(self, draft: Draft) -> bool:
        try:
            self._session.adopt(protocol_from_text(draft.text, draft.source))
        except SaccadeError as error:
            self.told.emit("error", str(error))
            return False
        return True

    def _arm(self, shadow: bool) -> None:
        if self.editor is not None and self._adopt(self.editor.draft):
            self.armed.emit(shadow)

    def _moved(self, place: tuple[str, int, str], value: float) -> None:
        """Write a threshold that was dragged into the draft, and take that for the next run."""
        try:
            draft = self.draft()
        except SaccadeError as error:
            self.told.emit("error", str(error))
            return
        if self.editor is not None and self.editor.draft is draft:
            self.editor.put(place, value)
        else:
            draft.put(place, value)
        if self._adopt(draft):
            where = ".".join(map(str, place))
            self.told.emit(
                "fact",
                f"{where} is {value:g} for the next run, in no file yet. Ctrl+E shows it, to save.",
            )
