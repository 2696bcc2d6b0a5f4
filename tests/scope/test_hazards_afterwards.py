"""What the user would have suffered from light and settings during a hold and after a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from scope_rig import PATIENCE_S, Memory, Rig, wait_until
from useq import MDAEvent

from saccade.core import Frame, Observation, SaccadeError, ScopeError, State, StoreError

if TYPE_CHECKING:
    from saccade.run import Run
    from saccade.testing import FaultyCore

SHUTTER = "White Light Shutter"
EVERYTHING = {
    "x_pos": 120.0,
    "y_pos": -40.0,
    "z_pos": 7.0,
    "exposure": 3.0,
    "channel": {"config": "DAPI"},
    "roi": (2, 2, 20, 10),
    "properties": [("Camera", "Gain", 3), ("Camera", "Offset", 7), ("Objective", "State", "3")],
    "keep_shutter_open": True,
}


def settings(core: FaultyCore) -> dict[str, Any]:
    """Return what a user has set: the region, the exposure, and what presets are made of."""
    presets = {
        (device, name): core.getProperty(device, name)
        for group in core.getAvailableConfigGroups()
        for preset in core.getAvailableConfigs(group)
        for device, name, _ in core.getConfigData(group, preset)
    }
    gain = core.getProperty("Camera", "Gain")
    roi = tuple(core.getROI())
    return {"roi": roi, "exposure_ms": core.getExposure(), "gain": gain, **presets}


def complete(rig: Rig) -> Run:
    run = rig.begin([MDAEvent(**EVERYTHING)])
    assert run.wait(PATIENCE_S).name == "completed"
    return run


def stopped(rig: Rig) -> Run:
    run = rig.begin([MDAEvent(**EVERYTHING), MDAEvent(min_start_time=3600.0)])
    wait_until(lambda: rig.sink.frames)
    run.stop()
    assert run.wait(PATIENCE_S).name == "stopped"
    return run


def stopped_on_its_way(rig: Rig) -> Run:
    run = rig.begin([MDAEvent(**{**EVERYTHING, "x_pos": 2000.0})])
    wait_until(lambda: rig.core.called("setXYPosition"))
    run.stop()
    assert run.wait(PATIENCE_S).name == "stopped"
    return run


def failed(rig: Rig) -> Run:
    def explode(frame: Frame) -> Observation:
        raise RuntimeError("no weights")

    run = rig.begin([MDAEvent(**EVERYTHING)] * 9, detect=explode)
    with pytest.raises(SaccadeError):
        run.wait(PATIENCE_S)
    assert run.state is State.FAILED
    return run


def disk_full(rig: Rig) -> Run:
    run = rig.begin([MDAEvent(**EVERYTHING)] * 9, sink=Memory(fails_at=2))
    with pytest.raises(StoreError):
        run.wait(PATIENCE_S)
    assert run.state is State.FAILED
    assert rig.sink.indices == [0, 1]
    return run


def with_gaps(rig: Rig) -> Run:
    rig.core.fault("snapImage", times=None)
    run = rig.begin([MDAEvent(**EVERYTHING)])
    assert run.wait(PATIENCE_S).name == "completed_with_gaps"
    rig.core.heal()
    return run


ENDS = {
    each.__name__: each
    for each in (complete, stopped, stopped_on_its_way, failed, disk_full, with_gaps)
}


def state(core: FaultyCore) -> dict[str, Any]:
    """Return all that a run may change, and every property besides."""
    properties = {
        (device, name): core.getProperty(device, name)
        for device in core.getLoadedDevices()
        for name in core.getDevicePropertyNames(device)
        if name not in ("Position", "TimeoutMs")
    }
    return {
        "xy": tuple(core.getXYPosition()),
        "z": core.getPosition(),
        "exposure": core.getExposure(),
        "roi": tuple(core.getROI()),
        "auto-shutter": core.getAutoShutter(),
        "shutter": core.getShutterOpen(),
        **properties,
    }


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize("start_z", [0.0, 50.0])
def test_a_run_leaves_the_microscope_as_it_was(
    rig: Rig, end: str, direction: int, start_z: float
) -> None:
    """However a run ended, all that it changed is put back, and the shutter is closed."""
    core = rig.core
    core.setFocusDirection("Z", direction)
    core.setXYPosition(11.0, 12.0)
    core.setPosition(start_z)
    core.setConfig("Channel", "Rhodamine")
    core.setExposure(5.0)
    core.setROI(1, 1, 40, 30)
    core.waitForSystem()
    core.calls.clear()
    before = state(core)
    ENDS[end](rig)
    assert rig.scope.not_put_back == []
    assert state(core) == before


@pytest.mark.parametrize(
    ("direction", "away", "order"),
    [
        pytest.param(1, 7.0, ["setPosition", "setXYPosition"], id="retract first"),
        pytest.param(-1, 7.0, ["setXYPosition", "setPosition"], id="approach last"),
        pytest.param(-1, -7.0, ["setPosition", "setXYPosition"], id="retract first, reversed"),
        pytest.param(1, -7.0, ["setXYPosition", "setPosition"], id="approach last, reversed"),
    ],
)
def test_the_way_back_never_drags_the_objective_across_the_sample(
    rig: Rig, direction: int, away: float, order: list[str]
) -> None:
    """On the way back the focus drive retracts before the stage moves, or approaches after."""
    rig.core.setFocusDirection("Z", direction)
    rig.play([MDAEvent(x_pos=50.0, y_pos=0.0, z_pos=away)])
    moves = [call.name for call in rig.core.calls if call.name in ("setPosition", "setXYPosition")]
    assert moves[-2:] == order


def test_the_stage_stays_where_the_way_back_is_unknown(rig: Rig) -> None:
    """If nobody knows which way is towards the sample, neither stage is driven, and we say so."""
    rig.play([MDAEvent(x_pos=50.0, y_pos=0.0, z_pos=7.0)])
    assert "focus direction is unknown" in rig.scope.not_put_back[0]
    assert rig.core.getPosition() == 7.0
    rig.core.setPosition(0.0)
    rig.play([MDAEvent(x_pos=90.0, y_pos=0.0)])
    assert rig.scope.not_put_back == []
    assert rig.core.getXYPosition()[0] == pytest.approx(50.0, abs=0.02)


def test_what_can_not_be_put_back_is_told_and_the_rest_is_put_back(rig: Rig) -> None:
    """One device that refuses on the way back does not keep the others from it."""
    core = rig.core
    core.fault("setProperty", on=4, times=None, device="Camera")
    core.setExposure(5.0)
    sink = rig.play(
        [MDAEvent(exposure=2.0, roi=(1, 1, 8, 8), properties=EVERYTHING["properties"][:2])]
    )
    assert sink.indices == [0]
    assert [line.split(":")[0] for line in rig.scope.not_put_back] == ["Camera.Offset"]
    assert core.getProperty("Camera", "Gain") == "0"
    assert core.getExposure() == 5.0
    assert tuple(core.getROI()) == (0, 0, 64, 48)


def test_a_run_that_moved_nothing_moves_nothing_afterwards(rig: Rig) -> None:
    """A plan that names no position sends no stage anywhere, not even back."""
    rig.core.setFocusDirection("Z", 1)
    rig.play([MDAEvent()] * 3)
    told = {call.name for call in rig.core.calls}
    assert not told & {"setXYPosition", "setPosition", "setExposure", "setConfig", "setProperty"}


def test_a_laser_that_was_on_is_not_switched_on_again_after_safe(core: FaultyCore) -> None:
    """What SAFE sets stays so after the run, even if a preset would put it back."""
    core.defineConfig("Laser", "On", "Camera", "Gain", "5")  # the gain stands for laser power
    core.setConfig("Laser", "On")
    rig = Rig(core, safe_settings=[("Camera", "Gain", "0")])
    assert rig.play([MDAEvent()]).of("safe")[-1]["Camera.Gain"] == "0"
    assert core.getProperty("Camera", "Gain") == "0"


def test_a_shutter_that_was_open_is_not_opened_again_after_safe(core: FaultyCore) -> None:
    """The way back opens no shutter, even if one was open before and is part of a preset."""
    core.defineConfig("Light", "On", SHUTTER, "State", "1")
    core.setConfig("Light", "On")
    assert core.getShutterOpen(SHUTTER)
    Rig(core).play([MDAEvent()])
    assert not core.getShutterOpen(SHUTTER)


# ------------------------------------------------------------------------ light and holds


@pytest.mark.parametrize("kept_open", [False, True])
@pytest.mark.parametrize("opened_by_hand", [False, True])
def test_no_frame_after_a_hold_is_taken_in_the_dark(
    rig: Rig, kept_open: bool, opened_by_hand: bool
) -> None:
    """While held the light is off; when the run goes on it is as it was before the hold."""
    core = rig.core
    if opened_by_hand:
        core.setAutoShutter(False)
        core.setShutterOpen(True)
    run = rig.begin(MDAEvent(exposure=2.0, keep_shutter_open=kept_open) for _ in range(60))
    for count in (10, 20):
        wait_until(lambda count=count: len(rig.sink.frames) > count)
        run.hold()
        wait_until(lambda: run.state is State.HELD)
        assert not core.getShutterOpen()
        run.resume()
    assert run.wait(PATIENCE_S).name == "completed"
    rig.prove()  # which looks at the light of every exposure
    assert len(rig.sink.frames) == 60
    assert not core.getShutterOpen()


def test_laser_power_comes_back_after_a_hold(core: FaultyCore) -> None:
    """What the profile switches off for SAFE is on again for the frames after a hold."""
    core.defineConfig("Laser", "On", "Camera", "Gain", "5")
    core.setProperty("Camera", "Gain", 5)
    rig = Rig(core, safe_settings=[("Camera", "Gain", "0")])
    run = rig.begin(MDAEvent(exposure=2.0) for _ in range(30))
    wait_until(lambda: len(rig.sink.frames) > 3)
    run.hold()
    wait_until(lambda: run.state is State.HELD)
    assert core.getProperty("Camera", "Gain") == "0"
    run.resume()
    run.wait(PATIENCE_S)
    power = {each.properties["Camera", "Gain"] for each in core.exposures}
    assert power == {"5"}
    assert core.getProperty("Camera", "Gain") == "0"


def test_a_laser_that_does_not_come_back_after_a_hold_files_no_dark_frames(
    core: FaultyCore,
) -> None:
    """If the light can't be restored after a hold, the frames are gaps that say why."""
    core.setProperty("Camera", "Gain", 5)
    rig = Rig(core, safe_settings=[("Camera", "Gain", "0")])
    run = rig.begin(MDAEvent(exposure=2.0) for _ in range(30))
    wait_until(lambda: len(rig.sink.frames) > 3)
    run.hold()
    wait_until(lambda: run.state is State.HELD)
    core.fault("setProperty", "ignore", times=3)
    run.resume()
    assert run.wait(PATIENCE_S).name == "completed_with_gaps"
    assert len(rig.sink.gaps) == 3
    assert all("after SAFE" in why for why in rig.sink.gaps.values())


@pytest.mark.parametrize("mixed", [False, True])
def test_the_light_that_was_kept_open_is_off_in_the_end(rig: Rig, mixed: bool) -> None:
    """Events may leave the shutter open for the next one, never for the user's sample."""
    plan = [MDAEvent(keep_shutter_open=True), MDAEvent(keep_shutter_open=not mixed)]
    rig.play(plan)
    opened = [call for call in rig.core.called("setShutterOpen") if call.args[-1]]
    assert len(opened) == 1  # and not once for every event
    assert not rig.core.getShutterOpen()
    assert rig.core.getAutoShutter()


def test_a_change_of_light_source_leaves_no_old_one_on(core: FaultyCore) -> None:
    """If a preset chooses another shutter while one is kept open, that one is closed."""
    core.defineConfig("Source", "LED", "Core", "Shutter", "LED Shutter")
    core.defineConfig("Source", "White", "Core", "Shutter", SHUTTER)
    open_during: list[tuple[bool, bool]] = []

    def look(frame: Frame) -> Observation:
        open_during.append((core.getShutterOpen(SHUTTER), core.getShutterOpen("LED Shutter")))
        return Observation(0.0)

    plan = [
        MDAEvent(channel={"group": "Source", "config": each}, keep_shutter_open=True)
        for each in ("White", "LED")
    ]
    Rig(core).play(plan, detect=look)
    assert open_during == [(True, False), (False, True)]


@pytest.mark.parametrize("times", [2, None])
def test_a_shutter_that_does_not_open_files_no_dark_frame(rig: Rig, times: int | None) -> None:
    """A frame that asks for an open shutter is a gap if it stays closed."""
    rig.core.fault("setShutterOpen", "ignore", times=times)
    run = rig.begin(MDAEvent(keep_shutter_open=True) for _ in range(4))
    run.wait(PATIENCE_S)
    rig.prove()
    assert sorted(rig.sink.gaps) == ([0, 1] if times else [0, 1, 2, 3])


def test_a_shutter_that_does_not_close_fails_the_run_and_is_told(rig: Rig) -> None:
    """If the light stays on, the run ends, the journal says NOT SAFE, and wait() raises."""
    core = rig.core
    core.fault("setShutterOpen", on=2, times=None)
    run = rig.begin([MDAEvent(keep_shutter_open=True), *[MDAEvent()] * 5])
    with pytest.raises(ScopeError, match="Shutter did not close: Planned fault"):
        run.wait(PATIENCE_S)
    assert run.state is State.FAILED
    assert rig.sink.of("safe")[-1][SHUTTER].startswith("NOT SAFE")
    assert len(rig.sink.frames) == 2
    core.heal()
    assert rig.play([MDAEvent()]).indices == [0]
    assert rig.sink.of("safe")[-1][SHUTTER] == "closed"


def test_a_teardown_that_raises_leaves_the_runner_usable(rig: Rig) -> None:
    """After a failing teardown the tools are told of the end, and the next run works."""
    told: list[object] = []
    rig.core.mda.events.sequenceFinished.connect(told.append)
    rig.core.fault("setAutoShutter", on=2)
    run = rig.begin([MDAEvent(keep_shutter_open=True), MDAEvent(), MDAEvent()])
    with pytest.raises(ScopeError, match="Planned fault"):
        run.wait(PATIENCE_S)
    assert len(told) == 1
    assert str(rig.core.mda.status.phase) == "idle"
    assert rig.core.getAutoShutter()
    assert rig.play([MDAEvent()]).indices == [0]


def test_the_light_is_off_before_the_files_are_closed(rig: Rig) -> None:
    """SAFE comes first at every end, whatever the disk is busy with."""
    order: list[str] = []

    class Watching(Memory):
        def close(self, verdict: Any = None) -> None:
            order.append("closed" if not rig.core.getShutterOpen() else "closed in the light")
            super().close(verdict)

    rig.play([MDAEvent(keep_shutter_open=True)], sink=Watching())
    assert order == ["closed"]


@pytest.mark.parametrize("call", ["getExposure", "getXYPosition", "getPosition"])
def test_what_is_no_number_is_not_put_back(rig: Rig, call: str) -> None:
    """A driver that says NaN once is asked again; one that goes on is not run with."""
    nth = {"getExposure": 2}.get(call, 1)  # the first is for what the stand says
    rig.core.fault(call, "nan", on=nth)
    rig.play([MDAEvent(**EVERYTHING)])
    commands = [call.args for call in rig.core.calls if call.name.startswith("set")]
    assert not any(value != value for args in commands for value in args)
    rig.core.fault(call, "nan", on=nth, times=None)
    with pytest.raises(SaccadeError, match="nan"):
        rig.begin([MDAEvent(**EVERYTHING)])


@pytest.mark.parametrize("call", ["getAutoShutter", "setAutoShutter"])
def test_auto_shutter_is_put_back_whatever_goes_wrong_once(rig: Rig, call: str) -> None:
    """A driver that lies once, or does the opposite, leaves the next run no open shutter."""
    for nth in range(1, 6):
        rig.core.fault(call, "wrong", on=nth)
        rig.begin([MDAEvent(exposure=2.0)]).wait(PATIENCE_S)
        rig.core.heal()
        assert rig.core.getAutoShutter()


@pytest.mark.parametrize(
    ("call", "times"), [("getROI", 3), ("getExposure", 3), ("getProperty", 40)]
)
def test_a_setting_that_was_misread_once_is_put_back_as_it_was(
    rig: Rig, call: str, times: int
) -> None:
    """A driver that lies once before a run does not have its lie put back after it."""
    before = settings(rig.core)
    events = [MDAEvent(exposure=2.0, properties=[("Camera", "Gain", 3)])]
    for nth in range(1, times + 1):
        rig.core.fault(call, "wrong", on=nth)
        try:
            rig.begin(events).wait(PATIENCE_S)
        except SaccadeError:  # it is told of, which is as well
            rig.core.heal()
            continue
        rig.core.heal()
        assert settings(rig.core) == before, nth
