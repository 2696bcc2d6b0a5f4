"""What the user would have suffered when a command fails, or is ignored, or goes wrong."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scope_rig import Rig
from useq import MDAEvent

from saccade.core import Decision, Observation
from saccade.scope import Manners

if TYPE_CHECKING:
    from collections.abc import Callable

    from saccade.core import Frame, Gap
    from saccade.testing import FaultyCore

FITC = {"config": "FITC"}
DAPI = {"config": "DAPI"}

# One way to ask for each kind of setting, the call that makes it, and a wrong argument.
SETTINGS: dict[str, tuple[Callable[[int], dict[str, Any]], str, tuple[Any, ...]]] = {
    "stage": (lambda i: {"x_pos": 10.0 * i, "y_pos": 5.0}, "setXYPosition", (333.0, 5.0)),
    "focus": (lambda i: {"z_pos": 2.0 * i}, "setPosition", (33.0,)),
    "exposure": (lambda i: {"exposure": 1.0 + i}, "setExposure", (9.0,)),
    "channel": (lambda i: {"channel": FITC if i % 2 else DAPI}, "setConfig", ("Cy5",)),
    "region": (lambda i: {"roi": (i, 2, 20, 10)}, "setROI", (7, 7, 12, 12)),
    "gain": (lambda i: {"properties": [("Camera", "Gain", 1 + i)]}, "setProperty", ("-3",)),
}
EACH_SETTING = [pytest.param(*parts, id=name) for name, parts in SETTINGS.items()]


class Doctor:
    """A policy that heals the core when a certain frame is missing."""

    def __init__(self, core: FaultyCore, after: int) -> None:
        self.core, self.after = core, after

    def __call__(self, seen: Observation) -> Decision:
        return Decision()

    def missed(self, gap: Gap) -> Decision:
        if gap.index == self.after:
            self.core.heal()
        return Decision()


def events(ask: Callable[[int], dict[str, Any]], count: int = 5) -> list[MDAEvent]:
    return [MDAEvent(index={"t": i}, **ask(i)) for i in range(count)]


@pytest.mark.parametrize(("ask", "call", "wrong"), EACH_SETTING)
@pytest.mark.parametrize("what", ["raise", "ignore", "wrong"])
def test_a_failed_command_files_no_frame(
    rig: Rig, ask: Any, call: str, wrong: Any, what: Any
) -> None:
    """A setting that can't be made costs the frames that need it, and no other."""
    rig.core.fault(call, what, on=3, times=3, value=wrong)
    sink = rig.play(events(ask))
    assert sink.indices == [0, 1, 3, 4]
    assert list(sink.gaps) == [2]
    assert str(sink.verdict) == "completed_with_gaps"


@pytest.mark.parametrize(("ask", "call", "wrong"), EACH_SETTING)
@pytest.mark.parametrize("what", ["raise", "ignore", "wrong"])
def test_a_command_that_fails_once_costs_nothing(
    rig: Rig, ask: Any, call: str, wrong: Any, what: Any
) -> None:
    """A setting that is made at the second try gives a true frame, which says so."""
    rig.core.fault(call, what, on=2, value=wrong)
    sink = rig.play(events(ask))
    assert sink.indices == [0, 1, 2, 3, 4]
    assert [frame.retries for frame in sink.frames] == [0, 1, 0, 0, 0]
    assert len(sink.of("retry")) == 1


@pytest.mark.parametrize(
    ("call", "value", "ask"),
    [
        pytest.param("getXYPosition", (7.0, 7.0), SETTINGS["stage"][0], id="stage"),
        pytest.param("getPosition", 77.0, SETTINGS["focus"][0], id="focus"),
        pytest.param("getExposure", 77.0, SETTINGS["exposure"][0], id="exposure"),
        pytest.param("getROI", [1, 1, 8, 8], SETTINGS["region"][0], id="region"),
    ],
)
def test_what_reads_back_wrong_is_never_believed(rig: Rig, call: str, value: Any, ask: Any) -> None:
    """If a device says that it is elsewhere, no frame is filed under where it was sent."""
    core = rig.core

    def fall_ill(frame: Frame) -> Observation:
        if frame.index == 1:
            core.fault(call, "lie", value=value, times=None)
        return Observation(0.0)

    sink = rig.play(events(ask), detect=fall_ill, decide=Doctor(core, after=3))
    assert sink.indices == [0, 1, 4]
    assert set(sink.gaps) == {2, 3}


@pytest.mark.parametrize(
    ("ask", "why"),
    [
        pytest.param({"exposure": 1e9}, "exposure is", id="ignored exposure"),
        pytest.param({"channel": {"config": "FTIC"}}, "Did you mean 'FITC'", id="preset"),
        pytest.param(
            {"channel": {"config": "FITC", "group": "Chanel"}}, "no preset", id="preset group"
        ),
        pytest.param({"properties": [("Camera", "Gian", 1)]}, "Did you mean 'Gain'", id="property"),
        pytest.param({"properties": [("Camra", "Gain", 1)]}, "Did you mean 'Camera'", id="device"),
        pytest.param({"properties": [("Camera", "Binning", 3)]}, "can't be 3", id="not allowed"),
        pytest.param({"properties": [("Camera", "Gain", 99)]}, "Gain", id="beyond its limits"),
        pytest.param({"properties": [("Camera", "Gain", math.nan)]}, "nan", id="property nan"),
        pytest.param({"properties": [("XY", "Position", 3)]}, "must be a pair", id="no pair"),
        pytest.param({"properties": [("Z", "Position", "up")]}, "up", id="no number"),
        pytest.param({"properties": [("Z", "Position", math.nan)]}, "nan", id="stage nan"),
        pytest.param({"roi": (0, 0, 5000, 5000)}, "not on the sensor", id="huge region"),
        pytest.param({"roi": (60, 0, 8, 8)}, "not on the sensor", id="region off the edge"),
    ],
)
def test_an_impossible_request_is_a_gap_that_says_why(rig: Rig, ask: Any, why: str) -> None:
    """What can't be had is not exposed with other settings instead."""
    good = {"exposure": 2.0}
    sink = rig.play(events(lambda i: ask if i == 1 else good, 3))
    assert sink.indices == [0, 2]
    assert why in sink.gaps[1]


NOWHERE = st.sampled_from([math.nan, math.inf, -math.inf])


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    place=st.dictionaries(st.sampled_from(["x_pos", "y_pos", "z_pos"]), NOWHERE, min_size=1),
    forever=st.booleans(),
)
def test_a_nan_never_drives_the_stage_into_the_sample(
    rig: Rig, place: dict[str, float], forever: bool
) -> None:
    """NaN and infinity are refused before the core is asked for anything."""
    rig.core.calls.clear()
    sink = rig.play([MDAEvent(**place, exposure=math.inf if forever else None)])
    assert list(sink.gaps) == [0]
    told = {call.name for call in rig.core.calls}
    assert not told & {"setXYPosition", "setPosition", "setExposure", "snapImage"}


def test_a_stage_that_never_arrives_costs_its_frames_and_the_run_goes_on(core: FaultyCore) -> None:
    """A device that stays busy gives gaps until it is at rest, never a frame from elsewhere."""
    core.fault("setXYPosition", "busy", on=2)
    rig = Rig(core, Manners(settle_s=0.02))
    plan = events(lambda i: {"x_pos": 10.0 * i, "y_pos": 0.0}, 5)
    sink = rig.play(plan, decide=Doctor(core, after=2))
    assert sink.indices == [0, 3, 4]
    assert all("XY is still busy" in why for why in sink.gaps.values())


def test_no_picture_is_taken_on_a_stage_that_still_moves(core: FaultyCore) -> None:
    """After a stage did not arrive in time, frames that name no position wait for it as well."""
    core.fault("setXYPosition", "busy", times=3)
    rig = Rig(core, Manners(settle_s=0.05))
    plan = [MDAEvent(x_pos=50.0, y_pos=0.0), MDAEvent(exposure=2.0), MDAEvent()]
    sink = rig.play(plan)
    assert sink.indices == []
    assert set(sink.gaps) == {0, 1, 2}
    core.heal()
    assert rig.play(plan[1:]).indices == [0, 1]


def test_a_retry_waits_for_the_stage_to_come_to_rest(rig: Rig) -> None:
    """A stage that refuses because it is moving is asked again when it stands."""
    core, move = rig.core, rig.core.setXYPosition

    def moody(*where: Any) -> None:
        if core.deviceBusy("XY"):
            raise RuntimeError("The stage is moving.")
        move(*where)

    core.setXYPosition = moody  # as many controllers do
    core.keep_busy("XY", 150.0)
    sink = rig.play([MDAEvent(x_pos=10.0, y_pos=0.0)])
    assert sink.indices == [0]
    assert sink.frames[0].retries == 1


def test_the_frame_after_a_gap_is_made_from_scratch(rig: Rig) -> None:
    """What was half made before a gap is made again, even if it seems to be the same."""
    rig.core.fault("setConfig", "ignore", on=2, times=3)
    plan = [MDAEvent(channel=each, x_pos=9.0, y_pos=9.0) for each in (DAPI, FITC, DAPI)]
    sink = rig.play(plan)
    assert sink.indices == [0, 2]
    assert [frame.channel for frame in sink.frames] == ["DAPI", "DAPI"]


@pytest.mark.parametrize("preset", ["DAPI", "FITC", "Rhodamine", "Cy5"])
def test_a_channel_that_is_only_half_set_files_no_frame(rig: Rig, preset: str) -> None:
    """Every property of a preset is verified, not only those that another preset has as well."""
    core, set_config = rig.core, rig.core.setConfig
    core.defineConfig("Channel", preset, "Camera", "Gain", "4")  # one that the others don't have
    core.defineConfig("Channel", preset, "Camera", "Offset", "3")
    wanted = [each for each in core.getConfigData("Channel", preset) if each[0] != "Core"]
    assert len(wanted) > 3
    for device, name, value in wanted:
        allowed = core.getAllowedPropertyValues(device, name) or ("0",)
        other = next(each for each in allowed if each != value)

        def half(*what: str, place: tuple[str, str, str] = (device, name, other)) -> None:
            set_config(*what)
            core.setProperty(*place)

        core.setConfig = half
        sink = rig.play([MDAEvent(channel={"config": preset})])
        core.setConfig = set_config
        assert f"{device}.{name} is" in sink.gaps[0]
    assert rig.play([MDAEvent(channel={"config": preset})]).indices == [0]
