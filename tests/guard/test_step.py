"""Step: nothing goes too far at once, nor within a time."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from guard_cases import decided, event, lost, passes, planned, stand, taken, why_not, wrong
from hypothesis import given
from hypothesis import strategies as st
from useq import PropertyTuple

from saccade.core import Settles
from saccade.guard import Step

AXES = {"x_um": "x_pos", "y_um": "y_pos", "z_um": "z_pos", "exposure_ms": "exposure"}


def step(**settings) -> Step:
    """Return a guard that knows the bench, whose exposure is 10 ms."""
    guard = Step(**settings)
    guard.learn(stand())
    return guard


def go(guard: Step, *values: float | None, axis: str = "z_pos", t_s: float = 0.0) -> bool:
    """Return whether an axis may go to all of these in one action."""
    return passes(guard, planned(*[event(**{axis: value}) for value in values], t_s=t_s))


@pytest.mark.parametrize(("axis", "name"), AXES.items())
def test_each_axis_has_a_largest_step(axis: str, name: str) -> None:
    """A step up to the limit passes in both directions, a longer one does not."""
    guard = step(**{axis: 20})
    assert go(guard, 10.0, axis=name)
    assert [go(guard, to, axis=name) for to in (30.0, 10.0, 30.1, -10.0, -10.1, -31.0)] == [
        *(True, True, False, True, True, False)
    ]
    assert go(guard, None, axis=name)
    for other in AXES.values():
        assert go(guard, 400.0, axis=other) is (other != name)


def test_the_last_bit_of_a_step_is_rounding() -> None:
    """A step that is longer than the limit by rounding alone passes."""
    guard = step(z_um=0.1)
    assert all(go(guard, z / 10) for z in range(100))
    assert not go(guard, 10.0 + 1e-6)


def test_a_long_way_in_many_steps() -> None:
    """Thousands of steps, in one action or in many, are remembered only as long as they count."""
    for settings in ({}, {"within_s": 0.5}):
        guard = step(z_um=1, **settings)
        many = [event(z_pos=0.5 * n, min_start_time=0.5 * n) for n in range(2100)]
        assert passes(guard, planned(*many))
        assert all(go(guard, 1049.5 - 0.5 * n, t_s=2000 + 0.5 * n) for n in range(2100))
    assert go(step(z_um=20), 0.0, 20 * (1 + 1e-9))
    assert not go(step(z_um=20), 0.0, 20 * (1 + 3e-9))


def test_every_event_of_an_action_is_measured_from_the_one_before() -> None:
    """A burst in small steps passes, and is refused for one large step, which is named."""
    guard = step(z_um=20)
    assert go(guard, 0.0, None, 20.0, 40.0)
    reason, allowed = why_not(guard, planned(*[event(z_pos=z) for z in (50.0, 60.0, 81.0)]))
    assert reason == "event 3 of 3 of 'watch' takes z_um from 60 to 81; the limit is 20"
    assert allowed == "z_um from 40 to 80"
    assert go(guard, 60.0)


def test_where_nothing_is_known_the_first_event_goes_anywhere() -> None:
    """A position that neither an event nor a frame has told is measured from nowhere."""
    guard = step(z_um=1, exposure_ms=5)
    assert go(guard, 400.0)
    assert not go(guard, 402.0)
    assert not go(step(exposure_ms=5), 15.1, axis="exposure")


def test_a_microscope_without_an_exposure_tells_nothing() -> None:
    """An exposure that can't be known is measured from nowhere."""
    guard = Step(exposure_ms=5)
    assert go(guard, 100.0, axis="exposure")
    guard.learn(stand(exposure_ms=math.nan))
    assert go(guard, 300.0, axis="exposure")
    assert not go(guard, 306.0, axis="exposure")


def test_a_frame_tells_where_an_axis_stands() -> None:
    """What no event named is taken from the frame; what one did name is not."""
    guard = step(z_um=20, x_um=1)
    assert isinstance(guard, Settles)
    guard.settle(lost())
    guard.settle(taken(z_um=None, x_um=math.nan))
    guard.settle(taken(z_um=100.0))
    assert not go(guard, 121.0)
    assert go(guard, 120.0)
    guard.settle(taken(z_um=119.9))
    assert go(guard, 140.0)
    assert go(guard, 900.0, axis="x_pos")
    assert go(guard, 9e9, axis="y_pos")


def test_within_a_time_steps_add_up() -> None:
    """Steps of the last 10 s count together, in both directions, and those before do not."""
    guard = step(z_um=30, within_s=10)
    assert go(guard, 0.0, t_s=0)
    assert go(guard, 10.0, t_s=1)
    assert go(guard, 0.0, t_s=4)
    assert go(guard, 10.0, t_s=5)
    reason, allowed = why_not(guard, planned(event(z_pos=9.0), t_s=10.9))
    assert reason == "'watch' takes z_um from 10 to 9 after 30; the limit is 30 within 10 s"
    assert allowed == "z_um from 10 to 10"
    assert go(guard, 0.0, t_s=11)
    assert not go(guard, 1.0, t_s=13.9)
    assert go(guard, 10.0, t_s=14)


def test_a_burst_takes_its_time() -> None:
    """Events of one action count when each is due."""
    guard = step(z_um=10, within_s=1)
    slow = [event(z_pos=10.0 * n, min_start_time=1.0 * n) for n in range(5)]
    fast = [event(z_pos=40.0 + 10 * n, min_start_time=0.9 * n) for n in range(3)]
    assert passes(guard, decided(*slow))
    reason, allowed = why_not(guard, decided(*fast, t_s=100))
    assert reason == (
        "event 3 of 3 of 'burst' takes z_um from 50 to 60 after 10; the limit is 10 within 1 s"
    )
    assert allowed == "z_um from 50 to 50"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("known", [True, False])
def test_no_wild_number_passes(value: float, known: bool) -> None:
    """NaN and infinity are no step, whether or not it is known where the axis stands."""
    guard = step(z_um=20)
    if known:
        assert go(guard, 0.0)
    reason, allowed = why_not(guard, planned(event(z_pos=value)))
    assert reason == f"'watch' asks for z_um {value!r}, which is not a finite number"
    assert allowed == "z_um a finite number"


def test_a_step_between_huge_numbers_is_too_far() -> None:
    """A distance that no number can hold is refused, and what it is said to be is finite."""
    guard = step(z_um=20)
    assert go(guard, -1.7e308)
    assert not go(guard, 1.7e308)


def test_a_position_property_can_not_go_round() -> None:
    """A stage that is moved through its property is refused where a stage is limited."""
    moved = event(
        properties=[PropertyTuple("Laser", "Power", 1), PropertyTuple("Z", "Position", 1)]
    )
    reason, allowed = why_not(step(y_um=20), planned(moved))
    assert reason == "'watch' moves Z.Position, by nobody knows how much"
    assert allowed == "x_pos, y_pos and z_pos of an event"
    assert why_not(step(z_um=1), planned(event(), moved))[0].startswith("event 2 of 2 of 'watch'")
    assert passes(step(exposure_ms=5), planned(moved))
    assert not passes(step(exposure_ms=5, x_um=1), planned(moved))
    assert passes(step(x_um=1), planned(event(properties=[PropertyTuple("Z", "Speed", 1)])))


def test_learning_and_a_fresh_guard_forget() -> None:
    """A guard for another run, or another microscope, knows no place and no steps."""
    guard = step(z_um=20, within_s=100)
    assert go(guard, 0.0, 20.0)
    assert go(guard.fresh(), 300.0)
    assert repr(guard.fresh()) == repr(guard) == repr(eval(repr(guard)))  # noqa: S307 - our own
    guard.learn(stand())
    assert go(guard, 300.0, 320.0)


@pytest.mark.parametrize("name", [*AXES, "within_s"])
@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf, "5", True])
def test_a_wrong_setting_is_named(name: str, value: object) -> None:
    """A limit that is not a number above 0 is refused at once, with what to do."""
    assert wrong(Step, **{name: value}) == (
        f"Step.{name} is {value!r}, but it must be a number above 0. Leave it out for no limit."
    )


@pytest.mark.parametrize("settings", [{}, {"within_s": 5}])
def test_a_guard_that_limits_nothing_is_a_mistake(settings: dict) -> None:
    """Without any axis there is nothing to guard."""
    assert wrong(Step, **settings) == (
        "Step is {}, but it must be told what to limit. Give x_um, y_um, z_um or exposure_ms."
    )


@given(
    moves=st.lists(st.tuples(st.floats(0, 3), st.floats(width=32)), max_size=60),
    within_s=st.none() | st.floats(0.5, 10),
)
def test_no_way_is_longer_than_allowed(moves: list, within_s: float | None) -> None:
    """Over any moves, wild ones among them, each step and each window stays within the limit."""
    guard, t_s, went = step(z_um=100, within_s=within_s), 0.0, []
    for after_s, to in moves:
        t_s += after_s
        if passes(guard, planned(event(z_pos=to), t_s=t_s)):
            assert math.isfinite(to)
            went.append((round(t_s * 1e9), to))
    steps = [(t, abs(b - a)) for (_, a), (t, b) in pairwise(went)]
    assert all(size <= 100 * (1 + 1e-6) for _, size in steps)
    if within_s is not None:
        for end, _ in steps:
            window = [size for t, size in steps if end - round(within_s * 1e9) < t <= end]
            assert sum(window) <= 100 * (1 + 1e-6)
