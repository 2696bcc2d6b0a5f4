"""Virtual time in lockstep: detectors take what they declare, and every run is the same."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from run_cases import TIMEOUT_S, S, act_above, plan

from saccade.core import Gap, Observation, ProtocolError, VirtualClock
from saccade.detect import Change, Focus, Pairs, Spots
from saccade.run import Chain, Eye, Run
from saccade.run._lockstep import LockstepLookout
from saccade.testing import FakeScope, MemorySink, frame_of


class Slow:
    """A detector that declares how long it takes, and takes no time."""

    def __init__(self, ms: float) -> None:
        self.takes_ms = ms
        self.saw: list[int] = []

    def __call__(self, frame):
        self.saw.append(frame.index)
        return Observation(1.0)


class ByPixel:
    """A detector whose time depends on the frame."""

    def takes_ms(self, frame):
        return float(frame.pixels.size)

    def __call__(self, frame):
        return Observation(0.5)


def play(watch, detect, mode="inline", **parts):
    scope = FakeScope(clock=VirtualClock(lockstep=True))
    sink = MemorySink()
    run = Run(scope, watch, detect=detect, sink=sink, clock=scope.clock, mode=mode, **parts)
    assert run.start().wait(TIMEOUT_S).name == "completed"
    return run, sink


def took_ms(detect, **eye) -> float:
    chain = Chain({"it": Eye(detect, **eye)}, declared=True)
    chain.warm(frame_of([[0]], -1))
    (seen,) = chain.look(frame_of([[1, 2], [3, 4]], 0)).observations
    return seen.elapsed_ms


@pytest.mark.parametrize(
    ("detect", "eye", "ms"),
    [
        pytest.param(Slow(7.0), {}, 7.0, id="declared"),
        pytest.param(ByPixel(), {}, 4.0, id="by the frame"),
        pytest.param(Slow(7.0), {"takes_ms": 2.5}, 2.5, id="the protocol goes before"),
        pytest.param(lambda frame: Observation(0.0), {}, 0.0, id="silent"),
    ],
)
def test_a_detector_takes_what_is_declared(detect, eye, ms):
    """The protocol's word first, then the detector's own, else no time at all."""
    assert took_ms(detect, **eye) == ms


def test_a_detector_can_be_measured_beforehand():
    """Then each of its looks takes as long as the looks of a copy at a blank frame did."""
    pause, detect = threading.Event(), Slow(0.0)

    def look(frame):
        pause.wait(0.003)
        return detect(frame)

    assert 3.0 <= took_ms(look, takes_ms="measured") < 1000.0
    assert took_ms(Change(), takes_ms="measured") > 0.0


def test_measuring_leaves_no_memory_behind():
    """A copy looks at the blank frames: a running background knows nothing of them."""
    change = Change()
    took_ms(change, takes_ms="measured")
    assert len(change._places) == 1, "only of the frame that it looked at"


def test_what_can_not_be_measured_says_so():
    """A detector that fails on a blank frame needs a number."""

    def breaks(frame):
        raise RuntimeError("no picture")

    with pytest.raises(ProtocolError, match="takes_ms as a number"):
        took_ms(breaks, takes_ms="measured")
    for wrong in (-1.0, float("nan"), "measure", True):
        with pytest.raises(ProtocolError, match="takes_ms"):
            Eye(Slow(1.0), takes_ms=wrong)


@pytest.mark.parametrize("detector", [Spots(), Pairs(), Change(), Focus()])
def test_the_detectors_that_ship_declare_a_time(detector):
    """A larger picture takes longer, and none takes nothing or a second."""
    small, large = (frame_of([[0] * side] * side, 0) for side in (64, 512))
    assert 0 < Eye(detector).declared_ms(small) < Eye(detector).declared_ms(large) < 10


def test_by_the_real_clock_declarations_are_not_asked():
    """A detector takes as long as it takes."""
    chain = Chain({"it": Eye(Slow(1e6))})
    (seen,) = chain.look(frame_of([[1]], 0)).observations
    assert seen.elapsed_ms < 1e5


def test_inline_the_next_event_comes_after_the_look():
    """A look of 1.5 s puts off a plan of one frame a second."""
    _, sink = play(plan(4), {"a": Eye(Slow(1000.0)), "b": Eye(Slow(500.0))})
    taken_s = [frame.t_ns / S for frame in sink.frames]
    assert taken_s == pytest.approx([0.01, 1.52, 3.03, 4.54])
    assert [seen.elapsed_ms for seen in sink.of("observation")] == [1000.0, 500.0] * 4


def test_lagged_the_newest_frame_wins_at_exact_times():
    """A look of 2.4 s at one frame a second sees frames 0, 2, 4 and 7; it decides at its end."""
    detect = Slow(2400.0)
    run, sink = play(plan(8), detect, "lagged", decide=act_above(2.0))
    assert detect.saw == [0, 2, 4, 7]
    watched = [frame for frame in sink.frames if frame.stream == "watch"]
    assert [frame.t_ns for frame in watched][:3] == [10_000_000, 1_010_000_000, 2_010_000_000]
    decided_s = [record.t_ns / S for record in sink.records if record.kind == "decision"]
    assert decided_s[0] == pytest.approx(2.41)
    assert sink.of("decision")[0].age_frames == 2
    assert run.dropped_looks == 4


def test_lockstep_needs_no_thread_to_look():
    """Everything happens in the thread that acquires."""
    threads = set()

    def look(frame):
        threads.add(threading.current_thread().name)
        return Observation(0.0)

    play(plan(3), look, "lagged")
    assert threads == {"saccade-run"}


@pytest.mark.parametrize("mode", ["inline", "lagged"])
def test_a_run_is_the_same_to_the_last_record(mode):
    """No record of a run in lockstep depends on the machine, wall times included."""
    told = []
    for _ in range(2):
        _, sink = play(plan(12), Slow(1700.0), mode, decide=act_above())
        told.append([repr((each.kind, each.t_ns, each.value)) for each in sink.records])
    assert told[0] == told[1]
    assert any("1970-01-01" in each for each in told[0])


NEWS = st.tuples(st.sampled_from(["watch", "burst", "gap"]), st.integers(0, 40))


@given(st.lists(NEWS, max_size=30), st.integers(0, 60))
def test_nobody_looks_twice_at_once_and_nothing_is_lost(news, takes):
    """Looks never overlap; each frame is looked at, replaced or, in a burst, becomes a gap."""
    clock, detect = VirtualClock(lockstep=True), Slow(float(takes))
    box = LockstepLookout(Chain(detect, declared=True), clock)
    fetched, put = [], {"watch": 0, "burst": 0, "gap": 0}
    for index, (kind, ms) in enumerate(news):
        clock.advance(ms / 1e3)
        frame = frame_of([[1]], index, stream=kind)
        box.put(Gap(index, "watch", frame.event, "why") if kind == "gap" else frame)
        put[kind] += 1
        before = clock.now_ns()
        fetched += box.looks()
        assert clock.now_ns() == before, "to fetch what is there costs no time"
    while not box.idle:
        box.wait(1.0)
        fetched += box.looks()
    frames = [look for look in fetched if look.observations]
    gaps = len(fetched) - len(frames)
    assert len(frames) + box.dropped == put["watch"] + put["burst"]
    assert put["gap"] <= gaps <= put["gap"] + put["burst"]
    order = [look.seen.index for look in fetched]
    assert order == sorted(order)
    assert clock.now_ns() >= len(frames) * takes * 1e6
    assert box.end(1.0)
