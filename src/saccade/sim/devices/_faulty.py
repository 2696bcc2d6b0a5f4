"""Devices of a virtual microscope that fail by a script."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from saccade.core import did_you_mean, require
from saccade.testing import Fault, Faults, faulty

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pymmcore_plus.experimental.unicore import Device

    from saccade.core import Clock

CALLS = (
    *("expose", "read_out", "set_exposure", "get_exposure", "set_roi", "get_roi", "clear_roi"),
    *("set_binning", "set_position_um", "get_position_um", "busy", "stop"),
    *("set_open", "get_open", "shut_with_exposure", "set_image", "display_image"),
    *("set_property_value", "get_property_value"),
)
"""What can go wrong: methods of a camera, a stage, a shutter, a modulator, and of any device."""
_COMMANDS = ("clear_roi", "stop", "shut_with_exposure", "display_image")
"""Those that take no argument: done wrong, they are not done at all."""
_NEVER = threading.Event()


def planned(given: Sequence[Mapping[str, Any]], labels: Sequence[str] = ()) -> list[Fault]:
    """Return faults from plain data.

    Parameters
    ----------
    given : sequence of mapping
        As in a protocol.
    labels : sequence of str
        Of the devices that there are; any if there are none.

    Raises
    ------
    ProtocolError
        If there is no such setting, device or call.
    """
    known = tuple(Fault.__dataclass_fields__)
    faults = []
    for place, settings in enumerate(given):
        for key in settings:
            hint = did_you_mean(str(key), known)
            require(key in known, f"sim.faults.{place}", key, "a setting of a fault", hint)
        fault = Fault(**settings)
        if labels and fault.device is not None:
            hint = did_you_mean(fault.device, labels)
            require(fault.device in labels, "Fault.device", fault.device, "a device", hint)
        faults.append(fault)
    Faults(*faults).check(CALLS)
    return faults


def make_faulty(devices: Mapping[str, Device], faults: Faults, clock: Clock) -> None:
    """Let devices fail by a script.

    Parameters
    ----------
    devices : mapping of str to Device
        By label.
    faults : Faults
        Its calls are `CALLS`. What is slow takes its time on the clock, what hangs in real time.
    clock : Clock
        Of the microscope.
    """

    def sleep(seconds: float) -> None:
        clock.wait_until(clock.now_ns() + round(seconds * 1e9), _NEVER)

    for label, device in devices.items():
        faulty(device, CALLS, faults, label, sleep=sleep, now_ns=clock.now_ns, leave_out=_COMMANDS)
