"""The protocol editor: forms and the text of the file beside each other, judged as one writes."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from saccade.core import SaccadeError

from ._checker import Checker
from ._draft import Draft
from ._fields import UNSET
from ._form import Form
from ._outline import Outline, beginning_of
from ._plan import edit_plan
from ._qt import QShortcut, QtCore, QtGui, QtWidgets, Signal
from ._text import TextView
from ._trial import Trial

if TYPE_CHECKING:
    from collections.abc import Sequence

    from saccade.app import Finding

    from ._session import Session
    from ._yaml_edit import Path as Place

_SIGNS = {"error": "\N{MULTIPLICATION SIGN}", "warning": "!", "fact": "i"}
_FOR_NEXT = "A run is going on; what is changed here is for the next one."


class Editor(QtWidgets.QWidget):
    """A window on a draft.

    Parameters
    ----------
    session : Session
        Whose microscope the draft is held against, while it is free.
    parent : QWidget
        The window that it belongs to.
    """

    armed = Signal(bool)
    """The draft is to be armed as it is; whether in shadow."""
    edited = Signal()
    """The draft says something else."""

    def __init__(self, session: Session, draft: Draft, parent: QtWidgets.QWidget) -> None:
        super().__init__(parent, QtCore.Qt.WindowType.Window)
        self._session = session
        self.draft = draft
        self.findings: tuple[Finding, ...] = ()
        self.outline, self.form, self.text = Outline(draft), Form(draft), TextView()
        self.checker, self.trial = Checker(), Trial()
        self.problems = QtWidgets.QPlainTextEdit()
        self.problems.setReadOnly(True)
        self.problems.setMaximumHeight(92)
        self.problems.setAccessibleName("What the check says")
        self.resize(1240, 660)
        self._arrange()
        self._connect()
        self.show_draft(draft)

    def _arrange(self) -> None:
        panes = QtWidgets.QSplitter()
        for pane in (self.outline, self.form, self.text):
            panes.addWidget(pane)
        panes.setStretchFactor(2, 1)
        panes.setSizes([190, 450, 580])
        self.saves = QtWidgets.QPushButton("&Save (Ctrl+S)")
        self.saves_as = QtWidgets.QPushButton("Save &as…")
        self.shadow = QtWidgets.QCheckBox("S&hadow")
        self.shadow.setToolTip("Decide and record, and do nothing of what is decided.")
        self.arms = QtWidgets.QPushButton("Arm this (Ctrl+&Return)")
        self._state = QtWidgets.QLabel()
        below = QtWidgets.QHBoxLayout()
        below.addWidget(self.saves)
        below.addWidget(self.saves_as)
        below.addWidget(self._state, 1)
        below.addWidget(self.shadow)
        below.addWidget(self.arms)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(panes, 1)
        layout.addWidget(self.problems)
        layout.addWidget(self.trial)
        layout.addLayout(below)

    def _connect(self) -> None:
        self.outline.chosen.connect(lambda place: self.form.show_place(place, self.draft))
        self.outline.added.connect(self._add)
        self.outline.removed.connect(self._remove)
        self.form.changed.connect(self._by_form)
        self.form.planned.connect(self._plan)
        self.text.written.connect(self._by_text)
        self.checker.judged.connect(self._judged)
        self.trial.asked.connect(lambda: self.trial.begin(self.draft))
        self.trial.told.connect(self._tell)
        self.saves.clicked.connect(lambda _=False: self.save())
        self.saves_as.clicked.connect(lambda _=False: self.save_as())
        self.arms.clicked.connect(lambda _=False: self.armed.emit(self.shadow.isChecked()))
        for key, button in (("Ctrl+S", self.saves), ("Ctrl+Return", self.arms)):
            shortcut = QShortcut(QtGui.QKeySequence(key), self)
            shortcut.activated.connect(button.click)

    # ----------------------------------------------------------------------- what it shows

    def show_draft(self, draft: Draft) -> None:
        """Show a draft; what was there before is forgotten."""
        self.draft = draft
        self.text.show_text(draft.text)
        self.outline.show_draft(draft, ())
        self.form.show_place((), draft)
        self._changed(tell=False)

    def tell(self) -> None:
        """Show where the session is; called now and then."""
        going = self._session.going
        self.arms.setEnabled(not going and not self._session.busy and not self._has_errors)
        self.shadow.setEnabled(self.arms.isEnabled())
        name = f"{self.draft.source.name}{'*' if self.draft.dirty else ''}"
        self.setWindowTitle(f"{name} - protocol - Saccade")
        saved = "not saved" if self.draft.dirty else "saved"
        self._state.setText(_FOR_NEXT if going else saved)

    def put(self, place: Place, value: object) -> None:
        """Give a place a value, as if it had been written in the form."""
        self._by_form(place, value)
        self.form.refresh()

    # --------------------------------------------------------------------------- a person's

    def save(self) -> bool:
        """Write the file; ask where, if it has none."""
        if self.draft.path is None:
            return self.save_as()
        return self._saved(None)

    def save_as(self) -> bool:
        """Ask where, and write it there."""
        path, _ = QtWidgets.QFileDialog.getSaveFileName(
            self, "Save the protocol", str(self.draft.source), "Protocols (*.yaml *.yml)"
        )
        return bool(path) and self._saved(Path(path))

    def _saved(self, path: Path | None) -> bool:
        try:
            self.draft.save(path)
        except SaccadeError as error:
            self._tell("error", str(error))
            return False
        self.edited.emit()
        self.tell()
        return True

    def _by_form(self, place: Place, value: object) -> None:
        if self.draft.broken:  # then the form is not to be written in
            return
        if value is UNSET:
            self.draft.drop(place)
        else:
            self.draft.put(place, value)
        self.text.show_text(self.draft.text)
        if place[-1] == "use":
            self.outline.show_draft(self.draft)
            self.form.show_place(self.form.place, self.draft)
        self._changed()

    def _by_text(self, text: str) -> None:
        before = self._parts()
        self.draft.write(text)
        self.form.setEnabled(not self.draft.broken)
        self.outline.setEnabled(not self.draft.broken)
        if not self.draft.broken:
            if self._parts() != before:
                self.outline.show_draft(self.draft)
            self.form.refresh()
        self._changed()

    def _add(self, kind: str, use: str) -> None:
        if self.draft.broken:
            return
        name, part = beginning_of(kind, use, self.draft)
        if kind == "detect":
            self.draft.put(("detect", name), part)
            place: Place = (kind, name)
        else:
            self.draft.append((kind,), part)
            place = (kind, len(self.draft.get((kind,))) - 1)
        self._shown_anew(place)

    def _remove(self, place: Place) -> None:
        if len(place) == 2 and not self.draft.broken:
            self.draft.drop(place)
            self._shown_anew(())

    def _shown_anew(self, place: Place) -> None:
        self.text.show_text(self.draft.text)
        self.outline.show_draft(self.draft, place)
        self.form.show_place(place, self.draft)
        self._changed()

    def _plan(self, place: Place) -> None:
        edit_plan(self, self._session, self.draft.get(place), partial(self._planned, place))

    def _planned(self, place: Place, plan: dict[str, object]) -> None:
        """Take each part of a plan for itself, so that the layout of the others stays."""
        if self.draft.broken:
            return
        for name in set(self.draft.get(place) or {}) - set(plan):
            self.draft.drop((*place, name))
        for name, value in plan.items():
            if self.draft.get((*place, name)) != value:
                self.draft.put((*place, name), value)
        self._shown_anew(place if place == ("watch",) else place[:2])

    # ---------------------------------------------------------------------------- the check

    def _changed(self, *, tell: bool = True) -> None:
        scope = self._session.microscope.scope
        free = not self._session.going and not self._session.busy
        self.checker.ask(self.draft.text, self.draft.source, scope if free else None)
        self.tell()
        if tell:
            self.edited.emit()

    def _judged(self, findings: tuple[Finding, ...], against: str) -> None:
        self.findings = findings
        told = [f"{_SIGNS[each.level]} {each.text} {each.do}".rstrip() for each in findings]
        if not any(each.level == "error" for each in findings):
            held = f"held against {against}" if against else "no microscope is open (Ctrl+M)"
            told.insert(0, f"\N{CHECK MARK} It can be used; {held}.")
        self.problems.setPlainText("\n".join(told))
        self.form.mark([each.text for each in findings if each.level == "error"])
        self.text.mark(_line_of(findings))
        self.tell()

    @property
    def _has_errors(self) -> bool:
        return any(each.level == "error" for each in self.findings)

    def _tell(self, level: str, text: str) -> None:
        self.problems.setPlainText(f"{_SIGNS[level]} {text}\n{self.problems.toPlainText()}")

    def _parts(self) -> list[object]:
        """Return what the outline shows."""
        found: list[object] = []
        for kind in ("detect", "decide", "guard"):
            parts = self.draft.get((kind,)) or ()
            pairs = parts.items() if isinstance(parts, dict) else enumerate(parts)
            found += [(kind, n, isinstance(p, dict) and p.get("use")) for n, p in pairs]
        return found

    def closeEvent(self, event: QtGui.QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Keep what was not saved, if a person wants to."""
        if not self.may_leave():
            event.ignore()
            return
        self.let_go()
        super().closeEvent(event)

    def let_go(self) -> None:
        """End what is under way."""
        self.trial.cancel()
        self.checker.close()

    def may_leave(self) -> bool:
        """Ask whether to save what is in no file yet; return False if a person goes on with it."""
        if not self.draft.dirty:
            return True
        buttons = QtWidgets.QMessageBox.StandardButton
        answer = QtWidgets.QMessageBox.question(
            self,
            "The protocol is not saved",
            f"What was changed in {self.draft.source.name} is in no file yet. Save it?",
            buttons.Save | buttons.Discard | buttons.Cancel,
        )
        if answer == buttons.Discard:
            self.show_draft(Draft(self.draft.path))
        return answer == buttons.Discard or (answer == buttons.Save and self.save())


def _line_of(findings: Sequence[Finding]) -> int:
    """Return the line that YAML stumbles over, 0 if over none."""
    for each in findings:
        before, found, after = each.text.partition(", line ")
        if found and before:
            number = after.partition(",")[0]
            return int(number) if number.isdecimal() else 0
    return 0
