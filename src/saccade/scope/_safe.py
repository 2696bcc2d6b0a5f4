"""SAFE: light off, stage and camera stopped, read back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ._settings import same_value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pymmcore_plus import CMMCorePlus


def make_safe(core: CMMCorePlus, settings: Sequence[tuple[str, str, str]] = ()) -> dict[str, str]:
    """Bring a microscope to SAFE; never raises, and may be called again.

    Parameters
    ----------
    core : CMMCorePlus
        The microscope.
    settings : sequence of (device, property, value)
        What the profile says must be set besides, such as laser power; set first.

    Returns
    -------
    dict of str to str
        What was read back of each device, or ``NOT SAFE: ...``.
    """
    from pymmcore_plus import DeviceType

    steps: dict[str, Callable[[], str]] = {
        f"{device}.{name}": partial(_set, core, device, name, value)
        for device, name, value in settings
    }
    for shutter in _listed(lambda: core.getLoadedDevicesOfType(DeviceType.Shutter)):
        steps[shutter] = partial(_close, core, shutter)
    steps["sequence"] = partial(_end_sequence, core)
    for stage in _listed(lambda: (core.getXYStageDevice(), core.getFocusDevice())):
        steps[stage] = partial(_halt, core, stage)
    return {name: _attempt(step) for name, step in steps.items()}


def _attempt(step: Callable[[], str]) -> str:
    try:
        return step()
    except Exception as error:  # noqa: BLE001 - SAFE goes on to the next device whatever happens
        return f"NOT SAFE: {' '.join(str(error).split()) or repr(error)}"


def _listed(ask: Callable[[], Sequence[str]]) -> list[str]:
    try:
        return [label for label in ask() if label]
    except Exception:  # noqa: BLE001 - a core that can't even list is reported by the other steps
        return []


def _set(core: CMMCorePlus, device: str, name: str, value: str) -> str:
    core.setProperty(device, name, value)
    actual = core.getProperty(device, name)
    return actual if same_value(actual, value) else f"NOT SAFE: {actual!r}, not {value!r}"


def _close(core: CMMCorePlus, label: str) -> str:
    core.setShutterOpen(label, False)
    return "NOT SAFE: still open" if core.getShutterOpen(label) else "closed"


def _end_sequence(core: CMMCorePlus) -> str:
    if core.isSequenceRunning():
        core.stopSequenceAcquisition()
    return "NOT SAFE: still running" if core.isSequenceRunning() else "stopped"


def _halt(core: CMMCorePlus, label: str) -> str:
    if not core.deviceBusy(label):
        return "at rest"
    core.stop(label)
    return "stopped"
