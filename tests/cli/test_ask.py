"""Questions of a run at the terminal."""

from __future__ import annotations

import os
import sys
from io import StringIO
from typing import Any

import pytest

from saccade.cli._ask import Prompt, told_question, typed_line
from saccade.core import Question, UsageError


class FakeRun:
    """A run with questions, and a list of what was answered."""

    def __init__(self, *ids: str) -> None:
        self.questions = tuple(Question(each, f"{each}: burst?", False, 0) for each in ids)
        self.answers: list[tuple[Any, ...]] = []

    def left_s(self, _: Question) -> float:
        return 41.6

    def answer(self, *said: Any) -> None:
        if "gone" in said:
            raise UsageError("There is no open question 'gone'.")
        self.answers.append(said)


@pytest.mark.parametrize(
    ("typed", "said"),
    [("y\n", True), ("YES\n", True), ("n", False), (" no \n", False)],
)
def test_a_word_answers_the_oldest_question(typed: str, said: bool) -> None:
    """Y and n, in full or not, in any case; by the terminal, as the journal says."""
    run = FakeRun("Ask/1", "Other/1")
    Prompt(run, lambda: typed).poll()  # type: ignore[arg-type]
    assert run.answers == [("Ask/1", said, "terminal")]


@pytest.mark.parametrize("typed", [None, "", "\n", "what?\n"])
def test_what_is_no_answer_is_none(typed: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing typed waits on; something else is told."""
    run = FakeRun("Ask/1")
    Prompt(run, lambda: typed).poll()  # type: ignore[arg-type]
    assert run.answers == []
    assert ("neither y nor n" in capsys.readouterr().err) is (typed == "what?\n")


def test_somebody_else_may_be_faster(capsys: pytest.CaptureFixture[str]) -> None:
    """A question that is answered already is told, and nothing breaks."""
    Prompt(FakeRun("gone"), lambda: "y").poll()  # type: ignore[arg-type]
    assert "no open question" in capsys.readouterr().err


def test_without_a_question_nothing_is_read() -> None:
    """What is typed while nothing is asked stays where it is."""

    def typed() -> str:
        raise AssertionError("read")

    prompt = Prompt(FakeRun(), typed)  # type: ignore[arg-type]
    prompt.poll()
    assert prompt.told() == ""


def test_a_question_tells_how_long_it_waits() -> None:
    """And what counts if nobody answers."""
    assert told_question(Question("a", "burst?", True), 4.4) == "burst? [y/n, yes in 4 s]"
    prompt = Prompt(FakeRun("Ask/1"))  # type: ignore[arg-type]
    assert prompt.told() == "Ask/1: burst? [y/n, no in 42 s]"


def test_no_terminal_types_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe, a closed or a missing input is nobody."""
    monkeypatch.setattr(sys, "stdin", StringIO("y\n"))
    assert typed_line() is None
    monkeypatch.setattr(sys, "stdin", None)
    assert typed_line() is None


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals on Windows")
def test_a_terminal_is_read_without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is there, then a line is."""
    import pty

    person, program = pty.openpty()
    with os.fdopen(program, encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        assert typed_line() is None
        os.write(person, b"y\n")
        assert typed_line() == "y\n"
    os.close(person)
