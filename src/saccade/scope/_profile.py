"""Scope profiles: what a Micro-Manager configuration file does not say of a stand."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from saccade.core import (
    TOLD,
    FileModel,
    LightSource,
    ProfileError,
    Span,
    did_you_mean,
    fit,
    read_yaml,
)
from saccade.supervise import Plan

from ._adapters import ADAPTERS, adapters_shipped, is_trusted
from ._bootstrap import import_quietly
from ._cfg import read_cfg
from ._manners import Manners
from ._ports import refuse_shared_ports
from ._profile_fields import (
    DEMO,
    Changeable,
    Dotted,
    Light,
    LightModulator,
    Limits,
    MicroManager,
    Name,
    Objectives,
    PropertyValue,
    Retries,
    Roles,
    Simulated,
    Supervised,
    Timeouts,
    Tolerances,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEMO_CFG = "MMConfig_demo.cfg"
_README = "hardware_configs/README.md says what each field means."


class Profile(FileModel):
    """A scope profile, as its file says it.

    The fields are described in ``hardware_configs/README.md``.
    """

    name: Name
    micromanager: MicroManager | None = None
    sim: Simulated | None = None
    roles: Roles = Roles()
    settings: tuple[PropertyValue, ...] = ()
    focus_direction: Literal[-1, 1] | None = None
    lights: tuple[Light, ...] = ()
    limits: Limits = Limits()
    tolerances: Tolerances = Tolerances()
    timeouts: Timeouts = Timeouts()
    retries: Retries = Retries()
    record_properties: tuple[Dotted, ...] = ()
    modifiable: tuple[Changeable, ...] | None = None
    safe: tuple[PropertyValue, ...] = ()
    modulator: LightModulator | None = None
    objectives: Objectives | None = None
    supervisor: Supervised | None = None
    repeats: bool = False

    @model_validator(mode="after")
    def _one_microscope(self) -> Self:
        if self.micromanager is None and self.sim is None:
            raise PydanticCustomError(
                TOLD, "micromanager is missing; or sim, for a virtual microscope"
            )
        if self.micromanager is not None and self.sim is not None:
            raise PydanticCustomError(TOLD, "it has both micromanager and sim; leave one out")
        return self

    @model_validator(mode="after")
    def _switch_of_a_simulation(self) -> Self:
        if self.sim is None and self.supervisor is not None and self.supervisor.switch:
            raise PydanticCustomError(
                TOLD, "supervisor.switch is for a virtual microscope; hardware needs cfg"
            )
        return self

    @model_validator(mode="after")
    def _lights_differ(self) -> Self:
        names = [light.name for light in self.lights]
        for name in names:
            if names.count(name) > 1:
                raise PydanticCustomError(TOLD, "there are two lights {name}", {"name": repr(name)})
        return self

    @model_validator(mode="after")
    def _objectives_fit(self) -> Self:
        if self.sim is not None and self.objectives is not None:
            raise PydanticCustomError(
                TOLD, "objectives are measured at hardware; a simulation has sim.objectives"
            )
        known = [light.name for light in self.lights]
        given = {} if self.objectives is None else self.objectives.labels
        for name, each in given.items():
            for light in each.lights:
                if light not in known:
                    told = {"name": repr(name), "light": repr(light)}
                    text = "the objective {name} has a light {light}, which is none of lights. "
                    raise PydanticCustomError(TOLD, text + did_you_mean(light, known), told)
        return self

    @model_validator(mode="after")
    def _turns_within_limits(self) -> Self:
        at_um = None if self.objectives is None else self.objectives.turn_at_z_um
        low_um, high_um = self.limits.z_um or (-math.inf, math.inf)
        if at_um is not None and not low_um <= at_um <= high_um:
            raise PydanticCustomError(
                TOLD, "objectives.turn_at_z_um is {at}, outside limits.z_um", {"at": f"{at_um:g}"}
            )
        return self

    @property
    def _hardware(self) -> MicroManager:
        if self.micromanager is None:
            raise ProfileError(f"{self.name} is a simulation: it has no configuration file.")
        return self.micromanager

    def config_file(self) -> Path:
        """Return the Micro-Manager configuration file.

        Raises
        ------
        ProfileError
            If it isn't there.
        """
        cfg = self._hardware.cfg
        if str(cfg) == DEMO:
            cfg = adapters_shipped() / _DEMO_CFG
        # Not of pathlib, which raises where a name is longer than any can be.
        if not os.path.isfile(cfg):
            folder = cfg.parent
            beside = [each.name for each in folder.glob("*.cfg")] if os.path.isdir(folder) else []
            hint = did_you_mean(cfg.name, beside) if beside else "Check micromanager.cfg."
            raise ProfileError(f"There is no Micro-Manager configuration {cfg}.", hint)
        return cfg

    def adapters(self) -> Path:
        """Return the folder of the device adapters.

        Raises
        ------
        ProfileError
            If it isn't there.
        """
        folder = self._hardware.adapters
        if folder is None and str(self._hardware.cfg) == DEMO:
            folder = adapters_shipped()
        if folder is None:
            import_quietly()
            from pymmcore_plus import find_micromanager

            folder = Path(find_micromanager() or "adapters of Micro-Manager")
        if not os.path.isdir(folder):
            raise ProfileError(
                f"There is no folder {folder}.",
                "Set micromanager.adapters to the folder of the device adapters.",
            )
        if self._hardware.adapters is not None and not is_trusted(folder):
            raise ProfileError(
                f"{folder} is no place where Micro-Manager is installed: its device adapters "
                "are programs.",
                f"If they are yours, name the folder in the environment variable {ADAPTERS}.",
            )
        return folder

    def supervision(self) -> Plan:
        """Return how an unattended run is supervised.

        Raises
        ------
        ProfileError
            If the supervisor's own configuration isn't there, or shares a port with that of
            the run.
        """
        given = self.supervisor
        if given is None:
            return Plan()
        if given.switch is not None:
            return Plan({"use": "switch", "file": str(given.switch.absolute())}, given.limit_ms)
        if given.cfg is None:
            return Plan(limit_ms=given.limit_ms)
        # As if the run itself were to load it: what holds for one configuration holds for both.
        own = MicroManager.model_construct(cfg=given.cfg, adapters=given.adapters)
        files = self.model_copy(update={"micromanager": own, "sim": None})
        cfg, inherits = files.config_file(), given.adapters is None and self.sim is None
        if read_cfg(cfg).modules:
            raise ProfileError(f"{cfg} loads Python devices, which the supervisor does not.")
        if self.micromanager is not None:
            refuse_shared_ports(self.config_file(), cfg)
        path = {
            "use": "core",
            "cfg": str(cfg.absolute()),
            "adapters": str((self if inherits else files).adapters()),
            "dark": _triples(given.dark),
            "open": _triples(given.open),
        }
        return Plan(path, given.limit_ms)

    def light_sources(self) -> tuple[LightSource, ...]:
        """Return the lights in the units that guards use."""
        return tuple(light.source() for light in self.lights)

    def spans(self) -> Mapping[str, Span]:
        """Return the limits by name, ``x_um`` and so on; absent where there is none."""
        return {name: Span(*pair) for name, pair in self.limits if pair is not None}

    def manners(self) -> Manners:
        """Return how strict the engine is to be."""
        retries = {f"{name}_retries": count for name, count in self.retries}
        given = {**dict(self.tolerances), **dict(self.timeouts), **retries}
        given = {name: value for name, value in given.items() if value is not None}
        return Manners(**given, repeats=self.repeats)

    def recorded(self) -> tuple[tuple[str, str], ...]:
        """Return device and property of what goes into every frame's label."""
        return tuple(_pair(each) for each in self.record_properties)

    def safe_settings(self) -> tuple[tuple[str, str, str], ...]:
        """Return device, property and value of what SAFE sets besides closing shutters."""
        return _triples(self.safe)


def load_profile(path: Path | str) -> Profile:
    """Return the profile of a file.

    Parameters
    ----------
    path : Path or str
        A YAML file; paths in it are relative to its folder.

    Raises
    ------
    ProfileError
        If it isn't there, or says something that can't be used.
    """
    path = Path(path)
    document = read_yaml(path, ProfileError, "scope profile")
    folder = {"folder": path.absolute().parent}
    return fit(Profile, document, source=path, raises=ProfileError, do=_README, context=folder)


def builtin_profile(name: str) -> Path:
    """Return the file of a profile that comes with Saccade.

    Parameters
    ----------
    name : str
        Such as ``demo``.

    Raises
    ------
    ProfileError
        If there is none of that name.
    """
    here = Path(__file__).resolve()
    # An installed package has them inside; a working copy, beside src.
    folders = (here.parent / "profiles", here.parents[3] / "hardware_configs")
    known = {each.stem: each for folder in reversed(folders) for each in folder.glob("*.yaml")}
    known.pop("template", None)
    if name not in known:
        raise ProfileError(
            f"There is no built-in scope {name!r}.",
            f"{did_you_mean(name, known)} A profile of your own is named with its .yaml.",
        )
    return known[name]


def _triples(settings: tuple[PropertyValue, ...]) -> tuple[tuple[str, str, str], ...]:
    return tuple((each.device, each.property, each.value) for each in settings)


def _pair(dotted: str) -> tuple[str, str]:
    device, _, name = dotted.partition(".")
    return device, name
