"""The light modulator of a core, as its profile describes it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from saccade.core import Modulator, ProfileError

from ._calibration import read_calibration

if TYPE_CHECKING:
    from pymmcore_plus import CMMCorePlus

    from ._profile_fields import LightModulator


def modulator_of(core: CMMCorePlus, given: LightModulator | None = None) -> Modulator | None:
    """Return the light modulator of a core; None if it has none.

    Parameters
    ----------
    core : CMMCorePlus
        Configured.
    given : LightModulator, optional
        What the profile says of it.

    Raises
    ------
    ProfileError
        If the profile describes one that isn't there, or a calibration of another.
    """
    label: str = core.getSLMDevice() or ""
    if given is not None and given.device is not None:
        label = given.device
    if not label:
        if given is not None:
            raise ProfileError(
                "The profile describes a light modulator, and there is none.",
                "Name it as modulator.device.",
            )
        return None
    height, width = core.getSLMHeight(label), core.getSLMWidth(label)
    modulator = Modulator(label, (height, width))
    if given is None:
        return modulator
    modulator = replace(modulator, rest=given.rest)
    if given.calibration is None:
        return modulator
    known = read_calibration(given.calibration)
    if not known.fits(modulator):
        raise ProfileError(
            f"{given.calibration} is of {known.device!r} with {known.shape_px} pixels, not of"
            f" {label!r} with {(height, width)}.",
            "Calibrate this one: saccade calibrate.",
        )
    return replace(modulator, to_sensor=known.to_sensor, sensor_px=known.sensor_px)
