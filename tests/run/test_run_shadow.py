"""Shadow mode: everything is decided and recorded, and nothing of it is done."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from run_cases import Ran, act_above, plan, play
from useq import MDAEvent

import saccade
from saccade.core import Frame, LightSource, Observation, Point, Refusal, plain
from saccade.decide import Burst, Follow, Pace, Stay
from saccade.guard import Budget, Dose, Ladder, Rate
from saccade.run import Chain, replay
from saccade.testing import FakeScope, StubDetector
from saccade.testing._scope import DEFAULT_STAND

if TYPE_CHECKING:
    from collections.abc import Iterator

LIT = replace(DEFAULT_STAND, lights=(LightSource("lamp", 10.0, 0.01),))
"""1 W/cm²: 10 ms are 0.01 J/cm²."""
BURST = [MDAEvent(exposure=20.0, min_start_time=0.1 * n) for n in range(3)]


def pointed(frame: Frame) -> Observation:
    """Return an observation, with a point where a picture of the watch is bright."""
    seen = StubDetector()(frame)
    there = frame.stream == "watch" and seen.score > 0.5
    return replace(seen, points=(Point(0.0, 0.0, 1.0, 3.0, 4.0),) if there else ())


def taken(ran: Ran) -> list[Any]:
    """Return which events a microscope was given, with their roles."""
    return [(each.stream, plain(each.event)) for each in ran.sink.frames]


def shadowed(ran: Ran) -> list[dict[str, Any]]:
    """Return what the journal says of actions that were not done."""
    return [plain(each) for each in ran.sink.of("shadowed")]


def test_an_evening_in_shadow_mode() -> None:
    """Two divisions come: both are recorded with what they would have taken; the watch goes on."""
    ran = play(
        plan(6),
        [0.1, 0.9, 0.1, 0.1, 0.9, 0.1],
        scope=FakeScope([0.1, 0.9, 0.1, 0.1, 0.9, 0.1], stand=LIT),
        decide=Burst(BURST, above=0.8, below=0.3),
        guards=Dose(limit_j_per_cm2=5),
        shadow=True,
    )
    assert [frame.stream for frame in ran.sink.frames] == ["watch"] * 6
    told = shadowed(ran)
    assert [(each["action"]["frame"], each["frames"]) for each in told] == [(1, 3), (4, 3)]
    assert [each["dose_j_per_cm2"] for each in told] == pytest.approx([0.06, 0.06])
    assert [each["guard"] for each in told] == ["", ""]
    assert ran.sink.of("action") == ran.sink.of("refusal") == []
    assert (ran.verdict.name, ran.verdict.refused) == ("completed", 0)


def test_what_is_not_named_is_counted_as_the_frame_had_it() -> None:
    """A burst without an exposure of its own would have had that of the frame."""
    ran = play(
        plan(1),
        scope=FakeScope([0.9], stand=LIT),
        decide=act_above(events=[MDAEvent()]),
        shadow=True,
    )
    (told,) = shadowed(ran)
    assert told["dose_j_per_cm2"] == pytest.approx(0.01)
    assert told["action"]["events"][0]["exposure"] == 10.0


def test_light_that_nobody_declared_is_not_made_up() -> None:
    """Without light sources in the profile the dose is not known, and the record says so."""
    (told,) = shadowed(play(plan(1), [0.9], decide=act_above(), shadow=True))
    assert told["dose_j_per_cm2"] is None
    assert told["frames"] == 1


POLICIES = [
    pytest.param(lambda: Burst(BURST, dwell=2, refractory_s=2), id="burst"),
    pytest.param(lambda: Stay(BURST, above=0.7, below=0.3), id="stay"),
    pytest.param(lambda: Pace(2.0, 0.5, above=0.7, below=0.3), id="pace"),
    pytest.param(lambda: Follow(1.0, above=0.6), id="follow"),
    pytest.param(lambda: act_above(0.5, BURST, priority=3), id="function"),
]


@pytest.mark.parametrize("policy", POLICIES)
@given(scores=st.lists(st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0]), min_size=1, max_size=12))
@settings(max_examples=25, deadline=None)
def test_it_takes_the_watch_and_decides_first_as_the_armed_run(
    policy: Any, scores: list[float]
) -> None:
    """Exactly the watch is taken, and all is decided alike up to the first action."""
    watch = plan(len(scores))
    alone = play(watch, scores)
    armed = play(watch, scores, detect=pointed, decide=policy())
    shadow = play(watch, scores, detect=pointed, decide=policy(), shadow=True)
    assert taken(shadow) == taken(alone)
    first = [plain(each) for each in armed.sink.of("decision")]
    again = [plain(each) for each in shadow.sink.of("decision")]
    acts = [n for n, each in enumerate(first) if each["actions"]]
    count = acts[0] + 1 if acts else len(first)
    assert [_timeless(each) for each in again[:count]] == [_timeless(x) for x in first[:count]]
    assert bool(shadowed(shadow)) == bool(acts)


def _timeless(decision: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in decision.items() if name != "elapsed_ms"}


def test_what_a_guard_would_refuse_is_told_and_costs_no_trust() -> None:
    """The record names the guard; no ledger is charged, and the ladder does not come down."""
    guards = (Dose(limit_j_per_cm2=0.1), Rate(actions_per_min=2), Ladder(refusals=1))
    much = [MDAEvent(exposure=1000.0)]
    ran = play(
        plan(3),
        scope=FakeScope([0.9, 0.9, 0.9], stand=LIT),
        decide=[act_above(events=much), act_above(events=BURST[:1])],
        guards=guards,
        shadow=True,
    )
    assert [each["guard"] for each in shadowed(ran)] == ["Dose", ""] * 3
    assert "J/cm²" in shadowed(ran)[0]["reason"]
    assert ran.sink.of("shift") == []
    assert guards[0].spent_j_per_cm2 == pytest.approx(0.03)


def test_guards_still_hold_the_watch() -> None:
    """The plan itself is real, and passes the door as ever."""
    ran = play(plan(5), [0.9], decide=act_above(), guards=Budget(frames=3), shadow=True)
    assert len(ran.sink.frames) == 3


def test_a_story_is_not_kept_waiting() -> None:
    """A story hears that its snap is not done, ends, and is told again at the next frame."""
    begun: list[int] = []

    @saccade.story
    def closer(first: Observation) -> Iterator[Any]:
        begun.append(first.frame)
        yield saccade.snap(exposure=5)

    ran = play(plan(3), [0.9], decide=closer, shadow=True)
    assert begun == [0, 1, 2]
    assert len(shadowed(ran)) == 3


def test_what_is_followed_is_given_up_where_the_look_was_refused() -> None:
    """Follow does not wait for a frame that a guard, or shadow mode, has refused."""
    seen = [Point(0.0, 0.0, 1.0, 3.0, 4.0)]
    policy = Follow(1.0, above=0.5)
    asked = policy(Observation(0.9, points=tuple(seen), frame=0))
    assert asked.rule == "takes up"
    other = Refusal(replace(asked.actions[0], label="other"), "Dose", "too much")
    assert policy.refused(other).rule == "idle"
    assert policy(Observation(0.9, points=tuple(seen), frame=1)).rule == "quiet"
    assert policy.refused(Refusal(asked.actions[0], "Dose", "too much")).rule == "refused"
    assert policy(Observation(0.9, points=tuple(seen), frame=2)).rule == "takes up"


def test_it_is_decided_again_alike() -> None:
    """It replays bit for bit: what policies heard of their actions is in the journal."""
    policy = Follow(1.0, above=0.6)
    ran = play(plan(6), [0.2, 0.9], detect=pointed, decide=policy, shadow=True)
    again = replay(ran.sink.history(), Chain(pointed, policy.fresh()))
    assert again.same
    assert again.looks > 6
