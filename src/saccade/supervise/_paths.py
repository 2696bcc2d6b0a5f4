"""Ways to the light that need nothing of the controller, and the proof that they work.

This is part of the supervisor's program: it imports the standard library only, and a core
where a path leads through one.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

from ._switch import Switch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Told = dict[str, str]
    """What was read back of each part, or ``NOT SAFE: ...``."""
    Setting = tuple[str, str, str]
    """Device, property, value."""

_SETTLE_S = 0.1
"""How long a device may take to read back as it was told to be."""
_POLL_S = 1e-3
NOT_SAFE = "NOT SAFE"


class LightPath(Protocol):
    """A way to the light; nothing in it raises but the making of one."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def acts(self) -> bool:
        """Whether it leads anywhere."""

    def off(self) -> Told:
        """Put the light out, all commands first; return what was read back then."""

    def on(self) -> Told:
        """Let a run have light; return what was read back."""

    def put_back(self) -> Told:
        """Leave it as it was found."""


class NoPath:
    """No way at all: the supervisor can only say what happened."""

    name = "nothing"
    acts = False

    def off(self) -> Told:
        """Do nothing."""
        return {}

    on = put_back = off


class SwitchPath:
    """The gate of a simulated stand.

    Parameters
    ----------
    file : str
        As `Switch` takes it.
    """

    acts = True

    def __init__(self, file: str) -> None:
        self.name = f"the switch {file}"
        self._switch = Switch(file)
        self._found = self._switch.gate

    def off(self) -> Told:
        """Close the gate."""
        return self._set(False)

    def on(self) -> Told:
        """Open the gate."""
        return self._set(True)

    def put_back(self) -> Told:
        """Leave it as it was found."""
        return self._set(self._found)

    def _set(self, is_open: bool) -> Told:
        self._switch.gate = is_open
        actual = "open" if self._switch.gate else "closed"
        return {"gate": actual if self._switch.gate == is_open else f"{NOT_SAFE}: {actual}"}


class CorePath:
    """Devices behind a core of the supervisor's own, on a port of their own.

    Parameters
    ----------
    cfg : str
        Micro-Manager configuration file that holds only these devices.
    adapters : str
        Folder of the device adapters.
    dark : sequence of (device, property, value)
        What puts the light out.
    open : sequence of (device, property, value)
        What lets it through during a run; nothing, if it is as it was found.

    Raises
    ------
    RuntimeError
        If the devices can't be loaded.
    """

    acts = True

    def __init__(
        self, cfg: str, adapters: str, dark: Sequence[Setting], open: Sequence[Setting] = ()
    ) -> None:
        import pymmcore

        self.name = f"its own core with {cfg}"
        self._core: Any = pymmcore.CMMCore()
        self._core.setDeviceAdapterSearchPaths([adapters])
        self._core.loadSystemConfiguration(cfg)
        self._dark = tuple((device, name, value) for device, name, value in dark)
        places = dict.fromkeys((device, name) for device, name, _ in (*self._dark, *open))
        self._found = tuple((*place, self._core.getProperty(*place)) for place in places)
        opened = {(device, name): value for device, name, value in open}
        self._lit = tuple((*each[:2], opened.get(each[:2], each[2])) for each in self._found)

    def off(self) -> Told:
        """Set what puts the light out."""
        return self._set(self._dark)

    def on(self) -> Told:
        """Set what lets it through."""
        return self._set(self._lit)

    def put_back(self) -> Told:
        """Set everything as it was found."""
        return self._set(self._found)

    def _set(self, settings: Sequence[Setting]) -> Told:
        problems = {each: self._command(each) for each in settings}
        return {f"{each[0]}.{each[1]}": self._read_back(each, problems[each]) for each in settings}

    def _command(self, setting: Setting) -> str:
        try:
            self._core.setProperty(*setting)
        except Exception as error:  # noqa: BLE001 - the others are to be set all the same
            return " ".join(str(error).split()) or repr(error)
        return ""

    def _read_back(self, setting: Setting, problem: str) -> str:
        device, name, value = setting
        deadline_s = time.monotonic() + _SETTLE_S
        while True:
            try:
                actual = str(self._core.getProperty(device, name))
            except Exception as error:  # noqa: BLE001 - what can't be read is not safe
                return f"{NOT_SAFE}: {problem or error}"
            if _same(actual, value):
                return actual
            if time.monotonic() > deadline_s:
                return f"{NOT_SAFE}: {actual!r}, not {value!r}. {problem}".rstrip()
            time.sleep(_POLL_S)


def make_path(spec: Mapping[str, Any]) -> LightPath:
    """Return the path that plain data describe.

    Parameters
    ----------
    spec : mapping
        ``use``, which is ``nothing``, ``switch`` or ``core``, and the arguments of its class.

    Raises
    ------
    Exception
        Whatever the hardware raises.
    """
    settings = {key: value for key, value in spec.items() if key != "use"}
    kinds: dict[str, Callable[..., LightPath]] = {
        "nothing": NoPath, "switch": SwitchPath, "core": CorePath
    }  # fmt: skip
    return kinds[spec["use"]](**settings)


def prove(path: LightPath) -> Told:
    """Prove that a path puts the light out, and leave it open for a run.

    It is opened, closed and opened again, and read back each time.

    Parameters
    ----------
    path : LightPath
        The path.

    Returns
    -------
    dict of str to str
        What was read back when it was closed.

    Raises
    ------
    RuntimeError
        If anything did not read back as it was told to be.
    """
    for word, step in (("opened", path.on), ("closed", path.off), ("opened", path.on)):
        told = step()
        if wrong := [f"{name} is {state}" for name, state in told.items() if unsafe(state)]:
            path.off()
            raise RuntimeError(f"When it was {word}, {'; '.join(wrong)}.")
        if word == "closed":
            closed = told
    return closed


def unsafe(state: str) -> bool:
    """Return whether what was read back is not what was commanded."""
    return state.startswith(NOT_SAFE)


def _same(actual: str, value: str) -> bool:
    try:
        return float(actual) == float(value)
    except ValueError:
        return actual == value
