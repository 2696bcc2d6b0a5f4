"""A form for one part of a protocol, or for what it says of the whole run."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from saccade.app import (
    Setting,
    parts_for,
    settings_beside,
    settings_of,
    settings_of_run,
    summary_of,
)

from ._fields import UNSET, Field
from ._qt import QtCore, QtWidgets, Signal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._draft import Draft
    from ._yaml_edit import Path as Place


class Form(QtWidgets.QWidget):
    """Shows the settings at one place of a draft; what a person changes is told.

    Parameters
    ----------
    draft : Draft
        What is shown.
    """

    changed = Signal(object, object)
    """Place, and new value or `UNSET`."""
    planned = Signal(object)
    """A place whose plan is to be edited."""

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self._draft = draft
        self.place: Place = ()
        self.fields: dict[Place, Field] = {}
        self._title = QtWidgets.QLabel()
        self._title.setWordWrap(True)
        self._help = QtWidgets.QLabel()
        self._help.setWordWrap(True)
        self._help.setMinimumHeight(64)
        self._help.setAlignment(QtCore.Qt.AlignmentFlag.AlignTop)
        self._help.setTextInteractionFlags(QtCore.Qt.TextInteractionFlag.TextSelectableByMouse)
        self._area = QtWidgets.QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(4, 0, 4, 0)
        layout.addWidget(self._title)
        layout.addWidget(self._area, 1)
        layout.addWidget(self._help)

    def show_place(self, place: Place, draft: Draft) -> None:
        """Show another place; ``()`` is the run, ``("decide", 0)`` the first policy.

        Parameters
        ----------
        place : tuple of str or int
            Of a part, of ``("watch",)``, or of nothing in particular.
        draft : Draft
            What is shown.
        """
        self.place, self._draft = place, draft
        self.fields = {}
        self._rows = QtWidgets.QFormLayout()
        self._rows.setContentsMargins(0, 0, 8, 0)
        growing = QtWidgets.QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow
        self._rows.setFieldGrowthPolicy(growing)
        self._help.setText("")
        if place == ("watch",):
            self._title.setText("<b>Plan</b>: what is acquired whatever is seen.")
            self._add_plan(place, "watch")
        elif len(place) == 2:
            self._add_part(place)
        else:
            self._title.setText("<b>Run</b>")
            for setting in settings_of_run():
                self._add((*setting.name.split("."),), setting)
        whole = QtWidgets.QWidget()
        whole.setLayout(self._rows)
        self._area.setWidget(whole)
        self.refresh()

    def refresh(self) -> None:
        """Show what the draft says now."""
        for place, field in self.fields.items():
            field.show_value(self._draft.get(place, UNSET))

    def mark(self, problems: Sequence[str]) -> None:
        """Mark the fields that problems name."""
        for place, field in self.fields.items():
            field.mark(next((each for each in problems if _concerns(each, place)), ""))

    def _add_part(self, place: Place) -> None:
        kind, use = str(place[0]), str(self._draft.get((*place, "use"), ""))
        self._title.setText(f"<b>{place[-1] if kind == 'detect' else use}</b>: {summary_of(use)}")
        own = Setting("use", "text", None, True, "", "What it is.")
        self._add((*place, "use"), own, parts_for(kind))
        detectors = tuple(self._draft.get(("detect",)) or {})
        for setting in settings_beside(kind):
            self._add((*place, setting.name), setting, detectors if setting.name == "on" else ())
        for setting in settings_of(use):
            if setting.kind == "plan":
                self._add_plan((*place, setting.name), setting.name)
            else:
                self._add((*place, setting.name), setting)

    def _add(self, place: Place, setting: Setting, choices: Sequence[str] = ()) -> None:
        field = Field(setting, choices)
        field.changed.connect(partial(self.changed.emit, place))
        field.looked_at.connect(partial(self._explain, setting))
        field.wrong.connect(self._help.setText)
        self.fields[place] = field
        label = QtWidgets.QLabel(setting.name.rpartition(".")[2])
        label.setToolTip(setting.help)
        self._rows.addRow(label, field)

    def _add_plan(self, place: Place, name: str) -> None:
        setting = Setting(name, "other", None, True, "", "A useq.MDASequence.")
        self._add(place, setting)
        button = QtWidgets.QPushButton("Edit the &plan…")
        button.clicked.connect(lambda _=False: self.planned.emit(place))
        self._rows.addRow("", button)

    def _explain(self, setting: Setting) -> None:
        default: Any = "required" if setting.required else f"default {setting.default}"
        unit = f", in {setting.unit}" if setting.unit else ""
        self._help.setText(f"{setting.name} ({default}{unit}). {setting.help}")


def _concerns(problem: str, place: Place) -> bool:
    """Return whether a problem, as it is told, is one of a place."""
    where, part = ".".join(map(str, place)), ".".join(map(str, place[:-1]))
    if f"{where} " in problem or f"'{where}'" in problem:
        return True
    return f"{part}: " in problem and f".{place[-1]} " in problem
