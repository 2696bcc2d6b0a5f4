"""Detectors that are slower than the camera: the newest wins, and nothing acts too late."""

from __future__ import annotations

import threading
from collections import deque

import pytest
from run_cases import TIMEOUT_S, act_above, plan
from useq import MDAEvent

from saccade.core import Action, Decision, Gap, PolicyError, Refusal
from saccade.run import Chain, Eye, Run
from saccade.run import _lookout as lookout
from saccade.run._lookout import Lookout
from saccade.run._switch import Switch
from saccade.testing import FakeScope, MemorySink, StubDetector, frame_of


class Gate(StubDetector):
    """A detector that works on its first frame until it is let go."""

    def __init__(self, *args, **known) -> None:
        super().__init__(*args, **known)
        object.__setattr__(self, "go", threading.Event())
        object.__setattr__(self, "reached", threading.Event())

    def __call__(self, frame):
        self.reached.set()
        assert self.go.wait(TIMEOUT_S)
        return super().__call__(frame)


def once_reached(gate):
    """Return what a camera sees that takes its second picture when the first is looked at."""
    return lambda order: 0.0 if order.index == 0 or gate.reached.wait(TIMEOUT_S) else 1.0


def start(watch, detect, *, gaps=(), ends_at=None, **parts):
    pictures = once_reached(detect) if isinstance(detect, Gate) else None
    scope = FakeScope(pictures, gaps=gaps, ends_at=ends_at)
    sink = MemorySink(calls=scope.calls)
    run = Run(scope, watch, detect=detect, sink=sink, clock=scope.clock, mode="lagged", **parts)
    return run.start(), sink, scope


def until(ready) -> None:
    pause = threading.Event()
    for _ in range(int(TIMEOUT_S * 1000)):
        if ready():
            return
        pause.wait(0.001)
    raise AssertionError("it did not come to that")


def played_to_the_end(watch, detect, **parts):
    """Return a run whose first look ended only after the last planned frame was taken."""
    run, sink, scope = start(watch, detect, **parts)
    assert detect.reached.wait(TIMEOUT_S)
    # A frame is committed before it is handed on: the last has replaced the one before it.
    until(lambda: run.committed == len(watch) and run.dropped_looks == len(watch) - 2)
    detect.go.set()
    return run.wait(TIMEOUT_S), run, sink, scope


def test_the_camera_does_not_wait_and_the_newest_frame_is_looked_at():
    """Every frame is stored; a slow detector sees the first and the newest."""
    verdict, run, sink, _ = played_to_the_end(plan(10), Gate())
    assert (verdict.name, verdict.committed) == ("completed", 10)
    assert [seen.frame for seen in sink.of("observation")] == [0, 9]
    assert run.dropped_looks == 8


def seen_by(*frames: tuple[str, str | None, str]) -> tuple[list[object], int]:
    """Return what waits once frames came, of a camera, a channel and a role each."""
    waiting: deque = deque()
    dropped = 0
    for index, (camera, channel, stream) in enumerate(frames):
        frame = frame_of([[0]], index, stream=stream, camera=camera, channel=channel)
        dropped += lookout.queue_up(waiting, frame)
    return [getattr(each, "index", None) for each in waiting], dropped


@pytest.mark.parametrize(
    ("frames", "waits", "dropped"),
    [
        pytest.param([("", "A", "watch")] * 3, [2], 2, id="one view"),
        pytest.param(
            [("left", "A", "watch"), ("right", "A", "watch")] * 2, [2, 3], 2, id="two cameras"
        ),
        pytest.param([("", "A", "watch"), ("", "B", "watch")] * 3, [4, 5], 4, id="two channels"),
        pytest.param(
            [("", "A", "watch"), ("", "B", "watch"), ("", "A", "watch")], [1, 2], 1, id="in order"
        ),
        pytest.param([("", "A", "burst"), ("", "A", "watch")], [0, 1], 1, id="told as a gap"),
    ],
)
def test_the_newest_of_each_camera_and_channel_waits(frames, waits, dropped):
    """A frame replaces only those of its own view; one that was asked for leaves its gap."""
    assert seen_by(*frames) == (waits, dropped)


def test_a_detector_of_one_channel_is_not_robbed_by_another_channel():
    """While it is at work, both channels go on; it sees the newest of its own."""
    gate = Gate()
    channels = ["FITC", "Cy5"] * 5
    watch = [MDAEvent(index={"t": t}, channel=each) for t, each in enumerate(channels)]
    detect = Eye(gate, channel="FITC")
    scope = FakeScope(lambda order: 0.0 if order.index == 0 or gate.reached.wait(TIMEOUT_S) else 1)
    sink = MemorySink(calls=scope.calls)
    run = Run(scope, watch, detect=detect, sink=sink, clock=scope.clock, mode="lagged").start()
    until(lambda: run.committed == len(watch))
    gate.go.set()
    run.wait(TIMEOUT_S)
    assert [seen.frame for seen in sink.of("observation")] == [0, 8]


def test_a_decision_says_how_old_it_is():
    """The age is the number of frames taken since the one it rests on."""
    _, _, sink, _ = played_to_the_end(plan(10), Gate(), decide=act_above())
    assert [(d.frame, d.age_frames) for d in sink.of("decision")] == [(0, 9), (9, 0)]


def test_a_decision_that_comes_too_late_is_dropped_and_journalled():
    """Nothing is done about a frame older than the deadline."""
    verdict, _, sink, _ = played_to_the_end(
        plan(10), Gate({0: 1.0, 9: 1.0}), decide=act_above(), deadline_ms=500
    )
    assert [(r.guard, r.action.frame) for r in sink.of("refusal")] == [("deadline", 0)]
    refusal = sink.of("refusal")[0]
    assert refusal.action.expires_ns == sink.frames[0].t_ns + 500_000_000
    assert refusal.reason == "it came 8500.0 ms late"
    assert refusal.allowed == "the same, 8500.0 ms earlier"
    assert [action.frame for action in sink.of("action")] == [9]
    assert verdict.refused == 1
    assert [frame.stream for frame in sink.frames][10:] == ["burst"]


def test_the_run_does_not_end_before_the_last_look():
    """A decision on the last planned frame is carried out."""
    verdict, _, sink, _ = played_to_the_end(plan(3), Gate({2: 1.0}), decide=act_above())
    assert [frame.stream for frame in sink.frames] == ["watch"] * 3 + ["burst"]
    assert verdict.name == "completed"


def test_a_stop_does_not_act_on_the_look_under_way():
    """What comes of it is journalled, and refused."""
    gate = Gate([1.0] * 9)
    run, sink, _ = start(plan(3), gate, decide=act_above())
    assert gate.reached.wait(TIMEOUT_S)
    run.stop()
    gate.go.set()
    assert run.wait(TIMEOUT_S).name == "stopped"
    looked = [seen.frame for seen in sink.of("observation")]
    assert looked[0] == 0
    assert [refusal.action.frame for refusal in sink.of("refusal")] == looked
    assert {refusal.guard for refusal in sink.of("refusal")} == {"stop"}
    assert sink.of("action") == []


def test_at_the_end_of_a_recording_the_last_looks_are_journalled():
    """What can't be acted on any more is refused, not forgotten."""
    gate = Gate({1: 1.0})
    run, sink, scope = start(plan(5), gate, ends_at=2, decide=act_above())
    assert gate.reached.wait(TIMEOUT_S)
    until(lambda: "safe" in scope.calls)
    gate.go.set()
    assert str(run.wait(TIMEOUT_S)) == "completed: the recording is over"
    assert [seen.frame for seen in sink.of("observation")] == [0, 1]
    assert [refusal.guard for refusal in sink.of("refusal")] == ["end"]


class Waits:
    """A policy that asks for a burst and waits for each of its frames, to come or not."""

    streams = None

    def __init__(self) -> None:
        self.heard, self.threads = [], set()

    def begin(self, t_ns):
        return Decision((Action((MDAEvent(),) * 5, label="story"),), "asks")

    def __call__(self, seen):
        return self._hear("frame", seen.frame)

    def missed(self, gap):
        return self._hear("gap", gap.index)

    def refused(self, refusal):
        return self._hear("refusal", refusal.action.frame)

    def _hear(self, what, index):
        self.threads.add(threading.current_thread().name)
        self.heard.append((what, index))
        actions = ()
        if len(self.heard) == 5:
            actions = (Action((MDAEvent(),), label="story", expires_ns=0),)
        return Decision(actions, what)


def test_who_waits_for_frames_hears_of_each_even_if_nobody_looks_at_it():
    """A story in a lagged run does not wait forever for a frame that was passed over."""
    policy, gate = Waits(), Gate()
    run, sink, _ = start([], gate, gaps={2}, decide=policy)
    assert gate.reached.wait(TIMEOUT_S)
    until(lambda: run.committed == 4)
    gate.go.set()
    assert run.wait(TIMEOUT_S).name == "completed_with_gaps"
    assert sorted(index for what, index in policy.heard[:5]) == [0, 1, 2, 3, 4]
    assert ("gap", 2) in policy.heard
    assert policy.heard[0] == ("frame", 0)
    assert ("frame", 4) in policy.heard
    assert [gap.index for gap in sink.of("gap")] == [2], "what was stored is no gap of the run"


def test_policies_live_in_one_thread():
    """A policy is never asked from two threads at once, whatever it hears of."""
    policy, gate = Waits(), Gate()
    run, _, _ = start([], gate, gaps={2}, decide=policy)
    gate.go.set()
    run.wait(TIMEOUT_S)
    assert policy.heard[-1][0] == "refusal"
    assert policy.threads == {"saccade-detect"}


def test_a_failing_detector_fails_a_lagged_run_too():
    """Failed looks are counted in either mode."""
    run, _, scope = start(plan(9), StubDetector(fails_on=range(99)), max_failures=1)
    with pytest.raises(Exception, match="told to fail"):
        run.wait(TIMEOUT_S)
    assert scope.calls[-3:] == ["safe", "close", "release"]


def test_a_lagged_detector_that_exits_the_program_fails_only_the_run():
    """The run does not wait forever for a thread that is no more."""

    def leaves(frame):
        raise SystemExit(3)

    run, _, scope = start(plan(3), leaves)
    with pytest.raises(SystemExit):
        run.wait(TIMEOUT_S)
    assert scope.calls[-1] == "release"


def test_news_without_end_behind_a_look_without_end_is_an_error(monkeypatch):
    """Memory is bounded even where nothing may be dropped."""
    monkeypatch.setattr(lookout, "_MOST_NEWS", 3)
    box = Lookout(Chain(), Switch())
    refusal = Refusal(Action(), "guard", "why")
    for _ in range(3):
        box.put(refusal)
    with pytest.raises(PolicyError, match="does not end"):
        box.put(refusal)
    assert box.end(1)


def test_a_frame_that_is_passed_over_keeps_its_place_in_the_queue():
    """Policies hear of frames, gaps and refusals in the order in which they came."""
    box = Lookout(Chain(None, Waits()), Switch())
    gap, refusal = Gap(1, "story", MDAEvent(), "why"), Refusal(Action(), "guard", "why")
    first, last = frame_of([[1]], 0, stream="story"), frame_of([[1]], 2, stream="story")
    for news in (first, gap, refusal, last):
        box.put(news)
    box.start()
    until(lambda: len(box._looks) == 4)
    looks = box.looks()
    assert [type(look.seen).__name__ for look in looks] == ["Gap", "Gap", "Refusal", "Frame"]
    assert [look.seen.index for look in looks if not isinstance(look.seen, Refusal)] == [0, 1, 2]
    assert box.dropped == 1
    assert box.idle
    assert box.end(TIMEOUT_S)
