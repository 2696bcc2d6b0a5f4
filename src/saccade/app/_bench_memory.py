"""How much memory a long run takes, beyond what it has at its first frame."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import psutil
from useq import MDASequence

from saccade.detect import Spots

from ._run import Run

if TYPE_CHECKING:
    from pathlib import Path

    from saccade.core import Frame, Observation
    from saccade.scope import MicroManagerScope

_WARM_UP = 500
_EXPOSURE_MS = 5.0
_TIMEOUT_S = 600.0


def memory_growth_mb(scope: MicroManagerScope, frames: int, folder: Path) -> float:
    """Return by how much the process grew from the first frame of a run to its last, in MB.

    Parameters
    ----------
    scope : MicroManagerScope
        The microscope; a short run before warms it, the disk and the allocator up.
    frames : int
        Length of the run; a detector looks at each, and all are recorded.
    folder : Path
        For the run folders.
    """
    _resident_mb(scope, _WARM_UP, folder / "warm-up")
    first, last = _resident_mb(scope, frames, folder / "long")
    return last - first


def _resident_mb(scope: MicroManagerScope, frames: int, out: Path) -> tuple[float, float]:
    process, spots = psutil.Process(os.getpid()), Spots()
    sizes_mb: list[float] = []

    def look(frame: Frame) -> Observation:
        if frame.index in (0, frames - 1):
            sizes_mb.append(process.memory_info().rss / 1e6)
        return spots(frame)

    watch = MDASequence(
        channels=[{"config": "FITC", "exposure": _EXPOSURE_MS}],
        time_plan={"interval": 0, "loops": frames},
    )
    Run(scope, watch, detect=look, out=out).start().wait(_TIMEOUT_S)
    return sizes_mb[0], sizes_mb[-1]
