"""A camera that runs by itself: what is lost, how soon it is answered, what the disk takes."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np
from useq import MDAEvent

from saccade.core import Action, Decision
from saccade.scope import MicroManagerScope, import_quietly
from saccade.store import RunFolder, keep_memory_warm

from ._bench import Bar, pictures
from ._bench_stops import EXPOSURE_MS, as_fast_as_it_can, stops_ms
from ._bench_writers import RAW, writers
from ._run import Run
from ._scratch import scratch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pymmcore_plus import CMMCorePlus

    from saccade.core import Observation

_SMALL_PX, _LARGE_PX = 512, 2048
_TIMEOUT_S = 600.0
_BARE_S = 2.0
_ACT_EVERY = 300
"""Looks from one action to the next."""


@dataclass(frozen=True)
class StreamRow:
    """One stream, and the bare camera beside it."""

    size_px: int
    frames: int
    lost: int
    """Gaps, and frames of which nobody knows."""
    bare_per_s: float
    """Pictures a second that the camera gives when they are only fetched."""
    frames_per_s: float
    """Of the run, from the first frame to the last."""
    looked_at: int
    actions: int
    action_median_ms: float | None
    """From the end of the exposure that was decided on to the beginning of what was decided."""
    action_p99_ms: float | None
    pauses: int
    """How often the camera paused because the disk, or the program, was too slow."""
    of_raw: float | None = None
    """Share of raw sequential writing, median over the rounds."""


@dataclass(frozen=True)
class StreamBench:
    """All rows, and the promises drawn from them."""

    rows: tuple[StreamRow, ...]
    bars: tuple[Bar, ...]

    def plain(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        bars = [{**asdict(bar), "holds": bar.holds} for bar in self.bars]
        return {"rows": [asdict(row) for row in self.rows], "bars": bars}


def run_stream_bench(
    *,
    seconds: float = 60.0,
    frames: int = 400,
    repetitions: int = 3,
    stops: int = 25,
    folder: Path | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> StreamBench:
    """Measure a small stream at the camera's full rate, and a large one at the disk's.

    Parameters
    ----------
    seconds : float
        Length of the stream of 512², with a detector that looks at the newest frame and a
        policy that answers every 300th look; 0 leaves it out.
    frames : int
        Of each stream of 2048², beside as much raw sequential writing; 0 leaves it out.
    repetitions : int
        Rounds at 2048², after one that only warms up.
    stops : int
        Of streams of 512²; 0 leaves them out.
    folder : Path, optional
        On the disk that is to be measured; by default the temporary folder.
    progress : callable
        Is told what is being measured.
    """
    import_quietly()
    keep_memory_warm()
    rows: list[StreamRow] = []
    bars: list[Bar] = []
    if seconds:
        core = _camera(_SMALL_PX)
        bare_per_s = _bare(core)
        progress(f"{_SMALL_PX} px, {seconds:g} s")
        row, _ = _timed(core, round(bare_per_s * seconds), bare_per_s, folder, answers=True)
        rows.append(row)
        bars += _small_bars(row)
    if stops:
        progress(f"{_SMALL_PX} px, {stops} stops")
        slowest_ms = max(stops_ms(_camera(_SMALL_PX), stops, folder))
        text = f"{_SMALL_PX} px: from a stop until SAFE was read back, slowest of {stops}, ms"
        bars.append(Bar(text, slowest_ms, EXPOSURE_MS + 50.0))
    if frames:
        core = _camera(_LARGE_PX)
        rounds = []
        bare_per_s = _bare(core)
        for repetition in range(repetitions + 1):
            progress(f"{_LARGE_PX} px, {repetition}")
            rounds.append(_beside_raw(core, frames, bare_per_s, folder))
        of_raw = float(np.median([each[1] for each in rounds[1:]]))
        row = rounds[-1][0]
        rows.append(StreamRow(**{**asdict(row), "of_raw": of_raw}))
        bars.append(Bar(f"{_LARGE_PX} px: share of raw writing", of_raw, at_least=0.7))
        bars.append(Bar(f"{_LARGE_PX} px: frames lost", row.lost, 0))
    return StreamBench(tuple(rows), tuple(bars))


def _small_bars(row: StreamRow) -> list[Bar]:
    each_ms = 1e3 / row.frames_per_s
    bars = [Bar(f"{row.size_px} px: frames lost", row.lost, 0)]
    if row.action_median_ms is not None:
        text = f"{row.size_px} px: frame to action less two frames of {each_ms:.2f} ms, median ms"
        bars.append(Bar(text, row.action_median_ms - 2 * each_ms, 2.0))
    return bars


class _Answer:
    """Asks for one picture with another exposure now and then."""

    def __init__(self) -> None:
        self._looks = 0

    def __call__(self, _: Observation) -> Decision:
        self._looks += 1
        if self._looks % _ACT_EVERY:
            return Decision()
        return Decision((Action((MDAEvent(exposure=1.1),), "answer"),), "answer")


@dataclass
class _Told:
    """What the journal of a stream tells."""

    times_ns: dict[int, int] = field(default_factory=dict)
    """When the exposure of each frame ended."""
    ready_ns: list[int] = field(default_factory=list)
    """When each answer was about to be exposed."""
    based_on: list[int] = field(default_factory=list)
    """The frame that each answer rests on."""
    looks: int = 0
    pauses: int = 0

    def take(self, kind: str, value: Any) -> None:
        """Take in a line."""
        if kind == "frame":
            self.times_ns[value["index"]] = value["t_ns"]
            if value["stream"] == "answer":
                self.ready_ns.append(value["times"]["ready"])
        elif kind == "action":
            self.based_on.append(value["frame"])
        self.looks += kind == "observation"
        self.pauses += kind == "overload"

    @property
    def frames_per_s(self) -> float:
        """Frames a second, from the first to the last."""
        first, *_, last = self.times_ns.values()
        return (len(self.times_ns) - 1) / max(1, last - first) * 1e9

    def action_ms(self) -> list[float]:
        """Return the time from each frame decided on to the action, ready to be exposed."""
        pairs = zip(self.based_on, self.ready_ns, strict=True)
        return [(ready_ns - self.times_ns[base]) / 1e6 for base, ready_ns in pairs]


def _timed(
    core: CMMCorePlus,
    count: int,
    bare_per_s: float,
    folder: Path | None,
    *,
    answers: bool = False,
) -> tuple[StreamRow, float]:
    """Return what became of a stream, and the seconds from the first frame to the last on disk."""
    from saccade.detect import Change

    told = _Told()
    with scratch(folder) as place:
        run = Run(
            MicroManagerScope(core, "bench"),
            as_fast_as_it_can(count),
            detect=Change() if answers else None,
            decide=_Answer() if answers else (),
            mode="stream",
            out=place / "run",
        )
        verdict = run.start().wait(_TIMEOUT_S)
        ended_ns = time.perf_counter_ns()
        for line in RunFolder(place / "run").lines():
            told.take(line.kind, line.value)
    took_s = (ended_ns - min(told.times_ns.values())) / 1e9
    missing = verdict.planned - verdict.committed - verdict.gaps
    waits = told.action_ms()
    row = StreamRow(
        core.getImageWidth(),
        verdict.committed,
        verdict.gaps + missing,
        bare_per_s,
        told.frames_per_s,
        told.looks,
        len(waits),
        float(np.median(waits)) if waits else None,
        float(np.percentile(waits, 99)) if waits else None,
        told.pauses,
    )
    return row, took_s


def _beside_raw(
    core: CMMCorePlus, count: int, bare_per_s: float, folder: Path | None
) -> tuple[StreamRow, float]:
    """Return a stream, and its rate as a share of raw sequential writing just before it."""
    images = pictures(core.getImageWidth())
    with scratch(folder) as place:
        began = time.perf_counter()
        writer = writers()[RAW](place, images[0].shape)
        for index in range(count):
            writer.append(images[index % len(images)], index)
        writer.close()
        raw_s = time.perf_counter() - began
    row, took_s = _timed(core, count, bare_per_s, folder)
    return row, raw_s / took_s


def _bare(core: CMMCorePlus) -> float:
    """Return the pictures a second of the camera where they are only fetched."""
    core.setExposure(EXPOSURE_MS)
    for _ in range(2):  # the first one touches the memory of the buffer
        core.startSequenceAcquisition(2**31 - 1, 0, True)
        count, began = 0, time.perf_counter()
        while time.perf_counter() - began < _BARE_S:
            if core.getRemainingImageCount():
                core.popNextImageAndMD()
                count += 1
            else:
                time.sleep(1e-4)
        took_s = time.perf_counter() - began
        core.stopSequenceAcquisition()
    return count / took_s


def _camera(size_px: int) -> CMMCorePlus:
    """Return the demo camera, running as fast as it can, and handing out noise."""
    import mm_test_adapters
    from pymmcore_plus import CMMCorePlus

    noise = cycle(pictures(size_px))

    class NoisyCore(CMMCorePlus):
        def popNextImageAndMD(self, *args: Any, **options: Any) -> Any:  # noqa: N802 - MMCore's name
            _, tags = super().popNextImageAndMD(*args, **options)
            return next(noise), tags

    core = NoisyCore(mm_path=mm_test_adapters.device_adapter_path())
    core.loadSystemConfiguration()
    core.setProperty("Camera", "PixelType", "16bit")
    core.setProperty("Camera", "FastImage", 1)
    core.setProperty("Camera", "OnCameraCCDXSize", size_px)
    core.setProperty("Camera", "OnCameraCCDYSize", size_px)
    core.setCircularBufferMemoryFootprint(512)
    return core
