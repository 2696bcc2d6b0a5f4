"""What the user would have suffered if two acquisitions had driven one microscope."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from scope_rig import PATIENCE_S, Rig, in_thread, wait_until
from useq import MDAEvent, MDASequence

from saccade.core import Frame, Observation, ScopeBusyError, ScopeError, State
from saccade.scope import MicroManagerScope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from saccade.testing import FaultyCore

FOREIGN = MDASequence(stage_positions=[(777.0, 777.0)] * 3)


def never_ending() -> Iterator[MDAEvent]:
    return (MDAEvent(x_pos=10.0 * (i % 3), y_pos=0.0) for i in range(100_000))


def refused(work: Callable[[], object]) -> None:
    """Fail unless a thread that tries is refused."""
    thread, errors = in_thread(work)
    thread.join(PATIENCE_S)
    assert [type(error) for error in errors] in ([ScopeBusyError], [ValueError])


def no_foreign_move(core: FaultyCore) -> None:
    assert not [call for call in core.called("setXYPosition") if 777.0 in call.args]


def test_a_second_run_can_not_interleave_with_the_first(rig: Rig) -> None:
    """A second run on the same microscope is refused at once, and harms nothing."""
    first = rig.begin(never_ending())
    first_sink = rig.sink
    wait_until(lambda: first_sink.frames)
    for scope in (rig.scope, MicroManagerScope(rig.core, "the same again")):
        rig.scope, kept = scope, rig.scope
        second = rig.prepare(FOREIGN)
        with pytest.raises(ScopeBusyError, match="held by run"):
            second.start()
        assert second.state is State.IDLE
        rig.scope = kept
    taken = len(first_sink.frames)
    wait_until(lambda: len(first_sink.frames) > taken)
    first.stop()
    first.wait(PATIENCE_S)
    rig.sink = first_sink
    rig.prove()
    no_foreign_move(rig.core)


@pytest.mark.parametrize(
    "begin",
    [
        pytest.param(lambda core: core.run_mda(FOREIGN, block=True), id="run_mda"),
        pytest.param(lambda core: core.mda.run(FOREIGN), id="mda.run"),
        pytest.param(lambda core: core.mda.run(iter(FOREIGN)), id="mda.run with an iterator"),
    ],
)
@pytest.mark.parametrize("when", ["running", "held", "waiting"])
def test_a_foreign_acquisition_can_not_interleave_with_a_run(
    rig: Rig, begin: Callable[[Any], object], when: str
) -> None:
    """Scripts and windows of pymmcore-plus are refused while a run has the microscope."""
    wait = [MDAEvent(), MDAEvent(min_start_time=3600.0)]
    run = rig.begin(wait if when == "waiting" else never_ending())
    wait_until(lambda: rig.sink.frames)
    if when == "held":
        run.hold()
        wait_until(lambda: run.state is State.HELD)
    assert rig.core.mda.is_running()
    refused(lambda: begin(rig.core))
    run.stop()
    run.wait(PATIENCE_S)
    rig.prove()
    no_foreign_move(rig.core)


def test_a_foreign_acquisition_is_refused_while_detectors_warm_up(rig: Rig) -> None:
    """From arming on the microscope is taken, although nothing moves yet."""

    class Slow:
        def __init__(self) -> None:
            self.warming, self.go = threading.Event(), threading.Event()

        def warm(self, frame: Frame) -> None:
            self.warming.set()
            self.go.wait(PATIENCE_S)

        def __call__(self, frame: Frame) -> Observation:
            return Observation(0.0)

    detector = Slow()
    run = rig.prepare([MDAEvent()], detect=detector)
    thread, errors = in_thread(run.start)
    assert detector.warming.wait(PATIENCE_S)
    refused(lambda: rig.core.run_mda(FOREIGN, block=True))
    detector.go.set()
    thread.join(PATIENCE_S)
    assert run.wait(PATIENCE_S).name == "completed"
    assert not errors
    no_foreign_move(rig.core)


def test_a_cancel_just_after_the_start_is_not_lost(rig: Rig) -> None:
    """A cancel or pause that comes before the first event takes effect all the same."""
    for _ in range(10):
        run = rig.begin(never_ending())
        rig.core.mda.cancel()
        assert run.wait(PATIENCE_S).name == "stopped"
        run = rig.begin(never_ending())
        rig.core.mda.set_paused(True)
        wait_until(lambda run=run: run.state is State.HELD)
        run.stop()
        run.wait(PATIENCE_S)


def test_a_run_does_not_cut_into_a_foreign_acquisition(rig: Rig) -> None:
    """A run is refused while somebody else acquires, and may begin afterwards."""
    core, reached, go = rig.core, threading.Event(), threading.Event()

    def events() -> Iterator[MDAEvent]:
        yield MDAEvent()
        reached.set()
        go.wait(PATIENCE_S)
        yield MDAEvent()

    thread = core.run_mda(events())
    assert reached.wait(PATIENCE_S)
    core.mda.cancel()  # the stock runner says now that it is idle, and still has the thread
    assert thread.is_alive()
    with pytest.raises(ScopeBusyError):
        rig.begin([MDAEvent()])
    go.set()
    thread.join(PATIENCE_S)
    assert rig.play([MDAEvent()]).indices == [0]


def test_a_scope_is_not_made_of_a_core_that_is_at_work(core: FaultyCore) -> None:
    """Taking over a core does not orphan the acquisition that runs on it."""
    go = threading.Event()

    def events() -> Iterator[MDAEvent]:
        yield MDAEvent()
        go.wait(PATIENCE_S)

    thread = core.run_mda(events())
    wait_until(lambda: core.called("snapImage"))
    with pytest.raises(ScopeBusyError):
        MicroManagerScope(core)
    go.set()
    thread.join(PATIENCE_S)
    MicroManagerScope(core)


def test_a_listener_can_not_start_another_acquisition_from_within(rig: Rig) -> None:
    """A callback in the run's own thread is refused like any other."""
    errors: list[Exception] = []

    def meddle(*_: object) -> None:
        try:
            rig.core.mda.run(FOREIGN)
        except ScopeBusyError as error:
            errors.append(error)

    rig.core.mda.events.frameReady.connect(meddle)
    rig.play([MDAEvent()] * 3)
    assert len(errors) == 3
    no_foreign_move(rig.core)


def test_another_engine_can_not_be_put_in_under_a_run(rig: Rig) -> None:
    """Registering an engine is refused during a run, and works after it."""
    engine = rig.core.mda.engine
    run = rig.begin(never_ending())
    wait_until(lambda: rig.sink.frames)
    with pytest.raises(RuntimeError):
        rig.core.register_mda_engine(engine)
    run.stop()
    run.wait(PATIENCE_S)
    assert rig.core.mda.engine is engine
    rig.core.register_mda_engine(engine)


def test_acquisitions_of_pymmcore_plus_work_as_ever_between_runs(rig: Rig) -> None:
    """Before and after a run, the core's own acquisition serves handlers and listeners."""

    class Handler:
        def __init__(self) -> None:
            self.frames = 0

        def frameReady(self, image: Any, event: MDAEvent) -> None:  # noqa: N802 - their name
            self.frames += 1

    for _ in range(2):
        handler = Handler()
        thread = rig.core.run_mda(
            MDASequence(time_plan={"interval": 0, "loops": 4}), output=handler
        )
        thread.join(PATIENCE_S)
        assert handler.frames == 4
        rig.play([MDAEvent()])


def test_what_raises_in_a_foreign_acquisition_still_ends_it(rig: Rig) -> None:
    """Outside a run, listeners of the runner have the effects that they have without us."""

    def explode(*_: object) -> None:
        raise RuntimeError("their own fault")

    rig.core.mda.events.eventStarted.connect(explode)
    with pytest.raises(Exception, match="their own fault"):
        rig.core.mda.run([MDAEvent()])
    rig.core.mda.events.eventStarted.disconnect()
    assert rig.play([MDAEvent()]).indices == [0]


def test_a_run_that_fails_while_arming_lets_others_have_the_microscope(rig: Rig) -> None:
    """A detector that can't warm up leaves the microscope free and as it was."""

    class Broken:
        def warm(self, frame: Frame) -> None:
            raise MemoryError("no room for the weights")

        def __call__(self, frame: Frame) -> Observation:
            return Observation(0.0)

    with pytest.raises(MemoryError):
        rig.begin([MDAEvent()], detect=Broken())
    assert not rig.core.mda.is_running()
    assert rig.play([MDAEvent()]).indices == [0]


def test_a_scope_that_is_not_held_plays_nothing(rig: Rig) -> None:
    """Without holding the scope first nothing can be acquired through it."""
    with pytest.raises(ScopeError, match="not held"):
        rig.scope.play(None)  # type: ignore[arg-type]
