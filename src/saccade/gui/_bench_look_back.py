"""How soon a long run can be looked back at, and how fast one gets through it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from saccade import app

from ._bench_loop import demo_protocol
from ._look_back import LookBack
from ._qt import QtWidgets
from ._recall import Recall

if TYPE_CHECKING:
    from pathlib import Path

_SIZE_PX, _EXPOSURE_MS, _END_S = 128, 1.0, 1800.0
_STEPS = 200


@dataclass(frozen=True)
class Opening:
    """A run that was opened."""

    window: LookBack
    frames: int
    seconds: float


def openings(folder: Path, frames: int) -> Opening:
    """Record a run, open it in a window, and return how long that took.

    Parameters
    ----------
    folder : Path
        Where.
    frames : int
        Of the run; small ones, looked at by a detector.
    """
    application = QtWidgets.QApplication.instance() or QtWidgets.QApplication([])
    path = demo_protocol(folder, _SIZE_PX, frames, exposure_ms=_EXPOSURE_MS)
    protocol = app.load_protocol(path)
    scope = app.open_scope(protocol.scope, protocol.folder, protocol.sim)
    out = folder / "recalled"
    app.assemble(protocol, scope, out=out).run.start().wait(_END_S)
    scope.core.unloadAllDevices()
    begun_s = time.perf_counter()
    recall = Recall(out)
    window = LookBack(recall)
    window.show()
    application.processEvents()
    return Opening(window, len(recall.frames), time.perf_counter() - begun_s)


def scrubbing(opened: Opening) -> float:
    """Return how many frames a second are shown while the slider is drawn through the run."""
    application = QtWidgets.QApplication.instance() or QtWidgets.QApplication([])
    slider, begun_s = opened.window.slider, time.perf_counter()
    for step in range(_STEPS):
        slider.setValue(step * slider.maximum() // (_STEPS - 1))
        application.processEvents()
    seconds = time.perf_counter() - begun_s
    opened.window.close()
    return _STEPS / seconds
