"""Stay: when it comes, how long it stays, and what it says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from decide_cases import seen
from hypothesis import given
from hypothesis import strategies as st
from useq import MDAEvent, MDASequence

from saccade.core import Point, ProtocolError
from saccade.decide import Stay

if TYPE_CHECKING:
    from collections.abc import Iterable

    from saccade.core import Decision

LOOPS = 3
DO = MDASequence(channels=["FITC"], time_plan={"interval": 1, "loops": LOOPS})


def play(policy: Stay, scores: Iterable[float | None], late_s: float = 0.0) -> list[Decision]:
    """Return the decisions on scores, a frame a second: a burst that was asked for comes next."""
    decisions: list[Decision] = []
    left = 0
    for t, score in enumerate(scores):
        stream = policy.label if left else "watch"
        left = max(0, left - 1)
        verdict = "invalid" if score is None else "trusted"
        t_s = t + (late_s if t % 2 else 0.0)
        decision = policy(seen(score or 0.0, t, t_s=t_s, stream=stream, verdict=verdict))
        if decision.actions:
            left = LOOPS
        decisions.append(decision)
    return decisions


HIGH, MID, LOW = 0.9, 0.5, 0.1


@pytest.mark.parametrize(
    ("settings", "scores", "rules"),
    [
        pytest.param({}, [LOW, HIGH], ["quiet", "fired"], id="rises"),
        pytest.param({}, [MID], ["quiet"], id="not high enough to come"),
        pytest.param(
            {"dwell": 2}, [HIGH, LOW, HIGH, HIGH], ["dwell", "quiet", "dwell", "fired"], id="d"
        ),
        pytest.param(
            {},
            [HIGH, HIGH, HIGH, MID, LOW, LOW, LOW],
            ["fired", "under way", "under way", "stays", "under way", "under way", "leaves"],
            id="high enough to stay",
        ),
        pytest.param(
            {},
            [HIGH, LOW, LOW, HIGH],
            ["fired", "under way", "under way", "stays"],
            id="only the last frame of a burst counts",
        ),
        pytest.param(
            {},
            [HIGH, LOW, LOW, LOW, HIGH],
            ["fired", "under way", "under way", "leaves", "fired"],
            id="comes again after it was low",
        ),
        pytest.param(
            {"most": 1},
            [HIGH, HIGH, HIGH, HIGH, HIGH, LOW, HIGH],
            ["fired", "under way", "under way", "leaves", "spent", "quiet", "fired"],
            id="enough, until it was low",
        ),
        pytest.param(
            {},
            [HIGH, HIGH, HIGH, None, HIGH],
            ["fired", "under way", "under way", "leaves", "fired"],
            id="a last frame that can't be judged",
        ),
        pytest.param({"dwell": 2}, [HIGH, None, HIGH], ["dwell", "invalid", "dwell"], id="invalid"),
    ],
)
def test_when_it_comes_and_leaves(settings: dict, scores: list, rules: list[str]) -> None:
    """It comes as a burst does, and stays while the last frame of each burst is high."""
    assert [one.rule for one in play(Stay(DO, **settings), scores)] == rules


@pytest.mark.parametrize("late_s", [0.0, 0.2, -0.2], ids=["on time", "late", "early"])
def test_frames_may_come_a_little_early_or_late(late_s: float) -> None:
    """The last frame of a burst is known by its time, give or take."""
    rules = [one.rule for one in play(Stay(DO), [HIGH] * 7, late_s)]
    assert rules == ["fired", *["under way", "under way", "stays"] * 2]


def test_a_lost_last_frame_ends_the_stay() -> None:
    """When the watch goes on the burst is over, and it may come again at once."""
    policy = Stay(DO)
    assert policy(seen(HIGH, 0)).rule == "fired"
    assert policy(seen(HIGH, 1, stream="stay")).rule == "under way"
    assert policy(seen(HIGH, 9)).rule == "fired"


def test_a_shared_stay_is_not_doubled_by_the_watch() -> None:
    """Frames of the watch that come between those of a burst ask for no other."""
    policy = Stay(DO, share=True)
    assert policy(seen(HIGH, 0)).rule == "fired"
    rules = [
        policy(seen(HIGH, t, t_s=t / 2, stream="watch" if t % 2 else "stay")).rule
        for t in range(1, 6)
    ]
    assert rules == ["under way", "under way", "under way", "under way", "under way"]
    assert policy(seen(HIGH, 6, t_s=3.0, stream="stay")).rule == "stays"
    assert policy(seen(HIGH, 7, t_s=3.5)).rule == "under way"


def test_a_shared_stay_whose_frames_are_lost_is_over_in_time() -> None:
    """When no frame of a burst can come any more, the watch is heard again."""
    policy = Stay(DO, share=True)
    assert policy(seen(HIGH, 0)).rule == "fired"
    assert policy(seen(HIGH, 1, t_s=2.9)).rule == "under way"
    assert policy(seen(HIGH, 2, t_s=3.0)).rule == "fired"


def at(x_um: float, strength: float = 1.0) -> Point:
    """Return a point of the stage at y = 0."""
    return Point(0.0, 0.0, strength, x_um, 0.0)


@pytest.mark.parametrize(
    ("x_um", "t_s", "rule"),
    [
        pytest.param(12.0, 20, "known", id="where it stayed"),
        pytest.param(25.0, 20, "fired", id="elsewhere in the field"),
        pytest.param(12.0, 103, "known", id="not yet forgotten"),
        pytest.param(12.0, 104, "fired", id="forgotten"),
    ],
)
def test_it_comes_once_for_one_thing(x_um: float, t_s: float, rule: str) -> None:
    """What it stayed with before, and still looks alike, brings it back only when forgotten."""
    policy = Stay(DO, once_um=10, forget_s=100, most=1)
    policy(seen(HIGH, 0, points=(at(0.0),)))
    for t, score in ((1, HIGH), (2, HIGH), (3, HIGH)):
        policy(seen(score, t, stream="stay", points=(at(-50.0, 0.1), at(5.0 * min(t, 2)))))
    assert policy(seen(HIGH, t_s=t_s, points=(at(-50.0, 0.1), at(x_um)))).rule == rule


def test_a_short_stay_is_not_remembered() -> None:
    """A false alarm does not hide what happens later at the same place."""
    policy = Stay(DO, once_um=10, most=3)
    policy(seen(HIGH, 0, points=(at(0.0),)))
    for t, score in ((1, HIGH), (2, HIGH), (3, LOW)):
        policy(seen(score, t, stream="stay", points=(at(0.0),)))
    assert policy(seen(HIGH, 9, points=(at(0.0),))).rule == "fired"


def test_something_else_is_new_though_the_score_never_fell() -> None:
    """Where it knows what it stayed with, it need not wait for the score to fall."""
    scores = [HIGH] * 4
    spent, known = Stay(DO, most=1), Stay(DO, most=1, once_um=10)
    for policy in (spent, known):
        assert [one.rule for one in play(policy, scores)][-1] == "leaves"
    assert spent(seen(HIGH, 9, points=(at(40.0),))).rule == "spent"
    assert known(seen(HIGH, 9, points=(at(40.0),))).rule == "fired"


def test_frames_of_another_policy_may_count_as_the_watch() -> None:
    """What others look at more often is judged as the watch is, and does not end a stay."""
    stay = Stay(DO, above=0.8, below=0.3, share=True, also=("look",))
    assert stay.streams == {"watch", "look", "stay"}
    told = [
        stay(seen(score, t, t_s=float(t), stream=stream)).rule
        for t, (score, stream) in enumerate(
            [(LOW, "look"), (HIGH, "look"), (HIGH, "stay"), (LOW, "look"), (HIGH, "stay")]
        )
    ]
    assert told == ["quiet", "fired", "under way", "under way", "stays"]


@pytest.mark.parametrize(
    ("strength", "rule"),
    [
        pytest.param(0.85, "fired", id="would bring it alone"),
        pytest.param(0.7, "known", id="too weak alone"),
    ],
)
def test_a_second_thing_in_the_field_is_not_hidden_by_the_first(strength: float, rule: str) -> None:
    """What it stayed with may still be the strongest; another one beside it is judged by itself."""
    policy = Stay(DO, above=0.8, below=0.3, once_um=10, most=1)
    policy(seen(HIGH, 0, points=(at(0.0, HIGH),)))
    for t in (1, 2, 3):
        policy(seen(HIGH, t, stream="stay", points=(at(60.0, HIGH), at(1.0, 0.85))))
    after = policy(seen(HIGH, 9, points=(at(1.0, HIGH), at(60.0, strength))))
    assert after.rule == rule


def test_every_place_has_its_own_memory() -> None:
    """A stay at one position does not keep it from coming to another."""
    policy = Stay(DO)
    assert policy(seen(HIGH, 0, position=0)).rule == "fired"
    assert policy(seen(HIGH, 1, position=1)).rule == "fired"
    assert policy(seen(HIGH, 2, position=0, stream="stay")).rule == "under way"


@given(
    scores=st.lists(st.none() | st.floats(0, 1), max_size=60),
    most=st.integers(1, 4),
    dwell=st.integers(1, 3),
)
def test_the_promise_holds_for_any_scores(scores: list, most: int, dwell: int) -> None:
    """It never asks for a burst on a low or invalid frame, nor for more in a row than it may."""
    in_a_row = 0
    for decision, score in zip(play(Stay(DO, most=most, dwell=dwell), scores), scores, strict=True):
        if decision.rule == "fired":
            assert score is not None
            assert score >= 0.8
            in_a_row = 1
        elif decision.rule == "stays":
            assert score is not None
            assert score > 0.3
            in_a_row += 1
        assert in_a_row <= most
        assert bool(decision.actions) == (decision.rule in ("fired", "stays"))


@given(scores=st.lists(st.none() | st.floats(0, 1), max_size=40))
def test_the_same_scores_give_the_same_decisions(scores: list) -> None:
    """A fresh policy decides as the first did, so that a run can be replayed."""
    policy = Stay(DO, dwell=2)
    assert play(policy, scores) == play(policy.fresh(), scores)


def test_what_it_asks_for() -> None:
    """The action carries the events, the frame it rests on, its time and its expiry."""
    (action,) = Stay(DO, label="near", priority=3, expires_s=0.5)(seen(HIGH, 7, t_s=2.0)).actions
    assert (action.events, action.label, action.priority) == (tuple(DO), "near", 3)
    assert (action.frame, action.t_ns, action.expires_ns) == (7, 2_000_000_000, 2_500_000_000)
    assert not (action.triggered)
    assert not (action.share)
    (action,) = Stay(DO, share=True)(seen(HIGH)).actions
    assert action.share


def test_it_hears_its_own_frames() -> None:
    """It wants the frames of the watch and of its bursts, and leads no run by itself."""
    assert Stay(DO, label="near").streams == {"watch", "near"}
    assert Stay.kind == "event-driven"


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"also": ("watch",)}, "also"),
        ({"also": "look"}, "also"),
        pytest.param({"do": (MDAEvent(),)}, "Stay.do", id="one frame"),
        pytest.param({"do": (MDAEvent(), MDAEvent())}, "Stay.do", id="no interval"),
        pytest.param({"do": ()}, "Stay.do", id="nothing"),
        pytest.param({"above": 0.2}, "Stay.above", id="crossed thresholds"),
        pytest.param({"dwell": 0}, "Stay.dwell", id="no dwell"),
        pytest.param({"most": 0}, "Stay.most", id="no burst"),
        pytest.param({"once_um": -1.0}, "Stay.once_um", id="negative distance"),
        pytest.param({"forget_s": math.inf}, "Stay.forget_s", id="never forgets"),
        pytest.param({"label": "watch"}, "Stay.label", id="the plan's label"),
        pytest.param({"priority": 1.5}, "Stay.priority", id="broken priority"),
        pytest.param({"expires_s": -1}, "Stay.expires_s", id="expired before"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict, word: str) -> None:
    """A setting that can't be used is refused at once, by name, with what to do."""
    with pytest.raises(ProtocolError, match=word) as caught:
        Stay(**{"do": DO, **settings})
    assert caught.value.do
