"""A window that follows a run of another process: it shows all, and can hold and stop it."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from saccade import app
from saccade.core import FolderError, State
from saccade.gui._attached import AttachedSession
from saccade.gui._window import Window

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from saccade.app import Run

PATIENCE_MS = 60_000


def driven(path: Path, out: Path) -> Run:
    """Start a run as another process would."""
    protocol = app.load_protocol(path)
    scope = app.open_scope(protocol.scope, protocol.folder, protocol.sim)
    run = app.assemble(protocol, scope, out=out).run
    run.start()
    return run


def following(qtbot: QtBot, out: Path) -> Window:
    window = Window(AttachedSession(out))
    qtbot.addWidget(window, before_close_func=lambda each: each.session.close())
    window.show()
    return window


def test_a_finished_run_is_shown_whole(qtbot: QtBot, protocol: Path, tmp_path: Path) -> None:
    """Every frame is counted, what was decided is in the table, and the end is told."""
    run = driven(protocol, tmp_path / "run")
    run.wait(60)
    window = following(qtbot, tmp_path / "run")
    qtbot.waitUntil(lambda: window.session.state.ended, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: window._frames == run.stored, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: "completed" in window.alerts.text(), timeout=PATIENCE_MS)
    assert window.session.stored == run.stored
    assert window.live.frame is not None
    assert window.table.item(0, 2).text() == "burst of 2"
    assert window.bar._progress.maximum() == 12
    assert not window.bar._buttons["hold"].isEnabled()


def test_it_holds_and_stops_a_run_that_can_be_reached(
    qtbot: QtBot, long_protocol: Path, tmp_path: Path
) -> None:
    """The same buttons as for a run of its own."""
    run = driven(long_protocol, tmp_path / "run")
    with closing(app.Reach(run)):
        window = following(qtbot, tmp_path / "run")
        qtbot.waitUntil(lambda: window.live.frame is not None, timeout=PATIENCE_MS)
        window.bar.commanded.emit("hold")
        qtbot.waitUntil(lambda: "held" in window.bar._lamp.text(), timeout=PATIENCE_MS)
        window.bar.commanded.emit("hold")
        qtbot.waitUntil(lambda: "running" in window.bar._lamp.text(), timeout=PATIENCE_MS)
        window.bar.commanded.emit("stop")
        qtbot.waitUntil(lambda: window.session.state is State.STOPPED, timeout=PATIENCE_MS)
        assert run.wait(60).name == "stopped"


def test_closing_it_does_not_touch_the_run(
    qtbot: QtBot, long_protocol: Path, tmp_path: Path
) -> None:
    """No question is asked, and the run goes on."""
    run = driven(long_protocol, tmp_path / "run")
    window = following(qtbot, tmp_path / "run")
    qtbot.waitUntil(lambda: window.live.frame is not None, timeout=PATIENCE_MS)
    stored = run.stored
    assert window.close()
    qtbot.waitUntil(lambda: run.stored > stored + 3, timeout=PATIENCE_MS)
    assert run.state is State.RUNNING
    run.stop()
    run.wait(60)


def test_a_run_that_can_not_be_reached_says_how_it_could_be(
    qtbot: QtBot, long_protocol: Path, tmp_path: Path
) -> None:
    """STOP is told to be of no use here, never silently ignored."""
    run = driven(long_protocol, tmp_path / "run")
    window = following(qtbot, tmp_path / "run")
    qtbot.waitUntil(lambda: window.session.state is State.RUNNING, timeout=PATIENCE_MS)
    window.bar.commanded.emit("stop")
    qtbot.waitUntil(lambda: "--reach" in window.alerts.text(), timeout=PATIENCE_MS)
    assert run.state is State.RUNNING
    window.bar.commanded.emit("arm")
    assert "another process" in window.alerts.text()
    run.stop()
    run.wait(60)


def test_a_folder_that_is_no_run_is_named(tmp_path: Path) -> None:
    """Before any window opens."""
    with pytest.raises(FolderError):
        AttachedSession(tmp_path)
