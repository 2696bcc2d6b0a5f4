"""Settings of the microscope: each can be refused beforehand, made, and read back."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from saccade.core import SettingError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pymmcore_plus import CMMCorePlus
    from useq import SLMImage

_CLEAR_UM = 1.0
"""How far the focus drive may be from where the turret may turn."""


class Setting(Protocol):
    """One thing that an event asks for."""

    @property
    def key(self) -> str:
        """Name of what is set; it is made again only if its value changed."""

    @property
    def value(self) -> object:
        """What it is set to."""

    @property
    def devices(self) -> Sequence[str]:
        """Those that may be busy afterwards."""

    def refuse(self) -> str | None:
        """Return why it can never succeed, before anything is touched."""

    def make(self) -> None:
        """Ask the hardware for it."""

    def check(self) -> str | None:
        """Return what reads back wrong, if anything does."""


@dataclass
class Xy:
    """Position of the XY stage, in µm."""

    core: CMMCorePlus
    value: tuple[float, float]
    tolerance_um: float
    device: str
    key: str = "xy"

    def __post_init__(self) -> None:
        self.devices = (self.device,)

    def refuse(self) -> str | None:
        """Return why it can never succeed."""
        if not self.device:
            return "there is no XY stage"
        return None if all(map(math.isfinite, self.value)) else f"x, y = {self.value}"

    def make(self) -> None:
        """Send the stage."""
        self.core.setXYPosition(self.device, *self.value)

    def check(self) -> str | None:
        """Return where the stage is, if not where it was sent."""
        x, y = self.core.getXYPosition(self.device)
        if abs(x - self.value[0]) <= self.tolerance_um >= abs(y - self.value[1]):
            return None
        return f"the XY stage is at ({x:g}, {y:g}) µm, not at {self.value}"


@dataclass
class Stage:
    """Position of a focus drive or other single-axis stage, in µm."""

    core: CMMCorePlus
    value: float
    tolerance_um: float
    device: str
    key: str = "z"

    def __post_init__(self) -> None:
        self.devices = (self.device,)

    def refuse(self) -> str | None:
        """Return why it can never succeed."""
        if not self.device:
            return "there is no focus drive"
        return None if math.isfinite(self.value) else f"z = {self.value}"

    def make(self) -> None:
        """Send the stage."""
        self.core.setPosition(self.device, self.value)

    def check(self) -> str | None:
        """Return where the stage is, if not where it was sent."""
        z = self.core.getPosition(self.device)
        if abs(z - self.value) <= self.tolerance_um:
            return None
        return f"{self.device} is at {z:g} µm, not at {self.value:g}"


@dataclass
class Preset:
    """A preset of a configuration group, such as a channel."""

    core: CMMCorePlus
    value: tuple[str, str]
    parts: tuple[tuple[str, str, str], ...] = ()
    """Device, property and value of all that the preset sets."""
    known: tuple[str, ...] = ()
    key: str = field(init=False)

    def __post_init__(self) -> None:
        self.key = f"preset {self.value[0]}"
        self.devices = tuple({part[0]: None for part in self.parts if part[0] != "Core"})

    def refuse(self) -> str | None:
        """Return why it can never succeed."""
        group, preset = self.value
        if preset in self.known:
            return None
        return f"there is no preset {preset!r} in {group!r}; {did_you_mean(preset, self.known)}"

    def make(self) -> None:
        """Apply the preset."""
        self.core.setConfig(*self.value)

    def check(self) -> str | None:
        """Return the first property that is not as the preset wants it."""
        for device, name, wanted in self.parts:
            actual = self.core.getProperty(device, name)
            if not same_value(actual, wanted):
                return f"{device}.{name} is {actual!r}, not {wanted!r} as in {self.value[1]!r}"
        return None


@dataclass
class Exposure:
    """Exposure time of the camera, in ms."""

    core: CMMCorePlus
    value: float
    tolerance_rel: float
    key: str = "exposure"
    devices: tuple[str, ...] = ()

    def refuse(self) -> str | None:
        """Return why it can never succeed."""
        return None if math.isfinite(self.value) and self.value > 0 else f"{self.value} ms"

    def make(self) -> None:
        """Set the exposure."""
        self.core.setExposure(self.value)

    def check(self) -> str | None:
        """Return the exposure, if it is not what was asked for."""
        actual = self.core.getExposure()
        if abs(actual - self.value) <= self.tolerance_rel * self.value:
            return None
        return f"the exposure is {actual:g} ms, not {self.value:g}"


@dataclass
class Property:
    """Any property of any device."""

    core: CMMCorePlus
    device: str
    name: str
    value: Any
    key: str = field(init=False)

    def __post_init__(self) -> None:
        self.key = f"{self.device}.{self.name}"
        self.devices = () if self.device == "Core" else (self.device,)

    def refuse(self) -> str | None:
        """Return why it can never succeed."""
        if isinstance(self.value, float) and not math.isfinite(self.value):
            return f"{self.key} = {self.value}"
        devices = self.core.getLoadedDevices()
        if self.device not in devices:
            return f"there is no device {self.device!r}; {did_you_mean(self.device, devices)}"
        names = self.core.getDevicePropertyNames(self.device)
        if self.name not in names:
            return f"{self.device} has no property {self.name!r}; {did_you_mean(self.name, names)}"
        allowed = self.core.getAllowedPropertyValues(self.device, self.name)
        if allowed and not any(same_value(str(self.value), each) for each in allowed):
            return f"{self.key} can't be {self.value!r}; {did_you_mean(str(self.value), allowed)}"
        return None

    def make(self) -> None:
        """Set the property."""
        self.core.setProperty(self.device, self.name, self.value)

    def check(self) -> str | None:
        """Return the property, if it is not what was asked for."""
        actual = self.core.getProperty(self.device, self.name)
        return None if same_value(actual, self.value) else f"{self.key} is {actual!r}"


@dataclass
class Turn:
    """An objective in place, by its name."""

    core: CMMCorePlus
    value: str
    device: str
    at_z_um: float | None
    """Where the focus drive is sent before, so that nothing is touched."""
    wait: Callable[[Iterable[str]], None]
    """Waits until devices are at rest."""
    key: str = "objective"

    def __post_init__(self) -> None:
        self.devices = (self.device,)

    def refuse(self) -> str | None:
        """Return nothing: that the profile declares it was checked when it was loaded."""
        return None

    def make(self) -> None:
        """Turn the turret, with the focus drive where it may turn; returns when it has.

        Raises
        ------
        SettingError
            If the focus drive doesn't go there.
        """
        if self.check() is None:
            return
        focus = self.core.getFocusDevice()
        if self.at_z_um is not None and focus:
            self.core.setPosition(focus, self.at_z_um)
            self.wait((focus,))
            if abs((z_um := self.core.getPosition(focus)) - self.at_z_um) > _CLEAR_UM:
                what = f"{focus} is at {z_um:g} µm, not at {self.at_z_um:g}, where {self.device}"
                raise SettingError(f"{what} may turn.")
        self.core.setStateLabel(self.device, self.value)
        self.wait(self.devices)

    def check(self) -> str | None:
        """Return the objective that is in place, if it is another one."""
        actual = self.core.getStateLabel(self.device)
        return None if actual == self.value else f"the objective is {actual!r}, not {self.value!r}"


@dataclass
class Region:
    """Region of the camera that is read out."""

    core: CMMCorePlus
    value: tuple[int, int, int, int]
    sensor_px: tuple[int, int]
    key: str = "roi"
    devices: tuple[str, ...] = ()

    def refuse(self) -> str | None:
        """Return why it can never succeed; some cameras accept a region beyond their sensor."""
        left, top, width, height = self.value
        fits = left >= 0 and top >= 0 and width > 0 and height > 0
        fits = fits and left + width <= self.sensor_px[0] and top + height <= self.sensor_px[1]
        return None if fits else f"the region {self.value} is not on the sensor {self.sensor_px}"

    def make(self) -> None:
        """Set the region; it counts from the full sensor."""
        self.core.clearROI()
        self.core.setROI(*self.value)

    def check(self) -> str | None:
        """Return the region, if it is not what was asked for."""
        actual = tuple(self.core.getROI())
        return None if actual == self.value else f"the region is {actual}, not {self.value}"


@dataclass
class Mask:
    """Picture on a spatial light modulator; shown when the frame is exposed."""

    core: CMMCorePlus
    image: SLMImage
    device: str
    key: str = "slm"
    devices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.pixels = np.asarray(np.asarray(self.image), order="C")
        self.value = (self.device, self.pixels.shape, zlib.crc32(self.pixels.tobytes()))

    def refuse(self) -> str | None:
        """Return why it can never succeed; some drivers keep the old mask silently."""
        if not self.device:
            return "there is no spatial light modulator"
        if self.pixels.ndim == 0:
            return None
        height, width = self.core.getSLMHeight(self.device), self.core.getSLMWidth(self.device)
        if self.pixels.shape[:2] == (height, width):
            return None
        return f"the mask is {self.pixels.shape} but {self.device} has {(height, width)} pixels"

    def make(self) -> None:
        """Load the mask."""
        pixels = self.pixels
        if pixels.dtype == bool:
            pixels = pixels.astype(np.uint8) * np.uint8(255)
        if pixels.ndim == 0:
            self.core.setSLMPixelsTo(self.device, int(pixels.item()))
        else:
            self.core.setSLMImage(self.device, pixels)
        if self.image.exposure:
            self.core.setSLMExposure(self.device, self.image.exposure)

    def check(self) -> str | None:
        """Return nothing: what a modulator shows can't be read back."""
        return None


def same_value(actual: object, wanted: object) -> bool:
    """Return whether two property values mean the same: as text, or as numbers.

    Parameters
    ----------
    actual, wanted : object
        Micro-Manager reads back ``"5.0000"`` for a property that was set to ``5``. Whole
        numbers must be the same, others within what their text holds.
    """
    if str(actual) == str(wanted):
        return True
    try:
        if str(actual).lstrip("-").isdigit() and str(wanted).lstrip("-").isdigit():
            return int(str(actual)) == int(str(wanted))
        return math.isclose(float(str(actual)), float(str(wanted)), rel_tol=1e-4, abs_tol=1e-6)
    except ValueError:
        return False
