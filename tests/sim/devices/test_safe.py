"""SAFE puts the simulated light out, whatever ended the run."""

from __future__ import annotations

import threading

import pytest
from useq import MDAEvent

from saccade.core import Action, Decision, Observation, State
from saccade.run import Run
from saccade.testing import MemorySink

OPEN = [MDAEvent(keep_shutter_open=True, exposure=10.0, min_start_time=10.0 * n) for n in range(9)]
"""Between these the shutter stays open, and the light goes on."""


def lit(scope) -> bool:
    before = scope.world.health.dose_j_per_cm2
    scope.clock.advance(100)
    return scope.world.health.dose_j_per_cm2 > before


def run_of(scope, **parts):
    return Run(scope, OPEN, sink=MemorySink(), clock=scope.clock, **parts)


def breaks(frame):
    raise RuntimeError("out of order")


@pytest.mark.parametrize("ended_by", ["its plan", "a stop", "a detector", "a guard", "the disk"])
def test_after_a_run_no_light_is_left(make, monkeypatch, ended_by):
    """Finished, stopped or failed: the specimen takes no more dose, though the shutter was open."""
    scope, shone = make(), []

    def look(frame):
        if frame.index == 2:
            shone.append(lit(scope))
            if ended_by == "a stop":
                run.stop()
            if ended_by == "the disk":
                monkeypatch.setattr(run._sink, "frame", breaks)
        return breaks(frame) if ended_by == "a detector" and frame.index > 2 else Observation(0.0)

    parts = {"detect": look, "max_failures": 1}
    if ended_by == "a guard":
        parts |= {"guards": lambda action: action if not shone else Action(), "max_refusals": 1}
    run = run_of(scope, **parts)
    run.start()
    try:
        run.wait(60)
    except Exception:  # noqa: BLE001 - how it ended is looked at below
        assert run.state is State.FAILED
    assert shone == [True], "else it proves nothing"
    assert not scope.core.getShutterOpen()
    assert not lit(scope)
    assert any("closed" in str(safe) for safe in run._sink.of("safe"))


def test_a_run_on_hold_is_dark_and_its_time_stands_still(make):
    """On hold nothing shines and nothing spins: virtual time waits for the run to go on."""
    scope, held = make(), threading.Event()

    def look(frame):
        if frame.index == 3:
            run.hold()
        return Observation(0.0)

    run = run_of(scope, detect=look)
    run.state_changed.connect(lambda told: held.set() if told["state"] is State.HELD else None)
    run.start()
    assert held.wait(30)
    began_ns = scope.clock.now_ns()
    threading.Event().wait(0.1)
    assert scope.clock.now_ns() == began_ns
    assert not scope.core.getShutterOpen()
    run.resume()
    assert run.wait(60).name == "completed"
    assert run.committed == len(OPEN)


def test_safe_stops_a_stage_on_its_way(make):
    """SAFE reads back what it did of every device."""
    scope = make()
    scope.core.setXYPosition(1000.0, 0.0)
    scope.core.setShutterOpen("Shutter", True)
    told = scope.safe()
    assert told["Shutter"] == "closed"
    assert told["XY"] == "stopped"
    assert told["sequence"] == "stopped"
    assert 0.0 <= scope.core.getXPosition() < 1000.0


def test_a_burst_asked_for_by_a_decision_leaves_no_light_on_either(make):
    """The light of a hardware-timed burst goes out with its last frame."""
    scope = make()
    events = tuple(MDAEvent(exposure=2.0) for _ in range(4))

    def once(seen):
        return Decision((Action(events, triggered=True),) if seen.frame == 0 else ())

    run = Run(scope, OPEN[:2], sink=MemorySink(), clock=scope.clock, decide=once)
    assert run.start().wait(60).committed == 6
    assert not lit(scope)
