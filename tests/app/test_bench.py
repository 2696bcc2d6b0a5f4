"""The benchmark, in its shortest form: that it measures, not how fast."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from saccade.app import bench_store, run_bench, run_overnight
from saccade.app._bench import Bar
from saccade.app._bench_cases import plan
from saccade.app._bench_writers import OURS, RAW, writers


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


def test_stores_are_measured_beside_raw_writing(tmp_path: Path) -> None:
    """Every store has a row and its share of raw writing; what it wrote is gone afterwards."""
    result = bench_store(sizes_px=(64, 300), megabytes=2, repetitions=1, folder=tmp_path)
    assert {(row.size_px, row.name) for row in result.rows} == {
        (size_px, name) for size_px in (64, 300) for name in writers()
    }
    assert {RAW, OURS} <= set(writers())
    assert all(row.of_raw == 1 for row in result.rows if row.name == RAW)
    ours = [row for row in result.rows if row.name == OURS]
    assert all(row.mb_per_s > 0 and row.append_p99_ms > 0 for row in ours)
    bounds = [(bar.at_least, bar.at_most) for bar in result.bars]
    assert bounds == [(0.4, None), (None, 2.0), (0.6, None), (None, 2.0)]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("bar", "holds", "bound"),
    [
        pytest.param(Bar("", 2.0, 2.0), True, "at most 2", id="at the most"),
        pytest.param(Bar("", 2.1, 2.0), False, "at most 2", id="too much"),
        pytest.param(Bar("", 0.6, at_least=0.6), True, "at least 0.6", id="at the least"),
        pytest.param(Bar("", 0.5, at_least=0.6), False, "at least 0.6", id="too little"),
    ],
)
def test_promises_bound_from_above_or_below(bar: Bar, holds: bool, bound: str) -> None:
    """A promise holds up to its bound and not beyond, and says which that is."""
    assert (bar.holds, bar.bound) == (holds, bound)
