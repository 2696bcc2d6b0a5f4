"""Dark or light: one palette of our own, the same with every style and on every system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._colours import ground, use_ground
from ._qt import QtCore, QtGui, QtWidgets, pg

if TYPE_CHECKING:
    from collections.abc import Callable

THEMES = ("system", "light", "dark")
_ROLES = {
    "Window": "window",
    "WindowText": "text",
    "Base": "base",
    "AlternateBase": "other",
    "ToolTipBase": "other",
    "ToolTipText": "text",
    "Text": "text",
    "Button": "other",
    "ButtonText": "text",
    "PlaceholderText": "faint",
    "Highlight": "chosen",
    "HighlightedText": "chosen_text",
    "Link": "link",
}
_FAINT = ("WindowText", "Text", "ButtonText", "PlaceholderText")


class Theme(QtCore.QObject):
    """Paints the program, and tells whoever draws by itself.

    Parameters
    ----------
    parent : QObject
        With which it goes.
    """

    def __init__(self, parent: QtCore.QObject) -> None:
        super().__init__(parent)
        self.name = "system"
        """What was asked for: one of `THEMES`."""
        self._drawers: list[Callable[[], None]] = []

    def tells(self, drawer: Callable[[], None]) -> None:
        """Tell somebody, now on, when the colours have changed."""
        self._drawers.append(drawer)

    def use(self, name: str) -> None:
        """Paint everything anew.

        Parameters
        ----------
        name : {'system', 'light', 'dark'}
            Which; the system's is light where it doesn't say.
        """
        self.name = name if name in THEMES else "system"
        use_ground(_of_system() if self.name == "system" else self.name)
        application = QtWidgets.QApplication.instance()
        if isinstance(application, QtWidgets.QApplication):
            application.setStyle("Fusion")  # others take only some of a palette's colours
            application.setPalette(palette())
            for widget in self._widgets():
                if sheet := widget.styleSheet():  # it would keep the colours of before
                    widget.setStyleSheet(sheet)
        pg.setConfigOption("foreground", ground().text)
        for drawer in self._drawers:
            drawer()

    def _widgets(self) -> list[QtWidgets.QWidget]:
        """Return the window that this belongs to, and all that is in it.

        Not all widgets of the program: among those may be some that Qt is about to delete, and to
        touch one ends the process.
        """
        owner = self.parent()
        while owner is not None and not isinstance(owner, QtWidgets.QWidget):
            owner = owner.parent()
        return [] if owner is None else [owner, *owner.findChildren(QtWidgets.QWidget)]


def palette() -> QtGui.QPalette:
    """Return the palette of the ground that is in use."""
    made, now = QtGui.QPalette(), ground()
    for role, name in _ROLES.items():
        made.setColor(QtGui.QPalette.ColorRole[role], QtGui.QColor(getattr(now, name)))
    for role in _FAINT:
        made.setColor(
            QtGui.QPalette.ColorGroup.Disabled,
            QtGui.QPalette.ColorRole[role],
            QtGui.QColor(now.faint),
        )
    for role, shade in (("Light", 150), ("Midlight", 125), ("Mid", 80), ("Dark", 65)):
        button = QtGui.QColor(now.other)
        lit = button.lighter(shade) if shade > 100 else button.darker(10000 // shade)
        made.setColor(QtGui.QPalette.ColorRole[role], lit)
    made.setColor(QtGui.QPalette.ColorRole.Shadow, QtGui.QColor("#000000"))
    return made


def _of_system() -> str:
    hints = QtGui.QGuiApplication.styleHints()
    scheme = getattr(hints, "colorScheme", None)  # Qt 6.5 and later
    if scheme is None:
        return "light"
    return "dark" if scheme() == QtCore.Qt.ColorScheme.Dark else "light"
