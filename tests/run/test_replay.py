"""Deciding again from what was stored."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from run_cases import S, act_above, plan, play
from useq import MDAEvent, MDASequence

from saccade.core import Action, Decision, Gap, Observation, Refusal, VirtualClock, plain
from saccade.decide import Burst, Pace, burst, snap, story
from saccade.run import Chain, Difference, Past, Replay, Rule, Start, history, replay
from saccade.testing import FakeScope, StubDetector, frame_of
from saccade.testing import strategies as some

_FEW = settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])

CLOSER = MDASequence(channels=["FITC"], time_plan={"interval": 0.1, "loops": 3})


@story
def look_closer(first):
    """Snap, and if that is bright too, burst where it is brightest."""
    seen = yield snap(channel="FITC", exposure=20)
    if seen.score > 0.5:
        yield from burst(at=seen.brightest, interval=0.1, loops=2)


class Counts:
    """A policy with a memory, and every hook."""

    streams = None
    leads = False

    def __init__(self) -> None:
        self.n, self.t0_ns = 0, 0

    def begin(self, t_ns):
        self.t0_ns = t_ns
        return Decision((Action(interval_s=2.0, label="pace"),), "begins", f"at {t_ns} ns")

    def __call__(self, seen):
        return self._count("seen", f"{seen.score!r} {(seen.t_ns - self.t0_ns) / S!r} s")

    def missed(self, gap):
        return self._count("missed", gap.reason)

    def refused(self, refusal):
        return self._count("refused", refusal.reason)

    def _count(self, rule, reason):
        self.n += 1
        acts = rule == "seen" and self.n % 3 == 0
        actions = (Action((MDAEvent(exposure=1.0 + self.n),)),) if acts else ()
        return Decision(actions, rule, f"{self.n}: {reason}")


POLICIES = {
    "nothing": lambda: (),
    "a function": lambda: act_above(0.5),
    "burst": lambda: Burst(CLOSER, above=0.6, below=0.4, dwell=2, refractory_s=3),
    "pace": lambda: Pace(5.0, 0.0, above=0.6, below=0.4),
    "story": look_closer.fresh,
    "all": lambda: (
        Burst(CLOSER, above=0.6, below=0.4),
        Rule(Pace(5.0, 0.5), "other"),
        look_closer.fresh(),
        Counts(),
    ),
}


def detectors():
    return {"first": StubDetector(), "other": StubDetector(name="other", fails_on={3, 7})}


def sparing(action):
    """Let through every planned event, and every second decided action."""
    if action.planned or action.frame % 2:
        return action
    return Refusal(action, "sparing", "not on even frames")


def through_json(lines):
    return [(kind, json.loads(json.dumps(plain(value)))) for kind, value in lines]


@pytest.mark.parametrize("name", POLICIES)
@_FEW
@given(
    scores=st.lists(some.scores(), min_size=1, max_size=12),
    gaps=st.frozensets(st.integers(0, 30), max_size=3),
)
def test_whatever_was_seen_is_decided_again_as_it_was(name, scores, gaps):
    """A run replays bit for bit from its journal and its frames."""
    ran = play(
        plan(len(scores)),
        scope=FakeScope(scores, gaps=gaps),
        detect=detectors(),
        decide=POLICIES[name](),
        guards=sparing,
    )
    result = replay(ran.sink.history(), Chain(detectors(), POLICIES[name]()))
    assert result.differences == ()
    assert result.same
    assert result.looks == result.identical
    assert result.looks >= len(scores) - len(gaps)


@_FEW
@given(scores=st.lists(some.scores(), min_size=1, max_size=12))
def test_a_lagged_run_replays_too(scores):
    """Only what was looked at is decided again, in the order in which it was."""
    policy = POLICIES["all"]
    ran = play(
        plan(len(scores)),
        scores,
        detect=detectors(),
        decide=policy(),
        guards=sparing,
        mode="lagged",
        max_failures=99,
    )
    assert replay(ran.sink.history(), Chain(detectors(), policy())).differences == ()


def test_a_journal_read_back_replays_as_well():
    """What went through JSON is compared bit for bit with what did not."""
    scores = [0.1, 0.7, 0.30000000000000004, 0.9, 1 / 3, 1.0]
    ran = play(
        plan(6), scope=FakeScope(scores, gaps={2}), decide=POLICIES["all"]()[2:], guards=sparing
    )
    frames = {frame.index: frame for frame in ran.sink.frames}
    lines = through_json(
        (record.kind, record.value) for record in ran.sink.records if record.kind != "frame"
    )
    past = list(history(lines, frames.__getitem__))
    kinds = {type(each.heard).__name__ for each in past}
    assert kinds == {"Start", "Frame", "Gap", "Refusal", "End"}
    result = replay(past, Chain(StubDetector(), POLICIES["all"]()[2:]))
    assert result.differences == ()
    assert result.looks == len(past)


def test_another_policy_shows_where_it_differs():
    """Replay answers what would have been decided otherwise."""

    def above(threshold):
        return lambda seen: Decision((), "high" if seen.score > threshold else "low")

    ran = play(plan(4), [0.2, 0.6, 0.9, 0.2], decide=above(0.5))
    result = replay(ran.sink.history(), Chain(StubDetector(), above(0.8)))
    assert (result.looks, result.identical, result.same) == (4, 3, False)
    (difference,) = result.differences
    assert (difference.frame, difference.what) == (1, "decision")
    assert str(difference) == "frame 1: decision: rule was 'high', is 'low'"


def test_the_smallest_difference_of_a_number_is_a_difference():
    """Equal to the last bit, or not equal."""
    frame = frame_of([[1]])
    look = Chain(StubDetector({0: 0.1 + 0.2})).look(frame)
    result = replay([Past(frame, look.observations)], Chain(StubDetector({0: 0.3})))
    assert [str(d) for d in result.differences] == [
        "frame 0: observation: score was 0.30000000000000004, is 0.3"
    ]


def test_zero_and_minus_zero_differ_and_nan_is_nan():
    """Comparison is of bits, not of values."""
    frame = frame_of([[1]])

    def measured(value):
        return lambda frame: Observation(0.0, measurements={"m": value})

    def recorded(value):
        (seen,) = Chain(measured(value)).look(frame).observations
        return [(frame, (seen,), ())]

    assert not replay(recorded(0.0), Chain(measured(-0.0))).same
    assert replay(recorded(float("nan")), Chain(measured(float("nan")))).same
    spelled = plain(recorded(float("nan"))[0][1][0]) | {"measurements": {"m": "NaN"}}
    assert replay([(frame, (spelled,), ())], Chain(measured(float("nan")))).same


def test_times_and_durations_are_not_compared():
    """A replay may be faster than the run was."""
    frame = frame_of([[1]], t_ns=5)
    look = Chain(StubDetector(), act_above(-1)).look(frame)
    (seen,), (decision,) = look.observations, look.decisions
    action = replace(decision.actions[0], t_ns=99, expires_ns=100)
    slower = replace(decision, elapsed_ms=1e6, age_frames=7, actions=(action,))
    past = (frame, (replace(seen, elapsed_ms=1e6, t_ns=1),), (slower,))
    assert replay([past], Chain(StubDetector(), act_above(-1))).same


@pytest.mark.parametrize(
    ("recorded", "again", "text"),
    [
        pytest.param(None, {"rule": "a"}, "frame 3: decision is new", id="new"),
        pytest.param({"rule": "a"}, None, "frame 3: decision did not come again", id="gone"),
        pytest.param(
            {"rule": "a", "elapsed_ms": 1},
            {"rule": "b", "elapsed_ms": 2},
            "frame 3: decision: rule was 'a', is 'b'",
            id="changed",
        ),
    ],
)
def test_a_difference_can_be_read(recorded, again, text):
    """A person sees at once what changed."""
    assert str(Difference(3, "decision", recorded, again)) == text


def test_more_and_fewer_decisions_are_differences():
    """A policy that was added or taken away shows."""
    ran = play(plan(1), [0.9], decide=act_above(0.5))
    for policies in ((), (act_above(0.5), act_above(0.7))):
        assert len(replay(ran.sink.history(), Chain(StubDetector(), policies)).differences) == 1


def test_nothing_replays_as_nothing():
    """A run without looks has no differences."""
    assert replay([], Chain()) == Replay(0, 0)
    assert list(history([("state", {}), ("frame", {})], lambda index: None)) == []


def test_the_start_is_replayed_with_its_own_time_and_plan():
    """A policy that counts from the beginning of the run counts from there again."""
    for watch in (plan(2), []):
        clock = VirtualClock(12_345)
        ran = play(watch, scope=FakeScope(clock=clock), decide=Counts())
        past = list(ran.sink.history())
        assert past[0].heard == Start(12_345, planned=bool(watch))
        assert past[0].decisions[0]["reason"] == "at 12345 ns"
        assert replay(past, Chain(StubDetector(), Counts())).same


def test_frames_are_asked_for_in_rising_order():
    """A reader of a run folder need not go back."""
    ran = play(plan(6), [1.0] * 6, decide=POLICIES["all"](), detect=detectors(), guards=sparing)
    asked = []
    frames = {frame.index: frame for frame in ran.sink.frames}

    def frame(index):
        asked.append(index)
        return frames[index]

    list(history([(r.kind, r.value) for r in ran.sink.records], frame))
    assert asked == sorted(asked)
    assert len(asked) == len(set(asked))


def test_gaps_of_passed_over_frames_are_replayed():
    """What policies heard of a frame that nobody looked at is in the journal."""
    gate, reached = threading.Event(), threading.Event()

    class Slow(StubDetector):
        def __call__(self, frame):
            reached.set()
            gate.wait(10)
            return super().__call__(frame)

    def pictures(order):
        if order.index:
            reached.wait(10)
        if order.index == 4:
            gate.set()
        return 0.0

    class Leads(Counts):
        leads = True

        def begin(self, t_ns):
            return Decision((Action((MDAEvent(),) * 5),), "begins")

    ran = play([], scope=FakeScope(pictures), detect=Slow(), decide=Leads(), mode="lagged")
    past = list(ran.sink.history())
    passed_over = [each.heard for each in past if isinstance(each.heard, Gap)]
    assert passed_over
    assert ran.sink.of("gap") == []
    assert replay(past, Chain(StubDetector(), Leads())).same
