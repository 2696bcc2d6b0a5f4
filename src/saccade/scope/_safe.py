"""SAFE: light off, stage and camera stopped, read back; and the way back from it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from saccade.core import RealClock, SettingError

from ._in_turn import in_turn
from ._settings import Mask, same_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pymmcore_plus import CMMCorePlus
    from useq import SLMImage

    from saccade.core import Clock, Pulse

_SETTLE_S = 0.1
"""How long a device may take to read back as closed, or as standing."""
_WAKE_S = 10.0
"""How long it may take to light again what SAFE put out."""
_TRIES = 2
"""How often a shutter is told to close."""
_TURN_S, _LOCKSTEP_TURN_S = 0.02, 0.5
"""How long one step of SAFE has before the next begins beside it. Where nothing may happen beside
anything, which changes who is first in virtual time, only a step that really hangs is passed."""


def make_safe(
    core: CMMCorePlus,
    settings: Sequence[tuple[str, str, str]] = (),
    clock: Clock | None = None,
    *,
    known: Devices | None = None,
    modulators: Iterable[str] = (),
    first: Callable[[], None] | None = None,
) -> dict[str, str]:
    """Bring a microscope to SAFE; never raises, and may be called again.

    Light comes first. A step that does not return is passed after 20 ms, and told as not SAFE.

    Parameters
    ----------
    core : CMMCorePlus
        The microscope.
    settings : sequence of (device, property, value)
        What the profile says must be set besides, such as laser power; set first.
    clock : Clock, optional
        Times the waits; by default real time.
    known : Devices, optional
        Which shutters and stages there are; by default the core is asked.
    modulators : iterable of str
        Light modulators to be made dark.
    first : callable, optional
        Has its turn before anything is changed.

    Returns
    -------
    dict of str to str
        What was read back of each device, or ``NOT SAFE: ...``.
    """
    clock = clock or RealClock()
    known = known or Devices.of(core)
    switches: dict[str, Callable[[], str]] = {
        f"{device}.{name}": partial(_set, core, device, name, value)
        for device, name, value in settings
    }
    steps = dict(switches)
    for shutter in known.shutters:
        steps[shutter] = partial(close, core, shutter, clock)
    for modulator in modulators:
        steps[modulator] = partial(_blank, core, modulator)
    steps["sequence"] = partial(_end_sequence, core)
    for stage in known.stages:
        steps[stage] = partial(_halt, core, stage, clock)
    turn_s = _LOCKSTEP_TURN_S if clock.lockstep else _TURN_S
    turns: dict[str, Callable[[], str]] = {} if first is None else {"": partial(_done, first)}
    turns |= {name: partial(_attempt, step) for name, step in steps.items()}
    told = in_turn(turns, turn_s)
    if stubborn := [label for label in known.shutters if told[label].startswith("NOT SAFE")]:
        told |= _otherwise(core, switches, {label: told[label] for label in stubborn}, turn_s)
    return {name: told[name] for name in steps}


def _otherwise(
    core: CMMCorePlus,
    switches: Mapping[str, Callable[[], str]],
    stubborn: Mapping[str, str],
    turn_s: float,
) -> dict[str, str]:
    """Put the light out by the profile's settings once more, after shutters that do not close.

    A shutter that does the opposite of what it is told may only now be open.
    """

    def read(label: str, before: str) -> str:
        return before if core.getShutterOpen(label) else "closed"

    steps = dict(switches)
    steps |= {label: partial(read, label, before) for label, before in stubborn.items()}
    return in_turn({name: partial(_attempt, step) for name, step in steps.items()}, turn_s)


@dataclass(frozen=True)
class Devices:
    """What there is to make SAFE."""

    shutters: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()

    @classmethod
    def of(cls, core: CMMCorePlus) -> Devices:
        """Ask the core; what it does not tell is not there."""
        return cls(_listed(lambda: shutters(core)), _listed(lambda: _stages(core)))


class Safety:
    """SAFE on demand, from any thread, and what must be undone when a held run goes on.

    Parameters
    ----------
    core : CMMCorePlus
        The microscope.
    settings : sequence of (device, property, value)
        As in `make_safe`.
    clock : Clock, optional
        Times the waits; by default real time.
    """

    def __init__(
        self,
        core: CMMCorePlus,
        settings: Sequence[tuple[str, str, str]] = (),
        clock: Clock | None = None,
    ) -> None:
        self._core = core
        self._clock = clock or RealClock()
        self._settings = tuple(settings)
        self._lock = threading.RLock()
        self._timer: threading.Timer | None = None
        self._devices = Devices.of(core)
        self._playing = False
        self._lit: tuple[str, ...] = ()
        self._values: dict[tuple[str, str], str] = {}
        self._shown: dict[str, SLMImage] = {}
        self._blank = False
        self.made = 0
        """How often it was made."""
        self.pulse: Pulse | None = None
        """Is told that it is dark, or no longer."""

    @property
    def switched(self) -> frozenset[tuple[str, str]]:
        """Device and property of what SAFE sets besides shutters."""
        return frozenset((device, name) for device, name, _ in self._settings)

    def begin(self, rest: SLMImage | None = None) -> None:
        """Remember, from now on, what SAFE switches off.

        Parameters
        ----------
        rest : useq.SLMImage, optional
            What a light modulator that SAFE has made dark in an earlier run shows at first.
        """
        with self._lock:
            self._playing = True
            if rest is not None:
                self._shown = dict.fromkeys(self._shown, rest)

    def shows(self, modulator: str, image: SLMImage) -> None:
        """Learn what a light modulator is about to show.

        Parameters
        ----------
        modulator : str
            Its label.
        image : useq.SLMImage
            Shown again by `wake`.
        """
        with self._lock:
            self._shown[modulator] = image

    def end(self) -> None:
        """Forget it, and call off what `soon` has in store."""
        with self._lock:
            self._playing = False
            self._lit, self._values = (), {}
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
            timer.join(_SETTLE_S)

    def make(self) -> Mapping[str, str]:
        """Bring the microscope to SAFE; never raises."""
        with self._lock:
            remember = self._playing and not (self._lit or self._values)
            return self._made(self._remember if remember else None)

    def make_if_playing(self) -> None:
        """Bring it to SAFE, unless the run has ended meanwhile."""
        with self._lock:
            if self._playing:
                self._made()

    def soon(self, delay_s: float) -> None:
        """Bring it to SAFE after a while, unless the run has ended by then.

        A camera that never returns from an exposure keeps the run's thread; the light need
        not wait for it.
        """
        with self._lock:
            if self._playing and self._timer is None:
                self._timer = threading.Timer(delay_s, self.make_if_playing)
                self._timer.name, self._timer.daemon = "saccade-safe", True
                self._timer.start()

    def wake(self) -> bool:
        """Undo what SAFE did while the run was held; raises `SettingError` if it can't be.

        Returns
        -------
        bool
            Whether a light modulator was given its picture anew.
        """
        if not (self._lit or self._values or self._blank):
            return False
        core = self._core
        with self._lock:
            if self.pulse is not None:
                self.pulse.lit(_WAKE_S)
            for (device, name), value in self._values.items():
                core.setProperty(device, name, value)
                if not same_value(actual := core.getProperty(device, name), value):
                    raise SettingError(f"{device}.{name} is {actual!r} after SAFE, not {value!r}.")
            showed = self._show_again() if self._blank else False
            for shutter in self._lit:
                core.setShutterOpen(shutter, True)
                if not _comes_true(partial(core.getShutterOpen, shutter), self._clock):
                    raise SettingError(f"{shutter} did not open again after SAFE.")
            self._lit, self._values = (), {}
        return showed

    def _show_again(self) -> bool:
        for label, image in self._shown.items():
            Mask(self._core, image, label).make()
            self._core.displaySLMImage(label)
        self._blank = False
        return bool(self._shown)

    def forget(self, shutter: str) -> None:
        """Leave a shutter closed that an event has closed for good."""
        with self._lock:
            self._lit = tuple(label for label in self._lit if label != shutter)

    def _made(self, first: Callable[[], None] | None = None) -> dict[str, str]:
        self.made += 1
        known = self._devices
        dark = tuple(self._shown)
        told = make_safe(
            self._core, self._settings, self._clock, known=known, modulators=dark, first=first
        )
        self._blank |= bool(dark)
        if self.pulse is not None and not any(
            each.startswith("NOT SAFE") for each in told.values()
        ):
            self.pulse.dark()
        return told

    def _remember(self) -> None:
        core = self._core
        self._lit = tuple(
            label for label in self._devices.shutters if _says_yes(core.getShutterOpen, label)
        )
        for device, name, _ in self._settings:
            if value := _attempt(partial(core.getProperty, device, name), failed=""):
                self._values[device, name] = value


def shutters(core: CMMCorePlus) -> tuple[str, ...]:
    """Return the labels of all shutters.

    Parameters
    ----------
    core : CMMCorePlus
        The microscope.
    """
    from pymmcore_plus import DeviceType

    return tuple(core.getLoadedDevicesOfType(DeviceType.Shutter))


def _stages(core: CMMCorePlus) -> tuple[str, ...]:
    from pymmcore_plus import DeviceType

    kinds = DeviceType.XYStage, DeviceType.Stage
    return tuple(label for kind in kinds for label in core.getLoadedDevicesOfType(kind))


def _attempt(step: Callable[[], str], failed: str | None = None) -> str:
    try:
        return step()
    except Exception as error:  # noqa: BLE001 - SAFE goes on to the next device whatever happens
        if failed is not None:
            return failed
        return f"NOT SAFE: {' '.join(str(error).split()) or repr(error)}"


def _done(work: Callable[[], None]) -> str:
    work()
    return ""


def _listed(ask: Callable[[], Sequence[str]]) -> tuple[str, ...]:
    try:
        return tuple(label for label in ask() if label)
    except Exception:  # noqa: BLE001 - a core that can't even list is reported by the other steps
        return ()


def _says_yes(ask: Callable[[str], bool], label: str) -> bool:
    try:
        return ask(label)
    except Exception:  # noqa: BLE001 - what can't be asked can't be remembered
        return False


def _comes_true(ask: Callable[[], bool], clock: Clock) -> bool:
    deadline_ns = clock.now_ns() + round(_SETTLE_S * 1e9)
    while not (answer := ask()) and clock.now_ns() < deadline_ns:
        clock.nap(1e-3)
    return answer


def _set(core: CMMCorePlus, device: str, name: str, value: str) -> str:
    core.setProperty(device, name, value)
    actual = core.getProperty(device, name)
    return actual if same_value(actual, value) else f"NOT SAFE: {actual!r}, not {value!r}"


def left_open(core: CMMCorePlus) -> str:
    """Return the shutter that the core should have closed by itself, and did not; else ''.

    Parameters
    ----------
    core : CMMCorePlus
        One that can't tell counts as open.
    """
    shutter = str(core.getShutterDevice())
    if not shutter or not core.getAutoShutter():
        return ""
    try:
        return shutter if core.getShutterOpen(shutter) else ""
    except Exception:  # noqa: BLE001 - what can't be asked is not known to be dark
        return shutter


def close(core: CMMCorePlus, label: str, clock: Clock) -> str:
    """Close a shutter, and return what was read back.

    Parameters
    ----------
    core : CMMCorePlus
        The microscope.
    label : str
        Of the shutter.
    clock : Clock
        Times the wait.
    """
    problem = "NOT SAFE: still open"
    for _ in range(_TRIES):
        problem = _attempt(lambda: core.setShutterOpen(label, False) or "NOT SAFE: still open")
        if _comes_true(lambda: not core.getShutterOpen(label), clock):
            return "closed"
    return problem


def _end_sequence(core: CMMCorePlus) -> str:
    if core.isSequenceRunning():
        core.stopSequenceAcquisition()
    return "NOT SAFE: still running" if core.isSequenceRunning() else "stopped"


def _blank(core: CMMCorePlus, label: str) -> str:
    """Make a light modulator dark; what it shows can't be read back."""
    core.setSLMPixelsTo(label, 0)
    core.displaySLMImage(label)
    return "told to be dark"


def _halt(core: CMMCorePlus, label: str, clock: Clock) -> str:
    if not core.deviceBusy(label):
        return "at rest"
    core.stop(label)
    stands = _comes_true(lambda: not core.deviceBusy(label), clock)
    return "stopped" if stands else "NOT SAFE: still moving"
