"""The menu that switches what is drawn over the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._overlays import OVERLAYS
from ._qt import QtGui

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._overlays import Overlays
    from ._qt import QtWidgets


def add_overlay_menu(
    menu: QtWidgets.QMenu, overlays: Overlays, chosen: Callable[[], None] = lambda: None
) -> QtWidgets.QMenu:
    """Return a menu within another, with a command for each kind of overlay.

    Parameters
    ----------
    menu : QMenu
        That it is put into.
    overlays : Overlays
        What its commands switch; they show how it is, whoever switched it.
    chosen : callable
        Called after a person has switched one.
    """

    def choose(name: str, on: bool) -> None:
        overlays.switch({name: on})
        chosen()

    inner = menu.addMenu("&Overlays")
    commands = {}
    for each in OVERLAYS:
        commands[each.name] = command = inner.addAction(each.title)
        command.setShortcut(QtGui.QKeySequence(each.key))
        command.setCheckable(True)
        command.triggered.connect(lambda on=False, name=each.name: choose(name, bool(on)))

    def tell() -> None:
        for name, on in overlays.states.items():
            commands[name].setChecked(on)

    overlays.switched.connect(tell)
    tell()
    return inner
