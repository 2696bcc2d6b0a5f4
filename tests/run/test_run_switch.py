"""A drug in a run: pumped when something happens, washed out again, read back."""

from __future__ import annotations

import pytest
from run_cases import TIMEOUT_S, plan, play

from saccade.core import SaccadeError
from saccade.decide import Switch
from saccade.run import Chain, history, replay
from saccade.testing import FakeScope, StubDetector

REST = {"Pump.State": "0"}
SCORES = [0.1, 0.1, 0.9, 0.9, 0.9, 0.1]


def done(scope: FakeScope) -> list[str]:
    """Return what was done to the pump and the camera, in order."""
    return [call for call in scope.calls if "=" in call or call.startswith("frame")]


def test_a_drug_is_given_when_cells_respond_and_washed_out_again() -> None:
    """Set after two high scores, set back two and a half seconds later, between two frames."""
    scope = FakeScope(SCORES, properties=REST)
    policy = Switch("Pump.State", 1, 0, dwell=2, lasts_s=2.5)
    ran = play(plan(8), scope=scope, decide=policy)
    assert done(scope) == [
        *("frame 0", "frame 1", "frame 2", "frame 3", "Pump.State = 1", "frame 4", "frame 5"),
        *("Pump.State = 0", "frame 6", "frame 7"),
    ]
    assert (ran.verdict.name, ran.verdict.planned) == ("completed", 8)


def test_what_was_set_is_set_back_with_the_plan() -> None:
    """The plan is over: the pump is at rest before SAFE closes."""
    scope = FakeScope(SCORES, properties=REST)
    play(plan(5), scope=scope, decide=Switch("Pump.State", 1, 0))
    assert scope.properties == REST
    assert scope.calls.index("Pump.State = 0") < scope.calls.index("safe")


def test_a_failed_run_sets_back_what_was_set() -> None:
    """The camera breaks down while the pump runs: it stops pumping all the same."""
    scope = FakeScope(SCORES, properties=REST, fails_at=4)
    with pytest.raises(SaccadeError, match="told to fail"):
        play(plan(8), scope=scope, decide=Switch("Pump.State", 1, 0))
    assert done(scope)[-2:] == ["Pump.State = 1", "frame 3"] or scope.properties == REST
    assert scope.properties == REST


def test_a_pump_that_does_not_start_is_told_and_tried_again() -> None:
    """Read back as something else, it is brought to rest; no frame is lost, and the run goes on."""
    scope = FakeScope([0.9, 0.1, 0.9, 0.1], properties=REST, stuck={"Pump.State": "1"})
    ran = play(plan(4), scope=scope, decide=Switch("Pump.State", 1, 0))
    rules = [each.rule for each in ran.sink.of("decision")]
    assert rules.count("sets") == 2
    assert [call for call in scope.calls if "=" in call] == ["Pump.State = 0"] * 2
    assert (ran.verdict.name, ran.verdict.gaps) == ("completed", 0)


def test_a_pump_that_does_not_stop_is_tried_again_every_ten_seconds() -> None:
    """It is set back as soon as it can be."""
    scope = FakeScope([0.9, 0.1], properties=REST, stuck={"Pump.State": "0"})

    class Freed(StubDetector):
        def __call__(self, frame):
            if frame.index == 15:
                scope.stuck.clear()
            return super().__call__(frame)

    ran = play(plan(30), scope=scope, decide=Switch("Pump.State", 1, 0, lasts_s=2), detect=Freed())
    assert scope.properties == REST
    rules = [each.rule for each in ran.sink.of("decision")]
    assert rules.count("not back") == 2  # after 2 and 12 s; at 22 s it is free
    assert done(scope).index("Pump.State = 0") > done(scope).index("frame 21")


@pytest.mark.parametrize("stuck", [{}, {"Pump.State": "1"}, {"Pump.State": "0"}])
def test_conditions_replay(stuck: dict[str, str]) -> None:
    """Settings, failures and times are decided alike from the journal."""
    scope = FakeScope(SCORES, properties=REST, stuck=stuck)
    ran = play(plan(12), scope=scope, decide=Switch("Pump.State", 1, 0, lasts_s=3, most=3))
    frames = {frame.index: frame for frame in ran.sink.frames}
    lines = [(each.kind, each.value) for each in ran.sink.records if each.kind != "frame"]
    chain = Chain(StubDetector(), Switch("Pump.State", 1, 0, lasts_s=3, most=3))
    again = replay(history(lines, frames.__getitem__), chain)
    assert again.same, again.differences


def test_a_run_is_over_though_a_pump_never_stops() -> None:
    """What can't be set back is in the journal; nothing hangs."""
    scope = FakeScope([0.9], properties=REST, stuck={"Pump.State": "0"})
    ran = play(plan(3), scope=scope, decide=Switch("Pump.State", 1, 0))
    assert ran.run.wait(TIMEOUT_S).name == "completed"
    assert scope.properties == {"Pump.State": "1"}
    assert ran.sink.of("decision")[-1].rule == "not back"
