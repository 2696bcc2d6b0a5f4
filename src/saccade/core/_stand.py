"""The microscope that a run stands before, as everybody may know it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._dimmer import Dimmer
    from ._modulator import Modulator
    from ._objectives import Turret


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
    dimmer: Dimmer | None = None
    """What its power is set by, if the profile says so; else it always gives the same."""

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
    dark_within_s: float = 0.0
    """How long light may shine in vain, at most, if something hangs: until it is put out."""
    streams: bool = True
    """Whether its camera can run by itself, as the mode ``stream`` wants it."""
    modulator: Modulator | None = None
    """The light modulator, if there is one."""
    turret: Turret | None = None
    """The objectives, if the profile declares any."""
    cameras: tuple[str, ...] = ()
    """Cameras that expose together, in the order of their pictures; empty if there is one."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """Versions, devices and presets, for ``run.json``."""

    def under(self, objective: str | None) -> Stand:
        """Return the microscope as it is with another objective in place.

        Parameters
        ----------
        objective : str or None
            Its name; one that isn't declared, or None, changes nothing.
        """
        turret = self.turret
        new = None if turret is None else turret.find(objective)
        if turret is None or new is None or new.name == turret.current:
            return self
        old = turret.find(turret.current)
        # The present size is that of a camera that may be binned.
        times = new.pixel_size_um / old.pixel_size_um if old is not None else None
        size_um = new.pixel_size_um if times is None else self.pixel_size_um * times
        return replace(
            self,
            pixel_size_um=size_um,
            pixel_size_known=True,
            turret=replace(turret, current=new.name),
        )

    def measured(self, objective: str | None = None) -> tuple[LightSource, ...]:
        """Return the light sources as they are with an objective.

        What was not measured with it is as bright as with the reference objective; brighter, as
        its field is smaller, where its pixels are smaller. Nothing is taken to be less bright
        than it was measured.

        Parameters
        ----------
        objective : str or None
            Its name; None is the present one.
        """
        turret = self.turret
        mine = None if turret is None else turret.find(objective or turret.current)
        if turret is None or mine is None:
            return self.lights
        reference = turret.find(turret.reference) or mine
        share = min(1.0, (mine.pixel_size_um / reference.pixel_size_um) ** 2)
        return tuple(
            replace(source, power_mw=own.power_mw, area_cm2=own.area_cm2)
            if (own := mine.lights.get(source.name)) is not None
            else replace(source, area_cm2=source.area_cm2 * share)
            for source in self.lights
        )

    def sources(self, channel: str | None, objective: str | None = None) -> list[LightSource]:
        """Return the light sources that are lit in a channel, as they are with an objective.

        Parameters
        ----------
        channel : str or None
            Name of the preset.
        objective : str or None
            As in `measured`.
        """
        return [source for source in self.measured(objective) if source.lights(channel)]
