"""Measuring a camera that runs by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from rich.table import Table

from saccade import app

from ._console import err, named_errors, out
from ._inspect import tell_bars

if TYPE_CHECKING:
    from pathlib import Path

    from saccade.app import StreamBench


def bench_stream(
    seconds: float, frames: int, repetitions: int, folder: Path | None, as_json: bool
) -> NoReturn:
    """Measure a small stream at the camera's full rate, and a large one at the disk's."""
    with named_errors(as_json), err.status("measuring ...") as status:
        result = app.run_stream_bench(
            seconds=seconds,
            frames=frames,
            repetitions=repetitions,
            folder=folder,
            progress=status.update,
        )
    if not as_json:
        out.print(_table(result))
    tell_bars(result, as_json)


def _table(result: StreamBench) -> Table:
    table = Table("px", "frames", "lost", "a second", "camera alone", "looked at", "pauses")
    table.add_column("to action, ms (p99)")
    table.add_column("of raw writing")
    for row in result.rows:
        waits = row.action_median_ms, row.action_p99_ms
        table.add_row(
            str(row.size_px),
            str(row.frames),
            str(row.lost),
            f"{row.frames_per_s:.0f}",
            f"{row.bare_per_s:.0f}",
            str(row.looked_at),
            str(row.pauses),
            "" if None in waits else f"{waits[0]:.1f} ({waits[1]:.1f})",
            "" if row.of_raw is None else f"{row.of_raw:.2f}",
        )
    return table
