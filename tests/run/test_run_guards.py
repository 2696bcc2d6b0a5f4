"""Guards within a run: asked as it is played, told what happened, and heard."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from run_cases import TIMEOUT_S, S, act_above, plan, play
from useq import MDAEvent

from saccade.core import (
    Action,
    Decision,
    Frame,
    Gap,
    GuardError,
    Identity,
    LightSource,
    Observation,
    Refusal,
    Shift,
)
from saccade.guard import Budget, Dose, Duty, Ladder, Rate
from saccade.run import Run
from saccade.testing import FakeScope, MemorySink
from saccade.testing._scope import DEFAULT_STAND

BURST = [MDAEvent(exposure=10.0, min_start_time=0.1 * n) for n in range(4)]
LIT = replace(DEFAULT_STAND, lights=(LightSource("lamp", 10.0, 0.01),))
"""1 W/cm²: 10 ms are 0.01 J/cm²."""


class Notes:
    """A guard that lets everything through and notes what it is told."""

    as_played = True

    def __init__(self) -> None:
        self.log: list[str] = []

    def __call__(self, action: Action) -> Action:
        self.log.append(f"asked {action.label} {len(action.events)}")
        return action

    def commit(self, action: Action) -> None:
        self.log.append(f"commit {action.label} {len(action.events)} at {action.t_ns / S:.2f}")

    def settle(self, done: Frame | Gap) -> None:
        self.log.append(f"{type(done).__name__.lower()} {done.index}")

    def hear(self, news: Observation | Refusal) -> None:
        self.log.append("refusal" if isinstance(news, Refusal) else f"saw {news.frame}")


def test_a_guard_is_asked_again_as_each_event_is_played() -> None:
    """A burst is asked for as a whole, then event by event, and its ledger is kept then."""
    notes = Notes()
    play(plan(2), [1.0, 0.0], decide=act_above(events=BURST[:2]), guards=notes)
    assert notes.log == [
        *("asked watch 1", "commit watch 1 at 0.00", "frame 0", "saw 0"),
        "asked burst 2",
        *("asked burst 1", "commit burst 1 at 0.01", "frame 1"),
        *("asked burst 1", "commit burst 1 at 0.11", "frame 2"),
        *("asked watch 1", "commit watch 1 at 1.00", "frame 3", "saw 3"),
    ]


def test_a_hardware_timed_burst_is_asked_for_once_and_settled_frame_by_frame() -> None:
    """Nobody can stop a triggered burst, so all of it passes, or nothing."""
    notes = Notes()
    ran = play(
        plan(1),
        [1.0],
        decide=act_above(events=BURST, triggered=True),
        guards=notes,
        scope=FakeScope([1.0], gaps={2}),
    )
    assert notes.log[4:] == [
        "asked burst 4",
        "asked burst 4",
        "commit burst 4 at 0.01",
        *("frame 1", "gap 2", "frame 3", "frame 4"),
    ]
    assert ran.verdict.name == "completed_with_gaps"


def test_gaps_and_refusals_are_told() -> None:
    """A frame that was not taken is told as a gap, a refused event as a refusal and never both."""
    notes = Notes()

    def wall(action: Action) -> Action | Refusal:
        return action if action.events[0].index["t"] != 1 else Refusal(action, "wall", "never")

    play(plan(3), guards=(notes, wall), scope=FakeScope(gaps={0}))
    assert [line for line in notes.log if "asked" not in line] == [
        *("commit watch 1 at 0.00", "gap 0", "refusal"),
        *("commit watch 1 at 2.00", "frame 2", "saw 2"),
    ]


def test_a_burst_is_cut_short_where_a_guard_objects_as_it_is_played() -> None:
    """What a burst did not get to play is refused once, leaves no gap, and the watch goes on."""
    far = [MDAEvent(x_pos=float(x), exposure=1.0) for x in (0, 10, 20)]

    class Disturbs:
        as_played = True

        def __call__(self, action: Action) -> Action | Refusal:
            if action.planned or len(action.events) > 1 or action.events[0].x_pos < 20:
                return action
            return Refusal(action, "Disturbs", "not now", "later")

    heard = []

    class Asks:
        def __call__(self, seen: Observation) -> Decision:
            return Decision((Action(tuple(far), label="far"),) if seen.frame == 0 else ())

        def refused(self, refusal: Refusal) -> Decision:
            heard.append(refusal)
            return Decision((), "heard")

    ran = play(plan(2, x_pos=0.0), decide=Asks(), guards=Disturbs())
    assert [frame.stream for frame in ran.sink.frames] == ["watch", "far", "far", "watch"]
    (refusal,) = ran.sink.of("refusal")
    assert (refusal.guard, refusal.reason, refusal.allowed) == ("Disturbs", "not now", "later")
    assert len(refusal.action.events) == 3
    assert heard == [refusal]
    assert ran.verdict.name == "completed"


def test_a_true_dose_above_what_was_asked_ends_the_light_sooner() -> None:
    """A camera that needs two exposures for each frame gets half of the frames."""

    class Tries(FakeScope):
        def _frame(self, order, began_ns):
            return replace(super()._frame(order, began_ns), exposures=2)

    for scope, frames in ((FakeScope(stand=LIT), 10), (Tries(stand=LIT), 5)):
        dose = Dose(limit_j_per_cm2=0.1)
        ran = play(plan(30), scope=scope, guards=dose, max_refusals=3)
        assert ran.verdict.committed == frames
        assert ran.verdict.by_guard
        assert dose.spent_j_per_cm2 == pytest.approx(0.1)


def test_duty_and_budget_hold_in_a_run() -> None:
    """In virtual time a run keeps its duty cycle, and ends with its budget."""
    duty = Duty(share=0.01, window_s=10)
    ran = play(plan(40, 0.5), guards=duty, max_refusals=99)
    times_ns = [frame.t_ns for frame in ran.sink.frames]
    for end in times_ns:
        assert sum(end - 10 * S < t_ns <= end for t_ns in times_ns) <= 10
    assert len(times_ns) == 20
    ran = play(plan(40, 0.5), guards=Budget(frames=7), max_refusals=2)
    assert (ran.verdict.committed, ran.verdict.by_guard) == (7, True)
    ran = play(plan(40, 0.5), guards=Budget(time_s=3), max_refusals=2)
    assert ran.verdict.committed == 7


@pytest.mark.parametrize("first", ["Rate", "Ladder"])
def test_a_fall_is_journalled_with_its_cause_and_ends_a_decided_pace(first: str) -> None:
    """Refusals bring the run down a rung, and the watch back to the pace of its plan."""

    def decide(seen: Observation) -> Decision:
        pace = Action(interval_s=0.25, label="pace")
        bursts = (Action(tuple(BURST[:1])),) * 2
        return Decision((pace,) if seen.frame == 0 else bursts, "asks")

    ladder = Ladder(refusals=3, within_s=60, top="classical", recover_s=None)
    guards = (Rate(actions_per_min=1), ladder)
    guards = guards if first == "Rate" else guards[::-1]
    ran = play(plan(12), decide=decide, guards=guards)
    (shift,) = ran.sink.of("shift")
    assert (shift.guard, shift.was, shift.now) == ("Ladder", "classical", "fixed-rate")
    assert shift.cause.startswith("3 actions were refused within 60 s, the last by Rate:")
    watched = [frame.t_ns / S for frame in ran.sink.frames if frame.stream == "watch"]
    gaps_s = [round(b - a, 2) for a, b in pairwise(watched)]
    assert gaps_s[:2] == [0.25, 0.25]
    assert gaps_s[3:] == [1.0] * 8
    assert {refusal.guard for refusal in ran.sink.of("refusal")[3:]} == {first}
    assert ran.verdict.name == "completed"


def test_the_last_rung_stops_the_run_through_safe() -> None:
    """When nothing is trusted any more the run is stopped by the guard, and made safe first."""

    def doubt(frame: Frame, seen: Observation) -> Observation:
        return replace(seen, verdict="doubtful")

    ladder = Ladder(alarms=2, of=2)
    ran = play(plan(99), monitors=(doubt,), guards=ladder)
    assert [shift.now for shift in ran.sink.of("shift")] == [
        *("guarded", "classical", "fixed-rate", "stop")
    ]
    assert (ran.verdict.name, ran.verdict.by_guard) == ("stopped", True)
    assert ran.verdict.reason == "Ladder: 2 of the last 2 observations were not trusted"
    assert ran.verdict.committed == 8
    assert ran.scope.calls[-3:] == ["safe", "close", "release"]


class Network:
    """A detector with weights, which sees something in every frame."""

    def __call__(self, frame: Frame) -> Observation:
        return Observation(0.9, detector=Identity("network", "1", "sha256:12"))


def test_an_action_tells_what_it_rests_on() -> None:
    """Decisions and actions bear the weights of the detector that their policy listens to."""
    ran = play(plan(1), detect=Network(), decide=act_above())
    assert ran.sink.of("decision")[0].weights == "sha256:12"
    assert ran.sink.of("action")[0].weights == "sha256:12"
    ran = play(plan(1), [1.0], decide=act_above(weights="sha256:made-up"))
    assert ran.sink.of("action")[0].weights == ""


def test_on_the_classical_rung_a_network_can_not_act() -> None:
    """Between two detectors, only what rests on the classical one acts on the classical rung."""
    from saccade.run import Rule
    from saccade.testing import StubDetector

    rules = [
        Rule(act_above(label="learned"), "network"),
        Rule(act_above(label="plain"), "spots"),
    ]
    for top, streams in (("full", {"learned", "plain"}), ("classical", {"plain"})):
        ran = play(
            plan(1),
            [1.0],
            detect={"network": Network(), "spots": StubDetector()},
            decide=rules,
            guards=Ladder(top=top),
        )
        assert {frame.stream for frame in ran.sink.frames} == {"watch"} | streams


def test_a_ladder_comes_to_the_same_from_the_journal() -> None:
    """Observations and refusals of the journal, heard again, make the same falls and climbs."""

    def doubt(frame: Frame, seen: Observation) -> Observation:
        return replace(seen, verdict="doubtful" if 3 <= frame.index < 9 else "trusted")

    ladder = Ladder(alarms=2, of=3, recover_s=2.0, lowest="fixed-rate")
    ran = play(
        plan(30),
        [1.0] * 9 + [0.0],
        decide=act_above(events=BURST[:1]),
        monitors=(doubt,),
        guards=(Rate(actions_per_min=3), ladder),
    )
    shifts = ran.sink.of("shift")
    again = ladder.fresh()
    news = [r.value for r in ran.sink.records if r.kind in ("observation", "refusal")]
    assert [shift for each in news if (shift := again.hear(each))] == shifts
    assert {shift.own_pace for shift in shifts} == {True, False}


@pytest.mark.parametrize("hook", ["settle", "hear"])
def test_a_guard_that_can_not_take_note_ends_the_run(hook: str) -> None:
    """A ledger that can't be kept fails the run, with what was taken kept, and nothing more."""

    class Broken(Notes):
        pass

    def fail(self, news):
        raise ZeroDivisionError("oh")

    setattr(Broken, hook, fail)
    scope = FakeScope()
    sink = MemorySink(calls=scope.calls)
    run = Run(scope, plan(5), sink=sink, clock=scope.clock, guards=Broken())
    with pytest.raises(GuardError, match="A guard can't keep its ledger: ZeroDivisionError"):
        run.start().wait(TIMEOUT_S)
    assert len(sink.frames) == 1
    assert scope.calls[-3:] == ["safe", "close", "release"]


def test_a_policy_can_not_make_its_action_older() -> None:
    """An action's time at the door is the run's own, whatever the policy claims."""
    ran = play(plan(3), [1.0], decide=act_above(events=BURST[:1], t_ns=1))
    frames = {frame.index: frame.t_ns for frame in ran.sink.frames}
    actions = ran.sink.of("action")
    assert [action.t_ns for action in actions] == [frames[action.frame] for action in actions]


def test_an_action_that_waited_too_long_is_dropped() -> None:
    """A deadline holds for what passed the door as well, until it has begun."""

    def both(seen: Observation) -> Decision:
        first = Action(tuple(BURST), label="first", priority=2)
        return Decision((first, Action(tuple(BURST), label="second")) if seen.frame == 0 else ())

    ran = play(plan(2), decide=both, deadline_ms=100)
    assert [frame.stream for frame in ran.sink.frames] == ["watch", *["first"] * 4, "watch"]
    (refusal,) = ran.sink.of("refusal")
    assert (refusal.guard, refusal.action.label) == ("deadline", "second")
    assert refusal.reason == "it came 210.0 ms late"


def test_a_deadline_never_makes_an_action_last_longer() -> None:
    """What expires sooner by itself expires as soon as before."""
    ran = play(plan(1), [1.0], decide=act_above(expires_ns=1), deadline_ms=1e6)
    (refusal,) = ran.sink.of("refusal")
    assert refusal.reason == "it came 10.0 ms late"


def test_a_shift_is_a_plain_record() -> None:
    """A shift goes to the journal as it is."""
    shift = Shift("Ladder", "full", "guarded", "why", 5)
    assert (shift.own_pace, shift.stop) == (False, False)
