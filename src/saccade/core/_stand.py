"""The microscope that a run stands before, as everybody may know it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._modulator import Modulator


@dataclass(frozen=True, slots=True)
class LightSource:
    """A light source as the profile declares it."""

    name: str
    power_mw: float
    """Power at the sample, in mW."""
    area_cm2: float
    """Illuminated area at the sample, in cm²."""
    channels: tuple[str, ...] = ()
    """Presets that light it; empty means every one."""

    def lights(self, channel: str | None) -> bool:
        """Return whether this source is lit in a channel."""
        return not self.channels or (channel is not None and channel in self.channels)


@dataclass(frozen=True, slots=True)
class Span:
    """A closed range of allowed values; NaN is in none."""

    low: float
    high: float

    def __contains__(self, value: object) -> bool:
        return isinstance(value, (int, float)) and self.low <= value <= self.high

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}"


@dataclass(frozen=True, slots=True)
class Stand:
    """What guards, detectors and checks need to know of a microscope."""

    name: str
    lights: tuple[LightSource, ...] = ()
    limits: Mapping[str, Span] = field(default_factory=dict)
    """By ``x_um``, ``y_um``, ``z_um``, ``exposure_ms``."""
    channel_group: str | None = None
    channels: tuple[str, ...] = ()
    exposure_ms: float = 10.0
    channel: str | None = None
    """Exposure and channel that hold where an event names none."""
    shape_px: tuple[int, int] = (0, 0)
    """Height and width of a full frame."""
    dtype: str = "uint16"
    pixel_size_um: float = 1.0
    pixel_size_known: bool = True
    """Whether it was calibrated, or recorded; where it wasn't, 1 µm is a stopgap."""
    has_xy: bool = True
    has_z: bool = True
    modifiable: tuple[str, ...] | None = None
    """What a protocol may change: ``xy``, ``z``, ``channel``, ...; None is everything."""
    tries: int = 1
    """How often it exposes for one picture at most, if the camera fails."""
    streams: bool = True
    """Whether its camera can run by itself, as the mode ``stream`` wants it."""
    modulator: Modulator | None = None
    """The light modulator, if there is one."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """Versions, devices and presets, for ``run.json``."""
