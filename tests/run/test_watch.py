"""The planned events, and when each is due."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from run_cases import S, plan
from useq import MDAEvent, MDASequence

from saccade.run import Watch


def walk(watch: Watch, taken_s: list[float], start_s: float = 100.0) -> list[float]:
    """Return when each event was due, in s from the start, if they are taken at these times."""
    dues = []
    for t_s in taken_s:
        now_ns = round((start_s + t_s) * S)
        event, due_ns = watch.due(now_ns)
        assert event is not None
        dues.append(due_ns / S - start_s)
        watch.take(now_ns)
    return dues


def test_the_timeline_begins_with_the_first_event_that_is_looked_at():
    """A run that was armed long before it starts is not late."""
    assert walk(Watch(plan(3, 2.0)), [0, 2, 4]) == [0, 2, 4]


def test_a_late_event_shifts_nothing_of_the_plans_own_timeline():
    """A slow exposure does not let the plan drift."""
    assert walk(Watch(plan(3, 2.0)), [0, 3.5, 4]) == [0, 2, 4]


def test_at_its_end_there_is_nothing_due():
    """A plan ends."""
    watch = Watch(plan(1))
    walk(watch, [0])
    assert watch.due(0) is None
    assert watch.empty
    assert Watch([]).empty


def test_the_timer_restarts_where_an_event_says_so():
    """After reset_event_timer, start times count from that event."""
    again = MDAEvent(min_start_time=1.0, reset_event_timer=True)
    watch = Watch([*plan(2, 2.0), again, MDAEvent(min_start_time=3.0)])
    assert walk(watch, [0, 2, 7, 9]) == [0, 2, 8, 10]


def test_the_same_event_twice_restarts_the_timer_twice():
    """An event object that a plan repeats is due anew each time."""
    watch = Watch([MDAEvent(min_start_time=5.0, reset_event_timer=True)] * 3)
    assert walk(watch, [0, 5, 10]) == [5, 10, 15]


def test_a_restart_is_made_once_however_often_one_looks():
    """Looking at what is due does not move it."""
    watch = Watch([MDAEvent(min_start_time=5.0, reset_event_timer=True)])
    assert watch.due(0)[1] == 5 * S
    assert watch.due(3 * S)[1] == 5 * S


def test_a_useq_sequence_keeps_its_intervals():
    """A plan made by useq-schema is due as it says."""
    sequence = MDASequence(channels=["FITC", "DAPI"], time_plan={"interval": 2, "loops": 3})
    assert walk(Watch(sequence), [0, 0, 2, 2, 4, 4]) == [0, 0, 2, 2, 4, 4]


def test_a_delay_moves_all_that_is_left():
    """After a hold the plan goes on at its own pace."""
    watch = Watch(plan(4, 2.0))
    walk(watch, [0])
    watch.delay(5 * S)
    watch.delay(-3 * S)
    assert walk(watch, [7, 9, 11]) == [7, 9, 11]


@pytest.mark.parametrize(
    ("events", "first", "interval_s", "then", "expected"),
    [
        pytest.param(plan(4, 2.0), [0], 0.5, [0.5, 1, 1.5], [0.5, 1, 1.5], id="faster"),
        pytest.param(plan(4, 2.0), [0, 2], 10, [12, 22], [12, 22], id="slower"),
        pytest.param(plan(4, 2.0), [], 3, [0, 3, 6, 9], [0, 3, 6, 9], id="from the start"),
        pytest.param([MDAEvent()] * 3, [0], 3, [3, 6], [3, 6], id="a plan without any times"),
        pytest.param(
            list(MDASequence(channels=["a", "b"], time_plan={"interval": 2, "loops": 3})),
            [0],
            5,
            [0, 5, 5, 10, 10],
            [0, 5, 5, 10, 10],
            id="from time point to time point, not from channel to channel",
        ),
        pytest.param(
            plan(6, 1.0),
            [0, 4, 5],
            2,
            [7, 9],
            [7, 9],
            id="a plan that is behind is not made up for",
        ),
    ],
)
def test_a_new_pace_holds_from_the_next_time_point_on(events, first, interval_s, then, expected):
    """The interval that a policy sets takes the place of the plan's own."""
    watch = Watch(events)
    walk(watch, first)
    watch.pace(interval_s)
    assert watch.interval_s == interval_s
    assert walk(watch, then) == pytest.approx(expected)


def test_after_as_fast_as_possible_the_slow_pace_is_slow_at_once():
    """Frames that were taken as fast as possible leave no debt that a slow pace makes up for."""
    watch = Watch(plan(9, 10.0))
    walk(watch, [0])
    watch.pace(0)
    assert walk(watch, [1, 2, 3]) == [0, 1, 2]
    watch.pace(10)
    assert walk(watch, [13, 23, 33]) == [13, 23, 33]


def test_a_pace_that_cannot_be_kept_leaves_no_rush_behind():
    """An interval shorter than a frame takes ends in a backlog of less than one interval."""
    watch = Watch(plan(50, 1.0))
    watch.pace(0.1)
    taken = [float(n) for n in range(40)]
    late = [t_s - due_s for t_s, due_s in zip(taken, walk(watch, taken), strict=True)]
    assert max(late) <= 1.0
    watch.pace(5)
    assert walk(watch, [44]) == pytest.approx([44], abs=0.11)


@given(
    intervals=st.lists(st.sampled_from([None, 0.0, 0.5, 2.0, 30.0]), min_size=1, max_size=30),
    works=st.lists(st.floats(0, 5), min_size=30, max_size=30),
)
def test_no_time_point_is_due_before_the_one_before_it_was(intervals, works):
    """Whatever paces are set, due times never go back, and never lie in a far past."""
    watch = Watch(plan(31, 1.0))
    now_ns, last_due = 0, 0
    for interval_s, work_s in zip(intervals, works, strict=False):
        _, due_ns = watch.due(now_ns)
        assert due_ns >= last_due
        last_due, now_ns = due_ns, max(now_ns, due_ns)
        watch.take(now_ns)
        now_ns += round(work_s * S)
        if interval_s is not None:
            watch.pace(interval_s)
