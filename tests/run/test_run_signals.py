"""Signals: outward only; no listener can slow, break or reorder a run."""

from __future__ import annotations

import logging
import threading
from itertools import count

from run_cases import TIMEOUT_S, act_above, plan, play
from useq import MDAEvent

from saccade.core import Refusal, State
from saccade.run import Run
from saccade.run import _outbox as outbox
from saccade.testing import FakeScope, MemorySink, StubDetector


def prepared(watch, scores=(), scope=None, sink=None, **parts):
    scope = scope or FakeScope(list(scores))
    sink = sink or MemorySink(calls=scope.calls)
    parts.setdefault("detect", StubDetector())
    return Run(scope, watch, sink=sink, clock=scope.clock, **parts), sink


_KINDS = {
    "framed": "frame",
    "gapped": "gap",
    "observed": "observation",
    "decided": "decision",
    "acted": "action",
    "refused": "refusal",
    "finished": "verdict",
}


def test_every_value_of_the_journal_is_signalled_in_the_same_order():
    """Who listens hears what the journal holds, then the verdict."""

    def one_only(action):
        return action if action.planned or action.frame == 1 else Refusal(action, "one", "no")

    run, sink = prepared(
        plan(4),
        [0, 1, 1, 0],
        FakeScope([0, 1, 1, 0], gaps={4}),
        decide=act_above(),
        guards=one_only,
    )
    heard = []
    for name, kind in _KINDS.items():
        getattr(run, name).connect(lambda value, kind=kind: heard.append((kind, value)))
    run.state_changed.connect(lambda value: heard.append(("state", value)))
    run.noted.connect(lambda kind, value: heard.append((kind, value)))
    verdict = run.start().wait(TIMEOUT_S)
    journal = [(record.kind, record.value) for record in sink.records]
    assert heard == [*journal, ("verdict", verdict)]
    assert {kind for kind, _ in journal} >= {"frame", "gap", "decision", "action", "refusal"}


def test_signals_come_in_a_thread_of_their_own():
    """No listener runs where pictures are taken."""
    run, _ = prepared(plan(3))
    threads = set()
    run.framed.connect(lambda frame: threads.add(threading.current_thread().name))
    run.start().wait(TIMEOUT_S)
    assert threads == {"saccade-signals"}


def test_without_listeners_there_is_no_such_thread():
    """A script that connects nothing pays nothing."""
    names = []

    def look(frame):
        names.extend(thread.name for thread in threading.enumerate())
        return StubDetector()(frame)

    run, _ = prepared(plan(1), detect=look)
    run.start().wait(TIMEOUT_S)
    assert "saccade-run" in names
    assert "saccade-signals" not in names


def test_a_listener_that_raises_breaks_nothing_and_is_told_of(caplog):
    """The run goes on, and the journal says whose fault it was."""
    run, sink = prepared(plan(3))

    def broken(frame):
        raise ZeroDivisionError(f"oh {frame.index}")

    run.framed.connect(broken)
    with caplog.at_level(logging.WARNING, "saccade"):
        assert run.start().wait(TIMEOUT_S).name == "completed"
    texts = [value["text"] for value in sink.of("listener")] + caplog.messages
    assert any("'framed' raised ZeroDivisionError('oh 0')" in text for text in texts)


def test_a_listener_that_raises_after_the_end_breaks_nothing(caplog):
    """A complaint for which the journal is closed is logged."""
    run, sink = prepared(plan(1))

    def broken(verdict):
        raise ZeroDivisionError("oh")

    run.finished.connect(broken)
    with caplog.at_level(logging.WARNING, "saccade"):
        assert run.start().wait(TIMEOUT_S).name == "completed"
    assert any("'finished' raised" in text for text in caplog.messages)
    assert sink.of("listener") == []


def test_a_listener_that_hangs_keeps_no_run_from_ending(monkeypatch):
    """A frozen window is left behind."""
    monkeypatch.setattr(outbox, "_JOIN_S", 0.05)
    run, _ = prepared(plan(3))
    go = threading.Event()
    run.framed.connect(lambda frame: go.wait(TIMEOUT_S))
    assert run.start().wait(TIMEOUT_S).name == "completed"
    go.set()


def test_a_slow_listener_loses_the_oldest_and_hears_the_end(monkeypatch):
    """A window that can't follow shows the newest, and that the run is over."""
    monkeypatch.setattr(outbox, "_ROOM", 4)
    monkeypatch.setattr(outbox, "_JOIN_S", 0.05)
    run, _ = prepared(plan(50))
    go, heard, ended = threading.Event(), [], threading.Event()

    def slow(frame):
        go.wait(TIMEOUT_S)
        heard.append(frame.index)

    run.framed.connect(slow)
    run.finished.connect(lambda verdict: (heard.append(verdict.name), ended.set()))
    run.start().wait(TIMEOUT_S)
    threading.Event().wait(0.1)
    go.set()
    assert ended.wait(TIMEOUT_S)
    *indices, last = heard
    assert last == "completed"
    assert len(indices) == 1, "the one that it was busy with when the run ended"
    assert run.dropped_signals + len(heard) == 51


def test_a_listener_can_stop_the_run():
    """A script may end an endless run from a signal."""
    run, _ = prepared((MDAEvent() for _ in count()), decide=act_above())
    run.decided.connect(lambda decision: decision.frame >= 3 and run.stop("seen enough"))
    assert str(run.start().wait(TIMEOUT_S)) == "stopped: seen enough"


def test_states_are_signalled_in_order():
    """A window can follow where the run is."""
    run, _ = prepared(plan(1))
    states = []
    run.state_changed.connect(lambda value: states.append(value["state"]))
    run.start().wait(TIMEOUT_S)
    assert states == [State.ARMED, State.RUNNING, State.FINISHED]


def test_signals_of_one_run_are_not_those_of_another():
    """Two runs in one program don't hear each other."""
    first, _ = prepared(plan(1))
    heard = []
    first.framed.connect(heard.append)
    play(plan(3))
    assert heard == []
    first.start().wait(TIMEOUT_S)
    assert len(heard) == 1
