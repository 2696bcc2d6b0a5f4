"""The loop with the window and without, in turns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import yaml

from saccade import app

from ._bench_opened import Opened
from ._session import Session

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from saccade.core import Frame

_WARM_UP = 20
"""Frames at the beginning that are left out."""
_END_S = 600.0


@dataclass(frozen=True)
class Periods:
    """Medians over the repetitions, without the window and with it."""

    frames_per_s: dict[bool, float]
    p95_ms: dict[bool, float]


def periods(folder: Path, size_px: int, frames: int, repetitions: int) -> Periods:
    """Return how fast the demo camera is watched at 20 ms, without the window and with it.

    Parameters
    ----------
    folder : Path
        Where runs are recorded.
    size_px : int
        Side of the pictures.
    frames : int
        Of each run.
    repetitions : int
        Pairs of runs.
    """
    found: dict[bool, list[np.ndarray[Any, Any]]] = {False: [], True: []}
    protocol = demo_protocol(folder, size_px, frames)
    for number in range(repetitions):
        for windowed in (False, True):
            out = folder / f"loop-{size_px}-{number}-{windowed}"
            found[windowed].append(_run(protocol, out, windowed=windowed))
    return Periods(
        {on: float(np.median([1e3 / each.mean() for each in of])) for on, of in found.items()},
        {
            on: float(np.median([np.percentile(each, 95) for each in of]))
            for on, of in found.items()
        },
    )


def demo_protocol(
    folder: Path,
    size_px: int,
    frames: int,
    detector: dict[str, Any] | None = None,
    exposure_ms: float = 20.0,
) -> Path:
    """Write a protocol, and a profile of the demo camera with so large a sensor, and return it.

    Parameters
    ----------
    folder : Path
        Where.
    size_px : int
        Side of the pictures.
    frames : int
        Planned, one right after the other.
    detector : dict, optional
        By default one that sees changes.
    exposure_ms : float
        Of each.
    """
    size = [
        {"device": "Camera", "property": f"OnCameraCCD{axis}Size", "value": size_px}
        for axis in "XY"
    ]
    pixels = {"device": "Camera", "property": "PixelType", "value": "16bit"}
    profile = {"name": "demo", "micromanager": {"cfg": "demo"}, "settings": [*size, pixels]}
    scope = folder / f"demo-{size_px}.yaml"
    scope.write_text(yaml.safe_dump(profile), encoding="utf-8")
    protocol = {
        "saccade": 1,
        "name": f"watch-{size_px}",
        "scope": scope.name,
        "watch": {
            "channels": [{"config": "FITC", "exposure": exposure_ms}],
            "time_plan": {"interval": 0, "loops": frames},
        },
        "detect": {"seen": detector or {"use": "saccade.detect:Change"}},
    }
    path = folder / f"watch-{size_px}-{frames}.yaml"
    path.write_text(yaml.safe_dump(protocol), encoding="utf-8")
    return path


def _run(path: Path, out: Path, *, windowed: bool) -> np.ndarray[Any, Any]:
    """Return the time from each frame to the next, in ms."""
    available: list[int] = []

    def note(frame: Frame) -> None:
        available.append(frame.times.available)

    if windowed:
        opened = Opened(path, Session(out=out))
        opened.arm().framed.connect(note)
        opened.begin()
        opened.until(lambda: opened.session.state.ended, _END_S)
        opened.close()
    else:
        protocol = app.load_protocol(path)
        scope = app.open_scope(protocol.scope, protocol.folder, protocol.sim)
        run = app.assemble(protocol, scope, out=out).run
        run.framed.connect(note)
        run.start().wait(_END_S)
        scope.core.unloadAllDevices()
    return np.diff(np.asarray(available[_WARM_UP:], dtype=float)) / 1e6
