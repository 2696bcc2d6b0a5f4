"""What the user would have suffered from imports, logs, windows and the end of a script."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).parent
TIMES = int(os.environ.get("SACCADE_EXITS", "10"))

SCRIPT = """
import sys
sys.path.insert(0, {here!r})
import saccade.scope
from mm_test_adapters import device_adapter_path
from saccade.run import Run
from saccade.scope import MicroManagerScope
from scope_rig import Memory
from useq import MDASequence
{before}
from pymmcore_plus import CMMCorePlus
core = CMMCorePlus(mm_path=str(device_adapter_path()))
core.loadSystemConfiguration()
core.setExposure(1.0)
scope = MicroManagerScope(core)
sink = Memory()
plan = MDASequence(channels=["DAPI", "FITC"], stage_positions=[(0, 0), (5, 5)])
run = Run(scope, plan, sink=sink, {options})
{middle}
print(run.start().wait(30), len(sink.frames))
{after}
"""


def script(before: str = "", options: str = "", middle: str = "", after: str = "") -> str:
    parts = {"before": before, "options": options, "middle": middle, "after": after}
    return SCRIPT.format(here=str(HERE), **parts)


def run_script(
    text: str, home: Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a script in a process of its own, with an empty home."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYMM")}
    homes = {"HOME": str(home), "USERPROFILE": str(home), "XDG_DATA_HOME": "", "LOCALAPPDATA": ""}
    return subprocess.run(
        [sys.executable, "-c", text],
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        check=False,
        env={**kept, **homes, **(env or {})},
    )


def files_under(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_script_that_is_done_ends_with_status_0(tmp_path: Path) -> None:
    """However often a short script is run, none is aborted on its way out.

    ``SACCADE_EXITS=40`` in the environment repeats it so often.
    """
    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(lambda _: run_script(script(), tmp_path), range(TIMES)))
    assert [(end.returncode, end.stdout) for end in ends] == [(0, "completed 4\n")] * TIMES
    assert {end.stderr for end in ends} == {""}


def test_nothing_is_written_under_the_home_of_the_user(tmp_path: Path) -> None:
    """Neither the import nor a run leaves a file in the user's own folder."""
    home, folder = tmp_path / "home", tmp_path / "run"
    home.mkdir()
    folder.mkdir()
    warn = """
import logging
def warn(frame):
    logging.getLogger("pymmcore-plus").warning("cold")
    return saccade.core.Observation(0.0)
"""
    options = f"folder=__import__('pathlib').Path({str(folder)!r}), detect=warn"
    text = script(before=warn, options=options)
    end = run_script(text, home)
    assert (end.returncode, end.stderr) == (0, "")
    assert files_under(home) == []
    assert "WARNING cold" in (folder / "micromanager.log").read_text("utf-8")


def test_a_log_file_that_the_user_chose_is_left_to_the_user(tmp_path: Path) -> None:
    """Who asks pymmcore-plus for a log by its own variable gets it."""
    log = tmp_path / "mine.log"
    end = run_script(script(), tmp_path, {"PYMM_LOG_FILE": str(log)})
    assert end.returncode == 0
    assert log.stat().st_size > 0


def test_the_log_level_of_the_program_is_left_alone(tmp_path: Path) -> None:
    """Importing does not turn every library's debug messages on."""
    text = script(after="import logging; print(logging.getLogger().level)")
    assert run_script(text, tmp_path).stdout.splitlines()[-1] == "30"


def qt_works() -> bool:
    """Return whether PySide6 is there, and the libraries of the system that it needs."""
    if find_spec("PySide6") is None:
        return False
    command = [sys.executable, "-c", "import PySide6.QtWidgets"]
    return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0


QT = pytest.mark.skipif(not qt_works(), reason="PySide6, or a library that it needs, is not here")
APP = "from PySide6.QtWidgets import QApplication; app = QApplication([])"
WHERE = """
import threading
threads = set()
core.mda.events.frameReady.connect(lambda *_: threads.add(threading.current_thread().name))
core.mda.events.eventStarted.connect(lambda *_: threads.add(threading.current_thread().name))
"""


@QT
@pytest.mark.parametrize(
    "before", ["import PySide6.QtWidgets", APP, "import qtpy.QtWidgets\n" + APP]
)
def test_importing_qt_moves_no_work_to_another_thread(tmp_path: Path, before: str) -> None:
    """Listeners are called in the run's thread although a window's main loop may be about."""
    text = script(before=before, middle=WHERE, after="print(threads)")
    end = run_script(text, tmp_path, {"QT_QPA_PLATFORM": "offscreen"})
    assert end.returncode == 0, end.stderr
    assert end.stdout == "completed 4\n{'saccade-scope'}\n"


@QT
def test_a_raising_callback_does_not_abort_the_process_under_qt(tmp_path: Path) -> None:
    """A callback that raises while a window is open costs no frame, and not the process."""
    middle = "def boom(*_): 1 / 0\ncore.mda.events.frameReady.connect(boom)"
    end = run_script(script(APP, middle=middle), tmp_path, {"QT_QPA_PLATFORM": "offscreen"})
    assert (end.returncode, end.stdout) == (0, "completed 4\n")


def test_the_import_is_not_disturbed_by_a_core_that_was_there_before(tmp_path: Path) -> None:
    """A program that made its core before it met Saccade can hand it over all the same."""
    text = script().replace(
        "import saccade.scope\n", "import pymmcore_plus\nimport saccade.scope\n"
    )
    end = run_script(text, tmp_path)
    assert (end.returncode, end.stdout) == (0, "completed 4\n")


@QT
def test_a_core_that_was_made_under_qt_runs_all_the_same(tmp_path: Path) -> None:
    """A window that made its core first keeps its own signals, and the run its thread."""
    window = f"import pymmcore_plus\n{APP}\nfrom pymmcore_plus import CMMCorePlus\nCMMCorePlus()\n"
    text = script(after="print(type(core.events).__name__)")
    text = text.replace("import saccade.scope\n", window + "import saccade.scope\n")
    text = text.replace(
        "core = CMMCorePlus(",
        "import os; del os.environ['PYMM_SIGNALS_BACKEND']\ncore = CMMCorePlus(",
    )
    end = run_script(text, tmp_path, {"QT_QPA_PLATFORM": "offscreen"})
    assert (end.returncode, end.stdout) == (0, "completed 4\nQCoreSignaler\n"), end.stderr
