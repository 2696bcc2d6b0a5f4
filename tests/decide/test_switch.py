"""Switch: when a condition is changed, and how it comes back."""

from __future__ import annotations

from typing import Any

import pytest
from decide_cases import play, seen
from useq import CustomAction, MDAEvent

from saccade.core import Action, Due, End, Gap, NeedsError, ProtocolError, Refusal, Stand
from saccade.decide import Switch

S = 1_000_000_000


def switch(**settings: Any) -> Switch:
    """Return a switch of a pump."""
    return Switch("Pump.State", 1, 0, **settings)


def values(decision: Any) -> list[Any]:
    """Return what a decision sets the pump to."""
    return [event.properties[0][2] for action in decision.actions for event in action.events]


def test_it_sets_a_property_when_the_score_has_held() -> None:
    """One event without a picture, for the device and the property, once."""
    decisions = play(switch(dwell=2), [0.9, 0.1, 0.9, 0.9, 0.9])
    assert [values(each) for each in decisions] == [[], [], [], [1], []]
    (action,) = decisions[3].actions
    (event,) = action.events
    assert event.action.type == "custom"
    assert event.properties == [("Pump", "State", 1)]
    assert (action.frame, action.lets_go) == (3, False)
    assert "Pump.State is to be 1" in decisions[3].reason
    assert decisions[4].rule == "on"


@pytest.mark.parametrize(
    ("most", "times"), [pytest.param(1, [1], id="once"), pytest.param(2, [1, 4], id="twice")]
)
def test_it_is_set_so_often_and_no_more(most: int, times: list[int]) -> None:
    """Back at rest it may be set anew, after the score was low, as often as is allowed."""
    policy = switch(most=most, lasts_s=1.0)
    set_at = []
    for frame, score in enumerate([0.0, 0.9, 0.9, 0.1, 0.9, 0.1, 0.9]):
        if policy.due_ns is not None and policy.due_ns <= frame * S:
            assert values(policy.due(Due(frame * S))) == [0]
        if values(policy(seen(score, frame))) == [1]:
            set_at.append(frame)
    assert set_at == times


def test_it_is_set_back_after_a_while() -> None:
    """It says when it wants to be woken, and lets go of the property then."""
    policy = switch(lasts_s=30)
    assert policy.due_ns is None
    policy(seen(0.9, 5))
    assert policy.due_ns == 35 * S
    decision = policy.due(Due(36 * S))
    assert (values(decision), decision.rule, policy.due_ns) == ([0], "sets back", None)
    assert decision.actions[0].lets_go
    assert values(policy.ended(End(40 * S))) == []


@pytest.mark.parametrize("reason", ["", "asked to"])
def test_it_is_set_back_at_the_end(reason: str) -> None:
    """Whatever ends the run, and once."""
    policy = switch()
    assert policy.ended(End(0, reason)).rule == "idle"
    policy(seen(0.9, 0))
    assert values(policy.ended(End(5, reason))) == [0]
    assert values(policy.ended(End(6, reason))) == []


def test_it_is_set_at_a_time() -> None:
    """So long after the first frame of the watch, whatever the score."""
    policy = switch(at_s=600, lasts_s=60)
    assert policy(seen(0.9, 0, t_s=10)).rule == "waits"
    assert policy.due_ns == 610 * S
    assert policy(seen(0.9, 1, t_s=20)).rule == "waits"
    assert values(policy.due(Due(610 * S))) == [1]
    assert policy(seen(0.9, 2, t_s=620)).rule == "on"
    assert values(policy.due(Due(policy.due_ns or 0))) == [0]
    assert policy(seen(0.9, 3, t_s=800)).rule == "waits"
    assert policy.due_ns is None


def gap(value: int, *, index: int = -1, stream: str = "switch") -> Gap:
    """Return the news that the pump could not be set."""
    event = MDAEvent(action=CustomAction(name="switch"), properties=[("Pump", "State", value)])
    return Gap(index, stream, event, "it is stuck", t_ns=50 * S)


def test_what_could_not_be_set_is_set_back_and_not_counted() -> None:
    """Half set is not set: it is brought to rest, and the next rise tries anew."""
    policy = switch()
    policy(seen(0.9, 0))
    decision = policy.missed(gap(1))
    assert values(decision) == [0]
    assert "it may not be 1: it is stuck" in decision.reason
    policy(seen(0.1, 1))
    assert values(policy(seen(0.9, 2))) == [1]


def test_what_could_not_be_set_back_is_tried_again() -> None:
    """Every ten seconds, and once more at the end."""
    policy = switch(lasts_s=10)
    policy(seen(0.9, 0))
    policy.due(Due(10 * S))
    decision = policy.missed(gap(0))
    assert (decision.rule, decision.actions, policy.due_ns) == ("not back", (), 60 * S)
    assert values(policy.due(Due(60 * S))) == [0]
    policy.missed(gap(0))
    assert values(policy.ended(End(70 * S))) == [0]


@pytest.mark.parametrize(
    "other", [gap(1, index=7), gap(1, stream="story")], ids=["a frame", "another's"]
)
def test_other_gaps_are_not_its_business(other: Gap) -> None:
    """A frame that was missed says nothing of the pump."""
    policy = switch()
    policy(seen(0.9, 0))
    assert policy.missed(other).rule == "idle"


def test_a_guard_that_refuses_is_heard() -> None:
    """Refused to set, it is at rest; refused to set back, it tries again."""
    policy = switch()
    (action,) = policy(seen(0.9, 0)).actions
    assert policy.refused(Refusal(Action(label="burst", frame=0), "G", "no")).rule == "idle"
    assert policy.refused(Refusal(Action(label="switch"), "G", "planned")).rule == "idle"
    assert policy.refused(Refusal(action, "G", "no")).reason == "G: no"
    assert policy.ended(End(1)).rule == "idle"
    policy(seen(0.1, 1))
    policy(seen(0.9, 2))
    (back,) = policy.ended(End(3 * S)).actions
    assert policy.refused(Refusal(back, "G", "no")).rule == "not back"
    assert policy.due_ns == 13 * S


@pytest.mark.parametrize(
    ("stand", "what"),
    [
        pytest.param({"details": {"devices": {"Pumpe": "x"}}}, "Did you mean 'Pumpe'", id="device"),
        pytest.param(
            {"details": {"preset_properties": ["Pump.State"]}}, "channels of 'bench'", id="preset"
        ),
        pytest.param({"modifiable": ("xy",)}, "may not be changed", id="not listed"),
        pytest.param({"modifiable": ("Pump.Rate",)}, "List Pump.State", id="another listed"),
    ],
)
def test_it_is_refused_where_it_can_not_be(stand: dict[str, Any], what: str) -> None:
    """No such device, or a profile that does not let it be changed."""
    with pytest.raises(NeedsError, match=what):
        switch().learn(Stand("bench", **stand))


@pytest.mark.parametrize(
    "stand",
    [
        pytest.param({}, id="everything"),
        pytest.param({"modifiable": ("properties",)}, id="properties"),
        pytest.param({"modifiable": ("Pump.State",)}, id="this one"),
        pytest.param({"details": {"devices": {"Pump": "x"}}}, id="there"),
    ],
)
def test_it_is_let_where_it_can_be(stand: dict[str, Any]) -> None:
    """A profile lists all properties, or this one, or nothing at all."""
    switch().learn(Stand("bench", **stand))


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        pytest.param({"sets": "Pump"}, "Switch.sets", id="no property"),
        pytest.param({"sets": ".State"}, "Switch.sets", id="no device"),
        pytest.param({"sets": 3}, "Switch.sets", id="a number"),
        pytest.param({"to": ""}, "Switch.to", id="no value"),
        pytest.param({"to": True}, "Switch.to", id="a truth"),
        pytest.param({"back": float("nan")}, "Switch.back", id="no number"),
        pytest.param({"to": 0}, "another value", id="the same"),
        pytest.param({"most": 0}, "Switch.most", id="never"),
        pytest.param({"at_s": -1}, "Switch.at_s", id="before"),
        pytest.param({"lasts_s": 0}, "Switch.lasts_s", id="no time"),
        pytest.param({"above": 0.2}, "Switch.above", id="thresholds"),
        pytest.param({"dwell": 0}, "Switch.dwell", id="dwell"),
        pytest.param({"label": "watch"}, "Switch.label", id="label"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict[str, Any], what: str) -> None:
    """What can't be used is an error where it is given."""
    with pytest.raises(ProtocolError, match=what):
        Switch(**{"sets": "Pump.State", "to": 1, "back": 0, **settings})


def test_what_a_switch_says_of_itself() -> None:
    """It claims its property, hears the watch and its own, and forgets when it begins anew."""
    policy = switch()
    assert policy.claims == ("Pump.State",)
    assert policy.streams == {"watch", "switch"}
    policy(seen(0.9, 0))
    assert policy.fresh().ended(End(0)).rule == "idle"
