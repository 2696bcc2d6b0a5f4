"""What the user would have suffered from stop, cancel and hold, in every state and phase."""

from __future__ import annotations

import statistics
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from scope_rig import PATIENCE_S, Rig, in_thread, wait_until
from test_hazards_bursts import Once
from useq import MDAEvent

from saccade.core import Observation, RealClock, State
from saccade.scope import Manners

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from saccade.core import Frame
    from saccade.run import Run
    from saccade.testing import FaultyCore

PROMISE_MS = 50.0
LONG_MS = 120.0


class Phase:
    """How to bring a run into a phase, how to know that it is there, and what it may cost."""

    def __init__(
        self,
        begin: Callable[[Rig], Run],
        there: Callable[[Rig, Run], object],
        exposure_ms: float = 0.0,
    ) -> None:
        self.begin, self.there, self.exposure_ms = begin, there, exposure_ms


def _events(count: int = 1000, **ask: Any) -> Iterator[MDAEvent]:
    return (MDAEvent(index={"t": i}, **ask) for i in range(count))


def _waiting(rig: Rig) -> Run:
    return rig.begin([MDAEvent(), MDAEvent(min_start_time=3600.0)])


def _held(rig: Rig) -> Run:
    run = rig.begin(_events(exposure=2.0))
    run.hold()
    return run


def _exposing(rig: Rig) -> Run:
    return rig.begin(_events(exposure=LONG_MS))


def _bursting(rig: Rig) -> Run:
    return rig.begin([], decide=Once(list(_events(500, exposure=4.0))))


def _stage_busy(rig: Rig) -> Run:
    rig.core.fault("setXYPosition", "busy", on=2)
    return rig.begin(MDAEvent(x_pos=10.0 * i, y_pos=0.0) for i in range(100))


def _detecting(rig: Rig) -> Run:
    def slow(frame: Frame) -> Observation:
        rig.looking.set()
        rig.released.wait(PATIENCE_S)
        return Observation(0.0)

    return rig.begin(_events(keep_shutter_open=True), detect=slow)


def _listening(rig: Rig) -> Run:
    def slow(*_: object) -> None:
        rig.looking.set()
        rig.released.wait(PATIENCE_S)

    rig.core.mda.events.frameReady.connect(slow)
    return rig.begin(_events(keep_shutter_open=True))


def _writing(rig: Rig) -> Run:
    def slow(frame: Frame) -> bool:
        rig.looking.set()
        return rig.released.wait(PATIENCE_S)

    run = rig.prepare(_events(keep_shutter_open=True))
    rig.sink.frame = slow  # type: ignore[method-assign]
    return run.start()


def _lagged(rig: Rig) -> Run:
    def slow(frame: Frame) -> Observation:
        rig.looking.set()
        rig.released.wait(PATIENCE_S)
        return Observation(0.0)

    return rig.begin(_events(exposure=2.0), detect=slow, mode="lagged")


def _hung(rig: Rig) -> Run:
    rig.core.fault("snapImage", "stall", on=3)
    return rig.begin(_events(exposure=2.0, keep_shutter_open=True))


PHASES = {
    "a wait": Phase(_waiting, lambda rig, run: rig.sink.frames),
    "a hold": Phase(_held, lambda rig, run: run.state is State.HELD),
    "an exposure": Phase(_exposing, lambda rig, run: rig.sink.frames, LONG_MS),
    "a burst": Phase(_bursting, lambda rig, run: len(rig.sink.frames) > 3, 4.0),
    "a busy stage": Phase(_stage_busy, lambda rig, run: len(rig.core.called("setXYPosition")) > 1),
    "a slow detector": Phase(_detecting, lambda rig, run: rig.looking.is_set()),
    "a slow detector aside": Phase(_lagged, lambda rig, run: rig.looking.is_set(), 2.0),
    "a slow listener": Phase(_listening, lambda rig, run: rig.looking.is_set()),
    "a slow disk": Phase(_writing, lambda rig, run: rig.looking.is_set()),
    "a camera that hangs": Phase(
        _hung, lambda rig, run: len(rig.core.called("snapImage")) > 2, 2.0
    ),
}
STOPS: dict[str, Callable[[Rig, Run], None]] = {
    "stop": lambda rig, run: run.stop(),
    "cancel": lambda rig, run: rig.core.mda.cancel(),
}


@pytest.fixture
def patient(core: FaultyCore) -> Iterator[Rig]:
    """Give a scope whose devices may be busy for long, and events for what shall be slow."""
    rig = Rig(core, Manners(settle_s=PATIENCE_S, first_frame_s=PATIENCE_S))
    rig.looking, rig.released = threading.Event(), threading.Event()
    yield rig
    rig.released.set()
    core.heal()
    for run in rig.runs:
        run.stop("the test is over")
        wait_until(lambda run=run: run.state.ended)


@pytest.mark.parametrize("name", PHASES)
@pytest.mark.parametrize("how", STOPS)
def test_stop_turns_the_light_off_within_an_exposure_and_50_ms(
    patient: Rig, name: str, how: str
) -> None:
    """From every phase, by either way, the microscope is SAFE when it was promised to be."""
    phase = PHASES[name]
    latencies: list[float] = []
    # A busy machine may be late once or twice: then the median is taken of many more.
    while len(latencies) < 15 and (not latencies or statistics.median(latencies) > PROMISE_MS):
        for _ in range(3):
            latencies.append(_safe_after_ms(patient, phase, STOPS[how]) - phase.exposure_ms)
            _end(patient)
    assert statistics.median(latencies) <= PROMISE_MS, latencies


@pytest.mark.parametrize("name", PHASES)
@pytest.mark.parametrize("how", STOPS)
def test_a_stopped_run_says_so_and_leaves_the_microscope_free(
    patient: Rig, name: str, how: str
) -> None:
    """After a stop the verdict is stopped, no label lies, and another run can begin."""
    run = PHASES[name].begin(patient)
    wait_until(lambda: PHASES[name].there(patient, run))
    STOPS[how](patient, run)
    _end(patient)
    verdict = run.wait(PATIENCE_S)
    assert (verdict.name, run.state) == ("stopped", State.STOPPED)
    assert verdict.reason == (
        "asked to" if how == "stop" else "cancelled through the core's runner"
    )
    assert patient.sink.closed
    assert not patient.core.mda.is_running()
    assert not patient.core.isSequenceRunning()
    assert patient.core.getAutoShutter()
    assert not patient.core.getShutterOpen()
    patient.core.mda.events.frameReady.disconnect()
    assert patient.play(_events(3)).indices == [0, 1, 2]


def test_tools_learn_that_a_run_was_cancelled(rig: Rig) -> None:
    """Windows that listen to the runner are told of a cancel, and then of the end."""
    told: list[str] = []
    for name in ("sequenceStarted", "sequenceCanceled", "sequenceFinished"):
        signal = getattr(rig.core.mda.events, name)
        signal.connect(lambda *_, name=name: told.append(name))
    run = _waiting(rig)
    wait_until(lambda: rig.sink.frames)
    rig.core.mda.cancel()
    run.wait(PATIENCE_S)
    assert told == ["sequenceStarted", "sequenceCanceled", "sequenceFinished"]
    assert str(rig.core.mda.status.finish_reason) == "canceled"
    told.clear()
    rig.play([MDAEvent()])
    assert told == ["sequenceStarted", "sequenceFinished"]
    assert str(rig.core.mda.status.finish_reason) == "completed"


def test_an_event_that_was_cancelled_is_never_executed_later(rig: Rig) -> None:
    """A cancelled run is over: nothing of its plan comes back to life in the next one."""
    first = rig.begin([MDAEvent(), MDAEvent(x_pos=77.0, y_pos=0.0, min_start_time=0.3)])
    wait_until(lambda: rig.sink.frames)
    rig.core.mda.cancel()
    first.wait(PATIENCE_S)
    rig.play([MDAEvent(min_start_time=0.5)])
    assert not [call for call in rig.core.called("setXYPosition") if 77.0 in call.args]


def test_a_stop_twice_or_after_the_end_does_no_harm(rig: Rig) -> None:
    """Stopping again changes neither the verdict nor the microscope."""
    run = _waiting(rig)
    wait_until(lambda: rig.sink.frames)
    run.stop("first")
    run.stop("second")
    rig.core.mda.cancel()
    assert run.wait(PATIENCE_S).reason == "first"
    before = len(rig.core.calls)
    run.stop("third")
    rig.core.mda.cancel()
    assert len(rig.core.calls) == before


@pytest.mark.parametrize("how", ["hold", "set_paused"])
@pytest.mark.parametrize("lead_ms", [60.0, 5.0, 0.5, 0.0])
def test_a_pause_in_the_last_moments_of_a_wait_is_kept(rig: Rig, how: str, lead_ms: float) -> None:
    """However late in a wait the pause comes, the run is held, after one more frame at most."""
    due_s, clock = 0.15, RealClock()
    began: list[int] = []
    plan = [MDAEvent(), *(MDAEvent(min_start_time=due_s + 0.01 * i) for i in range(20))]
    run = rig.prepare(plan)
    keep = rig.sink.frame

    def frame(frame: Frame) -> bool:
        began.append(frame.times.asked)
        return keep(frame)

    rig.sink.frame = frame  # type: ignore[method-assign]
    run.start()
    wait_until(lambda: began)
    clock.wait_until(began[0] + round((due_s * 1e3 - lead_ms) * 1e6), threading.Event())
    run.hold() if how == "hold" else rig.core.mda.set_paused(True)
    wait_until(lambda: run.state is State.HELD)
    taken = len(rig.sink.frames)
    assert taken <= 2
    time.sleep(0.1)
    assert len(rig.sink.frames) == taken
    run.resume() if how == "hold" else rig.core.mda.set_paused(False)
    run.wait(PATIENCE_S)
    assert rig.sink.indices == list(range(21))


def test_a_window_sees_that_the_run_is_paused(rig: Rig) -> None:
    """The runner tells a pause, and its end, once each."""
    told: list[bool] = []
    rig.core.mda.events.sequencePauseToggled.connect(told.append)
    run = rig.begin(_events(exposure=2.0))
    for paused in (True, True, False, False):
        rig.core.mda.set_paused(paused)
        assert rig.core.mda.is_paused() is paused
        wait_until(lambda paused=paused: (run.state is State.HELD) is paused)
    run.stop()
    run.wait(PATIENCE_S)
    assert told == [True, False]
    assert not rig.core.mda.is_paused()


def test_cancel_while_held_takes_no_further_frame(rig: Rig) -> None:
    """A run that is cancelled while it is held exposes nothing more."""
    run = _held(rig)
    wait_until(lambda: run.state is State.HELD)
    taken = len(rig.core.called("snapImage"))
    rig.core.mda.cancel()
    assert run.wait(PATIENCE_S).name == "stopped"
    assert len(rig.core.called("snapImage")) == taken


def _safe_after_ms(rig: Rig, phase: Phase, stop: Callable[[Rig, Run], None]) -> float:
    """Return how long after a stop every shutter had been told to close."""
    rig.looking.clear()
    rig.released.clear()
    rig.core.calls.clear()
    run = phase.begin(rig)
    wait_until(lambda: phase.there(rig, run))
    asked_ns = time.perf_counter_ns()
    thread, errors = in_thread(lambda: stop(rig, run))
    wait_until(lambda: _closed_after(rig, asked_ns))
    closed_ns = _closed_after(rig, asked_ns)
    thread.join(PATIENCE_S)
    assert not errors
    assert closed_ns is not None
    return (closed_ns - asked_ns) / 1e6


def _closed_after(rig: Rig, asked_ns: int) -> int | None:
    """Return when the last shutter was told to close after a moment, if all were."""
    first: dict[str, int] = {}
    for call in rig.core.called("setShutterOpen"):
        if call.t_ns > asked_ns and not call.args[-1]:
            first.setdefault(call.args[0], call.t_ns)
    return max(first.values()) if len(first) == 2 else None


def _end(rig: Rig) -> None:
    rig.released.set()
    rig.core.heal()
    for run in rig.runs:
        wait_until(lambda run=run: run.state.ended)
    rig.core.mda.events.frameReady.disconnect()
