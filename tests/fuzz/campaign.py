"""The process of a campaign: makes case after case of one kind, and tells what came of each.

    python campaign.py KIND FIRST COUNT SEEDS WORK

Case N is drawn from the kind and N alone. The process is confined before the first: it may make
files only under WORK, and no process, socket or pickle; nothing under WORK may be imported. A case
may end well or with a `SaccadeError`, within a second of processor time and 200 MB of memory. All
else is kept under WORK/failed, and told as JSON, with counts of all outcomes, on the last line.
"""

from __future__ import annotations

import gc
import json
import logging
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import psutil
from baits import Bait
from kinds import KINDS, Kind

from saccade.core import SaccadeError, UsageError
from saccade.core._errors import UNPRINTABLE
from saccade.models._confine import confine

MOST_S = 1.0
MOST_MB = 200.0
_WARM = 20
_MOST_TOLD = 20


class Campaign:
    """Cases of one kind, one after the other."""

    def __init__(self, name: str, seeds: Path, work: Path) -> None:
        self.name, self.work = name, work
        self.kind: Kind = {**KINDS, "bait": Bait}[name](seeds)
        # What runs and what was scored is damage; to all others a file is wrong, and no more.
        self.named = SaccadeError if name == "journal" else UsageError
        self.outcomes: Counter[str] = Counter()
        self.failures: list[dict[str, Any]] = []
        self.breaches: list[str] = []
        self.slowest_s = self.grown_mb = 0.0

    def warm_up(self) -> None:
        """Use a few cases of their own, so that what they need is imported before it counts."""
        for number in range(-_WARM if self.name in KINDS else 0, 0):
            self._use(self._made(number))

    def run(self, first: int, count: int) -> None:
        """Play cases, and keep what should not have come of one."""
        process = psutil.Process()
        for number in range(first, first + count):
            path = self._made(number)
            self.breaches.clear()
            before, begun = _memory_mb(process), time.process_time()
            outcome = self._use(path)
            took_s = time.process_time() - begun
            grown_mb = _memory_mb(process) - before
            self.slowest_s = max(self.slowest_s, took_s)
            self.grown_mb = max(self.grown_mb, grown_mb)
            wrong = self._wrong(outcome, took_s, grown_mb)
            self.outcomes[wrong or outcome] += 1
            if wrong:
                self._keep(number, wrong, outcome)

    def _made(self, number: int) -> Path:
        folder = self.work / "case"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return self.kind.make(Random(f"{self.name}-{number}"), folder)

    def _use(self, path: Path) -> str:
        """Return what came of a case: a word, or the traceback of what should not."""
        try:
            self.kind.use(path)
        except self.named as error:
            odd = UNPRINTABLE.search(str(error))
            return f"{error!r} can't be printed" if odd else type(error).__name__
        except Exception:  # noqa: BLE001 - to be told
            return traceback.format_exc()
        return "accepted"

    def _wrong(self, outcome: str, took_s: float, grown_mb: float) -> str:
        if self.breaches:
            return f"BREACH: {self.breaches[0].split()[0]}"
        if not outcome.isidentifier():
            return f"UNNAMED: {outcome.strip().splitlines()[-1].split(':')[0]}"
        if took_s > MOST_S:
            return f"SLOW: {took_s:.1f} s"
        return f"LARGE: {grown_mb:.0f} MB" if grown_mb > MOST_MB else ""

    def _keep(self, number: int, wrong: str, outcome: str) -> None:
        if len(self.failures) < _MOST_TOLD:
            kept = self.work / "failed" / f"{self.name}-{number}"
            shutil.copytree(self.work / "case", kept, symlinks=True)
            why = [*self.breaches, outcome[-1200:]]
            self.failures.append({"case": number, "wrong": wrong, "why": why, "kept": str(kept)})


def _memory_mb(process: psutil.Process) -> float:
    """Return the most memory that the process ever had, where the system tells that."""
    if sys.platform == "win32":
        return float(process.memory_info().peak_wset) / 2**20
    if sys.platform == "linux":
        # Not that of getrusage, which begins with the peak of whoever started the process.
        status = Path("/proc/self/status").read_text("ascii")
        return float(status.partition("VmHWM:")[2].split()[0]) / 2**10
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main(name: str, first: str, count: str, seeds: str, work: str) -> None:
    """Run a campaign in a confined process."""
    warnings.simplefilter("ignore")
    logging.disable()
    campaign = Campaign(name, Path(seeds), Path(work))
    tempfile.tempdir = work
    campaign.warm_up()
    confine(Path(work), Path(work), campaign.breaches.append)
    campaign.run(int(first), int(count))
    gc.collect()
    told = {
        "outcomes": campaign.outcomes,
        "slowest_s": round(campaign.slowest_s, 3),
        "grown_mb": round(campaign.grown_mb, 1),
        "failures": campaign.failures,
    }
    sys.stdout.write("\n" + json.dumps(told) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
