"""Pace: fast while something happens."""

from __future__ import annotations

import math

import pytest
from decide_cases import play, seen
from hypothesis import given
from hypothesis import strategies as st

from saccade.core import ProtocolError
from saccade.decide import Pace


def paces(policy: Pace, scores: list) -> list[tuple[int, float | None]]:
    """Return at which frames the interval was set, and to what."""
    return [
        (one.frame, action.interval_s) for one in play(policy, scores) for action in one.actions
    ]


@pytest.mark.parametrize(
    ("settings", "scores", "expected"),
    [
        pytest.param({}, [0.1, 0.5], [], id="quiet"),
        pytest.param({}, [0.9, 0.9, 0.5], [(0, 1)], id="once"),
        pytest.param({}, [0.9, 0.3, 0.9], [(0, 1), (1, 30), (2, 1)], id="to and fro"),
        pytest.param({}, [0.9, 0.31], [(0, 1)], id="not yet calm"),
        pytest.param({"dwell": 2}, [0.9, 0.1, 0.9, 0.9, 0.1, 0.1], [(3, 1), (5, 30)], id="dwell"),
        pytest.param({"dwell": 2}, [0.9, None, 0.9, 0.9], [(3, 1)], id="invalid ends the count"),
        pytest.param({}, [None, 0.9, None], [(1, 1)], id="invalid says nothing"),
    ],
)
def test_the_pace_is_set_at_each_change(settings: dict, scores: list, expected: list) -> None:
    """The interval is set once for each change of pace, either way after dwell frames."""
    assert paces(Pace(30, 1, **settings), scores) == expected


def test_any_busy_place_keeps_the_watch_fast() -> None:
    """The watch slows down only when no place is busy any more."""
    policy = Pace(30, 1)
    assert policy(seen(0.9, 0)).actions[0].interval_s == 1
    assert not policy(seen(0.9, 1, position=1)).actions
    assert not policy(seen(0.1, 2)).actions
    (action,) = policy(seen(0.1, 3, position=1)).actions
    assert (action.interval_s, action.frame, action.t_ns) == (30, 3, 3_000_000_000)
    assert action.events == ()


@pytest.mark.parametrize(
    ("scores", "rule", "reason"),
    [
        pytest.param([0.1], "same", "score 0.1 is not >= 0.8: still slow", id="slow"),
        pytest.param([0.9], "fast", "score 0.9 >= 0.8 for 1 of 1 frames: every 1 s", id="fast"),
        pytest.param([0.9, 0.5], "same", "score 0.5 is not <= 0.3: still fast", id="still fast"),
        pytest.param([0.9, 0.2], "slow", "score 0.2 <= 0.3 for 1 of 1 frames: every 30 s", id="s"),
        pytest.param([None], "invalid", "can't be judged", id="invalid"),
    ],
)
def test_every_decision_explains_itself(scores: list, rule: str, reason: str) -> None:
    """Each decision names its rule and gives the numbers that it rests on."""
    decision = play(Pace(30, 1), scores)[-1]
    assert decision.rule == rule
    assert reason in decision.reason


@given(scores=st.lists(st.none() | st.floats(0, 1), max_size=60), dwell=st.integers(1, 3))
def test_paces_alternate(scores: list, dwell: int) -> None:
    """Whatever the scores, fast and slow alternate, fast first; and a fresh one does the same."""
    policy = Pace(30, 1, dwell=dwell)
    set_to = [interval for _, interval in paces(policy, scores)]
    assert set_to == [1, 30] * (len(set_to) // 2) + [1] * (len(set_to) % 2)
    assert [interval for _, interval in paces(policy.fresh(), scores)] == set_to


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        pytest.param({"slow_s": 1, "fast_s": 1}, "Pace.fast_s", id="equal"),
        pytest.param({"slow_s": 1, "fast_s": 2}, "Pace.fast_s", id="crossed"),
        pytest.param({"slow_s": -1, "fast_s": 0}, "Pace.slow_s", id="negative"),
        pytest.param({"slow_s": math.nan, "fast_s": 0}, "Pace.slow_s", id="NaN"),
        pytest.param({"slow_s": 1, "fast_s": None}, "Pace.fast_s", id="None"),
        pytest.param({"slow_s": 1, "fast_s": 0, "above": 0.1}, "Pace.above", id="thresholds"),
        pytest.param({"slow_s": 1, "fast_s": 0, "dwell": 0}, "Pace.dwell", id="dwell"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict, word: str) -> None:
    """A setting that can't be used is refused at once, by name, with what to do."""
    with pytest.raises(ProtocolError, match=word) as caught:
        Pace(**settings)
    assert caught.value.do


def test_a_repr_can_be_pasted_back() -> None:
    """What a pace prints makes the same pace."""
    text = repr(Pace(30, 1, above=0.7))
    assert repr(eval(text)) == text  # noqa: S307 - it is our own repr
