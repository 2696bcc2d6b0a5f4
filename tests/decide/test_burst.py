"""Burst: when it fires, when not, and what it says."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from decide_cases import fired, play, seen
from hypothesis import given
from hypothesis import strategies as st
from useq import Channel, MDAEvent, MDASequence, TIntervalLoops  # noqa: F401 - a repr names them

from saccade.core import ProtocolError
from saccade.decide import Burst

DO = MDASequence(channels=["FITC"], time_plan={"interval": 1, "loops": 3})


@pytest.mark.parametrize(
    ("settings", "scores", "frames"),
    [
        pytest.param({}, [0.1, 0.9], [1], id="rises"),
        pytest.param({}, [0.1, 0.79, 0.7], [], id="almost"),
        pytest.param({}, [0.8], [0], id="just"),
        pytest.param({}, [0.9, 0.9, 0.9], [0], id="stays up"),
        pytest.param({}, [0.9, 0.31, 0.9], [0], id="falls, but not below"),
        pytest.param({}, [0.9, 0.3, 0.9], [0, 2], id="re-armed"),
        pytest.param({"dwell": 2}, [0.9, 0.9], [1], id="dwell"),
        pytest.param({"dwell": 2}, [0.9, 0.5, 0.9, 0.9], [3], id="dwell must be consecutive"),
        pytest.param({"dwell": 2}, [0.9, None, 0.9, 0.9], [3], id="invalid ends the count"),
        pytest.param({}, [None, None], [], id="invalid never triggers"),
        pytest.param({}, [0.9, None, 0.9], [0], id="invalid does not re-arm"),
        pytest.param({"refractory_s": 3}, [0.9, 0, 0.9, 0.9], [0, 3], id="refractory"),
        pytest.param({"refractory_s": 3}, [0.9, 0, 0.9, 0, 0, 0.9], [0, 5], id="missed it"),
        pytest.param({}, [math.nan, 0.9], [1], id="NaN is no score"),
    ],
)
def test_when_it_fires(settings: dict, scores: list, frames: list[int]) -> None:
    """It fires on a risen score, once for each rise, after dwell and refractory time."""
    assert fired(Burst(DO, **settings), scores) == frames


def test_what_it_asks_for() -> None:
    """The action carries the events, the frame it rests on, its time and its expiry."""
    policy = Burst(DO, label="zoom", priority=3, triggered=True, expires_s=0.5)
    (action,) = policy(seen(0.9, frame=7, t_s=2.0)).actions
    assert action.events == tuple(DO)
    assert (action.label, action.priority, action.triggered) == ("zoom", 3, True)
    assert (action.frame, action.t_ns, action.expires_ns) == (7, 2_000_000_000, 2_500_000_000)
    assert not action.planned
    assert Burst(DO)(seen(0.9)).actions[0].expires_ns is None


@pytest.mark.parametrize("do", [DO, tuple(DO), list(DO)], ids=["sequence", "tuple", "list"])
def test_events_may_be_given_in_any_way(do: object) -> None:
    """A sequence and a tuple of the same events ask for the same."""
    assert Burst(do)(seen(0.9)).actions[0].events == tuple(DO)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("settings", "scores", "rule", "reason"),
    [
        pytest.param({"dwell": 2}, [0.91, 0.91], "fired", "score 0.91 >= 0.8 for 2 frames", id="f"),
        pytest.param({}, [0.91], "fired", "score 0.91 >= 0.8 for 1 frame", id="one frame"),
        pytest.param({}, [0.21], "quiet", "score 0.21 < 0.8", id="quiet"),
        pytest.param({"dwell": 3}, [0.9], "dwell", "1 frame of 3", id="dwell"),
        pytest.param({}, [0.9, 0.9], "spent", "not <= 0.3 since the last burst", id="spent"),
        pytest.param(
            {"refractory_s": 9}, [0.9, 0.0, 0.9], "refractory", "2 s after the last", id="r"
        ),
        pytest.param({}, [None], "invalid", "can't be judged", id="invalid"),
    ],
)
def test_every_decision_explains_itself(
    settings: dict, scores: list, rule: str, reason: str
) -> None:
    """Each decision names its rule and gives the numbers that it rests on."""
    decision = play(Burst(DO, **settings), scores)[-1]
    assert decision.rule == rule
    assert reason in decision.reason
    assert decision.frame == len(scores) - 1


@pytest.mark.parametrize("where", [{"position": 1}, {"tile": 1}], ids=["position", "tile"])
def test_every_place_has_its_own_memory(where: dict) -> None:
    """A burst at one place neither disarms another nor counts its frames."""
    policy = Burst(DO, dwell=2)
    assert not policy(seen(0.9, 0)).actions
    assert not policy(seen(0.9, 1, **where)).actions
    assert policy(seen(0.9, 2)).actions
    assert policy(seen(0.9, 3, **where)).actions


@given(
    scores=st.lists(st.none() | st.floats(0, 1), max_size=60),
    dwell=st.integers(1, 4),
    refractory_s=st.floats(0, 10),
)
def test_the_promise_holds_for_any_scores(
    scores: list[float | None], dwell: int, refractory_s: float
) -> None:
    """Each burst follows dwell high frames, a re-arming score and the refractory time."""
    frames = fired(Burst(DO, dwell=dwell, refractory_s=refractory_s), scores)
    for frame in frames:
        assert all((score or 0) >= 0.8 for score in scores[frame - dwell + 1 : frame + 1])
        assert frame - dwell + 1 >= 0
    for first, second in pairwise(frames):
        between = scores[first + 1 : second]
        assert any(score is not None and score <= 0.3 for score in between)
        assert second - first >= refractory_s


@given(scores=st.lists(st.none() | st.floats(0, 1), max_size=30))
def test_the_same_scores_give_the_same_decisions(scores: list[float | None]) -> None:
    """A fresh policy decides as the first did, so that a run can be replayed."""
    policy = Burst(DO, dwell=2, refractory_s=1.5)
    assert play(policy, scores) == play(policy.fresh(), scores)


def test_a_repr_can_be_pasted_back() -> None:
    """What a burst prints makes the same burst."""
    import datetime  # noqa: F401 - a repr names it

    text = repr(Burst(DO, above=0.7, expires_s=2.0))
    assert repr(eval(text)) == text  # noqa: S307 - it is our own repr


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        pytest.param({"do": MDASequence()}, "Burst.do", id="empty sequence"),
        pytest.param({"do": ()}, "Burst.do", id="empty tuple"),
        pytest.param({"do": None}, "Burst.do", id="nothing"),
        pytest.param({"do": "FITC"}, "Burst.do", id="text"),
        pytest.param({"do": (1, 2)}, "Burst.do", id="numbers"),
        pytest.param({"above": 0.3, "below": 0.3}, "Burst.above", id="equal thresholds"),
        pytest.param({"above": 0.2}, "Burst.above", id="crossed thresholds"),
        pytest.param({"above": 1.2}, "Burst.above", id="above 1"),
        pytest.param({"below": -0.1}, "Burst.below", id="below 0"),
        pytest.param({"above": math.nan}, "Burst.above", id="NaN"),
        pytest.param({"above": "high"}, "Burst.above", id="text threshold"),
        pytest.param({"dwell": 0}, "Burst.dwell", id="no dwell"),
        pytest.param({"dwell": 1.5}, "Burst.dwell", id="broken dwell"),
        pytest.param({"refractory_s": -1}, "Burst.refractory_s", id="negative refractory"),
        pytest.param({"refractory_s": math.inf}, "Burst.refractory_s", id="endless refractory"),
        pytest.param({"expires_s": -1}, "Burst.expires_s", id="expired before"),
        pytest.param({"priority": 1.5}, "Burst.priority", id="broken priority"),
        pytest.param({"label": "watch"}, "Burst.label", id="the plan's label"),
        pytest.param({"label": ""}, "Burst.label", id="no label"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict, word: str) -> None:
    """A setting that can't be used is refused at once, by name, with what to do."""
    with pytest.raises(ProtocolError, match=word) as caught:
        Burst(**{"do": (MDAEvent(),), **settings})
    assert caught.value.do


def test_it_says_what_kind_it_is() -> None:
    """A policy names its kind and the streams that it wants to see."""
    assert Burst.kind == "event-driven"
    assert Burst.streams == frozenset({"watch"})
