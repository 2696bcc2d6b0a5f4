"""A suite that can't fail proves nothing: bugs are planted, and the suite has to find each."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from seeded_bugs import BUGS, Bug

import saccade

# A few in the suite; ``SACCADE_BUGS=20`` plants all of them.
COUNT = int(os.environ.get("SACCADE_BUGS", "3"))
CHOSEN = BUGS[:: max(1, len(BUGS) // COUNT)][:COUNT]

_SOURCE = Path(saccade.__file__).parent
_TESTS = Path(__file__).parents[1]
_PATIENCE_S = 600.0


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a copy of the program that bugs can be planted in."""
    place = tmp_path_factory.mktemp("seeded")
    skipped = shutil.ignore_patterns("__pycache__")
    shutil.copytree(_SOURCE, place / "src" / "saccade", ignore=skipped)
    shutil.copytree(_TESTS.parent / "hardware_configs", place / "hardware_configs")
    return place / "src"


@cache
def outcome(source: Path, tests: str, bug: str = "") -> tuple[int, str]:
    """Return the exit status and the output of some tests of the program in a folder."""
    del bug  # only tells calls apart
    short = {"SACCADE_KILLS": "2", "SACCADE_ACTIONS": "2000", "SACCADE_EXITS": "2"}
    options = ["-x", "-q", "-p", "no:cacheprovider", "-o", "timeout=100"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(_TESTS / tests)],
        cwd=_TESTS.parent,
        env={**os.environ, **short, "PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        check=False,
        text=True,
        encoding="utf-8",
        timeout=_PATIENCE_S,
    )
    return done.returncode, done.stdout[-3000:]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name.replace(" ", "-"))
def test_seeded_bug_replaces_a_piece_of_program_that_is_there(bug: Bug) -> None:
    """What a bug replaces is in the program once; a bug that no longer fits has to be mended."""
    assert (_SOURCE / bug.file).read_text(encoding="utf-8").count(bug.right) == 1


@pytest.mark.timeout(2 * _PATIENCE_S)
@pytest.mark.parametrize("bug", CHOSEN, ids=lambda bug: bug.name.replace(" ", "-"))
def test_suite_finds_a_seeded_bug(copy: Path, bug: Bug) -> None:
    """Tests that pass on the program fail once the bug is in it.

    ``SACCADE_BUGS`` sets how many of the bugs are planted, one after the other.
    """
    status, output = outcome(copy, bug.tests)
    assert status == 0, output
    file = copy / "saccade" / bug.file
    right = file.read_text(encoding="utf-8")
    try:
        file.write_text(right.replace(bug.right, bug.wrong), encoding="utf-8")
        status, output = outcome(copy, bug.tests, bug.name)
    finally:
        file.write_text(right, encoding="utf-8")
    assert status == 1, output
    assert "failed" in output, output
