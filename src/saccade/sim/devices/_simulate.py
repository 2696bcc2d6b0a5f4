"""From settings to a virtual microscope over a new world."""

from __future__ import annotations

import inspect
import math
import os
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from saccade.core import (
    Dimmer,
    Lamp,
    LightSource,
    Modulator,
    Objective,
    ProtocolError,
    RealClock,
    Span,
    Turret,
    VirtualClock,
    did_you_mean,
    plain,
)
from saccade.sim.artefacts import ARTEFACTS, make_artefact
from saccade.sim.playback import detach_at_exit
from saccade.sim.specimens import SPECIMENS, make_specimen
from saccade.sim.world import Drift, Imaging, Optics, Sensor, World

from ._mechanics import Mechanics
from ._view import ONLY, SLM, TURRET, Glass, source_label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from saccade.core import Clock
    from saccade.sim.world import Artefact, Channel, Specimen

    from ._core import SimCore
    from ._settings import LightSettings, Simulation

Made = TypeVar("Made")

_FINE = frozenset({"mitochondria", "bacteria"})
"""Specimens that are looked at with 0.1 µm a pixel; all others with 0.325."""
_FINE_OPTICS = {"na": 1.4, "index": 1.518, "haze_um": 4.0}
_W_PER_CM2 = 1.0
"""Of exciting light: common for sCMOS cameras and exposures of tens of milliseconds."""
_TRANSMITTED_W_PER_CM2 = 0.1
_LIT = 1.25
"""Side of the illuminated square, in units of the sensor's."""
_EXPOSURES_MS = Span(0.1, 10_000.0)
_CAMERA_KEY = 0x5EED


@dataclass(frozen=True)
class Simulated:
    """A virtual microscope, ready for a scope."""

    name: str
    core: SimCore
    clock: Clock
    lights: tuple[LightSource, ...]
    limits: Mapping[str, Span]
    modulator: Modulator
    """As it is: a virtual one needs no calibration."""
    details: Mapping[str, Any]
    """Every setting as resolved, seeds included."""
    turret: Turret | None = None
    """The objectives, as they are, if there are several."""


def simulate(settings: Simulation) -> Simulated:
    """Return a virtual microscope over a new world.

    Parameters
    ----------
    settings : Simulation
        With the name of the specimen in ``use``.

    Raises
    ------
    ProtocolError
        If there is no such specimen or setting, or a value is impossible.
    """
    world, pixel_size_um = _world(settings), _pixel_size_um(settings)
    mechanics = _made(Mechanics, settings.mechanics, "mechanics")
    lights = _lights(settings, world.specimen, pixel_size_um)
    glass = _glass(settings, world.imaging.optics, pixel_size_um)
    clock = VirtualClock(lockstep=True) if settings.clock == "virtual" else RealClock()
    # Else the signals of a core follow Qt to its thread, if Qt happens to be imported.
    os.environ.setdefault("PYMM_SIGNALS_BACKEND", "psygnal")
    from ._core import SimCore

    core = SimCore(
        world,
        clock,
        lights,
        mechanics=mechanics,
        sensor_px=settings.sensor_px,
        glass=glass,
    )
    detach_at_exit(core)
    core.fail(settings.faults)
    details = {
        "sim": plain(_resolved(settings, world, mechanics, lights)),
        "camera_seed": world.imaging.seed,
        "slm_to_camera": core.slm_to_camera,
    }
    limits = _limits(world.specimen, mechanics)
    modulator = Modulator(SLM, mechanics.slm_px, core.slm_to_camera, settings.sensor_px[::-1])
    known = f"sim:{settings.use}", core, clock, lights, limits, modulator, details
    return Simulated(*known, _turret(glass, lights))


def _glass(settings: Simulation, optics: Optics, pixel_size_um: float) -> dict[str, Glass]:
    """Return the objectives, the one in place first; a square as wide as its sensor is lit."""
    if not settings.objectives:
        return {ONLY: Glass(pixel_size_um)}
    made = {}
    for name, each in settings.objectives.items():
        size_um = each.pixel_size_um or pixel_size_um
        own = {"na": each.na or optics.na, "index": each.index or optics.index}
        area = (size_um / pixel_size_um) ** 2
        made[name] = Glass(size_um, each.offset_um, replace(optics, **own), area)
    return made


def _turret(glass: Mapping[str, Glass], lights: Sequence[LightSource]) -> Turret | None:
    """Return what a profile would say of the objectives if everything had been measured."""
    if ONLY in glass:
        return None
    objectives = tuple(
        Objective(
            name,
            each.pixel_size_um,
            each.offset_um,
            {light.name: Lamp(light.power_mw, light.area_cm2 * each.area) for light in lights},
        )
        for name, each in glass.items()
    )
    return Turret(TURRET, objectives, None, objectives[0].name)


def _world(settings: Simulation) -> World:
    if settings.use is None:
        raise ProtocolError("A simulation needs a specimen.", f"Known: {', '.join(SPECIMENS)}.")
    specimen = _specimen(settings.use, settings)
    artefacts = [_artefact(settings, place) for place in range(len(settings.artefacts))]
    return World(specimen, _imaging(settings), artefacts)


def _pixel_size_um(settings: Simulation) -> float:
    return settings.pixel_size_um or (0.1 if settings.use in _FINE else 0.325)


def _resolved(
    settings: Simulation,
    world: World,
    mechanics: Mechanics,
    lights: Sequence[LightSource],
) -> dict[str, Any]:
    """Return settings that give the same microscope again, defaults written out."""
    imaging = world.imaging
    return {
        **settings.model_dump(mode="json"),
        "specimen": _arguments(settings),
        **{name: asdict(getattr(imaging, name)) for name in ("optics", "sensor", "drift")},
        "background": imaging.background,
        "mechanics": asdict(mechanics),
        "pixel_size_um": _pixel_size_um(settings),
        "lights": {
            each.name: {"power_mw": each.power_mw, "area_cm2": each.area_cm2} for each in lights
        },
        "artefacts": [_settings_of(each) for each in world.artefacts],
    }


def _settings_of(artefact: Artefact) -> dict[str, Any]:
    settings = {"kind": artefact.kind, **asdict(artefact)}  # type: ignore[call-overload]
    # No file can hold an infinite number: what is left out never ends.
    return {name: value for name, value in settings.items() if value != math.inf}


def _specimen(name: str, settings: Simulation) -> Specimen:
    try:
        return make_specimen(name, settings.seed, _tuples(settings.specimen))
    except TypeError as error:
        raise _misfit(f"sim.specimen: {name}", error) from error


def _artefact(simulation: Simulation, place: int) -> Artefact:
    # Two of a kind must differ, and those of another seed from these.
    settings = {"seed": simulation.seed + place, **_tuples(simulation.artefacts[place])}
    kind = settings.pop("kind", None)
    if not isinstance(kind, str):
        hint = f"Known: {', '.join(ARTEFACTS)}."
        raise ProtocolError(f"sim.artefacts.{place} does not say its kind.", hint)
    try:
        return make_artefact(kind, settings)
    except TypeError as error:
        raise _misfit(f"sim.artefacts.{place}: {kind}", error) from error


def _imaging(settings: Simulation) -> Imaging:
    optics = {**(_FINE_OPTICS if settings.use in _FINE else {}), **settings.optics}
    camera_seed = np.random.SeedSequence([settings.seed, _CAMERA_KEY]).generate_state(1)[0]
    background = {} if settings.background is None else {"background": settings.background}
    return Imaging(
        optics=_made(Optics, optics, "optics"),
        sensor=_made(Sensor, settings.sensor, "sensor"),
        drift=_made(Drift, settings.drift, "drift"),
        seed=int(camera_seed),
        **background,
    )


def _lights(
    settings: Simulation, specimen: Specimen, pixel_size_um: float
) -> tuple[LightSource, ...]:
    for name in settings.lights:
        if name not in specimen.channels:
            raise ProtocolError(
                f"sim.lights: {specimen.name} has no channel {name!r}.",
                did_you_mean(name, specimen.channels),
            )
    side_cm = _LIT * max(settings.sensor_px) * pixel_size_um * 1e-4
    return tuple(
        _light(channel, settings.lights.get(name), side_cm**2)
        for name, channel in specimen.channels.items()
    )


def _light(channel: Channel, given: LightSettings | None, area_cm2: float) -> LightSource:
    if given is not None and given.area_cm2 is not None:
        area_cm2 = given.area_cm2
    w_per_cm2 = _TRANSMITTED_W_PER_CM2 if channel.transmitted else _W_PER_CM2
    power_mw = w_per_cm2 * area_cm2 * 1e3
    if given is not None and given.power_mw is not None:
        power_mw = given.power_mw
    dimmer = Dimmer(source_label(channel.name), "Power", 100.0)
    return LightSource(channel.name, power_mw, area_cm2, (channel.name,), dimmer)


def _limits(specimen: Specimen, mechanics: Mechanics) -> dict[str, Span]:
    """Return where the stage may go: on the specimen, as far as it reaches."""
    low, high = mechanics.xy_travel_um
    x_um, y_um = (
        Span(max(-side / 2, low), min(side / 2, high)) for side in map(float, specimen.size_um)
    )
    return {
        "x_um": x_um,
        "y_um": y_um,
        "z_um": Span(*mechanics.z_travel_um),
        "exposure_ms": _EXPOSURES_MS,
    }


def _made(kind: type[Made], given: Mapping[str, Any], where: str) -> Made:
    known = [each.name for each in fields(kind)]  # type: ignore[arg-type]
    for key in given:
        if key not in known:
            raise ProtocolError(f"sim.{where} has no setting {key!r}.", did_you_mean(key, known))
    try:
        return kind(**_tuples(given))
    except TypeError as error:
        raise _misfit(f"sim.{where}", error) from error


def _misfit(what: str, error: TypeError) -> ProtocolError:
    return ProtocolError(f"{what} can't be made: {error}.", "A value is of the wrong type.")


def _tuples(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments as Python has them: a file knows only lists."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}


def _arguments(settings: Simulation) -> dict[str, Any]:
    """Return the specimen's own settings, defaults written out."""
    parameters = inspect.signature(SPECIMENS[settings.use or ""]).parameters
    defaults = {
        name: each.default
        for name, each in parameters.items()
        if name != "seed" and each.default is not inspect.Parameter.empty
    }
    return {**defaults, **settings.specimen}
