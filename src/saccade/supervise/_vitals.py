"""Whether a process that says nothing is at work, or stands still; part of the program."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from pathlib import Path

_SAMPLES = 3
_BETWEEN_S = 1e-3
_WINDOW_S = 0.04
"""More than two ticks of the clock by which Windows counts the time that a process computes."""
_SHARE = 0.25
"""Of one processor. Threads that only wait for the interpreter wake up often, and use less."""
_AT_WORK = (b"R", b"D")
"""On a processor or waiting for one, or for the disk: states of ``/proc``, see proc(5)."""

_STOPPED = b"T"
"""Only a whole process is stopped; threads that still wait for a processor will follow."""


def stands_still(pid: int) -> bool:
    """Return whether no thread of a process is at work; takes 3 ms, or 40 elsewhere than on Linux.

    A process that is stopped, or whose threads all wait for each other, stands still. One that
    computes does not, nor, on Linux, one that the system lets wait for a processor.

    Parameters
    ----------
    pid : int
        Its number; one that is not there stands still.
    """
    if not sys.platform.startswith("linux"):
        return _share(pid) < _SHARE
    for sample in range(_SAMPLES):
        if sample:
            time.sleep(_BETWEEN_S)
        states = _states(pid)
        if _STOPPED in states:
            return True
        if any(state in _AT_WORK for state in states):
            return False
    return True


def _states(pid: int) -> list[bytes]:
    states = []
    # Threads may end meanwhile.
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):
                # The name before it, in brackets, may hold anything.
                states.append((task / "stat").read_bytes().rpartition(b") ")[2][:1])
    return states


def _share(pid: int) -> float:
    import psutil

    try:
        process = psutil.Process(pid)
        before, began_s = process.cpu_times(), time.monotonic()
        time.sleep(_WINDOW_S)
        after, ended_s = process.cpu_times(), time.monotonic()
    except psutil.Error:
        return 0.0
    used_s = after.user + after.system - before.user - before.system
    return float(used_s / (ended_s - began_s))
