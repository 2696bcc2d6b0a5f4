"""Ask: what is asked, and what becomes of it after a yes, a no, and silence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from decide_cases import seen
from useq import MDAEvent

from saccade.core import Action, Answer, Decision, Due, End, Gap, ProtocolError, Refusal, Stand
from saccade.decide import Ask, Burst, Focus, Pace, Story, Switch, from_story, snap

S = 1_000_000_000
BURST = (MDAEvent(exposure=1.0), MDAEvent(exposure=1.0, min_start_time=1.0))


def asked(**settings: Any) -> tuple[Ask, Decision]:
    """Return a policy that has asked whether to take a burst, and its decision."""
    policy = Ask(Burst(BURST), **settings)
    return policy, policy(seen(0.9, 7))


def test_an_action_is_asked_for_in_words() -> None:
    """The decision has no action, but a question with what is wanted and why, and a time."""
    policy, decision = asked(within_s=30)
    assert (decision.rule, decision.actions) == ("asks", ())
    question = decision.question
    assert question is not None
    assert question.text == "score 0.9 >= 0.8 for 1 frame: burst, 2 pictures?"
    assert (question.id, question.default, question.until_ns) == ("1", False, 37 * S)
    assert policy.due_ns == 37 * S
    assert policy(seen(0.1, 8)).rule == "quiet"


def test_a_yes_lets_it_be_done() -> None:
    """The action comes as it was wanted, resting on the frame that it was wanted for."""
    policy, _ = asked()
    decision = policy.answered(Answer("1", True, 20 * S, "window"))
    assert (decision.rule, decision.reason, decision.frame) == ("approved", "window said yes", 7)
    (action,) = decision.actions
    assert (action.events, action.frame, action.t_ns) == (BURST, 7, 20 * S)
    assert policy.due_ns is None
    assert policy.answered(Answer("1", False)).rule == "late"


@dataclass
class Wants:
    """Wants the same of every frame, and remembers what it is told."""

    action: Action = field(default_factory=lambda: Action(BURST, "wanted"))
    heard: list[str] = field(default_factory=list)
    label: str = "wanted"

    def __call__(self, _: Any) -> Decision:
        return Decision((self.action,), "wants", "always")

    def refused(self, refusal: Refusal) -> Decision:
        self.heard.append(f"{refusal.guard}: {refusal.reason}")
        return Decision((Action(interval_s=3.0, lets_go=True), Action(interval_s=9.0)), "heard")


def test_a_no_is_heard_as_a_refusal() -> None:
    """So its policy waits for nothing; what it puts to rest for that is done, and nothing else."""
    wants = Wants()
    policy = Ask(wants)
    policy(seen(0.5, 0))
    decision = policy.answered(Answer("1", False))
    assert (decision.rule, decision.reason) == ("declined", "somebody said no")
    assert [action.interval_s for action in decision.actions] == [3.0]
    assert wants.heard == ["Ask: somebody said no"]


@pytest.mark.parametrize("default", [True, False])
def test_silence_is_as_was_said_beforehand(default: bool) -> None:
    """After its time, and not before."""
    policy, _ = asked(within_s=30, default=default)
    assert policy.due(Due(36 * S)).rule == "idle"
    decision = policy.due(Due(37 * S))
    assert decision.rule == ("approved" if default else "declined")
    assert "nobody answered within 30 s" in decision.reason
    assert bool(decision.actions) is default
    assert policy.due(Due(99 * S)).rule == "idle"


def test_one_question_is_asked_at_a_time() -> None:
    """What else is wanted meanwhile is refused; the next question has a number of its own."""
    wants = Wants()
    policy = Ask(wants)
    policy(seen(0.5, 0))
    meanwhile = policy(seen(0.5, 1))
    assert (meanwhile.rule, meanwhile.question) == ("waits", None)
    assert wants.heard == ["Ask: another question is open"]
    assert policy.answered(Answer("9", True)).rule == "late"
    policy.answered(Answer("1", True))
    again = policy(seen(0.5, 2)).question
    assert again is not None
    assert again.id == "2"


def test_what_only_brings_something_to_rest_is_not_asked() -> None:
    """A pump is stopped whether or not anybody says yes; to start it, somebody must."""
    policy = Ask(Switch("Pump.State", 1, 0, lasts_s=30))
    decision = policy(seen(0.9, 0))
    assert decision.question is not None
    assert "Pump.State = 1" in decision.question.text
    policy.answered(Answer("1", True, S))
    assert policy.due_ns == 30 * S
    (action,) = policy.due(Due(30 * S)).actions
    assert action.lets_go
    policy(seen(0.1, 40))


def test_a_switch_that_was_not_allowed_is_at_rest() -> None:
    """The no is heard: nothing is set back at the end that was never set."""
    policy = Ask(Switch("Pump.State", 1, 0))
    policy(seen(0.9, 0))
    policy.answered(Answer("1", False))
    assert policy.ended(End(9)).actions == ()


def test_an_end_drops_the_question() -> None:
    """No answer comes any more; what was asked for is not done, and a story is ended."""

    def tell(first: Any):
        try:
            yield snap()
        finally:
            yield Action(interval_s=1.0)

    policy = Ask(from_story(tell))
    assert policy(seen(0.5, 0)).question is not None
    assert [action.interval_s for action in policy.ended(End(1)).actions] == [1.0]
    assert policy.due_ns is None
    plain, _ = asked()
    assert plain.ended(End(1)).rule == "idle"


def test_both_may_be_due_at_once() -> None:
    """A question that is over and a policy that wants to be woken are heard together."""
    policy = Ask(Switch("Pump.State", 1, 0, at_s=10, lasts_s=50), within_s=50, default=True)
    policy(seen(0.1, 0, t_s=0))
    assert policy.due(Due(10 * S)).rule == "asks"
    decision = policy.due(Due(60 * S))
    values = [event.properties[0][2] for each in decision.actions for event in each.events]  # type: ignore[index]
    assert values == [1, 0]


def test_it_is_as_its_policy_says() -> None:
    """Roles, labels, claims and plans are its; what it doesn't hear, neither does Ask."""
    focus = Ask(Focus(60, 1))
    assert (focus.kind, focus.label, focus.claims) == ("quality-driven", "focus", ("z",))
    assert focus.streams == {"watch", "focus"}
    assert focus.missed(Gap(0, "watch", MDAEvent(), "why")).rule == "idle"
    pace = Ask(Pace(10, 1))
    assert not any(hasattr(pace, name) for name in ("rounded", "missed", "begin", "do"))
    assert Ask(Burst(BURST)).do == BURST
    assert pace.__name__ == "Ask(Pace)"
    with pytest.raises(AttributeError):
        _ = pace.nothing
    assert isinstance(Ask(from_story(Story(tell_nothing))).fresh(), Ask)


def tell_nothing(first: Any):
    """Yield nothing of interest."""
    yield snap()


def test_parts_that_learn_and_close_do() -> None:
    """What its policy needs of a microscope is asked of it."""
    with pytest.raises(Exception, match="no device 'Pump'"):
        Ask(Switch("Pump.State", 1, 0)).learn(Stand("s", details={"devices": {"Z": "x"}}))
    Ask(Wants()).learn(Stand("s"))
    Ask(Wants()).close()


def test_a_fresh_one_has_asked_nothing() -> None:
    """Neither its memory nor that of its policy goes on."""
    policy, _ = asked()
    again = policy.fresh()
    assert again.due_ns is None
    assert again(seen(0.9, 0)).question is not None
    assert Ask(Wants()).fresh().due_ns is None


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        pytest.param({"policy": 3}, "Ask.policy", id="no policy"),
        pytest.param({"within_s": 0}, "Ask.within_s", id="no time"),
        pytest.param({"default": "no"}, "Ask.default", id="a word"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict[str, Any], what: str) -> None:
    """What can't be used is an error where it is given."""
    with pytest.raises(ProtocolError, match=what):
        Ask(**{"policy": Wants(), **settings})
