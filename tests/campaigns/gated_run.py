"""A real run that goes on frame by frame: what it sees and decides is told from outside."""

from __future__ import annotations

import errno
import os
import queue
import shutil
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mm_test_adapters import device_adapter_path

from saccade.scope import Manners, MicroManagerScope, import_quietly

import_quietly()

from saccade.core import Action, Decision, LightSource, Observation, RealClock, SaccadeError, Span  # noqa: E402
from saccade.guard import Dose, Limits  # noqa: E402
from saccade.run import Run  # noqa: E402
from saccade.store import Recorder, claim_folder, write_run_json  # noqa: E402
from saccade.testing import FaultyCore  # noqa: E402 - only after a quiet import

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from useq import MDAEvent

    from saccade.core import Frame, Record, Verdict

PATIENCE_S = 20.0
QUEUE_MB = 1.0
LIMITS = {
    "x_um": Span(-100, 100),
    "y_um": Span(-100, 100),
    "z_um": Span(-20, 20),
    "exposure_ms": Span(0.1, 4),
}
LAMP = LightSource("lamp", power_mw=1.0, area_cm2=0.01)
J_PER_CM2_A_MS = LAMP.power_mw / 1e3 / LAMP.area_cm2 / 1e3
BUDGET_MS = 30.0
AT_REST = {("Camera", "Gain"): "0"}
"""Properties that may be changed, as they are found and should be left."""
SHUTTERS = ("White Light Shutter", "LED Shutter")


@dataclass(frozen=True)
class Reply:
    """What the run is told of the frame that it has just taken."""

    score: object = 0.0
    actions: tuple[Action, ...] = ()
    raises: bool = False


class Disk:
    """Lets every write of a file's pieces fail, as a full disk does, while it is `full`."""

    def __init__(self) -> None:
        self.full = False
        self._write = os.writev

    def __enter__(self) -> Disk:
        os.writev = self._go
        return self

    def __exit__(self, *_: object) -> None:
        os.writev = self._write

    def _go(self, *args: Any) -> int:
        if self.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self._write(*args)


class JumpyClock(RealClock):
    """Real time, of which somebody sets the time of day."""

    def __init__(self) -> None:
        self.off_s = 0.0

    def wall_ns(self) -> int:
        return super().wall_ns() + round(self.off_s * 1e9)


@dataclass
class Tee:
    """A recorder that remembers what it was given."""

    recorder: Recorder
    frames: list[Frame] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)

    @property
    def committed(self) -> int:
        return self.recorder.committed

    def frame(self, frame: Frame) -> bool:
        stored = self.recorder.frame(frame)
        if stored:
            self.frames.append(frame)
        return stored

    def note(self, record: Record) -> None:
        self.records.append(record)
        self.recorder.note(record)

    def flush(self, timeout_s: float) -> bool:
        return self.recorder.flush(timeout_s)

    def close(self, verdict: Verdict | None = None) -> None:
        self.recorder.close(verdict)


@cache
def demo_core() -> FaultyCore:
    """Return the demo microscope, made once a process: loading it takes longer than a run."""
    core = FaultyCore(mm_path=str(device_adapter_path()))
    core.loadSystemConfiguration()
    core.setCircularBufferMemoryFootprint(4)
    core.setProperty("Camera", "OnCameraCCDXSize", 32)
    core.setProperty("Camera", "OnCameraCCDYSize", 24)
    core.setProperty("Camera", "FastImage", 1)
    return core


class GatedRun:
    """A run on the demo microscope whose thread waits, after each frame, for what to make of it.

    Parameters
    ----------
    watch : sequence of useq.MDAEvent
        The plan.
    dose : bool
        Whether light has a budget of `BUDGET_MS` at each place.
    """

    def __init__(self, watch: Sequence[MDAEvent], *, dose: bool) -> None:
        self.core = core = demo_core()
        core.heal()
        core.setExposure(1.0)
        core.setXYPosition(0.0, 0.0)
        core.setPosition(0.0)
        core.waitForSystem()
        core.setAutoShutter(True)
        for (device, name), value in AT_REST.items():
            core.setProperty(device, name, value)
        for shutter in SHUTTERS:
            core.setShutterOpen(shutter, False)
        core.updateSystemStateCache()
        core.calls.clear()
        core.exposures.clear()
        self.clock, self.disk = JumpyClock(), Disk()
        self.place = Path(tempfile.mkdtemp(prefix="saccade-machine-"))
        self.folder = claim_folder(self.place / "run")
        write_run_json(self.folder, {"name": "machine"})
        self.sink = Tee(Recorder(self.folder, queue_mb=QUEUE_MB, reserve_mb=0))
        self._arrived: queue.Queue[Frame] = queue.Queue(maxsize=1)
        self._replies: queue.Queue[Reply] = queue.Queue(maxsize=1)
        self._reply = Reply()
        self.parked: Frame | None = None
        """The frame on which the run's thread waits for a reply."""
        manners = Manners(settle_s=0.03, frame_margin_s=0.05, first_frame_s=0.1)
        self.scope = scope = MicroManagerScope(
            core, "demo", lights=(LAMP,), limits=LIMITS, manners=manners, clock=self.clock
        )
        budget = BUDGET_MS * J_PER_CM2_A_MS
        self.run = Run(
            scope,
            watch,
            detect=self._look,
            decide=self._Policy(self),
            guards=(Limits(), *([Dose(limit_j_per_cm2=budget)] if dose else [])),
            sink=self.sink,
            folder=self.folder,
            clock=self.clock,
        )
        self.disk.__enter__()
        self.run.start()
        self.arrive()

    @property
    def over(self) -> bool:
        """Whether the run has ended."""
        return self.run.verdict is not None and self.run.state.ended

    @property
    def held(self) -> bool:
        """Whether the run's thread does nothing until it is resumed."""
        return str(self.run.state) == "held"

    def reply(self, reply: Reply) -> None:
        """Let the run go on until it waits for something again, or has ended."""
        assert self.parked is not None
        self.parked = None
        self._replies.put(reply, timeout=PATIENCE_S)
        self.arrive()

    def arrive(self) -> None:
        """Wait until the run's thread waits for us, is held, or has ended."""
        end_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < end_s:
            try:
                self.parked = self._arrived.get(timeout=0.001)
            except queue.Empty:
                if self.over or self.held:
                    return
            else:
                return
        raise TimeoutError(f"The run is {self.run.state} and nothing happens.")

    def close(self) -> None:
        """End the run, if it has not ended, and the recorder with it."""
        self.core.heal()
        self.run.stop("the machine is over")
        while not self.over:
            if self.parked is not None:
                self.reply(Reply())
            else:
                self.arrive()
        self.disk.__exit__()
        with suppress(SaccadeError):  # the verdict says so as well, and is what is looked at
            self.run.wait(PATIENCE_S)

    def tidy(self) -> None:
        """Leave no file."""
        shutil.rmtree(self.place, ignore_errors=True)

    def lit_ms(self) -> Iterator[tuple[float, float, float]]:
        """Yield place and duration of every exposure that there really was, in µm and ms."""
        for each in self.core.exposures:
            if each.lit and each.x_um is not None and each.y_um is not None:
                yield each.x_um, each.y_um, each.exposure_ms

    # -------------------------------------------------------------------- the run's own thread

    def _look(self, frame: Frame) -> Observation:
        if frame.stream == "warm":
            return Observation(0.0)
        self._arrived.put(frame, timeout=PATIENCE_S)
        self._reply = self._replies.get(timeout=PATIENCE_S)
        if self._reply.raises:
            raise RuntimeError("A planned fault of the detector.")
        return Observation(self._reply.score)  # type: ignore[arg-type] - a broken one gives anything

    class _Policy:
        """Decides what it is told, on every frame of every stream."""

        streams = None

        def __init__(self, gated: GatedRun) -> None:
            self._gated = gated

        def __call__(self, _: Observation) -> Decision:
            return Decision(self._gated._reply.actions, "told")
