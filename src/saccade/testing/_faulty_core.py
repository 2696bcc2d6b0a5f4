"""A real microscope core on which faults can be planned."""

from __future__ import annotations

import math
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from inspect import getattr_static
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import numpy as np
from pymmcore import CMMCore
from pymmcore_plus import CMMCorePlus

from ._faults import ANY, LONGEST_HANG_S, amiss, change_last, nan_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from saccade.core import Roi

What: TypeAlias = Literal[
    "raise", "hang", "slow", "wrong", "nan", "ignore", "lie", "busy", "stall", "lose"
]

_SLOW_MS = 20.0

# The hooks behind the public calls: they are what both the public calls and an engine use.
_HOOKS = {
    "snapImage": "_do_snap_image",
    "setROI": "_do_set_roi",
    "setShutterOpen": "_do_shutter_open",
    "startSequenceAcquisition": "_do_start_sequence_acquisition",
    "startContinuousSequenceAcquisition": "_do_start_continuous_sequence_acquisition",
    "stopSequenceAcquisition": "_do_stop_sequence_acquisition",
}
# How a test begins and ends, and what tells Python of changes, never fails.
_NEVER = ("unloadAllDevices", "reset", "registerCallback", "loadSystemConfiguration")
_CALLS = (
    *_HOOKS,
    *("popNextImageAndMD", "getLastImageAndMD", "getNBeforeLastImageAndMD"),
    *(
        name
        for name in dir(CMMCore)
        if not (name.startswith("_") or name in (*_HOOKS, *_NEVER, "thisown"))
        and not isinstance(getattr_static(CMMCorePlus, name), staticmethod)
    ),
)
_VERBS = ("set", "clear", "start", "stop", "load", "full", "snap", "initialize", "define", "delete")


def _is_command(name: str) -> bool:
    return name.startswith(_VERBS)


class Call(NamedTuple):
    """One call that reached the core."""

    name: str
    args: tuple[Any, ...]
    t_ns: int
    """Monotonic time at its beginning, as of ``time.perf_counter_ns``."""
    fault: What | None
    """What went wrong with it, if anything was planned to."""
    thread: str = ""
    """Name of the thread that called."""
    numeric: bool = False
    """Whether it took, or answered, a real number; only known of calls on the tape."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """The true state of the hardware while one picture was exposed."""

    begin_ns: int
    end_ns: int
    x_um: float | None
    y_um: float | None
    z_um: float | None
    exposure_ms: float
    roi: Roi
    lit: bool
    """Whether a shutter was open, or the core would open it."""
    properties: dict[tuple[str, str], str]
    """Of every preset, by device and property."""
    thread: str = ""
    """Name of the thread that asked for it."""


@dataclass
class _Planned:
    call: str
    what: What
    on: int
    times: int | None
    device: str | None
    value: Any
    ms: float | None
    seen: int = field(default=0)

    def due(self, name: str, args: tuple[Any, ...]) -> bool:
        """Count a call; return whether it is to fail."""
        if self.call not in (ANY, name):
            return False
        if self.device is not None and (not args or args[0] != self.device):
            return False
        self.seen += 1
        return self.on <= self.seen < self.on + (math.inf if self.times is None else self.times)


def _faultable(name: str) -> Callable[..., Any]:
    original = getattr(CMMCorePlus, _HOOKS.get(name, name))

    def call(self: FaultyCore, *args: Any, **kwargs: Any) -> Any:
        return self._do(name, original, args, kwargs)

    call.__name__ = original.__name__
    call.__doc__ = original.__doc__
    return call


if TYPE_CHECKING:

    class _Faultable:
        pass

else:
    # The class of the core forbids to add methods to it later, hence a class before it.
    _Faultable = type(
        "_Faultable", (), {_HOOKS.get(name, name): _faultable(name) for name in _CALLS}
    )


class FaultyCore(_Faultable, CMMCorePlus):
    """A core that does what it is told, except where a fault was planned.

    It drives real device adapters. Faults are planned by the name of a public call of
    Micro-Manager, whatever way it is called, or for ``any`` call; calls that the core makes
    within a call do not count. All that is commanded is recorded in `calls`, and the true
    state of the hardware during every snap, which no fault can falsify, in `exposures`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.calls: list[Call] = []
        self.exposures: list[Exposure] = []
        self.tape: list[Call] | None = None
        """Set it to a list, and every call is recorded there, questions among them."""
        self._picture: Any = None
        self._planned: list[_Planned] = []
        self._busy_until: dict[str, float] = {}
        self._plan_lock = threading.Lock()
        self._go = threading.Event()
        self._within = threading.local()
        self._preset_keys: set[tuple[str, str]] | None = None
        super().__init__(*args, **kwargs)

    def fault(
        self,
        call: str,
        what: What = "raise",
        *,
        on: int = 1,
        times: int | None = 1,
        device: str | None = None,
        value: Any = None,
        ms: float | None = None,
    ) -> None:
        """Plan a fault.

        Parameters
        ----------
        call : str
            Public name of what is called, such as ``setXYPosition`` or ``snapImage``; or
            ``any``.
        what : str
            ``raise`` an error instead; ``hang`` until `heal`, then do it; be ``slow`` by `ms`;
            do it ``wrong``, with its last arguments replaced by `value`, or without a `value`
            with one near it, or answer what is near the truth, or the picture before; put
            ``nan`` for a number, where there is one; ``ignore`` the call silently; ``lie``,
            returning `value`; do it, then stay ``busy`` for `ms`; ``stall`` for `ms` first;
            ``lose`` a picture of the buffer.
        on : int
            Number of the first call that is affected, from now on.
        times : int or None
            Number of calls that are; None is for ever.
        device : str, optional
            Only calls whose first argument is this one count.
        value : optional
            As above; a tuple of arguments for ``wrong``.
        ms : float, optional
            None is until `heal`; of what is ``slow``, 20.

        Raises
        ------
        ValueError
            If there is no such call to fail.
        """
        if call not in (ANY, *_CALLS):
            raise ValueError(f"No fault can be planned for {call!r}.")
        with self._plan_lock:
            self._go.clear()
            self._planned.append(_Planned(call, what, on, times, device, value, ms))

    def heal(self) -> None:
        """Forget every fault that was planned, and end what is busy or stalled."""
        with self._plan_lock:
            self._planned.clear()
            self._busy_until.clear()
            self._go.set()

    def keep_busy(self, device: str, ms: float | None = None) -> None:
        """Let a device be busy for some time from now on; None is until `heal`."""
        until_s = math.inf if ms is None else time.perf_counter() + ms / 1e3
        self._busy_until[device] = until_s

    def called(self, name: str) -> list[Call]:
        """Return every recorded call of one name, in order."""
        return [call for call in list(self.calls) if call.name == name]

    @contextmanager
    def truth(self) -> Iterator[None]:
        """Let this thread's calls go well, unrecorded, for a while: to see what really is."""
        self._within.deep = True
        try:
            yield
        finally:
            self._within.deep = False

    # ------------------------------------------------------------------ how a call goes

    def _do(self, name: str, original: Callable[..., Any], args: tuple[Any, ...], kw: Any) -> Any:
        if getattr(self._within, "deep", False):
            return original(self, *args, **kw)
        fault = self._due(name, args)
        what = None if fault is None else fault.what
        call = Call(name, args, time.perf_counter_ns(), what, threading.current_thread().name)
        if fault is not None or _is_command(name):
            self.calls.append(call)
        self._within.deep = True
        try:
            answer = self._go_wrong(fault, name, original, args, kw)
        finally:
            self._within.deep = False
        if self.tape is not None:
            numeric = change_last(nan_for, args) is not None or nan_for(answer) is not None
            self.tape.append(call._replace(numeric=numeric))
        return answer

    def _due(self, name: str, args: tuple[Any, ...]) -> _Planned | None:
        if not self._planned:
            return None
        with self._plan_lock:
            due = [plan for plan in self._planned if plan.due(name, args)]
        return due[0] if due else None

    def _go_wrong(
        self,
        fault: _Planned | None,
        name: str,
        original: Callable[..., Any],
        args: tuple[Any, ...],
        kw: Any,
    ) -> Any:
        match fault.what if fault else None:
            case "raise":
                raise RuntimeError(f"Planned fault of {name}{args}")
            case "ignore":
                return None
            case "lie":
                return None if fault is None else fault.value
            case "wrong" if fault and fault.value is not None:
                args = (*args[: len(args) - len(fault.value)], *fault.value)
            case "wrong" | "nan":
                return self._spoil(
                    name, original, args, kw, nan=fault is None or fault.what == "nan"
                )
            case "hang" | "stall" | "slow" if fault:
                unless = _SLOW_MS if fault.what == "slow" else LONGEST_HANG_S * 1e3
                self._go.wait((unless if fault.ms is None else fault.ms) / 1e3)
            case "lose":
                original(self, *args, **kw)
                self._await_next_picture()
        answer = self._true_call(name, original, args, kw)
        if fault and fault.what == "busy":
            self.keep_busy(fault.device or str(args[0]), fault.ms)
        return answer

    def _spoil(
        self, name: str, original: Callable[..., Any], args: tuple[Any, ...], kw: Any, *, nan: bool
    ) -> Any:
        """Do a command with something else, or not at all; answer a question falsely."""
        if not nan and name == "setConfig":
            presets = self.getAvailableConfigs(args[0])
            others = [each for each in presets if each != args[1]]
            return self._true_call(name, original, (args[0], others[0]), kw) if others else None
        if _is_command(name):
            changed = self._changed(name, args, nan=nan)
            if changed is None and not nan:
                return None
            return self._true_call(name, original, changed or args, kw)
        before = self._picture
        answer = self._true_call(name, original, args, kw)
        if name == "getImage" and not nan:
            return answer[1:] if before is None else before
        falsified = nan_for(answer) if nan else amiss(answer)
        return answer if falsified is None else falsified

    def _changed(self, name: str, args: tuple[Any, ...], *, nan: bool) -> tuple[Any, ...] | None:
        change = nan_for if nan else amiss
        if name == "setProperty" and (value := change(args[2])) is not None:
            return (*args[:2], value)
        return change_last(change, args)

    def _await_next_picture(self) -> None:
        deadline = time.perf_counter() + LONGEST_HANG_S
        while not self.getRemainingImageCount() and time.perf_counter() < deadline:
            time.sleep(1e-3)

    def _true_call(
        self, name: str, original: Callable[..., Any], args: tuple[Any, ...], kw: Any
    ) -> Any:
        if name == "snapImage":
            return self._watched_snap(original)
        if name == "deviceBusy" and time.perf_counter() < self._busy_until.get(args[0], 0.0):
            return True
        answer = original(self, *args, **kw)
        if name == "getImage":
            self._picture = np.array(answer)
        return answer

    def _watched_snap(self, original: Callable[..., Any]) -> None:
        begin_ns, state = time.perf_counter_ns(), self._state_now()
        original(self)
        self.exposures.append(Exposure(begin_ns, time.perf_counter_ns(), **state))

    def _state_now(self) -> dict[str, Any]:
        x_um, y_um = self.getXYPosition() if self.getXYStageDevice() else (None, None)
        return {
            "x_um": x_um,
            "y_um": y_um,
            "z_um": self.getPosition() if self.getFocusDevice() else None,
            "exposure_ms": self.getExposure(),
            "roi": tuple(self.getROI()),
            "lit": self.getAutoShutter() or self.getShutterOpen(),
            "properties": {key: self.getProperty(*key) for key in self._preset_properties()},
            "thread": threading.current_thread().name,
        }

    def _preset_properties(self) -> set[tuple[str, str]]:
        if self._preset_keys is None:
            self._preset_keys = {
                (device, name)
                for group in self.getAvailableConfigGroups()
                for preset in self.getAvailableConfigs(group)
                for device, name, _ in self.getConfigData(group, preset)
            }
        return self._preset_keys
