"""Runs with detectors in other processes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import psutil

from saccade.app import Run
from saccade.core import RealClock, VirtualClock
from saccade.run import Eye
from saccade.store import RunFolder
from saccade.testing import FakeScope

if TYPE_CHECKING:
    from pathlib import Path

TIMEOUT_S = 110.0


def play(out: Path, detect: Any, watch: Any, *, real: bool = False, then: Any = None, **parts: Any):
    """Return the run that has ended, its folder read back, and how it ended."""
    clock = RealClock() if real else VirtualClock(lockstep=True)
    scope = FakeScope([0.5], clock=clock, slow_s=parts.pop("slow_s", 0.0))
    run = Run(scope, watch, detect={"it": Eye(detect)}, out=out, **parts)
    run.start()
    if then is not None:
        then()
    verdict = run.wait(TIMEOUT_S)
    return run, RunFolder(out), verdict


def observations(folder: RunFolder) -> dict[int, dict[str, Any]]:
    """Return the lines of observations, by frame."""
    return {
        line.value["frame"]: line.value for line in folder.lines() if line.kind == "observation"
    }


def told(folder: RunFolder) -> list[str]:
    """Return what was told of processes."""
    return [line.value["text"] for line in folder.lines() if line.kind == "detector"]


def processes() -> list[int]:
    """Return the processes of detectors that this one has."""
    found = []
    for each in psutil.Process().children(recursive=True):
        try:
            if "saccade.isolate" in " ".join(each.cmdline()) and each.status() != "zombie":
                found.append(each.pid)
        except psutil.Error:
            continue
    return found


def wait_for(what: Any, timeout_s: float = 30.0) -> bool:
    """Return whether something comes to be within a time."""
    end = time.monotonic() + timeout_s
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
