"""One run of the demo microscope with a fault in it, and what the truth says of it afterwards.

A trial is a function of plain data that returns plain data, so that it can be done in a process
of its own: what a fault leaves behind must not reach the next.
"""

from __future__ import annotations

import faulthandler
import tempfile
import threading
import time
import zlib
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import patch

from mm_test_adapters import device_adapter_path
from recovered import recovered
from useq import MDAEvent

from saccade.core import Action, Decision, LightSource, Observation, SaccadeError, Span
from saccade.guard import Dose, Limits
from saccade.run import Run, _report
from saccade.run._switch import Switch
from saccade.scope import Manners, import_quietly
from saccade.store import RunFolder, _recorder, read_lines, verify, write_run_json

import_quietly()

from saccade.scope import MicroManagerScope  # noqa: E402 - only after a quiet import
from saccade.scope._vigil import Vigil  # noqa: E402
from saccade.testing import Fault, Faults, FaultyCore, FaultyDisk  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Mapping

    from saccade.core import Frame, Verdict
    from saccade.store import Line
    from saccade.testing import Exposure

CALL_S = 0.05
MANNERS = Manners(settle_s=0.3, frame_margin_s=0.05, first_frame_s=0.2, call_s=CALL_S, arm_s=0.5)
LIGHTS = (
    LightSource("385 nm", 2.0, 5e-3, ("DAPI",)),
    LightSource("470 nm", 4.0, 5e-3, ("FITC",)),
    LightSource("550 nm", 3.0, 5e-3, ("Rhodamine",)),
    LightSource("635 nm", 5.0, 5e-3, ("Cy5",)),
)
LIMITS = {"x_um": Span(-500, 500), "y_um": Span(-500, 500), "z_um": Span(-50, 50)}
SHUTTER = "White Light Shutter"
LIMIT_J_PER_CM2 = 0.05
PATIENCE_S = 15.0
_STALL_S = 0.4
_TELLING = ("retry", "failure", "gap", "interference", "refusal", "listener", "recovery")


class Plan(NamedTuple):
    """A fault, and where it comes."""

    where: str
    """``core`` or ``disk``."""
    call: str
    on: int
    what: str
    for_good: bool

    @property
    def times(self) -> int | None:
        """Number of calls that fail."""
        return None if self.for_good else 1


def same(outcome: Outcome, reference: Outcome) -> bool:
    """Return whether a fault was without any effect.

    Every frame has the label and the pixels that it has without the fault, none is missing and
    none is too many, no more light fell on the sample, and it is left dark.
    """
    return (
        outcome.frames == reference.frames
        and outcome.dose == reference.dose
        and not outcome.lit_at_end
    )


@dataclass
class Outcome:
    """What became of a run, as plain data."""

    plan: Plan | None
    verdict: str = ""
    reason: str = ""
    befell: bool = False
    """Whether the call that was to fail came."""
    told: list[str] = field(default_factory=list)
    """Where the fault, or what it did, stands in the run's record."""
    frames: list[Any] = field(default_factory=list)
    """Labels and checksums of what was stored, by what was asked for."""
    state: Mapping[str, Any] = field(default_factory=dict)
    """How the microscope was left."""
    wrong: list[str] = field(default_factory=list)
    """Frames whose label is not the truth, and what is wrong."""
    lost: list[str] = field(default_factory=list)
    """What was acknowledged and can't be read."""
    lit_at_end: bool = False
    dose: float = 0.0
    """True, in J/cm²."""
    ledger: float = 0.0
    safe_ms: float | None = None
    """From the deadline, or the failure, until the light was told to go off."""
    late: str = ""
    """Whose deadline that was."""
    missing: int = 0
    """Planned frames that are neither stored nor known as gaps."""
    left_threads: list[str] = field(default_factory=list)
    disk_calls: Mapping[str, int] = field(default_factory=dict)
    """How often the disk was asked for what."""
    disk_calls_before: Mapping[str, int] = field(default_factory=dict)
    """How often until the run began."""
    seconds: float = 0.0


def watch() -> list[MDAEvent]:
    """Return six planned events; every setting changes from one to the next."""
    channels = ("DAPI", "FITC", "Rhodamine")
    return [
        MDAEvent(
            index={"t": t},
            min_start_time=0.004 * t,
            x_pos=12.0 * t,
            y_pos=-7.0 * t,
            z_pos=1.5 * t,
            exposure=1.0 + t % 3,
            channel=channels[t % 3],
            properties=[("Camera", "Gain", t % 2)],
        )
        for t in range(6)
    ]


ASKED = (
    MDAEvent(index={"a": 0}, x_pos=40.0, y_pos=30.0, exposure=2.0, channel="Cy5"),
    MDAEvent(index={"a": 1}, z_pos=-3.0, exposure=1.0, channel="FITC", roi=(4, 6, 32, 24)),
)


class Brightness:
    """A detector that tells the mean of a picture."""

    def __call__(self, frame: Frame) -> Observation:
        return Observation(min(1.0, float(frame.pixels.mean()) / 255))


class LookTwice:
    """A policy that asks for two more pictures after the third."""

    def __call__(self, seen: Observation) -> Decision:
        if seen.frame != 2:
            return Decision(rule="quiet", reason="not now")
        return Decision((Action(ASKED, label="twice"),), "twice", "it is the third frame")


def demo_core() -> FaultyCore:
    """Return the demo microscope, small; what it sees depends on where it looks, and only that."""
    core = FaultyCore(mm_path=str(device_adapter_path()))
    core.loadSystemConfiguration()
    core.setCircularBufferMemoryFootprint(4)
    for name, value in (
        ("OnCameraCCDXSize", 64),
        ("OnCameraCCDYSize", 48),
        ("Mode", "Fluorescent Beads"),
    ):
        core.setProperty("Camera", name, value)
    core.setExposure(1.0)
    core.setFocusDirection("Z", 1)  # so that the focus goes back at the end
    for shutter in (SHUTTER, "LED Shutter"):
        core.setShutterOpen(shutter, False)  # a demo shutter begins as it likes
    core.updateSystemStateCache()
    core.calls.clear()
    return core


def trial(plan: Plan | None, tape: list[Any] | None = None) -> Outcome:
    """Do a run with one fault, or with none.

    Parameters
    ----------
    plan : Plan or None
        What goes wrong.
    tape : list, optional
        Gets every call to the core.
    """
    faulthandler.dump_traceback_later(90, exit=True)
    began_s, before = time.perf_counter(), set(threading.enumerate())
    core = demo_core()
    try:
        with tempfile.TemporaryDirectory() as parent:
            outcome = _Trial(core, Path(parent) / "run", plan, tape).play()
    finally:
        core.heal()
        faulthandler.cancel_dump_traceback_later()
    outcome.left_threads = _left(before)
    core.unloadAllDevices()
    outcome.seconds = time.perf_counter() - began_s
    return outcome


def _left(before: set[threading.Thread]) -> list[str]:
    end_s = time.monotonic() + 3.0
    new = [each for each in threading.enumerate() if each not in before]
    for each in new:
        if not each.name.startswith("Dummy-"):
            each.join(max(0.0, end_s - time.monotonic()))
    return [each.name for each in new if each.is_alive() and not each.name.startswith("Dummy-")]


class _Trial:
    def __init__(
        self, core: FaultyCore, folder: Path, plan: Plan | None, tape: list[Any] | None
    ) -> None:
        self.core, self.folder, self.plan, self.tape = core, folder, plan, tape
        self.outcome = Outcome(plan)
        self.failed_ns: int | None = None
        self.due_ns: int | None = None
        self.acknowledged = 0
        self.guard = Dose(limit_j_per_cm2=LIMIT_J_PER_CM2, run_limit_j_per_cm2=LIMIT_J_PER_CM2)
        self.faults = Faults()

    def play(self) -> Outcome:
        folder, core = self.folder, self.core
        folder.mkdir()
        write_run_json(folder, {"name": "trial"})
        scope = MicroManagerScope(
            core,
            "demo",
            lights=LIGHTS,
            limits=LIMITS,
            manners=MANNERS if self.plan else replace(MANNERS, call_s=5.0, arm_s=5.0),
            safe_settings=((SHUTTER, "State", "0"), ("LED", "State", "0")),
        )
        self.scope = scope
        with ExitStack() as stack:
            stack.enter_context(patch.object(_recorder, "_STALL_S", _STALL_S))
            stack.enter_context(patch.object(_report, "_FLUSH_S", _STALL_S))
            stack.enter_context(patch.object(Switch, "fail", self._noting(Switch.fail)))
            stack.enter_context(patch.object(Vigil, "wait", self._timing(Vigil.wait)))
            stack.enter_context(FaultyDisk(folder, self.faults))
            self._begin()
            self._run()
            self._settle()
        self._judge()
        return self.outcome

    def _begin(self) -> None:
        plan = self.plan
        self.core.tape = self.tape
        if plan is None:
            return
        if plan.where == "core":
            ms = 15.0 if plan.what == "slow" else None
            self.core.fault(plan.call, plan.what, on=plan.on, times=plan.times, ms=ms)  # type: ignore[arg-type]
        else:
            ms = {"slow": 15.0}.get(plan.what, 0.0)
            fault = Fault(plan.call, plan.what, on=plan.on, times=plan.times, ms=ms)  # type: ignore[arg-type]
            self.faults.plan(fault)

    def _run(self) -> None:
        outcome = self.outcome
        try:
            self.recorder = _recorder.Recorder(
                self.folder, queue_mb=8, patience_s=0.5, reserve_mb=1
            )
        except SaccadeError as error:
            outcome.verdict, outcome.reason = "not begun", error.what
            outcome.told.append("raised")
            return
        outcome.disk_calls_before = self._disk_calls()
        run = Run(
            self.scope,
            watch(),
            detect=Brightness(),
            decide=LookTwice(),
            guards=[Limits(), self.guard],
            sink=self.recorder,
            folder=self.folder,
        )
        verdict: Verdict | None = None
        try:
            run.start()
        except Exception as error:  # noqa: BLE001 - the core's own errors come through
            outcome.verdict, outcome.reason = "not begun", str(error)
            outcome.told.append("raised")
            with suppress(SaccadeError):
                self.recorder.close()
            return
        try:
            verdict = run.wait(PATIENCE_S)
        except TimeoutError:
            outcome.verdict = "never ended"
            return
        except BaseException as error:  # noqa: BLE001 - what made the run fail
            outcome.reason = str(error)
            verdict = run.verdict
            outcome.told.append("raised")
        assert verdict is not None
        outcome.verdict = verdict.name
        outcome.missing = verdict.planned - verdict.committed - verdict.gaps
        if verdict.name != "completed":
            outcome.told.append("verdict")

    def _disk_calls(self) -> dict[str, int]:
        return {call: count for (_, call), count in self.faults.counts.items()}

    def _settle(self) -> None:
        """Read the truth, then let go of what hangs."""
        outcome, core = self.outcome, self.core
        self.acknowledged = self.recorder.committed if hasattr(self, "recorder") else 0
        if self.scope.not_put_back:
            outcome.told.append("not put back")
        core.tape = None
        if self.plan is not None:
            fell = any(call.fault for call in core.calls) or bool(self.faults.happened)
            outcome.befell = fell
        with core.truth():
            led = core.getShutterOpen("LED Shutter") and core.getProperty("LED", "State") != "0"
            outcome.lit_at_end = core.getShutterOpen(SHUTTER) or led
            outcome.state = _state(core)
        outcome.disk_calls = self._disk_calls()
        self.exposures = list(core.exposures)
        self._time_safe()
        self.faults.heal()
        core.heal()
        for thread in threading.enumerate():
            if thread.name.startswith("saccade-"):
                thread.join(5.0)

    def _time_safe(self) -> None:
        since_ns = self.due_ns if self.due_ns is not None else self.failed_ns
        if since_ns is None:
            return
        self.outcome.late = "deadline" if self.due_ns is not None else "failure"
        closed = [
            call.t_ns
            for call in self.core.calls
            if call.thread != "MainThread"
            and (
                (call.name == "setProperty" and call.args[:2] == (SHUTTER, "State"))
                or (call.name == "setShutterOpen" and call.args[-1] is False)
            )
        ]
        last_ns = max((each.end_ns for each in self.exposures), default=0)
        if any(last_ns < t_ns < since_ns for t_ns in closed):
            self.outcome.safe_ms = 0.0  # it was SAFE already, and nothing was exposed since
            return
        after = [t_ns - since_ns for t_ns in closed if t_ns >= since_ns]
        self.outcome.safe_ms = min(after) / 1e6 if after else float("inf")

    def _noting(self, original: Any) -> Any:
        def fail(switch: Switch, error: BaseException) -> None:
            if self.failed_ns is None:
                self.failed_ns = time.perf_counter_ns()
            original(switch, error)

        return fail

    def _timing(self, original: Any) -> Any:
        def wait(vigil: Vigil, done: threading.Event) -> None:
            try:
                original(vigil, done)
            finally:
                if vigil.cut and vigil._due is not None:
                    self.due_ns = round(vigil._due[0] * 1e9)

        return wait

    # ----------------------------------------------------------------------------- afterwards

    def _judge(self) -> None:
        outcome = self.outcome
        lines: list[Line] = []
        with suppress(SaccadeError, OSError):
            lines = list(read_lines(self.folder))
        kinds = Counter(line.kind for line in lines)
        outcome.told += [kind for kind in _TELLING if kinds[kind]]
        safe = [line.value for line in lines if line.kind == "safe"]
        if any("NOT SAFE" in str(told) for told in safe):
            outcome.told.append("not safe")
        self._read_back()
        outcome.ledger = self.guard.run_j_per_cm2
        outcome.dose = self._true_dose()

    def _read_back(self) -> None:
        outcome = self.outcome
        if not (self.folder / "journal.jsonl").exists():
            if self.acknowledged:
                outcome.lost.append("the journal")
            return
        if not verify(self.folder).ok:
            recovered(self.folder)
        frames = list(RunFolder(self.folder).frames())
        if len(frames) < self.acknowledged:
            outcome.lost.append(f"{self.acknowledged - len(frames)} of {self.acknowledged}")
        for frame in frames:
            label = _label(frame)
            outcome.frames.append(label)
            if problem := self._lies(frame):
                outcome.wrong.append(f"{label[0]}: {problem}")

    def _lies(self, frame: Frame) -> str:
        """Return what on a label is not the truth, if anything is not."""
        done = [each for each in self.exposures if each.end_ns <= frame.times.exposed]
        if not done:
            return "never exposed"
        truth = max(done, key=lambda each: each.end_ns)
        if truth.begin_ns < frame.times.setup:
            return "an old picture"
        return _difference(frame, truth, self.core)

    def _true_dose(self) -> float:
        """Return the light of all exposures at the microscope, each as long as it was set to."""
        lit = {each.channels[0]: each.power_mw / each.area_cm2 for each in LIGHTS}
        return sum(
            lit.get(_channel(each, self.core), max(lit.values())) / 1e3 * each.exposure_ms / 1e3
            for each in self.exposures
        )


def _state(core: FaultyCore) -> dict[str, Any]:
    return {
        "exposure_ms": core.getExposure(),
        "roi": tuple(core.getROI()),
        "auto_shutter": core.getAutoShutter(),
        "camera": core.getCameraDevice(),
        "channel": {
            f"{device}.{name}": core.getProperty(device, name)
            for device in ("Dichroic", "Emission", "Excitation", "Camera")
            for name in (("Label",) if device != "Camera" else ("Gain", "Binning"))
        },
        "running": core.isSequenceRunning(),
    }


def _label(frame: Frame) -> tuple[Any, ...]:
    event = frame.event
    return (
        f"{frame.stream} {dict(event.index)}",
        *(frame.exposure_ms, frame.x_um, frame.y_um, frame.z_um, frame.channel, frame.roi),
        *(frame.sensor_px, frame.pixel_size_um, frame.affine, dict(frame.light_mw)),
        zlib.crc32(frame.pixels.tobytes()),
    )


def _difference(frame: Frame, truth: Exposure, core: FaultyCore) -> str:
    if not truth.lit:
        return "taken in the dark"
    return _otherwise_set(frame, truth) or _otherwise_lit(frame, truth, core)


def _otherwise_set(frame: Frame, truth: Exposure) -> str:
    event, near = frame.event, 0.02
    for name, asked, slack in (
        ("x_um", event.x_pos, 0.5),
        ("y_um", event.y_pos, 0.5),
        ("z_um", event.z_pos, 0.1),
        ("exposure_ms", event.exposure, near * (event.exposure or 0)),
    ):
        said, was = getattr(frame, name), getattr(truth, name)
        if said is None or not abs(said - was) <= 1e-9:
            return f"{name} says {said}, was {was}"
        if asked is not None and not abs(was - asked) <= slack:
            return f"{name} was {was}, asked for {asked}"
    if frame.roi != truth.roi or frame.pixels.shape != truth.roi[:1:-1]:
        return f"roi says {frame.roi}, was {truth.roi}"
    return ""


def _otherwise_lit(frame: Frame, truth: Exposure, core: FaultyCore) -> str:
    event = frame.event
    if event.channel is not None:
        for device, name, value in core.getConfigData(event.channel.group, event.channel.config):
            if truth.properties[device, name] != value:
                return f"{device}.{name} was {truth.properties[device, name]}"
        if frame.channel != event.channel.config:
            return f"channel says {frame.channel}"
    if frame.pixel_size_um != 1.0 or frame.affine != (1.0, 0.0, 0.0, 1.0):
        return f"pixel size says {frame.pixel_size_um}, {frame.affine}"
    return "" if frame.sensor_px == (64, 48) else f"sensor says {frame.sensor_px}"


def _channel(truth: Exposure, core: FaultyCore) -> str:
    for name in core.getAvailableConfigs("Channel"):
        data = core.getConfigData("Channel", name)
        if all(truth.properties[device, prop] == value for device, prop, value in data):
            return str(name)
    return ""
