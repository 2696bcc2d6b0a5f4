"""A run of the virtual microscope in which several things go wrong at once, drawn from a seed.

Time is virtual, so the light that fell on the sample is known exactly: power times the time that
it shone, whoever let it. How long a shutter takes to open and to close is the stand's own, and is
not drawn: light beyond the exposure is for whoever measures the power at the sample.
"""

from __future__ import annotations

import errno
import faulthandler
import math
import tempfile
import threading
import time
import zlib
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
from recovered import recovered
from useq import MDAEvent

from saccade.core import Action, Decision, Observation, SaccadeError
from saccade.guard import Dose, Limits, Rate
from saccade.run import Run, _report
from saccade.scope import Manners, import_quietly, load
from saccade.store import RunFolder, _recorder, verify, write_run_json
from saccade.testing import WRONGS, Fault, Faults, FaultyDisk, faulty

import_quietly()

if TYPE_CHECKING:
    from saccade.core import Frame
    from saccade.scope import MicroManagerScope

POWER_MW, AREA_CM2 = 2.0, 5e-3
W_PER_CM2 = POWER_MW / AREA_CM2 / 1e3
SHUTTER_MS = 2.0
MANNERS = Manners(
    settle_s=2.0,
    frame_margin_s=0.3,
    first_frame_s=0.5,
    call_s=0.3,
    arm_s=3.0,
    open_ms=SHUTTER_MS,
)
LATE_MS = 30.0
"""How long a device that is slow takes, and hence a picture whose shutter is open meanwhile."""
SIM: dict[str, Any] = {
    "clock": "virtual",
    "sensor_px": [16, 24],
    "specimen": {"count": 20, "size_um": [200.0, 200.0]},
    "lights": {"FITC": {"power_mw": POWER_MW, "area_cm2": AREA_CM2}},
    "mechanics": {"slm_px": [8, 8], "shutter_ms": SHUTTER_MS},
}
LIGHT = "FITC Light"
FRAMES = 8
PATIENCE_S = 20.0
_STALL_S = 0.5
_DEVICE_CALLS = {
    "Camera": ("expose", "read_out", "set_exposure", "get_exposure", "get_roi"),
    "XY": ("set_position_um", "get_position_um", "busy", "stop"),
    "Z": ("set_position_um", "get_position_um", "busy", "stop"),
    "Shutter": ("set_open", "get_open", "busy", "shut_with_exposure"),
    "Filter Wheel": ("set_property_value", "get_property_value", "busy"),
    LIGHT: ("set_property_value", "get_property_value"),
}
CORE_CALLS = (
    *("setXYPosition", "getXYPosition", "setPosition", "getPosition", "setConfig", "setExposure"),
    *("getExposure", "getROI", "getImage", "deviceBusy", "getProperty", "getPropertyFromCache"),
    *("isSequenceRunning", "getAutoShutter", "getPixelSizeUm", "getConfigData"),
    *("getShutterDevice", "_do_snap_image", "setShutterOpen", "getShutterOpen", "setProperty"),
)
_DISK_CALLS = ("open", "write", "sync", "rename", "make", "truncate")
KINDS = ("core", "device", "disk", "detector", "policy")
_SILLY = (math.nan, math.inf, -math.inf, 1e300, -1e9, 1e9, 0.0, -1.0)


@dataclass
class Trial:
    """What is to go wrong, and what became of the run."""

    seed: int
    limit: float = 0.0
    kinds: tuple[str, ...] = ()
    faults: list[str] = field(default_factory=list)
    verdict: str = ""
    reason: str = ""
    acknowledged: int = 0
    lost: list[str] = field(default_factory=list)
    dose: float = 0.0
    """True, in J/cm²."""
    ledger: float = 0.0
    outside: list[str] = field(default_factory=list)
    """Commands that were not finite, or beyond the limits."""
    wrong: list[str] = field(default_factory=list)
    """Frames whose label is not what the hardware did."""
    lit_at_end: bool = False
    told_unsafe: bool = False
    kept: float = 0.0
    """What the guard keeps of the limit for something that hangs, in J/cm²."""
    late: float = 0.0
    """The light of one picture, tries included, whose camera was slow, in J/cm²."""
    left_threads: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def hung(self) -> bool:
        """Whether the run ended because something did not answer, or a shutter not close."""
        return "does not answer" in self.reason or "does not close" in self.reason

    @property
    def free(self) -> float:
        """What nothing but a hang may exceed, in J/cm²: the limit without what is kept."""
        return self.limit - self.kept + self.late


class Dice:
    """All that is drawn from one seed."""

    core_calls = CORE_CALLS
    frames = FRAMES

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        count = int(self.rng.integers(1, 5))
        self.kinds = tuple(KINDS[k] for k in self.rng.integers(len(KINDS), size=count))
        self.on = [int(n) for n in self.rng.integers(1, self.frames, size=count)]
        usual = self.frames * 6e-3 * W_PER_CM2
        self.kept = MANNERS.dark_within_s * W_PER_CM2
        self.limit = float(self.rng.uniform(0.3, 1.6) * usual) + self.kept
        self.mode = str(self.rng.choice(["inline", "lagged"]))

    def pick(self, values: Any) -> Any:
        """Return one of some values."""
        return values[int(self.rng.integers(len(values)))]

    def fault(self, calls: dict[str, tuple[str, ...]], most: int) -> Fault:
        """Return a fault of one of some calls, by device."""
        device = self.pick(list(calls))
        call = self.pick(calls[device])
        what = self.pick(WRONGS)
        if device == "Shutter" and call == "busy":
            what = self.pick(("raise", "hang"))  # it answers, and if it does, truly
        if call == "shut_with_exposure" and what == "slow":
            what = "wrong"
        times = None if self.rng.random() < 0.4 else int(self.rng.integers(1, 4))
        on = int(self.rng.integers(1, most))
        return Fault(
            call, what, on=on, times=times, device=device, ms=float(self.pick((2, LATE_MS)))
        )

    def events(self) -> list[MDAEvent]:
        """Return a plan; some of it is beyond what the microscope can do."""
        uniform = self.rng.uniform
        return [
            MDAEvent(
                index={"t": t},
                min_start_time=0.05 * t,
                x_pos=float(uniform(-90, 90)),
                y_pos=float(uniform(-90, 90)),
                z_pos=float(uniform(-20, 20)),
                exposure=float(uniform(2, 10)),
                channel="FITC",
            )
            for t in range(self.frames)
        ]


class WildDetector:
    """Scores what it likes; on some frames it raises, or gives what is no score."""

    def __init__(self, dice: Dice, bad: set[int]) -> None:
        self.dice, self.bad = dice, bad

    def __call__(self, frame: Frame) -> Any:
        if frame.index not in self.bad:
            return Observation(float(self.dice.rng.random()))
        match int(self.dice.rng.integers(4)):
            case 0:
                raise RuntimeError("no weights")
            case 1:
                return Observation(self.dice.pick(_SILLY))
            case 2:
                return None
        return Observation(0.5, measurements={"size": math.nan})


class WildPolicy:
    """Asks for a picture now and then; on some frames for what nobody should get."""

    def __init__(self, dice: Dice, bad: set[int]) -> None:
        self.dice, self.bad = dice, bad

    def __call__(self, seen: Observation) -> Any:
        rng = self.dice.rng
        if seen.frame not in self.bad:
            events = (MDAEvent(exposure=float(rng.uniform(2, 6))),) if rng.random() < 0.3 else ()
            return Decision((Action(events),) if events else (), "now and then", "by chance")
        match int(rng.integers(6)):
            case 0:
                raise ZeroDivisionError("a bug")
            case 1:
                return "nonsense"
            case 2:
                return Decision((Action(interval_s=self.dice.pick(_SILLY)),), "pace", "why not")
            case 3:
                many = tuple(MDAEvent(exposure=9.0, x_pos=float(i)) for i in range(3000))
                return Decision((Action(many),), "many", "why not")
        return Decision((Action((self._silly(),)),), "silly", "why not")

    def _silly(self) -> MDAEvent:
        names = ["x_pos", "y_pos", "z_pos", "exposure"]
        silly: dict[str, Any] = {self.dice.pick(names): self.dice.pick(_SILLY)}
        if (exposure := silly.get("exposure")) is not None and not exposure > 0:
            silly = {"x_pos": exposure}  # useq itself refuses such an exposure
        if self.dice.rng.random() < 0.3:
            silly["properties"] = [(LIGHT, "Power", self.dice.pick(_SILLY))]
        return MDAEvent(**silly)


class Meter:
    """The light that fell on the sample, whoever let it, in J/cm²."""

    def __init__(self, scope: MicroManagerScope) -> None:
        self.dose, self.scope = 0.0, scope
        scene = scope.core.scene
        for name in ("_act", "_see"):
            setattr(scene, name, self._measuring(getattr(scene, name)))

    def _measuring(self, original: Any) -> Any:
        def measured(stretch: Any, *args: Any) -> None:
            for light in stretch.lights:
                self.dose += light.power_mw / AREA_CM2 / 1e3 * stretch.ms / 1e3
            original(stretch, *args)

        return measured

    def read(self) -> float:
        """Return all of it until now."""
        _ = self.scope.world
        return self.dose


def trial(seed: int) -> Trial:
    """Do one run; everything about it follows from a number."""
    return trial_of(Dice(seed), seed)


def trial_of(dice: Dice, seed: int) -> Trial:
    """Do one run of what was drawn."""
    faulthandler.dump_traceback_later(100, exit=True)
    began_s, before = time.perf_counter(), set(threading.enumerate())
    scope = load("sim:beads", sim=SIM)
    with tempfile.TemporaryDirectory() as parent:
        result = Trial(seed, dice.limit, dice.kinds, kept=dice.kept)
        _Play(dice, scope, Path(parent) / "run", result).play()
    result.left_threads = _left(before)
    scope.core.unloadAllDevices()
    faulthandler.cancel_dump_traceback_later()
    result.seconds = time.perf_counter() - began_s
    return result


def _left(before: set[threading.Thread]) -> list[str]:
    end_s = time.monotonic() + 5.0
    new = [each for each in threading.enumerate() if each not in before]
    new = [each for each in new if not each.name.startswith("Dummy-")]
    for each in new:
        each.join(max(0.0, end_s - time.monotonic()))
    return [each.name for each in new if each.is_alive()]


class _Play:
    def __init__(self, dice: Dice, scope: MicroManagerScope, folder: Path, result: Trial) -> None:
        self.dice, self.scope, self.folder, self.result = dice, scope, folder, result
        self.core: Any = scope.core
        self.limits = scope.stand().limits
        scope._manners = MANNERS
        scope._safety._settings = ((LIGHT, "State", "0"),)
        self.meter = Meter(scope)
        self.handed: dict[int, int] = {}
        limit = dice.limit
        self.guard = Dose(limit_j_per_cm2=limit, run_limit_j_per_cm2=limit, hangs=True)
        self.core_faults, self.disk_faults = Faults(), Faults()
        self.bad: dict[str, set[int]] = {"detector": set(), "policy": set()}

    def play(self) -> Trial:
        self.folder.mkdir()
        write_run_json(self.folder, {"name": "trial"})
        self._listen()
        with ExitStack() as stack:
            stack.enter_context(patch.object(_recorder, "_STALL_S", _STALL_S))
            stack.enter_context(patch.object(_report, "_FLUSH_S", _STALL_S))
            stack.enter_context(FaultyDisk(self.folder, self.disk_faults))
            recorder = _recorder.Recorder(
                self.folder, queue_mb=4, patience_s=0.5, reserve_mb=1, clock=self.scope.clock
            )
            original = recorder.frame
            recorder.frame = lambda frame: self._hand_over(original, frame)  # type: ignore[method-assign]
            self._plan_faults()
            self._run(recorder)
            self.result.acknowledged = recorder.committed
            self._look()
            for faults in (self.core_faults, self.disk_faults, self.core.faults):
                faults.heal()
            for thread in threading.enumerate():
                if thread.name.startswith("saccade-"):
                    thread.join(5.0)
        self._read_back()
        return self.result

    def _plan_faults(self) -> None:
        self.core.faults.plan()  # makes the devices able to fail
        for kind, on in zip(self.dice.kinds, self.dice.on, strict=True):
            match kind:
                case "core":
                    fault = self.dice.fault({"core": self.dice.core_calls}, 3 * self.dice.frames)
                    self.core_faults.plan(fault)
                case "device":
                    fault = self.dice.fault(_DEVICE_CALLS, 2 * self.dice.frames)
                    if (fault.call, fault.what) == ("expose", "slow"):
                        tries = MANNERS.snap_retries + 1
                        late_s = tries * fault.ms / 1e3
                        self.result.late += late_s * W_PER_CM2
                    self.core.faults.plan(fault)
                case "disk":
                    fault = self.dice.fault({"disk": _DISK_CALLS}, 2 * self.dice.frames)
                    name = self.dice.pick(("EIO", "ENOSPC", "EROFS"))
                    assert hasattr(errno, name)
                    fault = Fault(fault.call, fault.what, fault.on, fault.times, value=name)
                    self.disk_faults.plan(fault)
                case _:
                    self.bad[kind] |= {on, on + 1} if self.dice.rng.random() < 0.5 else {on}
                    fault = f"{kind} on frame {on}"
            self.result.faults.append(str(fault))

    def _listen(self) -> None:
        """Note every command that leaves for the hardware, before any fault can change it."""
        calls = self.dice.core_calls
        faulty(self.core, calls, self.core_faults, "core", leave_out=("_do_snap_image",))
        axes = {"setXYPosition": ("x_um", "y_um"), "setPosition": ("z_um",)}
        for name, limits in {**axes, "setExposure": ("exposure_ms",)}.items():
            setattr(self.core, name, self._noting(getattr(self.core, name), name, limits))

    def _noting(self, original: Any, name: str, limits: tuple[str, ...]) -> Any:
        def noted(*args: Any) -> Any:
            for limit, value in zip(limits, args[-len(limits) :], strict=True):
                span = self.limits[limit]
                if not (math.isfinite(value) and span.low <= value <= span.high):
                    self.result.outside.append(f"{name}{args}")
            return original(*args)

        return noted

    def _hand_over(self, original: Any, frame: Frame) -> Any:
        self.handed[frame.index] = zlib.crc32(frame.pixels.tobytes())
        return original(frame)

    def _run(self, recorder: Any) -> None:
        dice, result = self.dice, self.result
        run = Run(
            self.scope,
            dice.events(),
            detect=WildDetector(dice, self.bad["detector"]),
            decide=WildPolicy(dice, self.bad["policy"]),
            guards=[Limits(), Rate(actions_per_min=200), self.guard],
            sink=recorder,
            mode=dice.mode,  # type: ignore[arg-type]
            clock=self.scope.clock,
            folder=self.folder,
        )
        try:
            run.start()
        except Exception as error:  # noqa: BLE001 - the core's own errors come through
            result.verdict, result.reason = "not begun", str(error)
            with suppress(SaccadeError):
                recorder.close()
            return
        try:
            run.wait(PATIENCE_S)
        except TimeoutError:
            result.verdict = "never ended"
            return
        except BaseException:  # noqa: BLE001, S110 - what made the run fail is in its verdict
            pass
        assert run.verdict is not None
        result.verdict = run.verdict.name
        result.reason = run.verdict.reason
        safe = run._ending._safe
        result.told_unsafe = safe is None or any(
            "NOT SAFE" in each and "moving" not in each for each in safe.values()
        )

    def _look(self) -> None:
        parts = self.core._parts
        result = self.result
        self.core.clock.advance(1.0)  # light that was left on shows
        before = self.meter.read()
        self.core.clock.advance(10.0)
        result.dose = self.meter.read()
        result.lit_at_end = result.dose > before
        result.dose = before
        result.ledger = self.guard.run_j_per_cm2
        assert parts

    def _read_back(self) -> None:
        result = self.result
        if not verify(self.folder).ok:
            recovered(self.folder)
        frames = {frame.index: frame for frame in RunFolder(self.folder).frames()}
        if len(frames) < result.acknowledged:
            result.lost.append(f"{result.acknowledged - len(frames)} of {result.acknowledged}")
        for index, frame in frames.items():
            if zlib.crc32(frame.pixels.tobytes()) != self.handed.get(index):
                result.lost.append(f"frame {index} is not what was handed over")
            asked = frame.event
            near = (
                (frame.x_um, asked.x_pos, 0.5),
                (frame.y_um, asked.y_pos, 0.5),
                (frame.z_um, asked.z_pos, 0.1),
                (frame.exposure_ms, asked.exposure, 0.02 * (asked.exposure or 0)),
            )
            for said, want, slack in near:
                if want is not None and not (said is not None and abs(said - want) <= slack):
                    result.wrong.append(f"frame {index} says {said}, asked for {want}")
