"""From an event to the settings that it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from saccade.core import SettingError

from ._settings import Exposure, Mask, Preset, Property, Region, Stage, Xy

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymmcore_plus import CMMCorePlus
    from useq import MDAEvent

    from ._manners import Manners
    from ._settings import Setting


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
    """

    def __init__(
        self, core: CMMCorePlus, manners: Manners, sensor_px: Callable[[], tuple[int, int]]
    ) -> None:
        self._core = core
        self._manners = manners
        self._sensor_px = sensor_px
        self._presets: dict[tuple[str, str], Preset] = {}
        self.z_offset_um: dict[int | None, float] = {}
        """Correction that the hardware autofocus found, by position."""

    def __call__(self, event: MDAEvent) -> list[Setting]:
        """Return the settings of an event, in the order in which they are made."""
        core, manners = self._core, self._manners
        settings: list[Setting] = []
        if event.x_pos is not None or event.y_pos is not None:
            settings.append(self._xy(event.x_pos, event.y_pos))
        if event.z_pos is not None:
            z_um = event.z_pos + self.z_offset_um.get(event.index.get("p"), 0.0)
            settings.append(Stage(core, z_um, manners.z_um, core.getFocusDevice()))
        if event.slm_image is not None:
            device = event.slm_image.device or core.getSLMDevice()
            settings.append(Mask(core, event.slm_image, device))
        if event.channel is not None:
            settings.append(self._preset(event.channel.group, event.channel.config))
        if event.exposure is not None:
            settings.append(Exposure(core, event.exposure, manners.exposure_rel))
        settings += [self._property(*each) for each in event.properties or ()]
        if event.roi is not None:
            roi = event.roi
            region = (roi.offset_x, roi.offset_y, roi.width, roi.height)
            settings.append(Region(core, region, self._sensor_px()))
        return settings

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
