"""From a name, a profile or a recording to a microscope that is ready to run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from saccade.core import ProfileError, ProtocolError, RecordingError, did_you_mean
from saccade.supervise import Switch

from ._bootstrap import import_quietly
from ._cfg import read_cfg
from ._manners import Manners
from ._modulator import modulator_of
from ._profile import Profile, builtin_profile, load_profile
from ._turret import turret_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymmcore_plus import CMMCorePlus

    from saccade.core import Modulator

    from ._cfg import Cfg
    from ._scope import MicroManagerScope

_PLAYBACK = "playback:"
_OPTIONS = ("pace", "interval_s")
_SIM = "sim:"
_SIM_OPTIONS = ("seed", "clock")
_PLACE, _NOBODY = "Physical Camera ", "Undefined"
"""As the Multi Camera of Micro-Manager calls its cameras, and none."""


def load(name: str | Path, *, sim: Mapping[str, Any] | None = None) -> MicroManagerScope:
    """Return the microscope of a name, a profile file, a recording or a simulation.

    Parameters
    ----------
    name : str or Path
        ``demo``, the path of a profile (``hardware_configs/*.yaml``);
        ``playback:PATH`` for a recording served as if a camera took it, then
        ``?pace=real`` plays it at its own pace and ``&interval_s=7`` tells its interval; or
        ``sim:beads`` for a virtual microscope with a specimen, then ``?seed=3`` chooses which
        and ``&clock=virtual`` lets time pass only where somebody waits.
    sim : mapping, optional
        Settings of a simulation, see `saccade.sim.devices.Simulation`; they go before those
        of a profile, and not before those of the name. Other microscopes have no use for them.

    Raises
    ------
    ProfileError
        If the profile or the hardware that it names can't be used.
    RecordingError
        If the recording can't be.
    ProtocolError
        If the simulation can't be.
    """
    import_quietly()
    text = str(name)
    if text.startswith(_PLAYBACK):
        return _load_playback(text.removeprefix(_PLAYBACK))
    if text.startswith(_SIM):
        return _load_sim(text, sim or {})
    path = Path(text)
    if path.suffix.lower() == ".cfg":
        raise ProfileError(
            f"{text} says nothing of limits and light.",
            "Write a profile beside it, as hardware_configs/template.yaml shows, and name that.",
        )
    profile = load_profile(path if path.suffix else builtin_profile(text))
    if profile.sim is not None:
        return _simulated(profile.sim.model_dump(exclude_unset=True), sim or {}, profile=profile)
    return _from_profile(profile)


def _from_profile(profile: Profile) -> MicroManagerScope:
    cfg = read_cfg(profile.config_file())
    core = _core(profile, cfg)
    try:
        _configure(core, profile)
    except Exception as error:
        _unload(core, error)
        raise
    return _scope(core, profile)


def _unload(core: CMMCorePlus, error: Exception) -> None:
    """Let go of what was loaded before an error; what can't be, is a note to it."""
    try:
        core.unloadAllDevices()
    except RuntimeError as another:  # a device that was never initialized, told before
        error.add_note(f"not all devices could be unloaded: {another}")


def _core(profile: Profile, cfg: Cfg) -> CMMCorePlus:
    """Return an empty core; one that knows Python devices only for those who allowed some."""
    if not cfg.modules:
        from pymmcore_plus import CMMCorePlus

        return CMMCorePlus(mm_path=str(profile.adapters()))
    from pymmcore_plus.experimental.unicore import UniMMCore

    from saccade.sim import detach_at_exit

    core = UniMMCore(mm_path=str(profile.adapters()))
    detach_at_exit(core)
    # It would import a module of the name of an adapter that isn't there.
    known = core.getDeviceAdapterNames()
    for library in sorted(cfg.libraries.difference(known)):
        raise ProfileError(
            f"There is no device adapter {library!r} in {profile.adapters()}.",
            did_you_mean(library, known),
        )
    return core


def _scope(core: CMMCorePlus, profile: Profile) -> MicroManagerScope:
    from ._scope import MicroManagerScope

    return MicroManagerScope(
        core,
        profile.name,
        lights=profile.light_sources(),
        limits=profile.spans(),
        modifiable=profile.modifiable,
        manners=profile.manners(),
        recorded=profile.recorded(),
        safe_settings=profile.safe_settings(),
        details={"profile": profile.model_dump(mode="json")},
        supervision=profile.supervision(),
        modulator=_modulator(core, profile),
        turret=None if profile.objectives is None else turret_of(core, profile.objectives),
    )


def _modulator(core: CMMCorePlus, profile: Profile) -> Modulator | None:
    """Return the light modulator that a profile describes, open or dark as it says."""
    given = profile.modulator
    if given is None:
        return None
    if given.device is not None:
        _require(core, given.device)
        core.setSLMDevice(given.device)
    modulator = modulator_of(core, given)
    if modulator is not None:  # nobody knows what it shows
        core.setSLMPixelsTo(modulator.device, modulator.rest)
        core.displaySLMImage(modulator.device)
    return modulator


def _configure(core: CMMCorePlus, profile: Profile) -> None:
    config = profile.config_file()
    try:
        core.loadSystemConfiguration(str(config))
    except Exception as error:
        raise ProfileError(
            f"Micro-Manager could not load {config}: {' '.join(str(error).split())}",
            "Check that the devices are on and that the adapters match this pymmcore.",
        ) from error
    _settle(core, profile)


def _settle(core: CMMCorePlus, profile: Profile) -> None:
    """Set up a core as a profile says, and refuse a profile that does not fit it."""
    _assign_roles(core, profile)
    if profile.focus_direction is not None and (drive := core.getFocusDevice()):
        core.setFocusDirection(drive, profile.focus_direction)
    for setting in profile.settings:
        _require(core, setting.device, setting.property)
        core.setProperty(setting.device, setting.property, setting.value)
    dimmers = (each.dimmer for each in profile.light_sources())
    for dimmer in [each for each in dimmers if each is not None]:
        _require(core, dimmer.device, dimmer.property)
    for device, name in profile.recorded():
        _require(core, device, name)
    for device, name, _ in profile.safe_settings():
        _require(core, device, name)


def _assign_roles(core: CMMCorePlus, profile: Profile) -> None:
    roles = profile.roles
    setters = {
        "camera": core.setCameraDevice,
        "xy": core.setXYStageDevice,
        "z": core.setFocusDevice,
        "shutter": core.setShutterDevice,
        "autofocus": core.setAutoFocusDevice,
    }
    for role, set_device in setters.items():
        if device := getattr(roles, role):
            _require(core, device)
            set_device(device)
    if roles.cameras is not None:
        _combine(core, roles.cameras)
    if roles.channel_group:
        groups = core.getAvailableConfigGroups()
        if roles.channel_group not in groups:
            raise ProfileError(
                f"There is no configuration group {roles.channel_group!r}.",
                did_you_mean(roles.channel_group, groups),
            )
        core.setChannelGroup(roles.channel_group)


def _combine(core: CMMCorePlus, cameras: tuple[str, ...]) -> None:
    """Let several cameras expose together, behind a Multi Camera in the role of the camera."""
    device = core.getCameraDevice()
    places = [name for name in core.getDevicePropertyNames(device) if name.startswith(_PLACE)]
    if len(places) < len(cameras):
        raise ProfileError(
            f"{device!r} can't expose {len(cameras)} cameras together.",
            "Name a Multi Camera, of the adapter Utilities, as roles.camera.",
        )
    for camera in cameras:
        _require(core, camera)
        if camera not in (known := core.getAllowedPropertyValues(device, places[0])):
            hint = did_you_mean(camera, known)
            raise ProfileError(f"{camera!r} is no camera that {device!r} can expose.", hint)
    for place in reversed(places):
        core.setProperty(device, place, _NOBODY)
    for place, camera in zip(places, cameras, strict=False):
        core.setProperty(device, place, camera)


def _require(core: CMMCorePlus, device: str, name: str | None = None) -> None:
    devices = core.getLoadedDevices()
    if device not in devices:
        raise ProfileError(
            f"The profile names the device {device!r}, which isn't there.",
            did_you_mean(device, devices),
        )
    if name is not None and not core.hasProperty(device, name):
        raise ProfileError(
            f"{device} has no property {name!r}.",
            did_you_mean(name, core.getDevicePropertyNames(device)),
        )


def _load_playback(text: str) -> MicroManagerScope:
    from saccade.sim import open_recording, playback_core

    from ._scope import MicroManagerScope

    path, _, query = text.partition("?")
    recording = open_recording(Path(path))
    core = playback_core(recording, **_playback_options(query))
    details = {"recording": path, "sizes": dict(recording.sizes), "notes": list(recording.notes)}
    return MicroManagerScope(
        core,
        f"playback of {Path(path).name}",
        manners=Manners(repeats=True),
        recorded=(("Playback", "Frame"),),
        details=details,
        streams=False,
    )


def _playback_options(query: str) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key not in _OPTIONS:
            raise RecordingError(f"A playback has no option {key!r}.", did_you_mean(key, _OPTIONS))
        options[key] = value
    if "interval_s" in options:
        try:
            options["interval_s"] = float(options["interval_s"])
        except ValueError:
            raise RecordingError(
                f"interval_s={options['interval_s']} is not a number.", "Give seconds."
            ) from None
    return options


def _load_sim(text: str, sim: Mapping[str, Any]) -> MicroManagerScope:
    name, _, query = text.removeprefix(_SIM).partition("?")
    if sim.get("use") not in (None, name):
        raise ProtocolError(
            f"The scope is {text!r}, but sim.use is {sim['use']!r}.", "Leave sim.use out."
        )
    return _simulated(sim, {"use": name, **_sim_options(query)})


def _sim_options(query: str) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key not in _SIM_OPTIONS:
            hint = f"{did_you_mean(key, _SIM_OPTIONS)} All others stand under sim: in a protocol."
            raise ProtocolError(f"A simulation has no option {key!r}.", hint)
        if key == "seed" and not value.isdecimal():
            raise ProtocolError(f"seed={value} is no whole number.", "Give 0 or more.")
        options[key] = int(value) if key == "seed" else value
    return options


def _simulated(*settings: Mapping[str, Any], profile: Profile | None = None) -> MicroManagerScope:
    """Return a virtual microscope; what a profile says besides holds for it as for any other."""
    from saccade.sim.devices import simulate, simulation_of

    from ._scope import MicroManagerScope

    made = simulate(simulation_of(*settings))
    if profile is None:
        return MicroManagerScope(
            made.core,
            made.name,
            lights=made.lights,
            limits=made.limits,
            details=made.details,
            clock=made.clock,
            modulator=made.modulator,
            turret=made.turret,
        )
    _settle(made.core, profile)
    if profile.supervisor is not None and profile.supervisor.switch is not None:
        made.core.obey(_switch(profile.supervisor.switch))
    return MicroManagerScope(
        made.core,
        profile.name,
        lights=profile.light_sources() or made.lights,
        limits={**made.limits, **profile.spans()},
        modifiable=profile.modifiable,
        manners=profile.manners(),
        recorded=profile.recorded(),
        safe_settings=profile.safe_settings(),
        details={**made.details, "profile": profile.model_dump(mode="json")},
        clock=made.clock,
        supervision=profile.supervision(),
        modulator=_modulator(made.core, profile) or made.modulator,
        turret=made.turret,
    )


def _switch(path: Path) -> Switch:
    try:
        switch = Switch(path)
    except OSError as error:
        raise ProfileError(
            f"{path} can't be the light's switch: {error.strerror or error}.",
            "Name a file that isn't there yet, in a folder where you may write.",
        ) from error
    switch.gate = True  # as when a stand is switched on; an emergency before may have closed it
    return switch
