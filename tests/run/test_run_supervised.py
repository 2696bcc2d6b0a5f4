"""A run and its supervisor: proven before anything is armed, heeded, and told farewell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from useq import MDASequence

from saccade.core import SelfTestError, SupervisorError
from saccade.run import Run
from saccade.testing import FakeScope, MemorySink

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PATIENCE_S = 20.0
PLAN = MDASequence(time_plan={"interval": 0, "loops": 3})
ENDLESS = MDASequence(time_plan={"interval": 0.01, "loops": 100_000})


class Fake:
    """A supervisor that does what a test says."""

    def __init__(self, fails: str = "") -> None:
        self.fails, self.calls = fails, []  # type: tuple[str, list[Any]]
        self.alarm: Callable[[SupervisorError], None] | None = None

    def start(self) -> Mapping[str, Any]:
        self.calls.append("start")
        if self.fails == "start":
            raise SelfTestError("The gate did not close.", "Mend it.")
        return {"path": "memory", "acts": True}

    def watch(self, folder: object, on_alarm: Callable[[SupervisorError], None]) -> Fake:
        self.calls.append("watch")
        self.alarm = on_alarm
        return self

    def end(self, *, safe: bool = True) -> Mapping[str, Any]:
        self.calls.append(("end", safe))
        if self.fails == "end":
            raise SupervisorError("The supervisor did not end as it should.")
        return {"what": "ended"}

    def lit(self, seconds: float | None) -> None:
        self.calls.append(("lit", seconds))

    def dark(self) -> None:
        self.calls.append("dark")

    lent = lit


def test_a_supervised_run_says_so_in_its_journal() -> None:
    """The journal holds the proof at the start and the farewell at the end, around the frames."""
    sink, supervisor = MemorySink(), Fake()
    run = Run(FakeScope(), PLAN, sink=sink, supervisor=supervisor)
    assert run.start().wait(PATIENCE_S).name == "completed"
    assert supervisor.calls == ["start", "watch", ("lit", None), ("end", True)]
    first, last = sink.of("supervisor")
    assert first == {"what": "watching", "path": "memory", "acts": True}
    assert last == {"what": "ended"}
    kinds = [record.kind for record in sink.records]
    assert kinds.index("supervisor") < kinds.index("state")


def test_a_failed_proof_refuses_the_run_before_anything_is_armed() -> None:
    """The error is named, the microscope free again, and nothing was written."""
    sink, scope = MemorySink(), FakeScope()
    run = Run(scope, PLAN, sink=sink, supervisor=Fake("start"))
    with pytest.raises(SelfTestError, match="did not close"):
        run.start()
    assert list(sink.records) == []
    assert Run(scope, PLAN, sink=MemorySink()).start().wait(PATIENCE_S).name == "completed"


def test_an_alarm_ends_the_run_and_its_verdict_says_why() -> None:
    """Whatever happened to the supervisor, the run is not completed."""
    sink, supervisor = MemorySink(), Fake()
    run = Run(FakeScope(), ENDLESS, sink=sink, supervisor=supervisor)
    run.start()
    assert supervisor.alarm is not None
    supervisor.alarm(SupervisorError("The supervisor died."))
    with pytest.raises(SupervisorError, match="died"):
        run.wait(PATIENCE_S)
    assert run.verdict is not None
    assert (run.verdict.name, run.verdict.reason) == ("failed", "The supervisor died.")
    assert sink.of("safe"), "it went to SAFE"


def test_a_run_whose_supervisor_is_gone_at_the_end_has_failed() -> None:
    """Also if all frames were there: nobody watched over the last of them."""
    sink = MemorySink()
    run = Run(FakeScope(), PLAN, sink=sink, supervisor=Fake("end"))
    with pytest.raises(SupervisorError, match="did not end"):
        run.start().wait(PATIENCE_S)
    assert run.verdict is not None
    assert run.verdict.name == "failed"
    assert sink.of("supervisor")[-1]["what"] == "lost"


def test_a_run_without_one_is_as_it_was() -> None:
    """Nothing is journalled of a supervisor that nobody asked for."""
    sink = MemorySink()
    Run(FakeScope(), PLAN, sink=sink).start().wait(PATIENCE_S)
    assert sink.of("supervisor") == []
