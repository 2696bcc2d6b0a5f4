"""A microscope behind Micro-Manager, as a run needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from useq import SLMImage

from saccade.core import HungError, ProfileError, RealClock, ScopeError, Span, Stand
from saccade.sim import detach_at_exit
from saccade.supervise import Plan

from ._before import Before
from ._bootstrap import logs_into
from ._dimmers import standing_lights
from ._engine import StrictEngine
from ._label import Labels
from ._manners import Manners
from ._modulator import modulator_of
from ._presets import channel_parts, preset_parts
from ._runner import strict_runner
from ._safe import Safety
from ._shield import Shield
from ._turret import Revolver, standing
from ._vigil import Side, Vigil, Watched, hung, within

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pymmcore_plus import CMMCorePlus

    from saccade.core import Clock, LightSource, Modulator, Pulse, Source, Turret
    from saccade.sim.world import World

_GRACE_S = 0.025
"""How long after an exposure that is over a stop may take effect."""


class MicroManagerScope:
    """A loaded `CMMCorePlus` with all that a profile says about it.

    Parameters
    ----------
    core : CMMCorePlus
        Configured and ready. Its runner is made a strict one.
    name : str
        What people call it.
    lights : tuple of LightSource
        Power and area at the sample.
    limits : mapping of str to Span
        By ``x_um``, ``y_um``, ``z_um``, ``exposure_ms``.
    modifiable : tuple of str, optional
        What a protocol may change; by default everything.
    manners : Manners
        How strict the engine is.
    recorded : tuple of (device, property)
        What goes into every frame's label besides.
    safe_settings : sequence of (device, property, value)
        What SAFE means here, besides shutters, stages and sequences.
    details : mapping
        Kept in ``run.json``.
    clock : Clock, optional
        What the microscope, and hence a run on it, waits on; by default real time.
    supervision : Plan, optional
        How an unattended run on it is supervised; by default without a path to the light.
    streams : bool
        Whether the camera can run by itself.
    modulator : Modulator, optional
        The light modulator; by default that of the core, if it has one, never calibrated.
    turret : Turret, optional
        The objectives; without them, coordinates are those of the stage.

    Raises
    ------
    ProfileError
        If there is no camera, one that gives colour, or several that don't fit together.
    """

    def __init__(
        self,
        core: CMMCorePlus,
        name: str = "scope",
        *,
        lights: tuple[LightSource, ...] = (),
        limits: Mapping[str, Span] | None = None,
        modifiable: tuple[str, ...] | None = None,
        manners: Manners | None = None,
        recorded: tuple[tuple[str, str], ...] = (),
        safe_settings: Sequence[tuple[str, str, str]] = (),
        details: Mapping[str, Any] | None = None,
        clock: Clock | None = None,
        supervision: Plan | None = None,
        streams: bool = True,
        modulator: Modulator | None = None,
        turret: Turret | None = None,
    ) -> None:
        _refuse_unusable(core)
        self.core = core
        self.name = name
        self.clock: Clock = clock or RealClock()
        self.supervision = supervision or Plan()
        self._lights = lights
        self._streams = streams
        self._limits = dict(limits or {})
        self._modifiable = modifiable
        self._manners = manners or Manners()
        self._recorded = recorded
        self._details = dict(details or {})
        self._modulator = modulator or modulator_of(core)
        self._turret = turret
        self._runner = strict_runner(core)
        self._safety = Safety(core, safe_settings, self.clock)
        self._before: Before | None = None
        self._shield: Shield | None = None
        self._engine: StrictEngine | None = None
        self._changed: dict[tuple[str, str], str] = {}
        self._player: Side | None = None
        self._vigil: Vigil | None = None
        self.not_put_back: list[str] = []
        """What the last run changed and could not put back."""
        detach_at_exit(core)

    @property
    def world(self) -> World | None:
        """The truth behind a simulated microscope, as it is now; None behind any other."""
        return getattr(self.core, "world", None)

    @property
    def _is_hung(self) -> bool:
        """Whether a thread that was given up waits still."""
        given_up = self._vigil is not None and self._vigil.cut
        return given_up and self._player is not None and not self._player.done.is_set()

    def stand(self) -> Stand:
        """Return what is known of the microscope, without moving anything.

        Raises
        ------
        HungError
            If it does not answer.
        """
        return within(self._manners.arm_s, "what it is", self._stand)

    def _stand(self) -> Stand:
        core = self.core
        group = core.getChannelGroup()
        return Stand(
            name=self.name,
            lights=standing_lights(core, self._lights),
            limits=self._limits,
            channel_group=group or None,
            channels=tuple(core.getAvailableConfigs(group)) if group else (),
            exposure_ms=core.getExposure(),
            channel=(core.getCurrentConfig(group) or None) if group else None,
            shape_px=(core.getImageHeight(), core.getImageWidth()),
            dtype=f"uint{8 * core.getBytesPerPixel()}",
            pixel_size_um=core.getPixelSizeUm() or 1.0,
            pixel_size_known=core.getPixelSizeUm() > 0,
            has_xy=bool(core.getXYStageDevice()),
            has_z=bool(core.getFocusDevice()),
            modifiable=self._modifiable,
            tries=self._manners.snap_retries + 1,
            dark_within_s=self._manners.dark_within_s,
            streams=self._streams and not cameras_of(core),
            cameras=cameras_of(core),
            modulator=self._modulator,
            turret=standing(core, self._turret),
            details={
                **_versions(core),
                **self._details,
                "turning_presets": _turning(core, self._turret),
                "light_path": str(self.supervision) if self.supervision.acts else None,
            },
        )

    def hold(self, owner: str) -> None:
        """Take the microscope for one run, and remember how it was found."""
        if self._is_hung:
            raise hung("the run before waits still")
        self._runner.own(owner)
        try:
            self._before = within(
                self._manners.arm_s, "how it stands", lambda: Before.of(self.core)
            )
            self._shield = Shield(self.core, self._runner.complain)
        except BaseException:
            self._runner.disown()
            raise

    def play(self, source: Source, folder: Path | None = None) -> None:
        """Acquire what the source yields until it ends; the calling thread waits for that.

        Parameters
        ----------
        source : Source
            Gives orders, receives frames and gaps.
        folder : Path, optional
            Where pymmcore-plus logs its warnings meanwhile.

        Raises
        ------
        ScopeError
            If somebody ended the acquisition in passing by.
        HungError
            If the microscope did not answer in time; it is SAFE, as far as it can be.
        """
        if self._before is None:
            raise ScopeError("The scope is not held.", "Call hold() before play().")
        self._vigil = vigil = Vigil(self._manners.call_s)
        modulator = self._modulator
        rest = None if modulator is None else SLMImage(data=np.uint8(modulator.rest))
        self._safety.begin(rest)
        try:
            # A call that never returns keeps its thread; the run must not be kept with it.
            self._player = Side(lambda: self._acquire(source, folder, vigil), "saccade-scope")
            vigil.wait(self._player.done)
            self._player.answer()
        except HungError as error:
            self._safety.make()
            for gap in [] if self._engine is None else self._engine.given_up(error.what):
                source.missed(gap)
            if self._engine is not None:
                self._engine.cut_off()
            raise
        finally:
            if self._engine is not None:
                self._engine.close()
            self._safety.end()

    def _acquire(self, source: Source, folder: Path | None, vigil: Vigil) -> None:
        watched = Watched(source, vigil)
        vigil.beat("how it stands", self._manners.arm_s)
        try:
            if self.core.isSequenceRunning():  # a live view, which a change of region would upset
                self.core.stopSequenceAcquisition()
                watched.noted("interference", {"text": "A live view was running and was stopped."})
            vigil.beat("how it stands", self._manners.arm_s)
            labels = Labels(
                *(self.core, self._lights, self._recorded, self._turret), cameras_of(self.core)
            )
            parts = self._manners, watched, self._safety, self.clock, vigil
            if self._engine is not None:  # a run that ends plays once more, to put things back
                self._changed = {**self._engine.changed, **self._changed}
            self._engine = engine = StrictEngine(self.core, labels, *parts)
            with logs_into(folder), self._runner.playing(engine, source, self.abort):
                self._runner.run(engine.events())
        finally:
            if vigil.cut:  # it has answered after all, and may have opened a shutter
                self._safety.make()
        if not engine.exhausted and not source.stopping():
            raise ScopeError(
                "The acquisition was ended by another program.", "Start the run again."
            )

    def rest(self, until_ns: int) -> None:
        """Learn that nothing comes before a time; light is not left on for so long.

        Parameters
        ----------
        until_ns : int
            On the microscope's clock.
        """
        if self._engine is not None:
            self._engine.rest(until_ns)

    def report_to(self, pulse: Pulse | None) -> None:
        """Tell a supervisor, from now on, when light may be on; None is nobody.

        Parameters
        ----------
        pulse : Pulse or None
            Before `play`, or after it.
        """
        self._safety.pulse = pulse

    def abort(self) -> None:
        """See to it that the microscope is SAFE soon, now that a stop was asked for.

        Every wait of the engine ends by itself. But the run's thread may be with a listener,
        a detector or a disk that is slow: then the microscope is idle, and made SAFE at once.
        Or a camera may hang: then it is made SAFE when the exposure should have been over.
        """
        engine = self._engine
        if engine is None:
            return
        if engine.at_work:
            self._safety.soon(engine.exposure_ms / 1e3 + _GRACE_S)
        else:
            self._safety.make_if_playing()

    def safe(self) -> Mapping[str, str]:
        """Bring the microscope to SAFE; never raises."""
        return self._safety.make()

    def release(self) -> None:
        """Put back what the run changed, and let others have the microscope."""
        before, self._before = self._before, None
        engine, self._engine = self._engine, None
        changed = {**({} if engine is None else engine.changed), **self._changed}
        self._changed = {}
        if before is not None:
            self.not_put_back = self._put_back(before, changed)
        if self._shield is not None:
            self._shield.lower()
            self._shield = None
        self._runner.disown()

    def _put_back(self, before: Before, changed: Mapping[tuple[str, str], str]) -> list[str]:
        if self._is_hung:
            return ["anything, because it does not answer"]
        leave, revolver = self._safety.switched, Revolver(self.core, self._turret)
        try:
            return within(
                self._manners.arm_s,
                "to put back what was changed",
                lambda: before.put_back(self.core, changed, leave, revolver),
            )
        except HungError as error:
            return [error.what]


def _refuse_unusable(core: CMMCorePlus) -> None:
    if not core.getCameraDevice():
        raise ProfileError("There is no camera.", "Name one in the profile's roles.")
    if core.getNumberOfCameraChannels() < 1:
        raise ProfileError(
            f"{core.getCameraDevice()} has no cameras behind it.", "Name them as roles.cameras."
        )
    if cameras_of(core) and core.getBytesPerPixel() == 0:
        raise ProfileError(
            f"The cameras {', '.join(cameras_of(core))} give pixels of different types.",
            "Set their PixelType alike in the profile's settings.",
        )
    if core.getNumberOfComponents() != 1 or core.getBytesPerPixel() not in (1, 2, 4):
        raise ProfileError(
            "The camera gives colour pictures, which no detector here can read.",
            "Set its PixelType to 8bit or 16bit in the profile's settings.",
        )


def cameras_of(core: CMMCorePlus) -> tuple[str, ...]:
    """Return the names of cameras that expose together, as Micro-Manager's Multi Camera lets them.

    Parameters
    ----------
    core : CMMCorePlus
        The microscope.

    Returns
    -------
    tuple of str
        In the order of their pictures; empty where there is only one.
    """
    count = core.getNumberOfCameraChannels()
    return tuple(map(core.getCameraChannelName, range(count))) if count > 1 else ()


def _preset_properties(core: CMMCorePlus) -> list[str]:
    """Return what any channel sets, ``Device.Property``."""
    return sorted({f"{each.device}.{each.property}" for each in channel_parts(core)})


def _turning(core: CMMCorePlus, turret: Turret | None) -> dict[str, list[str]]:
    """Return by group the presets that would turn the turret, whose objectives are declared."""
    if turret is None:
        return {}
    found: dict[str, dict[str, None]] = {}
    for each in preset_parts(core):
        if each.device == turret.device:
            found.setdefault(each.group, {})[each.preset] = None
    return {group: list(presets) for group, presets in found.items()}


def _versions(core: CMMCorePlus) -> dict[str, Any]:
    return {
        "core": core.getVersionInfo(),
        "device_interface": core.getAPIVersionInfo(),
        "camera": core.getCameraDevice(),
        "xy": core.getXYStageDevice(),
        "z": core.getFocusDevice(),
        "shutter": core.getShutterDevice(),
        "groups": {
            group: list(core.getAvailableConfigs(group))
            for group in core.getAvailableConfigGroups()
        },
        "preset_properties": _preset_properties(core),
        "devices": {
            label: core.getDeviceLibrary(label) + ":" + core.getDeviceName(label)
            for label in core.getLoadedDevices()
            if label != "Core"
        },
    }
