"""From an event to the settings that it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from saccade.core import LABEL, NO_OFFSET, SettingError

from ._settings import Exposure, Mask, Preset, Property, Region, Stage, Xy
from ._turret import Revolver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pymmcore_plus import CMMCorePlus
    from useq import MDAEvent

    from saccade.core import Objective

    from ._manners import Manners
    from ._settings import Setting


def _pass_by(_: Iterable[str]) -> None:
    """Wait for nothing."""


class SettingsOf:
    """Turns an event into the settings that it asks for, and nothing more.

    Parameters
    ----------
    core : CMMCorePlus
        The microscope.
    manners : Manners
        Tolerances.
    sensor_px : callable
        Returns width and height of the whole sensor.
    revolver : Revolver, optional
        The objectives: events have coordinates of the sample, settings those of the stage.
    wait : callable, optional
        Waits until devices are at rest.
    """

    def __init__(
        self,
        core: CMMCorePlus,
        manners: Manners,
        sensor_px: Callable[[], tuple[int, int]],
        revolver: Revolver | None = None,
        wait: Callable[[Iterable[str]], None] = _pass_by,
    ) -> None:
        self._core = core
        self._manners = manners
        self._sensor_px = sensor_px
        self._revolver = revolver or Revolver(core)
        self._wait = wait
        self._stays_um: tuple[float | None, float | None, float | None] | None = None
        """Place on the sample that is kept while a turret turns, until all is as it should be."""
        self._presets: dict[tuple[str, str], Preset] = {}
        self.z_offset_um: dict[int | None, float] = {}
        """Correction that the hardware autofocus found, by position."""

    def __call__(self, event: MDAEvent) -> list[Setting]:
        """Return the settings of an event, in the order in which they are made."""
        core, manners = self._core, self._manners
        settings, offset_um = self._turn(event)
        stays_um = self._stays_um or (None, None, None)
        x_um = stays_um[0] if event.x_pos is None else event.x_pos
        y_um = stays_um[1] if event.y_pos is None else event.y_pos
        if x_um is not None or y_um is not None:
            settings.append(self._xy(_plus(x_um, offset_um[0]), _plus(y_um, offset_um[1])))
        z_um = stays_um[2]
        if event.z_pos is not None:
            z_um = event.z_pos + self.z_offset_um.get(event.index.get("p"), 0.0)
        if z_um is not None:
            z_um += offset_um[2]
            settings.append(Stage(core, z_um, manners.z_um, core.getFocusDevice()))
        if event.slm_image is not None:
            device = event.slm_image.device or core.getSLMDevice()
            settings.append(Mask(core, event.slm_image, device))
        if event.channel is not None:
            settings.append(self._preset(event.channel.group, event.channel.config))
        if event.exposure is not None:
            settings.append(Exposure(core, event.exposure, manners.exposure_rel))
        settings += [self._property(*each) for each in self._others(event)]
        if event.roi is not None:
            roi = event.roi
            region = (roi.offset_x, roi.offset_y, roi.width, roi.height)
            settings.append(Region(core, region, self._sensor_px()))
        return settings

    def settled(self) -> None:
        """Learn that all was made true that the last event asked for."""
        self._stays_um = None

    def _turn(self, event: MDAEvent) -> tuple[list[Setting], tuple[float, float, float]]:
        """Return what turns the turret, if an event asks for that, and the offset afterwards."""
        turret = self._revolver.turret
        if turret is None:
            return [], NO_OFFSET
        asked = turret.asked(event)
        if asked is None:
            now = self._revolver.now()
            return [], NO_OFFSET if now is None else now.offset_um
        new = self._revolver.named(asked)
        old = turret.find(str(self._core.getStateLabel(turret.device)))
        if old is not new and self._stays_um is None:
            self._stays_um = self._sample_um(old)
        return [self._revolver.setting(asked, self._wait)], new.offset_um

    def _sample_um(
        self, objective: Objective | None
    ) -> tuple[float | None, float | None, float | None]:
        """Return where on the sample the stage stands; None where that isn't known."""
        core = self._core
        if objective is None:
            return None, None, None
        dx, dy, dz = objective.offset_um
        x_um, y_um = core.getXYPosition() if core.getXYStageDevice() else (None, None)
        z_um = core.getPosition() if core.getFocusDevice() else None
        return _plus(x_um, -dx), _plus(y_um, -dy), _plus(z_um, -dz)

    def _others(self, event: MDAEvent) -> list[tuple[str, str, Any]]:
        """Return the properties of an event that are not the objective's name."""
        turret = self._revolver.turret
        properties = [tuple(each) for each in event.properties or ()]
        if turret is None:
            return properties
        for device, name, value in properties:
            if device == turret.device and name != LABEL:
                raise SettingError(
                    f"{device}.{name} = {value!r} would turn the turret.",
                    f"Ask for an objective by its name, [{device}, {LABEL}, ...].",
                )
        return [each for each in properties if each[0] != turret.device]

    def _xy(self, x_um: float | None, y_um: float | None) -> Xy:
        device = self._core.getXYStageDevice()
        if device and (x_um is None or y_um is None):
            x_now, y_now = self._core.getXYPosition(device)
            x_um, y_um = x_now if x_um is None else x_um, y_now if y_um is None else y_um
        return Xy(self._core, (x_um or 0.0, y_um or 0.0), self._manners.xy_um, device)

    def _preset(self, group: str, name: str) -> Preset:
        key = (group, name)
        if key not in self._presets:
            known = tuple(self._core.getAvailableConfigs(group))
            parts: tuple[tuple[str, str, str], ...] = ()
            if name in known:
                data = self._core.getConfigData(group, name)
                parts = tuple((device, prop, value) for device, prop, value in data)
            turret = self._revolver.turret
            if turret is not None and any(part[0] == turret.device for part in parts):
                raise SettingError(
                    f"The preset {name!r} of {group!r} would turn the turret.",
                    f"Ask for an objective by its name, [{turret.device}, {LABEL}, ...].",
                )
            self._presets[key] = Preset(self._core, key, parts, known)
        return self._presets[key]

    def _property(self, device: str, name: str, value: Any) -> Setting:
        from pymmcore_plus import DeviceType

        if name == "Position" and device in self._core.getLoadedDevices():
            kind = self._core.getDeviceType(device)
            if kind == DeviceType.XYStage:
                if not (isinstance(value, (list, tuple)) and len(value) >= 2):
                    raise SettingError(f"{device}.Position must be a pair, not {value!r}.")
                xy = (float(value[0]), float(value[1]))
                return Xy(self._core, xy, self._manners.xy_um, device, key=f"xy {device}")
            if kind == DeviceType.Stage:
                return Stage(
                    self._core, float(value), self._manners.z_um, device, key=f"z {device}"
                )
        return Property(self._core, device, name, value)


def _plus(value_um: float | None, offset_um: float) -> float | None:
    return None if value_um is None else value_um + offset_um
