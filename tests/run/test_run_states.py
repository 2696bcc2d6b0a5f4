"""A run over a microscope without hardware: states, hold, stop, the end."""

from __future__ import annotations

import threading

import pytest
from run_cases import TIMEOUT_S, S, act_above, plan, play, states
from useq import HardwareAutofocus, MDAEvent

from saccade.core import (
    Action,
    Decision,
    ProfileError,
    RealClock,
    ScopeBusyError,
    Stand,
    State,
    UsageError,
)
from saccade.run import Run
from saccade.testing import FakeScope, MemorySink, StubDetector


class Gate:
    """A detector that waits at one frame until it is let go, so that a test can act there."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.reached, self.go = threading.Event(), threading.Event()
        self.inner = StubDetector()

    def __call__(self, frame):
        if frame.index == self.at:
            self.reached.set()
            assert self.go.wait(TIMEOUT_S)
        return self.inner(frame)


def run_of(watch, scope=None, **parts):
    scope = scope or FakeScope()
    sink = MemorySink(calls=scope.calls)
    return Run(scope, watch, sink=sink, clock=parts.pop("clock", scope.clock), **parts), scope, sink


def test_a_run_goes_from_idle_to_finished():
    """A plan that is played to its end is completed."""
    run, _, sink = run_of(plan(3))
    assert run.state is State.IDLE
    verdict = run.start().wait(TIMEOUT_S)
    assert (verdict.name, verdict.planned, verdict.committed) == ("completed", 3, 3)
    assert states(sink) == ["armed", "running", "finished"]
    assert run.state is State.FINISHED
    assert run.verdict == verdict == sink.verdict
    assert run.committed == 3


def test_safe_comes_before_the_files_are_closed_and_then_the_scope_is_released():
    """Light is off before anything that may take long or fail."""
    assert play(plan(2)).scope.calls == [
        *["hold", "frame 0", "frame 1"],
        *["safe", "close", "release"],
    ]


def test_what_safe_did_is_in_the_journal():
    """What was read back when the microscope was made safe can be looked up."""
    assert play(plan(1)).sink.of("safe") == [{"light": "off"}]


def test_times_of_the_frames_are_those_of_the_plan():
    """The schedule is kept by the run's own clock."""
    times = [frame.times.asked // S for frame in play(plan(4, 30.0)).sink.frames]
    assert times == [0, 30, 60, 90]


def test_an_empty_plan_is_completed():
    """Nothing to do is done."""
    ran = play([])
    assert (ran.verdict.name, ran.verdict.planned) == ("completed", 0)


def test_a_run_starts_once():
    """A second start is refused, and changes nothing of the first."""
    run, scope, _ = run_of(plan(1))
    run.start().wait(TIMEOUT_S)
    with pytest.raises(UsageError, match="finished already"):
        run.start()
    assert scope.calls.count("hold") == 1


def test_a_run_that_was_not_started_cannot_be_waited_for():
    """Waiting for nothing is told at once."""
    with pytest.raises(UsageError, match="not started"):
        run_of(plan(1))[0].wait(1)


def test_two_runs_never_share_a_microscope():
    """The second is refused, and can be started when the first is over."""
    gate = Gate(0)
    first, scope, _ = run_of(plan(1), detect=gate)
    second, _, sink = run_of(plan(1), scope)
    first.start()
    assert gate.reached.wait(TIMEOUT_S)
    with pytest.raises(ScopeBusyError):
        second.start()
    assert second.state is State.IDLE
    gate.go.set()
    first.wait(TIMEOUT_S)
    assert second.start().wait(TIMEOUT_S).name == "completed"
    assert states(sink) == ["armed", "running", "finished"]


def test_a_part_that_does_not_fit_is_told_before_anything_is_taken():
    """A detector that needs what the microscope hasn't got leaves it alone."""

    class Picky(StubDetector):
        def learn(self, stand: Stand) -> None:
            raise ProfileError("There is no Z stage.")

    run, scope, sink = run_of(plan(1), detect=Picky())
    with pytest.raises(ProfileError):
        run.start()
    assert scope.calls == []
    assert run.state is State.IDLE
    assert not sink.records


def test_a_detector_that_cannot_be_warmed_gives_the_microscope_back():
    """Arming that fails half-way holds nothing."""

    class Cold(StubDetector):
        def warm(self, frame) -> None:
            raise RuntimeError("no weights")

    run, scope, _ = run_of(plan(1), detect=Cold())
    with pytest.raises(RuntimeError, match="no weights"):
        run.start()
    assert scope.calls == ["hold", "release"]


def test_detectors_are_warmed_before_the_run_is_armed():
    """The first frame waits for nothing that could be done before."""
    log = []

    class Warm(StubDetector):
        def warm(self, frame) -> None:
            log.append((frame.index, frame.pixels.shape))

    run, _, sink = run_of(plan(1), detect=Warm())
    run.start().wait(TIMEOUT_S)
    assert log == [(-1, (16, 16))]
    assert states(sink)[0] == "armed"


def test_waiting_can_end_before_the_run():
    """A time-out tells that the run goes on, and it does."""
    gate = Gate(0)
    run, _, _ = run_of(plan(2), detect=gate)
    run.start()
    with pytest.raises(TimeoutError, match="still running"):
        run.wait(0.01)
    gate.go.set()
    assert run.wait(TIMEOUT_S).name == "completed"


# --------------------------------------------------------------------------------- stop


def test_a_stop_while_idle_takes_no_picture():
    """A run that was stopped before it began comes to its end without a frame."""
    run, scope, _ = run_of(plan(3))
    run.stop("changed my mind")
    assert scope.calls == [], "another run may have it"
    verdict = run.start().wait(TIMEOUT_S)
    assert (verdict.name, verdict.reason, verdict.planned) == ("stopped", "changed my mind", 0)


def test_a_stop_while_a_detector_works_makes_the_microscope_safe_at_once():
    """A slow detector does not keep the light on, and its decision is not acted on."""
    gate = Gate(0)
    run, scope, sink = run_of(plan(9), detect=gate, decide=act_above(-1.0))
    run.start()
    assert gate.reached.wait(TIMEOUT_S)
    run.stop("enough")
    assert scope.calls[-2:] == ["abort", "safe"]
    gate.go.set()
    verdict = run.wait(TIMEOUT_S)
    assert (verdict.name, verdict.reason) == ("stopped", "enough")
    assert [refusal.guard for refusal in sink.of("refusal")] == ["stop"]
    assert [seen.frame for seen in sink.of("observation")] == [0]
    assert states(sink) == ["armed", "running", "stopped"]


def test_a_stop_ends_the_wait_for_the_next_time_point():
    """Nobody waits for the night to pass."""
    started = threading.Event()

    class Telling(MemorySink):
        def frame(self, frame):
            started.set()
            return super().frame(frame)

    scope = FakeScope(clock=RealClock())
    run = Run(scope, plan(2, 3600.0), sink=Telling())
    run.start()
    assert started.wait(TIMEOUT_S)
    run.stop()
    assert run.wait(TIMEOUT_S).name == "stopped"
    assert run.committed == 1


def test_a_stop_ends_the_exposure_under_way():
    """A long exposure is given up, and is not counted as a loss."""
    scope = FakeScope(slow_s=TIMEOUT_S)
    run, *_ = run_of(plan(2), scope)
    run.start()
    while not scope.lit:
        threading.Event().wait(0.001)
    run.stop()
    verdict = run.wait(TIMEOUT_S)
    assert (verdict.name, verdict.planned, verdict.committed) == ("stopped", 1, 0)
    assert not scope.lit


def test_a_stop_while_held_ends_the_run():
    """A run can be stopped without going on first."""
    run, _, sink = run_of(plan(5))
    run.hold()
    run.start()
    wait_for(run, State.HELD)
    run.stop()
    assert run.wait(TIMEOUT_S).name == "stopped"
    assert states(sink) == ["armed", "running", "held", "stopped"]


def test_a_stop_between_looking_and_sleeping_is_not_slept_over():
    """A stop that comes while the run decides what to do next is seen before it waits."""
    run, *_ = run_of(plan(2, 1e6))
    settle, switch = run._switch.settle, run._switch

    def settle_and_stop() -> None:
        settle()
        if run.committed == 1:
            switch.settle = settle
            run.stop()

    switch.settle = settle_and_stop
    slept = []
    sleep = switch.sleep
    switch.sleep = lambda clock, until_ns: slept.append(switch.stopping) or sleep(clock, until_ns)
    assert run.start().wait(TIMEOUT_S).name == "stopped"
    assert True not in slept


def test_a_stop_after_the_end_changes_nothing():
    """A late click on stop doesn't touch a microscope that others may have."""
    ran = play(plan(1))
    calls = list(ran.scope.calls)
    ran.run.stop()
    assert ran.scope.calls == calls
    assert ran.run.wait(1).name == "completed"


def test_the_first_reason_to_stop_stands():
    """A second stop doesn't rewrite the first."""
    run, _, _ = run_of(plan(1))
    run.stop("first")
    run.stop("second")
    assert run.start().wait(TIMEOUT_S).reason == "first"


# --------------------------------------------------------------------------------- hold


def wait_for(run: Run, state: State) -> None:
    pause = threading.Event()
    for _ in range(3000):
        if run.state is state:
            return
        pause.wait(0.01)
    raise AssertionError(f"the run is {run.state}, not {state}")


def test_a_hold_makes_the_microscope_safe_and_takes_no_picture():
    """Who holds a run finds it dark, and going on where it was."""
    gate = Gate(1)
    run, scope, sink = run_of(plan(4), detect=gate)
    run.start()
    assert gate.reached.wait(TIMEOUT_S)
    run.hold()
    gate.go.set()
    wait_for(run, State.HELD)
    assert scope.calls == ["hold", "frame 0", "frame 1", "safe"]
    run.resume()
    assert run.wait(TIMEOUT_S).name == "completed"
    assert states(sink) == ["armed", "running", "held", "running", "finished"]
    assert len(sink.of("safe")) == 2


def test_the_plan_is_moved_back_by_the_time_that_was_held():
    """After a hold the plan goes on at its own pace."""
    gate = Gate(0)
    run, scope, sink = run_of(plan(3, 10.0), detect=gate)
    run.start()
    assert gate.reached.wait(TIMEOUT_S)
    run.hold()
    gate.go.set()
    wait_for(run, State.HELD)
    scope.clock.advance(100.0)
    run.resume()
    run.wait(TIMEOUT_S)
    assert [frame.times.asked / S for frame in sink.frames] == pytest.approx([0, 110, 120])


def test_a_hold_in_virtual_time_lets_no_time_pass():
    """A simulation that is held stands still."""
    run, scope, _ = run_of(plan(1))
    run.hold()
    run.start()
    wait_for(run, State.HELD)
    threading.Event().wait(0.05)
    assert scope.clock.now_ns() == 0
    run.resume()
    run.wait(TIMEOUT_S)


# ------------------------------------------------------------------------------ decisions


def test_a_decision_on_a_frame_acts_on_the_next():
    """The answer to frame n is the event after it."""
    ran = play(plan(3), [0.0, 1.0, 0.0], decide=act_above(label="closer"))
    assert [frame.stream for frame in ran.sink.frames] == ["watch", "watch", "closer", "watch"]
    (action,) = ran.sink.of("action")
    assert action.frame == 1


def test_a_story_leads_a_run_without_a_plan():
    """What a policy asks for before any frame is what the run takes."""

    class Leads:
        streams = None

        def begin(self, t_ns):
            return Decision((Action((MDAEvent(),), label="story"),), "begins")

        def __call__(self, seen):
            if seen.frame == 2:
                return Decision((), "ends")
            return Decision((Action((MDAEvent(),), label="story"),), "goes on")

    ran = play([], decide=Leads())
    assert [frame.stream for frame in ran.sink.frames] == ["story"] * 3
    assert [d.rule for d in ran.sink.of("decision")] == ["begins", "goes on", "goes on", "ends"]
    assert ran.verdict.name == "completed"


def test_what_is_no_picture_is_neither_counted_nor_missed():
    """Focusing between frames leaves the verdict whole."""
    focus = MDAEvent(action=HardwareAutofocus())
    ran = play([MDAEvent(), focus, MDAEvent()])
    assert (ran.verdict.name, ran.verdict.planned) == ("completed", 2)
    assert ran.scope.calls[1:4] == ["frame 0", "hardware_autofocus", "frame 1"]


def test_the_microscope_is_left_as_it_was_found():
    """What the run set is put back when it is released."""
    ran = play([MDAEvent(x_pos=5.0, exposure=1.0, channel="FITC")])
    assert ran.sink.frames[0].x_um == 5.0
    assert (ran.scope.setting.x_um, ran.scope.setting.channel) == (0.0, "DAPI")


def test_the_watch_returns_from_a_burst():
    """A plan that names no place is taken where it began, also after bursts elsewhere."""
    burst = (MDAEvent(x_pos=9.0, exposure=1.0, channel="FITC"),) * 2
    ran = play(
        [MDAEvent(index={"t": t}) for t in range(3)], [1.0, 0, 0], decide=act_above(events=burst)
    )
    assert [(f.stream, f.x_um, f.exposure_ms, f.channel) for f in ran.sink.frames] == [
        ("watch", 0.0, 10.0, "DAPI"),
        ("burst", 9.0, 1.0, "FITC"),
        ("burst", 9.0, 1.0, "FITC"),
        ("watch", 0.0, 10.0, "DAPI"),
        ("watch", 0.0, 10.0, "DAPI"),
    ]


def test_a_triggered_burst_is_played_as_one():
    """All frames of a hardware-timed sequence come, in order."""
    ran = play(plan(2), [1.0, 0], decide=act_above(events=(MDAEvent(),) * 3, triggered=True))
    assert [frame.index for frame in ran.sink.frames] == [0, 1, 2, 3, 4]
    assert ran.verdict.name == "completed"
