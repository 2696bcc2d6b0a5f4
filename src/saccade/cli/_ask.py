"""A person at the terminal answers the questions of a run; the run never waits for that."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from saccade.core import UsageError

from ._console import err, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from saccade.app import Run
    from saccade.core import Question

_ANSWERS = {"y": True, "yes": True, "n": False, "no": False}


class Prompt:
    """Takes y or n for the question that is open for the longest.

    Parameters
    ----------
    run : Run
        Its questions.
    typed : callable, optional
        Returns what was typed since the last call, None if nothing was; by default from the
        terminal, if there is one.
    """

    def __init__(self, run: Run, typed: Callable[[], str | None] | None = None) -> None:
        self._run = run
        self._typed = typed or typed_line

    def told(self) -> str:
        """Return the question, how it is answered, and until when; empty if none is open."""
        questions = self._run.questions
        if not questions:
            return ""
        return told_question(questions[0], self._run.left_s(questions[0]))

    def poll(self) -> None:
        """Answer a question if somebody has typed an answer."""
        questions = self._run.questions
        if not questions or (line := self._typed()) is None:
            return
        word = line.strip().lower()
        if word not in _ANSWERS:
            if word:
                err.print(f"{word!r} is neither y nor n.", markup=False)
            return
        try:
            self._run.answer(questions[0].id, _ANSWERS[word], "terminal")
        except UsageError as error:  # somebody else was faster
            err.print(str(error), markup=False)


def told_question(question: Question, left_s: float) -> str:
    """Return a question with how long there is to answer it, and what counts otherwise.

    Parameters
    ----------
    question : Question
        One that is open.
    left_s : float
        Time that is left.
    """
    default = "yes" if question.default else "no"
    return f"{question.text} [y/n, {default} in {left_s:.0f} s]"


def follow_questions(run: Run) -> None:
    """Print a plain line for each question.

    Parameters
    ----------
    run : Run
        Before it starts.
    """
    run.asked.connect(lambda question: say(told_question(question, run.left_s(question))))


def typed_line() -> str | None:
    """Return what was typed at the terminal, without waiting for it; None if nothing was."""
    if sys.stdin is None or sys.stdin.closed or not sys.stdin.isatty():
        return None
    if sys.platform == "win32":
        import msvcrt

        return msvcrt.getwche() if msvcrt.kbhit() else None
    import select

    ready, _, _ = select.select([sys.stdin], [], [], 0)
    return sys.stdin.readline() if ready else None
