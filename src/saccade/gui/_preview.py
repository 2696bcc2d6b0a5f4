"""Pictures that a person takes to set things up: shown, and kept nowhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from useq import MDAEvent

from saccade.core import Frame

from ._qt import QtCore, Signal

if TYPE_CHECKING:
    from typing import Any

    from ._core import WindowCore

_EVERY_MS = 50
STREAM = "by hand"


class Preview(QtCore.QObject):
    """Follows a live view, and takes single pictures.

    Parameters
    ----------
    core : WindowCore
        Of the microscope.
    """

    took = Signal(object)
    """A `Frame`, which belongs to no run."""

    def __init__(self, core: WindowCore) -> None:
        super().__init__()
        self._core = core
        self._number = 0
        self._timer = QtCore.QTimer(self)
        self._timer.timeout.connect(self._look)
        core.events.continuousSequenceAcquisitionStarted.connect(self._begin)
        core.events.sequenceAcquisitionStopped.connect(self._end)
        core.events.imageSnapped.connect(self._snapped)

    def snap(self) -> None:
        """Expose once; it may be called in any thread, and takes as long as the exposure."""
        self._core.core.snapImage()

    def stop(self) -> None:
        """End a live view, light off: what comes next needs the camera."""
        self._timer.stop()
        if self._core.isSequenceRunning():
            self._core.stopSequenceAcquisition()

    def _begin(self, *_: object) -> None:
        self._timer.start(_EVERY_MS)

    def _end(self, *_: object) -> None:
        self._timer.stop()

    def _snapped(self, *_: object) -> None:
        self._show(self._core.getImage())

    def _look(self) -> None:
        if not self._core.isSequenceRunning():
            self._timer.stop()
        elif self._core.getRemainingImageCount():
            self._show(self._core.getLastImage())

    def _show(self, pixels: Any) -> None:
        core = self._core
        group = core.getChannelGroup()
        frame = Frame(
            pixels=np.asarray(pixels),
            index=self._number,
            stream=STREAM,
            event=MDAEvent(),
            exposure_ms=core.getExposure(),
            t_ns=time.monotonic_ns(),
            channel=(core.getCurrentConfig(group) or None) if group else None,
            pixel_size_um=core.getPixelSizeUm() or 1.0,
        )
        self._number += 1
        self.took.emit(frame)
