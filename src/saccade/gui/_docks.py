"""The microscope's own controls beside the picture, for as long as no run is going on."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from saccade.core import SaccadeError

from ._borrowed import DIALOGS, PANES
from ._dock import CLOSED, ELSEWHERE, RUNNING, Dock
from ._preview import Preview
from ._qt import QAction, QtCore, QtGui, QtWidgets, Signal
from ._wizard import open_wizard

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._borrowed import Pane
    from ._core import WindowCore
    from ._session import Session

_RIGHT = QtCore.Qt.DockWidgetArea.RightDockWidgetArea


class Docks(QtCore.QObject):
    """Puts the docks into a window, and the menus that open them.

    Nothing of pymmcore-widgets is imported before a dock is opened.

    Parameters
    ----------
    window : QMainWindow
        That gets them.
    session : Session
        Whose microscope they are for.
    """

    took = Signal(object)
    """A `Frame` that a person took by hand."""
    failed = Signal(object)
    """A `SaccadeError`."""

    def __init__(self, window: QtWidgets.QMainWindow, session: Session) -> None:
        super().__init__(window)
        self._window, self._session = window, session
        self._core: WindowCore | None = None
        self.preview: Preview | None = None
        self.docks = {pane.name: Dock(pane) for pane in PANES}
        self.dialogs: dict[str, QtWidgets.QDialog] = {}
        self.view, self.microscope = self._menus()
        for dock in self.docks.values():
            dock.wanted.connect(self._open)
        self.place()

    def place(self) -> None:
        """Put all docks to the right, one behind the other, closed."""
        first, *others = self.docks.values()
        for dock in (first, *others):
            self._window.addDockWidget(_RIGHT, dock)
            dock.hide()
        for dock in others:
            self._window.tabifyDockWidget(first, dock)

    # ------------------------------------------------------------------------- by the timer

    def tell(self) -> None:
        """Show where the session is: which microscope is open, and whether it may be touched."""
        scope, session = self._session.microscope.scope, self._session
        opened = None if scope is None or session.busy == "opening" else scope.core
        changed = (None if self._core is None else self._core.core) is not opened
        if changed or session.going:
            self._close_dialogs()
            self._leave()
        if self._core is None and opened is not None and not session.going and self._any_seen():
            self._take_up(opened)
        reason = self._reason()
        for dock in self.docks.values():
            dock.tell(self._core, reason, emptied=changed or session.going)
        for dialog in self.dialogs.values():
            dialog.setEnabled(not reason)
        for command in self._needing:
            command.setEnabled(opened is not None and not reason)

    def let_go(self) -> None:
        """Empty all docks: the window closes."""
        self._close_dialogs()
        for dock in self.docks.values():
            dock.empty()
        self._leave()

    def open_dialog(self, pane: Pane) -> None:
        """Show a borrowed widget in a window of its own."""
        scope = self._session.microscope.scope
        if scope is None:
            return
        try:
            if self._core is None:
                self._take_up(scope.core)
            assert self._core is not None  # noqa: S101 - just taken up
            made = pane.make(self._core)
        except (SaccadeError, RuntimeError) as error:
            told = error if isinstance(error, SaccadeError) else SaccadeError(str(error))
            self.failed.emit(told)
            return
        dialog = _dialog_of(self._window, pane, made)
        dialog.finished.connect(lambda _: self.dialogs.pop(pane.name, None))
        if before := self.dialogs.pop(pane.name, None):
            before.reject()
        self.dialogs[pane.name] = dialog
        dialog.show()

    # -------------------------------------------------------------------------------- inside

    def _reason(self) -> str:
        if not self._session.drives:
            return ELSEWHERE
        if self._session.going:
            return RUNNING
        if self._session.busy:
            return f"It is {self._session.busy}."
        return CLOSED if self._session.microscope.scope is None else ""

    def _any_seen(self) -> bool:
        return any(dock.isVisible() for dock in self.docks.values())

    def _take_up(self, core: object) -> None:
        from ._core import WindowCore

        self._core = WindowCore(core)  # type: ignore[arg-type]
        self.preview = Preview(self._core)
        self.preview.took.connect(self.took)

    def _leave(self) -> None:
        if self.preview is not None and not self._session.going:
            self.preview.stop()
        if self._core is not None:
            self._core.let_go()
        self._core, self.preview = None, None

    def _close_dialogs(self) -> None:
        for dialog in list(self.dialogs.values()):
            dialog.reject()
        self.dialogs.clear()

    def _open(self) -> None:
        self._do(self._session.open)

    def _choose(self) -> None:
        path, _ = QtWidgets.QFileDialog.getOpenFileName(
            self._window, "Open the microscope of a profile", "", "Profiles (*.yaml *.yml)"
        )
        if path:
            self._do(lambda: self._session.open(str(Path(path))))

    def _snap(self) -> None:
        scope = self._session.microscope.scope
        if scope is None:
            return
        if self._core is None:
            self._take_up(scope.core)
        if self.preview is not None:
            preview = self.preview
            preview.stop()
            self._do(lambda: self._session.do("taking a picture", preview.snap))

    def _wizard(self) -> None:
        def close_and_open() -> None:
            self._session.let_go()  # which a run that goes on refuses
            open_wizard(self._window)

        self._do(close_and_open)

    def _do(self, do: Callable[[], object]) -> None:
        try:
            do()
        except SaccadeError as error:
            self.failed.emit(error)

    def _menus(self) -> tuple[QtWidgets.QMenu, QtWidgets.QMenu]:
        bar = self._window.menuBar()
        view, scope = bar.addMenu("&View"), bar.addMenu("&Microscope")
        for dock in self.docks.values():
            toggle = dock.toggleViewAction()
            toggle.setText(dock.pane.title)
            toggle.setShortcut(QtGui.QKeySequence(dock.pane.key))
            # A dock behind others counts as visible; whoever asks for it wants to see it.
            toggle.triggered.connect(lambda on, dock=dock: dock.raise_() if on else None)
            view.addAction(toggle)
        self._command(scope, "&Open", "Ctrl+M", self._open)
        self._command(scope, "Open that of a profi&le…", "", self._choose)
        self._needing = [self._command(scope, "&Take a picture", "Ctrl+T", self._snap)]
        scope.addSeparator()
        self._needing += [
            self._command(scope, pane.title, pane.key, partial(self.open_dialog, pane))
            for pane in DIALOGS
        ]
        scope.addSeparator()
        self._command(scope, "Close it, and set up &hardware…", "", self._wizard)
        return view, scope

    def _command(
        self, menu: QtWidgets.QMenu, title: str, key: str, do: Callable[[], object]
    ) -> QAction:
        command = menu.addAction(title)
        command.setShortcut(QtGui.QKeySequence(key))
        command.triggered.connect(lambda _=False: do())
        return command


def _dialog_of(
    parent: QtWidgets.QWidget, pane: Pane, widget: QtWidgets.QWidget
) -> QtWidgets.QDialog:
    dialog = QtWidgets.QDialog(parent)
    dialog.setAttribute(QtCore.Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(pane.title.replace("&", "").rstrip("…"))
    layout = QtWidgets.QVBoxLayout(dialog)
    layout.setContentsMargins(4, 4, 4, 4)
    layout.addWidget(widget)
    room = parent.size() * 0.9
    dialog.resize(widget.sizeHint().boundedTo(room))
    return dialog
