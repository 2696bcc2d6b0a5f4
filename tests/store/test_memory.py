"""The allocator keeps what large pictures leave behind."""

from __future__ import annotations

import subprocess
import sys

import pytest

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
