"""Logs of pymmcore-plus during a run, and the end of a core."""

from __future__ import annotations

import gc
import logging
import weakref
from typing import TYPE_CHECKING

import pytest
from mm_test_adapters import device_adapter_path

from saccade.scope._bootstrap import logs_into
from saccade.sim import detach_at_exit
from saccade.testing import Fault, Faults, FaultyDisk

if TYPE_CHECKING:
    from pathlib import Path

LOGGER = logging.getLogger("pymmcore-plus")


def setup() -> tuple[int, bool, list[tuple[logging.Handler, int]]]:
    return LOGGER.level, LOGGER.propagate, [(each, each.level) for each in LOGGER.handlers]


def test_only_warnings_go_into_the_folder_and_nowhere_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """During a run the folder has the warnings, and the terminal is left in peace."""
    with logs_into(tmp_path):
        LOGGER.warning("the shutter is slow")
        LOGGER.info("an event")
    assert "the shutter is slow" in (text := (tmp_path / "micromanager.log").read_text("utf-8"))
    assert "an event" not in text
    assert not caplog.records


def test_a_run_without_warnings_leaves_no_file(tmp_path: Path) -> None:
    """A log is made only if there is something to log."""
    with logs_into(tmp_path):
        LOGGER.debug("nothing of note")
    assert list(tmp_path.iterdir()) == []


def test_logging_is_as_it_was_after_a_run_that_failed(tmp_path: Path) -> None:
    """Levels and handlers come back, whatever ended the run."""
    before = setup()
    with pytest.raises(KeyError), logs_into(tmp_path):
        raise KeyError("x")
    assert setup() == before


def test_without_a_folder_logging_is_left_alone() -> None:
    """A run without a folder changes nothing."""
    before = setup()
    with logs_into(None):
        assert setup() == before


def test_a_core_that_nobody_needs_is_not_kept_for_the_end() -> None:
    """The promise to detach a core at exit does not keep it, and its buffers, in memory."""
    from pymmcore_plus import CMMCorePlus

    core = CMMCorePlus(mm_path=str(device_adapter_path()))
    detach_at_exit(core)
    alive = weakref.ref(core)
    del core
    gc.collect()
    assert alive() is None


@pytest.mark.parametrize("call", ["open", "write"])
def test_a_full_disk_prints_no_tracebacks_of_the_log(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], call: str
) -> None:
    """Whoever watches a run that fails for its disk sees that, and not logging's own trouble."""
    with FaultyDisk(tmp_path, Faults(Fault(call, times=None))), logs_into(tmp_path):
        LOGGER.warning("anything")
    assert not capfd.readouterr().err
