"""How long a detector looks, with each runtime that its network could be computed by."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from saccade.core import Detector, Warms, require
from saccade.detect import BioImage, Forest, Network
from saccade.models import (
    choose_runtime,
    installed_runtimes,
    is_foreign,
    load_model,
    shipped_models,
)
from saccade.run import Eye
from saccade.testing import frame_of

from ._bench import Bar, pictures
from ._registry import build

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from saccade.core import Frame
    from saccade.models import Model, Runtime

_SMALL_PX, _LARGE_PX = 512, 2048
_AS_THE_FASTEST = 1.5
_AS_THE_PIXELS = 16.0
_SETTLE = 5
"""Looks that are not counted: memory is touched, threads start."""
_BESIDE = 0.95
"""Another runtime than torch is chosen where it takes less than this share of torch's time."""


@dataclass(frozen=True)
class DetectorRow:
    """Looks at one size, in ms; of a network, by one runtime."""

    size_px: int
    runtime: str
    median_ms: float
    p99_ms: float
    cpu_ms: float = 0.0
    """Mean of all threads together, warm-up included: what a busy machine changes less."""
    declared_ms: float = 0.0
    """What the detector says of itself, for virtual time."""


@dataclass(frozen=True)
class DetectorBench:
    """A row a runtime and size, what is promised, and what was chosen."""

    detector: str
    rows: tuple[DetectorRow, ...]
    bars: tuple[Bar, ...]
    chosen: str = ""
    """Empty where there was nothing to choose."""
    recorded_in: Path | None = None

    def plain(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        bars = [{**asdict(bar), "holds": bar.holds} for bar in self.bars]
        where = None if self.recorded_in is None else str(self.recorded_in)
        rows = [asdict(row) for row in self.rows]
        told = {"detector": self.detector, "chosen": self.chosen, "recorded_in": where}
        return {**told, "rows": rows, "bars": bars}


def run_detector_bench(
    name: str,
    *,
    sizes_px: tuple[int, ...] = (_SMALL_PX, _LARGE_PX),
    looks: int = 60,
    record: bool = True,
    progress: Callable[[str], None] = lambda _: None,
) -> DetectorBench:
    """Measure a detector; of a model choose the fastest runtime, for `Network` to use it.

    Parameters
    ----------
    name : str
        Of a detector that needs no settings, of a shipped model, or the folder of another.
    sizes_px : tuple of int
        Sides of the square pictures; runtimes are compared at the first.
    looks : int
        Of each runtime at the first size, in turns; at others a sixteenth of the pixels' ratio.
    record : bool
        Whether the choice is recorded in the user's settings.
    progress : callable
        Is told what is being measured.

    Raises
    ------
    ModelError
        If there is no such model, or the choice can't be recorded.
    ProtocolError
        If there is no such detector, or it can't be made without settings.
    """
    do = "Give the side of a picture in pixels."
    require(len(sizes_px) > 0 and min(sizes_px) > 0, "sizes_px", sizes_px, "sides above 0", do)
    model = _model(name)
    eyes = {"": _classical(name)} if model is None else _learned(model)
    size_um = None if model is None else model.card.input.pixel_size_um
    rows: list[DetectorRow] = []
    for size_px in sizes_px:
        progress(f"{size_px} px: {', '.join(filter(None, eyes)) or name}")
        frames = [
            frame_of(each, index, pixel_size_um=size_um or 1.0)
            for index, each in enumerate(pictures(size_px))
        ]
        count = max(5, round(looks * min(1.0, (sizes_px[0] / size_px) ** 2 * 4)))
        rows += [DetectorRow(size_px, *each) for each in _timed(eyes, frames, count)]
    is_network = model is not None and "torch" in eyes
    chosen = _fastest(rows, sizes_px[0]) if is_network else ""
    recorded = None
    if model is not None and chosen and record:
        measured = {row.runtime: row.median_ms for row in rows if row.size_px == sizes_px[0]}
        recorded = choose_runtime(model.card.architecture, chosen, measured)  # type: ignore[arg-type]
    return DetectorBench(name, tuple(rows), tuple(_bars(rows, sizes_px)), chosen, recorded)


def look_times_ms(
    looks: Mapping[str, Callable[[int], object]], count: int
) -> dict[str, NDArray[np.float64]]:
    """Return how long each of several ways takes, in turns, so that a busy moment hits them all.

    Parameters
    ----------
    looks : mapping of str to callable
        Each is given the number of the round.
    count : int
        Rounds that are counted.
    """
    times = {name: np.empty(count) for name in looks}
    for number in range(-_SETTLE, count):
        for name, look in looks.items():
            began_ns = time.perf_counter_ns()
            look(number)
            if number >= 0:
                times[name][number] = (time.perf_counter_ns() - began_ns) / 1e6
    return times


def _timed(
    eyes: Mapping[str, Detector], frames: list[Frame], count: int
) -> list[tuple[str, float, float, float, float]]:
    cpu_s = dict.fromkeys(eyes, 0.0)

    def look(name: str, eye: Detector) -> Callable[[int], object]:
        def once(number: int) -> None:
            began_s = time.process_time()
            eye(frames[number % len(frames)])
            cpu_s[name] += time.process_time() - began_s

        return once

    for eye in eyes.values():
        if isinstance(eye, Warms):
            eye.warm(frames[0])
    times = look_times_ms({name: look(name, eye) for name, eye in eyes.items()}, count)
    return [
        (
            name,
            float(np.median(each)),
            float(np.percentile(each, 99)),
            1e3 * cpu_s[name] / (count + _SETTLE),
            Eye(eyes[name]).declared_ms(frames[-1]),
        )
        for name, each in times.items()
    ]


def _model(name: str) -> Model | None:
    known = name in shipped_models() or Path(name).exists()
    return load_model(name) if known else None


def _classical(name: str) -> Detector:
    use = name if ":" in name else f"saccade.detect:{name}"
    made: Detector = build(use, {}, "detect.bench")
    return made


def _learned(model: Model) -> dict[str, Detector]:
    if model.card.architecture.id == "forest":
        return {"": Forest(str(model.path))}
    if model.card.architecture.id == "program":
        return {"": BioImage(str(model.path))}
    if is_foreign(model):
        return {"": Network(str(model.path))}
    return {each: Network(str(model.path), runtime=each) for each in installed_runtimes()}


def _fastest(rows: list[DetectorRow], size_px: int) -> Runtime | str:
    ms = {row.runtime: row.median_ms for row in rows if row.size_px == size_px}
    best = min(ms, key=lambda name: ms[name])
    return best if ms[best] < _BESIDE * ms["torch"] else "torch"


def _bars(rows: list[DetectorRow], sizes_px: tuple[int, ...]) -> list[Bar]:
    ms = {(row.size_px, row.runtime): row.median_ms for row in rows}
    names = list(dict.fromkeys(row.runtime for row in rows))
    bars = []
    for size_px in sizes_px:
        if len(names) > 1:
            text = f"{size_px} px: torch / the fastest in float32"
            fastest = min(ms[size_px, name] for name in names)
            bars.append(Bar(text, ms[size_px, "torch"] / fastest, at_most=_AS_THE_FASTEST))
    if {_SMALL_PX, _LARGE_PX} <= set(sizes_px):
        for name in names:
            ratio = ms[_LARGE_PX, name] / ms[_SMALL_PX, name]
            text = f"{_LARGE_PX} px / {_SMALL_PX} px" + (f", {name}" if name else "")
            bars.append(Bar(text, ratio, at_most=_AS_THE_PIXELS))
    return bars
