"""Questions of policies to a person, and what was answered; any thread may answer."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

from saccade.core import Answer, did_you_mean

if TYPE_CHECKING:
    from useq import MDAEvent

    from saccade.core import Decision, Question


class Questions:
    """What is open, and the answers that policies have not heard yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, Question] = {}
        self._bases: dict[str, MDAEvent | None] = {}
        self._answers: deque[Answer] = deque()

    @property
    def open(self) -> tuple[Question, ...]:
        """Questions that wait for an answer, the oldest first."""
        with self._lock:
            return tuple(self._open.values())

    def note(self, decision: Decision, base: MDAEvent | None) -> bool:
        """Take note of a decision that asks, or follows from an answer.

        Parameters
        ----------
        decision : Decision
            With or without a question.
        base : useq.MDAEvent or None
            The event of the frame that it rests on.

        Returns
        -------
        bool
            Whether it asks.
        """
        question = decision.question
        if question is None:
            return False
        with self._lock:
            if question.id in self._bases:
                self._open.pop(question.id, None)
                return False
            self._open[question.id], self._bases[question.id] = question, base
            return True

    def base(self, decision: Decision) -> MDAEvent | None:
        """Return the event of the frame on which something was asked that is decided now."""
        question = decision.question
        if question is None:
            return None
        with self._lock:
            return self._bases.get(question.id)

    def answer(self, question: str, yes: bool, by: str) -> str:
        """Take an answer; return why it can't be taken, empty if it is."""
        with self._lock:
            if question not in self._open:
                return did_you_mean(question, self._open) if self._open else "None is open."
            self._answers.append(Answer(question, yes, by=by))
            del self._open[question]
        return ""

    def close(self) -> None:
        """Forget what is open: the run ends."""
        with self._lock:
            self._open.clear()

    def take(self) -> list[Answer]:
        """Return the answers that came since the last call."""
        if not self._answers:  # asked between any two pictures
            return []
        with self._lock:
            answers = list(self._answers)
            self._answers.clear()
        return answers
