"""A protocol run for a long time, and what grows with it."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import psutil

from saccade.core import SaccadeError, is_number, plain, require

from ._assemble import assemble, open_scope
from ._scratch import scratch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from saccade.scope import MicroManagerScope

    from ._protocol import Protocol
    from ._run import Run

_WARM_UP = 0.2
"""Share of the frames, at the beginning, in which caches and allocators fill."""
_LEAST_SAMPLES = 10
_CONFIDENCE = 0.95
_MB = 2**20


class Sample(NamedTuple):
    """What the process had at one time."""

    frames: int
    """Stored since the beginning, of all runs."""
    seconds: float
    memory_mb: float
    """Resident."""
    handles: int
    """Open files, pipes and the like."""
    threads: int
    queue_mb: float
    """Waiting for the disk."""
    journal_mb: float
    folder_mb: float
    """Written since the beginning, of all runs; the journals are a part of it."""


class Slope(NamedTuple):
    """How fast something grows, by Theil and Sen, and the bounds of 95 %."""

    name: str
    unit: str
    """Per hour at the stated rate of frames."""
    value: float
    low: float
    high: float
    most: float
    """The highest sample, itself."""


@dataclass(frozen=True)
class Soak:
    """What became of a protocol that ran for long."""

    frames: int
    runs: int
    seconds: float
    hours: float
    """What so many frames are at the stated rate."""
    frames_per_s: float
    limit_mb_per_hour: float
    slopes: tuple[Slope, ...]
    """None where there were too few samples after the warm-up."""
    failures: tuple[str, ...]
    """Verdicts of runs that were not completed, and what grew."""
    samples: tuple[Sample, ...] = field(repr=False)

    @property
    def holds(self) -> bool:
        """Whether it was long enough to tell, nothing failed, and nothing grew."""
        return bool(self.slopes) and not self.failures

    def plain(self) -> dict[str, Any]:
        """Return it as plain data, samples included."""
        slopes = [slope._asdict() for slope in self.slopes]
        samples = [sample._asdict() for sample in self.samples]
        return {**plain(self), "slopes": slopes, "samples": samples, "holds": self.holds}


def soak(
    protocol: Protocol,
    scope_name: str | None = None,
    *,
    minutes: float | None = None,
    hours: float | None = None,
    limit_mb_per_hour: float = 1.0,
    frames_per_s: float = 100.0,
    every_s: float = 1.0,
    folder: Path | None = None,
    progress: Callable[[str], object] = lambda _: None,
) -> Soak:
    """Run a protocol again and again, and say what of the process grows with the frames.

    Parameters
    ----------
    protocol : Protocol
        As loaded; with no interval, or on a simulated clock, it goes as fast as it can.
    scope_name : str, optional
        Goes before that of the protocol.
    minutes : float, optional
        How long, by the clock on the wall.
    hours : float, optional
        Or how many frames: those of so many hours at `frames_per_s`. A run that has begun is
        finished in either case, unless the time is up.
    limit_mb_per_hour : float
        Memory may grow by less than this in an hour of frames: the upper bound of its slope.
    frames_per_s : float
        What an hour of frames means.
    every_s : float
        Time between samples.
    folder : path, optional
        On the disk where the runs are recorded; each is removed before the next begins.
    progress : callable
        Is told how far it is.

    Raises
    ------
    UsageError
        If a setting, the protocol or the scope can't be used.
    """
    given = {"limit_mb_per_hour": limit_mb_per_hour, "frames_per_s": frames_per_s}
    lengths = {"minutes": minutes, "hours": hours}
    for name, value in {**given, "every_s": every_s, **lengths}.items():
        ok = (value is None and name in lengths) or (is_number(value) and value > 0)  # type: ignore[operator]
        require(ok, f"soak.{name}", value, "a number above 0", "Try --minutes 20.")
    require((minutes is None) != (hours is None), "soak", lengths, "one of the two", "Give one.")
    most_frames = None if hours is None else round(hours * 3600 * frames_per_s)
    until = None if minutes is None else time.monotonic() + 60 * minutes
    scope = open_scope(scope_name or protocol.scope, protocol.folder, protocol.sim)
    try:
        with scratch(folder) as inside:
            soaking = _Soaking(protocol, scope, inside, every_s, progress)
            soaking.go(until, most_frames)
    finally:
        scope.core.unloadAllDevices()
    return soaking.result(limit_mb_per_hour, frames_per_s)


class _Soaking:
    """Runs, one after the other, and what was sampled meanwhile."""

    def __init__(
        self,
        protocol: Protocol,
        scope: MicroManagerScope,
        folder: Path,
        every_s: float,
        progress: Callable[[str], object],
    ) -> None:
        self._protocol, self._scope, self._folder = protocol, scope, folder
        self._every_s, self._progress = every_s, progress
        self._process = psutil.Process(os.getpid())
        self._began = time.monotonic()
        self._before = (0, 0.0, 0.0)
        self._runs = 0
        self._failures: list[str] = []
        self._samples: list[Sample] = []

    def go(self, until: float | None, most_frames: int | None) -> None:
        """Run until the time is up, or enough frames are stored."""
        while not self._failures:
            out = self._folder / f"run-{self._runs}"
            run = assemble(self._protocol, self._scope, out).run
            self._runs += 1
            run.start()
            self._follow(run, until)
            self._take(run)
            last = self._samples[-1]
            self._before = (last.frames, last.journal_mb, last.folder_mb)
            shutil.rmtree(out)
            enough = most_frames is not None and last.frames >= most_frames
            if enough or (until is not None and time.monotonic() >= until):
                return

    def result(self, limit_mb_per_hour: float, frames_per_s: float) -> Soak:
        """Return what became of it."""
        last = self._samples[-1]
        slopes = tuple(_slopes(self._samples, 3600 * frames_per_s))
        return Soak(
            frames=last.frames,
            runs=self._runs,
            seconds=last.seconds,
            hours=last.frames / frames_per_s / 3600,
            frames_per_s=frames_per_s,
            limit_mb_per_hour=limit_mb_per_hour,
            slopes=slopes,
            failures=(*self._failures, *_grown(slopes, limit_mb_per_hour)),
            samples=tuple(self._samples),
        )

    def _follow(self, run: Run, until: float | None) -> None:
        """Sample until a run has ended; stop it when the time is up."""
        stopped = False
        while True:
            try:
                verdict = run.wait(self._every_s)
            except TimeoutError:
                self._take(run)
                if until is not None and time.monotonic() >= until and not stopped:
                    stopped = True
                    run.stop("the soak is over")
            except SaccadeError as error:
                self._failures.append(f"run {self._runs} failed: {error}")
                return
            else:
                if not (verdict.whole or (stopped and verdict.name == "stopped")):
                    self._failures.append(f"run {self._runs} was {verdict}")
                return

    def _take(self, run: Run) -> None:
        frames, journal_mb, folder_mb = self._before
        now_journal_mb, now_folder_mb = _written_mb(run.folder)
        windows = sys.platform == "win32"
        handles = getattr(self._process, "num_handles" if windows else "num_fds")
        sample = Sample(
            frames=frames + run.stored,
            seconds=time.monotonic() - self._began,
            memory_mb=self._process.memory_info().rss / _MB,
            handles=handles(),
            threads=threading.active_count(),
            queue_mb=run.waiting_bytes / _MB,
            journal_mb=journal_mb + now_journal_mb,
            folder_mb=folder_mb + now_folder_mb,
        )
        self._samples.append(sample)
        self._progress(f"{sample.frames:,} frames, {sample.memory_mb:.1f} MB")


def _written_mb(folder: Path | None) -> tuple[float, float]:
    sizes = {}
    for path in () if folder is None else folder.rglob("*"):
        try:
            sizes[path] = path.stat().st_size / _MB
        except OSError:
            continue  # a draft that has its name by now
    journal_mb = sum(size for path, size in sizes.items() if path.name == "journal.jsonl")
    return journal_mb, sum(sizes.values())


def _slopes(samples: Sequence[Sample], frames_per_hour: float) -> Iterator[Slope]:
    """Yield the slope of each quantity over the frames, after the warm-up.

    Theil, Nederl. Akad. Wetensch. Proc. 53 (1950), and Sen, J. Am. Stat. Assoc. 63 (1968): the
    median of the slopes between all pairs, which a few odd samples don't move.
    """
    from scipy.stats import theilslopes  # a second to import, which every command would pay

    kept = [each for each in samples if each.frames >= _WARM_UP * samples[-1].frames]
    hours = np.array([each.frames for each in kept]) / frames_per_hour
    if len(np.unique(hours)) < _LEAST_SAMPLES:
        return
    for name in Sample._fields[2:]:
        values = np.array([getattr(each, name) for each in kept], float)
        found = theilslopes(values, hours, alpha=_CONFIDENCE)
        unit = "MB/h" if name.endswith("_mb") else "1/h"
        bounds = (float(found.slope), float(found.low_slope), float(found.high_slope))
        yield Slope(name, unit, *bounds, most=float(values.max()))


def _grown(slopes: Sequence[Slope], limit_mb_per_hour: float) -> Iterator[str]:
    for slope in slopes:
        if slope.name == "memory_mb" and not slope.high < limit_mb_per_hour:
            yield (
                f"memory may grow by {slope.high:.2f} MB/h; less than {limit_mb_per_hour:g} is "
                "allowed"
            )
        if slope.name in ("handles", "threads") and slope.low > 0:
            yield f"{slope.name} grow by {slope.value:.2f} an hour"
