"""Rate: decisions act only so often."""

from __future__ import annotations

import math

import pytest
from guard_cases import decided, passes, planned, why_not, wrong
from hypothesis import given
from hypothesis import strategies as st

from saccade.core import Action, Refusal
from saccade.guard import Rate


def test_a_minute_holds_only_so_many_actions() -> None:
    """The action after the last one allowed has to wait until the first is a minute old."""
    guard = Rate(actions_per_min=2)
    assert [passes(guard, decided(t_s=t)) for t in (0, 10, 20, 59.9, 60, 61, 70)] == [
        *(True, True, False, False),
        *(True, False, True),
    ]


def test_ten_a_minute_unless_said_otherwise() -> None:
    """By default ten actions leave in a minute, at any pace."""
    guard = Rate()
    assert [passes(guard, decided(t_s=t)) for t in range(11)] == [True] * 10 + [False]
    assert passes(guard, Action(interval_s=0.0, frame=1))


def test_the_refusal_says_when() -> None:
    """A refusal tells the limit, and how long it takes until the next would pass."""
    guard = Rate(actions_per_min=1)
    guard.commit(decided(t_s=0))
    refusal = guard(decided(t_s=45))
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "'burst' is one more than 1 actions in a minute"
    assert refusal.allowed == "the next one in 15 s"


def test_the_plan_passes() -> None:
    """Planned events are neither refused nor counted."""
    guard = Rate(actions_per_min=1)
    assert all(passes(guard, planned(t_s=t)) for t in range(10))
    assert passes(guard, decided(t_s=10))
    assert passes(guard, planned(t_s=11))


@pytest.mark.parametrize(
    ("interval_s", "ok"), [(0.5, True), (2.0, True), (0.4, False), (0.0, False), (math.nan, False)]
)
def test_a_pace_has_a_shortest_interval(interval_s: float, ok: bool) -> None:
    """A pace below the shortest interval is refused, a NaN as well."""
    assert passes(Rate(min_interval_s=0.5), Action(interval_s=interval_s, frame=1)) is ok


def test_a_pace_that_is_too_fast_is_told_what_is_not() -> None:
    """The refusal of a pace says what was asked, and the shortest interval."""
    assert why_not(Rate(min_interval_s=0.5), Action(interval_s=0.25, frame=1)) == (
        "'burst' asks for a frame every 0.25 s",
        "an interval of at least 0.5 s",
    )


def test_a_change_of_pace_is_not_counted() -> None:
    """A change of pace neither counts nor waits: a slow-down must always get through."""
    guard = Rate(actions_per_min=1)
    assert passes(guard, Action(interval_s=1.0, frame=1))
    assert passes(guard, decided(t_s=1))
    assert passes(guard, Action(interval_s=30.0, frame=2, t_ns=2_000_000_000))
    assert not passes(guard, decided(t_s=3, interval_s=1.0))


@given(
    steps=st.lists(st.floats(0, 30), max_size=60),
    count=st.integers(1, 5),
)
def test_no_minute_ever_holds_more(steps: list[float], count: int) -> None:
    """Over any sequence, every window of 60 s holds at most the number that was set."""
    guard, t_s, left = Rate(actions_per_min=count), 0.0, []
    for step in steps:
        t_s += step
        action = decided(t_s=t_s)
        if passes(guard, action):
            left.append(action.t_ns)
    for begin in left:
        assert sum(begin <= t_ns < begin + 60_000_000_000 for t_ns in left) <= count


def test_fresh_has_an_empty_ledger() -> None:
    """A fresh guard has the same settings and has seen nothing."""
    guard = Rate(actions_per_min=1, min_interval_s=0.5)
    guard.commit(decided())
    assert not passes(guard, decided())
    assert passes(guard.fresh(), decided())
    assert repr(eval(repr(guard))) == repr(guard.fresh())  # noqa: S307 - it is our own repr


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        pytest.param({"actions_per_min": 0}, "Rate.actions_per_min", id="none"),
        pytest.param({"actions_per_min": 1.5}, "Rate.actions_per_min", id="broken"),
        pytest.param({"actions_per_min": True}, "Rate.actions_per_min", id="truth value"),
        pytest.param({"min_interval_s": -1}, "Rate.min_interval_s", id="negative"),
        pytest.param({"min_interval_s": math.nan}, "Rate.min_interval_s", id="NaN"),
        pytest.param({"min_interval_s": "1"}, "Rate.min_interval_s", id="text"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict, word: str) -> None:
    """A setting that can't be used is refused at once, by name, with what to do."""
    ((name, value),) = settings.items()
    must = {
        "actions_per_min": "a whole number of at least 1."
        " Give the number of bursts that the sample can take in a minute.",
        "min_interval_s": "a number of seconds, 0 or more. 0 lets every pace through.",
    }
    assert wrong(Rate, **settings) == f"{word} is {value!r}, but it must be {must[name]}"
