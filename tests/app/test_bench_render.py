"""The benchmark of the virtual microscope, in its shortest form."""

from __future__ import annotations

import cv2

from saccade.app import run_render_bench


def test_each_specimen_is_measured_and_held_to_the_promise() -> None:
    """Each has a row with its times and a bar at 10 ms; OpenCV has its threads back after."""
    threads = cv2.getNumThreads()
    told: list[str] = []
    names = ["beads", "calcium"]
    bench = run_render_bench(specimens=names, frames=2, progress=told.append)
    assert [row.specimen for row in bench.rows] == names
    assert all(row.picture_ms > 0 and row.objects > 0 for row in bench.rows)
    assert [bar.measured for bar in bench.bars] == [row.picture_ms for row in bench.rows]
    assert {bar.at_most for bar in bench.bars} == {10.0}
    assert len(told) == 2
    assert cv2.getNumThreads() == threads
    assert bench.plain()["rows"][0]["specimen"] == "beads"
