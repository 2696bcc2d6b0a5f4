"""Workers do what they are asked, and are gone when nobody can ask any more."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from saccade.core import worker_pool

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE_S = 30.0
PARENT = """
import os, time
from saccade.core import worker_pool

if __name__ == "__main__":
    with worker_pool(2) as pool:
        first, second = pool.submit(os.getpid), pool.submit(time.sleep, {busy_s})
        print(first.result(), flush=True)
        time.sleep(3600)
"""


def twice(number: int) -> int:
    return 2 * number


def set_mark(mark: str) -> None:
    os.environ["SACCADE_TEST_MARK"] = mark


def told(name: str) -> str:
    return os.environ[name]


def test_workers_are_prepared_and_answer_in_order() -> None:
    """What is to be done first is done in each; answers come back, and errors."""
    with worker_pool(2, set_mark, "ready") as pool:
        assert list(pool.map(twice, range(5))) == [0, 2, 4, 6, 8]
        assert pool.submit(told, "SACCADE_TEST_MARK").result(PATIENCE_S) == "ready"
        with pytest.raises(KeyError):
            pool.submit(told, "SACCADE_NO_SUCH_MARK").result(PATIENCE_S)


def test_ctrl_c_is_the_parents_business() -> None:
    """A worker does not answer an interrupt."""
    with worker_pool(1) as pool:
        handler = pool.submit(signal.getsignal, signal.SIGINT).result(PATIENCE_S)
    assert handler == signal.SIG_IGN


@pytest.mark.parametrize("busy_s", [0, 3600])
def test_workers_end_when_their_parent_is_killed(tmp_path: Path, busy_s: int) -> None:
    """Whether they wait for work or are in the middle of some."""
    script = tmp_path / "parent.py"
    script.write_text(PARENT.format(busy_s=busy_s), encoding="utf-8")
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert int(parent.stdout.readline())
        workers = psutil.Process(parent.pid).children(recursive=True)
        assert len(workers) >= 2
        parent.kill()
        deadline_s = time.monotonic() + PATIENCE_S
        while any(each.is_running() for each in workers):
            assert time.monotonic() < deadline_s
            time.sleep(0.05)
