"""Follow: what it takes up, where it looks next, and when it gives up."""

from __future__ import annotations

import math

import pytest
from decide_cases import seen
from hypothesis import given
from hypothesis import strategies as st
from useq import MDAEvent

from saccade.core import Decision, Frame, Gap, Observation, Point, ProtocolError, Round
from saccade.decide import Follow
from saccade.run import Run
from saccade.testing import FakeScope, MemorySink, frame_of


def at(x_um: float, y_um: float = 0.0, strength: float = 1.0) -> Point:
    """Return a point of the stage."""
    return Point(0.0, 0.0, strength, x_um, y_um)


def look(policy: Follow, t_s: float, *points: Point, stream: str = "follow") -> Decision:
    """Return the decision on a frame with some points."""
    return policy(seen(0.9 if points else 0.0, t_s=t_s, points=points, stream=stream))


def goal(decision: Decision) -> tuple[float, float, float]:
    """Return where a decision wants to look, and after how long."""
    ((event,),) = (action.events for action in decision.actions)
    return event.x_pos, event.y_pos, event.min_start_time


def test_it_takes_up_the_strongest_point() -> None:
    """The first frame that is good enough decides what is followed; the watch goes on."""
    policy = Follow(10.0, above=0.5)
    assert policy(seen(0.4, points=(at(1.0),))).rule == "quiet"
    decision = look(policy, 0, at(3.0, strength=2), at(7.0, 8.0, strength=5), stream="watch")
    assert decision.rule == "takes up"
    assert goal(decision) == (7.0, 8.0, 10.0)
    assert decision.actions[0].share
    assert look(policy, 1, at(3.0), stream="watch").rule == "quiet"


def test_it_is_looked_for_where_it_will_be() -> None:
    """Something that moves steadily is soon expected where it is."""
    policy = Follow(1.0, smooth=0.5, reach_um=6)
    look(policy, 0, at(0.0), stream="watch")
    for t in range(1, 12):
        decision = look(policy, t, at(4.0 * t), at(-200.0))
        assert decision.rule == "follows"
    x_um, y_um, _ = goal(decision)
    assert x_um == pytest.approx(4.0 * 12, abs=0.1)
    assert y_um == 0


def test_it_does_not_jump_to_another() -> None:
    """A stronger point out of reach is another thing; the nearest one is it, strong or not."""
    policy = Follow(1.0, reach_um=5)
    look(policy, 0, at(0.0), stream="watch")
    x_um, *_ = goal(look(policy, 1, at(4.0, strength=0.1), at(9.0, strength=99)))
    assert 4.0 <= x_um < 7.0


def test_it_keeps_its_course_for_a_while() -> None:
    """Out of sight it is looked for where it should be, then given up, then taken up anew."""
    policy = Follow(1.0, patience=2, smooth=1.0, reach_um=5)
    look(policy, 0, at(0.0), stream="watch")
    look(policy, 1, at(2.0))
    assert [look(policy, t).rule for t in (2, 3, 4)] == ["waits", "waits", "lost"]
    assert look(policy, 5, at(9.0), stream="follow").rule == "quiet"
    assert look(policy, 6, at(50.0), stream="watch").rule == "takes up"


def test_it_is_found_again_behind_another() -> None:
    """What comes out of sight in time, on its course, is followed on."""
    policy = Follow(1.0, patience=3, smooth=1.0, reach_um=3)
    look(policy, 0, at(0.0), stream="watch")
    look(policy, 1, at(2.0))
    assert look(policy, 2).rule == "waits"
    assert look(policy, 3, at(6.5)).rule == "follows"


def test_a_gap_ends_it() -> None:
    """A frame that does not come is not waited for; the watch may take it up again."""
    policy = Follow(1.0)
    look(policy, 0, at(0.0), stream="watch")
    event = frame_of([[1]]).event
    assert policy.missed(Gap(3, "watch", event, "no")).rule == "gap"
    assert look(policy, 1, at(0.0)).rule == "follows"
    policy.missed(Gap(4, "follow", event, "no"))
    assert look(policy, 2, at(0.0), stream="watch").rule == "takes up"


@given(
    st.lists(
        st.tuples(st.booleans(), st.lists(st.floats(-500, 500), max_size=3)),
        max_size=30,
    )
)
def test_there_is_never_more_than_one_frame_on_its_way(frames: list) -> None:
    """Whatever is seen, each decision asks for one frame at most, at a place that is finite."""
    policy, again = Follow(2.0, reach_um=20), Follow(2.0, reach_um=20)
    waiting = False
    for t, (watch, places) in enumerate(frames):
        stream = "watch" if watch or not waiting else "follow"
        values: dict = {"points": tuple(at(x) for x in places), "stream": stream, "t_s": float(t)}
        observation: Observation = seen(0.9, t, **values)
        decision = policy(observation)
        assert decision == again(observation)
        if decision.actions:
            assert all(map(math.isfinite, goal(decision)))
            assert not (waiting and stream == "watch")
        waiting = bool(decision.actions) or (waiting and stream == "watch")


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        pytest.param({"every_s": -1.0}, "Follow.every_s", id="negative time"),
        pytest.param({"reach_um": 0.0}, "Follow.reach_um", id="no reach"),
        pytest.param({"above": 2.0}, "Follow.above", id="above 1"),
        pytest.param({"smooth": math.nan}, "Follow.smooth", id="NaN"),
        pytest.param({"patience": -1}, "Follow.patience", id="negative patience"),
        pytest.param({"label": "watch"}, "Follow.label", id="the plan's label"),
        pytest.param({"priority": 0.5}, "Follow.priority", id="broken priority"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict, word: str) -> None:
    """A setting that can't be used is refused at once, by name, with what to do."""
    with pytest.raises(ProtocolError, match=word) as caught:
        Follow(**{"every_s": 1.0, **settings})
    assert caught.value.do


def test_it_says_what_kind_it_is() -> None:
    """It is event-driven, and hears the watch and its own frames."""
    assert Follow.kind == "event-driven"
    assert Follow(1.0, label="cell").streams == {"watch", "cell"}
    assert repr(Follow(1.0).fresh()) == repr(Follow(1.0))


def test_it_ends_with_the_plan() -> None:
    """The last round is the end of it; other rounds are not, and it may begin anew in between."""
    policy = Follow(10.0)
    assert policy.rounded(Round(0, 0, last=True)).rule == "quiet"
    look(policy, 0, at(3.0), stream="watch")
    assert policy.rounded(Round(1, 0)).rule == "quiet"
    assert look(policy, 10, at(3.0)).rule == "follows"
    assert policy.rounded(Round(2, 1, last=True)).rule == "over"
    assert look(policy, 20, at(3.0)).rule == "quiet"


def test_a_run_that_follows_has_an_end() -> None:
    """Something that is always in sight does not keep a run going for ever."""

    def sees(frame: Frame) -> Observation:
        return Observation(0.9, points=(at(frame.x_um or 0.0),))

    scope, sink = FakeScope(), MemorySink()
    watch = [MDAEvent(index={"t": t}, min_start_time=60.0 * t) for t in range(4)]
    run = Run(scope, watch, detect=sees, decide=Follow(10.0), sink=sink, clock=scope.clock)
    assert run.start().wait(30).name == "completed"
    followed = [frame.times.asked / 1e9 for frame in sink.frames if frame.stream == "follow"]
    assert followed == pytest.approx([10.0 * n for n in range(1, 19)], abs=0.5)


def point(x_um: float, track: int | None = None, strength: float = 1.0) -> Point:
    """Return something on a line, perhaps with an identity."""
    return Point(0.0, x_um, strength, x_um, 0.0, track)


def expected(decision: Decision) -> float | None:
    """Return where it looks next."""
    return decision.actions[0].events[0].x_pos if decision.actions else None


def test_two_that_cross_are_not_taken_for_one_another() -> None:
    """The one that is followed goes on behind the other, which has another identity."""
    policy = Follow(1.0, reach_um=5.0, smooth=1.0)
    look(policy, 0, point(0.0, 7, 2.0), point(10.0, 8), stream="watch")
    look(policy, 1, point(2.0, 7), point(8.0, 8))
    look(policy, 2, point(4.5, 8))  # one hides the other, nearer to where it was expected
    decision = look(policy, 3, point(3.0, 8), point(7.5, 7))
    assert decision.rule == "follows"
    assert expected(decision) == pytest.approx(7.5 + 5.5 / 2, abs=0.1)


def test_two_that_are_one_for_a_while_part_again_as_themselves() -> None:
    """While they are one, both go on by their courses about the point; then each is itself."""
    policy = Follow(1.0, reach_um=5.0, smooth=1.0)
    look(policy, 0, point(0.0, strength=2.0), point(20.0), stream="watch")
    for t in range(1, 5):
        look(policy, t, point(2.0 * t, strength=2.0), point(20.0 - 2.0 * t))
    for t in (5, 6):  # at 10 and 10, then past each other
        decision = look(policy, t, point(10.0, strength=3.0))
        assert "one with another" in decision.reason
        assert expected(decision) == pytest.approx(2.0 * (t + 1))
    decision = look(policy, 7, point(6.0), point(14.0, strength=2.0))
    assert expected(decision) == pytest.approx(16.0)


@pytest.mark.parametrize("brighter", [True, False])
def test_of_two_that_part_the_one_as_bright_as_before_is_it(brighter: bool) -> None:
    """Where courses do not tell, strengths do."""
    policy = Follow(1.0, reach_um=6.0, smooth=1.0)
    mine, other = (9.0, 3.0) if brighter else (3.0, 9.0)
    look(policy, 0, point(0.0, strength=mine), stream="watch")
    for t in range(1, 5):
        look(policy, t, point(0.0, strength=mine), point(4.0, strength=other))
    look(policy, 5, point(2.0, strength=12.0))
    decision = look(policy, 6, point(0.5, strength=other), point(3.5, strength=mine))
    assert 3.5 <= expected(decision) <= 7.0
