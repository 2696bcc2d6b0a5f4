"""What the user would have suffered from listeners that raise, dawdle or never return."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from scope_rig import PATIENCE_S, Rig, wait_until
from useq import MDAEvent

from saccade.core import Decision, Observation, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from saccade.run import Run

FITC, DAPI = {"config": "FITC"}, {"config": "DAPI"}


def plan(count: int = 6) -> list[MDAEvent]:
    """Return events that make the core emit all that it can: commands of every kind."""
    return [
        MDAEvent(
            index={"t": i},
            x_pos=10.0 * i,
            y_pos=0.0,
            z_pos=1.0 + i,
            channel=DAPI if i % 2 else FITC,
            exposure=1.0 + i % 2,
            properties=[("Camera", "Gain", i % 3)],
            roi=(i, 0, 20, 10),
            keep_shutter_open=i % 3 == 1,
        )
        for i in range(count)
    ]


def explode(*_: object) -> None:
    raise RuntimeError("the window is gone")


@pytest.mark.parametrize(
    "name", ["sequenceStarted", "eventStarted", "frameReady", "sequenceFinished"]
)
def test_an_exception_in_a_listener_of_the_runner_costs_no_frame(rig: Rig, name: str) -> None:
    """A window that raises when it is told of events, frames or ends harms only itself."""
    getattr(rig.core.mda.events, name).connect(explode)
    sink = rig.play(plan())
    assert str(sink.verdict) == "completed"
    assert sink.indices == [0, 1, 2, 3, 4, 5]
    assert f"A listener of {name!r} raised RuntimeError" in str(sink.of("listener"))
    assert str(rig.core.mda.status.phase) == "idle"


def test_an_exception_in_a_listener_to_a_cancel_does_no_harm(rig: Rig) -> None:
    """A window that raises when it is told of a cancel does not keep the run from ending."""
    rig.core.mda.events.sequenceCanceled.connect(explode)
    run = rig.begin([MDAEvent(), MDAEvent(min_start_time=3600.0)])
    wait_until(lambda: rig.sink.frames)
    rig.core.mda.cancel()
    assert run.wait(PATIENCE_S).name == "stopped"


CORE_SIGNALS = [
    "propertyChanged",
    "configSet",
    "roiSet",
    "autoShutterSet",
    "exposureChanged",
    "XYStagePositionChanged",
    "stagePositionChanged",
    "sequenceAcquisitionStopped",
]


@pytest.mark.parametrize("name", CORE_SIGNALS)
def test_an_exception_in_a_listener_of_the_core_costs_no_frame(rig: Rig, name: str) -> None:
    """A window that raises when a property changes does not look like hardware that failed."""
    told: list[object] = []

    def explode_and_tell(*values: object) -> None:
        told.append(values)
        explode()

    getattr(rig.core.events, name).connect(explode_and_tell)
    rig.core.fault("isSequenceRunning", "lie", on=4, value=True)  # so that a live view is stopped
    sink = rig.play(plan())
    wait_until(lambda: told)
    assert str(sink.verdict) == "completed"
    assert not sink.gaps
    assert not [note for note in sink.of("retry") if "window" in str(note)]
    assert not [value for value in sink.of("safe")[-1].values() if value.startswith("NOT SAFE")]
    assert rig.scope.not_put_back == [
        "stage: left where it is, because the focus direction is unknown; "
        "set focus_direction in the profile"
    ]


def test_a_listener_of_the_core_that_raised_is_named_in_the_journal(rig: Rig) -> None:
    """Somebody who wonders why the window stood still finds out from the journal."""
    rig.core.events.configSet.connect(explode)
    run = rig.begin([*plan(), MDAEvent(min_start_time=3600.0)])
    wait_until(lambda: rig.sink.of("listener"))
    run.stop()
    run.wait(PATIENCE_S)
    assert "A listener of 'configSet' raised RuntimeError('the window is gone')." in str(
        rig.sink.of("listener")
    )


RUN_SIGNALS = ["framed", "observed", "decided", "state_changed", "noted", "finished"]


@pytest.mark.parametrize("name", RUN_SIGNALS)
def test_an_exception_in_a_listener_of_the_run_costs_no_frame(rig: Rig, name: str) -> None:
    """A script whose callback raises still gets its frames and its verdict."""
    run = rig.prepare(plan(), decide=lambda seen: Decision())
    getattr(run, name).connect(explode)
    assert str(run.start().wait(PATIENCE_S)) == "completed"
    rig.prove()
    assert rig.sink.indices == [0, 1, 2, 3, 4, 5]


@pytest.fixture
def stuck() -> Iterator[Callable[..., None]]:
    """Give a listener that does not return before the test is over."""
    over = threading.Event()

    def listener(*_: object) -> None:
        over.wait(PATIENCE_S)

    yield listener
    over.set()
    wait_until(lambda: not [t for t in threading.enumerate() if t.name.startswith("saccade")])


@pytest.mark.parametrize(
    "signal",
    [
        pytest.param(lambda rig, run: run.framed, id="run: framed"),
        pytest.param(lambda rig, run: run.decided, id="run: decided"),
        pytest.param(lambda rig, run: rig.core.events.propertyChanged, id="core: propertyChanged"),
        pytest.param(lambda rig, run: rig.core.events.configSet, id="core: configSet"),
        pytest.param(lambda rig, run: rig.core.events.roiSet, id="core: roiSet"),
        pytest.param(lambda rig, run: rig.core.events.autoShutterSet, id="core: autoShutterSet"),
    ],
)
def test_a_slow_listener_does_not_slow_the_acquisition(
    rig: Rig, stuck: Callable[..., None], signal: Callable[[Rig, Run], Any]
) -> None:
    """All frames are there while a listener has not even returned from its first call."""
    run = rig.prepare(plan(), decide=lambda seen: Decision())
    signal(rig, run).connect(stuck)
    run.start()
    wait_until(lambda: len(rig.sink.frames) == 6)
    wait_until(lambda: rig.sink.closed)
    rig.prove()


def test_a_slow_listener_of_the_stage_does_not_slow_the_acquisition(rig: Rig) -> None:
    """What the core tells in a thread of its own may take its time."""
    told: list[float] = []

    def dawdle(*_: object) -> None:
        time.sleep(0.05)
        told.append(0.0)

    rig.core.events.XYStagePositionChanged.connect(dawdle)
    sink = rig.play(plan(30))
    assert len(sink.frames) == 30
    assert len(told) < 30
    wait_until(lambda: told)


def test_a_slow_listener_of_the_runner_gets_true_frames(rig: Rig) -> None:
    """A slow listener of the runner's own signals holds up the run, and spoils no label."""
    rig.core.mda.events.frameReady.connect(lambda *_: time.sleep(0.02))
    assert len(rig.play(plan()).frames) == 6


def test_the_windows_of_pymmcore_plus_still_see_every_event(rig: Rig) -> None:
    """Listeners of the runner and the core are told all, in order, during a run and after."""
    core = rig.core
    events: list[int] = []
    frames: list[tuple[int, Any]] = []
    presets: list[str] = []
    core.mda.events.eventStarted.connect(lambda event: events.append(event.index["t"]))
    core.mda.events.frameReady.connect(
        lambda image, event, meta: frames.append((event.index["t"], meta["exposure_ms"]))
    )
    core.events.configSet.connect(lambda group, preset: presets.append(preset))
    rig.play(plan())
    assert events == [0, 1, 2, 3, 4, 5]
    assert frames == [(i, 1.0 + i % 2) for i in range(6)]
    assert presets == ["FITC", "DAPI"] * 3
    core.setConfig("Channel", "Cy5")
    assert presets[-1] == "Cy5"


def test_a_callback_may_stop_the_run(rig: Rig) -> None:
    """A listener that stops the run from within, in whatever thread, neither hangs nor fails."""
    for connect in (
        lambda run: run.framed.connect(lambda frame: run.stop()),
        lambda run: rig.core.mda.events.frameReady.connect(lambda *_: rig.core.mda.cancel()),
        lambda run: rig.core.events.configSet.connect(lambda *_: run.stop()),
    ):
        run = rig.prepare(MDAEvent(channel=DAPI if i % 2 else FITC) for i in range(10_000))
        connect(run)
        assert run.start().wait(PATIENCE_S).name == "stopped"
        assert run.state is State.STOPPED
        rig.core.mda.events.frameReady.disconnect()


def test_a_slow_policy_is_waited_for_and_nothing_is_lost(rig: Rig) -> None:
    """Inline, the microscope waits for the decision; every frame is seen, in order."""
    seen: list[int] = []

    def ponder(observation: Observation) -> Decision:
        time.sleep(0.01)
        seen.append(observation.frame)
        return Decision()

    rig.play(plan(), decide=ponder)
    assert seen == [0, 1, 2, 3, 4, 5]
