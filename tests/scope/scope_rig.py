"""A demo microscope with planned faults, a sink in memory, and an oracle for labels."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from saccade.core import State
from saccade.run import Run
from saccade.scope import Manners, MicroManagerScope
from saccade.testing import MemorySink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from useq import MDAEvent

    from saccade.core import Frame
    from saccade.testing import Exposure, FaultyCore

PATIENCE_S = 20.0
_AXES = ("x_um", "y_um", "z_um")
QUICK = Manners(settle_s=0.3, frame_margin_s=0.5, first_frame_s=1.0)


class Memory(MemorySink):
    """A sink in memory that knows its gaps."""

    @property
    def gaps(self) -> dict[int, str]:
        """Index and reason of every gap."""
        return {gap.index: gap.reason for gap in self.of("gap")}

    @property
    def indices(self) -> list[int]:
        """Indices of the frames, in order."""
        return [frame.index for frame in self.frames]


class Rig:
    """One core, its scope, and the runs that were made on it."""

    def __init__(self, core: FaultyCore, manners: Manners = QUICK, **options: Any) -> None:
        self.core = core
        self.scope = MicroManagerScope(core, "demo", manners=manners, **options)
        self.sink = Memory()
        self.runs: list[Run] = []

    def prepare(self, events: Iterable[MDAEvent], **options: Any) -> Run:
        """Return a run that was not started; its sink is `sink`."""
        self.sink = options.pop("sink", None) or Memory()
        run = Run(self.scope, events, sink=self.sink, **options)
        self.runs.append(run)
        return run

    def begin(self, events: Iterable[MDAEvent], **options: Any) -> Run:
        return self.prepare(events, **options).start()

    def play(self, events: Iterable[MDAEvent], **options: Any) -> Memory:
        """Run to the end; what was stored is proven to be what its labels say."""
        self.begin(events, **options).wait(PATIENCE_S)
        self.prove()
        return self.sink

    def prove(self, slack_um: float = 0.0) -> None:
        """Fail if a label lies, or if an index is missing or there twice.

        Parameters
        ----------
        slack_um : float
            How far a position may be from the truth, where somebody else moves the stage.
        """
        sink = self.sink
        numbers = Counter([*sink.indices, *sink.gaps])
        planned = sink.verdict.planned if sink.verdict else len(numbers)
        whole = sink.verdict is not None and sink.verdict.name.startswith("completed")
        assert all(count == 1 for count in numbers.values()), numbers
        assert all(0 <= number < planned for number in numbers)
        assert not whole or len(numbers) == planned
        for frame in sink.frames:
            self.prove_label(frame, slack_um)

    def prove_label(self, frame: Frame, slack_um: float = 0.0) -> None:
        """Fail unless the hardware did what the frame says, and what its event asked for."""
        truth = self.truth(frame)
        for axis, offset_um in zip(_AXES, frame.offset_um or (0.0, 0.0, 0.0), strict=True):
            asked = getattr(frame, axis)
            near(
                getattr(truth, axis),
                None if asked is None else asked + offset_um,
                slack_um + (1e-6 if offset_um else 0.0),
            )
        said, was = (frame.exposure_ms, frame.roi), (truth.exposure_ms, truth.roi)
        assert said == was, (frame.index, said, was)
        assert frame.roi is not None
        assert frame.pixels.shape == frame.roi[:1:-1], frame.index
        assert truth.lit, f"frame {frame.index} was taken in the dark"
        event = frame.event
        near(frame.x_um, event.x_pos, 0.5)
        near(frame.y_um, event.y_pos, 0.5)
        near(frame.z_um, event.z_pos, 0.1)
        near(frame.exposure_ms, event.exposure, 0.02 * (event.exposure or 0))
        if event.channel is not None:
            preset = self.core.getConfigData(event.channel.group, event.channel.config)
            for device, name, value in preset:
                assert truth.properties[device, name] == value, (frame.index, name)
        for device, name, value in event.properties or ():
            if (device, name) in truth.properties:
                assert truth.properties[device, name] == str(value)

    def truth(self, frame: Frame) -> Exposure:
        """Return the exposure that the frame came from."""
        ours = [each for each in self.core.exposures if each.thread == "saccade-scope"]
        done = [each for each in ours if each.end_ns <= frame.times.exposed]
        last = max(done, key=lambda each: each.end_ns)
        assert last.begin_ns >= frame.times.setup, f"frame {frame.index} is an old picture"
        return last


def near(actual: float | None, asked: float | None, tolerance: float) -> None:
    """Fail unless what was asked for, if it was, is what is."""
    assert asked is None or (actual is not None and abs(actual - asked) <= tolerance)


def wait_until(true: Callable[[], object], timeout_s: float = PATIENCE_S) -> None:
    """Wait for something that another thread brings about."""
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.0005)


def in_thread(work: Callable[[], object]) -> tuple[threading.Thread, list[BaseException]]:
    """Start work in a thread; what it raises is in the list."""
    errors: list[BaseException] = []

    def target() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            errors.append(error)

    thread = threading.Thread(target=target, daemon=True)
    thread.start()
    return thread, errors


def ended(run: Run) -> bool:
    return run.state in (State.FINISHED, State.STOPPED, State.FAILED)
