"""What a window looks like, and is kept: theme, docks, sizes; and which keys there are."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ._layout import Layout, decoded, encoded, forget_layout, read_layout, write_layout
from ._overlay_menu import add_overlay_menu
from ._qt import QAction, QtCore, QtGui, QtWidgets
from ._theme import THEMES, Theme

if TYPE_CHECKING:
    from ._window import Window

_TITLES = {"system": "As the &system", "light": "&Light", "dark": "&Dark"}
_VERSION = 1
"""Of the docks; a state of another is not restored."""


class Looks(QtCore.QObject):
    """Adds the menus for theme, layout and keys to a window.

    Parameters
    ----------
    window : Window
        That gets them.
    """

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self.theme = Theme(self)
        for part in (window.live, window.timeline, window.table, window.editing, window.bar.gauges):
            self.theme.tells(part.recolour)
        self.first = Layout()
        self._kept = False
        self._menus()

    def take_up(self, *, reset: bool = False, theme: str | None = None) -> None:
        """Arrange the window as it was, and keep how it is when it closes.

        Parameters
        ----------
        reset : bool
            Arrange it as at first.
        theme : str, optional
            Goes before the one that was kept.
        """
        if reset:
            forget_layout()
        layout, problem = read_layout()
        self.first = self._now()
        problem = problem or self._arrange(layout)
        self.use_theme(theme or layout.theme)
        self._kept = theme is None
        if problem:
            self._window.alerts.tell("warning", problem)

    def use_theme(self, name: str) -> None:
        """Paint it in a theme of `saccade.gui._theme.THEMES`."""
        self.theme.use(name)
        self._choices[self.theme.name].setChecked(True)

    def keep(self) -> None:
        """Write down how the window is arranged; it closes."""
        if self._kept and (problem := write_layout(self._now())):
            print(problem, file=sys.stderr)  # noqa: T201 - there is no window any more to tell it in

    def keys(self) -> list[tuple[str, str]]:
        """Return what each key does, by menu and bar."""
        found = [(key, tip) for _, _, key, tip in self._window.bar.commands]
        for top in self._window.menuBar().actions():
            found += _keys_of(top, _bare(top))
        return [
            *found,
            ("F2, F4", "Answer yes or no to what a policy asks."),
            ("F6", "Return to the live picture."),
            ("Tab", "Go to the next button."),
        ]

    def _now(self) -> Layout:
        window = self._window
        return Layout(
            self.theme.name,
            encoded(window.saveGeometry()),
            encoded(window.saveState(_VERSION)),
            {str(n): each.sizes() for n, each in enumerate(self._splitters())},
            window.live.overlays.states,
        )

    def _arrange(self, layout: Layout) -> str:
        """Arrange the window; return what could not be."""
        window, problem = self._window, ""
        window.live.overlays.switch(layout.overlays)
        for text, restore in (
            (layout.geometry, window.restoreGeometry),
            (layout.state, self._place_docks),
        ):
            if text and not restore(QtCore.QByteArray(decoded(text))):
                problem = "The layout that was kept does not fit this window, and is left out."
        for number, splitter in enumerate(self._splitters()):
            sizes = layout.panes.get(str(number), [])
            if len(sizes) == splitter.count():
                splitter.setSizes(sizes)
        return problem

    def _place_docks(self, state: QtCore.QByteArray) -> bool:
        window, docks = self._window, self._window.docks.docks.values()
        for dock in docks:
            window.removeDockWidget(dock)
        fits = bool(window.restoreState(state, _VERSION))
        if not fits:
            window.docks.place()
        for bar in window.findChildren(QtWidgets.QTabBar):
            if not bar.count():  # that of where they were before, which Qt leaves over the menu
                bar.hide()
        return fits

    def _reset(self) -> None:
        self._arrange(self.first)

    def _splitters(self) -> list[QtWidgets.QSplitter]:
        middle = self._window.centralWidget()
        return [] if middle is None else list(middle.findChildren(QtWidgets.QSplitter))

    def _menus(self) -> None:
        view = self._window.docks.view
        view.addSeparator()
        for title, key, by in (
            ("Frame &before", "Ctrl+Left", -1),
            ("Frame af&ter", "Ctrl+Right", 1),
        ):
            _added(view, title, key).triggered.connect(lambda _=False, by=by: self._step(by))
        view.addSeparator()
        add_overlay_menu(view, self._window.live.overlays)
        themes = view.addMenu("&Theme")
        group = QtGui.QActionGroup(self)  # type: ignore[attr-defined]
        self._choices = {name: _added(themes, _TITLES[name], "") for name in THEMES}
        for name, command in self._choices.items():
            command.setCheckable(True)
            group.addAction(command)
            command.triggered.connect(lambda _=False, name=name: self.use_theme(name))
        _added(view, "Layout as at fi&rst", "").triggered.connect(self._reset)
        help_menu = self._window.menuBar().addMenu("H&elp")
        _added(help_menu, "&Keys", "F1").triggered.connect(self.show_keys)

    def _step(self, by: int) -> None:
        frame = self._window.live.frame
        if frame is not None:
            self._window.look_back(frame.index + by)

    def show_keys(self) -> None:
        """Show what each key does, in a dialog."""
        keys = self.keys()
        table = QtWidgets.QTableWidget(len(keys), 2)
        table.setHorizontalHeaderLabels(["key", "does"])
        table.verticalHeader().setVisible(False)
        table.horizontalHeader().setStretchLastSection(True)
        table.setEditTriggers(QtWidgets.QAbstractItemView.EditTrigger.NoEditTriggers)
        for row, texts in enumerate(keys):
            for column, text in enumerate(texts):
                table.setItem(row, column, QtWidgets.QTableWidgetItem(text))
        dialog = QtWidgets.QDialog(self._window)
        dialog.setObjectName("keys")
        dialog.setAttribute(QtCore.Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle("Keys")
        QtWidgets.QVBoxLayout(dialog).addWidget(table)
        dialog.resize(560, 620)
        dialog.show()


def _keys_of(top: QAction, title: str) -> list[tuple[str, str]]:
    """Return the keys of a menu, with what leads to each."""
    menu, found = top.menu(), []
    for command in menu.actions() if menu is not None else ():
        here = f"{title} > {_bare(command)}"
        if command.menu() is not None:
            found += _keys_of(command, here)
        elif key := command.shortcut().toString():
            found.append((key, here))
    return found


def _bare(command: QAction) -> str:
    return str(command.text()).replace("&", "").rstrip("…")


def _added(menu: QtWidgets.QMenu, title: str, key: str) -> QAction:
    command = menu.addAction(title)
    if key:
        command.setShortcut(QtGui.QKeySequence(key))
    return command
