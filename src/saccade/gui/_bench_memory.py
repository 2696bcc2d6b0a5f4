"""Whether a window that is open for hours grows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psutil
import yaml

from ._bench_opened import Opened
from ._qt import QtCore
from ._session import Session

if TYPE_CHECKING:
    from pathlib import Path

_INTERVAL_S = 30.0
_WARM_UP = 0.4
"""Share of the run in which what a window keeps of pictures fills up to its bound."""
_CONFIDENCE = 0.95
_EVERY_MS, _END_S = 200, 3600.0
_LEAST_SAMPLES = 10


def memory_slope(folder: Path, hours: float) -> float:
    """Return the upper bound of how fast memory grows, in MB an hour of simulated time.

    By Theil (1950) and Sen (1968), as `saccade soak` does, after what is kept has filled up.

    Parameters
    ----------
    folder : Path
        Where the run is recorded.
    hours : float
        Of the virtual microscope's time; a frame every 30 s, looked at by a detector.
    """
    from scipy.stats import theilslopes  # a second to import, which every command would pay

    opened = Opened(_night(folder, hours), Session(out=folder / "night"))
    process, samples = psutil.Process(), []
    timer = QtCore.QTimer()
    timer.timeout.connect(
        lambda: samples.append((opened.session.stored, process.memory_info().rss / 2**20))
    )
    opened.arm()
    opened.begin()
    timer.start(_EVERY_MS)
    opened.until(lambda: opened.session.state.ended, _END_S)
    timer.stop()
    opened.close()
    last = max((frames for frames, _ in samples), default=0)
    kept = [(frames * _INTERVAL_S / 3600, mb) for frames, mb in samples if frames > _WARM_UP * last]
    if len({hours for hours, _ in kept}) < _LEAST_SAMPLES:
        return float("inf")  # too short to tell
    times, memory = zip(*kept, strict=True)
    return float(theilslopes(memory, times, alpha=_CONFIDENCE).high_slope)


def _night(folder: Path, hours: float) -> Path:
    protocol = {
        "saccade": 1,
        "name": "night",
        "scope": "sim:dividing-nuclei",
        "sim": {"clock": "virtual"},
        "watch": {
            "stage_positions": [{"x": 0, "y": 0}],
            "channels": [{"config": "Cy5", "exposure": 20}],
            "time_plan": {"interval": _INTERVAL_S, "loops": round(hours * 3600 / _INTERVAL_S)},
        },
        "detect": {"seen": {"use": "saccade.detect:Spots", "sigma_um": 3}},
    }
    path = folder / "night.yaml"
    path.write_text(yaml.safe_dump(protocol), encoding="utf-8")
    return path
