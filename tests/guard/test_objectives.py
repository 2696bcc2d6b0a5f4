"""Guards where there are several objectives: limits of the stage, and light as it is with each."""

from __future__ import annotations

from typing import Any

import pytest
from guard_cases import passes, planned, stand, taken, why_not
from hypothesis import given
from hypothesis import strategies as st
from useq import MDAEvent

from saccade.core import Lamp, LightSource, Objective, Stand, Turret
from saccade.guard import Dose, Limits, Modifiable
from saccade.guard._ledger import Ledger

LOW = Objective("10x", 1.0)
HIGH = Objective("40x", 0.25, (20.0, 0.0, 5.0))
MEASURED = Objective("63x", 0.2, lights={"blue": Lamp(1.0, 0.001)})
WIDE = Objective("4x", 2.5)
TURRET = Turret("Objective", (LOW, HIGH, MEASURED, WIDE), "10x", "10x")


def bench(**values: Any) -> Stand:
    """Return the bench, 100 by 50 µm with 10x in place, and a turret with four objectives."""
    return stand(turret=TURRET, **values)


def through(name: str | None, x_um: float = 0.0, **values: Any) -> MDAEvent:
    """Return 100 ms of FITC, 0.1 J/cm² with 10x, through an objective."""
    properties = None if name is None else [("Objective", "Label", name)]
    asked = {"x_pos": x_um, "y_pos": 0.0, "exposure": 100, "channel": "FITC", **values}
    return MDAEvent(properties=properties, **asked)


@pytest.mark.parametrize(
    ("name", "z_um", "ok"),
    [
        pytest.param("10x", 500.0, True, id="reference"),
        pytest.param("40x", 495.0, True, id="on the edge"),
        pytest.param("40x", 496.0, False, id="beyond it, though the sample is not"),
        pytest.param("40x", -4.0, True, id="below it, though the stage is not"),
        pytest.param(None, 500.0, True, id="as found"),
    ],
)
def test_limits_are_those_of_the_stage(name: str | None, z_um: float, ok: bool) -> None:
    """An objective that stands nearer can't be brought nearer than the profile allows."""
    guard = Limits()
    guard.learn(bench())
    action = planned(through(name, z_pos=z_um))
    assert (guard(action) is action) is ok
    if not ok:
        assert "z_um of the stage 501.0" in why_not(guard, action)[0]


@pytest.mark.parametrize(
    ("name", "dose"),
    [
        pytest.param("10x", 0.1, id="as measured"),
        pytest.param("40x", 1.6, id="on a sixteenth of the area"),
        pytest.param("63x", 0.1, id="measured with it: 1 W/cm²"),
        pytest.param("4x", 0.1, id="on more area, but never taken for less"),
    ],
)
def test_light_is_that_of_the_objective(name: str, dose: float) -> None:
    """A smaller field is brighter, unless somebody has measured it."""
    guard = Dose(limit_j_per_cm2=10)
    guard.learn(bench())
    assert passes(guard, planned(through(name)))
    assert guard.spent_j_per_cm2 == pytest.approx(dose)


def test_what_lies_in_a_wide_field_has_had_its_light() -> None:
    """A place of a small field is charged with each wide one that covers it, and no other."""
    guard = Dose(limit_j_per_cm2=10)
    guard.learn(bench(lights=(LightSource("blue", 10.0, 0.01),)))
    for name, x_um in (("10x", 0.0), ("40x", 40.0), ("40x", 80.0), ("40x", 45.0)):
        assert passes(guard, planned(through(name, x_um)))
    doses = {round(x): dose for (x, _), dose in guard.ledger.items()}
    # Half of the field is 50 µm with 10x, and 12.5 µm with 40x.
    assert doses == {
        0: pytest.approx(0.1),
        40: pytest.approx(0.1 + 2 * 1.6),
        45: pytest.approx(0.1 + 2 * 1.6),
        80: pytest.approx(1.6),
    }


def test_a_frame_through_another_objective_is_charged_as_such() -> None:
    """What was really in place counts, where that is more light."""
    guard = Dose(limit_j_per_cm2=10)
    guard.learn(bench())
    event = through("10x")
    assert passes(guard, planned(event))
    guard.settle(taken(objective="40x", pixel_size_um=0.25, exposure_ms=100.0))
    assert guard.spent_j_per_cm2 == pytest.approx(1.6)


@pytest.mark.parametrize(
    ("properties", "why"),
    [
        pytest.param([("Objective", "Label", "20x")], "doesn't declare", id="not declared"),
        pytest.param([("Objective", "State", 1)], "turns Objective by State", id="by its place"),
    ],
)
def test_only_declared_objectives_pass(properties: Any, why: str) -> None:
    """Whatever is modifiable, an objective whose offset nobody knows can't be asked for."""
    guard = Modifiable()
    guard.learn(bench())
    reason, allowed = why_not(guard, planned(MDAEvent(properties=properties)))
    assert why in reason
    assert allowed == "one of 10x, 40x, 63x, 4x"


def test_a_wrong_objective_is_found_wherever_it_stands() -> None:
    """Behind other properties, in the second event: told by its number, with what is meant."""
    guard = Modifiable()
    guard.learn(bench())
    wrong = [("Pump", "State", 1), ("Objective", "Label", "40X")]
    reason, _ = why_not(guard, planned(MDAEvent(), MDAEvent(properties=wrong)))
    assert reason.startswith("event 2 of 2 of 'watch' asks for the objective '40X'")
    assert "Did you mean '40x'?" in reason
    late = [("Objective", "Label", "40x"), ("Objective", "Label", "20x")]
    assert "'20x'" in why_not(guard, planned(MDAEvent(properties=late)))[0]


@pytest.mark.parametrize(
    ("listed", "ok"),
    [
        pytest.param(("objective", "Pump.State"), True, id="both are listed"),
        pytest.param(("Objective.Label", "Pump.State"), True, id="by its property"),
        pytest.param(("properties", "Pump.State"), False, id="any property, but no objective"),
    ],
)
def test_an_objective_needs_its_word(listed: tuple[str, ...], ok: bool) -> None:
    """Beside another property, one that is declared passes where the profile lists it."""
    guard = Modifiable()
    guard.learn(bench(modifiable=listed))
    asked = [("Pump", "State", 1), ("Objective", "Label", "40x"), ("Pump", "State", 0)]
    action = planned(MDAEvent(properties=asked))
    assert passes(guard, action) is ok
    if not ok:
        assert "changes objective" in why_not(guard, action)[0]


def test_a_frame_of_a_wider_field_than_charged_lit_more() -> None:
    """Taken through the low objective by mistake: all of that field has had the light."""
    guard = Dose(limit_j_per_cm2=10)
    guard.learn(bench(lights=(LightSource("blue", 10.0, 0.01),)))
    assert passes(guard, planned(through("40x", 0.0)))
    guard.settle(taken(shape=(50, 100), pixel_size_um=1.0, exposure_ms=100.0, x_um=0.0, y_um=0.0))
    doses = {round(x): dose for (x, _), dose in guard.ledger.items()}
    assert max(doses.values()) == pytest.approx(1.6 + 0.1)
    assert passes(guard, planned(through("40x", 40.0)))
    assert guard.spent_j_per_cm2 == pytest.approx(1.7)


def test_what_a_frame_had_more_is_charged_to_its_own_field() -> None:
    """A second try through the high objective lights its small field, and nothing beside it."""
    guard = Dose(limit_j_per_cm2=10)
    guard.learn(bench(lights=(LightSource("blue", 10.0, 0.01),)))
    at = {"shape": (50, 100), "pixel_size_um": 0.25, "exposure_ms": 100.0, "y_um": 0.0}
    for x_um, exposures in ((0.0, 2), (20.0, 1)):
        assert passes(guard, planned(through("40x", x_um)))
        guard.settle(taken(x_um=x_um, exposures=exposures, objective="40x", **at))
    doses = {round(x): dose for (x, _), dose in guard.ledger.items()}
    assert doses == {0: pytest.approx(3.2), 20: pytest.approx(1.6)}


def test_a_wide_field_is_refused_for_the_fullest_place_in_it() -> None:
    """A place at its edge has had all that it may have: no exposure may cover it."""
    guard = Dose(limit_j_per_cm2=3.25)
    guard.learn(bench(lights=(LightSource("blue", 10.0, 0.01),)))
    for _ in range(2):
        assert passes(guard, planned(through("40x", 40.0)))
    assert not passes(guard, planned(through("10x")))
    assert passes(guard, planned(through("40x")))


def test_a_frame_of_a_somewhat_wider_field_has_lit_all_of_it() -> None:
    """Its width decides: a field of 40 by 20 µm is not covered by a charge for 25 by 12.5."""
    guard = Dose(limit_j_per_cm2=10)
    guard.learn(bench(lights=(LightSource("blue", 10.0, 0.01),)))
    assert passes(guard, planned(through("40x")))
    guard.settle(taken(shape=(50, 100), pixel_size_um=0.4, exposure_ms=100.0, x_um=0.0, y_um=0.0))
    assert guard.spent_j_per_cm2 > 1.65


def test_power_that_was_read_is_power_through_that_objective() -> None:
    """Twice the power on a sixteenth of the area is 32 times the light."""
    guard = Dose(limit_j_per_cm2=10)
    guard.learn(bench())
    assert passes(guard, planned(through("10x")))
    lit = {"light_mw": {"blue": 20.0}, "objective": "40x", "pixel_size_um": 0.25}
    guard.settle(taken(exposure_ms=100.0, **lit))
    assert guard.spent_j_per_cm2 == pytest.approx(3.2)


FIELDS = st.sampled_from([(50.0, 25.0), (200.0, 100.0), (12.5, 6.25)])
SHOTS = st.lists(
    st.tuples(st.floats(-300, 300), st.floats(-300, 300), FIELDS, st.floats(0, 1)), max_size=20
)


@given(SHOTS)
def test_a_place_has_had_the_light_of_every_field_it_lies_in(shots: list[Any]) -> None:
    """By brute force over all exposures, a cell being as wide as a sixteenth of a field."""
    ledger = Ledger((12.5, 6.25))
    for x, y, half_um, dose in shots:
        ledger.enter((x, y), dose, half_um)
    largest = 0.0
    for x, y, own_um, _ in shots:
        cell = ledger._cell((x, y), own_um)
        mine = ledger.at(cell)
        surely = [d for x2, y2, h, d in shots if _within(x, y, x2, y2, h, -1.6)]
        perhaps = [d for x2, y2, h, d in shots if _within(x, y, x2, y2, h, 1.6)]
        assert sum(surely) - 1e-9 <= mine <= sum(perhaps) + 1e-9
        largest = max(largest, mine)
    assert ledger.spent == pytest.approx(largest)


def _within(x: float, y: float, x2: float, y2: float, half_um: Any, slack_um: float) -> bool:
    """Return whether a place lies in a field, as cells of 1.5625 by 0.78125 µm tell."""
    return abs(x - x2) <= half_um[0] + slack_um and abs(y - y2) <= half_um[1] + slack_um / 2
