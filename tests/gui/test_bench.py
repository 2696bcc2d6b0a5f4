"""What is measured of the window is measured on the window itself."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from qtpy import QtCore

from saccade.core import UsageError
from saccade.gui import _bench_whole
from saccade.gui._bench_look_back import openings, scrubbing
from saccade.gui._bench_loop import demo_protocol, periods
from saccade.gui._bench_memory import memory_slope
from saccade.gui._bench_stop import stops_ms
from saccade.gui._qt_messages import hush

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

_WATCHED = """
import sys
from saccade.cli._main import app
calls = []
def hook(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        calls.append((event, args))
sys.addaudithook(hook)
try:
    app()
except SystemExit as end:
    print("status", end.code, "calls", calls)
"""


def test_the_loop_is_timed_with_the_window_and_without(qtbot: QtBot, tmp_path: Path) -> None:
    """Both ways the demo camera gives its pictures of 20 ms, no sooner than it can."""
    found = periods(tmp_path, 64, 40, 1)
    assert set(found.frames_per_s) == {False, True}
    assert all(1 < each <= 50 for each in found.frames_per_s.values())
    assert all(each >= 20 for each in found.p95_ms.values())


def test_the_key_and_the_button_make_it_safe_while_a_detector_hogs_a_core(
    qtbot: QtBot, tmp_path: Path
) -> None:
    """Each of them reaches SAFE, which was read back, after it was asked for."""
    found = stops_ms(tmp_path, 2)
    assert all(len(each) == 1 and 0 < each[0] < 10_000 for each in found.values())


def test_a_run_is_opened_and_scrubbed(qtbot: QtBot, tmp_path: Path) -> None:
    """All of its frames are there, and the slider has gone through to the last."""
    opened = openings(tmp_path, 60)
    assert opened.frames == 60
    assert opened.seconds > 0
    assert scrubbing(opened) > 0
    assert opened.window.slider.value() == 59


def test_memory_of_a_short_night_is_not_judged(qtbot: QtBot, tmp_path: Path) -> None:
    """Too few samples count as growth without bound, not as none."""
    assert memory_slope(tmp_path, 0.02) == np.inf


def test_no_call_leaves_the_machine(tmp_path: Path) -> None:
    """The window opens with a protocol, is painted and closed, and no socket was connected."""
    protocol = demo_protocol(tmp_path, 64, 10)
    done = subprocess.run(
        [sys.executable, "-c", _WATCHED, "gui", str(protocol), "--until-painted"],
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        check=True,
    )
    assert done.stdout.split() == ["status", "0", "calls", "[]"]


def test_all_of_the_window_is_opened_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process of its own tells what that took; who would call somebody fails there."""
    monkeypatch.setattr(_bench_whole, "_TIMES", 1)
    [seconds] = _bench_whole.whole_window_s()
    assert seconds > 0
    with pytest.raises(ConnectionError, match="no network"):
        _bench_whole._refuse("socket.connect", ())
    _bench_whole._refuse("open", ())
    monkeypatch.setattr(_bench_whole, "_HERE", "raise SystemExit('no demo')")
    with pytest.raises(UsageError, match="no demo"):
        _bench_whole.whole_window_s()


def test_one_line_of_qts_is_left_out_and_no_other() -> None:
    """Whatever else it says goes to whom it went before."""
    heard: list[str] = []
    before = QtCore.qInstallMessageHandler(lambda mode, context, text: heard.append(text))
    try:
        hush()
        QtCore.qWarning("This plugin does not support propagateSizeHints()")
        QtCore.qWarning("This plugin does not support anything")
    finally:
        QtCore.qInstallMessageHandler(before)
    assert heard == ["This plugin does not support anything"]
