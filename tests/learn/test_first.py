"""What has to be so before torch is imported."""

from __future__ import annotations

import os
import subprocess
import sys

_PROGRAM = """
import os, sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            print(os.environ.get("OMP_WAIT_POLICY"))
            sys.meta_path.remove(self)
sys.meta_path.insert(0, Finder())
import saccade.learn
"""


def test_threads_of_a_training_wait_asleep() -> None:
    """Said before torch is imported: threads that spin take the cores from whoever acquires."""
    environment = {k: v for k, v in os.environ.items() if k != "OMP_WAIT_POLICY"}
    told = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    assert told.stdout.split() == ["PASSIVE"]
