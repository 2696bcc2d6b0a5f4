"""Saccade beside the bare core and the stock runner, on one camera, in one run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np

from saccade.scope import MicroManagerScope, import_quietly
from saccade.store import Recorder, keep_memory_warm

from ._bench_cases import NoSink, Timings, bare_core, plan, saccade, snap_only, stock
from ._bench_memory import memory_growth_mb
from ._bench_overnight import overnight
from ._scratch import scratch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray
    from pymmcore_plus import CMMCorePlus

REPETITIONS = 3
_NOISE_FRAMES = 8
_NIGHT_MIN = 4.0
"""Most minutes that 12 h of virtual time may take."""


@dataclass(frozen=True)
class Row:
    """One contender under one condition: medians over the repetitions, in ms."""

    size_px: int
    moves: bool
    name: str
    median_ms: float
    p99_ms: float
    reaction_median_ms: float | None = None
    reaction_p99_ms: float | None = None
    on_disk_per_s: float | None = None
    """Frames a second until all was on disk."""


@dataclass(frozen=True)
class Bar:
    """A promise, what was measured, and whether it holds."""

    text: str
    measured: float
    at_most: float | None = None
    at_least: float | None = None

    @property
    def holds(self) -> bool:
        """Whether what was measured is within the promise."""
        low = self.at_least is None or self.measured >= self.at_least
        return low and (self.at_most is None or self.measured <= self.at_most)

    @property
    def bound(self) -> str:
        """The promise in words."""
        return (
            f"at most {self.at_most:g}"
            if self.at_most is not None
            else f"at least {self.at_least:g}"
        )


@dataclass(frozen=True)
class Bench:
    """All rows of a benchmark and the promises drawn from them."""

    rows: tuple[Row, ...]
    bars: tuple[Bar, ...]

    def plain(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        bars = [{**asdict(bar), "holds": bar.holds} for bar in self.bars]
        return {"rows": [asdict(row) for row in self.rows], "bars": bars}


def run_bench(
    *,
    sizes_px: tuple[int, ...] = (512, 2048),
    events: int = 300,
    repetitions: int = REPETITIONS,
    long_run: int = 5000,
    folder: Path | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Bench:
    """Measure every contender under every condition, in turns.

    Parameters
    ----------
    sizes_px : tuple of int
        Sides of the square pictures.
    events : int
        Pictures a measurement; a third of it above 1024 px, so that what is recorded stays
        below what the recorder may queue.
    repetitions : int
        Rounds after one that only warms up; every contender is measured once in each.
    long_run : int
        Frames of 512² in the run whose memory is watched; 0 leaves it out.
    folder : Path, optional
        On the disk that is to be measured; by default the temporary folder.
    progress : callable
        Is told what is being measured.
    """
    import_quietly()
    keep_memory_warm()  # as every recorded run does; here for all contenders, from the start
    # First of all: what comes after leaves more memory behind than a long run could take.
    memory = list(_memory_bar(long_run, folder, progress))
    rows: list[Row] = []
    for size_px in sizes_px:
        core = _camera(size_px)
        scope = MicroManagerScope(core, "bench")
        for moves in (False, True):
            count = events if size_px <= 1024 else max(20, events // 3)
            rows += _condition(scope, size_px, moves, count, repetitions, folder, progress)
        core.unloadAllDevices()
    return Bench(tuple(rows), (*_bars(rows), *memory))


def run_overnight(
    *,
    hours: float = 12.0,
    folder: Path | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Bench:
    """Measure how long a night at the virtual microscope takes.

    Parameters
    ----------
    hours : float
        Of virtual time; the promise is for 12, and in proportion for less.
    folder : Path, optional
        On the disk that is to be measured; by default the temporary folder.
    progress : callable
        Is told what is being measured.
    """
    import_quietly()
    progress(f"{hours:g} h of virtual time")
    with scratch(folder) as place:
        night = overnight(hours, place / "run")
    ms, cpu_ms = (each / night.frames * 1e3 for each in (night.seconds, night.cpu_seconds))
    each = f"{ms:.1f} ms each, {cpu_ms:.1f} of processor time"
    text = f"{hours:g} h in virtual time, {night.frames} frames, {each}: minutes"
    return Bench((), (Bar(text, night.seconds / 60, _NIGHT_MIN * hours / 12.0),))


def _memory_bar(frames: int, folder: Path | None, progress: Callable[[str], None]) -> Iterator[Bar]:
    if not frames:
        return
    progress(f"memory over {frames} frames")
    with scratch(folder) as place:
        grown_mb = memory_growth_mb(MicroManagerScope(_camera(512), "bench"), frames, place)
    yield Bar(f"512 px: memory over {frames} frames, MB", grown_mb, 5.0)


def _condition(
    scope: MicroManagerScope,
    size_px: int,
    moves: bool,
    count: int,
    repetitions: int,
    folder: Path | None,
    progress: Callable[[str], None],
) -> list[Row]:
    measured: dict[str, list[Timings]] = {}
    for repetition in range(repetitions + 1):
        for name, measure in _contenders(scope, count, moves, folder).items():
            progress(f"{size_px} px, {'moving' if moves else 'still'}, {repetition}: {name}")
            timings = measure()
            if repetition > 0:  # the first round warms memory, caches and the disk up
                measured.setdefault(name, []).append(timings)
    return [_row(size_px, moves, name, runs) for name, runs in measured.items()]


def _contenders(
    scope: MicroManagerScope, count: int, moves: bool, folder: Path | None
) -> dict[str, Callable[[], Timings]]:
    core, events = scope.core, plan(count, moves)
    recorded = partial(_recorded, scope, events, folder)
    return {
        "bare core, snap only": partial(snap_only, core, events),
        "bare core": partial(bare_core, core, events),
        "stock runner": partial(stock, core, events),
        "Saccade, planned": partial(saccade, scope, events, NoSink),
        "Saccade, planned, recorded": recorded,
        "Saccade, reactive, recorded": partial(recorded, reactive=True),
        "Saccade, reactive, recorded, Spots": partial(recorded, reactive=True, spots=True),
    }


def _recorded(
    scope: MicroManagerScope,
    events: Any,
    folder: Path | None,
    *,
    reactive: bool = False,
    spots: bool = False,
) -> Timings:
    from saccade.detect import Spots

    with scratch(folder) as place:
        return saccade(
            scope,
            events,
            lambda: Recorder(place),
            reactive=reactive,
            detect=Spots(sigma=2) if spots else None,
        )


def _camera(size_px: int) -> CMMCorePlus:
    """Return the demo camera handing out noise, so that recording does real work."""
    import mm_test_adapters
    from pymmcore_plus import CMMCorePlus

    noise = cycle(pictures(size_px))

    class NoisyCore(CMMCorePlus):
        def getImage(self, *args: Any, **options: Any) -> NDArray[Any]:  # noqa: N802 - MMCore's name
            super().getImage(*args, **options)
            return next(noise).copy()

    core = NoisyCore(mm_path=mm_test_adapters.device_adapter_path())
    core.loadSystemConfiguration()
    core.setProperty("Camera", "PixelType", "16bit")
    core.setProperty("Camera", "FastImage", 1)
    core.setProperty("Camera", "OnCameraCCDXSize", size_px)
    core.setProperty("Camera", "OnCameraCCDYSize", size_px)
    return core


def pictures(size_px: int) -> list[NDArray[np.uint16]]:
    """Return a few pictures of noise, read-only."""
    random = np.random.default_rng(0)
    made = [random.poisson(100, (size_px, size_px)).astype(np.uint16) for _ in range(_NOISE_FRAMES)]
    for picture in made:
        picture.setflags(write=False)
    return made


def _row(size_px: int, moves: bool, name: str, runs: list[Timings]) -> Row:
    event_ms = [run.event_ms() for run in runs]
    reaction_ms = [run.reaction_ms() for run in runs if run.begun]
    disk_s = [run.on_disk_s for run in runs if run.on_disk_s]
    return Row(
        size_px,
        moves,
        name,
        _median_of(event_ms, 50),
        _median_of(event_ms, 99),
        _median_of(reaction_ms, 50) if reaction_ms else None,
        _median_of(reaction_ms, 99) if reaction_ms else None,
        len(runs[0].available) / float(np.median(disk_s)) if disk_s else None,
    )


def _median_of(runs: list[NDArray[np.float64]], percentile: float) -> float:
    return float(np.median([np.percentile(run, percentile) for run in runs]))


def _bars(rows: list[Row]) -> Iterator[Bar]:
    by_key = {(row.size_px, row.moves, row.name): row for row in rows}
    for size_px in sorted({row.size_px for row in rows}):
        for moves, most in ((True, 0.35), (False, 1.25)):
            ours = by_key[size_px, moves, "Saccade, planned, recorded"].median_ms
            theirs = by_key[size_px, moves, "stock runner"].median_ms
            text = f"{size_px} px, {'moves' if moves else 'no moves'}: time per event / stock"
            yield Bar(text, ours / theirs, most)
        reactive = by_key[size_px, False, "Saccade, reactive, recorded"]
        floor = by_key[size_px, False, "bare core"].median_ms
        yield Bar(f"{size_px} px: reactive cycle / bare core", reactive.median_ms / floor, 1.6)
        median_ms, p99_ms = reactive.reaction_median_ms, reactive.reaction_p99_ms
        if median_ms is not None and p99_ms is not None:
            yield Bar(f"{size_px} px: frame to event start, median ms", median_ms, 0.5)
            yield Bar(f"{size_px} px: frame to event start, p99 ms", p99_ms, 2.0)
