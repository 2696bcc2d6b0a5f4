"""What a run does when something fails: it never loses count, and always ends in SAFE."""

from __future__ import annotations

import pytest
from run_cases import TIMEOUT_S, act_above, plan, play, states
from useq import HardwareAutofocus, MDAEvent

from saccade.core import (
    Action,
    Decision,
    DetectorError,
    IsolatedError,
    PolicyError,
    Refusal,
    ScopeError,
    State,
    StoreError,
    UnseenError,
)
from saccade.run import Eye, Run
from saccade.testing import FakeScope, MemorySink, StubDetector


def failed(watch, error, *, match=None, scope=None, sink=None, **parts):
    """Return a run that failed with this error."""
    scope = scope or FakeScope()
    sink = sink or MemorySink(calls=scope.calls)
    parts.setdefault("detect", StubDetector())
    run = Run(scope, watch, sink=sink, clock=scope.clock, **parts)
    with pytest.raises(error, match=match):
        run.start().wait(TIMEOUT_S)
    assert run.state is State.FAILED
    assert run.verdict.name == "failed"
    assert "safe" in scope.calls
    assert scope.calls.index("safe") < scope.calls.index("close")
    assert scope.calls[-1] == "release"
    return run, scope, sink


def wall(action):
    return Refusal(action, "wall", "never")


def test_a_missed_frame_leaves_a_gap_and_shifts_nothing():
    """Each frame keeps the number that it was planned with."""
    ran = play(plan(4), scope=FakeScope(gaps={1}))
    assert [frame.index for frame in ran.sink.frames] == [0, 2, 3]
    assert [frame.event.index["t"] for frame in ran.sink.frames] == [0, 2, 3]
    assert [gap.index for gap in ran.sink.of("gap")] == [1]
    verdict = ran.verdict
    assert (verdict.name, verdict.planned, verdict.committed, verdict.gaps) == (
        *("completed_with_gaps", 4),
        *(3, 1),
    )


def test_a_microscope_that_breaks_down_fails_the_run():
    """Its error is raised where the run is waited for."""
    run, _, sink = failed(plan(3), ScopeError, match="told to fail", scope=FakeScope(fails_at=1))
    assert run.verdict.committed == 1
    assert states(sink)[-1] == "failed"
    assert sink.verdict == run.verdict


def test_a_microscope_that_ends_too_early_fails_the_run():
    """A run is never completed because somebody says so."""

    class Lazy(FakeScope):
        def play(self, source, folder):
            for order in source.orders():
                self._carry_out(order, source)
                break

    ran = play(plan(3), scope=Lazy())
    assert (ran.verdict.name, ran.verdict.committed) == ("failed", 1)
    assert "before the plan did" in ran.verdict.reason


def test_a_microscope_that_swallows_a_frame_fails_the_run():
    """A picture that nobody knows of is not completed."""

    class Careless(FakeScope):
        def _take(self, order, source):
            return order.index == 1 or super()._take(order, source)

    ran = play(plan(3), scope=Careless())
    assert ran.verdict.name == "failed"
    assert "1 frames are neither stored nor known as gaps" in ran.verdict.reason


def test_the_end_of_a_recording_is_an_end():
    """A plan longer than its recording is completed with what there was."""
    ran = play(plan(5), scope=FakeScope(ends_at=3))
    assert str(ran.verdict) == "completed: the recording is over"
    assert (ran.verdict.planned, ran.verdict.committed) == (3, 3)


def test_the_end_of_a_recording_within_a_burst_withdraws_the_rest_of_it():
    """Frames that could never come are not missed."""
    burst = act_above(events=(MDAEvent(),) * 4, triggered=True)
    ran = play(plan(5), scope=FakeScope([1.0], ends_at=3), decide=burst)
    assert ran.verdict.name == "completed"
    assert (ran.verdict.planned, ran.verdict.committed) == (3, 3)


# ------------------------------------------------------------------------------ detectors


def test_a_detector_may_fail_now_and_then():
    """A bad frame is kept, and never triggers."""
    stub = StubDetector(fails_on={1, 2, 4})
    ran = play(plan(6), [0, 1, 1, 0, 1, 0], detect=stub, decide=act_above(0.5))
    assert ran.verdict.name == "completed"
    verdicts = [seen.verdict for seen in ran.sink.of("observation")]
    assert verdicts == ["trusted", "invalid", "invalid", "trusted", "invalid", "trusted"]
    assert len(ran.sink.of("failure")) == 3
    assert ran.sink.of("action") == []


def test_a_detector_that_keeps_failing_fails_the_run():
    """After three failed looks in a row nobody watches any more."""
    stub = StubDetector(fails_on=range(1, 9))
    run, _, sink = failed(plan(9), DetectorError, match="frame 3", detect=stub)
    assert run.verdict.committed == 4
    assert [seen.verdict for seen in sink.of("observation")][1:] == ["invalid"] * 3


def test_frames_that_nobody_looks_at_do_not_hide_a_failing_detector():
    """A channel without a detector is no proof that the other one's works."""
    watch = [MDAEvent(channel=name) for name in ("DAPI", "FITC") * 5]
    eyes = {"fitc": Eye(StubDetector(fails_on=range(99)), "FITC")}
    run, _, _ = failed(watch, DetectorError, detect=eyes)
    assert run.verdict.committed == 6


def test_a_policy_that_keeps_failing_fails_the_run():
    """A policy is as necessary as a detector."""

    def broken(seen):
        raise ZeroDivisionError("oh")

    failed(plan(9), PolicyError, match="oh", decide=broken)


def test_a_policy_that_cannot_begin_fails_the_run_before_its_first_frame():
    """What is broken from the start is told at the start."""

    class Broken:
        def begin(self, t_ns):
            raise ZeroDivisionError("oh")

        def __call__(self, seen):
            return Decision()

    run, *_ = failed(plan(3), PolicyError, match="before the first frame", decide=Broken())
    assert run.verdict.committed == 0


def test_a_detector_that_exits_the_program_fails_only_the_run():
    """Even SystemExit in a detector ends in SAFE and a verdict."""

    def leaves(frame):
        raise SystemExit(3)

    scope = FakeScope()
    run = Run(scope, plan(2), detect=leaves, sink=MemorySink(calls=scope.calls), clock=scope.clock)
    with pytest.raises(SystemExit):
        run.start().wait(TIMEOUT_S)
    assert run.verdict.name == "failed"
    assert scope.calls[-3:] == ["safe", "close", "release"]


# ---------------------------------------------------------------------------------- store


def test_a_store_that_fails_fails_the_run_in_safe():
    """A full disk ends the run at the frame that could not be kept, with the light off."""
    sink = MemorySink(fails_at=2)
    scope = FakeScope()
    sink.calls = scope.calls
    run, scope, sink = failed(plan(9), StoreError, match="told to fail", scope=scope, sink=sink)
    assert run.verdict.committed == 2
    assert scope.calls == ["hold", "frame 0", "frame 1", "frame 2", "safe", "close", "release"]


@pytest.mark.parametrize("kind", ["observation", "decision", "action", "state", "safe"])
def test_a_line_that_cannot_be_journalled_fails_the_run(kind):
    """A run does not go on, nor is it called completed, with a hole in its journal."""

    class Holed(MemorySink):
        def note(self, record):
            if record.kind == kind:
                raise StoreError(f"no room for a {kind}")
            super().note(record)

    scope = FakeScope([1.0])
    sink = Holed(calls=scope.calls)
    failed(plan(2), StoreError, match=kind, scope=scope, sink=sink, decide=act_above())


def test_a_store_that_fails_while_closing_fails_the_run():
    """What could not be brought to the disk is never called completed."""

    class Sticky(MemorySink):
        def close(self, verdict=None):
            super().close(verdict)
            raise StoreError("The last line is not on disk.")

    scope = FakeScope()
    failed(plan(2), StoreError, match="last line", scope=scope, sink=Sticky(calls=scope.calls))


def test_a_store_that_fails_in_unforeseen_ways_still_ends_in_a_verdict():
    """Whatever a sink raises, the microscope is released and the run ends."""

    class Odd(MemorySink):
        def flush(self, timeout_s):
            raise ValueError("unforeseen")

    scope = FakeScope()
    failed(plan(2), ValueError, match="unforeseen", scope=scope, sink=Odd(calls=scope.calls))


def test_the_verdict_waits_for_a_slow_disk():
    """Frames that are still being written when the plan ends are counted."""

    class Slow(MemorySink):
        waiting = 3

        @property
        def committed(self):
            return super().committed - self.waiting

        def flush(self, timeout_s):
            self.waiting -= 1
            return self.waiting == 0

    ran = play(plan(4), sink=Slow())
    assert (ran.verdict.name, ran.verdict.committed) == ("completed", 4)


def test_a_disk_that_does_nothing_more_is_given_up():
    """A run does not wait forever for a dead disk, and says what is missing."""

    class Dead(MemorySink):
        @property
        def committed(self):
            return 1

        def flush(self, timeout_s):
            return False

    ran = play(plan(4), sink=Dead())
    assert ran.verdict.name == "failed"
    assert "3 frames" in ran.verdict.reason


def test_a_frame_that_the_store_had_no_room_for_is_a_gap():
    """With overload='gap' the run counts what the recorder left out, and looks at none of it."""
    ran = play(plan(4), sink=MemorySink(full_at={1, 2}))
    assert (ran.verdict.name, ran.verdict.committed, ran.verdict.gaps) == (
        *("completed_with_gaps", 2),
        2,
    )
    assert [seen.frame for seen in ran.sink.of("observation")] == [0, 3]


# --------------------------------------------------------------------------------- guards


def test_planned_events_that_guards_refuse_are_gaps():
    """What the guard did not let through is in the journal twice: why, and which."""

    def odd_only(action):
        return action if action.events[0].index["t"] % 2 else wall(action)

    ran = play(plan(4), guards=odd_only)
    assert [frame.index for frame in ran.sink.frames] == [1, 3]
    assert [gap.index for gap in ran.sink.of("gap")] == [0, 2]
    assert "refused by wall: never" in ran.sink.of("gap")[0].reason
    assert (ran.verdict.name, ran.verdict.refused) == ("completed_with_gaps", 2)


def test_ten_refused_planned_events_in_a_row_stop_the_run():
    """A spent budget ends the run by its guard, not by an error."""
    ran = play(plan(30), guards=(wall,))
    assert (ran.verdict.name, ran.verdict.by_guard) == ("stopped", True)
    assert (ran.verdict.planned, ran.verdict.gaps, ran.verdict.refused) == (10, 10, 10)
    assert "10 planned events in a row were refused by wall" in ran.verdict.reason
    assert ran.run.state is State.STOPPED


def test_refused_focusing_leaves_no_gap():
    """What is no picture can't be missing."""

    def no_focus(action):
        return wall(action) if action.events[0].action.type == "hardware_autofocus" else action

    focus = MDAEvent(action=HardwareAutofocus())
    ran = play([MDAEvent(), focus, MDAEvent()], guards=no_focus)
    assert (ran.verdict.name, ran.verdict.gaps, ran.verdict.refused) == ("completed", 0, 1)


def test_a_guard_that_cannot_keep_its_ledger_fails_the_run():
    """Nothing leaves the door uncounted."""

    class Broken:
        def __call__(self, action):
            return action

        def commit(self, action):
            raise OSError("no ledger")

    run, *_ = failed(plan(3), OSError, match="no ledger", guards=Broken())
    assert run.verdict.committed == 0


def test_a_policy_hears_that_it_was_refused():
    """Who waits for frames of an action learns that none will come."""

    class Waits:
        heard: list = []  # noqa: RUF012 - one instance only

        def __call__(self, seen):
            return Decision((Action((MDAEvent(),)),), "asks")

        def refused(self, refusal):
            self.heard.append((refusal.guard, refusal.action.frame))
            return Decision((Action((MDAEvent(),)),), "asks again")

    waits = Waits()
    ran = play(plan(2), decide=waits, guards=lambda a: a if a.planned else wall(a))
    assert waits.heard == [("wall", 0), ("wall", 1)]
    assert len(ran.sink.of("refusal")) == 4, "an answer to a refusal is not answered again"
    assert ran.verdict.name == "completed"


def test_a_policy_hears_of_an_action_that_expired():
    """A deadline is a refusal like any other."""
    heard = []

    class Slow:
        def __call__(self, seen):
            return Decision((Action((MDAEvent(),), expires_ns=0),), "asks")

        def refused(self, refusal):
            heard.append(refusal.guard)
            return Decision((), "heard")

    play(plan(1), decide=Slow())
    assert heard == ["deadline"]


def test_a_failed_release_is_told_and_ends_the_run():
    """Even a scope that breaks its promise can't keep a run from ending."""

    class Clings(FakeScope):
        def release(self):
            super().release()
            raise RuntimeError("stuck")

    scope = Clings()
    failed(plan(1), RuntimeError, match="stuck", scope=scope)


class Elsewhere:
    """A detector that fails in a process of its own, on every frame."""

    patient = False

    def __init__(self, error: Exception, broken: bool = False) -> None:
        self.error, self.broken, self.closed = error, broken, []

    def __call__(self, frame):
        raise self.error

    def told(self):
        return ("it died.",)

    def learn(self, stand):
        if self.broken:
            raise self.error

    def close(self):
        self.closed.append(True)


@pytest.mark.parametrize("error", [IsolatedError("RuntimeError()"), UnseenError("it hung up")])
def test_a_detector_in_a_process_of_its_own_never_fails_a_run(error):
    """All frames are taken, and it is closed when the microscope is SAFE, before the files."""
    detector = Elsewhere(error)
    ran = play(plan(9), detect={"it": detector})
    assert (ran.verdict.name, ran.verdict.committed) == ("completed", 9)
    assert [seen.verdict for seen in ran.sink.of("observation")] == ["invalid"] * 9
    assert ran.sink.of("detector")[-1] == {"text": "'it': it died."}
    assert len(ran.sink.of("detector")) == 10
    assert ran.run.unseen_looks == 9 * isinstance(error, UnseenError)
    assert detector.closed == [True]


def test_a_run_that_can_t_be_armed_closes_its_detectors():
    """Nothing is left, and the microscope was not taken."""
    detector = Elsewhere(IsolatedError("it can't be started"), broken=True)
    scope = FakeScope()
    run = Run(scope, plan(2), detect=detector, sink=MemorySink(), clock=scope.clock)
    with pytest.raises(IsolatedError):
        run.start()
    assert detector.closed == [True]
    assert scope.calls == []
