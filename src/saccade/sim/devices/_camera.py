"""The Python camera in front of a world."""

from __future__ import annotations

import math
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from pymmcore_plus.experimental.unicore import CameraDevice

from saccade.core import SaccadeError, SnapError
from saccade.sim.playback import reentrant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import DTypeLike

    from saccade.core import Clock
    from saccade.sim.world import Counts, Sensor, View

    from ._scene import Scene

BINNINGS = (1, 2, 4)


class Sight(Protocol):
    """What a camera needs of the devices around it."""

    def view(self, t_ns: int) -> View:
        """Return what it looks at, at a time since the last change."""

    def exposed(self) -> None:
        """Do at once what follows on the last exposure, such as closing the shutter."""


class Shot(NamedTuple):
    """An exposure that is over."""

    number: int
    end_ns: int
    view: View
    exposure_ms: float


class SimCamera(CameraDevice):
    """A camera with binning and a region, whose exposures and readouts take their time.

    Parameters
    ----------
    scene : Scene
        What it looks at.
    sensor : Sensor
        Its type and its readout; the world's own.
    sensor_px : tuple of int
        Height and width.
    clock : Clock
        What exposures are waited for on.
    """

    failure: SaccadeError | None = None
    """Why the last exposure gave no picture."""
    next_ns = 0
    """When the next picture of a sequence will be there."""
    _there_ns = 0

    def __init__(
        self, scene: Scene, sensor: Sensor, sensor_px: tuple[int, int], clock: Clock
    ) -> None:
        super().__init__()
        reentrant(self)
        self._scene, self._sensor, self._clock = scene, sensor, clock
        self._sensor_px = sensor_px
        self._exposure_ms = 20.0
        self._binning = 1
        self._roi: tuple[int, int, int, int] | None = None
        self._cut = threading.Event()
        self.sight: Sight | None = None
        self.set_property_allowed_values("Binning", BINNINGS)

    # ------------------------------------------------------------------------------ settings

    @property
    def full_px(self) -> tuple[int, int]:
        """Height and width of the whole sensor, binned."""
        return self._sensor_px[0] // self._binning, self._sensor_px[1] // self._binning

    @property
    def region(self) -> tuple[int, int, int, int] | None:
        """Left, top, width and height of what is read out; None is the whole sensor."""
        return self._roi

    def shape(self) -> tuple[int, int]:
        """Return height and width of the pictures."""
        return self.full_px if self._roi is None else (self._roi[3], self._roi[2])

    def dtype(self) -> DTypeLike:
        """Return the type of the counts."""
        return self._sensor.dtype

    def get_exposure(self) -> float:
        """Return the exposure time in ms."""
        return self._exposure_ms

    def set_exposure(self, exposure: float) -> None:
        """Set the exposure time in ms."""
        if not (math.isfinite(exposure) and exposure > 0):
            raise ValueError(f"An exposure of {exposure} ms is impossible.")
        self._exposure_ms = float(exposure)

    def get_binning(self) -> int:
        """Return how many pixels of the sensor make one, along each side."""
        return self._binning

    def set_binning(self, value: int) -> None:
        """Bin; the region is the whole sensor then."""
        if int(value) not in BINNINGS:
            raise ValueError(f"Pixels can't be binned by {value}; {BINNINGS} are possible.")
        self._scene.changing()
        self._binning, self._roi = int(value), None

    def get_readout_time(self) -> float:
        """Return how long the readout takes, in ms; it grows with the height of the region."""
        return self._sensor.readout_ms * self.shape()[0] / self.full_px[0]

    def get_roi(self) -> tuple[int, int, int, int]:
        """Return left, top, width and height of what is read out."""
        height, width = self.full_px
        return (0, 0, width, height) if self._roi is None else self._roi

    def set_roi(self, x: int, y: int, width: int, height: int) -> None:
        """Read out a region only."""
        full_height, full_width = self.full_px
        if min(x, y) < 0 or min(width, height) < 1:
            raise ValueError(f"A region of {(x, y, width, height)} is impossible.")
        if x + width > full_width or y + height > full_height:
            raise ValueError(f"{(x, y, width, height)} is not on the sensor.")
        self._scene.changing()
        self._roi = int(x), int(y), int(width), int(height)

    def clear_roi(self) -> None:
        """Read out the whole sensor."""
        self._scene.changing()
        self._roi = None

    # ----------------------------------------------------------------------------- exposures

    def start_sequence(
        self,
        n: int | None,
        get_buffer: Callable[[Sequence[int], DTypeLike], np.ndarray[Any, Any]],
    ) -> Iterator[Mapping[str, Any]]:
        """Return an iterator of pictures; an exposure runs while the one before is read out.

        It raises nothing, as the thread of a sequence would only print it: why it stopped
        short is in `failure`.
        """
        self.failure = None
        begin_ns = self._clock.now_ns()
        self.next_ns = self._there_after(begin_ns)
        return self._pictures(n, get_buffer, begin_ns)

    def _pictures(
        self,
        n: int | None,
        get_buffer: Callable[[Sequence[int], DTypeLike], np.ndarray[Any, Any]],
        begin_ns: int,
    ) -> Iterator[Mapping[str, Any]]:
        taken = 0
        while n is None or taken < n:
            taken += 1
            try:
                shot = self._expose(begin_ns)
                if taken == n and self.sight is not None:
                    self.sight.exposed()
                buffer = get_buffer(self.shape(), self.dtype())
                buffer[:] = self.read_out(shot)
            except SaccadeError as error:
                self.failure = error
                return
            begin_ns = max(shot.end_ns, begin_ns + round(self.get_readout_time() * 1e6))
            if not self._clock.lockstep:
                begin_ns = max(begin_ns, self._clock.now_ns())
            self.next_ns = self._there_after(begin_ns)
            yield {}

    def expose(self) -> Shot:
        """Expose once, from now on.

        Raises
        ------
        SnapError
            If the exposure was cut short.
        """
        return self._expose(self._clock.now_ns())

    def read_out(self, shot: Shot) -> Counts:
        """Return the picture of an exposure; at once, see `wait_for_readout`."""
        return self._scene.picture(shot.number, shot.view, shot.exposure_ms)

    def drop(self, shot: Shot) -> None:
        """Let nobody see the picture of an exposure."""
        self._scene.forget(shot.number)

    def wait_for_readout(self) -> None:
        """Wait until the picture that was taken last is there."""
        self._clock.wait_until(self._there_ns, self._cut)

    @contextmanager
    def cutting(self) -> Iterator[None]:
        """Cut exposures short for a while; any thread may do so."""
        self._cut.set()
        try:
            yield
        finally:
            self._cut.clear()

    def _there_after(self, begin_ns: int) -> int:
        return begin_ns + round((self._exposure_ms + self.get_readout_time()) * 1e6)

    def _expose(self, begin_ns: int) -> Shot:
        assert self.sight is not None  # noqa: S101 - the core has put it there
        number = self._scene.open(begin_ns)
        end_ns = begin_ns + round(self._exposure_ms * 1e6)
        view = self.sight.view(begin_ns)
        if self._clock.wait_until(end_ns, self._cut):
            self._scene.close(min(end_ns, max(begin_ns, self._clock.now_ns())))
            self._scene.forget(number)
            raise SnapError("The exposure was cut short, because a stop was asked for.")
        self._scene.close(end_ns)
        self._there_ns = self._there_after(begin_ns)
        return Shot(number, end_ns, view, self._exposure_ms)
