"""Guards where a property sets how strong a light source is: what is asked for, and what was."""

from __future__ import annotations

from typing import Any

import pytest
from guard_cases import passes, planned, stand, taken, why_not
from useq import MDAEvent

from saccade.core import Dimmer, LightSource, Stand
from saccade.guard import Dose, Modifiable, light_of

FOUND = Dimmer("Laser", "Power", measured_at=50.0, found="50", presets={"DIM": "5.0"})


def bench(dimmer: Dimmer = FOUND, **values: Any) -> Stand:
    """Return the bench, whose blue laser gives 1 W/cm² at 50; the channel DIM sets it to 5."""
    blue = LightSource("blue", 10.0, 0.01, ("FITC", "DIM"), dimmer)
    red = LightSource("red", 30.0, 0.01, ("Cy5",))
    return stand(lights=(blue, red), channels=("FITC", "DIM", "Cy5"), **values)


def lit(power: Any = None, channel: str | None = "FITC", **values: Any) -> MDAEvent:
    """Return 100 ms, 0.1 J/cm² as measured, at a power."""
    properties = None if power is None else [("Laser", "Power", power)]
    asked = {"x_pos": 0.0, "y_pos": 0.0, "exposure": 100, "channel": channel, **values}
    return MDAEvent(properties=properties, **asked)


@pytest.mark.parametrize(
    ("events", "dose"),
    [
        pytest.param([lit()], 0.1, id="as found"),
        pytest.param([lit(25)], 0.05, id="half"),
        pytest.param([lit("100")], 0.2, id="twice, as text"),
        pytest.param([lit(0)], 0.0, id="none"),
        pytest.param([lit(25), lit()], 0.1, id="it stays as it was set"),
        pytest.param([lit(channel="DIM")], 0.01, id="a channel that sets it"),
        pytest.param([lit(25), lit(channel="DIM"), lit()], 0.07, id="sets it anew, to stay"),
        pytest.param([lit(25, channel="DIM")], 0.05, id="a property comes after the channel"),
        pytest.param([lit(25), lit(channel="Cy5"), lit()], 0.4, id="not of another source"),
    ],
)
def test_what_is_asked_for_is_charged_at_its_power(events: list[MDAEvent], dose: float) -> None:
    """The power is proportional to the property, whoever sets it; a plan can be told beforehand."""
    guard = Dose(limit_j_per_cm2=10)
    guard.learn(bench())
    for event in events:
        assert passes(guard, planned(event))
    assert guard.spent_j_per_cm2 == pytest.approx(dose)
    assert light_of(bench(), events) == pytest.approx(dose)


def test_more_power_than_there_is_dose_for_is_refused() -> None:
    """A stronger laser can't pass as the one that was measured."""
    guard = Dose(limit_j_per_cm2=0.15)
    guard.learn(bench())
    assert "0.2" in why_not(guard, planned(lit(100)))[0]
    assert passes(guard, planned(lit(50)))


@pytest.mark.parametrize("power", ["strong", "-1", "nan", "inf"])
def test_a_power_that_is_no_number_is_refused(power: str) -> None:
    """Where nobody knows how strong the light would be, there is none."""
    guard = Dose(limit_j_per_cm2=10)
    guard.learn(bench())
    assert "no number" in why_not(guard, planned(lit(power)))[0]


@pytest.mark.parametrize(("found", "dose"), [("100", 0.2), ("0", 0.0), (None, 0.1)])
def test_how_it_is_found_counts(found: str | None, dose: float) -> None:
    """A laser is charged as it stands; as it was measured where nobody has asked it."""
    guard = Dose(limit_j_per_cm2=10)
    guard.learn(bench(Dimmer("Laser", "Power", 50.0, found)))
    assert passes(guard, planned(lit()))
    assert guard.spent_j_per_cm2 == pytest.approx(dose)


@pytest.mark.parametrize(
    ("asked", "light_mw", "dose"),
    [
        pytest.param(25, {"blue": 5.0}, 0.05, id="as asked"),
        pytest.param(25, {"blue": 20.0}, 0.2, id="somebody turned it up"),
        pytest.param(25, {"blue": 1.0}, 0.05, id="weaker than asked, never taken for less"),
        pytest.param(25, {}, 0.1, id="nobody has read it: as measured"),
    ],
)
def test_what_was_read_back_is_charged(asked: Any, light_mw: Any, dose: float) -> None:
    """The power that a frame was really lit with counts, where that is more."""
    guard = Dose(limit_j_per_cm2=10)
    guard.learn(bench())
    assert passes(guard, planned(lit(asked)))
    guard.settle(taken(exposure_ms=100.0, channel="FITC", light_mw=light_mw))
    assert guard.spent_j_per_cm2 == pytest.approx(dose)


@pytest.mark.parametrize(
    ("listed", "ok"),
    [
        pytest.param(None, True, id="no list"),
        pytest.param(("light",), True, id="by its word"),
        pytest.param(("Laser.Power",), True, id="by its name"),
        pytest.param(("properties",), False, id="not among any property"),
        pytest.param((), False, id="not at all"),
    ],
)
def test_who_may_set_the_power(listed: tuple[str, ...] | None, ok: bool) -> None:
    """What makes light stronger must be listed as such; other properties are as before."""
    guard = Modifiable()
    guard.learn(bench(modifiable=listed))
    asked = planned(MDAEvent(properties=[("Laser", "Power", 20)]))
    assert passes(guard, asked) is ok
    guard.learn(bench(modifiable=("light",)))
    assert "properties" in why_not(guard, planned(MDAEvent(properties=[("Pump", "State", 1)])))[0]
