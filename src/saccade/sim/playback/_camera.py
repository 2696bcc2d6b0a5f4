"""The Python camera in front of a recording."""

from __future__ import annotations

import math
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pymmcore_plus.experimental.unicore import SimpleCameraDevice, pymm_property

from saccade.core import SaccadeError, SnapError

from ._lock import reentrant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import DTypeLike

    from saccade.core import Clock

    from ._pace import Place, Projector
    from ._pile import Plane


class PlaybackCamera(SimpleCameraDevice):
    """A camera in front of a projector, with a software ROI.

    Parameters
    ----------
    projector : Projector
        What it looks at.
    where : callable
        Returns the place that stages and wheel have selected.
    clock : Clock or None
        What an exposure is waited for on; None to wait for none.
    """

    failure: SaccadeError | None = None
    """Why the last exposure gave no picture."""

    def __init__(
        self, projector: Projector, where: Callable[[], Place], clock: Clock | None
    ) -> None:
        super().__init__()
        reentrant(self)
        self._projector = projector
        self._where = where
        self._clock = clock
        self._exposure_ms = 10.0
        self._cut = threading.Event()

    @pymm_property(name="Frame")
    def _frame(self) -> int:
        return self._projector.time

    @pymm_property(name="Recording")
    def _recording(self) -> str:
        return self._projector.recording.path.name

    def sensor_shape(self) -> tuple[int, int]:
        sizes = self._projector.recording.sizes
        return sizes["Y"], sizes["X"]

    def dtype(self) -> DTypeLike:
        return self._projector.recording.dtype

    def get_exposure(self) -> float:
        return self._exposure_ms

    def set_exposure(self, exposure: float) -> None:
        if not (math.isfinite(exposure) and exposure > 0):
            raise ValueError(f"An exposure of {exposure} ms is impossible.")
        self._exposure_ms = float(exposure)

    def snap(self, buffer: np.ndarray[Any, Any]) -> Mapping[str, Any]:
        """Show the next picture and wait for the exposure."""
        picture: Plane = self._projector.show(self._where())
        if self._clock is not None:
            end_ns = self._clock.now_ns() + round(self._exposure_ms * 1e6)
            if self._clock.wait_until(end_ns, self._cut):
                raise SnapError("The exposure was cut short, because a stop was asked for.")
        buffer[:] = picture
        return {}

    @contextmanager
    def cutting(self) -> Iterator[None]:
        """Cut exposures short for a while; any thread may do so."""
        self._cut.set()
        try:
            yield
        finally:
            self._cut.clear()

    def start_sequence(
        self,
        n: int | None,
        get_buffer: Callable[[Sequence[int], DTypeLike], np.ndarray[Any, Any]],
    ) -> Iterator[Mapping[str, Any]]:
        """Yield pictures until enough; stop short, and remember why, where none is left.

        An exception here would only be printed by the thread that runs a sequence.
        """
        self.failure = None
        try:
            yield from super().start_sequence(n, get_buffer)
        except SaccadeError as error:
            self.failure = error
