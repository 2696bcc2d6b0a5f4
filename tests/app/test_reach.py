"""A run is held and stopped from another process, if it was started for that, and by its owner."""

from __future__ import annotations

import json
import socket
import stat
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from useq import MDAEvent, MDASequence

from saccade.app import Reach, Run, Spent, reach, reach_answer, reach_questions, reach_usage
from saccade.app._reach import CARD
from saccade.core import Action, Decision, Observation, State, UsageError
from saccade.decide import Ask, Burst
from saccade.store import RunFolder
from saccade.testing import FakeScope, StubDetector

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from saccade.core import Question

PATIENCE_S = 20.0


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Give a run that goes on until it is stopped."""
    events = (MDAEvent(exposure=5, min_start_time=0.01 * n) for n in range(100_000))
    made = Run(FakeScope(), events, out=tmp_path / "run").start()
    yield made
    made.stop()
    made.wait(PATIENCE_S)


def becomes(run: Run, state: State) -> bool:
    deadline_s = time.monotonic() + PATIENCE_S
    while run.state is not state and time.monotonic() < deadline_s:
        time.sleep(0.01)
    return run.state is state


def talk(port: int, text: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(text)
        try:
            return connection.recv(4096)
        except ConnectionResetError:
            return b""


def test_it_is_held_let_go_on_and_stopped(run: Run) -> None:
    """Each word does what it says, and the verdict tells who asked."""
    assert run.folder is not None
    with closing(Reach(run)):
        reach(run.folder, "hold")
        assert becomes(run, State.HELD)
        reach(run.folder, "resume")
        assert becomes(run, State.RUNNING)
        reach(run.folder, "stop")
        assert run.wait(PATIENCE_S).reason == "asked to, from a window that follows it"


@pytest.mark.parametrize(
    "asked",
    [
        b'{"word": "stop"}\n',
        b'{"word": "stop", "token": "0000"}\n',
        b'{"word": "stop", "token": 5}\n',
        b"stop\n",
        b"[]\n",
        b"\xff\xfe\n",
        b"x" * 10_000,
        b"",
    ],
)
def test_who_does_not_know_the_token_is_not_answered(run: Run, asked: bytes) -> None:
    """Nonsense, a wrong token or none: no answer, and the run goes on."""
    assert run.folder is not None
    with closing(Reach(run)):
        port = json.loads((run.folder / CARD).read_text(encoding="utf-8"))["port"]
        assert talk(port, asked or b"\n") == b""
        assert run.state is State.RUNNING
        reach(run.folder, "hold")  # and it still listens
        assert becomes(run, State.HELD)


def asking_run(out: Path, within_s: float) -> Run:
    """Start a run whose policy asks before it takes a burst of one frame."""
    events = (MDAEvent(exposure=5, min_start_time=0.01 * n) for n in range(100_000))
    burst = MDASequence(channels=["FITC"], time_plan={"interval": 0, "loops": 1})  # type: ignore[arg-type]
    scores = StubDetector(dict.fromkeys(range(5, 100000), 0.9))
    asks = Ask(Burst(burst), within_s=within_s)
    return Run(FakeScope(), events, detect=scores, decide=asks, out=out).start()


def journalled(run: Run, kind: str) -> list[dict[str, Any]]:
    """Return what the journal of a run that goes on tells of a kind."""
    assert run.folder is not None
    return [line.value for line in RunFolder(run.folder).lines() if line.kind == kind]


def asked(run: Run) -> Question:
    """Return what a run asks, as another process hears it."""
    assert run.folder is not None
    while not run.questions:
        time.sleep(0.01)
    [(question, left_s)] = reach_questions(run.folder)
    assert question.text == run.questions[0].text
    assert left_s == pytest.approx(run.left_s(run.questions[0]), abs=5)
    return question


@pytest.mark.parametrize("yes", [True, False])
def test_questions_are_told_and_answered_once(tmp_path: Path, yes: bool) -> None:
    """The answer is done and journalled with who gave it; a second one comes too late."""
    run = asking_run(tmp_path / "run", 600.0)
    assert run.folder is not None
    with closing(Reach(run)):
        question = asked(run)
        reach_answer(run.folder, question.id, yes)
        assert reach_questions(run.folder) == ()
        with pytest.raises(UsageError, match="no open question"):
            reach_answer(run.folder, question.id, not yes)
        stored = run.stored
        while run.stored < stored + 10:
            time.sleep(0.01)
        run.stop()
        run.wait(PATIENCE_S)
    lines = list(RunFolder(run.folder).lines())
    heard = [str(line.value) for line in lines if line.kind == "heard"]
    assert sum(question.id in each and "a window that follows it" in each for each in heard) == 1
    streams = [line.value["stream"] for line in lines if line.kind == "frame"]
    assert streams.count("burst") == yes


def test_the_runs_own_time_out_counts(tmp_path: Path) -> None:
    """Whoever answers later is told so."""
    run = asking_run(tmp_path / "run", 0.5)
    assert run.folder is not None
    with closing(Reach(run)):
        while not (asked_for := journalled(run, "question")) or run.questions:
            time.sleep(0.01)
        with pytest.raises(UsageError, match="no open question"):
            reach_answer(run.folder, asked_for[0]["id"], True)
        run.stop()
        run.wait(PATIENCE_S)


def test_an_answer_that_is_none_is_not_taken(tmp_path: Path) -> None:
    """Yes is true or false, and nothing that looks like it."""
    run = asking_run(tmp_path / "run", 600.0)
    assert run.folder is not None
    with closing(Reach(run)):
        question = asked(run)
        card = json.loads((run.folder / CARD).read_text(encoding="utf-8"))
        for wrong in ({"yes": "no"}, {"yes": 1}, {}, {"yes": True, "question": 5}):
            request = {"token": card["token"], "word": "answer", "question": question.id, **wrong}
            told = talk(card["port"], json.dumps(request).encode() + b"\n")
            assert json.loads(told) == {"done": False}
        assert run.questions
        run.stop()
        run.wait(PATIENCE_S)


def test_what_is_used_up_is_told(run: Run) -> None:
    """Light by whoever counts it, and what the recorder has written and left."""
    assert run.folder is not None
    while not run.stored:
        time.sleep(0.01)
    with closing(Reach(run, lambda: Spent(1.5, 2.0))):
        spent, disk = reach_usage(run.folder)
    assert spent == Spent(1.5, 2.0)
    assert disk is not None
    assert disk.written_bytes > 0
    assert disk.left_bytes > 0
    with closing(Reach(run)):
        assert reach_usage(run.folder)[0] is None


def test_another_word_does_nothing(run: Run) -> None:
    """There is nothing else to ask for."""
    assert run.folder is not None
    with closing(Reach(run)), pytest.raises(UsageError, match="did not burst"):
        reach(run.folder, "burst")
    assert run.state is State.RUNNING


def test_a_run_that_was_not_started_for_it_can_not_be_reached(run: Run) -> None:
    """No socket listens unless it was asked for; the message says how."""
    assert run.folder is not None
    with pytest.raises(UsageError, match="--reach"):
        reach(run.folder, "stop")


def test_the_token_is_for_the_owner_and_goes_with_the_run(run: Run) -> None:
    """Nobody else can read it; after the end neither token nor socket is left."""
    assert run.folder is not None
    card = run.folder / CARD
    with closing(Reach(run)):
        port = json.loads(card.read_text(encoding="utf-8"))["port"]
        if sys.platform != "win32":
            assert stat.S_IMODE(card.stat().st_mode) == 0o600
    assert not card.exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_a_process_that_died_does_not_answer(run: Run) -> None:
    """Its token is still there; whoever asks is told, not left to wait."""
    assert run.folder is not None
    with closing(Reach(run)):
        text = (run.folder / CARD).read_text(encoding="utf-8")
    (run.folder / CARD).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="does not answer"):
        reach(run.folder, "stop")
    (run.folder / CARD).unlink()


def shadowed_run(out: Path) -> Run:
    """Start a shadowed run that decides on a burst at every frame."""
    events = (MDAEvent(exposure=5, min_start_time=0.01 * n) for n in range(100_000))

    def decide(seen: Observation) -> Decision:
        burst = Action((MDAEvent(exposure=1),), "burst", frame=seen.frame, t_ns=seen.t_ns)
        return Decision((burst,), "always", "a test")

    return Run(
        FakeScope(), events, detect=StubDetector(), decide=decide, out=out, shadow=True
    ).start()


def kinds_of(run: Run) -> list[str]:
    assert run.folder is not None
    return [line.kind for line in RunFolder(run.folder).lines()]


def test_a_shadowed_run_is_armed_while_it_goes_on(tmp_path: Path) -> None:
    """Before the word nothing is done of what is decided, after it everything; both replay."""
    run = shadowed_run(tmp_path / "run")
    assert run.folder is not None
    with closing(Reach(run)):
        while run.stored < 5:
            time.sleep(0.01)
        assert run.in_shadow
        reach(run.folder, "arm")
        assert not run.in_shadow
        with pytest.raises(UsageError, match="does what it decides"):
            reach(run.folder, "arm")
        stored = run.stored
        while run.stored < stored + 10:
            time.sleep(0.01)
        run.stop()
        run.wait(PATIENCE_S)
    kinds = kinds_of(run)
    armed = kinds.index("armed")
    assert kinds.count("armed") == 1
    assert "shadowed" in kinds[:armed]
    assert "action" not in kinds[:armed]
    assert "shadowed" not in kinds[armed:]
    assert "action" in kinds[armed:]


def test_a_run_that_acts_can_not_be_armed(run: Run) -> None:
    """It is told so, and nothing changes."""
    with pytest.raises(UsageError, match="does what it decides"):
        run.arm("a test")
