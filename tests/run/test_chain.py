"""From a frame to decisions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from useq import MDAEvent

from saccade.core import (
    Action,
    Decision,
    DetectorError,
    Gap,
    Identity,
    IsolatedError,
    Observation,
    PolicyError,
    ProtocolError,
    Refusal,
    Stand,
    UnseenError,
)
from saccade.run import Chain, Eye, Rule, Start
from saccade.testing import StubDetector, frame_of

FRAME = frame_of([[1]], 7, channel="FITC", t_ns=70, x_um=1.0, y_um=2.0, z_um=3.0)


class Listens:
    """A policy that notes all that it hears."""

    def __init__(self, streams: Any = frozenset({"watch"}), name: str = "listens") -> None:
        self.streams, self.name, self.heard = streams, name, []

    def __call__(self, seen: Observation) -> Decision:
        self.heard.append(seen)
        return Decision((), "heard", seen.detector.name)


class Hooked(Listens):
    """One that also hears of the start, of gaps and of refusals."""

    def begin(self, t_ns: int) -> Decision:
        self.heard.append(t_ns)
        return Decision((), "begins")

    def missed(self, gap: Gap) -> Decision:
        self.heard.append(gap)
        return Decision((), "missed")

    def refused(self, refusal: Refusal) -> Decision:
        self.heard.append(refusal)
        return Decision((), "refused")


def fails(_: Any) -> Any:
    raise ZeroDivisionError("oh")


def test_an_observation_says_where_and_when_it_was_made():
    """A detector need not copy the label of its frame."""
    frame = replace(FRAME, event=MDAEvent(index={"p": 3, "g": 4}))
    (seen,) = Chain(StubDetector({7: 0.5})).look(frame).observations
    assert (seen.frame, seen.stream, seen.place, seen.channel) == (7, "watch", (3, 4), "FITC")
    assert (seen.t_ns, seen.at_um) == (70, (1.0, 2.0, 3.0))
    assert seen.elapsed_ms > 0


def test_a_decision_says_who_made_it_and_on_what():
    """A policy need not name itself or its frame."""
    policy = Listens()
    (decision,) = Chain(None, policy).look(FRAME).decisions
    assert (decision.frame, decision.policy) == (7, "Listens")
    assert decision.elapsed_ms > 0


def test_each_rule_hears_its_own_detector():
    """A policy can listen to any of several detectors, by default to the first."""
    eyes = {"a": StubDetector(name="a"), "b": StubDetector(name="b")}
    first, second = Listens(), Listens()
    Chain(eyes, (first, Rule(second, "b"))).look(FRAME)
    assert [seen.detector.name for seen in first.heard] == ["a"]
    assert [seen.detector.name for seen in second.heard] == ["b"]


def test_a_detector_of_a_channel_sees_only_that_channel():
    """A policy hears nothing of frames that its detector does not look at."""
    eyes = {"a": Eye(StubDetector(name="a"), "DAPI"), "b": StubDetector(name="b")}
    first, second = Listens(), Listens()
    look = Chain(eyes, (first, Rule(second, "b"))).look(FRAME)
    assert [seen.detector.name for seen in look.observations] == ["b"]
    assert first.heard == []
    assert len(look.decisions) == 1


@pytest.mark.parametrize(
    ("streams", "stream", "expected"),
    [
        pytest.param(frozenset({"watch"}), "watch", True, id="its stream"),
        pytest.param(frozenset({"watch"}), "burst", False, id="another stream"),
        pytest.param(frozenset({"watch", "burst"}), "burst", True, id="one of two"),
        pytest.param(None, "anything", True, id="all"),
    ],
)
def test_a_policy_hears_the_streams_that_it_names(streams, stream, expected):
    """Frames of a burst don't reach a policy that only watches."""
    policy = Listens(streams)
    chain = Chain(None, policy)
    assert chain.wants(stream) is expected
    chain.look(replace(FRAME, stream=stream))
    assert bool(policy.heard) is expected


def test_a_plain_function_hears_the_watch():
    """A function without attributes is a policy for the watch."""
    chain = Chain(None, lambda seen: Decision())
    assert chain.wants("watch")
    assert not chain.wants("burst")


def test_without_policies_only_the_watch_is_looked_at():
    """Detectors alone observe the plan."""
    assert Chain(StubDetector()).wants("watch")
    assert not Chain(StubDetector()).wants("burst")


def test_without_a_detector_every_frame_scores_0():
    """A story can run blind."""
    (seen,) = Chain(None).look(FRAME).observations
    assert (seen.score, seen.detector, seen.verdict) == (0.0, Identity("none"), "trusted")


def test_a_rule_without_its_detector_is_refused():
    """A misspelt detector is found before anything moves."""
    with pytest.raises(ProtocolError, match="Did you mean 'cells'"):
        Chain({"cells": StubDetector()}, Rule(Listens(), "cell"))


@pytest.mark.parametrize(
    ("detector", "reason"),
    [
        pytest.param(fails, "ZeroDivisionError", id="raises"),
        pytest.param(lambda frame: 0.5, "returned float", id="returns no observation"),
        pytest.param(lambda frame: Observation(1.1), "1.1", id="score above 1"),
        pytest.param(lambda frame: Observation(-0.1), "-0.1", id="score below 0"),
        pytest.param(lambda frame: Observation(float("nan")), "nan", id="score NaN"),
    ],
)
def test_a_detector_that_fails_gives_an_invalid_observation(detector, reason):
    """The other detectors and their policies go on."""
    one, other = Listens(), Listens()
    chain = Chain({"bad": detector, "good": StubDetector({7: 0.5})}, (one, Rule(other, "good")))
    look = chain.look(FRAME)
    assert [seen.verdict for seen in look.observations] == ["invalid", "trusted"]
    assert look.observations[0].detector == Identity("bad")
    (failure,) = look.failures
    assert isinstance(failure, DetectorError)
    assert reason in str(failure)
    assert [seen.score for seen in other.heard] == [0.5]
    assert one.heard[0].verdict == "invalid"


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        pytest.param(fails, "ZeroDivisionError", id="raises"),
        pytest.param(lambda seen: None, "returned NoneType", id="returns no decision"),
    ],
)
def test_a_policy_that_fails_decides_nothing(policy, reason):
    """The other policies decide all the same."""
    other = Listens()
    look = Chain(None, (policy, other)).look(FRAME)
    assert [decision.rule for decision in look.decisions] == ["failed", "heard"]
    assert look.decisions[0].actions == ()
    assert isinstance(look.failures[0], PolicyError)
    assert reason in look.decisions[0].reason


def test_monitors_change_the_verdict_in_order():
    """Trust may overrule a detector, and a later monitor an earlier one."""

    def doubt(frame: Any, seen: Observation) -> Observation:
        return replace(seen, verdict="doubtful")

    def score(frame: Any, seen: Observation) -> Observation:
        return replace(seen, measurements={"trust": 1.0 if seen.verdict == "doubtful" else 0.0})

    (seen,) = Chain(None, (), (doubt, score)).look(FRAME).observations
    assert (seen.verdict, seen.measurements) == ("doubtful", {"trust": 1.0})


def test_a_monitor_that_fails_makes_the_observation_invalid():
    """What can't be trusted triggers nothing, and the run goes on."""

    def broken(frame: Any, seen: Observation) -> Observation:
        raise ZeroDivisionError("oh")

    look = Chain(StubDetector({7: 0.5}), (), (broken,)).look(FRAME)
    assert look.observations[0].verdict == "invalid"
    assert "broken" in str(look.failures[0])


def test_a_monitor_cannot_make_a_failure_trusted():
    """A frame on which the detector failed stays invalid, whatever a monitor thinks."""

    def trust(frame: Any, seen: Observation) -> Observation:
        return replace(seen, verdict="trusted")

    look = Chain({"bad": fails}, (), (trust,)).look(FRAME)
    assert look.observations[0].verdict == "invalid"


def test_only_who_has_a_hook_is_asked():
    """Gaps, refusals and the start reach the policies that care."""
    hooked, deaf = Hooked(), Listens()
    chain = Chain(None, (hooked, deaf))
    gap = Gap(3, "watch", MDAEvent(), "why")
    refusal = Refusal(Action(label="burst", frame=5), "guard", "why")
    looks = [chain.hear(news) for news in (Start(9), gap, refusal)]
    assert hooked.heard == [9, gap, refusal]
    assert deaf.heard == []
    assert [decision.frame for look in looks for decision in look.decisions] == [-1, 3, 5]
    assert [look.seen for look in looks] == [Start(9), gap, refusal]


def test_a_gap_reaches_who_hears_its_stream():
    """A gap in a burst is nothing to a policy that only watches."""
    hooked = Hooked()
    assert Chain(None, hooked).miss(Gap(3, "burst", MDAEvent(), "why")).decisions == ()


@pytest.mark.parametrize(
    ("streams", "leads", "planned", "begins"),
    [
        pytest.param(frozenset({"watch"}), None, True, True, id="watches, with a plan"),
        pytest.param(frozenset({"watch"}), None, False, True, id="watches, without"),
        pytest.param(None, None, True, False, id="hears all, with a plan"),
        pytest.param(None, None, False, True, id="hears all, without"),
        pytest.param(None, False, True, True, id="hears all but says that it doesn't lead"),
        pytest.param(frozenset({"watch"}), True, True, False, id="says that it leads"),
    ],
)
def test_a_policy_that_leads_begins_only_where_there_is_no_plan(streams, leads, planned, begins):
    """A story waits for the first frame of a plan; a pace does not."""
    policy = Hooked(streams)
    if leads is not None:
        policy.leads = leads
    assert bool(Chain(None, policy).begin(Start(1, planned)).decisions) is begins


@pytest.mark.parametrize("hook", ["begin", "missed", "refused"])
def test_a_hook_that_fails_decides_nothing(hook):
    """A policy may fail wherever it is asked; the failure is told."""
    policy = Hooked()
    setattr(policy, hook, fails)
    news = {
        "begin": Start(),
        "missed": Gap(3, "watch", MDAEvent(), "why"),
        "refused": Refusal(Action(frame=5), "guard", "why"),
    }[hook]
    look = Chain(None, policy).hear(news)
    assert [decision.rule for decision in look.decisions] == ["failed"]
    assert len(look.failures) == 1


def test_every_part_that_wants_to_learn_does():
    """Detectors, monitors and policies can know the microscope."""
    learned = []

    class Learner(Listens):
        def learn(self, stand: Stand) -> None:
            learned.append(stand)

    class LearningMonitor:
        def learn(self, stand: Stand) -> None:
            learned.append(stand)

        def __call__(self, frame: Any, seen: Observation) -> Observation:
            return seen

    stand = Stand("s")
    Chain({"a": Learner(), "b": StubDetector()}, (Learner(),), (LearningMonitor(),)).learn(stand)
    assert learned == [stand] * 3


def test_every_detector_that_wants_to_be_warmed_is():
    """What the first frame would wait for is done before."""
    warmed = []

    class Warm(StubDetector):
        def warm(self, frame: Any) -> None:
            warmed.append(frame)

    Chain({"a": Warm(), "b": StubDetector()}).warm(FRAME)
    assert warmed == [FRAME]


class Apartment:
    """A detector in a process of its own, as far as a chain can tell."""

    patient = False

    def __init__(self, answer: Any, notes: list[str]) -> None:
        self.answer, self.notes, self.closed = answer, notes, 0

    def __call__(self, frame: Any) -> Observation:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def told(self) -> tuple[str, ...]:
        told, self.notes = tuple(self.notes), []
        return told

    def close(self) -> None:
        self.closed += 1
        self.notes = ["2 frames were not looked at in all."]


def test_a_frame_that_nobody_saw_is_invalid_and_no_failure() -> None:
    """It says why, what is known of the detector stays known, and what happened is told."""
    seen = Observation(0.5, detector=Identity("network", "1", "sha256:1"))
    lost = Apartment(seen, [])
    chain = Chain({"it": lost}, Listens())
    chain.look(FRAME)
    lost.answer, lost.notes = UnseenError("it was ended by SIGKILL"), ["frame 7: it died."]
    look = chain.look(FRAME)
    assert look.failures == ()
    assert look.notes == ("'it': frame 7: it died.",)
    (seen,) = look.observations
    assert (seen.score, seen.verdict, seen.unseen) == (0.0, "invalid", "it was ended by SIGKILL")
    assert (seen.frame, seen.channel) == (7, "FITC")
    assert look.decisions[0].weights == "sha256:1"
    assert chain.look(FRAME).notes == ()


def test_what_fails_elsewhere_is_told_in_its_own_words() -> None:
    """The text is that of the same failure here; its kind says that the run may go on."""
    here, there = RuntimeError("no"), IsolatedError("RuntimeError('no')")
    texts = []
    for error, kind in ((here, DetectorError), (there, IsolatedError)):
        (failure,) = Chain({"it": Apartment(error, [])}).look(FRAME).failures
        assert type(failure) is kind
        texts.append(str(failure))
    assert texts[0] == texts[1]


def test_what_was_not_seen_is_not_looked_at_again() -> None:
    """Looked at again, the detector begins anew where it was lost, and learns the stand."""

    class Remembers:
        def __init__(self) -> None:
            self.seen, self.learnt = 0, 0

        def learn(self, stand: Stand) -> None:
            self.learnt += 1

        def fresh(self) -> Remembers:
            return Remembers()

        def __call__(self, frame: Any) -> Observation:
            self.seen += 1
            return Observation(0.5, measurements={"seen": self.seen, "learnt": self.learnt})

    chain = Chain({"one": Remembers(), "other": Remembers()})
    chain.learn(Stand("a"))
    chain.hear(FRAME)
    again = chain.hear(FRAME, ["", "it hung up"]).observations
    assert [each.unseen for each in again] == ["", "it hung up"]
    assert [each.verdict for each in again] == ["trusted", "invalid"]
    after = chain.hear(FRAME, ["", ""]).observations
    assert [dict(each.measurements) for each in after] == [
        {"seen": 3, "learnt": 1},
        {"seen": 1, "learnt": 1},
    ]


def test_a_function_has_no_memory_to_lose() -> None:
    """Without ``fresh`` a detector stays what it is."""
    chain = Chain(StubDetector([0.5] * 9))
    assert chain.hear(FRAME, ["it hung up"]).observations[0].unseen == "it hung up"
    assert chain.hear(FRAME).observations[0].score == 0.5


def test_every_part_that_holds_something_is_closed() -> None:
    """One that can't be closed keeps no other from it."""

    class Stuck:
        def __call__(self, seen: Observation) -> Decision:
            return Decision()

        def close(self) -> None:
            raise OSError("it is stuck")

    lost = Apartment(Observation(0.5), [])
    chain = Chain({"it": lost}, [Stuck(), Stuck()])
    assert chain.close() == (
        "'it': 2 frames were not looked at in all.",
        "'Stuck' can't be closed: OSError('it is stuck').",
        "'Stuck' can't be closed: OSError('it is stuck').",
    )
    assert lost.closed == 1


@pytest.mark.parametrize("patient", [True, False])
def test_a_chain_says_whether_frames_wait(patient: bool) -> None:
    """A detector in a process of its own is told whether time is real."""
    lost = Apartment(Observation(0.5), [])
    Chain({"it": lost}, patient=patient)
    assert lost.patient is patient
