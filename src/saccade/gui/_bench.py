"""What the window costs the loop, and how soon it does what a person asks of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from saccade.app import Bar

from ._bench_look_back import openings, scrubbing
from ._bench_loop import Periods, periods
from ._bench_memory import memory_slope
from ._bench_stop import first_paint, stops_ms
from ._bench_whole import whole_window_s

if TYPE_CHECKING:
    from collections.abc import Callable

_SHARE_OF = {512: 0.9, 2048: 0.8}
"""Least share of the frames a second, by the side of the picture in pixels."""
_SLOWER_MS, _STOP_MS, _PAINT_S, _WHOLE_S = 5.0, 100.0, 3.0, 4.0
_OPEN_S, _SCRUB_PER_S, _MB_PER_HOUR = 2.0, 20.0, 5.0
_REPETITIONS = 3


@dataclass(frozen=True)
class WindowBench:
    """What was measured, and what of it had been promised."""

    bars: tuple[Bar, ...]

    def plain(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {"bars": [{**asdict(bar), "holds": bar.holds} for bar in self.bars]}


def bench_window(
    *,
    frames: int = 300,
    stops: int = 50,
    recalled: int = 10_000,
    hours: float = 8.0,
    progress: Callable[[str], object] = lambda _: None,
) -> WindowBench:
    """Measure the window on the demo camera and on the virtual microscope.

    Parameters
    ----------
    frames : int
        Of each run that is timed, with the window and without.
    stops : int
        By key and by button in turn, while a detector hogs a core.
    recalled : int
        Frames of the run folder that is opened and looked through.
    hours : float
        Of the simulated run over which the memory is followed.
    progress : callable
        Is told what is being measured.
    """
    bars: list[Bar] = []
    with TemporaryDirectory(prefix="saccade-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        progress("the first paint")
        bars.append(_paint_bar(first_paint(folder)))
        progress("the whole window, with all docks and dialogs")
        bars.append(_whole_bar(whole_window_s()))
        for size_px, share in _SHARE_OF.items():
            progress(f"the loop at {size_px} px, with the window and without")
            bars += _loop_bars(size_px, share, periods(folder, size_px, frames, _REPETITIONS))
        progress(f"{stops} stops")
        bars += _stop_bars(stops_ms(folder, stops))
        progress(f"a run of {recalled} frames, to be opened")
        bars += _recall_bars(folder, recalled)
        progress(f"{hours:g} h at the virtual microscope")
        slope = memory_slope(folder, hours)
        text = f"memory over {hours:g} h, upper bound of its slope, MB/h"
        bars.append(Bar(text, slope, at_most=_MB_PER_HOUR))
    return WindowBench(tuple(bars))


def _paint_bar(seconds: tuple[float, ...]) -> Bar:
    text = f"from the command to the first paint, s (median of {len(seconds)})"
    return Bar(text, float(np.median(seconds)), at_most=_PAINT_S)


def _whole_bar(seconds: tuple[float, ...]) -> Bar:
    text = f"all docks and dialogs open, no network, s of CPU (median of {len(seconds)})"
    return Bar(text, float(np.median(seconds)), at_most=_WHOLE_S)


def _loop_bars(size_px: int, share: float, found: Periods) -> list[Bar]:
    per_s = found.frames_per_s
    told = f"{per_s[True]:.1f} against {per_s[False]:.1f}"
    bars = [
        Bar(
            f"{size_px} px, 20 ms: frames/s with the window, as a share ({told})",
            per_s[True] / per_s[False],
            at_least=share,
        )
    ]
    if size_px == min(_SHARE_OF):
        more_ms = found.p95_ms[True] - found.p95_ms[False]
        bars.append(Bar(f"{size_px} px: p95 period, ms more", more_ms, at_most=_SLOWER_MS))
    return bars


def _stop_bars(found_ms: dict[str, list[float]]) -> list[Bar]:
    return [
        Bar(f"SAFE after the {way}, slowest of {len(each)}, ms", max(each), at_most=_STOP_MS)
        for way, each in found_ms.items()
    ]


def _recall_bars(folder: Path, frames: int) -> list[Bar]:
    opened = openings(folder, frames)
    return [
        Bar(f"opening a run of {opened.frames} frames, s", opened.seconds, at_most=_OPEN_S),
        Bar("scrubbing it, frames/s", scrubbing(opened), at_least=_SCRUB_PER_S),
    ]
