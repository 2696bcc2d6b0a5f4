"""The rules that hold for every test are really held to."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LEAK = '''
import threading

def test_leak():
    """It leaves a thread that waits."""
    threading.Thread(target=threading.Event().wait, args=(30,), name="left", daemon=True).start()

def test_clean():
    """It joins its thread."""
    thread = threading.Thread(target=int)
    thread.start()
    thread.join(10)
'''
MUTE = '''
def test_mute():
    pass

def test_told():
    """It says what it holds."""
'''
NO_DATA = '''
def test_real(data):
    """It needs real recordings."""
'''
HOME = '''
def test_quiet():
    """pymmcore-plus is imported after the rules."""
    from saccade.scope import load
    load("demo").core.unloadAllDevices()
'''


def run(folder: Path, text: str, **environment: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(Path(__file__).with_name("conftest.py"), folder / "conftest.py")
    (folder / "test_it.py").write_text(text, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", str(folder)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        cwd=folder,
        env={**os.environ, **environment},
    )


def test_a_test_that_leaves_a_thread_fails(tmp_path: Path) -> None:
    """The leak is laid at the door of the test that made it, and of no other."""
    ended = run(tmp_path, LEAK)
    assert ended.returncode == pytest.ExitCode.TESTS_FAILED
    assert "left threads alive: left" in ended.stdout
    assert "2 passed, 1 error" in ended.stdout


def test_a_test_that_states_no_fact_ends_the_session(tmp_path: Path) -> None:
    """Nothing runs while a test has no docstring."""
    ended = run(tmp_path, MUTE)
    assert ended.returncode == pytest.ExitCode.USAGE_ERROR
    assert "test_it.py::test_mute" in ended.stderr
    assert "test_told" not in ended.stderr


def test_real_recordings_are_skipped_with_a_reason(tmp_path: Path) -> None:
    """Where they are not, the report says so and how to name them."""
    ended = run(tmp_path, NO_DATA, SACCADE_DATA=str(tmp_path / "nowhere"))
    assert ended.returncode == pytest.ExitCode.OK
    assert "SACCADE_DATA may name their folder" in ended.stdout


def test_nothing_is_written_into_the_home(tmp_path: Path) -> None:
    """A microscope that a test loads logs into a scratch folder, which is gone afterwards."""
    home = tmp_path / "home"
    scratch = tmp_path / "scratch"
    folder = tmp_path / "tests"
    for each in (home, scratch, folder):
        each.mkdir()
    ended = run(folder, HOME, HOME=str(home), USERPROFILE=str(home), TMPDIR=str(scratch))
    assert ended.returncode == pytest.ExitCode.OK, ended.stdout
    assert list(home.rglob("*.log")) == []
    assert list(scratch.rglob("*.log")) == []
