"""Stories in a run: what they change is put back, however the run ends; they wait for times."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from run_cases import TIMEOUT_S, S, plan, play, states
from useq import CustomAction, MDAEvent

from saccade.core import Action, Correction, Decision, Refusal, SaccadeError, ScopeError, State
from saccade.decide import burst, from_story, snap, wait_frames, wait_s, wait_score
from saccade.run import Arbiter, Chain, Rule, Run, history, replay
from saccade.testing import FakeScope, MemorySink, StubDetector

if TYPE_CHECKING:
    from collections.abc import Callable

    from saccade.core import Frame, Observation

AT_REST = {"Pump.State": "0"}


def pump(value: str) -> Action:
    """Return an action that sets the pump, without a picture."""
    event = MDAEvent(action=CustomAction(name="pump"), properties=[("Pump", "State", value)])
    return Action((event,), label="story")


def rinse(first: Observation):
    """Pump while frames are taken, and stop the pump whatever happens."""
    try:
        yield pump("1")
        yield from burst(loops=3, interval=5)
    finally:
        yield pump("0")


class Gate:
    """A detector that does something at one frame, in the run's own thread."""

    def __init__(self, at: int, do: Callable[[], None]) -> None:
        self.at, self.do = at, do

    def __call__(self, frame: Frame) -> Observation:
        if frame.index == self.at:
            self.do()
        return StubDetector()(frame)


def run_of(watch, decide, *, detect=None, fails_at=None, **parts: Any):
    """Return a run that was not started, on a microscope with a pump."""
    scope = FakeScope(properties=AT_REST, fails_at=fails_at)
    sink = MemorySink(calls=scope.calls)
    run = Run(scope, watch, detect=detect, decide=decide, sink=sink, clock=scope.clock, **parts)
    return run, scope, sink


def after_the_last(calls: list[str], what: str) -> list[str]:
    """Return what was done after something was done for the last time."""
    return calls[len(calls) - calls[::-1].index(what) :]


def test_a_pump_is_stopped_when_the_run_is() -> None:
    """Somebody stops the run in the middle: the light goes off, then the pump, then SAFE closes."""
    box: list[Run] = []
    gate = Gate(2, lambda: box[0].stop("enough"))
    run, scope, sink = run_of(plan(1), from_story(rinse), detect=gate)
    box.append(run)
    assert run.start().wait(TIMEOUT_S).name == "stopped"
    assert scope.properties == AT_REST
    done = [call for call in scope.calls if "=" in call or call in ("safe", "close")]
    assert done[-4:] == ["safe", "Pump.State = 0", "safe", "close"]
    assert not any("frame" in call for call in after_the_last(scope.calls, "Pump.State = 0"))
    (end,) = [line["end"] for line in sink.of("heard") if "end" in line]
    assert (end.reason, end.dark) == ("enough", True)


def test_a_pump_is_stopped_when_a_held_run_is_stopped() -> None:
    """Hold first, stop then: nothing is taken, and the pump does not run on."""
    box: list[Run] = []
    gate = Gate(1, lambda: box[0].hold())
    run, scope, sink = run_of(plan(1), from_story(rinse), detect=gate)
    box.append(run)
    run.start()
    until(lambda: run.state is State.HELD)
    assert scope.properties == {"Pump.State": "1"}
    run.stop()
    assert run.wait(TIMEOUT_S).name == "stopped"
    assert scope.properties == AT_REST
    assert states(sink)[-2:] == ["held", "stopped"]
    assert not any("frame" in call for call in after_the_last(scope.calls, "Pump.State = 0"))


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_pump_is_stopped_when_the_microscope_fails(at: int) -> None:
    """The camera breaks down: the run fails by its error, and the pump is stopped first."""
    run, scope, _ = run_of(plan(2), from_story(rinse), fails_at=at)
    with pytest.raises(SaccadeError, match="told to fail"):
        run.start().wait(TIMEOUT_S)
    assert scope.properties == AT_REST
    assert after_the_last(scope.calls, "Pump.State = 0") == ["custom", "safe", "close", "release"]


def test_a_pump_is_stopped_when_the_detector_fails() -> None:
    """Three looks in a row fail, and so does the run: what the story changed is put back."""

    def fails(frame: Frame) -> Observation:
        if frame.index > 0:
            raise RuntimeError("told to")
        return StubDetector({0: 0.9})(frame)

    run, scope, sink = run_of(plan(5), from_story(rinse), detect=fails)
    with pytest.raises(SaccadeError, match="told to"):
        run.start().wait(TIMEOUT_S)
    assert scope.properties == AT_REST
    assert after_the_last(scope.calls, "Pump.State = 0") == ["custom", "safe", "close", "release"]
    assert len(sink.of("failure")) == 3


def test_what_goes_wrong_on_the_way_out_is_told() -> None:
    """The run has failed already, by another error: the journal has this one too."""

    class Stuck(FakeScope):
        def safe(self) -> dict[str, str]:
            raise ScopeError("The shutter is stuck.")

    def fails(frame: Frame) -> Observation:
        raise RuntimeError("told to")

    scope, sink = Stuck(), MemorySink()
    run = Run(scope, plan(5), detect=fails, sink=sink, clock=scope.clock)
    with pytest.raises(SaccadeError, match="told to"):
        run.start().wait(TIMEOUT_S)
    told = [each["text"] for each in sink.of("failure")]
    assert sum("The shutter is stuck" in text for text in told) == 1


def test_a_pump_is_stopped_when_a_guard_refuses_the_rest() -> None:
    """What is refused ends the story; its finally goes through the same guards."""

    def no_bursts(action: Action) -> Action | Refusal:
        return Refusal(action, "Test", "no bursts") if len(action.events) > 1 else action

    ran = play(
        plan(2),
        scope=FakeScope(properties=AT_REST),
        decide=from_story(rinse),
        guards=no_bursts,
    )
    assert ran.scope.properties == AT_REST
    assert {frame.stream for frame in ran.sink.frames} == {"watch"}
    assert [each.guard for each in ran.sink.of("refusal")] == ["Test", "Test"]


@pytest.mark.parametrize("planned", [True, False])
def test_a_pump_is_stopped_when_the_story_raises(planned: bool) -> None:
    """Its error fails a run that it leads, or is journalled; the pump is stopped either way."""

    def breaks(first: Any):
        try:
            yield pump("1")
            yield snap()
            raise ZeroDivisionError("no cells")
        finally:
            yield pump("0")

    run, scope, sink = run_of(plan(1) if planned else [], from_story(breaks))
    if planned:
        assert run.start().wait(TIMEOUT_S).name == "completed"
    else:
        with pytest.raises(SaccadeError, match="no cells"):
            run.start().wait(TIMEOUT_S)
    assert scope.properties == AT_REST
    assert any("no cells" in line["text"] for line in sink.of("failure"))


def test_a_story_that_waits_is_ended_with_the_plan() -> None:
    """The plan is over before what it waits for: its finally may take pictures then."""

    def patient(first: Observation):
        try:
            yield pump("1")
            yield wait_score(above=0.9)
        finally:
            yield snap()
            yield pump("0")

    run, scope, sink = run_of(plan(3), from_story(patient))
    assert run.start().wait(TIMEOUT_S).name == "completed"
    assert scope.properties == AT_REST
    assert [frame.stream for frame in sink.frames] == ["watch"] * 3 + ["story"]
    assert scope.calls.count("safe") == 1


def test_no_picture_is_taken_for_a_finally_after_a_stop() -> None:
    """A stop is the end of light: a snap in a finally is refused, and tells so."""

    def curious(first: Observation):
        try:
            yield pump("1")
            yield wait_frames(100)
        finally:
            yield snap()
            yield pump("0")

    box: list[Run] = []
    run, scope, sink = run_of(
        plan(5), from_story(curious), detect=Gate(2, lambda: box[0].stop("enough"))
    )
    box.append(run)
    run.start().wait(TIMEOUT_S)
    assert scope.properties == AT_REST
    (refusal,) = sink.of("refusal")
    assert (refusal.guard, refusal.action.events) == ("stop", (MDAEvent(),))
    assert len(sink.frames) == 3


def test_what_a_finally_asks_for_at_the_end_passes_the_guards() -> None:
    """A guard that lets nobody touch the pump any more is obeyed, and its refusal is journalled."""
    over: list[bool] = []

    def no_pump(action: Action) -> Action | Refusal:
        return Refusal(action, "Test", "hands off") if over else action

    def stop() -> None:
        over.append(True)
        box[0].stop()

    box: list[Run] = []
    run, scope, sink = run_of(plan(1), from_story(rinse), detect=Gate(1, stop), guards=no_pump)
    box.append(run)
    run.start().wait(TIMEOUT_S)
    assert scope.properties == {"Pump.State": "1"}
    assert "hands off" in {each.reason for each in sink.of("refusal")}


@pytest.mark.parametrize("stopped", [True, False])
def test_a_finally_that_takes_its_time_is_hurried(stopped: bool) -> None:
    """What would come an hour later comes ten seconds after a stop, a minute after the plan."""

    def slow(first: Observation):
        try:
            yield wait_frames(100)
        finally:
            yield pump("1")
            yield wait_s(3600)
            yield pump("0")

    box: list[Run] = []
    gate = Gate(1, lambda: box[0].stop() if stopped else None)
    run, scope, sink = run_of(plan(3), from_story(slow), detect=gate)
    box.append(run)
    run.start().wait(TIMEOUT_S)
    assert [call for call in scope.calls if "=" in call] == ["Pump.State = 1", "Pump.State = 0"]
    told = [line["text"] for line in sink.of("failure")]
    assert told == [] if stopped else "took more than 60 s" in told[0]
    assert scope.clock.now_ns() < (15 if stopped else 75) * S
    assert scope.calls[-3:] == ["safe", "close", "release"]


# -------------------------------------------------------------------------------- waiting


def test_a_story_without_a_plan_waits_for_hours() -> None:
    """Where no plan is watched, time alone wakes it, at the second."""

    def nightly(first: None):
        for _ in range(3):
            yield snap()
            yield wait_s(3600)

    run, _, sink = run_of([], from_story(nightly))
    assert run.start().wait(TIMEOUT_S).name == "completed"
    asked = [frame.times.asked / S for frame in sink.frames]
    assert asked == pytest.approx([0, 3600, 7200], abs=0.1)


def test_a_time_is_over_between_two_frames_of_the_watch() -> None:
    """A story is not made to wait for the next frame to learn that its time is over."""

    def brief(first: Observation):
        yield wait_s(3)
        yield snap()
        yield wait_frames(100)

    ran = play(plan(2, 100.0), decide=from_story(brief))
    times = {frame.stream: frame.times.asked / S for frame in ran.sink.frames[:2]}
    assert times == pytest.approx({"watch": 0, "story": 3}, abs=0.1)


@pytest.mark.parametrize("mode", ["inline", "lagged"])
def test_what_was_waited_for_replays(mode: str) -> None:
    """Times and the end are in the journal: decided again, everything comes out alike."""

    def all_of_it(first: Observation):
        try:
            yield wait_s(2.5)
            yield pump("1")
            yield wait_score(above=0.5, at_most_s=4)
            yield from burst(loops=2)
            yield wait_frames(3)
        finally:
            yield pump("0")

    ran = play(plan(12), [0.0] * 4 + [0.9, 0.1], decide=from_story(all_of_it), mode=mode)
    frames = {frame.index: frame for frame in ran.sink.frames}
    lines = [(each.kind, each.value) for each in ran.sink.records if each.kind != "frame"]
    again = replay(history(lines, frames.__getitem__), Chain(StubDetector(), from_story(all_of_it)))
    assert again.same, again.differences
    kinds = {name for line in ran.sink.of("heard") for name in line}
    assert "end" in kinds
    assert "due" in kinds or mode == "lagged"  # where a worker may be late for its time


# ------------------------------------------------------------- whatever happens, in any order


def until(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end_s = time.monotonic() + TIMEOUT_S
    while not true():
        assert time.monotonic() < end_s
        time.sleep(0.0005)


@dataclass
class Fate:
    """Does at frames of a run what it was told to do there."""

    events: dict[int, str]
    run: Run | None = None
    helpers: list[threading.Thread] = field(default_factory=list)

    def __call__(self, frame: Frame) -> Observation:
        what = self.events.get(frame.index, "")
        assert self.run is not None
        if what in ("hold", "hold, then stop"):
            self.run.hold()
            helper = threading.Thread(target=self._after_hold, args=(self.run, what))
            self.helpers.append(helper)
            helper.start()
        elif what == "stop":
            self.run.stop()
        elif what == "a detector fails":
            raise RuntimeError("told to")
        score = 1.0 if what == "somebody else acts" else 0.1
        return StubDetector({frame.index: score})(frame)

    @staticmethod
    def _after_hold(run: Run, what: str) -> None:
        until(lambda: run.state is State.HELD or run.state.ended)
        run.stop() if "stop" in what else run.resume()


@dataclass
class Other:
    """Takes pictures with a lens of its own, corrects the plan, and goes first."""

    streams: ClassVar[frozenset[str]] = frozenset({"watch"})
    claims: ClassVar[tuple[str, ...]] = ("z",)

    def __call__(self, seen: Observation) -> Decision:
        if seen.score < 0.5:
            return Decision((), "quiet", "")
        taken = Action((MDAEvent(z_pos=5.0), MDAEvent(min_start_time=1.0)), "other", 50)
        return Decision((Action(correction=Correction(z_um=1.0), label="other"), taken), "acts", "")


@dataclass
class Gatekeeper:
    """Refuses pictures that rest on given frames; stops the run as an event is on its way."""

    as_played: ClassVar[bool] = True
    events: dict[int, str]
    stop_at: int | None
    run: Run | None = None
    passed: int = 0

    def __call__(self, action: Action) -> Action | Refusal:
        refuses = self.events.get(-1 if action.frame is None else action.frame) == FATES[-1]
        pictures = any(event.action.type == "acquire_image" for event in action.events)
        self.passed += 1
        if self.passed == self.stop_at and self.run is not None:
            self.run.stop()
        return Refusal(action, "Test", "told to") if refuses and pictures else action


FATES = (
    *("hold", "hold, then stop", "stop", "a detector fails", "somebody else acts"),
    *("the story raises", "a guard refuses"),
)


@settings(max_examples=150, deadline=None)
@given(
    events=st.dictionaries(st.integers(0, 9), st.sampled_from(FATES), max_size=5),
    fails_at=st.none() | st.integers(0, 9),
    gaps=st.sets(st.integers(0, 9), max_size=2),
    mode=st.sampled_from(["inline", "lagged"]),
    running=st.sampled_from(["pause", "finish", "break"]),
    short=st.booleans(),
    stop_at=st.none() | st.integers(1, 30),
)
def test_no_order_of_events_leaves_a_device_changed(
    events, fails_at, gaps, mode, running, short, stop_at
) -> None:
    """Stop, hold, error, refusal, gap, another's action: the pump is at rest, the light off."""

    def dose(first: Observation):
        try:
            yield pump("1")
            many = yield from burst(loops=2, interval=1)
            if any(events.get(each.frame) == "the story raises" for each in many):
                raise ZeroDivisionError("told to")
            if not short:
                yield wait_frames(1)
                yield wait_s(0.5)
        finally:
            yield pump("0")

    fate, guard = Fate(events), Gatekeeper(events, stop_at)
    scope = FakeScope(properties=AT_REST, fails_at=fails_at, gaps=gaps)
    sink = MemorySink(calls=scope.calls)
    fate.run = guard.run = run = Run(
        scope,
        plan(6, 2.0, z_pos=0.0),
        detect=fate,
        decide=[Rule(from_story(dose), name="story"), Rule(Other(), name="other")],
        guards=guard,
        sink=sink,
        clock=scope.clock,
        mode=mode,
        arbiter=Arbiter(["other", "story"], running=running),
    )
    try:
        run.start().wait(TIMEOUT_S)
    except SaccadeError:
        assert fails_at is not None or "a detector fails" in events.values()
    finally:
        for helper in fate.helpers:
            helper.join(TIMEOUT_S)
    assert scope.properties == AT_REST
    assert scope.setting.z_um == 0.0
    assert not scope.lit
    assert scope.calls[-3:] == ["safe", "close", "release"]
