"""What every command has to wait for before it begins."""

from __future__ import annotations

import subprocess
import sys


def test_a_command_that_learns_nothing_loads_no_torch() -> None:
    """It takes two seconds and 170 MB, which a run without a network need not pay."""
    heavy = "{'torch', 'sklearn', 'scipy'}"
    code = f"import sys, saccade.cli._main; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        text=True,
        encoding="utf-8",
        timeout=60,
    )
    assert done.stdout.strip() == "[]"
