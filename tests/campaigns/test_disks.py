"""A disk that is full at any point of a run, and one that is fifty times too slow.

A full disk is a file system of 16 MiB in memory where one may be mounted, and otherwise one that
Python is made to believe in (`saccade.testing.FaultyDisk`), which is full to the byte.

The long form is ``SACCADE_DISKS=200``.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
from disk_trials import (
    FRAME_BYTES,
    FRAMES,
    MEMORY_MB,
    QUEUE_MB,
    TMPFS_MB,
    Disk,
    Ended,
    can_mount,
    trial,
)
from processes import in_processes, say

if TYPE_CHECKING:
    from pathlib import Path

DISKS = int(os.environ.get("SACCADE_DISKS", "4"))
LONG = 50
SEED = 18
TIMES = 50
"""How much slower than this disk the slow one is."""
ALL_BYTES = FRAMES * FRAME_BYTES

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="a file that is open can't be taken away"),
    pytest.mark.timeout(120 if DISKS < LONG else 0),
]


def full_disks(count: int) -> list[Disk]:
    """Return disks that are full at random points; in some the recorder keeps a reserve."""
    rng = np.random.default_rng(SEED)
    mountable = can_mount()
    disks = []
    for place in range(count):
        # From before the first frame until the last; in the middle of a line or of a frame.
        room = int(rng.integers(3000, ALL_BYTES))
        reserve_mb = float(rng.choice([0.0, 0.0, 0.5]))
        tmpfs = mountable and place % 2 == 0
        disks.append(Disk(room_bytes=room, tmpfs=tmpfs, reserve_mb=reserve_mb))
    return disks


def table(some: list[Ended]) -> str:
    """Return the raw counts."""
    safe = [each.safe_ms for each in some if each.safe_ms is not None]
    p50, p99, most = np.percentile(safe, [50, 99, 100]) if safe else (0, 0, 0)
    return "\n".join(
        [
            f"{len(some)} runs of {FRAMES} frames of {FRAME_BYTES >> 10} KiB,"
            f" {sum(each.disk.tmpfs for each in some)} on a file system of {TMPFS_MB} MiB",
            f"verdicts: {dict(Counter(each.verdict for each in some))}",
            f"acknowledged frames: {sum(each.acknowledged for each in some)},"
            f" unreadable: {sum(bool(each.unreadable) for each in some)}",
            f"queued at most: {max(each.most_queued_mb for each in some):.2f} of {QUEUE_MB} MiB;"
            f" process grown by at most {max(each.grown_mb for each in some):.1f} MiB",
            f"SAFE after the run knew: p50 {p50:.1f}, p99 {p99:.1f}, max {most:.1f} ms",
            f"lit at the end: {sum(each.lit_at_end for each in some)}",
        ]
    )


def prove(some: list[Ended]) -> None:
    """Fail unless all that was promised of a bad disk is kept."""
    for name, bad in {
        "unreadable": [each for each in some if each.unreadable],
        "lit": [each for each in some if each.lit_at_end],
        "not SAFE": [each for each in some if each.safe_ms == float("inf")],
        "memory": [each for each in some if each.grown_mb > MEMORY_MB],
        "queue": [each for each in some if each.most_queued_mb > QUEUE_MB],
        "a thread left": [each for each in some if each.left_threads],
        "never ended": [each for each in some if not each.verdict],
    }.items():
        assert not bad, f"{name}: {bad[:5]}"


def test_a_full_disk_costs_only_what_was_not_acknowledged() -> None:
    """Wherever it is full: the run fails, in the dark, and every acknowledged frame is there."""
    warm = in_processes(trial, [Disk()])
    assert (warm[0].verdict, warm[0].acknowledged) == ("completed", FRAMES)
    some = in_processes(trial, full_disks(DISKS))
    say(f"\n{table(some)}")
    prove(some)
    assert {each.verdict for each in some} <= {"failed", "not begun"}
    assert any(0 < each.acknowledged < FRAMES for each in some)
    if DISKS >= LONG:
        assert max(each.safe_ms or 0.0 for each in some) <= 150.0


def call_ms(folder: Path) -> float:
    """Return what a call takes in the median: a write of a frame, or its sync."""
    taken_s = []
    with (folder / "measured").open("wb", buffering=0) as file:
        for _ in range(40):
            began_s = time.perf_counter()
            file.write(bytes(FRAME_BYTES))
            os.fsync(file.fileno())
            taken_s.append((time.perf_counter() - began_s) / 2)
    return float(np.median(taken_s)) * 1e3


def test_a_disk_fifty_times_too_slow_holds_no_more_in_memory(tmp_path: Path) -> None:
    """The run waits for it, gives frames up as gaps, or fails; it never fills the memory."""
    usual_ms = call_ms(tmp_path)
    slow_ms = min(max((TIMES - 1) * usual_ms, 20.0), 500.0)
    some = in_processes(trial, [Disk(call_ms=slow_ms, overload=how) for how in ("wait", "gap")])
    say(f"\na call takes {usual_ms:.2f} ms, and {slow_ms:.0f} ms more\n{table(some)}")
    prove(some)
    waited, gave_up = some
    assert gave_up.verdict in ("completed_with_gaps", "failed")
    assert waited.verdict in ("completed_late", "failed")
    assert waited.verdict == "failed" or waited.acknowledged == FRAMES
    assert max(waited.most_queued_mb, gave_up.most_queued_mb) > 0.5 * QUEUE_MB
    assert gave_up.taken == FRAMES or gave_up.verdict == "failed"
