"""The oracle: a camera that writes into each picture what every device was told before it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mm_test_adapters import device_adapter_path
from scope_rig import QUICK, Rig
from test_hazards_bursts import Once
from useq import MDAEvent

from saccade.core import Action, Decision, Observation
from saccade.testing import FaultyCore

pytest.importorskip("msgpack")
from pymmcore_plus.seq_tester import decode_image

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pymmcore_plus.seq_tester import InfoPacket

    from saccade.core import Frame

DEVICES = {
    "Camera": "TCamera-0",
    "Shutter": "TShutter-0",
    "XY": "TXYStage-0",
    "Z": "TZStage-0",
    "Wheel": "TSwitcher-0",
    "Filter": "TSwitcher-1",
}
STEPS_PER_UM = 10
WHEEL = {"Blue": 0, "Green": 1, "Red": 2}

Command = tuple[str, str, object]

EAGER = replace(QUICK, repeats=True)
"""The pictures of this camera come before they can be exposed."""


@pytest.fixture
def core() -> Iterator[FaultyCore]:
    """Give a microscope of SequenceTester devices, all of whose history is in its pictures."""
    core = FaultyCore(mm_path=str(device_adapter_path()))
    core.loadDevice("THub", "SequenceTester", "THub")
    core.initializeDevice("THub")
    for label, name in DEVICES.items():
        core.loadDevice(label, "SequenceTester", name)
        core.setParentLabel(label, "THub")
    core.setProperty("Camera", "ImageMode", "MachineReadable")
    core.setProperty("Camera", "ImageWidth", 128)
    core.setProperty("Camera", "ImageHeight", 128)
    for label in DEVICES:
        core.initializeDevice(label)
    core.setCameraDevice("Camera")
    core.setShutterDevice("Shutter")
    core.setXYStageDevice("XY")
    core.setFocusDevice("Z")
    for channel, position in WHEEL.items():
        core.defineConfig("Channel", channel, "Wheel", "State", str(position))
    core.setChannelGroup("Channel")
    core.setAutoShutter(True)
    core.setCircularBufferMemoryFootprint(4)
    core.setExposure(1.0)
    core.setFocusDirection("Z", 1)
    core.waitForSystem()  # these devices begin busy
    yield core
    core.heal()
    core.unloadAllDevices()


def told(core: FaultyCore) -> list[Command]:
    """Return what the devices were told since the last picture, by taking one."""
    core.snapImage()
    return commands(decode_image(core.getImage()))


def commands(packet: InfoPacket) -> list[Command]:
    """Return the commands that came before a picture; not the questions whether it is busy."""
    return [
        (each.device, each.property, each.value)
        for each in packet.history
        if each.property != "Busy"
    ]


def meant(events: Sequence[MDAEvent]) -> Iterator[list[Command]]:
    """Yield what each event must tell the devices, in order: what it changes, and no more."""
    now: dict[str, object] = {}

    def news(key: str, value: object, told: list[Command]) -> list[Command]:
        if now.get(key) == value:
            return []
        now[key] = value
        return told

    for event in events:
        line: list[Command] = []
        if event.x_pos is not None and event.y_pos is not None:
            x, y = round(event.x_pos * STEPS_PER_UM), round(event.y_pos * STEPS_PER_UM)
            xy: list[Command] = [
                ("TXYStage-0", "XPositionSteps", x),
                ("TXYStage-0", "YPositionSteps", y),
            ]
            line += news("xy", (x, y), xy)
        if event.z_pos is not None:
            line += news("z", event.z_pos, [("TZStage-0", "ZPositionUm", event.z_pos)])
        if event.channel is not None:
            position = WHEEL[event.channel.config]
            line += news("channel", position, [("TSwitcher-0", "Position", position)])
        if event.exposure is not None:
            line += news("exposure", event.exposure, [("TCamera-0", "Exposure", event.exposure)])
        for _, _, value in event.properties or ():
            line += news("filter", value, [("TSwitcher-1", "Position", value)])
        yield line


def shutter(packet: InfoPacket) -> list[object]:
    return [each.value for each in packet.history if each.property == "ShutterState"]


def busy(packet: InfoPacket) -> dict[str, int]:
    stages = {"TXYStage-0", "TZStage-0", "TSwitcher-0", "TSwitcher-1"}
    return {
        each.device: each.value
        for each in packet.current_state
        if each.property == "Busy" and each.device in stages
    }


def without_shutter(line: list[Command]) -> list[Command]:
    return [command for command in line if command[1] != "ShutterState"]


def prove(frames: Sequence[Frame], events: Sequence[MDAEvent]) -> None:
    """Fail unless every frame says itself that exactly its own commands came before it."""
    packets = [decode_image(frame.pixels) for frame in frames]
    moved: set[str] = set()
    for frame, packet, line in zip(frames, packets, meant(events), strict=True):
        assert without_shutter(commands(packet)) == line, frame.index
        state = {(each.device, each.property): each.value for each in packet.current_state}
        assert state["TXYStage-0", "XPositionSteps"] == round((frame.x_um or 0) * STEPS_PER_UM)
        assert state["TXYStage-0", "YPositionSteps"] == round((frame.y_um or 0) * STEPS_PER_UM)
        assert state["TZStage-0", "ZPositionUm"] == frame.z_um
        assert state["TCamera-0", "Exposure"] == frame.exposure_ms
        assert state["TSwitcher-0", "Position"] == WHEEL[frame.channel or ""]
        assert state["TShutter-0", "ShutterState"] is True
        moved |= {device for device, _, _ in line} & busy(packet).keys()
        assert {device: busy(packet)[device] for device in moved} == dict.fromkeys(moved, 0)
    assert [packet.camera_info.serial_img_num for packet in packets] == list(
        range(
            packets[0].camera_info.serial_img_num,
            packets[0].camera_info.serial_img_num + len(packets),
        )
    )


TENTHS = st.integers(-500, 500).map(lambda i: i / 10)
EVENTS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "xy": st.tuples(TENTHS, TENTHS),
            "z_pos": st.sampled_from([0.0, 1.5, 3.0]),
            "channel": st.sampled_from([{"config": each} for each in WHEEL]),
            "exposure": st.sampled_from([1.0, 2.0, 3.0]),
            "properties": st.integers(0, 3).map(lambda i: [("Filter", "State", i)]),
        },
    ),
    min_size=1,
    max_size=8,
)


def event(i: int, asked: dict[str, Any]) -> MDAEvent:
    x_um, y_um = asked.get("xy", (None, None))
    rest = {key: value for key, value in asked.items() if key != "xy"}
    return MDAEvent(index={"t": i}, x_pos=x_um, y_pos=y_um, **rest)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(asked=EVENTS)
def test_the_hardware_receives_exactly_what_each_label_says(
    core: FaultyCore, asked: list[dict[str, Any]]
) -> None:
    """For any plan: each frame's commands, in order, before it, and nothing else."""
    core.setConfig("Channel", "Blue")
    told(core)
    plan = [event(i, each) for i, each in enumerate(asked)]
    rig = Rig(core, EAGER)
    rig.play(plan)
    assert rig.sink.indices == list(range(len(plan)))
    prove(rig.sink.frames, plan)


def test_the_light_is_on_for_each_exposure_and_off_between(core: FaultyCore) -> None:
    """The shutter opens for each picture and closes after it; kept open, it stays so."""
    told(core)
    rig = Rig(core, EAGER)
    rig.play([MDAEvent()] * 3)
    packets = [decode_image(frame.pixels) for frame in rig.sink.frames]
    assert [shutter(packet) for packet in packets] == [[False, True]] * 3
    told(core)
    rig.play([MDAEvent(keep_shutter_open=True)] * 2 + [MDAEvent()] * 2)
    packets = [decode_image(frame.pixels) for frame in rig.sink.frames]
    assert [shutter(packet) for packet in packets] == [[False, True], [], [], [False, True]]


def test_what_is_put_back_is_told_once_and_nothing_besides(core: FaultyCore) -> None:
    """After a run the devices are told what differs from before it, and no more."""
    core.setConfig("Channel", "Red")
    core.setXYPosition(1.0, 2.0)
    told(core)
    rig = Rig(core, EAGER)
    rig.play([MDAEvent(x_pos=5.0, y_pos=2.0, exposure=2.0, channel={"config": "Blue"})])
    assert rig.scope.not_put_back == []
    assert set(without_shutter(told(core))) == {
        ("TSwitcher-0", "Position", 2),
        ("TCamera-0", "Exposure", 1.0),
        ("TXYStage-0", "XPositionSteps", 10),
        ("TXYStage-0", "YPositionSteps", 20),
    }
    rig.play([MDAEvent()])
    assert without_shutter(told(core)) == []


def test_a_failed_event_leaves_no_trace_in_the_frames_after_it(core: FaultyCore) -> None:
    """The frame after a gap got all of its own commands, whatever became of the one before."""
    told(core)
    core.fault("setConfig", on=2, times=3)
    plan = [
        MDAEvent(x_pos=float(i), y_pos=0.0, channel={"config": each})
        for i, each in enumerate(("Blue", "Green", "Red"))
    ]
    rig = Rig(core, EAGER)
    rig.play(plan)
    assert rig.sink.indices == [0, 2]
    packet = decode_image(rig.sink.frames[1].pixels)
    state = {(each.device, each.property): each.value for each in packet.current_state}
    assert state["TXYStage-0", "XPositionSteps"] == 20
    assert state["TSwitcher-0", "Position"] == 2


def test_a_burst_in_between_gets_its_own_commands_and_gives_them_back(core: FaultyCore) -> None:
    """A decided burst moves what it names, is timed by the camera, and the plan goes on."""
    told(core)
    zoom = [MDAEvent(z_pos=3.0, exposure=2.0) for _ in range(4)]

    def choose(seen: Observation) -> Decision:
        wanted = (Action(tuple(zoom), triggered=True),) if seen.frame == 1 else ()
        return Decision(wanted)

    watch = [
        MDAEvent(x_pos=float(i), y_pos=0.0, z_pos=1.5, exposure=1.0, channel={"config": "Green"})
        for i in range(4)
    ]
    rig = Rig(core, EAGER)
    rig.begin(watch, decide=choose).wait(20)
    frames = rig.sink.frames
    assert [frame.stream for frame in frames] == ["watch"] * 2 + ["burst"] * 4 + ["watch"] * 2
    packets = [decode_image(frame.pixels) for frame in frames]
    assert [packet.camera_info.is_sequence for packet in packets] == (
        [False] * 2 + [True] * 4 + [False] * 2
    )
    assert [packet.camera_info.frame_num for packet in packets[2:6]] == [0, 1, 2, 3]
    lines = [without_shutter(commands(packet)) for packet in packets]
    assert lines[2] == [("TZStage-0", "ZPositionUm", 3.0), ("TCamera-0", "Exposure", 2.0)]
    assert lines[3:6] == [[], [], []]
    assert lines[6] == [
        ("TXYStage-0", "XPositionSteps", 20),
        ("TXYStage-0", "YPositionSteps", 0),
        ("TZStage-0", "ZPositionUm", 1.5),
        ("TCamera-0", "Exposure", 1.0),
    ]
    assert [frame.z_um for frame in frames] == [1.5, 1.5, 3.0, 3.0, 3.0, 3.0, 1.5, 1.5]


@pytest.mark.parametrize(
    ("on", "times", "lost"),
    [
        pytest.param(1, 1, [0], id="the first"),
        pytest.param(4, 1, [3], id="one"),
        pytest.param(3, 2, [2, 4], id="every other"),
        pytest.param(9, 1, [8], id="the last but one"),
    ],
)
def test_frames_lost_in_a_burst_shift_none_of_the_others(
    core: FaultyCore, on: int, times: int, lost: list[int]
) -> None:
    """Every frame of a burst has the index of the picture that the camera made."""
    core.fault("popNextImageAndMD", "lose", on=on, times=times)
    rig = Rig(core, EAGER)
    rig.begin([], decide=Once([MDAEvent(index={"t": i}) for i in range(10)])).wait(20)
    numbers = [decode_image(frame.pixels).camera_info.frame_num for frame in rig.sink.frames]
    assert rig.sink.indices == numbers
    assert sorted(rig.sink.gaps) == lost
    assert len(numbers) == 10 - len(lost)
