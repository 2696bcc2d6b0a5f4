"""What a story puts back at a real engine when its run is stopped: in the dark, and before SAFE."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from scope_rig import PATIENCE_S, Rig, wait_until
from useq import CustomAction, MDAEvent

from saccade.core import Action, NeedsError, Observation, SaccadeError
from saccade.decide import Switch, from_story, wait_frames

if TYPE_CHECKING:
    from saccade.core import Frame

SHUTTERS = ("White Light Shutter", "LED Shutter")


def gain(value: int) -> Action:
    """Return an action that sets the camera's gain, without a picture."""
    event = MDAEvent(action=CustomAction(name="gain"), properties=[("Camera", "Gain", value)])
    return Action((event,), label="story")


def amplify(last: int):
    """Return a story that sets the gain to 3, and in the end to a last value."""

    def tell(first: Observation):
        try:
            yield gain(3)
            yield wait_frames(1000)
        finally:
            yield gain(last)

    return from_story(tell)


def begin(rig: Rig, last: int, *, open_shutter: bool):
    """Return a run that has begun, its gain set to 3."""
    watch = [
        MDAEvent(min_start_time=0.02 * t, keep_shutter_open=open_shutter) for t in range(10_000)
    ]
    run = rig.begin(watch, decide=amplify(last))
    wait_until(lambda: len(rig.sink.frames) > 2)
    assert float(rig.core.getProperty("Camera", "Gain")) == 3
    return run


@pytest.mark.parametrize("last", [0, 5])
@pytest.mark.parametrize("open_shutter", [False, True])
def test_a_stopped_run_puts_back_in_the_dark_what_a_story_changed(
    rig: Rig, last: int, open_shutter: bool
) -> None:
    """The engine plays once more, without light; afterwards all is as before the run."""
    run = begin(rig, last, open_shutter=open_shutter)
    rig.core.calls.clear()
    run.stop()
    assert run.wait(PATIENCE_S).name == "stopped"
    calls = [call for call in rig.core.calls if call.name in ("setProperty", "snapImage")]
    told = [call.args[2] for call in calls if call.args[:2] == ("Camera", "Gain")]
    assert [float(value) for value in told[:1]] == [last]
    opened = [call for call in rig.core.calls if call.name == "setShutterOpen" and call.args[-1]]
    assert not opened
    assert not any(rig.core.getShutterOpen(shutter) for shutter in SHUTTERS)
    assert float(rig.core.getProperty("Camera", "Gain")) == 0
    assert rig.scope.not_put_back == []
    ends = [value["end"].reason for value in rig.sink.of("heard") if "end" in value]
    assert ends == ["asked to"]


def test_a_gain_that_can_not_be_put_back_is_told(rig: Rig) -> None:
    """A device that refuses its last setting is a failure in the journal, not a silent one."""
    run = begin(rig, 5, open_shutter=False)
    rig.core.fault("setProperty", "raise", times=None)
    run.stop()
    assert run.wait(PATIENCE_S).name == "stopped"
    rig.core.heal()
    (failure,) = rig.sink.of("failure")
    assert "After 3 tries" in failure["text"]
    assert any("Camera.Gain" in problem for problem in rig.scope.not_put_back)


def test_a_setting_that_can_not_be_made_is_the_business_of_its_policy(rig: Rig) -> None:
    """The journal tells why, the policy hears of it; no frame is missing, and the run goes on."""
    rig.core.fault("setProperty", "raise", times=3)
    policy = Switch("Camera.Gain", 3, 0, above=0.5, below=0.1)
    rig.begin([MDAEvent() for _ in range(4)], detect=lambda _: Observation(0.9), decide=policy)
    assert rig.runs[0].wait(PATIENCE_S).name == "completed"
    rules = [each.rule for each in rig.sink.of("decision")]
    assert rules[:2] == ["sets", "sets back"]
    assert len(rig.sink.frames) == 4
    assert rig.sink.of("gap") == []
    assert any("After 3 tries" in value["text"] for value in rig.sink.of("failure"))
    assert float(rig.core.getProperty("Camera", "Gain")) == 0


def test_what_channels_set_is_no_condition(rig: Rig) -> None:
    """A property of a preset would be changed by the next picture: refused beforehand."""
    sets = rig.scope.stand().details["preset_properties"]
    assert "Dichroic.Label" in sets
    assert "Camera.Gain" not in sets
    run = rig.prepare([MDAEvent()], decide=Switch("Dichroic.Label", "400DCLP", "Q505LP"))
    with pytest.raises(NeedsError, match="set as well"):
        run.start()


def test_a_run_that_fails_puts_back_what_a_story_changed(rig: Rig) -> None:
    """A detector that fails again and again ends the run; the gain is put back first."""

    def blind(frame: Frame) -> Observation:
        if frame.index > 2:
            raise ValueError("told to")
        return Observation(0.5)

    run = rig.begin([MDAEvent() for _ in range(50)], detect=blind, decide=amplify(4))
    with pytest.raises(SaccadeError, match="told to"):
        run.wait(PATIENCE_S)
    assert float(rig.core.getProperty("Camera", "Gain")) == 0
