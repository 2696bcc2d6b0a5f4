"""Questions of policies: what is to be done, how long there is to answer, and two buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from saccade.core import SaccadeError

from ._qt import QtWidgets, Signal

if TYPE_CHECKING:
    from saccade.core import Question

    from ._session import Session


class QuestionStrip(QtWidgets.QFrame):
    """Stands above the picture while somebody is asked; the run never waits for the window.

    It is no dialog that takes the keyboard away: STOP works while a question is open.
    """

    failed = Signal(object)
    """A `SaccadeError`: the answer came too late."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._shown: Question | None = None
        self.text = QtWidgets.QLabel()
        self.text.setWordWrap(True)
        self.left = QtWidgets.QLabel()
        self.yes = QtWidgets.QPushButton("&Yes, do it (F2)")
        self.no = QtWidgets.QPushButton("N&o (F4)")
        for button, key, answer in ((self.yes, "F2", True), (self.no, "F4", False)):
            button.setShortcut(key)
            button.clicked.connect(lambda _=False, answer=answer: self.answer(answer))
        self.setFrameShape(QtWidgets.QFrame.Shape.Box)
        self.setAccessibleName("A question about the run")
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 4)
        layout.addWidget(self.text, 1)
        for widget in (self.left, self.yes, self.no):
            layout.addWidget(widget)
        self.hide()

    def tell(self) -> None:
        """Show the question that has been open for the longest, or none."""
        questions = self._session.questions
        question = questions[0] if questions else None
        if question != self._shown:
            self._shown = question
            self.setVisible(question is not None)
            if question is not None:
                self.text.setText(f"?  <b>{question.text}</b>")
                QtWidgets.QApplication.alert(self.window())
        if question is not None:
            default = "yes" if question.default else "no"
            more = f", {len(questions) - 1} more wait" if len(questions) > 1 else ""
            left_s = self._session.left_s(question)
            self.left.setText(f"{default} in {left_s:.0f} s if nobody answers{more}")

    def answer(self, yes: bool) -> None:
        """Answer the question that is shown."""
        if self._shown is None:
            return
        try:
            self._session.answer(self._shown, yes)
        except SaccadeError as error:
            self.failed.emit(error)
        self.tell()
