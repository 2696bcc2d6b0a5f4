"""A plan is expanded sooner, and to the same events."""

from __future__ import annotations

from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from useq import MDAEvent, MDASequence

from saccade.core import events_of

_TWO = [{"x": 0, "y": 0}, {"x": 9, "y": 9, "z": 3}]
_SLOW = {"interval": 2.5, "loops": 5}

PLANS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "no time": {"channels": ["FITC"], "stage_positions": _TWO},
    "one time": {"channels": ["FITC"], "time_plan": {"interval": 1, "loops": 1}},
    "time alone": {"time_plan": _SLOW},
    "places, planes and channels": {
        "time_plan": _SLOW,
        "stage_positions": _TWO,
        "channels": [{"config": "FITC", "exposure": 5}, {"config": "Cy5", "do_stack": False}],
        "z_plan": {"range": 2, "step": 1},
        "axis_order": "tpcz",
    },
    "place by place": {"time_plan": _SLOW, "stage_positions": _TWO, "axis_order": "pt"},
    "one place, then time": {"time_plan": _SLOW, "stage_positions": _TWO[:1], "axis_order": "pt"},
    "a channel now and then": {
        "time_plan": _SLOW,
        "channels": ["FITC", {"config": "Cy5", "acquire_every": 3}],
    },
    "a plan within": {
        "time_plan": _SLOW,
        "stage_positions": [{"x": 0, "y": 0, "sequence": {"z_plan": {"range": 2, "step": 1}}}],
    },
    "autofocus": {
        "time_plan": _SLOW,
        "stage_positions": _TWO,
        "autofocus_plan": {"autofocus_motor_offset": 20, "axes": ["p"]},
    },
    "an open shutter": {
        "time_plan": _SLOW,
        "channels": ["FITC", "Cy5"],
        "keep_shutter_open_across": ["c"],
    },
    "properties of a place": {
        "time_plan": _SLOW,
        "stage_positions": [{"x": 0, "y": 0, "properties": [("Camera", "Gain", "2")]}],
    },
    "two phases": {"time_plan": [{"interval": 1, "loops": 3}, {"interval": 9, "loops": 3}]},
    "a grid": {"time_plan": _SLOW, "grid_plan": {"rows": 2, "columns": 2}, "axis_order": "tg"},
}


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_comes_to_the_same_events(name: str) -> None:
    """What useq makes of a plan event by event, it is expanded to as well."""
    plan = MDASequence(**PLANS[name])
    assert list(events_of(plan)) == list(plan)


# useq warns where channels come before time; it is the same either way.
@pytest.mark.filterwarnings("ignore:Channels with skipped frames")
@given(
    loops=st.integers(1, 5),
    interval=st.floats(0, 1e4),
    places=st.lists(st.tuples(*[st.floats(-1e4, 1e4)] * 3), max_size=3),
    channels=st.lists(st.sampled_from("ABCD"), unique=True, max_size=3),
    every=st.integers(1, 3),
    planes=st.integers(0, 3),
    order=st.permutations("tpcz"),
)
def test_any_plan_comes_to_the_same_events(
    loops: int,
    interval: float,
    places: list[tuple[float, float, float]],
    channels: list[str],
    every: int,
    planes: int,
    order: list[str],
) -> None:
    """In whatever order a plan goes through its axes."""
    plan = MDASequence(
        time_plan={"interval": interval, "loops": loops},
        stage_positions=places,
        channels=[{"config": name, "acquire_every": every} for name in channels],
        z_plan={"range": planes, "step": 1} if planes else None,
        axis_order="".join(order),
    )
    assert list(events_of(plan)) == list(plan)


def test_events_of_any_other_kind_pass_as_they_are() -> None:
    """A list of events, or a generator of them, is not looked into."""
    events = [MDAEvent(exposure=1), MDAEvent(x_pos=3, y_pos=3)]
    assert list(events_of(iter(events))) == events


def test_a_plan_without_an_end_in_sight_is_expanded_as_it_is_asked_for() -> None:
    """Nobody waits for a million events before the first."""
    plan = MDASequence(time_plan={"interval": 1, "loops": 300_000})
    first = list(islice(events_of(plan), 4))
    assert [event.min_start_time for event in first] == [0.0, 1.0, 2.0, 3.0]
