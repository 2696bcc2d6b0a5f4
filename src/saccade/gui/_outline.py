"""The parts of a protocol as a tree, to choose among, and to add and remove."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from saccade.app import parts_for, settings_of, summary_of

from ._qt import QtCore, QtWidgets, Signal

if TYPE_CHECKING:
    from ._draft import Draft
    from ._yaml_edit import Path as Place

_ROLE = QtCore.Qt.ItemDataRole.UserRole
_KINDS = {"detect": "Detectors", "decide": "Policies", "guard": "Guards"}


class Outline(QtWidgets.QWidget):
    """Shows what a protocol consists of.

    Parameters
    ----------
    draft : Draft
        Of the protocol.
    """

    chosen = Signal(object)
    """A place."""
    added = Signal(str, str)
    """A kind, and the name of the part."""
    removed = Signal(object)
    """A place."""

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self._tree = QtWidgets.QTreeWidget()
        self._tree.setHeaderHidden(True)
        self._tree.setIndentation(12)
        self._tree.setAccessibleName("Parts of the protocol")
        self._tree.currentItemChanged.connect(self._tell)
        self._add = QtWidgets.QPushButton("&Add")
        self._add.setMenu(self._menu())
        self._remove = QtWidgets.QPushButton("&Remove")
        self._remove.clicked.connect(lambda _=False: self.removed.emit(self.place))
        buttons = QtWidgets.QHBoxLayout()
        buttons.addWidget(self._add)
        buttons.addWidget(self._remove)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._tree, 1)
        layout.addLayout(buttons)
        self.show_draft(draft)

    @property
    def place(self) -> Place:
        """What is chosen."""
        item = self._tree.currentItem()
        return () if item is None else tuple(item.data(0, _ROLE) or ())

    def show_draft(self, draft: Draft, place: Place | None = None) -> None:
        """Show the parts that there are now.

        Parameters
        ----------
        draft : Draft
            Of the protocol.
        place : tuple of str or int, optional
            What is chosen then; by default what was before, if it is still there.
        """
        wanted = self.place if place is None else place
        self._tree.blockSignals(True)
        self._tree.clear()
        self._item(None, "Run", ())
        self._item(None, "Plan", ("watch",))
        for kind, title in _KINDS.items():
            top = self._item(None, title, (kind,))
            for step, part in _entries(draft.get((kind,))):
                use = part.get("use", "?") if isinstance(part, dict) else "?"
                word = str(use).rpartition(":")[2]
                text = f"{step}: {word}" if kind == "detect" else word
                self._item(top, text, (kind, step))
            top.setExpanded(True)
        self._tree.blockSignals(False)
        self._choose(wanted)

    def _choose(self, place: Place) -> None:
        for item in self._items():
            if tuple(item.data(0, _ROLE)) == place:
                self._tree.setCurrentItem(item)
                return
        self._tree.setCurrentItem(self._items()[0])

    def _items(self) -> list[QtWidgets.QTreeWidgetItem]:
        every = QtCore.Qt.MatchFlag.MatchContains | QtCore.Qt.MatchFlag.MatchRecursive
        return list(self._tree.findItems("", every))

    def _item(
        self, parent: QtWidgets.QTreeWidgetItem | None, text: str, place: Place
    ) -> QtWidgets.QTreeWidgetItem:
        item = QtWidgets.QTreeWidgetItem([text])
        item.setData(0, _ROLE, list(place))
        if parent is None:
            self._tree.addTopLevelItem(item)
        else:
            parent.addChild(item)
        return item

    def _menu(self) -> QtWidgets.QMenu:
        menu = QtWidgets.QMenu(self)
        menu.setToolTipsVisible(True)
        for kind, title in _KINDS.items():
            inner = menu.addMenu(title)
            inner.setToolTipsVisible(True)
            for use in parts_for(kind):
                command = inner.addAction(use.rpartition(":")[2])
                command.setToolTip(summary_of(use))
                command.triggered.connect(lambda _=False, k=kind, u=use: self.added.emit(k, u))
        return menu

    def _tell(self, *_: object) -> None:
        self._remove.setEnabled(len(self.place) == 2)
        self.chosen.emit(self.place)


def beginning_of(kind: str, use: str, draft: Draft) -> tuple[str, dict[str, Any]]:
    """Return a name for a new part, and what the protocol says of it at first.

    Parameters
    ----------
    kind, use : str
        Of the part.
    draft : Draft
        That it goes into.
    """
    part: dict[str, Any] = {"use": use}
    detectors = draft.get(("detect",)) or {}
    if kind == "decide" and detectors:
        part["on"] = next(iter(detectors))
    for setting in settings_of(use):
        if setting.kind == "plan" and setting.required:
            part[setting.name] = {
                "channels": draft.get(("watch", "channels")) or [{"config": "FITC"}],
                "time_plan": {"interval": 1, "loops": 10},
            }
    word = use.rpartition(":")[2].lower()
    number = 2
    name = word
    while name in detectors:
        name, number = f"{word}{number}", number + 1
    return name, part


def _entries(parts: Any) -> list[tuple[str | int, Any]]:
    if isinstance(parts, dict):
        return list(parts.items())
    return list(enumerate(parts)) if isinstance(parts, list) else []
