"""A night at the virtual microscope, in minutes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from useq import MDASequence

from saccade.detect import Pairs
from saccade.scope import load

from ._run import Run

if TYPE_CHECKING:
    from pathlib import Path

_INTERVAL_S = 30.0
_PLACES = ((0.0, 0.0), (200.0, 0.0), (200.0, 200.0), (0.0, 200.0))
_PATIENCE_S = 3600.0


@dataclass(frozen=True)
class Night:
    """How long a night in virtual time took."""

    hours: float
    frames: int
    seconds: float
    cpu_seconds: float
    """Of all processors together: what is left where others use them, too."""


def overnight(hours: float, folder: Path, specimen: str = "dividing-nuclei") -> Night:
    """Return how long it takes to watch a specimen for so long, in virtual time.

    Four positions, one frame of 512² each every 30 s, a detector on every frame, and all of
    it recorded.

    Parameters
    ----------
    hours : float
        Of virtual time.
    folder : Path
        Where the run is written; must not exist or be empty.
    specimen : str
        What is watched.
    """
    scope = load(f"sim:{specimen}", sim={"clock": "virtual"})
    channel = scope.stand().channel
    watch = MDASequence(
        channels=[{"config": channel, "exposure": 20.0}],
        stage_positions=[(x, y, 0.0) for x, y in _PLACES],
        time_plan={"interval": _INTERVAL_S, "loops": round(hours * 3600 / _INTERVAL_S)},
    )
    began, began_cpu = time.perf_counter(), time.process_time()
    verdict = (
        Run(scope, watch, detect=Pairs(), out=folder, name="overnight").start().wait(_PATIENCE_S)
    )
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - began_cpu
    scope.core.unloadAllDevices()
    return Night(hours, verdict.committed, seconds, cpu_seconds)
