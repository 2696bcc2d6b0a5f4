"""The one door."""

from __future__ import annotations

from dataclasses import replace

import pytest
from useq import MDAEvent

from saccade.core import Action, Refusal, Stand
from saccade.run import Door

ACTION = Action((MDAEvent(exposure=5.0), MDAEvent(exposure=5.0)))


class Budget:
    """Refuses exposures beyond a total; counts what was committed."""

    def __init__(self, limit_ms: float, log: list[str] | None = None) -> None:
        self.limit_ms, self.spent_ms, self.log = limit_ms, 0.0, log if log is not None else []

    def __call__(self, action: Action) -> Action | Refusal:
        self.log.append("check")
        asked_ms = sum(event.exposure or 0.0 for event in action.events)
        if self.spent_ms + asked_ms > self.limit_ms:
            return Refusal(action, "Budget", "too much light")
        return action

    def commit(self, action: Action) -> None:
        self.log.append("commit")
        self.spent_ms += sum(event.exposure or 0.0 for event in action.events)


def wall(action: Action) -> Refusal:
    return Refusal(action, "wall", "never")


def trimmed(action: Action) -> Action:
    return replace(action, events=action.events[:1])


def broken(action: Action) -> Action:
    raise ZeroDivisionError("oh")


def forgetful(action: Action) -> None:
    """Forget to return anything."""


def test_without_guards_everything_passes():
    """A door without guards is open."""
    assert Door().let_through(ACTION) is ACTION


def test_all_check_before_any_commits():
    """No ledger is charged for an action that a later guard refuses."""
    log: list[str] = []
    first, second = Budget(100, log), Budget(100, log)
    assert Door((first, second)).let_through(ACTION) is ACTION
    assert log == ["check", "check", "commit", "commit"]
    assert isinstance(Door((first, wall)).let_through(ACTION), Refusal)
    assert first.spent_ms == 10.0


def test_the_first_that_refuses_decides():
    """Guards are asked in order, and none after a refusal."""
    budget = Budget(0)
    assert Door((wall, budget)).let_through(ACTION).guard == "wall"
    assert budget.log == []


def test_ledgers_are_charged_with_what_was_left_of_the_action():
    """A guard that trims saves the budget of the others."""
    budget = Budget(100)
    door = Door((budget, trimmed))
    assert len(door.let_through(ACTION).events) == 1
    assert budget.spent_ms == 5.0


@pytest.mark.parametrize(
    ("guard", "reason"),
    [
        pytest.param(broken, "ZeroDivisionError", id="raises"),
        pytest.param(forgetful, "returned NoneType", id="returns nothing"),
        pytest.param(lambda action: True, "returned bool", id="returns yes"),
        pytest.param(lambda a: replace(a, events=()), "left none", id="leaves no event"),
    ],
)
def test_a_guard_that_fails_lets_nothing_through(guard, reason):
    """Whatever is wrong with a guard, its door stays shut and no ledger is charged."""
    budget = Budget(100)
    answer = Door((budget, guard)).let_through(ACTION)
    assert isinstance(answer, Refusal)
    assert reason in answer.reason
    assert answer.action is ACTION
    assert budget.spent_ms == 0.0


def test_a_ledger_that_cannot_be_kept_keeps_the_door_shut():
    """An error in a commit is no answer, so that nothing leaves uncounted."""

    class Broken(Budget):
        def commit(self, action: Action) -> None:
            raise OSError("no ledger")

    with pytest.raises(OSError, match="no ledger"):
        Door((Broken(100),)).let_through(ACTION)


def test_guards_learn_the_stand():
    """A guard can know limits and light sources."""

    class Learned(Budget):
        stand: Stand | None = None

        def learn(self, stand: Stand) -> None:
            self.stand = stand

    guard, stand = Learned(1), Stand("s")
    Door((guard, wall)).learn(stand)
    assert guard.stand is stand
