"""One line of a form for each thing that can be set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from saccade.core import parse_yaml

from ._qt import QtCore, QtWidgets, Signal
from ._yaml_edit import written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from saccade.app import Setting

UNSET = object()
"""Value of what the protocol leaves out."""
_AS_IT_IS = "\N{EN DASH}"


class Field(QtWidgets.QWidget):
    """Shows a value, or the default that holds instead, and tells when a person changes it.

    Parameters
    ----------
    setting : Setting
        What it is for.
    choices : sequence of str
        What may be chosen besides that which the setting itself names.
    """

    changed = Signal(object)
    """The new value, or `UNSET`."""
    looked_at = Signal()
    wrong = Signal(str)
    """Why what was written can't be read; empty once it can."""

    def __init__(self, setting: Setting, choices: Sequence[str] = ()) -> None:
        super().__init__()
        self.setting = setting
        self._shown: Any = UNSET
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        choices = setting.choices or tuple(choices)
        if setting.kind == "truth":
            choices = ("true", "false")
        self._combo = self._line = None
        if choices:
            self._combo = self._made_combo(choices)
            layout.addWidget(self._combo, 1)
        else:
            self._line = QtWidgets.QLineEdit()
            self._line.setPlaceholderText(_default(setting))
            self._line.editingFinished.connect(self._by_line)
            self._line.installEventFilter(self)
            layout.addWidget(self._line, 1)
        if setting.unit:
            layout.addWidget(QtWidgets.QLabel(setting.unit))
        self._mark = QtWidgets.QLabel("!")
        self._mark.setStyleSheet("color: #D55E00; font-weight: bold;")
        self._mark.hide()
        layout.addWidget(self._mark)
        editor = self.editor
        editor.setAccessibleName(setting.name)
        editor.setToolTip(setting.help)
        self.setFocusProxy(editor)

    @property
    def editor(self) -> QtWidgets.QWidget:
        """What a person types or chooses in."""
        made = self._combo or self._line
        assert made is not None  # noqa: S101 - one of the two was made
        return made

    def show_value(self, value: Any) -> None:
        """Show what the protocol says, or the default if that is `UNSET`."""
        self._shown = value
        text = "" if value is UNSET else value if isinstance(value, str) else written(value)
        if self._combo is not None:
            found = self._combo.findData(text) if text else 0
            if found < 0:
                self._combo.addItem(text, text)
                found = self._combo.count() - 1
            self._combo.setCurrentIndex(found)
        elif self._line is not None and not (self._line.hasFocus() and self._line.isModified()):
            self._line.setText(text)
            self._line.setCursorPosition(0)

    def mark(self, why: str) -> None:
        """Show that something is wrong with it: by a sign and by words."""
        self._mark.setVisible(bool(why))
        self._mark.setToolTip(why)

    def eventFilter(self, watched: QtCore.QObject, event: QtCore.QEvent) -> bool:  # noqa: N802 - Qt's name
        """Learn that it is looked at."""
        if event.type() == QtCore.QEvent.Type.FocusIn:
            self.looked_at.emit()
        return bool(super().eventFilter(watched, event))

    def _made_combo(self, choices: Sequence[str]) -> QtWidgets.QComboBox:
        combo = QtWidgets.QComboBox()
        if not self.setting.required:
            combo.addItem(f"{_AS_IT_IS} {_default(self.setting)}".strip(), "")
        for each in choices:
            combo.addItem(each, each)
        combo.activated.connect(self._by_combo)
        combo.installEventFilter(self)
        return combo

    def _by_combo(self, _: int) -> None:
        assert self._combo is not None  # noqa: S101 - it has sent the signal
        text = self._combo.currentData()
        if text == "":
            self._tell(UNSET)
        else:
            self._tell(text == "true" if self.setting.kind == "truth" else text)

    def _by_line(self) -> None:
        assert self._line is not None  # noqa: S101 - it has sent the signal
        if not self._line.isModified():
            return
        self._line.setModified(False)
        text = self._line.text().strip()
        try:
            value = UNSET if not text else self._read(text)
        except ValueError as error:
            self.wrong.emit(f"{self.setting.name}: {error}.")
            return
        self.wrong.emit("")
        self._tell(value)

    def _read(self, text: str) -> Any:
        """Return what was written, as a YAML file would have it."""
        value = parse_yaml(text)
        # A name that YAML takes for a number stays a name.
        return text if self.setting.kind == "text" and not isinstance(value, str) else value

    def _tell(self, value: Any) -> None:
        if value is not self._shown and value != self._shown:
            self._shown = value
            self.changed.emit(value)


def _default(setting: Setting) -> str:
    if setting.required:
        return "required"
    if setting.default is None:
        return "not set"
    default = setting.default
    return str(default) if isinstance(default, str) else written(_plain(default))


def _plain(value: Any) -> Any:
    return [_plain(each) for each in value] if isinstance(value, tuple | list) else value
