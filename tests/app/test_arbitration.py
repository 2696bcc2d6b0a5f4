"""Protocols whose policies want the same: what is refused, and what an arbiter says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from saccade import app
from saccade.app._protocol import protocol_of
from saccade.core import Dimmer, LightSource, ProtocolError, Stand

PROTOCOLS = sorted((Path(__file__).parents[2] / "hardware_configs/protocols").glob("*.yaml"))
STAND = Stand("a stand", lights=(LightSource("lamp", 1, 1e-4),), shape_px=(64, 64))
PACE = {"use": "saccade.decide:Pace", "slow_s": 10, "fast_s": 1}
BURST = {"use": "saccade.decide:Burst", "do": {"time_plan": {"interval": 1, "loops": 3}}}


def protocol(*decide: dict[str, Any], **known: Any) -> app.Protocol:
    """Return a protocol with these policies, all of one detector."""
    document = {
        "saccade": 1,
        "name": "both",
        "scope": "demo",
        "watch": {"time_plan": {"interval": 10, "loops": 3}},
        "detect": {"spots": {"use": "saccade.detect:Spots", "sigma": 2}},
        "decide": list(decide),
        "guard": [{"use": "saccade.guard:Limits"}],
    }
    return protocol_of(document | known)


def told(given: app.Protocol, level: str) -> list[str]:
    """Return what a check finds."""
    return [f"{each.text} {each.do}" for each in app.check(given, STAND) if each.level == level]


def test_a_check_finds_two_policies_that_set_the_same() -> None:
    """The error says who, what, and how to settle it; run as it says, it is settled."""
    (error,) = told(protocol(PACE | {"name": "slow"}, PACE | {"name": "fast"}), "error")
    assert "'slow' and 'fast' both set pace" in error
    assert "arbiter: {order: [slow, fast]}" in error
    settled = {"order": ["slow", "fast"]}
    assert not told(
        protocol(PACE | {"name": "slow"}, PACE | {"name": "fast"}, arbiter=settled), "error"
    )


def test_two_without_names_are_told_to_take_some() -> None:
    """An arbiter needs names to tell them apart."""
    (error,) = told(protocol(PACE, PACE), "error")
    assert "Two policies 'Pace'" in error
    assert "Give them names first" in error


def test_bursts_without_an_order_are_warned_of() -> None:
    """They may take turns, and a check says that nothing says whose turn it is."""
    pair = BURST | {"name": "one"}, BURST | {"name": "two"}
    assert any(
        "'one' and 'two' may want the microscope" in each
        for each in told(protocol(*pair), "warning")
    )
    ordered = protocol(*pair, arbiter={"order": ["two", "one"], "running": "break"})
    assert not any("may want" in each for each in told(ordered, "warning"))


@pytest.mark.parametrize(
    ("arbiter", "what"),
    [
        pytest.param({"order": ["Burst"], "runs": "break"}, "runs", id="key"),
        pytest.param({"order": ["Burst"], "running": "kill"}, "running", id="word"),
        pytest.param({"order": []}, "order", id="nobody"),
        pytest.param({}, "order", id="nothing"),
        pytest.param({"order": ["Burst"], "lasts_s": -1}, "lasts_s", id="time"),
    ],
)
def test_a_wrong_arbiter_is_refused_with_the_file(arbiter: dict[str, Any], what: str) -> None:
    """A protocol is read whole or not at all."""
    with pytest.raises(ProtocolError, match=what):
        protocol(BURST, arbiter=arbiter)


def test_a_name_that_is_no_policy_is_an_error_of_the_check() -> None:
    """It says which was meant."""
    (error,) = told(protocol(BURST, arbiter={"order": ["Brust"]}), "error")
    assert "Did you mean 'Burst'?" in error


def test_names_and_arbiter_survive_the_record() -> None:
    """What a run's record holds can be read back, names and order included."""
    given = protocol(BURST | {"name": "one"}, arbiter={"order": ["one"], "lasts_s": 5.0})
    again = protocol_of(given.resolved())
    assert again == given
    assert again.decide[0].name == "one"
    assert protocol_of(protocol(BURST).resolved()).arbiter is None


@pytest.mark.parametrize("path", PROTOCOLS, ids=lambda path: path.stem)
def test_no_shipped_protocol_has_a_conflict(path) -> None:
    """What is shipped claims nothing twice, and leaves no turn unsaid."""
    found = [*told(app.load_protocol(path), "error"), *told(app.load_protocol(path), "warning")]
    assert not [each for each in found if "both" in each or "may want" in each]


LASER = LightSource("laser", 1, 1e-4, dimmer=Dimmer("Laser", "Power", 50.0))


def test_who_sets_the_power_of_light_meets_who_sets_its_property() -> None:
    """One says the light of the watch, the other the property that it hangs on: a conflict."""
    dims = {"use": "saccade.decide:Expose", "aim": 10, "light_mw": [0.1, 1]}
    sets = {"use": "saccade.decide:Switch", "sets": "Laser.Power", "to": 9, "back": 50}
    stand = replace(STAND, lights=(LASER,))
    errors = [each for each in app.check(protocol(dims, sets), stand) if each.level == "error"]
    assert any("both set Laser.Power" in each.text for each in errors)
    other = {**sets, "sets": "Pump.State", "to": 1, "back": 0}
    assert not [each for each in app.check(protocol(dims, other), stand) if each.level == "error"]


@pytest.mark.parametrize(
    ("policy", "says"),
    [
        pytest.param(
            {"use": "saccade.decide:Expose", "aim": 10, "light_mw": [0.1, 1]},
            "nothing says what its power hangs on",
            id="light that nobody can set",
        ),
        pytest.param(
            {"use": "saccade.decide:Focus", "every_s": 60, "step_um": 1}, "z", id="no focus drive"
        ),
    ],
)
def test_what_a_policy_can_not_have_is_told_before_the_run(policy: Any, says: str) -> None:
    """The check asks each policy whether this microscope will do, as the run does when armed."""
    errors = [
        each
        for each in app.check(protocol(policy), replace(STAND, has_z=False))
        if each.level == "error"
    ]
    assert [says in f"{each.text} {each.do}" for each in errors] == [True]
