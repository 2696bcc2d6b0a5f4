"""Several cameras that expose together: a picture each, or a gap each, and one exposure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mm_test_adapters import device_adapter_path
from scope_rig import QUICK, Rig
from useq import MDAEvent

from saccade.core import (
    Action,
    Decision,
    LightSource,
    NeedsError,
    Observation,
    ProfileError,
    UsageError,
)
from saccade.guard import Budget, Dose, Duty
from saccade.run import Eye, Rule
from saccade.scope._load import _combine
from saccade.testing import FaultyCore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from saccade.core import Frame

ONE, OTHER = "Camera", "Camera-2"
CAMERAS = (ONE, OTHER)
LIGHT = LightSource("lamp", power_mw=10.0, area_cm2=0.01)
"""10 ms are 0.01 J/cm²."""


@pytest.fixture
def core() -> Iterator[FaultyCore]:
    """Give the demo configuration with two small cameras behind a Multi Camera."""
    core = FaultyCore(mm_path=str(device_adapter_path()))
    core.loadSystemConfiguration()
    core.loadDevice(OTHER, "DemoCamera", "DCam")
    core.setParentLabel(OTHER, "DHub")
    core.loadDevice("Both", "Utilities", "Multi Camera")
    for device in (OTHER, "Both"):
        core.initializeDevice(device)
    for camera in CAMERAS:
        for name, value in (("OnCameraCCDXSize", 64), ("OnCameraCCDYSize", 48)):
            core.setProperty(camera, name, value)
        core.setProperty(camera, "PixelType", "16bit")
    core.setProperty(OTHER, "Mode", "Noise")  # else both see the same
    core.setCameraDevice("Both")
    _combine(core, CAMERAS)
    core.setExposure(10.0)
    core.setFocusDirection("Z", 1)
    core.calls.clear()
    yield core
    core.heal()
    core.unloadAllDevices()


@pytest.fixture
def rig(core: FaultyCore) -> Iterator[Rig]:
    """Give a scope with both cameras, without a run left behind."""
    made = Rig(core, replace(QUICK, repeats=True, open_ms=1e5), lights=(LIGHT,))
    yield made
    core.heal()
    for run in made.runs:
        run.stop("the test is over")


def plan(count: int) -> list[MDAEvent]:
    return [MDAEvent(index={"t": t}, x_pos=10.0 * t, y_pos=0.0) for t in range(count)]


def test_one_exposure_gives_a_picture_of_each_camera(rig: Rig) -> None:
    """Indices run through all pictures, first camera first; labels are those of one exposure."""
    sink = rig.play(plan(3))
    assert sink.indices == list(range(6))
    assert [frame.camera for frame in sink.frames] == [*CAMERAS] * 3
    assert len(rig.core.called("snapImage")) == 3
    for first, second in zip(sink.frames[::2], sink.frames[1::2], strict=True):
        assert (first.event, first.t_ns) == (second.event, second.t_ns)
        assert (first.x_um, first.exposure_ms) == (second.x_um, second.exposure_ms)
        assert (first.exposures, second.exposures) == (1, 0)
        assert abs(float(first.pixels.mean()) - float(second.pixels.mean())) > 100
    assert sink.verdict is not None
    assert (sink.verdict.planned, sink.verdict.committed) == (6, 6)


@pytest.mark.parametrize("bad", [0, 1], ids=CAMERAS)
def test_a_camera_without_a_picture_leaves_a_gap_of_its_own(rig: Rig, bad: int) -> None:
    """The other one's picture is kept, and nothing shifts; the exposures are all counted."""
    # Two cameras and two tries of the second event: its pictures are the third to the sixth.
    for on in (3 + bad, 5 + bad):
        rig.core.fault("getImage", "raise", on=on)
    sink = rig.play(plan(3))
    assert list(sink.gaps) == [2 + bad]
    assert sink.indices == [each for each in range(6) if each != 2 + bad]
    assert [frame.camera for frame in sink.frames] == [
        camera for n, camera in enumerate([*CAMERAS] * 3) if n != 2 + bad
    ]
    (gap,) = sink.of("gap")
    assert (gap.camera, gap.exposures) == (CAMERAS[bad], 0 if bad else 2)
    assert f"No picture of {CAMERAS[bad]}" in gap.reason
    assert len(rig.core.called("snapImage")) == 4


def test_a_picture_that_comes_at_the_second_try_is_of_that_exposure(rig: Rig) -> None:
    """If one camera fails once, both pictures are those of the next exposure."""
    rig.core.fault("getImage", "raise", on=2)
    sink = rig.play(plan(2))
    assert sink.indices == [0, 1, 2, 3]
    assert [frame.exposures for frame in sink.frames] == [2, 0, 1, 0]
    assert {frame.retries for frame in sink.frames[:2]} == {1}


def test_an_exposure_that_fails_is_a_gap_of_each_camera(rig: Rig) -> None:
    """What can't be exposed, or set, is missing for both."""
    rig.core.fault("snapImage", "raise", on=2, times=2)
    sink = rig.play([*plan(2), MDAEvent(properties=[("Nothing", "At", "All")])])
    assert list(sink.gaps) == [2, 3, 4, 5]
    assert [gap.camera for gap in sink.of("gap")] == [*CAMERAS] * 2
    assert [gap.exposures for gap in sink.of("gap")] == [2, 0, 0, 0]


FAULTS = st.tuples(
    st.sampled_from(["getImage", "snapImage", "setXYPosition"]),
    st.just("raise"),
    st.integers(1, 14),
    st.integers(1, 4),
)


@given(count=st.integers(1, 4), faults=st.lists(FAULTS, max_size=3))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_fails_no_picture_shifts_and_each_exposure_is_counted_once(
    rig: Rig, count: int, faults: list[Any]
) -> None:
    """An index is that of its camera, frame or gap; together they count what was exposed."""
    rig.core.heal()
    rig.core.calls.clear()
    for call, what, on, times in faults:
        rig.core.fault(call, what, on=on, times=times)
    sink = rig.play(plan(count))
    known = [*sink.frames, *sink.of("gap")]
    assert sorted(each.index for each in known) == list(range(2 * count))
    assert all(each.camera == CAMERAS[each.index % 2] for each in known)
    ours = [call for call in rig.core.called("snapImage") if call.thread == "saccade-scope"]
    assert sum(each.exposures for each in known) == len(ours)
    for frame in sink.frames:
        assert frame.event.index["t"] == frame.index // 2


def test_one_camera_set_otherwise_is_no_picture_of_both(rig: Rig) -> None:
    """Labels hold for each camera: one with another exposure spoils the event."""
    rig.core.setExposure(OTHER, 3.0)
    sink = rig.play([MDAEvent(), MDAEvent(exposure=5.0)])
    assert list(sink.gaps) == [0, 1]
    assert "Camera" in sink.gaps[0]
    assert sink.indices == [2, 3]


def test_one_exposure_is_charged_once(rig: Rig) -> None:
    """The dose of a place is that of its exposures, however many cameras have seen it."""
    guard = Dose(limit_j_per_cm2=1.0)
    sink = rig.play([MDAEvent(x_pos=0.0, y_pos=0.0)] * 3, guards=guard)
    assert len(sink.frames) == 6
    assert guard.spent_j_per_cm2 == pytest.approx(0.03)


def test_each_exposure_of_a_burst_is_charged_as_its_own(rig: Rig) -> None:
    """Of a burst that is let through as a whole, no picture is taken for that of another event."""
    guard = Dose(limit_j_per_cm2=1.0)
    at = {"x_pos": 0.0, "y_pos": 0.0}
    events = tuple(MDAEvent(exposure=float(ms), **at) for ms in (1, 2, 4))
    decided = [Decision((Action(events, "burst", triggered=True),), "test")]
    rig.play(
        [MDAEvent(exposure=8.0, **at)],
        guards=guard,
        decide=lambda _: decided.pop() if decided else Decision(),
    )
    assert guard.spent_j_per_cm2 == pytest.approx(0.015)


def test_a_budget_counts_the_pictures_of_each_camera(rig: Rig) -> None:
    """Frames and disk are those of all cameras; what an event would need is there or it is not."""
    sink = rig.play(plan(4), guards=Budget(frames=5))
    assert sink.indices == [0, 1, 2, 3]
    assert "takes 2 frames; 1 of 5 are left" in sink.gaps[4]


def test_a_share_of_light_is_that_of_exposures(rig: Rig) -> None:
    """Time with light is counted once, and tries of a camera that failed are."""
    guard = Duty(share=0.05, window_s=1.0)  # 50 ms
    rig.core.fault("getImage", "raise", on=2)
    rig.play(plan(2), guards=guard)
    assert guard._book.known.after(0) == 30_000_000


def test_what_guards_refuse_is_a_gap_of_each_camera(rig: Rig) -> None:
    """A planned event that does not pass takes as many indices as it would have had pictures."""
    guard = Dose(limit_j_per_cm2=0.025)  # with room for a second try
    sink = rig.play([MDAEvent(x_pos=0.0, y_pos=0.0)] * 2, guards=guard)
    assert sink.indices == [0, 1]
    assert list(sink.gaps) == [2, 3]
    assert [gap.camera for gap in sink.of("gap")] == [*CAMERAS]


def looking(seen: list[str]) -> Any:
    def look(frame: Frame) -> Observation:
        seen.append(frame.camera)
        return Observation(score=1.0)

    return look


@pytest.mark.parametrize(
    ("camera", "looked"),
    [
        pytest.param(None, [ONE], id="the first by default"),
        pytest.param(OTHER, [OTHER], id="one by its name"),
        pytest.param("all", [*CAMERAS], id="all"),
    ],
)
def test_a_detector_looks_at_the_camera_that_it_names(
    rig: Rig, camera: str | None, looked: list[str]
) -> None:
    """And a policy hears once an exposure, of that camera, unless it asks for all."""
    seen: list[str] = []
    heard: list[str] = []

    def policy(observation: Observation) -> Decision:
        heard.append(observation.camera)
        return Decision()

    rig.play(plan(1), detect={"eye": Eye(looking(seen), camera=camera)}, decide=policy)
    assert seen == looked
    assert heard == looked[:1]


def test_a_policy_hears_of_the_camera_that_it_names(rig: Rig) -> None:
    """Two policies of one detector may each hear of another camera; one of them of its gaps."""
    heard: dict[str, list[str]] = {"one": [], "other": [], "all": []}

    class Listener:
        def __init__(self, name: str) -> None:
            self.name = name

        def __call__(self, seen: Observation) -> Decision:
            heard[self.name].append(seen.camera)
            return Decision()

        def missed(self, gap: Any) -> Decision:
            heard[self.name].append(f"no {gap.camera}")
            return Decision()

    rules = [
        Rule(Listener("one")),
        Rule(Listener("other"), camera=OTHER),
        Rule(Listener("all"), camera="all"),
    ]
    for on in (2, 4):
        rig.core.fault("getImage", "raise", on=on)
    rig.play(plan(1), detect={"eye": Eye(looking([]), camera="all")}, decide=rules)
    assert heard == {"one": [ONE], "other": [f"no {OTHER}"], "all": [ONE, f"no {OTHER}"]}


class Once:
    """A policy that wants one burst, before anything was seen."""

    streams = None

    def __init__(self, count: int) -> None:
        events = tuple(MDAEvent(index={"t": t}, exposure=2.0) for t in range(count))
        self.action = Action(events, "burst", triggered=True)

    def begin(self, t_ns: int) -> Decision:
        return Decision((self.action,))

    def __call__(self, seen: Observation) -> Decision:
        return Decision()


def burst(rig: Rig, count: int, **options: Any) -> Any:
    """Play a hardware-timed burst of both cameras, and nothing else."""
    run = rig.prepare([], decide=Once(count), **options)
    run.start().wait(20)
    known = [*rig.sink.frames, *rig.sink.of("gap")]
    assert sorted(each.index for each in known) == list(range(2 * count))
    assert all(each.camera == CAMERAS[each.index % 2] for each in known)
    assert all(frame.event.index["t"] == frame.index // 2 for frame in rig.sink.frames)
    return rig.sink


def test_a_burst_of_both_is_timed_by_the_cameras(rig: Rig) -> None:
    """It is one command, and each exposure a picture of each camera, in order."""
    sink = burst(rig, 6)
    assert sink.indices == list(range(12))
    assert len(rig.core.called("startSequenceAcquisition")) == 1
    assert not rig.core.called("snapImage")
    assert [frame.exposures for frame in sink.frames] == [1, 0] * 6
    for first, second in zip(sink.frames[::2], sink.frames[1::2], strict=True):
        assert abs(float(first.pixels.mean()) - float(second.pixels.mean())) > 100


def test_a_picture_of_a_burst_that_is_lost_is_a_gap_of_its_camera(rig: Rig) -> None:
    """The other camera's is kept, nothing shifts, and each exposure counts once."""
    rig.core.fault("popNextImageAndMD", "lose", on=4, times=3)
    sink = burst(rig, 6)
    assert len(sink.gaps) == 3
    gaps = {gap.index: gap for gap in sink.of("gap")}
    assert all(gap.reason == "The camera did not deliver it." for gap in gaps.values())


# Not the last picture: a core that lost that waits for another one.
@given(faults=st.lists(st.tuples(st.integers(1, 4), st.integers(1, 2)), max_size=2))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_lost_of_a_burst_nothing_shifts(rig: Rig, faults: list[Any]) -> None:
    """Frames and gaps are all there, each of its own camera and exposure."""
    rig.core.heal()
    for on, times in faults:
        rig.core.fault("popNextImageAndMD", "lose", on=on, times=times)
    burst(rig, 5)


def test_a_burst_of_which_a_camera_gives_nothing_ends(rig: Rig, monkeypatch: Any) -> None:
    """What the other has given is kept; the rest is missing, and says whose fault it is."""
    pop = rig.core.popNextImageAndMD

    def popped() -> Any:
        pixels, tags = pop()
        return pixels, {**dict(tags), "Camera": ONE, "ImageNumber": ""}

    monkeypatch.setattr(rig.core, "popNextImageAndMD", popped)
    sink = burst(rig, 4)
    assert {frame.camera for frame in sink.frames} == {ONE}
    assert {gap.camera for gap in sink.of("gap")} == {OTHER}


def test_names_that_no_camera_has_are_refused(rig: Rig) -> None:
    """Whoever names a camera that isn't there is told before anything moves."""
    with pytest.raises(NeedsError, match="'Camera-3'"):
        rig.begin(plan(1), detect={"eye": Eye(looking([]), camera="Camera-3")})
    with pytest.raises(NeedsError, match="Did you mean 'Camera-2'"):
        rig.begin(plan(1), decide=Rule(lambda _: Decision(), camera="Camera-22"))
    assert rig.core.called("snapImage") == []


def test_several_cameras_do_not_stream(rig: Rig) -> None:
    """The mode stream takes one camera; others are told so."""
    with pytest.raises(UsageError, match="several cameras"):
        rig.begin(plan(1), mode="stream")


@pytest.mark.parametrize(
    ("camera", "cameras", "why"),
    [
        pytest.param("Both", ("Camera", "Camera-3"), "'Camera-3', which isn't there", id="none"),
        pytest.param("Both", ("Camera", "XY"), "no camera that", id="a stage"),
        pytest.param("Camera", CAMERAS, "can't expose 2 cameras", id="no Multi Camera"),
    ],
)
def test_a_profile_that_names_no_cameras_is_refused(
    core: FaultyCore, camera: str, cameras: tuple[str, ...], why: str
) -> None:
    """What is behind the Multi Camera must be cameras that are there."""
    core.setCameraDevice(camera)
    with pytest.raises(ProfileError, match=why):
        _combine(core, cameras)


def test_cameras_with_other_pixels_are_refused(core: FaultyCore) -> None:
    """Micro-Manager can't read cameras whose pixels differ in type."""
    core.setProperty(OTHER, "PixelType", "8bit")
    with pytest.raises(ProfileError, match="different types"):
        Rig(core)


def test_a_multi_camera_without_cameras_is_refused(core: FaultyCore) -> None:
    """Nobody behind it is no camera."""
    for number in (1, 2):
        core.setProperty("Both", f"Physical Camera {number}", "Undefined")
    with pytest.raises(ProfileError, match="no cameras behind it"):
        Rig(core)
