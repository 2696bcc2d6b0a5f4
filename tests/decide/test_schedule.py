"""Schedule: which position is visited next, how often, and with what probability."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from decide_cases import seen
from hypothesis import given, settings
from hypothesis import strategies as st
from useq import MDAEvent, MDASequence

from saccade.core import Action, Due, Gap, ProtocolError, Refusal
from saccade.decide import Schedule

S = 1_000_000_000
EVERY = ("fair", "index", "thompson")


def begun(policy: Schedule, count: int = 4, **known: Any) -> Schedule:
    """Return a policy that has heard one frame of each position, at time 0."""
    for position in range(count):
        at_um = (100.0 * position, -1.0, 7.0)
        policy(seen(0.0, position, t_s=0, position=position, at_um=at_um, **known))
    return policy


def visit(policy: Schedule, score: Any) -> tuple[int, float]:
    """Let one visit come and be seen; return its position and its probability."""
    due_ns = policy.due_ns or 0
    decision = policy.due(Due(due_ns))
    (action,) = decision.actions
    position = action.events[0].index["p"]
    score = score(position, due_ns / S) if callable(score) else score
    policy(seen(score, 99, t_s=due_ns / S, stream="visit", position=position))
    return position, decision.propensity


def test_a_visit_is_one_frame_where_the_plan_was() -> None:
    """It names place and height as the watch had them, and which position it is of."""
    policy = begun(Schedule(5.0, by="fair"))
    assert policy.due_ns == 5 * S
    (action,) = policy.due(Due(5 * S)).actions
    (event,) = action.events
    assert (event.x_pos, event.y_pos, event.z_pos) == (0.0, -1.0, 7.0)
    assert dict(event.index) == {"p": 0, "g": 0}
    assert (action.label, action.share, action.frame) == ("visit", True, 3)
    assert policy.due_ns == 10 * S


def test_a_visit_may_be_a_stack() -> None:
    """What its events name is theirs; the next visit waits until all of them have come."""
    stack = MDASequence(channels=["FITC"], z_plan={"absolute": [1.0, 2.0]})
    policy = begun(Schedule(5.0, by="fair", do=stack))
    (action,) = policy.due(Due(5 * S)).actions
    assert [event.z_pos for event in action.events] == [1.0, 2.0]
    policy(seen(0.5, 9, t_s=6, stream="visit"))
    assert policy.due(Due(10 * S)).rule == "under way"
    policy.missed(Gap(10, "visit", MDAEvent(), "told to"))
    assert policy.due(Due(15 * S)).rule == "visits"


@pytest.mark.parametrize("by", EVERY)
def test_what_was_refused_is_not_waited_for(by: Any) -> None:
    """A guard's refusal ends a visit; others' refusals and gaps are not its business."""
    policy = begun(Schedule(5.0, by=by))
    (action,) = policy.due(Due(5 * S)).actions
    assert policy.refused(Refusal(Action(label="burst", frame=0), "G", "no")).rule == "idle"
    assert policy.missed(Gap(3, "watch", MDAEvent(), "no")).rule == "idle"
    assert policy.due(Due(10 * S)).rule == "under way"
    assert policy.refused(Refusal(action, "G", "no")).reason == "G: no"
    assert policy.due(Due(15 * S)).rule == "visits"


def test_nothing_is_visited_before_it_was_seen() -> None:
    """Without a frame that could be judged, there is nowhere to go."""
    policy = Schedule(5.0)
    assert policy.due_ns is None
    assert policy(seen(0.0, 0, verdict="invalid")).rule == "invalid"
    assert policy.due(Due(5 * S)).rule == "invalid"


@settings(max_examples=40, deadline=None)
@given(weights=st.lists(st.sampled_from([0.5, 1.0, 2.0, 3.0]), min_size=2, max_size=5))
def test_shares_are_fair(weights: list[float]) -> None:
    """At any time, each position has its share of all visits, to within one and a bit."""
    policy = begun(Schedule(1.0, by="fair", weights=tuple(weights)), len(weights))
    counts = Counter(dict.fromkeys(range(len(weights)), 1))
    for _ in range(100):
        counts[visit(policy, 0.5)[0]] += 1
        total = sum(counts.values())
        for position, weight in enumerate(weights):
            assert abs(counts[position] - total * weight / sum(weights)) < len(weights)


@settings(max_examples=40, deadline=None)
@given(
    by=st.sampled_from(EVERY),
    floor_s=st.sampled_from([20.0, 60.0]),
    busy=st.integers(0, 4),
    by_lot=st.sampled_from([0.0, 0.2]),
)
def test_no_position_is_forgotten(by: Any, floor_s: float, busy: int, by_lot: float) -> None:
    """However much happens elsewhere, each is seen within the floor and a visit to each."""
    policy = begun(Schedule(2.0, by=by, floor_s=floor_s, by_lot=by_lot), 5)
    last = dict.fromkeys(range(5), 0.0)
    for _ in range(150):
        now_s = (policy.due_ns or 0) / S
        position, _ = visit(policy, lambda place, _: float(place == busy))
        last[position] = now_s
        assert now_s - min(last.values()) <= floor_s + 5 * 2.0


@pytest.mark.parametrize("by", ["index", "thompson"])
def test_where_more_happens_is_visited_more_often_and_given_up_again(by: Any) -> None:
    """First one position is busy, later another: the visits move with what happens."""
    policy = begun(Schedule(1.0, by=by, forget_s=60.0))

    def score(position: int, now_s: float) -> float:
        return 0.9 if position == (1 if now_s < 300 else 3) else 0.05

    went = [visit(policy, score)[0] for _ in range(600)]
    early, late = Counter(went[50:300]), Counter(went[350:])
    assert early[1] > 125
    assert late[3] > 125
    assert late[1] < early[1] / 2


def catches(by: str, seed: int) -> int:
    """Return how many of 600 visits found something, where it comes and goes at six positions.

    At each something begins once in 600 s on average, and lasts for 60 s; a detector sees it
    nine times in ten, and sees something where nothing is once in twenty.
    """
    random = np.random.default_rng(seed)
    starts = [np.cumsum(random.exponential(600, 20)) for _ in range(6)]
    policy = begun(Schedule(2.0, by=by, forget_s=60.0, seed=seed), 6)  # type: ignore[arg-type]
    found = 0

    def score(position: int, now_s: float) -> float:
        nonlocal found
        there = any(0 <= now_s - start < 60 for start in starts[position])
        found += there
        return float(random.random() < (0.9 if there else 0.05))

    for _ in range(600):
        visit(policy, score)
    return found


def test_visits_find_more_than_in_a_plain_round() -> None:
    """With as many visits, over ten worlds: 1.3 times as many find something, at the least."""
    found = {by: sum(catches(by, seed) for seed in range(10)) for by in EVERY}
    assert found["thompson"] > 1.3 * found["fair"], found
    assert found["index"] > 1.3 * found["fair"], found


def test_propensities_are_those_of_the_draws() -> None:
    """Chosen with a probability of p, a position is chosen in a share of p of such cases."""
    policy = begun(Schedule(1.0, by="thompson", by_lot=0.2, forget_s=30.0))
    went = [visit(policy, lambda place, _: 0.2 + 0.2 * place) for _ in range(1500)]
    inverse = sum(1.0 / chance for _, chance in went) / len(went)
    assert inverse == pytest.approx(4, rel=0.1)  # sum over positions of p / p, as in HT weighting
    assert all(0.05 <= chance <= 1 for _, chance in went)


@pytest.mark.parametrize("by", EVERY)
def test_the_same_seed_goes_the_same_way(by: Any) -> None:
    """Decisions rest on nothing but what was seen and the seed; a fresh one begins anew."""
    policy = Schedule(1.0, by=by, seed=3, by_lot=0.1)
    went = [
        [visit(begun_one, 0.5) for _ in range(50)]
        for begun_one in (begun(policy), begun(policy.fresh()))
    ]
    assert went[0] == went[1]


@pytest.mark.parametrize(
    ("given_", "what"),
    [
        pytest.param({"every_s": 0}, "every_s", id="no time"),
        pytest.param({"by": "ucb"}, "Schedule.by", id="unknown"),
        pytest.param({"floor_s": 0}, "floor_s", id="no floor"),
        pytest.param({"forget_s": -1}, "forget_s", id="before"),
        pytest.param({"weights": (1, 0)}, "weights", id="no weight"),
        pytest.param({"explore": -1}, "explore", id="less than nothing"),
        pytest.param({"by_lot": 2}, "by_lot", id="more than all"),
        pytest.param({"seed": -1}, "seed", id="seed"),
        pytest.param({"do": (MDAEvent(x_pos=1.0),)}, "place of its own", id="a place"),
        pytest.param({"do": ()}, "Schedule.do", id="nothing"),
        pytest.param({"label": "watch"}, "label", id="label"),
    ],
)
def test_a_wrong_setting_is_named(given_: dict[str, Any], what: str) -> None:
    """What can't be used is an error where it is given."""
    with pytest.raises(ProtocolError, match=what):
        Schedule(**{"every_s": 1.0, **given_})
