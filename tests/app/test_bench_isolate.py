"""The benchmark of isolated detectors."""

from __future__ import annotations

from saccade.app import run_isolate_bench


def test_each_detector_is_measured_here_and_apart() -> None:
    """A row a detector and size, and a bar for sizes that something is promised of."""
    told: list[str] = []
    bench = run_isolate_bench(sizes_px=(64, 512), frames=3, progress=told.append)
    names = [(row.size_px, row.detector) for row in bench.rows]
    assert names == [(64, "nothing"), (64, "Spots"), (512, "nothing"), (512, "Spots")]
    for row in bench.rows:
        assert 0 < row.here_ms <= row.here_p99_ms
        assert 0 < row.apart_ms <= row.apart_p99_ms
        assert row.start_s > 0
    (bar,) = bench.bars
    assert bar.measured == bench.rows[2].apart_ms - bench.rows[2].here_ms
    assert bench.plain()["bars"][0]["holds"] is bar.holds
    assert len(told) == len(bench.rows)
