"""The entries of a scope profile, each with the values that make sense."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Self, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from saccade.core import TOLD, Dimmer, FileModel, Lamp, LightSource, level_of
from saccade.sim.devices import Simulation
from saccade.supervise import LIMIT_MS

DEMO = "demo"
"""In place of a path: the configuration that comes with mm-test-adapters."""

_WORDS = ("xy", "z", "channel", "exposure", "roi", "mask", "objective", "light", "properties")


def _changeable(word: str) -> str:
    """Return a word for what may be changed: one of those known, or a single property."""
    device, dot, name = word.partition(".")
    if word not in _WORDS and not (device and dot and name):
        raise PydanticCustomError(
            "changeable",
            "{word} is none of {words}, nor a property, as in Pump.State",
            {"word": repr(word[:80]), "words": ", ".join(_WORDS)},
        )
    return word


Changeable: TypeAlias = Annotated[str, AfterValidator(_changeable)]


def _as_text(value: object) -> object:
    """Return what Micro-Manager would read for a value that YAML took for a number."""
    if isinstance(value, bool):
        return str(int(value))
    return str(value) if isinstance(value, (int, float)) else value


def _ascending(pair: tuple[float, float]) -> tuple[float, float]:
    if pair[0] > pair[1]:
        raise PydanticCustomError(
            "order", "low {low} is above high {high}", {"low": pair[0], "high": pair[1]}
        )
    return pair


def _above_zero(pair: tuple[float, float]) -> tuple[float, float]:
    if pair[0] <= 0:
        raise PydanticCustomError("order", "an exposure of {low} ms is none", {"low": pair[0]})
    return pair


def _beside(value: Path, info: ValidationInfo) -> Path:
    """Return a path as seen from the folder of the profile."""
    folder: Path = (info.context or {}).get("folder", Path())
    # Not of pathlib, which raises where there is no such user.
    return value if str(value) == DEMO else folder / os.path.expanduser(value)


def _only_a_name(value: object) -> object:
    """Refuse a path: a profile may not say where on the disk something is written."""
    if isinstance(value, str) and (Path(value).name != value or value == DEMO):
        raise PydanticCustomError(TOLD, "{v} is not a mere file name", {"v": repr(value[:80])})
    return value


def _dotted(value: str) -> str:
    if not all(value.partition(".")[::2]):
        raise PydanticCustomError("dotted", "{v} is not Device.Property", {"v": repr(value)})
    return value


Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=120)]
Positive: TypeAlias = Annotated[float, Field(gt=0, le=1e12)]
Seconds: TypeAlias = Annotated[float, Field(gt=0, le=3600)]
Tries: TypeAlias = Annotated[int, Field(ge=0, le=100)]
Range: TypeAlias = Annotated[tuple[float, float], AfterValidator(_ascending)]
Beside: TypeAlias = Annotated[Path, AfterValidator(_beside)]
Simulated: TypeAlias = Simulation
Dotted: TypeAlias = Annotated[str, AfterValidator(_dotted)]


class MicroManager(FileModel):
    """Where the Micro-Manager configuration and its device adapters are."""

    cfg: Beside
    adapters: Beside | None = None


class Roles(FileModel):
    """Which device plays which role, where the configuration file doesn't say."""

    camera: Name | None = None
    cameras: Annotated[tuple[Name, ...], Field(min_length=2, max_length=4)] | None = None
    xy: Name | None = None
    z: Name | None = None
    shutter: Name | None = None
    autofocus: Name | None = None
    channel_group: Name | None = None


class PropertyValue(FileModel):
    """A device property and its value."""

    device: Name
    property: Name
    value: Annotated[str, BeforeValidator(_as_text)]


class Brightness(FileModel):
    """What a light source gives, measured at the sample."""

    power_mw: Positive
    area_mm2: Positive | None = None
    area_um2: Positive | None = None

    @model_validator(mode="after")
    def _one_area(self) -> Self:
        if (self.area_mm2 is None) == (self.area_um2 is None) or self.area_cm2 == 0:
            raise PydanticCustomError(
                TOLD,
                "the light {name}needs its illuminated area once, as area_mm2 or as area_um2",
                {"name": f"{name!r} " if (name := getattr(self, "name", "")) else ""},
            )
        return self

    @property
    def area_cm2(self) -> float:
        """Illuminated area in cm²."""
        return (self.area_mm2 or 0.0) * 1e-2 + (self.area_um2 or 0.0) * 1e-8

    def measured(self) -> Lamp:
        """Return power and area in the units that guards use."""
        return Lamp(self.power_mw, self.area_cm2)


class Light(Brightness):
    """A light source, measured at the sample."""

    name: Name
    channels: tuple[Name, ...] = ()
    measured_at: PropertyValue | None = None

    @model_validator(mode="after")
    def _measured_in_the_light(self) -> Self:
        at = self.measured_at
        if at is not None and not level_of(at.value) > 0:
            raise PydanticCustomError(
                TOLD,
                "the light {name} was measured at {value}, which is no number above 0",
                {"name": repr(self.name), "value": repr(at.value)},
            )
        return self

    def source(self) -> LightSource:
        """Return it as guards know it."""
        at = self.measured_at
        dimmer = None if at is None else Dimmer(at.device, at.property, level_of(at.value))
        return LightSource(self.name, self.power_mw, self.area_cm2, self.channels, dimmer)


class ObjectiveFields(FileModel):
    """An objective, and what is different with it."""

    pixel_size_um: Positive | None = None
    offset_um: tuple[float, float, float] = (0.0, 0.0, 0.0)
    lights: dict[Name, Brightness] = Field(default_factory=dict)


class Objectives(FileModel):
    """The turret, and the objectives that a protocol may ask for."""

    device: Name
    labels: Annotated[dict[Name, ObjectiveFields], Field(min_length=1, max_length=50)]
    turn_at_z_um: float | None = None

    @model_validator(mode="after")
    def _has_reference(self) -> Self:
        if all(any(each.offset_um) for each in self.labels.values()):
            raise PydanticCustomError(
                TOLD, "no objective has the offset 0, so that coordinates are those of none"
            )
        return self


class Limits(FileModel):
    """What the stage and the camera may be asked for."""

    x_um: Range | None = None
    y_um: Range | None = None
    z_um: Range | None = None
    exposure_ms: Annotated[Range, AfterValidator(_above_zero)] | None = None


class Tolerances(FileModel):
    """How far a reading may be from what was asked; see `Manners`."""

    xy_um: Positive | None = None
    z_um: Positive | None = None
    exposure_rel: Annotated[float, Field(gt=0, le=1)] | None = None
    open_ms: Annotated[float, Field(ge=0, le=1e6)] | None = None


class Timeouts(FileModel):
    """How long to wait; see `Manners`."""

    settle_s: Seconds | None = None
    frame_margin_s: Seconds | None = None
    first_frame_s: Seconds | None = None
    call_s: Seconds | None = None
    arm_s: Seconds | None = None


class Retries(FileModel):
    """How often to try again; see `Manners`."""

    setting: Tries | None = None
    snap: Tries | None = None


class LightModulator(FileModel):
    """The light modulator, and where it was found to shine."""

    device: Name | None = None
    calibration: Beside | None = None
    rest: Annotated[int, Field(ge=0, le=255)] = 255


class Supervised(FileModel):
    """How an unattended run is supervised, and the supervisor's own path to the light."""

    limit_ms: Annotated[float, Field(ge=20, le=10_000)] = LIMIT_MS
    switch: Annotated[Beside, BeforeValidator(_only_a_name)] | None = None
    cfg: Beside | None = None
    adapters: Beside | None = None
    dark: tuple[PropertyValue, ...] = ()
    open: tuple[PropertyValue, ...] = ()

    @model_validator(mode="after")
    def _one_path(self) -> Self:
        if self.switch is not None and self.cfg is not None:
            raise PydanticCustomError(TOLD, "it has both switch and cfg; leave one out")
        if self.cfg is not None and not self.dark:
            raise PydanticCustomError(TOLD, "cfg needs dark, what puts the light out")
        if self.cfg is None and (self.dark or self.open or self.adapters):
            raise PydanticCustomError(TOLD, "dark, open and adapters need cfg")
        return self
