"""Files that do what none may: that the campaign tells of each is tested, not assumed."""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from kinds import Kind

from saccade.core import UsageError

if TYPE_CHECKING:
    from random import Random


class Bait(Kind):
    """The same file each time, and with each something else is done; swallowed or not."""

    def __init__(self, seeds: Path) -> None:
        super().__init__(seeds)
        self.waiting = list(BAITS)

    def make(self, rng: Random, folder: Path) -> Path:
        path = folder / "bait_module.py"
        path.write_text("RAN = True", encoding="utf-8")
        return path

    def use(self, path: Path) -> None:
        with contextlib.suppress(OSError):
            BAITS[self.waiting.pop(0)](path)


def named(path: Path) -> None:
    raise UsageError("This is what should happen.")


def unnamed(path: Path) -> None:
    raise KeyError(path.name)


def process(path: Path) -> None:
    subprocess.run([sys.executable, str(path)], check=True)


def write(path: Path) -> None:
    (Path.home() / "saccade-fuzz").write_text("outside", encoding="utf-8")


def imported(path: Path) -> None:
    sys.path.insert(0, str(path.parent))
    __import__("bait_module")


def unpickled(path: Path) -> None:
    pickle.loads(pickle.dumps(os.system))  # noqa: S301 - what is to be found


def slow(path: Path) -> None:
    begun = time.process_time()
    while time.process_time() - begun < 1.2:
        pass


def large(path: Path) -> None:
    assert len(b"x" * (300 * 2**20)) > 1


BAITS = {
    "UsageError": named,
    "UNNAMED: KeyError": unnamed,
    "BREACH: subprocess.Popen": process,
    "BREACH: open": write,
    "BREACH: compile": imported,
    "BREACH: pickle.find_class": unpickled,
    "SLOW": slow,
    "LARGE": large,
}
"""What is done, by what should be told of it."""
