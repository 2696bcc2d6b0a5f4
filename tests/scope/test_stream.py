"""A camera that runs by itself: what it takes is what its labels say, whatever happens."""

from __future__ import annotations

import time
from collections import Counter
from itertools import pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from scope_rig import Rig, wait_until
from useq import MDAEvent

from saccade.core import Action, Decision, Observation, Order
from saccade.detect import Change
from saccade.run import Run
from saccade.scope import load
from saccade.scope._stream import Tally, _Stamps
from saccade.testing import MemorySink

if TYPE_CHECKING:
    from saccade.core import Frame
    from saccade.testing import FaultyCore

COUNT = 40
DAPI = "DAPI"


def again(count: int = COUNT, **ask: Any) -> list[MDAEvent]:
    ask = {"exposure": 2.0, "channel": DAPI, **ask}
    return [MDAEvent(index={"t": t}, **ask) for t in range(count)]


def whole(rig: Rig) -> None:
    """Fail unless every planned index is there once, and each frame was planned at its place."""
    sink = rig.sink
    assert sink.verdict is not None
    numbers = Counter([*sink.indices, *sink.gaps])
    assert numbers == Counter(range(sink.verdict.planned))
    assert sink.indices == sorted(sink.indices)


def after(rig: Rig) -> None:
    """Fail unless the camera is at rest and no light is on."""
    core = rig.core
    assert not core.isSequenceRunning()
    for shutter in ("White Light Shutter", "LED Shutter"):
        assert not core.getShutterOpen(shutter)


def test_the_camera_is_started_once_and_asked_little(rig: Rig) -> None:
    """One sequence without end, no picture by itself; every frame has what was set and read."""
    rig.begin(again(x_pos=10.0, y_pos=5.0, roi=(4, 4, 20, 10)), mode="stream").wait(20)
    (begin,) = rig.core.called("startSequenceAcquisition")
    assert begin.args[1] > COUNT
    assert begin.args[3] is True  # it stops rather than overwrite what nobody has fetched
    assert not rig.core.called("snapImage")
    whole(rig)
    after(rig)
    assert str(rig.sink.verdict) == "completed"
    for frame in rig.sink.frames:
        assert frame.event.index["t"] == frame.index
        assert (frame.exposure_ms, frame.channel, frame.roi) == (2.0, "DAPI", (4, 4, 20, 10))
        assert (frame.x_um, frame.y_um) == pytest.approx((10.0, 5.0), abs=0.02)
        assert frame.pixels.shape == (10, 20)
    times = [frame.t_ns for frame in rig.sink.frames]
    assert times == sorted(times)
    assert (times[-1] - times[0]) / 1e6 > 1.5 * (COUNT - 1)
    (told,) = rig.sink.of("stretch")
    assert (told["frames"], told["why"]) == (COUNT, "enough")


def test_an_action_is_done_between_two_frames(rig: Rig) -> None:
    """The camera ends, the action has its own settings, and the camera begins anew."""
    acted: list[int] = []

    def choose(seen: Observation) -> Decision:
        if acted or seen.frame < 5:
            return Decision()
        acted.append(seen.frame)
        return Decision((Action((MDAEvent(exposure=4.0, channel="FITC"),), "act"),))

    rig.begin(again(200), mode="stream", decide=choose).wait(20)
    whole(rig)
    after(rig)
    (act,) = [frame for frame in rig.sink.frames if frame.stream == "act"]
    assert (act.exposure_ms, act.channel) == (4.0, "FITC")
    rig.prove_label(act)
    assert all(f.channel == "DAPI" for f in rig.sink.frames if f.stream == "watch")
    assert len(rig.core.called("startSequenceAcquisition")) == 2
    assert len(rig.sink.frames) == 201


def test_frames_that_the_camera_lost_are_gaps_in_their_places(rig: Rig) -> None:
    """They shift none of the others."""
    rig.core.fault("popNextImageAndMD", "lose", on=4, times=2)
    rig.begin(again(), mode="stream").wait(20)
    whole(rig)
    assert sorted(rig.sink.gaps) == [3, 5]
    assert all(frame.event.index["t"] == frame.index for frame in rig.sink.frames)


@pytest.mark.parametrize(
    "call", ["startSequenceAcquisition", "popNextImageAndMD", "getRemainingImageCount"]
)
def test_a_camera_that_fails_leaves_gaps_and_is_begun_anew(rig: Rig, call: str) -> None:
    """What is missing is a gap by its reason, and the plan goes on."""
    rig.core.fault(call, on=2 if call == "startSequenceAcquisition" else 9)
    run = rig.prepare([*again(), *again(10, exposure=1.0)], mode="stream")
    assert run.start().wait(20).name == "completed_with_gaps"
    whole(rig)
    after(rig)
    (reason,) = rig.sink.gaps.values()
    assert "Planned fault" in reason


def test_a_buffer_that_fills_up_lets_the_camera_pause(core: FaultyCore) -> None:
    """Above the mark it ends, what was taken is fetched, and it begins anew: nothing is lost."""
    sink = slow_to_store(core)
    assert str(sink.verdict) == "completed"
    told = [each for each in sink.of("overload") if each["policy"] == "wait"]
    assert told
    assert "pauses" in told[0]["text"]


def test_where_gaps_are_chosen_pictures_are_given_up_by_name(core: FaultyCore) -> None:
    """The camera runs on; what is given up is a gap in its place, and was exposed."""
    sink = slow_to_store(core, overload="gap")
    assert str(sink.verdict) == "completed_with_gaps"
    gaps = sink.of("gap")
    assert {gap.reason for gap in gaps} == {
        "it was given up, because the camera's buffer was almost full"
    }
    assert all(gap.exposures >= 1 for gap in gaps)
    assert [each["policy"] for each in sink.of("overload")][:1] == ["gap"]


def slow_to_store(core: FaultyCore, stall_s: float = 0.03, **options: Any) -> Any:
    """Return what is kept where storing takes longer than a picture, and the buffer is small."""
    core.setProperty("Camera", "OnCameraCCDXSize", 512)
    core.setProperty("Camera", "OnCameraCCDYSize", 512)
    core.setCircularBufferMemoryFootprint(8)
    rig = Rig(core)
    # Slow enough that a busy machine does not overflow in the time between two looks.
    run = rig.prepare(again(60, exposure=10.0), mode="stream", **options)
    keep = rig.sink.frame

    def dawdle(frame: Frame) -> bool:
        time.sleep(stall_s)
        return keep(frame)

    rig.sink.frame = dawdle  # type: ignore[method-assign]
    run.start().wait(20)
    whole(rig)
    after(rig)
    return rig.sink


def test_an_overflow_is_a_gap_and_has_a_name(core: FaultyCore) -> None:
    """If somebody stalls for longer than the buffer lasts, the journal says so, and how many."""
    core.setProperty("Camera", "OnCameraCCDXSize", 512)
    core.setProperty("Camera", "OnCameraCCDYSize", 512)
    core.setCircularBufferMemoryFootprint(4)
    rig = Rig(core)
    run = rig.prepare(again(60, exposure=1.0), mode="stream")
    keep = rig.sink.frame

    def stall(frame: Frame) -> bool:
        if frame.index == 10:
            time.sleep(0.3)
        return keep(frame)

    rig.sink.frame = stall  # type: ignore[method-assign]
    assert run.start().wait(20).name == "completed_with_gaps"
    whole(rig)
    after(rig)
    assert any("overflowed" in reason for reason in rig.sink.gaps.values())
    assert "stop" in [each["policy"] for each in rig.sink.of("overload")]


@pytest.mark.parametrize("setting", ["exposure", "region"])
def test_who_meddles_ends_a_stretch_and_the_next_is_right_again(rig: Rig, setting: str) -> None:
    """A gap says what was wrong; frames after it have what they were planned with."""
    core = rig.core
    run = rig.begin(again(400, roi=(0, 0, 64, 48)), mode="stream")
    wait_until(lambda: len(rig.sink.frames) > 20)
    if setting == "exposure":
        core.setExposure(7.0)
    else:
        core.setROI(0, 0, 16, 16)
    run.wait(20)
    whole(rig)
    after(rig)
    assert rig.sink.gaps
    last = rig.sink.frames[-1]
    assert (last.exposure_ms, last.roi) == (2.0, (0, 0, 64, 48))


def test_a_stop_and_a_hold_end_the_light(rig: Rig) -> None:
    """Held, the camera rests in the dark; let go, it runs again; stopped, it is over."""
    run = rig.begin(again(100_000), mode="stream")
    wait_until(lambda: len(rig.sink.frames) > 10)
    run.hold()
    wait_until(lambda: str(run.state) == "held")
    after(rig)
    held = len(rig.sink.frames)
    run.resume()
    wait_until(lambda: len(rig.sink.frames) > held + 10)
    run.stop("enough")
    assert run.wait(20).name == "stopped"
    after(rig)


def test_light_between_pictures_is_charged_as_exposures() -> None:
    """Pictures of 10 ms every 25 ms cost all the light, less what the shutter itself takes."""
    cut: list[int] = []
    first = Order(MDAEvent(), 0, "watch")
    stretch: Any = SimpleNamespace(first=first, next=lambda: first, cut=cut.append)
    tally = Tally(stretch, open_ms=5.0)
    assert tally.close(stretch, 10**9) == {}  # nothing was begun
    tally.begin(10.0, 10**9)
    charged = []
    for n in range(1, 9):
        tally.order()
        charged.append(tally.exposures(10**9 + n * 25 * 10**6))
    assert sum(charged) == 20  # 200 ms of light, less 5 ms
    assert set(charged) == {2, 3}
    told = tally.close(stretch, 10**9 + 260 * 10**6)
    assert cut == [told["cut"]] == [6]
    assert tally.close(stretch, 10**9 + 300 * 10**6) == {}  # once


def test_times_of_pictures_that_waited_are_when_they_were_exposed() -> None:
    """The smallest delay of any tells how the camera's time lies to ours; time never goes back."""
    stamps = _Stamps()
    arrived_ms = [11.0, 31.0, 41.0, 41.5, 50.5]
    elapsed = ["10.0", "20.0", "30.0", "40.0", ""]
    told = [
        stamps.exposed_ns(round(at * 1e6), said) / 1e6
        for at, said in zip(arrived_ms, elapsed, strict=True)
    ]
    assert told == pytest.approx([11.0, 21.0, 31.0, 41.0, 50.5])


def simulated(clock: str = "virtual") -> MemorySink:
    scope, sink = load("sim:calcium", sim={"clock": clock}), MemorySink()
    plan = [MDAEvent(index={"t": t}, exposure=20.0, channel="FITC") for t in range(12)]
    run = Run(scope, plan, detect=Change(), sink=sink, clock=scope.clock, mode="stream")
    assert run.start().wait(60).name == "completed"
    return sink


def test_a_virtual_microscope_streams_in_virtual_time_and_always_the_same() -> None:
    """Pictures come at the camera's rate, and two runs are alike to the last bit."""
    one, other = simulated(), simulated()
    assert [frame.t_ns for frame in one.frames] == [frame.t_ns for frame in other.frames]
    steps = {round((b.t_ns - a.t_ns) / 1e6, 3) for a, b in pairwise(one.frames)}
    assert steps == {20.0}
    assert all((a.pixels == b.pixels).all() for a, b in zip(one.frames, other.frames, strict=True))
