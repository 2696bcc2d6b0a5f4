"""A camera that runs by itself: what the run asks of it, and when it ends it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from run_cases import TIMEOUT_S, act_above, play
from useq import MDAEvent

from saccade.core import (
    Action,
    Correction,
    Decision,
    LightSource,
    Observation,
    RealClock,
    UsageError,
    VirtualClock,
)
from saccade.guard import Dose
from saccade.run import Chain, Eye, Run, count_again, history, replay
from saccade.testing import FakeScope, MemorySink, StubDetector
from saccade.testing._scope import DEFAULT_STAND

LIT = replace(DEFAULT_STAND, lights=(LightSource("lamp", 100.0, 1.0),))
ONE_FRAME = 0.001
"""Dose in J/cm² of a picture of 10 ms by 100 mW/cm²."""


class Stretches(FakeScope):
    """A fake microscope that counts in how many pieces the plan was asked of it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("clock", VirtualClock(lockstep=True))
        super().__init__(*args, **options)
        self.lengths: list[int] = []

    def play(self, source: Any, folder: Any) -> None:
        asked = source.orders

        def orders() -> Any:
            for item in asked():
                before = len(self.calls)
                yield item
                if hasattr(item, "goes_on"):
                    self.lengths.append(len(self.calls) - before)

        source.orders = orders
        super().play(source, folder)


def again(count: int, **known: Any) -> list[MDAEvent]:
    """Return a plan that wants the same picture so many times, at once."""
    known = {"exposure": 10.0, **known}
    return [MDAEvent(index={"t": t}, min_start_time=0.0, **known) for t in range(count)]


def streamed(watch: Any, scores: Any = (), **parts: Any) -> Any:
    scope = parts.pop("scope", None) or Stretches(list(scores), stand=parts.pop("stand", LIT))
    return play(watch, scope=scope, mode="stream", **parts)


def test_a_plan_of_equal_pictures_is_one_stretch():
    """The camera is started once, and every frame of the plan is stored and has its own index."""
    ran = streamed(again(50))
    assert ran.verdict.name == "completed"
    assert [frame.index for frame in ran.sink.frames] == list(range(50))
    assert [frame.event.index["t"] for frame in ran.sink.frames] == list(range(50))
    assert ran.scope.lengths == [50]


def test_what_differs_ends_a_stretch():
    """Another exposure, channel or pause is a new start; what holds is that of each frame."""
    watch = [*again(5), *again(4, exposure=2.0), *again(3, channel="DAPI")]
    watch += [each.replace(min_start_time=60.0) for each in again(2)]
    ran = streamed(watch)
    assert ran.scope.lengths == [5, 4, 3, 2]
    assert [frame.exposure_ms for frame in ran.sink.frames] == [10.0] * 5 + [2.0] * 4 + [10.0] * 5
    assert ran.sink.frames[12].t_ns >= 60e9
    assert count_again(watch) == 10


def test_a_plan_with_pauses_is_taken_picture_by_picture():
    """What is not due is not taken, so a plan with intervals runs as it does in any mode."""
    watch = [MDAEvent(index={"t": t}, min_start_time=float(t), exposure=10.0) for t in range(5)]
    ran = streamed(watch)
    assert ran.scope.lengths == []
    assert [frame.t_ns // 10**9 for frame in ran.sink.frames] == [0, 1, 2, 3, 4]
    assert count_again(watch) == 0


def test_an_action_comes_between_two_frames():
    """The stretch ends at the decision, what was decided is done, and the plan goes on."""
    ran = streamed(
        again(20),
        [0.0] * 7 + [1.0] + [0.0] * 12,
        decide=act_above(0.5, (MDAEvent(exposure=1.0),), label="closer"),
    )
    streams = [frame.stream for frame in ran.sink.frames]
    assert streams == ["watch"] * 8 + ["closer"] + ["watch"] * 12
    assert ran.scope.lengths == [8, 12]
    assert [frame.exposure_ms for frame in ran.sink.frames][7:10] == [10.0, 1.0, 10.0]
    assert ran.verdict.planned == 21


def test_a_correction_begins_a_new_stretch():
    """Frames after a correction have it, none before."""

    def brighter(seen: Observation) -> Decision:
        if seen.frame != 4:
            return Decision()
        return Decision((Action(correction=Correction(exposure_times=2.0)),))

    ran = streamed(again(10), decide=brighter)
    assert [frame.exposure_ms for frame in ran.sink.frames] == [10.0] * 5 + [20.0] * 5
    assert ran.scope.lengths == [5, 5]


def test_a_slow_detector_sees_the_newest_and_every_frame_is_kept():
    """Frames that nobody looked at are stored, and counted; what was seen, decided alike again."""
    eye = {"stub": Eye(StubDetector(), takes_ms=35.0)}
    ran = streamed(again(40), detect=eye, decide=act_above(2.0))
    seen = [each.frame for each in ran.sink.of("observation")]
    assert len(ran.sink.frames) == 40
    assert len(seen) + ran.run.dropped_looks == 40
    # Each look takes three and a half frames, and the next begins with the newest there is then.
    assert seen == [0, 3, 6, 10, 13, 17, 20, 24, 27, 31, 34, 38, 39]
    frames = {frame.index: frame for frame in ran.sink.frames}
    lines = [(record.kind, record.value) for record in ran.sink.records]
    chain = Chain(eye, act_above(2.0), declared=True)
    assert replay(history(lines, frames.__getitem__), chain).same


def test_a_stop_ends_a_stretch():
    """Nothing is taken after it, and the microscope is made SAFE."""
    ran_out = threading.Event()

    def look(frame: Any) -> Observation:
        if frame.index == 10:
            ran.stop("enough")
            ran_out.set()
        return Observation(0.0)

    scope, sink = Stretches(stand=LIT), MemorySink()
    ran = Run(scope, again(10_000), detect=look, sink=sink, clock=scope.clock, mode="stream")
    assert ran.start().wait(TIMEOUT_S).name == "stopped"
    assert ran_out.is_set()
    assert len(sink.frames) < 20
    assert scope.calls[-2:] == ["safe", "release"]
    assert not scope.lit


@pytest.mark.parametrize("room", [1, 3, 4, 17, 40])
def test_no_more_light_is_given_than_the_guards_have_let_through(room):
    """Near a limit the camera does not run by itself: as many frames as fit, and not one more."""
    dose = Dose(limit_j_per_cm2=room * ONE_FRAME)
    ran = streamed(again(60), guards=dose, max_refusals=5)
    assert 0 < len(ran.sink.frames) <= room
    assert dose.spent_j_per_cm2 <= room * ONE_FRAME * (1 + 1e-9)
    # What was exposed for nobody when a stretch was ended is charged: at most one a stretch.
    assert len(ran.sink.frames) >= room - len(ran.scope.lengths)
    assert ran.verdict.by_guard


def test_the_exposure_that_is_cut_when_a_stretch_ends_is_charged():
    """Ten frames in one stretch cost eleven exposures."""
    dose = Dose(limit_j_per_cm2=1.0)
    streamed(again(10), guards=dose)
    assert dose.spent_j_per_cm2 == pytest.approx(11 * ONE_FRAME)


def test_a_microscope_that_can_not_stream_is_refused():
    """Before anything moves, by a named error that says what to do."""
    with pytest.raises(UsageError, match="can't run by itself") as told:
        streamed(again(5), stand=replace(LIT, streams=False))
    assert "lagged" in told.value.do


class Filling(MemorySink):
    """A sink that is full after ten frames, and has room again when it is asked often enough."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    @property
    def fullness(self) -> float:
        self.asked += 1
        return 0.0 if len(self.frames) < 10 or self.asked > 60 else 0.9


def test_a_camera_pauses_for_a_slow_disk():
    """It is ended, nothing is lost, and the journal tells of the pause."""
    scope = Stretches(stand=LIT, clock=RealClock())
    ran = streamed(again(30, exposure=0.1), scope=scope, sink=Filling())
    assert [frame.index for frame in ran.sink.frames] == list(range(30))
    assert len(scope.lengths) == 2
    (told,) = ran.sink.of("overload")
    assert told["policy"] == "wait"
    assert "paused" in told["text"]


class FullUntilActed(MemorySink):
    """A sink that is full after ten frames, until the frame of an action came."""

    @property
    def fullness(self) -> float:
        acted = any(frame.stream == "act" for frame in self.frames)
        return 0.0 if len(self.frames) < 10 or acted else 0.9


def test_what_is_decided_does_not_wait_for_the_disk():
    """While the camera pauses, an action is done all the same; the plan goes on afterwards."""

    def slowly(frame):
        time.sleep(0.05)
        return Observation(1.0)

    def once(seen: Observation) -> Decision:
        wants = seen.stream == "watch" and len(acted) == 0 and seen.frame > 4
        acted.extend([seen.frame] * wants)
        return Decision((Action((MDAEvent(exposure=0.1),), "act"),) if wants else ())

    acted: list[int] = []
    scope = Stretches(stand=LIT, clock=RealClock())
    watch = again(40, exposure=0.1)
    ran = streamed(watch, scope=scope, sink=FullUntilActed(), detect=slowly, decide=once)
    assert len(ran.sink.frames) == 41
    assert [frame.stream for frame in ran.sink.frames].index("act") <= 12


@settings(max_examples=60, deadline=None)
@given(
    plan=st.lists(st.tuples(st.integers(1, 12), st.sampled_from([1.0, 5.0, 10.0])), max_size=5),
    acts=st.sets(st.integers(0, 60)),
    takes_ms=st.sampled_from([0.0, 3.0, 25.0]),
    gaps=st.sets(st.integers(0, 60), max_size=5),
    room=st.integers(1, 80),
)
def test_every_planned_picture_is_there_once_and_no_light_is_beyond_the_limit(
    plan, acts, takes_ms, gaps, room
):
    """Whatever is decided when, refused or missed: frames and gaps together are the plan."""

    def answer(seen: Observation) -> Decision:
        wants = seen.stream == "watch" and seen.frame in acts
        return Decision((Action((MDAEvent(exposure=1.0),), "act"),) if wants else ())

    watch = [event for count, ms in plan for event in again(count, exposure=ms)]
    dose = Dose(limit_j_per_cm2=room * ONE_FRAME)
    ran = streamed(
        watch,
        scope=Stretches(stand=LIT, gaps=gaps),
        detect={"stub": Eye(StubDetector(), takes_ms=takes_ms)},
        decide=answer,
        guards=dose,
        max_refusals=1000,
    )
    numbers = Counter(each.index for each in [*ran.sink.frames, *ran.sink.of("gap")])
    assert numbers == Counter(range(ran.verdict.planned))
    times = [
        each.event.index["t"]
        for each in sorted([*ran.sink.frames, *ran.sink.of("gap")], key=lambda one: one.index)
        if each.stream == "watch"
    ]
    assert times == [event.index["t"] for event in watch]
    assert dose.spent_j_per_cm2 <= (room + len(ran.scope.lengths)) * ONE_FRAME * (1 + 1e-9)
