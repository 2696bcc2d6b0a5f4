"""Saccade's store beside raw sequential writing and other stores, in turns, on one disk."""

from __future__ import annotations

import os
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import psutil

from saccade.store import keep_memory_warm

from ._bench import Bar, pictures
from ._bench_writers import OURS, RAW, writers
from ._scratch import scratch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from saccade.core import Pixels

    from ._bench_writers import Writer

_PACE = 0.5
_LOOK_EVERY_BYTES = 16e6
_SMALL_PX = 256


@dataclass(frozen=True)
class StoreRow:
    """One writer at one size: medians over the repetitions."""

    size_px: int
    name: str
    mb_per_s: float
    """From the first picture until all are on the disk, as fast as they are taken."""
    of_raw: float
    """The same as a share of raw sequential writing, in the same round."""
    append_p99_ms: float
    """Of a single append, at half the pace of raw sequential writing."""
    grown_mb: float
    """Most memory taken beyond what there was at the beginning, at that pace."""


@dataclass(frozen=True)
class StoreBench:
    """All rows of a benchmark of stores, and the promises drawn from them."""

    rows: tuple[StoreRow, ...]
    bars: tuple[Bar, ...]

    def plain(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        bars = [{**asdict(bar), "holds": bar.holds} for bar in self.bars]
        return {"rows": [asdict(row) for row in self.rows], "bars": bars}


class _Measured(NamedTuple):
    mb_per_s: float
    append_p99_ms: float
    grown_mb: float


def bench_store(
    *,
    sizes_px: tuple[int, ...] = (256, 512, 2048),
    megabytes: int = 512,
    repetitions: int = 3,
    folder: Path | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> StoreBench:
    """Measure every writer at every size, in turns.

    Parameters
    ----------
    sizes_px : tuple of int
        Sides of the square pictures of 16 bits.
    megabytes : int
        What each writes in a round, as fast as it can, and once more at half the pace of raw
        sequential writing.
    repetitions : int
        Rounds, after one that only warms up.
    folder : Path, optional
        On the disk that is to be measured; by default the temporary folder.
    progress : callable
        Is told what is being measured.
    """
    keep_memory_warm()
    rows: list[StoreRow] = []
    for size_px in sizes_px:
        images = pictures(size_px)
        count = max(8, int(megabytes * 1e6 / images[0].nbytes))
        rounds: list[dict[str, _Measured]] = []
        for repetition in range(repetitions + 1):
            progress(f"{size_px} px, {repetition}")
            rounds.append(_round(images, count, folder))
        rows += [_row(size_px, name, rounds[1:]) for name in rounds[0]]
    return StoreBench(tuple(rows), tuple(_bars(rows)))


def _round(images: Sequence[Pixels], count: int, folder: Path | None) -> dict[str, _Measured]:
    measured: dict[str, _Measured] = {}
    raw_mb_per_s = 0.0
    for name, open_writer in writers().items():
        with scratch(folder) as place:
            mb_per_s = _flood(open_writer(place, images[0].shape), images, count)
        raw_mb_per_s = raw_mb_per_s or mb_per_s
        interval_s = images[0].nbytes / 1e6 / (raw_mb_per_s * _PACE)
        with scratch(folder) as place:
            paced = _pace(open_writer(place, images[0].shape), images, count, interval_s)
        measured[name] = _Measured(mb_per_s, *paced)
    return measured


def _flood(writer: Writer, images: Sequence[Pixels], count: int) -> float:
    began = time.perf_counter()
    for index in range(count):
        writer.append(images[index % len(images)], index)
    writer.close()
    return count * images[0].nbytes / 1e6 / (time.perf_counter() - began)


def _pace(
    writer: Writer, images: Sequence[Pixels], count: int, interval_s: float
) -> tuple[float, float]:
    process = psutil.Process(os.getpid())
    at_first = most = process.memory_info().rss
    look_every = max(1, int(_LOOK_EVERY_BYTES / images[0].nbytes))
    took_s: list[float] = []
    began = time.perf_counter()
    for index in range(count):
        time.sleep(max(0.0, began + index * interval_s - time.perf_counter()))
        # As a camera hands it over: memory of its own, that nobody will write to.
        pixels = images[index % len(images)].copy()
        pixels.setflags(write=False)
        before = time.perf_counter()
        writer.append(pixels, index)
        took_s.append(time.perf_counter() - before)
        if index % look_every == 0:
            most = max(most, process.memory_info().rss)
    writer.close()
    return float(np.percentile(took_s, 99)) * 1e3, (most - at_first) / 1e6


def _row(size_px: int, name: str, rounds: list[dict[str, _Measured]]) -> StoreRow:
    own = [each[name] for each in rounds]
    shares = [each[name].mb_per_s / each[RAW].mb_per_s for each in rounds]
    mb_per_s, p99_ms, grown_mb = (float(np.median(values)) for values in zip(*own, strict=True))
    return StoreRow(size_px, name, mb_per_s, float(np.median(shares)), p99_ms, grown_mb)


def _bars(rows: list[StoreRow]) -> Iterator[Bar]:
    for row in rows:
        if row.name == OURS:
            least = 0.4 if row.size_px <= _SMALL_PX else 0.6
            text = f"{row.size_px} px: share of raw sequential writing"
            yield Bar(text, row.of_raw, at_least=least)
            yield Bar(f"{row.size_px} px: append p99, ms", row.append_p99_ms, 2.0)
