"""A person is asked in a run: from any thread, in time or too late, and decided again later."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from run_cases import TIMEOUT_S, plan, play
from useq import MDAEvent

from saccade.core import ConflictError, RealClock, UsageError
from saccade.decide import Ask, Burst
from saccade.run import Chain, Rule, Run, history, replay
from saccade.testing import FakeScope, MemorySink, StubDetector

if TYPE_CHECKING:
    from saccade.core import Frame, Observation, Question

BURST = (MDAEvent(exposure=1.0), MDAEvent(exposure=1.0, min_start_time=0.1))


class Person:
    """A detector in whose shoes somebody answers, after a frame, what is open then."""

    def __init__(self, at: int, yes: bool) -> None:
        self.at, self.yes = at, yes
        self.run: Run | None = None

    def __call__(self, frame: Frame) -> Observation:
        if frame.index == self.at and self.run is not None:
            for question in self.run.questions:
                self.run.answer(question.id, self.yes, "test")
        return StubDetector([0.1, 0.9, 0.1])(frame)


def run_with(person: Person, **settings: object) -> tuple[Run, MemorySink]:
    """Return a run over six frames in which a burst is asked for at the second."""
    scope, sink = FakeScope(), MemorySink()
    ask = Ask(Burst(BURST), **settings)  # type: ignore[arg-type]
    watch = plan(6, x_pos=5.0)
    run = person.run = Run(scope, watch, detect=person, decide=ask, sink=sink, clock=scope.clock)
    run.start().wait(TIMEOUT_S)
    return run, sink


@pytest.mark.parametrize(("yes", "bursts"), [(True, 2), (False, 0)])
def test_somebody_says_so(yes: bool, bursts: int) -> None:
    """After a yes the burst is taken where it was wanted, after a no the watch goes on alone."""
    run, sink = run_with(Person(3, yes))
    taken = [frame for frame in sink.frames if frame.stream == "burst"]
    assert len(taken) == bursts
    assert all(frame.event.x_pos == 5.0 for frame in taken)
    assert [question.id for question in sink.of("question")] == ["Ask(Burst)/1"]
    (answer,) = [line["answer"] for line in sink.of("heard") if "answer" in line]
    assert (answer.question, answer.yes, answer.by) == ("Ask(Burst)/1", yes, "test")
    assert run.questions == ()


@pytest.mark.parametrize("default", [True, False])
def test_nobody_says_anything(default: bool) -> None:
    """Unattended, it is as the protocol says, at its time and not before."""
    _, sink = run_with(Person(99, True), within_s=2.5, default=default)
    streams = [frame.stream for frame in sink.frames]
    late = ["watch"] * 4 + ["burst"] * 2 + ["watch"] * 2
    assert streams == (late if default else ["watch"] * 6)


@pytest.mark.parametrize("person", [Person(3, True), Person(3, False), Person(99, True)])
def test_answers_are_used_again(person: Person) -> None:
    """A replay asks nobody: it decides by what was said then."""
    _, sink = run_with(person, within_s=2.5, default=True)
    frames = {frame.index: frame for frame in sink.frames}
    lines = [(each.kind, each.value) for each in sink.records if each.kind != "frame"]
    chain = Chain(Person(99, False), Ask(Burst(BURST), within_s=2.5, default=True))
    again = replay(history(lines, frames.__getitem__), chain)
    assert again.same, again.differences


def test_a_listener_answers_from_its_own_thread() -> None:
    """What a window or a terminal does: it hears the question, and answers by its id."""
    scope = FakeScope(clock=RealClock())
    sink = MemorySink()
    run = Run(
        scope,
        plan(2, 1.0),
        detect=StubDetector([0.9]),
        decide=Ask(Burst(BURST), within_s=20),
        sink=sink,
        clock=scope.clock,
    )
    left: list[float] = []

    def hear(question: Question) -> None:
        left.append(run.left_s(question))
        threading.Thread(target=run.answer, args=(question.id, True)).start()

    run.asked.connect(hear)
    run.start().wait(TIMEOUT_S)
    assert 0 < left[0] <= 20
    assert [frame.stream for frame in sink.frames].count("burst") == 2


def test_what_is_not_open_can_not_be_answered() -> None:
    """A wrong id is named, with what was meant."""
    person = Person(99, True)
    run, _ = run_with(person)
    with pytest.raises(UsageError, match="no open question 'x'"):
        run.answer("x", True)


def test_two_that_ask_need_two_names() -> None:
    """Or an answer might be heard by both."""
    asks = [Ask(Burst(BURST)), Ask(Burst(BURST, label="other"))]
    with pytest.raises(ConflictError, match="name of its own"):
        play(plan(1), decide=asks)
    play(plan(1), decide=[Rule(each, name=name) for each, name in zip(asks, "ab", strict=True)])
