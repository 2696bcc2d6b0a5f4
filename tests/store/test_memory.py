"""The allocator keeps what large pictures leave behind."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from saccade.store import Recorder, _recorder

if TYPE_CHECKING:
    from pathlib import Path

FAULTS = """
import resource, sys
import numpy as np
if {warm}:
    from saccade.store._memory import keep_memory_warm
    assert keep_memory_warm()
kept = []
for _ in range(3):  # three times a queue of eight pictures, filled and emptied
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    kept = [np.ones((1024, 1024), "uint16") for _ in range(8)]
    kept.clear()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc is told")
def test_a_queue_that_was_full_once_needs_no_fresh_memory() -> None:
    """Pictures that take the place of earlier ones cost the system no page."""

    def faults(warm: bool) -> int:
        command = [sys.executable, "-c", FAULTS.format(warm=warm)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        return int(done.stdout)

    assert faults(warm=True) * 10 < max(faults(warm=False), 1)


SCATTERED = """
import numpy as np, psutil
from saccade.store._memory import keep_memory_warm, let_memory_go
keep_memory_warm()
rss = psutil.Process().memory_info
before = rss().rss
pairs = [(np.ones(30_000, "uint8"), np.ones(3_000, "uint8")) for _ in range(8_000)]
stays = [small for _, small in pairs]
del pairs
held = rss().rss - before
{between}
keep_memory_warm()
print(held, rss().rss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc is told")
def test_what_a_long_run_has_left_scattered_is_given_back() -> None:
    """Kept for good it would add up from run to run; the next run begins without it."""

    def left(between: str) -> float:
        code = SCATTERED.format(between=between)
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        held, after = map(int, done.stdout.split())
        return after / held

    assert left("pass") > 0.9
    assert left("let_memory_go()") < 0.6


WANDERING = """
import numpy as np, psutil
from saccade.store._memory import keep_memory_warm, let_memory_go
rss = psutil.Process().memory_info
stays, held = None, []
for _ in range(6):
    keep_memory_warm()
    run = [np.ones(30_000, "uint8") for _ in range(1_000)]
    stays = run[-1]  # one thing of a run that is there until the next one's is
    del run
    held.append(rss().rss)
    let_memory_go()
print(max(held[1:]) - held[0])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc is told")
def test_runs_take_no_more_memory_than_the_first() -> None:
    """Though what stays of each lies at the far end of what it took: 30 MB, of six runs."""
    command = [sys.executable, "-c", WANDERING]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert int(done.stdout) < 2 * 2**20


def test_a_long_run_lets_its_memory_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When its recorder closes; a short one keeps it for the next."""
    gone = []
    monkeypatch.setattr(_recorder, "let_memory_go", lambda: gone.append(True))
    for name in ("short", "long"):
        (tmp_path / name).mkdir()
    Recorder(tmp_path / "short").close()
    assert not gone
    monkeypatch.setattr(_recorder, "_LONG_S", 0.0)
    Recorder(tmp_path / "long").close()
    assert gone
