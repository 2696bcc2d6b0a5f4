"""What holds for every test: no leaked thread, no log in the home, a stated fact."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import sys
import tempfile
import threading
import time
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCRATCH = Path(tempfile.mkdtemp(prefix="saccade-tests-"))

# pymmcore-plus reads these when it is imported, which a test's module may do. Its log goes to
# the user's home otherwise, and its signals through Qt where a window was imported.
os.environ["PYMM_LOG_FILE"] = str(_SCRATCH / "pymmcore-plus.log")
os.environ["PYMM_LOG_LEVEL"] = "CRITICAL"
os.environ["PYMM_SIGNALS_BACKEND"] = "psygnal"
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# What the user's own environment enables is no business of the tests.
os.environ.pop("SACCADE_PLUGINS", None)
# A runtime that was chosen on this machine as well.
os.environ["SACCADE_SETTINGS"] = str(_SCRATCH / "settings")

settings.register_profile("saccade", deadline=None)
settings.register_profile("saccade-ci", deadline=None, derandomize=True)
settings.load_profile("saccade-ci" if os.environ.get("CI") else "saccade")

_LEFT_ALONE = {
    "Dummy-": "C++ threads that once called into Python, such as MMCore's notifications; Python "
    "keeps an entry for each and can neither end nor join it",
    "zarr_io": "the event loop of zarr-python, one for the life of the process; zarr only reads "
    "back what Saccade wrote",
    "zarr_pool": "workers of the same loop",
    "asyncio_": "workers of the same loop",
}
_GRACE_S = 5.0
_TESTS_A_COLLECTION = 25

# Garbage is collected between tests, by the main thread. Wherever it comes it may take down a core
# of Micro-Manager, and in the notification thread of the core that aborts the process
# (pymmcore 12.5.1.75.0).
gc.set_threshold(1_000_000, 10, 10)
_ended = count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    mute = [
        item.nodeid
        for item in items
        if isinstance(item, pytest.Function) and not (item.function.__doc__ or "").strip()
    ]
    if mute:
        raise pytest.UsageError(
            "Each test states in its docstring the fact that it holds; these don't: "
            + ", ".join(dict.fromkeys(nodeid.partition("[")[0] for nodeid in mute))
        )


def pytest_sessionfinish(session: pytest.Session) -> None:
    """End the process without taking cores down: the destructor of one in thousands hangs."""
    atexit.register(_leave, session)


def _leave(session: pytest.Session) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(int(session.exitstatus))


def pytest_unconfigure() -> None:
    shutil.rmtree(_SCRATCH, ignore_errors=True)


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + _GRACE_S
    left = [each for each in threading.enumerate() if each not in before and not _exempt(each)]
    for thread in left:
        thread.join(max(0.0, deadline - time.monotonic()))
    alive = [thread.name for thread in left if thread.is_alive()]
    if next(_ended) % _TESTS_A_COLLECTION == 0:
        gc.collect()
    if alive:
        pytest.fail(f"the test left threads alive: {', '.join(alive)}", pytrace=False)


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder of the real recordings."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("SACCADE_DATA", default))
    if not folder.is_dir():
        pytest.skip("the real recordings are not here; SACCADE_DATA may name their folder")
    return folder


def _exempt(thread: threading.Thread) -> bool:
    return thread.name.startswith(tuple(_LEFT_ALONE))
