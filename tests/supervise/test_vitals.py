"""Whether a process that says nothing is at work."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from saccade.supervise import _vitals
from saccade.supervise._vitals import stands_still

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_S = 30.0
BUSY = "print(flush=True)\nwhile True: pass"
IDLE = "import time; print(flush=True); time.sleep(60)"
# One that waits for another, beside one that only wakes up now and then.
LOCKED = """
import threading, time
lock = threading.Lock()
lock.acquire()
threading.Thread(target=lock.acquire, daemon=True).start()
print(flush=True)
while True: time.sleep(0.05)
"""


def becomes(pid: int, still: bool) -> bool:
    """Wait until a process is as it should be; it may have been about to start, or to stop."""
    end = time.monotonic() + PATIENCE_S
    while stands_still(pid) != still:
        if time.monotonic() > end:
            return False
    return True


@pytest.fixture
def process(request: pytest.FixtureRequest) -> Iterator[psutil.Process]:
    child = subprocess.Popen([sys.executable, "-c", request.param], stdout=subprocess.PIPE)
    assert child.stdout is not None
    try:
        child.stdout.readline()
        yield psutil.Process(child.pid)
    finally:
        child.kill()
        child.wait(PATIENCE_S)
        child.stdout.close()


@pytest.mark.parametrize(
    ("process", "still"),
    [(BUSY, False), (IDLE, True), (LOCKED, True)],
    indirect=["process"],
    ids=["busy", "idle", "locked"],
)
@pytest.mark.parametrize("system", ["here", "elsewhere"])
def test_who_computes_does_not_stand_still(
    process: psutil.Process, still: bool, system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the states of its threads, or where there are none to read by the time that it uses."""
    if system == "elsewhere":
        monkeypatch.setattr(_vitals.sys, "platform", "elsewhere")
    assert becomes(process.pid, still)


@pytest.mark.skipif(sys.platform == "win32", reason="no process can be stopped")
@pytest.mark.parametrize("process", [BUSY], indirect=True)
def test_who_is_stopped_stands_still_however_busy(process: psutil.Process) -> None:
    """A stopped process counts as still as soon as one of its threads has stopped."""
    process.suspend()
    assert becomes(process.pid, True)
    process.resume()
    assert becomes(process.pid, False)


def test_who_is_not_there_stands_still() -> None:
    """A number that no process has is no process at work."""
    assert stands_still(2**22 + 1)
