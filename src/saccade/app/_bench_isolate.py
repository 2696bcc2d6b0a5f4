"""What it costs to look in a process of its own: each detector here and there, in turns."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from saccade.detect import Spots
from saccade.isolate import Isolated
from saccade.testing import StubDetector, frame_of

from ._bench import Bar, pictures

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from saccade.core import Detector, Frame

_WARM = 10
_AT_MOST_MS = {512: 0.3, 2048: 1.0}
_DETECTORS: dict[str, Detector] = {"nothing": StubDetector([]), "Spots": Spots(sigma=2)}


@dataclass(frozen=True)
class IsolateRow:
    """One detector at one size: times of a look, in ms."""

    size_px: int
    detector: str
    here_ms: float
    here_p99_ms: float
    apart_ms: float
    apart_p99_ms: float
    start_s: float
    """From nothing to the first observation."""


@dataclass(frozen=True)
class IsolateBench:
    """A row a detector and size, and what handing over may cost."""

    rows: tuple[IsolateRow, ...]

    @property
    def bars(self) -> tuple[Bar, ...]:
        """One a size, of the detector that does nothing."""
        return tuple(
            Bar(f"{row.size_px} px: there and back, median ms", row.apart_ms - row.here_ms, most)
            for row in self.rows
            if row.detector == "nothing" and (most := _AT_MOST_MS.get(row.size_px)) is not None
        )

    def plain(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        bars = [{**asdict(bar), "holds": bar.holds} for bar in self.bars]
        return {"rows": [asdict(row) for row in self.rows], "bars": bars}


def run_isolate_bench(
    *,
    sizes_px: tuple[int, ...] = (512, 2048),
    frames: int = 300,
    progress: Callable[[str], None] = lambda _: None,
) -> IsolateBench:
    """Measure looks of isolated detectors beside the plain call, frame by frame in turns.

    Parameters
    ----------
    sizes_px : tuple of int
        Sides of the square pictures.
    frames : int
        Pictures a measurement.
    progress : callable
        Is told what is being measured.
    """
    rows = []
    for size_px in sizes_px:
        for name, detector in _DETECTORS.items():
            progress(f"{size_px} px: {name}")
            rows.append(_row(size_px, name, detector, frames))
    return IsolateBench(tuple(rows))


def _row(size_px: int, name: str, detector: Detector, frames: int) -> IsolateRow:
    made = [frame_of(picture, index) for index, picture in enumerate(pictures(size_px))]
    apart = Isolated(detector, takes_at_most_ms=60_000)
    here_ms, apart_ms = np.empty(frames), np.empty(frames)
    try:
        start_s = _look_ms(apart, made[0]) / 1e3
        for index in range(-min(_WARM, frames), frames):
            frame = made[index % len(made)]
            here_ms[index] = _look_ms(detector, frame)
            apart_ms[index] = _look_ms(apart, frame)
    finally:
        apart.close()
    return IsolateRow(size_px, name, *_told(here_ms), *_told(apart_ms), start_s)


def _look_ms(detector: Detector, frame: Frame) -> float:
    began_ns = time.perf_counter_ns()
    detector(frame)
    return (time.perf_counter_ns() - began_ns) / 1e6


def _told(times_ms: NDArray[np.float64]) -> tuple[float, float]:
    return float(np.median(times_ms)), float(np.percentile(times_ms, 99))
