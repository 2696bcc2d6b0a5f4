"""The benchmark of a camera that runs by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from saccade.app import _bench_stream, run_stream_bench

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_both_streams_are_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A row and bars each: nothing is lost, actions and stops are timed, the disk has its share."""
    monkeypatch.setattr(_bench_stream, "_BARE_S", 0.1)
    monkeypatch.setattr(_bench_stream, "_ACT_EVERY", 10)
    monkeypatch.setattr(_bench_stream, "_LARGE_PX", 256)
    told: list[str] = []
    bench = run_stream_bench(
        seconds=0.5, frames=8, repetitions=1, stops=2, folder=tmp_path, progress=told.append
    )
    small, large = bench.rows
    assert (small.size_px, large.size_px) == (512, 256)
    assert small.lost == large.lost == 0
    assert small.frames > small.looked_at >= 10
    assert small.actions >= 1
    assert small.action_median_ms is not None
    assert small.action_median_ms > 0
    assert large.frames == 8
    assert large.of_raw is not None
    assert large.of_raw > 0
    lost, action, stop, share, lost_large = bench.bars
    assert lost.holds
    assert lost_large.holds
    assert action.measured == small.action_median_ms - 2e3 / small.frames_per_s
    assert share.measured == large.of_raw
    assert 0 < stop.measured < 5000
    assert stop.at_most == 51
    assert len(told) == 4
    assert not list(tmp_path.iterdir())
