"""What can be set of a simulation, in a protocol or a profile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from saccade.core import FileModel, ProtocolError, fit

Settings: TypeAlias = dict[str, Any]
"""Arguments of a class, by name; it checks them itself."""

Positive: TypeAlias = Annotated[float, Field(gt=0, le=1e9)]
Side: TypeAlias = Annotated[int, Field(ge=8, le=8192)]

_DO = "hardware_configs/README.md says what can be set of a simulation."


class LightSettings(FileModel):
    """A light source: power at the sample, and the area that it illuminates."""

    power_mw: Annotated[float, Field(ge=0, le=1e6)] | None = None
    area_cm2: Positive | None = None


class ObjectiveSettings(FileModel):
    """An objective: what is left out is as the simulation's own."""

    pixel_size_um: Positive | None = None
    na: Annotated[float, Field(gt=0, le=2)] | None = None
    index: Annotated[float, Field(ge=1, le=2)] | None = None
    offset_um: tuple[float, float, float] = (0.0, 0.0, 0.0)


class Simulation(FileModel):
    """A virtual microscope and what lies on it; what is left out fits the specimen.

    Attributes
    ----------
    use : str or None
        Name of the specimen; needed unless the scope, ``sim:beads``, says it.
    seed : int
        Of everything that is random. The same seed, protocol and program, in virtual time,
        give the same run.
    clock : {'real', 'virtual'}
        Whether time passes by itself, or only when somebody waits.
    specimen, optics, sensor, drift, mechanics : dict
        Settings of the specimen, and of `Optics`, `Sensor`, `Drift` and `Mechanics`.
    background : float or None
        As in `Imaging`.
    sensor_px : tuple of int
        Height and width of the camera.
    pixel_size_um : float or None
        At the sample.
    objectives : dict
        On a turret, by name; the first is in place, and its offset is 0.
    lights : dict
        By channel.
    artefacts : tuple of dict
        What goes wrong with the picture: ``kind``, and the settings of that kind.
    faults : tuple of dict
        What goes wrong with the devices: arguments of `saccade.testing.Fault`.
    """

    use: Annotated[str, Field(min_length=1, max_length=120)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**53)] = 0
    clock: Literal["real", "virtual"] = "real"
    specimen: Settings = Field(default_factory=dict)
    optics: Settings = Field(default_factory=dict)
    sensor: Settings = Field(default_factory=dict)
    drift: Settings = Field(default_factory=dict)
    mechanics: Settings = Field(default_factory=dict)
    background: Annotated[float, Field(ge=0)] | None = None
    sensor_px: tuple[Side, Side] = (512, 512)
    pixel_size_um: Positive | None = None
    objectives: dict[str, ObjectiveSettings] = Field(default_factory=dict, max_length=20)
    lights: dict[str, LightSettings] = Field(default_factory=dict)
    artefacts: tuple[Settings, ...] = ()
    faults: tuple[Settings, ...] = ()

    @model_validator(mode="after")
    def _first_is_reference(self) -> Self:
        first = next(iter(self.objectives.values()), None)
        if first is not None and any(first.offset_um):
            raise ValueError("the first objective is the reference: its offset_um is 0")
        return self

    @model_validator(mode="after")
    def _bin_evenly(self) -> Self:
        if any(side % 4 for side in self.sensor_px):
            raise ValueError("a side of sensor_px must be a multiple of 4, to be binned")
        return self


def simulation_of(*documents: Mapping[str, Any], source: object = "sim") -> Simulation:
    """Return the settings of a simulation from plain data.

    Parameters
    ----------
    documents : mapping
        Later ones go before earlier ones, setting by setting.
    source : object
        Where they come from, for messages.

    Raises
    ------
    ProtocolError
        If they say something that can't be used.
    """
    document: dict[str, Any] = {}
    for each in documents:
        document = _merged(document, each)
    return fit(Simulation, document, source=source, raises=ProtocolError, do=_DO)


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    both = {**below, **above}
    for name, value in above.items():
        if isinstance(value, Mapping) and isinstance(below.get(name), Mapping):
            both[name] = _merged(below[name], value)
    return both
