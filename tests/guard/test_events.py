"""What guards read out of actions."""

from __future__ import annotations

import math

import pytest
from guard_cases import decided, event
from useq import CustomAction, MDAEvent

from saccade.guard._events import exposes, name_of, pictures, timed


class Sequenced(MDAEvent):
    """An event that stands for a hardware sequence."""

    events: tuple[MDAEvent, ...] = ()


def dues_s(*starts_s: float | None, t_s: float = 5.0) -> list[float]:
    """Return when events with these start times are due."""
    events = [event(min_start_time=start_s) for start_s in starts_s]
    return [due_ns / 1e9 for due_ns, _ in timed(decided(*events, t_s=t_s))]


@pytest.mark.parametrize(
    ("starts_s", "due_s"),
    [
        pytest.param([None], [5], id="one without a time"),
        pytest.param([3.0], [5], id="one alone is due at once"),
        pytest.param([None, 1.0, 2.5], [5, 6, 7.5], id="in order"),
        pytest.param([10.0, 11.0, 13.0], [5, 6, 8], id="counted from the first"),
        pytest.param([0.0, 4.0, 1.0, 5.0], [5, 9, 9, 10], id="never before the one in front"),
        pytest.param([0.0, math.nan, 2.0], [5, 5, 7], id="NaN is due with the one in front"),
        pytest.param([0.0, 2.0, math.inf, 3.0], [5, 7, 7, 8], id="so is infinity"),
        pytest.param([math.nan, 2.0], [5, 5], id="nothing can be counted from NaN"),
        pytest.param([0.0, 1e300], [5, 5], id="later than there is a number for"),
    ],
)
def test_events_are_due_one_after_another(starts_s: list, due_s: list) -> None:
    """The first event of an action is due at once, each other so much later, in order."""
    assert dues_s(*starts_s) == due_s


def test_what_a_hardware_sequence_holds_is_seen() -> None:
    """An event that stands for others is followed by them; only they take pictures."""
    inner = (MDAEvent(exposure=1), MDAEvent(exposure=2, min_start_time=1.0))
    action = decided(Sequenced(events=inner), MDAEvent(action=CustomAction(name="valve")))
    assert [each.exposure for _, each in timed(action)] == [None, 1, 2, None]
    assert [exposes(each) for _, each in timed(action)] == [False, True, True, False]
    assert pictures(action) == 2
    assert name_of(action, 3) == "event 3 of 4 of 'burst'"
    assert name_of(decided(), 1) == "'burst'"
