"""What holds of the loop whatever is decided."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from run_cases import S, plan
from useq import MDAEvent

from saccade.core import Action, Decision, Order, Refusal, VirtualClock
from saccade.run import Done, Door, Loop, Refused, Wait
from saccade.testing import frame_of

_MANY = settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])


class Budget:
    """Lets through exposures up to a total."""

    def __init__(self, limit_ms: float) -> None:
        self.limit_ms, self.spent_ms = limit_ms, 0.0

    def __call__(self, action: Action) -> Action | Refusal:
        if self.spent_ms + _exposure_ms(action) > self.limit_ms:
            return Refusal(action, "Budget", "too much light")
        return action

    def commit(self, action: Action) -> None:
        self.spent_ms += _exposure_ms(action)


def _exposure_ms(action: Action) -> float:
    return sum(event.exposure or 0.0 for event in action.events)


@dataclass
class Played:
    """All that came of a loop."""

    orders: list[Order] = field(default_factory=list)
    lost: list[Order] = field(default_factory=list)
    admitted: list[Action] = field(default_factory=list)
    expired: list[Action] = field(default_factory=list)
    passed_over: list[tuple[str, int]] = field(default_factory=list)
    """Stream of each step, and the highest priority that was waiting then."""


_starts = st.lists(st.sampled_from([0.0, 0.5, 1.5, 4.0]), min_size=0, max_size=4).map(sorted)
_actions = st.builds(
    lambda starts, exposure, x_um, priority, after_s, interval_s, triggered, share: (
        tuple(MDAEvent(min_start_time=start, exposure=exposure, x_pos=x_um) for start in starts),
        priority,
        after_s,
        interval_s,
        triggered,
        share,
    ),
    _starts,
    st.sampled_from([1.0, 5.0, 40.0]),
    st.sampled_from([None, 3.0]),
    st.integers(-1, 2),
    st.sampled_from([None, None, 0.0, 0.3, 2.0]),
    st.sampled_from([None, 0.0, 0.7, 9.0]),
    st.booleans(),
    st.booleans(),
)
_answers = st.lists(st.lists(_actions, max_size=2), max_size=25)


def play(answers, count: int = 8, limit_ms: float = 1e9, frame_s: float = 0.4, **named) -> Played:
    """Play a plan on a virtual clock; each frame is answered with the next decisions."""
    clock, budget, played = VirtualClock(), Budget(limit_ms), Played()
    loop = Loop(plan(count, 1.0, **named), Door((budget,)))
    answers = iter(answers)
    labels, stage_um = 0, 0.0
    while not isinstance(step := loop.step(clock.now_ns()), Done):
        match step:
            case Wait(until_ns):
                assert until_ns > clock.now_ns()
                clock.advance((until_ns - clock.now_ns()) / S)
                continue
            case Refused(refusal, None):
                played.expired.append(refusal.action)
                continue
            case Refused(_, order):
                played.lost.append(order)
                continue
        done = Counter(order.stream for order in played.orders)
        dead = {action.label for action in played.expired}
        waiting = [a for a in played.admitted if len(a.events) > done[a.label]]
        waiting = [action.priority for action in waiting if action.label not in dead]
        played.passed_over.append((step.orders[0].stream, max(waiting, default=-99)))
        for order in step.orders:
            played.orders.append(order)
            clock.advance(frame_s)
            now_ns = clock.now_ns()
            where = stage_um = stage_um if order.event.x_pos is None else order.event.x_pos
            event, stream = order.event, order.stream
            loop.saw(frame_of([[1]], order.index, stream=stream, event=event, x_um=where))
            for events, priority, after_s, interval_s, triggered, share in next(answers, ()):
                action = Action(
                    events,
                    label=f"action {labels}",
                    priority=priority,
                    expires_ns=None if after_s is None else now_ns + round(after_s * S),
                    interval_s=interval_s,
                    triggered=triggered,
                    share=share,
                )
                labels += 1
                (answer,) = loop.apply([Decision((action,), frame=0)], order.event, now_ns)
                if isinstance(answer, Action) and answer.events:
                    played.admitted.append(answer)
    assert budget.spent_ms <= limit_ms
    assert sum(_exposure_ms(action) for action in played.admitted) <= budget.spent_ms
    return played


@_MANY
@given(_answers, st.sampled_from([0.0, 30.0, 100.0, 1e9]))
def test_indices_rise_without_holes(answers, limit_ms):
    """Every picture that was ordered or refused in the plan has the next number."""
    played = play(answers, limit_ms=limit_ms)
    indices = sorted(order.index for order in played.orders + played.lost)
    assert indices == list(range(len(indices)))
    assert [order.index for order in played.orders] == sorted(
        order.index for order in played.orders
    )


@_MANY
@given(_answers, st.sampled_from([0.0, 30.0, 100.0, 1e9]))
def test_no_more_light_leaves_than_the_guard_counted(answers, limit_ms):
    """The exposures of all orders stay within the budget, whatever was decided."""
    played = play(answers, limit_ms=limit_ms)
    assert sum(order.event.exposure or 0.0 for order in played.orders) <= limit_ms


@_MANY
@given(_answers, st.sampled_from([30.0, 1e9]))
def test_every_planned_event_comes_out_once_and_in_order(answers, limit_ms):
    """Decisions delay the plan; they neither lose nor repeat any of it."""
    played = play(answers, limit_ms=limit_ms)
    planned = [order for order in played.orders + played.lost if order.stream == "watch"]
    planned.sort(key=lambda order: order.index)
    assert [order.event.index["t"] for order in planned] == list(range(8))


@_MANY
@given(_answers)
def test_every_admitted_action_is_played_whole_or_expires_whole(answers):
    """An action is never cut, and one that expired never plays."""
    played = play(answers)
    streams = [order.stream for order in played.orders]
    expired = {action.label for action in played.expired}
    for action in played.admitted:
        expected = 0 if action.label in expired else len(action.events)
        assert streams.count(action.label) == expected
    assert expired <= {action.label for action in played.admitted}


@_MANY
@given(_answers)
def test_nothing_begins_after_it_expired(answers):
    """The first order of an action, if due at once, leaves before its deadline."""
    played = play(answers)
    for action in played.admitted:
        left = [order for order in played.orders if order.stream == action.label]
        if left and action.expires_ns is not None and not action.events[0].min_start_time:
            assert left[0].asked_ns <= action.expires_ns


@_MANY
@given(_answers)
def test_nothing_leaves_before_what_is_more_urgent(answers):
    """No action leaves before one of higher priority, and the plan only when none is left.

    Those that share do so on purpose, and are left out.
    """
    played = play([[(*one[:-1], False) for one in some] for some in answers])
    priorities = {action.label: action.priority for action in played.admitted}
    for stream, highest in played.passed_over:
        assert priorities.get(stream, -99) >= highest


@_MANY
@given(_answers)
def test_the_plan_is_never_rushed_by_actions(answers):
    """Without a change of pace two time points are never closer than planned."""
    no_pace = [
        [
            (events, priority, after_s, None, triggered, share)
            for events, priority, after_s, _, triggered, share in one
        ]
        for one in answers
    ]
    watch = [order.asked_ns for order in play(no_pace).orders if order.stream == "watch"]
    assert all(later - earlier >= S for earlier, later in pairwise(watch))


@_MANY
@given(_answers)
def test_an_action_keeps_its_own_timeline(answers):
    """No event of an action leaves earlier after the first than it asked, interrupted or not."""
    played = play(answers)
    for action in played.admitted:
        left = [order for order in played.orders if order.stream == action.label]
        for order in () if action.triggered else left:
            asked_s = (order.event.min_start_time or 0) - (left[0].event.min_start_time or 0)
            assert order.asked_ns - left[0].asked_ns >= round(asked_s * S)


@_MANY
@given(_answers, st.sampled_from([{}, {"x_pos": 0.0}]))
def test_the_stage_is_where_the_watch_was_for_all_that_name_no_place(answers, named):
    """Neither the plan nor an action is taken at a place that another action moved to."""
    stage_um = 0.0
    own = {}
    played = play(answers, **named)
    for action in played.admitted:
        own[action.label] = action.events[0].x_pos
    for order in played.orders:
        stage_um = stage_um if order.event.x_pos is None else order.event.x_pos
        expected = own.get(order.stream)
        assert stage_um == (0.0 if expected is None else expected)
