"""The UniMMCore of a playback."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mm_test_adapters import device_adapter_path
from pymmcore_plus.experimental.unicore import UniMMCore

from saccade.core import SnapError

from ._camera import PlaybackCamera
from ._stages import PlaybackChannels, PlaybackXY, PlaybackZ, nearest

if TYPE_CHECKING:
    from saccade.core import Clock

    from ._pace import Place, Projector

CAMERA, XY, Z, CHANNELS = "Playback", "XY", "Z", "Channels"
GROUP = "Channel"


class PlaybackCore(UniMMCore):
    """A core whose only devices are those of a recording.

    Parameters
    ----------
    projector : Projector
        The recording at its pace.
    spacing_um : float
        Distance along x between two recorded positions.
    clock : Clock
        What moves and exposures are timed by.
    move_ms : float
        How long a move takes.
    expose : bool
        Whether an exposure takes time.
    """

    def __init__(
        self, projector: Projector, spacing_um: float, clock: Clock, move_ms: float, expose: bool
    ) -> None:
        super().__init__(mm_path=str(device_adapter_path()))
        recording = projector.recording
        self.projector = projector
        xy, z = PlaybackXY(clock, move_ms), PlaybackZ(clock, move_ms)
        wheel = PlaybackChannels(recording.channels)

        def where() -> Place:
            x_um, _ = xy.get_position_um()
            position = nearest(x_um, spacing_um, recording.sizes["P"])
            plane = nearest(z.get_position_um(), recording.z_step_um, recording.sizes["Z"])
            return position, wheel.get_state(), plane

        self._camera = PlaybackCamera(projector, where, clock if expose else None)
        devices = {CAMERA: self._camera, XY: xy, Z: z, CHANNELS: wheel}
        for label, device in devices.items():
            self.loadPyDevice(label, device)
            self.initializeDevice(label)
        self._assign_roles()

    def _assign_roles(self) -> None:
        recording = self.projector.recording
        self.setCameraDevice(CAMERA)
        self.setXYStageDevice(XY)
        self.setFocusDevice(Z)
        for name in recording.channels:
            self.defineConfig(GROUP, name, CHANNELS, "Label", name)
        self.setChannelGroup(GROUP)
        self.setAutoShutter(False)  # there is none, and the stock engine would close it
        self.setConfig(GROUP, recording.channels[0])
        self.definePixelSizeConfig("Recorded")
        if recording.pixel_size_known:
            pixel_um = recording.pixel_size_um
            self.setPixelSizeUm("Recorded", pixel_um)
            self.setPixelSizeAffine("Recorded", (pixel_um, 0.0, 0.0, 0.0, pixel_um, 0.0))
        self.updateSystemStateCache()

    def _do_snap_image(self) -> None:
        # UniMMCore would go on to hand out the picture before a failed one.
        self._current_image_buffer = None
        super()._do_snap_image()
        if self._current_image_buffer is None:
            raise self._camera.failure or SnapError("The playback camera gave no picture.")

    def _stop_acquisition_thread(self, timeout: float | None = 2) -> None:
        # UniMMCore would wait for the exposure, and let go of the thread after two seconds.
        with self._camera.cutting():
            super()._stop_acquisition_thread(timeout)
