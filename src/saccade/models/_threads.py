"""How many threads a look may take, on a machine that drives a camera and records as well."""

from __future__ import annotations

import os

_MOST = 4
"""Networks of the loop are too small for more."""
_WAITING = "OMP_WAIT_POLICY"


def look_threads() -> int:
    """Return how many threads a look takes: one fewer than there are cores, from three on.

    ``OMP_NUM_THREADS`` is an upper bound. Of two cores it takes both: whoever waits for a look
    has nothing to do meanwhile, and the recorder gets the time that it needs from the system.
    """
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    asked = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    most = int(asked) if asked.isdecimal() and int(asked) else _MOST
    return max(1, min(most, _MOST, cores - (cores > 2)))


def wait_asleep() -> None:
    """Let threads of OpenMP sleep while they wait for each other; before torch is imported.

    By default they spin, each on a core of its own. Where a recorder, another look or another
    program has one of the cores, the one thread spins through the time slice that the other
    needs: with two busy programs beside it a look took 262 to 711 ms instead of 43 to 61.
    What the user's environment says stands.
    """
    os.environ.setdefault(_WAITING, "PASSIVE")
