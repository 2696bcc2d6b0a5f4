"""The state of the microscope before a run, to be put back after it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ._settings import same_value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pymmcore_plus import CMMCorePlus

_STILL_UM = 0.01


@dataclass(frozen=True)
class Before:
    """What a run may change, as it was found."""

    exposure_ms: float
    roi: tuple[int, int, int, int]
    auto_shutter: bool
    xy_um: tuple[float, float] | None
    z_um: float | None
    properties: dict[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def of(cls, core: CMMCorePlus) -> Before:
        """Read it from the microscope."""
        left, top, width, height = core.getROI()
        xy = core.getXYPosition() if core.getXYStageDevice() else None
        return cls(
            exposure_ms=core.getExposure(),
            roi=(left, top, width, height),
            auto_shutter=core.getAutoShutter(),
            xy_um=None if xy is None else (xy[0], xy[1]),
            z_um=core.getPosition() if core.getFocusDevice() else None,
            properties=_writable(core),
        )

    def put_back(self, core: CMMCorePlus, changed: Mapping[tuple[str, str], str]) -> list[str]:
        """Set what differs; return what could not be put back. Never raises.

        Parameters
        ----------
        core : CMMCorePlus
            The stage goes back only where that is known to be safe: if the focus drive
            moved and the core does not know which way is towards the sample, both stay.
        changed : mapping of (device, property) to str
            What was changed besides the presets' properties, as it was before.
        """
        steps: list[tuple[str, Callable[[], None]]] = [
            ("properties", lambda: self._properties(core, changed)),
            ("region", lambda: self._roi(core)),
            ("exposure", lambda: self._exposure(core)),
            ("auto-shutter", lambda: core.setAutoShutter(self.auto_shutter)),
            ("stage", lambda: self._stage(core)),
        ]
        problems = []
        for name, step in steps:
            try:
                step()
            except Exception as error:  # noqa: BLE001 - the others are to be put back all the same
                problems.append(f"{name}: {' '.join(str(error).split()) or repr(error)}")
        return problems

    def _properties(self, core: CMMCorePlus, changed: Mapping[tuple[str, str], str]) -> None:
        for (device, name), value in {**changed, **self.properties}.items():
            if not same_value(core.getProperty(device, name), value):
                core.setProperty(device, name, value)

    def _exposure(self, core: CMMCorePlus) -> None:
        if core.getExposure() != self.exposure_ms:
            core.setExposure(self.exposure_ms)

    def _roi(self, core: CMMCorePlus) -> None:
        if tuple(core.getROI()) != self.roi:
            core.clearROI()
            if tuple(core.getROI()) != self.roi:
                core.setROI(*self.roi)

    def _stage(self, core: CMMCorePlus) -> None:
        move_z = self.z_um is not None and abs(core.getPosition() - self.z_um) > _STILL_UM
        if not move_z:
            self._move_xy(core)
            return
        direction = core.getFocusDirection(core.getFocusDevice())
        if direction == 0 or self.z_um is None:
            raise RuntimeError(
                "left where it is, because the focus direction is unknown; "
                "set focus_direction in the profile"
            )
        retracts = (self.z_um - core.getPosition()) * direction < 0
        if retracts:
            core.setPosition(self.z_um)
            core.waitForDevice(core.getFocusDevice())
        self._move_xy(core)
        if not retracts:
            core.setPosition(self.z_um)

    def _move_xy(self, core: CMMCorePlus) -> None:
        if self.xy_um is not None:
            core.setXYPosition(*self.xy_um)
            core.waitForDevice(core.getXYStageDevice())


def _writable(core: CMMCorePlus) -> dict[tuple[str, str], str]:
    """Return every property that a preset could have changed, and its value."""
    keys: dict[tuple[str, str], None] = {}
    for group in core.getAvailableConfigGroups():
        for preset in core.getAvailableConfigs(group):
            for device, name, _ in core.getConfigData(group, preset):
                keys[device, name] = None
    return {(device, name): core.getProperty(device, name) for device, name in keys}
