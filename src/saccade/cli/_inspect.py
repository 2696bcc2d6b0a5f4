"""The commands that need no microscope: replay, verify, export, import-model, bench, info."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from rich.table import Table

from saccade import app, models, store
from saccade.app import (
    DetectorBench,
    IsolateBench,
    NetBench,
    OverviewBench,
    RenderBench,
    StoreBench,
)
from saccade.core import UsageError, did_you_mean, plain
from saccade.sim.specimens import SPECIMENS

from . import _train
from ._console import Exit, answer, err, named_errors, out, say
from ._overview import overview_table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from saccade.app import Bar, Bench

    class HasBars(Protocol):
        """What was measured, and what had been promised of it."""

        @property
        def bars(self) -> tuple[Bar, ...]:
            """The promises."""

        def plain(self) -> dict[str, Any]:
            """Return it as JSON can hold it."""

    AnyBench = (
        Bench | DetectorBench | NetBench | IsolateBench | OverviewBench | RenderBench | StoreBench
    )

_PACKAGES = (
    "saccade", "pymmcore-plus", "pymmcore", "mm-test-adapters", "useq-schema", "numpy", "torch",
    "tensorstore", "tifffile", "opencv-python-headless", "scikit-image",
)  # fmt: skip


def replay(path: Path, other: Path | None, as_json: bool) -> None:
    """Decide again from the stored frames, by the run's own parts or those of a protocol."""
    if other is not None:
        _what_if(path, other, as_json)
        return
    with named_errors(as_json):
        result = app.replay_run(path)
    if as_json:
        answer({**plain(result), "same": result.same})
    else:
        for difference in result.differences:
            say(str(difference))
        say(f"{result.identical} of {result.looks} looks are decided as they were.")
        if result.recalled:
            say(f"{result.recalled} of these as the journal has them: their frames are not stored.")
    raise SystemExit(int(Exit.FINISHED if result.same else Exit.FAILED))


def _what_if(path: Path, other: Path, as_json: bool) -> None:
    with named_errors(as_json):
        found = app.what_if(path, app.load_protocol(other))
    if as_json:
        answer({"frames": [plain(each) for each in found]})
        return
    for each in found:
        say(str(each))
    say(f"{len(found)} frames would be answered otherwise.")
    if found:
        say("What would have come of that was never taken: only the first is certain.")


def verify(path: Path, as_json: bool) -> None:
    """Prove a run folder."""
    with named_errors(as_json):
        report = store.verify(path)
    if as_json:
        answer(plain(report))
    else:
        for problem in report.problems:
            say(f"problem: {problem}")
        streams = ", ".join(report.streams) or "no stream"
        if report.supervisor:
            say(report.supervisor)
        if report.shadowed:
            say(f"{report.shadowed} actions were decided in shadow mode, and not done")
        if report.thinned:
            say(f"{report.thinned} frames were thinned out, as was asked for")
        word = "whole" if report.ok else "damaged"
        say(f"{word}: {report.frames} frames, {report.gaps} gaps, {streams}; {report.verdict}")
        if report.checksum:
            say(f"sha256 {report.checksum}")
    raise SystemExit(int(Exit.FINISHED if report.ok else Exit.FAILED))


def recover(path: Path, as_json: bool) -> None:
    """Mend a run folder whose process died."""
    with named_errors(as_json):
        result = store.recover(path)
    if as_json:
        answer(plain(result))
    else:
        for done in result.mended:
            say(f"mended: {done}")
        for problem in result.problems:
            say(f"problem: {problem}")
        if result.supervisor:
            say(result.supervisor)
        word = "whole" if result.ok else "damaged"
        say(f"{word}: {result.frames} frames, {result.gaps} gaps; {result.verdict}")
    raise SystemExit(int(Exit.FINISHED if result.ok else Exit.FAILED))


def export(path: Path, ome_tiff: Path | None, as_json: bool) -> None:
    """Export the frames of a run."""
    with named_errors(as_json):
        if ome_tiff is None:
            raise UsageError("No format was asked for.", "Add --ome-tiff FOLDER.")
        files = store.export_ome_tiff(path, ome_tiff)
    if as_json:
        answer({"files": [str(file) for file in files]})
    else:
        for file in files:
            say(str(file))


def import_model(
    source: Path, target: Path, output: str | None, reads: str | None, as_json: bool
) -> None:
    """Turn a checkpoint of torch into safetensors, or a package of bioimage.io into a model."""
    if source.is_dir() or source.suffix.lower() == ".zip":
        with named_errors(as_json), err.status("reading, and trying its test ..."):
            made = models.import_package(source, target, output=output, reads=_reads(reads))
        _train.show(str(made.path), as_json)
        return
    with named_errors(as_json), err.status("reading ..."):
        weights = models.import_model(source, target)
    if as_json:
        answer({"file": str(target), "sha256": weights.sha256, "tensors": len(weights.tensors)})
    else:
        say(f"{target}: {len(weights.tensors)} tensors")
        say(f"sha256 {weights.sha256}")


def _reads(given: str | None) -> models.Reads | None:
    for each in models.READS:
        if given == each:
            return each
    if given is None:
        return None
    raise UsageError(f"There are no {given!r}.", did_you_mean(given, models.READS))


def bench(
    sizes_px: tuple[int, ...],
    events: int,
    repetitions: int,
    long_run: int,
    folder: Path | None,
    as_json: bool,
) -> NoReturn:
    """Measure Saccade beside the bare core and the stock runner."""
    with named_errors(as_json), err.status("measuring ...") as status:
        result = app.run_bench(
            sizes_px=sizes_px,
            events=events,
            repetitions=repetitions,
            long_run=long_run,
            folder=folder,
            progress=status.update,
        )
    _tell_bench(result, as_json)


def bench_render(frames: int, as_json: bool) -> NoReturn:
    """Measure how long a picture of each specimen takes."""
    with named_errors(as_json), err.status("measuring ...") as status:
        result = app.run_render_bench(frames=frames, progress=status.update)
    _tell_bench(result, as_json)


def bench_isolate(sizes_px: tuple[int, ...], frames: int, as_json: bool) -> NoReturn:
    """Measure looks of isolated detectors beside the plain call."""
    with named_errors(as_json), err.status("measuring ...") as status:
        result = app.run_isolate_bench(sizes_px=sizes_px, frames=frames, progress=status.update)
    _tell_bench(result, as_json)


def bench_detector(name: str, sizes_px: tuple[int, ...], looks: int, as_json: bool) -> NoReturn:
    """Measure looks of a detector by each runtime, and record the fastest."""
    with named_errors(as_json), err.status("measuring ...") as status:
        result = app.run_detector_bench(
            name, sizes_px=sizes_px, looks=looks, progress=status.update
        )
    _tell_bench(result, as_json)


def bench_nets(names: str, size_px: int, looks: int, as_json: bool) -> NoReturn:
    """Measure networks of several sizes."""
    with named_errors(as_json), err.status("measuring ...") as status:
        wanted = tuple(each.strip() for each in names.split(","))
        result = app.run_net_bench(wanted, size_px=size_px, looks=looks, progress=status.update)
    _tell_bench(result, as_json)


def bench_overnight(hours: float, folder: Path | None, as_json: bool) -> NoReturn:
    """Measure a night at the virtual microscope."""
    with named_errors(as_json), err.status("measuring ...") as status:
        result = app.run_overnight(hours=hours, folder=folder, progress=status.update)
    _tell_bench(result, as_json)


def bench_overview(path: Path, hours: float, worlds: int, as_json: bool) -> NoReturn:
    """Measure an overview beside a raster at detail."""
    with named_errors(as_json), err.status("measuring ...") as status:
        seeds = range(app.FIRST_SEED, app.FIRST_SEED + worlds)
        result = app.bench_overview(app.load_protocol(path), hours, seeds, status.update)
    _tell_bench(result, as_json)


def bench_store(
    sizes_px: tuple[int, ...], repetitions: int, folder: Path | None, as_json: bool
) -> NoReturn:
    """Measure Saccade's store beside raw sequential writing and other stores."""
    with named_errors(as_json), err.status("measuring ...") as status:
        result = app.bench_store(
            sizes_px=sizes_px, repetitions=repetitions, folder=folder, progress=status.update
        )
    _tell_bench(result, as_json)


def info(as_json: bool) -> None:
    """Say what is installed, and what there is to use."""
    facts: dict[str, Any] = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "versions": {name: version(name) for name in _PACKAGES},
        "scopes": ["demo", "playback:PATH", *(f"sim:{name}" for name in SPECIMENS)],
        "parts": sorted(app.parts()),
    }
    if as_json:
        answer(facts)
        return
    say(f"Python {facts['python']} on {facts['platform']}")
    for name, number in facts["versions"].items():
        say(f"  {name} {number}")
    say(f"scopes: {', '.join(facts['scopes'])}, or a profile (hardware_configs/*.yaml)")
    say("parts for a protocol file:")
    for name in facts["parts"]:
        say(f"  {name}")


def _tell_bench(result: AnyBench, as_json: bool) -> NoReturn:
    if not as_json:
        for table in _tables(result):
            out.print(table)
        if isinstance(result, DetectorBench) and result.recorded_in:
            say(f"chosen: {result.chosen}, in {result.recorded_in}")
    tell_bars(result, as_json)


def tell_bars(result: HasBars, as_json: bool) -> NoReturn:
    """Say of every promise whether it holds, and exit with status 1 if one doesn't."""
    if as_json:
        answer(result.plain())
    else:
        for bar in result.bars:
            word = "holds" if bar.holds else "FALLS SHORT"
            say(f"{bar.text}: {bar.measured:.2f}, {bar.bound}: {word}")
    holds = all(bar.holds for bar in result.bars)
    raise SystemExit(int(Exit.FINISHED if holds else Exit.FAILED))


def _tables(result: AnyBench) -> Iterator[Table]:
    if isinstance(result, DetectorBench):
        yield _detector_table(result)
        return
    if isinstance(result, NetBench):
        yield _net_table(result)
        return
    if isinstance(result, IsolateBench):
        yield _isolate_table(result)
        return
    if isinstance(result, OverviewBench):
        yield overview_table(result)
        return
    if isinstance(result, RenderBench):
        yield _render_table(result)
        return
    if isinstance(result, StoreBench):
        yield _store_table(result)
        return
    for size_px in sorted({row.size_px for row in result.rows}):
        for moves in (False, True):
            yield _bench_table(result, size_px, moves)


def _detector_table(result: DetectorBench) -> Table:
    table = Table(title=f"a look of {result.detector}, in turns")
    for name in ("px", "runtime", "median ms", "p99 ms", "CPU ms", "declared ms"):
        table.add_column(name, justify="left" if name == "runtime" else "right")
    for row in result.rows:
        told_ms = (row.median_ms, row.p99_ms, row.cpu_ms, row.declared_ms)
        times = (f"{each:.2f}" for each in told_ms)
        table.add_row(str(row.size_px), row.runtime or "-", *times)
    return table


def _net_table(result: NetBench) -> Table:
    table = Table(title=f"networks alone, {result.size_px} x {result.size_px} px, in turns")
    for name in ("width x blocks", "parameters", "runtime", "median ms", "p99 ms", "fits, ms"):
        table.add_column(name, justify="left" if name == "runtime" else "right")
    for row in result.rows:
        fits = "none" if row.budget_ms is None else f"{row.budget_ms:g}"
        times = (f"{row.median_ms:.2f}", f"{row.p99_ms:.2f}")
        table.add_row(row.net, f"{row.parameters:,}", row.runtime, *times, fits)
    return table


def _isolate_table(result: IsolateBench) -> Table:
    table = Table(title="a look here, and in a process of its own; the first look starts that")
    for name in ("px", "", "here, ms", "p99", "apart, ms", "p99", "first, s"):
        table.add_column(name, justify="left" if name == "" else "right")
    for row in result.rows:
        times = (row.here_ms, row.here_p99_ms, row.apart_ms, row.apart_p99_ms, row.start_s)
        table.add_row(str(row.size_px), row.detector, *(f"{each:.3f}" for each in times))
    return table


def _render_table(result: RenderBench) -> Table:
    table = Table(title="512 x 512 px, painting, optics and noise, one core")
    for name in ("", "objects in view", "median ms", "processor ms", "30 s of life, ms"):
        table.add_column(name, justify="right" if name else "left")
    for row in result.rows:
        times = (f"{ms:.2f}" for ms in (row.picture_ms, row.core_ms, row.advance_ms))
        table.add_row(row.specimen, str(row.objects), *times)
    return table


def _store_table(result: StoreBench) -> Table:
    table = Table(title="stores, as fast as they can; append p99 and memory at half of raw")
    for name in ("px", "", "MB/s", "of raw", "append p99 ms", "memory MB"):
        table.add_column(name, justify="left" if name == "" else "right", no_wrap=True)
    for row in result.rows:
        table.add_row(
            f"{row.size_px}",
            row.name,
            f"{row.mb_per_s:.0f}",
            f"{row.of_raw:.2f}",
            f"{row.append_p99_ms:.2f}",
            f"{row.grown_mb:.0f}",
        )
    return table


def _bench_table(result: Bench, size_px: int, moves: bool) -> Table:
    rows = [row for row in result.rows if (row.size_px, row.moves) == (size_px, moves)]
    base = next((row.median_ms for row in rows if row.name == "stock runner"), None)
    what = "x, y, z and channel change" if moves else "only the exposure changes"
    table = Table(title=f"{size_px} x {size_px} px, 1 ms exposure, {what}")
    for name in ("", "median ms", "p99 ms", "/ stock", "react ms", "react p99", "on disk /s"):
        table.add_column(name, justify="right" if name else "left", no_wrap=True)
    for row in rows:
        table.add_row(
            row.name,
            f"{row.median_ms:.2f}",
            f"{row.p99_ms:.2f}",
            "" if base is None else f"{row.median_ms / base:.2f}",
            _number(row.reaction_median_ms, 2),
            _number(row.reaction_p99_ms, 2),
            _number(row.on_disk_per_s, 0),
        )
    return table


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"
