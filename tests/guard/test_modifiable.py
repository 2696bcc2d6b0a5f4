"""What a protocol may change at all."""

from __future__ import annotations

import pytest
from guard_cases import event, planned, stand, why_not

from saccade.core import Action, Refusal
from saccade.guard import Modifiable

SETTINGS = [
    pytest.param({"x_pos": 1.0}, "xy", id="x"),
    pytest.param({"y_pos": 0.0}, "xy", id="y"),
    pytest.param({"z_pos": 0.0}, "z", id="z"),
    pytest.param({"channel": {"config": "FITC"}}, "channel", id="channel"),
    pytest.param({"exposure": 1.0}, "exposure", id="exposure"),
    pytest.param({"roi": (0, 0, 4, 4)}, "roi", id="region"),
    pytest.param({"slm_image": [[0]]}, "mask", id="mask"),
    pytest.param({"properties": [("Camera", "Gain", 1)]}, "properties", id="property"),
]


def guard(modifiable: tuple[str, ...] | None) -> Modifiable:
    made = Modifiable()
    made.learn(stand(modifiable=modifiable))
    return made


@pytest.mark.parametrize(("asked", "what"), SETTINGS)
def test_only_what_is_listed_may_be_changed(asked: dict, what: str) -> None:
    """An action that changes what the profile does not list is refused, and told what it may."""
    action = planned(event(**asked))
    others = tuple({each.values[1] for each in SETTINGS} - {what})
    assert why_not(guard(others), action) == (
        f"'watch' changes {what} on 'bench'",
        f"to change {', '.join(others)}",
    )
    assert why_not(guard(()), action)[1] == "to change nothing"
    second = planned(event(), event(**asked))
    assert why_not(guard(()), second)[0].startswith("event 2 of 2 of 'watch' changes ")
    assert guard((*others, what))(action) is action
    assert isinstance(guard(())(action), Refusal)


@pytest.mark.parametrize(("asked", "what"), SETTINGS)
def test_a_profile_without_a_list_allows_everything(asked: dict, what: str) -> None:
    """Without a list, and before the microscope is known, every action passes."""
    action = planned(event(**asked))
    assert guard(None)(action) is action
    assert Modifiable()(action) is action


def test_a_fresh_guard_knows_no_microscope() -> None:
    """A guard for another run starts without what this one has learned."""
    assert guard(())(planned(event(z_pos=1.0))) != planned(event(z_pos=1.0))
    action = planned(event(z_pos=1.0))
    assert guard(()).fresh()(action) is action


def test_a_new_pace_changes_no_setting() -> None:
    """An action without events passes whatever the list says."""
    action = Action(interval_s=1.0, frame=0)
    assert guard(())(action) is action


def test_a_single_property_may_be_listed() -> None:
    """What is named alone may be changed, and no other property of any device."""
    pump, other = (planned(event(properties=[("Pump", name, 1)])) for name in ("State", "Rate"))
    both = planned(event(properties=[("Pump", "State", 1), ("Pump", "Rate", 1)]))
    only = guard(("xy", "Pump.State"))
    assert only(pump) is pump
    for action in (other, both):
        assert why_not(only, action) == (
            "'watch' changes properties on 'bench'",
            "to change xy, Pump.State",
        )
    assert guard(("properties",))(both) is both
    listed = guard(("Pump.State", "Pump.Rate"))
    assert listed(both) is both
