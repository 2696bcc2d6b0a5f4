"""Limits: nothing outside them, and no NaN, ever leaves."""

from __future__ import annotations

import math

import numpy as np
import pytest
from guard_cases import decided, event, passes, planned, stand, why_not, wrong
from hypothesis import given
from hypothesis import strategies as st
from useq import MDAEvent, PropertyTuple

from saccade.core import Action, Learns, ProtocolError, Refusal, Span
from saccade.guard import Limits

WILD = [math.nan, math.inf, -math.inf]


def limits() -> Limits:
    """Return limits that know the bench and were given x and y."""
    guard = Limits(x_um=(-1000, 1000), y_um=(0, 50))
    guard.learn(stand())
    return guard


def moving(value: object, device: str = "Z") -> MDAEvent:
    """Return an event that moves a stage through its property."""
    return event(properties=[PropertyTuple(device, "Position", value)])


@pytest.mark.parametrize(
    ("asked", "ok"),
    [
        pytest.param({}, True, id="nothing"),
        pytest.param({"x_pos": 1000.0, "y_pos": 0.0, "z_pos": 500.0}, True, id="on the edge"),
        pytest.param({"x_pos": 1000.1}, False, id="x too far"),
        pytest.param({"x_pos": -1000.1}, False, id="x too far back"),
        pytest.param({"y_pos": -0.1}, False, id="y"),
        pytest.param({"z_pos": 500.5}, False, id="z of the profile"),
        pytest.param({"exposure": 1000.0}, True, id="longest exposure"),
        pytest.param({"exposure": 1001.0}, False, id="exposure too long"),
        pytest.param({"exposure": 0.5}, False, id="exposure too short"),
        pytest.param({"exposure": 0.0}, False, id="no exposure"),
        pytest.param({"exposure": -5.0}, False, id="negative exposure"),
        pytest.param({"z_pos": "high"}, False, id="text"),
        pytest.param({"z_pos": 10**400}, False, id="huge integer"),
        pytest.param({"z_pos": np.float32(10)}, True, id="numpy number"),
        pytest.param({"min_start_time": 5.0}, True, id="start"),
    ],
)
def test_spans_are_kept(asked: dict, ok: bool) -> None:
    """What lies within every span passes, and what lies outside one is refused."""
    assert passes(limits(), planned(event(**asked))) is ok
    assert passes(limits(), decided(event(**asked))) is ok


@pytest.mark.parametrize("value", WILD)
@pytest.mark.parametrize("name", ["x_pos", "y_pos", "z_pos", "exposure", "min_start_time"])
def test_no_wild_number_passes(name: str, value: float) -> None:
    """NaN and infinity are refused in every number of an event, limits or not."""
    for guard in (limits(), Limits()):
        assert not passes(guard, planned(event(**{name: value})))


@pytest.mark.parametrize(
    ("value", "ok"),
    [
        pytest.param(math.nan, False, id="NaN"),
        pytest.param("nan", False, id="NaN as text"),
        pytest.param("-Infinity", False, id="infinity as text"),
        pytest.param(3, True, id="number"),
        pytest.param("12.5", True, id="number as text"),
        pytest.param("On", True, id="text"),
        pytest.param(True, True, id="truth value"),
    ],
)
def test_numbers_in_properties_are_finite(value: object, ok: bool) -> None:
    """A device must not receive NaN through a property, as a number or as text."""
    assert passes(limits(), planned(event(properties=[("Laser", "Power", value)]))) is ok


@pytest.mark.parametrize(
    ("value", "ok"),
    [(250, True), ("250", True), (501, False), (-1, False), (math.nan, False), ("up", False)],
)
def test_the_position_property_is_a_move(value: object, ok: bool) -> None:
    """A stage that is moved through its property stays within the range of z."""
    assert passes(limits(), planned(moving(value))) is ok


def test_the_position_property_without_z_is_within_x_and_y() -> None:
    """Where z has no range, a position property must lie within those of x and y."""
    guard = Limits(x_um=(-10, 10), y_um=(0, 50))
    assert passes(guard, planned(moving(5)))
    assert not passes(guard, planned(moving(-5)))
    assert not passes(guard, planned(moving(20)))
    assert passes(Limits(), planned(moving(1e6)))


@pytest.mark.parametrize(
    ("interval_s", "ok"),
    [(0.0, True), (5.0, True), (-1.0, False), (math.nan, False), (math.inf, False)],
)
def test_a_pace_is_a_finite_time(interval_s: float, ok: bool) -> None:
    """A new interval of the watch is finite and not negative."""
    assert passes(limits(), Action(interval_s=interval_s, frame=1)) is ok


def test_one_bad_event_of_many_is_named() -> None:
    """The refusal says which event, what it asked for, and what is allowed."""
    events = [MDAEvent(z_pos=z) for z in (1, 2, 5000, 4)]
    refusal = limits()(decided(*events))
    assert isinstance(refusal, Refusal)
    assert "event 3 of 4 of 'burst'" in refusal.reason
    assert "z_um 5000" in refusal.reason
    assert "outside 0 to 500" in refusal.reason
    assert refusal.allowed == "z_um from 0 up to 500"
    second = limits()(decided(MDAEvent(), MDAEvent(z_pos=5000)))
    assert isinstance(second, Refusal)
    assert second.reason.startswith("event 2 of 2 of 'burst'")
    alone = limits()(planned(MDAEvent(z_pos=5000)))
    assert isinstance(alone, Refusal)
    assert alone.reason.startswith("'watch' asks for z_um 5000")


@pytest.mark.parametrize(
    ("guard", "action", "allowed"),
    [
        pytest.param(Limits(), planned(event(exposure=0.0)), "exposure_ms above 0", id="exposure"),
        pytest.param(Limits(), planned(event(x_pos=math.nan)), "x_um a finite number", id="NaN"),
        pytest.param(
            Limits(exposure_ms=(0, 5)),
            planned(event(exposure=9.0)),
            "exposure_ms above 0 up to 5",
            id="from zero",
        ),
        pytest.param(
            Limits(), Action(interval_s=-1.0, frame=0), "interval_s from 0", id="interval"
        ),
    ],
)
def test_what_is_allowed_is_said(guard: Limits, action: Action, allowed: str) -> None:
    """A refusal says what would have been let through."""
    refusal = guard(action)
    assert isinstance(refusal, Refusal)
    assert refusal.allowed == allowed


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        pytest.param({"min_start_time": math.inf}, "min_start_time inf", id="start"),
        pytest.param({"properties": [("Z", "Position", "up")]}, "Z.Position 'up'", id="stage"),
        pytest.param({"properties": [("Laser", "Power", "nan")]}, "Laser.Power 'nan'", id="power"),
    ],
)
def test_what_is_no_number_is_named(asked: dict, what: str) -> None:
    """A refusal names the field, or the property, that is no finite number, and its value."""
    reason, allowed = why_not(Limits(), planned(event(**asked)))
    assert reason == f"'watch' asks for {what}, which is not a finite number"
    assert allowed == f"{what.split()[0]} a finite number"


def test_events_within_a_hardware_sequence_are_seen() -> None:
    """What is hidden in an event that stands for a hardware sequence is checked as well."""

    class Sequenced(MDAEvent):
        events: tuple[MDAEvent, ...] = ()

    assert passes(limits(), decided(Sequenced(events=(MDAEvent(z_pos=5),))))
    assert not passes(limits(), decided(Sequenced(events=(MDAEvent(z_pos=5000),))))


def test_a_protocol_narrows_and_never_widens() -> None:
    """A range that is given holds only as far as that of the scope profile."""
    guard = Limits(z_um=(100, 900))
    assert isinstance(guard, Learns)
    guard.learn(stand())
    assert passes(guard, planned(event(z_pos=300.0)))
    assert not passes(guard, planned(event(z_pos=50.0)))
    assert not passes(guard, planned(event(z_pos=600.0)))
    point = Limits(z_um=(500, 500))
    point.learn(stand())
    assert passes(point, planned(event(z_pos=500.0)))
    with pytest.raises(ProtocolError) as caught:
        Limits(z_um=(600, 900)).learn(stand())
    assert str(caught.value) == (
        "Limits.z_um is (600.0, 900.0), but it must be within 0 to 500, the limits of 'bench'."
        " Give a range that the microscope can reach, or leave it out."
    )


def test_fresh_knows_no_microscope() -> None:
    """A fresh guard has the settings that were given, and must learn the microscope again."""
    guard = limits().fresh()
    assert repr(guard) == repr(limits())
    assert not passes(guard, planned(event(x_pos=2000.0)))
    assert passes(guard, planned(event(z_pos=2000.0)))


@given(
    x=st.floats(width=64) | st.none(),
    z=st.floats(width=64) | st.none(),
    exposure=st.floats(width=64) | st.none(),
    start=st.floats(width=64) | st.none(),
    power=st.floats(width=64),
)
def test_only_finite_numbers_within_limits_pass(
    x: float | None, z: float | None, exposure: float | None, start: float | None, power: float
) -> None:
    """Whatever the numbers, an event passes exactly if each is finite and within its span."""
    asked = event(
        x_pos=x,
        z_pos=z,
        exposure=exposure,
        min_start_time=start,
        properties=[("Laser", "Power", power)],
    )
    ok = (
        (x is None or -1000 <= x <= 1000)
        and (z is None or 0 <= z <= 500)
        and (exposure is None or 1 <= exposure <= 1000)
        and (start is None or math.isfinite(start))
        and math.isfinite(power)
    )
    assert passes(limits(), decided(asked)) is ok


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        pytest.param({"x_um": (1, 0)}, "Limits.x_um", id="crossed"),
        pytest.param({"y_um": (0, math.nan)}, "Limits.y_um", id="NaN"),
        pytest.param({"z_um": (0, math.inf)}, "Limits.z_um", id="infinity"),
        pytest.param({"z_um": 5}, "Limits.z_um", id="one number"),
        pytest.param({"z_um": (1, 2, 3)}, "Limits.z_um", id="three numbers"),
        pytest.param({"exposure_ms": ("a", "b")}, "Limits.exposure_ms", id="text"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict, word: str) -> None:
    """A range that can't be used is refused at once, by name, with what to do."""
    (given_value,) = settings.values()
    assert wrong(Limits, **settings) == (
        f"{word} is {given_value!r}, but it must be two finite numbers, the first not above the"
        " second. Give the lowest and the highest allowed value, such as (-1000, 1000)."
    )


def test_a_repr_can_be_pasted_back() -> None:
    """What limits print makes the same limits."""
    text = repr(Limits(x_um=(-1, 1), exposure_ms=(1, 10)))
    assert repr(eval(text)) == text  # noqa: S307 - it is our own repr
    assert Span(0, 1) == Span(0, 1)
