"""The plan of a protocol, or of a burst, in the sequence editor of pymmcore-widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from useq import MDASequence

from saccade.core import SaccadeError

from ._borrowed import widgets
from ._core import WindowCore
from ._qt import QtCore, QtWidgets

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._session import Session

_OURS = ("axis_order", "stage_positions", "grid_plan", "channels", "time_plan", "z_plan")
_KEPT = ("keep_shutter_open_across", "autofocus_plan")
_SAVE_TEXTS = ("Save Settings", "Load Settings")


def edit_plan(
    parent: QtWidgets.QWidget,
    session: Session,
    plan: Any,
    take: Callable[[dict[str, object]], None],
) -> QtWidgets.QDialog:
    """Show a plan to be edited.

    Parameters
    ----------
    parent : QWidget
        Over which it is shown.
    session : Session
        If its microscope is open and free, its presets and its position can be chosen.
    plan : mapping
        As the protocol says it.
    take : callable
        Receives the new plan, as a protocol says it, if a person agrees.
    """
    lent = widgets()
    scope = session.microscope.scope
    free = scope is not None and not session.going and not session.busy
    core = WindowCore(scope.core) if free and scope is not None else None
    editor = lent.MDASequenceWidget() if core is None else lent.MDAWidget(mmcore=core)
    for name in ("save_info", "control_btns"):
        if (unused := getattr(editor, name, None)) is not None:
            unused.hide()  # a run has a folder and buttons of its own
    for table in editor.findChildren(QtWidgets.QTableWidget):
        table.model().rowsInserted.connect(
            lambda *_, t=table: QtCore.QTimer.singleShot(0, lambda: _show_numbers(t))
        )
    for button in editor.findChildren(QtWidgets.QPushButton):
        if button.text() in _SAVE_TEXTS:
            button.hide()
    dialog = QtWidgets.QDialog(parent)
    dialog.setAttribute(QtCore.Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle("Plan")
    told = QtWidgets.QLabel()
    told.setWordWrap(True)
    try:
        editor.setValue(MDASequence.model_validate(plan or {}))
    except Exception as error:  # noqa: BLE001 - what useq and the widget raise is no fixed set
        told.setText(f"This plan can't be shown as it is, and is begun anew: {_line(error)}")
    buttons = QtWidgets.QDialogButtonBox(
        QtWidgets.QDialogButtonBox.StandardButton.Ok
        | QtWidgets.QDialogButtonBox.StandardButton.Cancel
    )

    def agreed() -> None:
        try:
            take(plan_of(editor.value(), plan or {}))
        except (SaccadeError, ValueError, RuntimeError) as error:
            told.setText(_line(error))
            return
        dialog.accept()

    buttons.accepted.connect(agreed)
    buttons.rejected.connect(dialog.reject)
    if core is not None:
        dialog.finished.connect(lambda _: core.let_go())
    layout = QtWidgets.QVBoxLayout(dialog)
    layout.addWidget(told)
    layout.addWidget(editor, 1)
    layout.addWidget(buttons)
    dialog.resize(QtCore.QSize(700, 560).boundedTo(parent.size()))
    dialog.show()
    return dialog


def _show_numbers(table: QtWidgets.QTableWidget) -> None:
    """Give numbers their room: with the sheet that they come with, some styles leave none."""
    for box in table.findChildren(QtWidgets.QAbstractSpinBox):
        if box.styleSheet():
            box.setStyleSheet("")
            box.setFrame(False)


def plan_of(sequence: MDASequence, before: dict[str, Any]) -> dict[str, object]:
    """Return a sequence as a protocol says it: what is as by default is left out.

    Parameters
    ----------
    sequence : useq.MDASequence
        As edited.
    before : dict
        The plan until now; what the editor does not know of it is kept.
    """
    full = sequence.model_dump(mode="json", exclude_defaults=True)
    plan = {name: full[name] for name in (*_OURS, *_KEPT) if full.get(name)}
    order = "".join(sequence.axis_order)
    plan["axis_order"] = order
    kept = {name: each for name, each in before.items() if name not in (*_OURS, *_KEPT)}
    return {**kept, **{name: _bare(each) for name, each in plan.items()}}


def _bare(value: Any) -> Any:
    """Return plain data without what says nothing."""
    if isinstance(value, dict):
        return {name: _bare(each) for name, each in value.items() if each is not None}
    return [_bare(each) for each in value] if isinstance(value, list) else value


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
