"""Who is measured, doing exactly the same on the same core: bare, stock, and Saccade."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from useq import MDAEvent

from saccade.core import Action, Decision, Observation
from saccade.run import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray
    from pymmcore_plus import CMMCorePlus

    from saccade.core import Frame, Sink
    from saccade.scope import MicroManagerScope

_TIMEOUT_S = 300.0


@dataclass
class Timings:
    """What one contender did, in ns of ``time.perf_counter_ns``."""

    available: list[int] = field(default_factory=list)
    """When the pixels of each frame were in Python's hands."""
    begun: list[int] = field(default_factory=list)
    """When the engine began to set up each event."""
    on_disk_s: float | None = None
    """From the first frame until the last was committed."""

    def event_ms(self) -> NDArray[np.float64]:
        """Return the time from each frame to the next, in ms, as the mean of two.

        The events alternate between two settings, one of which takes longer: the median of
        single times would be that of the one or the other, as chance will have it.
        """
        available = np.asarray(self.available[2:], dtype=np.float64)
        return (available[2:] - available[:-2]) / 2e6

    def reaction_ms(self) -> NDArray[np.float64]:
        """Return the time from each frame to the start of the event that answers it, in ms."""
        available = np.asarray(self.available[2:-1], dtype=np.float64)
        return (np.asarray(self.begun[3:], dtype=np.float64)[: available.size] - available) / 1e6


def plan(count: int, moves: bool) -> list[MDAEvent]:
    """Return the events that every contender takes.

    Parameters
    ----------
    count : int
        How many.
    moves : bool
        Whether each moves x, y and z and changes the channel; otherwise each changes only
        the exposure, 1.0 or 1.1 ms.
    """
    if not moves:
        return [MDAEvent(exposure=1.0 + 0.1 * (n % 2), index={"t": n}) for n in range(count)]
    return [
        MDAEvent(
            exposure=1.0,
            x_pos=10.0 * (n % 2),
            y_pos=10.0 * (n % 2),
            z_pos=float(n % 2),
            channel=("DAPI", "FITC")[n % 2],
            index={"t": n},
        )
        for n in range(count)
    ]


def snap_only(core: CMMCorePlus, events: Sequence[MDAEvent]) -> Timings:
    """Measure ``snapImage`` and ``getImage`` and nothing else."""
    timings = Timings()
    core.setExposure(1.0)
    for _ in events:
        core.snapImage()
        core.getImage()
        timings.available.append(time.perf_counter_ns())
    return timings


def bare_core(core: CMMCorePlus, events: Sequence[MDAEvent]) -> Timings:
    """Measure the same commands given to the core by hand, without verification."""
    timings = Timings()
    for event in events:
        timings.begun.append(time.perf_counter_ns())
        if event.x_pos is not None and event.y_pos is not None:
            core.setXYPosition(event.x_pos, event.y_pos)
        if event.z_pos is not None:
            core.setZPosition(event.z_pos)
        if event.channel is not None:
            core.setConfig(event.channel.group, event.channel.config)
        if event.exposure is not None:
            core.setExposure(event.exposure)
        core.waitForSystem()
        core.snapImage()
        core.getImage()
        timings.available.append(time.perf_counter_ns())
    return timings


def stock(core: CMMCorePlus, events: Sequence[MDAEvent]) -> Timings:
    """Measure the stock runner and engine, without recording and without its log."""
    from pymmcore_plus.mda import MDAEngine, MDARunner

    timings = Timings()

    class Stamped(MDAEngine):
        def setup_event(self, event: MDAEvent) -> None:
            timings.begun.append(time.perf_counter_ns())
            super().setup_event(event)

    runner = MDARunner()
    runner.set_engine(Stamped(core, use_hardware_sequencing=False, restore_initial_state=False))
    stamp = lambda *_: timings.available.append(time.perf_counter_ns())  # noqa: E731 - psygnal keeps lambdas
    runner.events.frameReady.connect(stamp)
    runner.run(iter(events))
    return timings


def saccade(
    scope: MicroManagerScope,
    events: Sequence[MDAEvent],
    make_sink: Callable[[], Sink],
    *,
    detect: Callable[[Frame], Observation] | None = None,
    reactive: bool = False,
) -> Timings:
    """Measure Saccade, its verification always on.

    Parameters
    ----------
    scope : MicroManagerScope
        Over the same core.
    events : sequence of useq.MDAEvent
        What to take.
    make_sink : callable
        Opens what records, or doesn't.
    detect : Detector, optional
        What looks at every frame.
    reactive : bool
        Whether each event is decided upon the frame before, rather than planned.
    """
    timings = Timings()
    sink = _Stamping(make_sink(), timings)
    watch: Sequence[MDAEvent] = events[:1] if reactive else events
    decide = _Answer(events) if reactive else ()
    run = Run(scope, watch, detect=detect or _look, decide=decide, sink=sink)
    run.start().wait(_TIMEOUT_S)
    timings.on_disk_s = (time.perf_counter_ns() - timings.available[0]) / 1e9
    return timings


def _look(_: Frame) -> Observation:
    """See nothing, in no time."""
    return Observation(1.0)


class _Answer:
    """Answers every frame with the next event."""

    streams = None

    def __init__(self, events: Sequence[MDAEvent]) -> None:
        self._left: Iterator[MDAEvent] = iter(events[1:])

    def __call__(self, seen: Observation) -> Decision:
        event = next(self._left, None)
        if event is None:
            return Decision()
        return Decision((Action((event,), "answer", frame=seen.frame, t_ns=seen.t_ns),), "answer")


class _Stamping:
    """A sink that notes each frame's times on the way."""

    def __init__(self, sink: Sink, timings: Timings) -> None:
        self._sink, self._timings = sink, timings

    def frame(self, frame: Frame) -> None:
        self._timings.available.append(frame.times.available)
        self._timings.begun.append(frame.times.setup)
        self._sink.frame(frame)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sink, name)


class NoSink:
    """A sink that keeps nothing."""

    def __init__(self) -> None:
        self.committed = 0

    def frame(self, frame: Frame) -> None:  # noqa: ARG002 - it keeps nothing
        """Count the frame."""
        self.committed += 1

    def note(self, record: object) -> None:
        """Forget the record."""

    def flush(self, timeout_s: float) -> bool:  # noqa: ARG002 - nothing to wait for
        """Return at once."""
        return True

    def close(self, verdict: object = None) -> None:
        """Do nothing."""
