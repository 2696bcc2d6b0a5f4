"""How soon it is dark after a stop, while the camera runs by itself."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from useq import MDASequence

from saccade.scope import MicroManagerScope
from saccade.store import RunFolder

from ._run import Run
from ._scratch import scratch

if TYPE_CHECKING:
    from pathlib import Path

    from pymmcore_plus import CMMCorePlus

EXPOSURE_MS = 1.0
_TIMEOUT_S = 60.0
_LONGEST_S = 600
_SPAN_S = 0.3, 0.8
"""After which a stream is stopped, at least and at most."""


def as_fast_as_it_can(count: int) -> MDASequence:
    """Return a plan of so many pictures, which the camera takes by itself."""
    return MDASequence(
        channels=[{"config": "DAPI", "exposure": EXPOSURE_MS}],
        time_plan={"interval": 0, "loops": count},
    )


def stops_ms(core: CMMCorePlus, count: int, folder: Path | None = None) -> list[float]:
    """Return how long it took from each of some stops until SAFE was read back, in ms.

    Parameters
    ----------
    core : CMMCorePlus
        With a camera that can run by itself.
    count : int
        Of streams that are stopped, each with a detector that looks at the newest frame.
    folder : Path, optional
        On the disk that is recorded to; by default the temporary folder.
    """
    rng = np.random.default_rng(count)
    return [_stop_ms(core, float(rng.uniform(*_SPAN_S)), folder) for _ in range(count)]


def _stop_ms(core: CMMCorePlus, after_s: float, folder: Path | None) -> float:
    from saccade.detect import Change

    plan = as_fast_as_it_can(round(_LONGEST_S * 1e3 / EXPOSURE_MS))
    with scratch(folder) as place:
        scope = MicroManagerScope(core, "bench")
        run = Run(scope, plan, detect=Change(), mode="stream", out=place / "run")
        run.start()
        time.sleep(after_s)
        began_ns = time.perf_counter_ns()
        run.stop("the bench wants to know how long that takes")
        run.wait(_TIMEOUT_S)
        safe = next(line for line in RunFolder(place / "run").lines() if line.kind == "safe")
    return (safe.t_ns - began_ns) / 1e6
