"""SAFE: what is told of each device, and that nothing keeps it from the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from saccade.scope._safe import Safety, make_safe

if TYPE_CHECKING:
    from saccade.testing import FaultyCore

SHUTTERS = ("White Light Shutter", "LED Shutter")


def light(core: FaultyCore) -> None:
    for shutter in SHUTTERS:
        core.setShutterOpen(shutter, True)


def test_safe_closes_every_shutter_and_stops_what_runs(core: FaultyCore) -> None:
    """Both shutters, the camera and the stage are told, and read back."""
    light(core)
    core.startContinuousSequenceAcquisition(0)
    core.setXYPosition(5000.0, 0.0)
    told = make_safe(core)
    assert told == {
        **dict.fromkeys(SHUTTERS, "closed"),
        "sequence": "stopped",
        "XY": "stopped",
        "Z": "at rest",
    }
    assert not any(core.getShutterOpen(shutter) for shutter in SHUTTERS)
    assert not core.isSequenceRunning()
    assert not core.deviceBusy("XY")
    assert core.getXYPosition()[0] < 5000.0


def test_safe_a_second_time_changes_nothing(core: FaultyCore) -> None:
    """What is safe already stays so, and says so."""
    make_safe(core)
    told = make_safe(core)
    assert told["XY"] == "at rest"
    assert set(told.values()) == {"closed", "stopped", "at rest"}


@pytest.mark.parametrize(
    "call",
    [
        *("setShutterOpen", "getShutterOpen", "stopSequenceAcquisition", "isSequenceRunning"),
        *("stop", "deviceBusy", "setProperty", "getProperty"),
    ],
)
def test_a_device_that_refuses_keeps_safe_from_no_other(core: FaultyCore, call: str) -> None:
    """Whatever call fails for ever, SAFE does not raise, and the others are made safe."""
    core.startContinuousSequenceAcquisition(0)
    core.setXYPosition(5000.0, 0.0)
    light(core)
    core.fault(call, times=None)
    told = make_safe(core, [("Camera", "Gain", "0")])
    core.heal()
    bad = {name for name, state in told.items() if state.startswith("NOT SAFE")}
    assert bad
    assert ("Camera.Gain" in bad) == (call in ("setProperty", "getProperty"))
    assert core.getShutterOpen("LED Shutter") == (call == "setShutterOpen")
    core.stopSequenceAcquisition()


def test_a_shutter_that_closes_at_the_second_try_is_closed(core: FaultyCore) -> None:
    """The light is told to go off more than once before it is called NOT SAFE."""
    light(core)
    core.fault("setShutterOpen")
    assert make_safe(core)[SHUTTERS[0]] == "closed"


def test_a_shutter_that_only_says_that_it_closed_is_not_safe(core: FaultyCore) -> None:
    """What counts is what is read back."""
    light(core)
    core.fault("setShutterOpen", "ignore", times=None)
    assert make_safe(core)[SHUTTERS[0]] == "NOT SAFE: still open"


def test_a_shutter_that_does_the_opposite_is_closed_by_the_profile(core: FaultyCore) -> None:
    """What SAFE sets besides comes once more, after a shutter that did not close."""
    core.fault("setShutterOpen", "wrong", device=SHUTTERS[0], times=None)
    told = make_safe(core, [(SHUTTERS[0], "State", "0")])
    assert told[SHUTTERS[0]] == "closed"
    assert not core.getShutterOpen(SHUTTERS[0])


def test_a_setting_of_the_profile_comes_first_and_is_read_back(core: FaultyCore) -> None:
    """Laser power goes down before the shutters move; one that stays up is told."""
    core.setProperty("Camera", "Gain", 5)
    core.calls.clear()
    assert next(iter(make_safe(core, [("Camera", "Gain", "0")]).items())) == ("Camera.Gain", "0")
    assert core.calls[0].name == "setProperty"
    core.setProperty("Camera", "Gain", 5)
    core.fault("setProperty", "ignore")
    assert make_safe(core, [("Camera", "Gain", "0")])["Camera.Gain"] == "NOT SAFE: '5', not '0'"


def test_outside_a_run_nothing_is_remembered(core: FaultyCore) -> None:
    """SAFE before and after a run is for good; only a hold is undone."""
    light(core)
    safety = Safety(core)
    safety.make()
    safety.begin()
    safety.wake()
    assert not core.getShutterOpen(SHUTTERS[0])
    light(core)
    safety.make()
    safety.make()  # again, as when a held run is stopped
    safety.wake()
    assert core.getShutterOpen(SHUTTERS[0])
    safety.make()
    safety.end()
    safety.wake()
    assert not core.getShutterOpen(SHUTTERS[0])


def test_what_is_to_be_safe_soon_is_called_off_at_the_end(core: FaultyCore) -> None:
    """A run that ends in time leaves no timer that touches the next one."""
    safety = Safety(core)
    safety.soon(0.0)  # nothing plays
    safety.begin()
    safety.soon(30.0)
    safety.end()
    light(core)
    safety.make_if_playing()
    assert core.getShutterOpen(SHUTTERS[0])
