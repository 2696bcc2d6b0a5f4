"""The benchmark, in its shortest form: that it measures, not how fast."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from saccade.app import run_bench, run_overnight
from saccade.app._bench_cases import plan


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> object:
    folder = tmp_path_factory.mktemp("bench")
    result = run_bench(sizes_px=(64,), events=20, repetitions=1, long_run=50, folder=folder)
    assert list(Path(folder).iterdir()) == []
    return result


def test_every_contender_is_measured_under_every_condition(bench: object) -> None:
    """Bare core, stock runner and Saccade each have a row, with moves and without."""
    rows = bench.rows
    names = {row.name for row in rows}
    assert {"bare core", "stock runner", "Saccade, planned, recorded"} <= names
    assert {(row.name, row.moves) for row in rows} == {
        (name, moves) for name in names for moves in (False, True)
    }
    assert all(0 < row.median_ms <= row.p99_ms for row in rows)


def test_recorded_contenders_tell_when_all_was_on_disk(bench: object) -> None:
    """Rows of recorded contenders say how many frames a second reached the disk."""
    recorded = [row for row in bench.rows if "recorded" in row.name]
    assert recorded
    assert all(row.on_disk_per_s for row in recorded)


def test_bars_are_ratios_of_what_was_measured(bench: object) -> None:
    """The ratio of a bar is that of the rows that it names."""
    rows = {(row.moves, row.name): row for row in bench.rows}
    bar = next(bar for bar in bench.bars if "no moves" in bar.text)
    ours, stock = rows[False, "Saccade, planned, recorded"], rows[False, "stock runner"]
    assert bar.measured == ours.median_ms / stock.median_ms
    assert bar.holds == (bar.measured <= bar.at_most)


def test_the_memory_of_a_long_run_is_watched(bench: object) -> None:
    """One bar tells by how much the process grew over the frames of a long run."""
    (bar,) = [bar for bar in bench.bars if "memory" in bar.text]
    assert "50 frames" in bar.text
    assert bar.at_most == 5.0


@pytest.mark.parametrize("moves", [False, True])
def test_all_contenders_get_the_same_events(moves: bool) -> None:
    """Every event differs from the one before, so that each has something to set."""
    events = plan(10, moves)
    settings = [(e.exposure, e.x_pos, e.z_pos, e.channel) for e in events]
    assert all(before != after for before, after in itertools.pairwise(settings))


def test_a_night_at_the_virtual_microscope_is_counted_in_minutes(tmp_path: Path) -> None:
    """Four positions every 30 s; the promise for 12 h holds in proportion, and nothing stays."""
    (bar,) = run_overnight(hours=0.025, folder=tmp_path).bars
    assert "12 frames" in bar.text
    assert bar.measured > 0
    assert bar.at_most == pytest.approx(4.0 * 0.025 / 12)
    assert list(tmp_path.iterdir()) == []
