"""The UniMMCore of a virtual microscope."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any

from mm_test_adapters import device_adapter_path
from pymmcore_plus.experimental.unicore import UniMMCore

from saccade.testing import Faults

from ._camera import Shot, SimCamera
from ._faulty import make_faulty, planned
from ._lights import SimLight, SimShutter, SimWheel
from ._motion import xy_motion, z_motion
from ._scene import Scene
from ._slm import SimSlm, slm_to_camera
from ._stages import SimOffset, SimXY, SimZ
from ._steps import Steps
from ._view import CAMERA, ONLY, SHUTTER, SLM, TURRET, WHEEL, XY, Devices, Glass, Z, source_label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import DTypeLike
    from pymmcore_plus.experimental.unicore import CameraDevice

    from saccade.core import Clock, LightSource
    from saccade.sim.world import World
    from saccade.supervise import Switch

    from ._mechanics import Mechanics

GROUP = "Channel"
_POLL_S = 5e-4
_BUFFER_MB = 256


class SimCore(UniMMCore):
    """A core whose only devices are those of a virtual microscope over one world.

    Devices: ``Camera``, stages ``XY``, ``Z`` and ``Autofocus Offset``, ``Shutter``,
    ``Filter Wheel``, ``SLM``, ``Objective`` if there are several, and for each channel a source,
    ``FITC Light`` and so on; the group ``Channel`` has a preset for each.

    Parameters
    ----------
    world : World
        Nobody else may let it live on.
    clock : Clock
        What everything is timed by. In lockstep, whoever waits for a device is in the same
        thread as the device.
    lights : sequence of LightSource
        One a channel of the world's specimen, in its order: power at 100 %, and area.
    mechanics : Mechanics
        How fast and how exactly it does what it is told.
    sensor_px : tuple of int
        Height and width of the camera.
    glass : mapping of str to Glass
        The objectives, by name; the first is in place. One alone is on no turret.
    """

    def __init__(
        self,
        world: World,
        clock: Clock,
        lights: Sequence[LightSource],
        *,
        mechanics: Mechanics,
        sensor_px: tuple[int, int],
        glass: Mapping[str, Glass],
    ) -> None:
        super().__init__(mm_path=str(device_adapter_path()))
        self.clock = clock
        self.scene = Scene(world, clock)
        self.slm_to_camera = slm_to_camera(mechanics, sensor_px)
        self._parts = _devices(self, world, lights, mechanics, sensor_px, glass)
        for label, device in self._parts.by_label().items():
            self.loadPyDevice(label, device)
            self.initializeDevice(label)
        self._camera = self._parts.camera
        self._shot: Shot | None = None
        self._face(self._parts)
        self._assign_roles([light.name for light in lights], glass)

    @property
    def world(self) -> World:
        """The truth, as it is now."""
        return self.scene.world

    @cached_property
    def faults(self) -> Faults:
        """What goes wrong with the devices; more can be planned at any time."""
        faults = Faults()
        make_faulty(self._parts.by_label(), faults, self.clock)
        return faults

    def fail(self, given: Sequence[Mapping[str, Any]]) -> None:
        """Plan faults of the devices; raises a `ProtocolError` if there are no such.

        Parameters
        ----------
        given : sequence of mapping
            Arguments of `saccade.testing.Fault`; ``device`` is a label.
        """
        if given:
            self.faults.plan(*planned(given, list(self._parts.by_label())))

    def obey(self, switch: Switch) -> None:
        """Let light reach the sample only while a switch does, and tell it when there is any.

        Parameters
        ----------
        switch : Switch
            Stands between the shutter and the sample. When its gate moves, light comes or goes
            as of the next change, here or at the camera.
        """

        def tell() -> None:
            lit = any(source.power_mw > 0 for source in self._parts.sources.values())
            switch.shutter = lit and self._parts.shutter.get_open()

        self.scene.changing()
        self._face(replace(self._parts, passes=lambda: switch.gate))
        self._parts.shutter.switched = tell
        for source in self._parts.sources.values():
            source.switched = tell
        tell()

    def _face(self, parts: Devices) -> None:
        """Let camera and scene look at these devices."""
        self._parts = parts
        self._camera.sight = _Sight(self, parts)
        self.scene.stand_before(parts)

    def _assign_roles(self, channels: Sequence[str], glass: Mapping[str, Glass]) -> None:
        self.setCameraDevice(CAMERA)
        self.setCircularBufferMemoryFootprint(_BUFFER_MB)
        self.setXYStageDevice(XY)
        self.setFocusDevice(Z)
        self.setShutterDevice(SHUTTER)
        self.setSLMDevice(SLM)
        for name in channels:
            self.defineConfig(GROUP, name, WHEEL, "Label", name)
            for other in channels:
                self.defineConfig(GROUP, name, source_label(other), "State", int(other == name))
        self.setChannelGroup(GROUP)
        self.setAutoShutter(True)
        self.setConfig(GROUP, channels[0])
        for name, each in glass.items():
            size_um = each.pixel_size_um
            self.definePixelSizeConfig(name)
            self.setPixelSizeUm(name, size_um)
            self.setPixelSizeAffine(name, (size_um, 0.0, 0.0, 0.0, size_um, 0.0))
        self.updateSystemStateCache()

    # ------------------------------------ the pixel size, which the core knows of its own devices

    def getCurrentPixelSizeConfig(self, *_: Any) -> Any:  # noqa: N802 - MMCore's name
        """Return the name of the objective that is in place."""
        return ONLY if self._parts.turret is None else self.getStateLabel(TURRET)

    def getPixelSizeUm(self, *_: Any) -> float:  # noqa: N802 - MMCore's name
        """Return the size of a pixel with that objective, binned."""
        size_um = self.getPixelSizeUmByID(self.getCurrentPixelSizeConfig())
        return float(size_um * self._camera.get_binning())

    def getPixelSizeAffine(self, *_: Any) -> Any:  # noqa: N802 - MMCore's name
        """Return how its pixels lie to the stage."""
        size_um = self.getPixelSizeUm()
        return size_um, 0.0, 0.0, 0.0, size_um, 0.0

    # -------------------------------------------------- properties, as text like any hardware's

    def setProperty(self, label: str, name: str, value: Any, /) -> None:  # noqa: N802 - MMCore's name
        """Set a property; numbers may be text."""
        if isinstance(value, str) and label in self._pydevices:
            kind = self.getPropertyType(label, name).to_python()
            value = kind(float(value)) if kind in (int, float) else value
        super().setProperty(label, name, value)

    def getProperty(self, label: str, name: str, /) -> str:  # noqa: N802 - MMCore's name
        """Return a property as text."""
        return str(super().getProperty(label, name))

    # ------------------------------------------------------------------- waiting, by the clock

    def waitForDevice(self, label: str) -> None:  # noqa: N802 - MMCore's name
        """Wait for a device, on the clock."""
        deadline_ns = self.clock.now_ns() + round(self.getTimeoutMs() * 1e6)
        while self.deviceBusy(label):
            if self.clock.now_ns() > deadline_ns:
                raise TimeoutError(f"{label} is still busy after {self.getTimeoutMs():g} ms.")
            self.clock.nap(_POLL_S)

    def waitForDeviceType(self, devType: int) -> None:  # noqa: N802, N803 - MMCore's names
        """Wait for all devices of a type, on the clock."""
        for label in self._pydevices.get_labels_of_type(devType):
            self.waitForDevice(label)

    # ------------------------------------------------------------------------ single pictures

    def _do_snap_image(self) -> None:
        # UniMMCore would go on to hand out the picture before a failed one.
        self._current_image_buffer = None
        if self._shot is not None:
            self._camera.drop(self._shot)
            self._shot = None
        self.light_up()
        try:
            with self._camera:
                self._shot = self._camera.expose()
        finally:
            self.shut_with_exposure()

    def getCameraChannelName(self, channelNr: int) -> str:  # noqa: N802, N803 - MMCore's names
        """Return the name of the one channel that the camera has, its own."""
        return CAMERA if channelNr == 0 else ""

    def getImage(self, *args: Any, **options: Any) -> np.ndarray[Any, Any]:  # noqa: N802 - MMCore's name
        """Return the picture that was taken last, once it is read out."""
        if self._shot is not None:
            self._current_image_buffer = self._camera.read_out(self._shot)
            self._shot = None
        self._camera.wait_for_readout()
        return super().getImage(*args, **options)

    def light_up(self) -> None:
        """Open the shutter, if that is the core's business; UniMMCore leaves it closed."""
        if self.getAutoShutter() and self.getShutterDevice() == SHUTTER:
            self._do_shutter_open(SHUTTER, True)
            self.waitForDevice(SHUTTER)

    def shut_with_exposure(self) -> None:
        """Close it again, as if the camera had done it."""
        if self.getAutoShutter() and self.getShutterDevice() == SHUTTER:
            self._parts.shutter.shut_with_exposure()

    # ------------------------------------------------------------------------------ sequences

    def _start_sequence(
        self, cam: CameraDevice, n_images: int | None, stop_on_overflow: bool
    ) -> None:
        self.light_up()
        if not self.clock.lockstep:
            super()._start_sequence(cam, n_images, stop_on_overflow)
            return
        self._stop_event.clear()
        self._seq_buffer.clear()
        self._seq_buffer.overwrite_on_overflow = not stop_on_overflow
        numbers = count()

        def buffer(shape: Sequence[int], dtype: DTypeLike) -> np.ndarray[Any, Any]:
            return self._seq_buffer.acquire_slot(shape, dtype)

        def keep(metadata: Mapping[str, Any]) -> None:
            self._seq_buffer.finalize_slot({**metadata, "ImageNumber": str(next(numbers))})

        pictures = self._camera.start_sequence(n_images, buffer)
        self._acquisition_thread = Steps(self._camera, pictures, n_images, keep, self.clock)  # type: ignore[assignment]

    def _stop_acquisition_thread(self, timeout: float | None = 2) -> None:
        # UniMMCore would wait for the exposure, and let go of the thread after two seconds.
        running = self._acquisition_thread is not None
        with self._camera.cutting():
            super()._stop_acquisition_thread(timeout)
        if running and self.getAutoShutter() and self.getShutterDevice() == SHUTTER:
            self._do_shutter_open(SHUTTER, False)

    def _step(self) -> None:
        if isinstance(self._acquisition_thread, Steps):
            self._acquisition_thread.step()

    def getRemainingImageCount(self) -> int:  # noqa: N802 - MMCore's name
        """Return how many pictures of a sequence wait to be fetched."""
        self._step()
        return super().getRemainingImageCount()

    def isSequenceRunning(self, *args: Any) -> bool:  # noqa: N802 - MMCore's name
        """Return whether a sequence is under way."""
        self._step()
        return super().isSequenceRunning(*args)

    def getLastImage(self, **options: Any) -> np.ndarray[Any, Any]:  # noqa: N802 - MMCore's name
        """Return the newest picture of a sequence."""
        self._step()
        return super().getLastImage(**options)


class _Sight:
    """What the camera sees of the other devices."""

    def __init__(self, core: SimCore, devices: Devices) -> None:
        self.view = devices.view
        self.exposed = core.shut_with_exposure


def _devices(
    core: SimCore,
    world: World,
    lights: Sequence[LightSource],
    mechanics: Mechanics,
    sensor_px: tuple[int, int],
    glass: Mapping[str, Glass],
) -> Devices:
    clock, changing = core.clock, core.scene.changing
    channels = [light.name for light in lights]
    return Devices(
        camera=SimCamera(core.scene, world.imaging.sensor, sensor_px, clock),
        xy=SimXY(xy_motion(clock, changing, mechanics)),
        z=SimZ(z_motion(clock, changing, mechanics)),
        offset=SimOffset(z_motion(clock, changing, mechanics), changing),
        shutter=SimShutter(clock, changing, mechanics.shutter_ms),
        wheel=SimWheel(channels, clock, changing, mechanics.wheel_ms),
        slm=SimSlm(mechanics.slm_px, core.slm_to_camera, clock, changing),
        sources={light.name: SimLight(light.power_mw, changing) for light in lights},
        areas_cm2={light.name: light.area_cm2 for light in lights},
        glass=glass,
        turret=None
        if ONLY in glass
        else SimWheel(list(glass), clock, changing, mechanics.turret_ms),
        drift=world.imaging.drift,
        start_ns=clock.now_ns(),
    )
