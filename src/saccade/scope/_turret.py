"""The objective turret: which objective is in place, and how another one gets there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isclose
from typing import TYPE_CHECKING

from saccade.core import LABEL, Objective, ProfileError, SettingError, Turret, did_you_mean

from ._before import agreed
from ._settings import Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pymmcore_plus import CMMCorePlus

    from ._profile_fields import Objectives


_NO_AFFINE = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
"""What the core says where nobody has said how the camera is mounted."""


@dataclass(frozen=True)
class Revolver:
    """The objectives of a microscope in the hands of its engine.

    Parameters
    ----------
    core : CMMCorePlus
        The microscope.
    turret : Turret or None
        As the profile declares it; None where it declares no objectives.
    """

    core: CMMCorePlus
    turret: Turret | None = None

    def now(self) -> Objective | None:
        """Return the objective that is in place; None where none is declared.

        Raises
        ------
        SettingError
            If it is one that the profile does not declare.
        """
        if self.turret is None:
            return None
        return self.named(str(self.core.getStateLabel(self.turret.device)))

    def named(self, name: str) -> Objective:
        """Return an objective by its name; raise a `SettingError` if it isn't declared."""
        found = None if self.turret is None else self.turret.find(name)
        if found is None:
            known = [] if self.turret is None else [each.name for each in self.turret.objectives]
            raise SettingError(
                f"The profile declares no objective {name!r}.", did_you_mean(name, known)
            )
        return found

    def setting(self, name: str, wait: Callable[[Iterable[str]], None]) -> Turn:
        """Return what turns an objective in.

        Parameters
        ----------
        name : str
            Of the objective.
        wait : callable
            Waits until devices are at rest.
        """
        assert self.turret is not None  # noqa: S101 - the caller has found the name in it
        return Turn(self.core, name, self.turret.device, self.turret.turn_at_z_um, wait)

    def doubt(self, objective: Objective, size_um: float, binning: int) -> str | None:
        """Return why a pixel size can't be that of an objective, if it can't.

        Parameters
        ----------
        objective : Objective
            That is in place.
        size_um : float
            As the microscope tells it.
        binning : int
            Of the camera.
        """
        wanted_um = objective.pixel_size_um * binning / self.core.getMagnificationFactor()
        if isclose(size_um, wanted_um, rel_tol=1e-6):
            return None
        return f"the pixel size is {size_um} µm, not {wanted_um:g} as with {objective.name!r}"

    def put_back(self, name: str) -> None:
        """Turn to the objective that was found, at the end of a run.

        Raises
        ------
        SettingError
            If it isn't there afterwards.
        """
        turn = self.setting(name, self._wait)
        turn.make()
        if problem := turn.check():
            raise SettingError(problem)

    def _wait(self, devices: Iterable[str]) -> None:
        for device in devices:
            self.core.waitForDevice(device)


def turret_of(core: CMMCorePlus, given: Objectives) -> Turret:
    """Return the objectives that a profile declares, and let the core know their pixel sizes.

    Parameters
    ----------
    core : CMMCorePlus
        Its calibration is changed where the profile says another pixel size.
    given : Objectives
        Of the profile.

    Raises
    ------
    ProfileError
        If there is no such turret or objective, or a pixel size is unknown, or ambiguous.
    """
    _check(core, given)
    objectives = tuple(
        Objective(
            name,
            _calibrated(core, given.device, name, each.pixel_size_um),
            each.offset_um,
            {light: lamp.measured() for light, lamp in each.lights.items()},
        )
        for name, each in given.labels.items()
    )
    # The core must look for them anew: what it believes is of before.
    core.updateSystemStateCache()
    reference = next(each.name for each in objectives if not any(each.offset_um))
    return Turret(given.device, objectives, None, reference, given.turn_at_z_um)


def standing(core: CMMCorePlus, turret: Turret | None) -> Turret | None:
    """Return the objectives, and which of them is in place, as far as that is declared."""
    if turret is None:
        return None
    now = turret.find(agreed(lambda: str(core.getStateLabel(turret.device))))
    return replace(turret, current=None if now is None else now.name)


def _check(core: CMMCorePlus, given: Objectives) -> None:
    from pymmcore_plus import DeviceType

    devices = core.getLoadedDevicesOfType(DeviceType.State)
    if given.device not in devices:
        raise ProfileError(
            f"The profile's turret is {given.device!r}, which is no device with positions.",
            did_you_mean(given.device, devices),
        )
    names = core.getStateLabels(given.device)
    for name in given.labels:
        if name not in names:
            raise ProfileError(
                f"{given.device} has no objective {name!r}.", did_you_mean(name, names)
            )


def _calibrated(core: CMMCorePlus, device: str, name: str, size_um: float | None) -> float:
    """Return the pixel size with an objective; one that is given is made known to the core."""
    place = str(core.getStateFromLabel(device, name))
    ways = {(device, LABEL, name), (device, "State", place)}
    known = [
        each
        for each in core.getAvailablePixelSizeConfigs()
        if ways & {tuple(map(str, part)) for part in core.getPixelSizeConfigData(each)}
    ]
    if len(known) > 1:
        raise ProfileError(
            f"The configuration has {len(known)} pixel sizes for {name!r}: {', '.join(known)}.",
            "Leave one of them in it; here, an objective has one.",
        )
    if size_um is not None:
        _calibrate(core, known[0] if known else None, (device, name), size_um)
        return size_um
    found_um = float(core.getPixelSizeUmByID(known[0])) if known else 0.0
    if not found_um > 0:
        raise ProfileError(
            f"Nobody says how large a pixel is with the objective {name!r}.",
            "Say it as pixel_size_um, or calibrate it in Micro-Manager.",
        )
    return found_um


def _calibrate(
    core: CMMCorePlus, known: str | None, objective: tuple[str, str], size_um: float
) -> None:
    device, name = objective
    if known is None:
        known = f"{device} {name}"
        core.definePixelSizeConfig(known, device, LABEL, name)
    else:
        before_um = core.getPixelSizeUmByID(known)
        affine = tuple(core.getPixelSizeAffineByID(known))
        if before_um > 0 and affine != _NO_AFFINE:  # it is turned as it was
            core.setPixelSizeAffine(known, tuple(each * size_um / before_um for each in affine))
    core.setPixelSizeUm(known, size_um)
