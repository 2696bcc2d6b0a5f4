"""A window that follows a run of another process: it shows all, and can hold and stop it."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from asking import asking_protocol
from qtpy.QtCore import Qt

from saccade import app
from saccade.core import FolderError, State
from saccade.gui._attached import AttachedSession
from saccade.gui._window import Window
from saccade.store import RunFolder

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from saccade.app import Assembled, Run

PATIENCE_MS = 60_000
THINNED = """
saccade: 1
name: thin
scope: demo
mode: stream
watch:
  channels: [{config: FITC, exposure: 5}]
  time_plan: {interval: 0, loops: 40}
detect:
  beads: {use: saccade.detect:Spots, sigma_um: 2}
record:
  keep: {every: 10}
"""


def assembled_for(path: Path, out: Path) -> Assembled:
    protocol = app.load_protocol(path)
    scope = app.open_scope(protocol.scope, protocol.folder, protocol.sim)
    return app.assemble(protocol, scope, out=out)


def driven(path: Path, out: Path) -> Run:
    """Start a run as another process would."""
    run = assembled_for(path, out).run
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
    qtbot.waitUntil(lambda: window.progress.frames == run.stored, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: "completed" in window.alerts.text(), timeout=PATIENCE_MS)
    assert window.session.stored == run.stored
    assert window.live.frame is not None
    assert window.table.item(0, 2).text() == "burst of 2"
    assert "12 of 12 frames" in window.bar.gauges.bars["plan"].format()
    assert not window.bar._buttons["hold"].isEnabled()


def test_it_holds_and_stops_a_run_that_can_be_reached(
    qtbot: QtBot, long_protocol: Path, tmp_path: Path
) -> None:
    """The same buttons as for a run of its own."""
    run = driven(long_protocol, tmp_path / "run")
    with closing(app.Reach(run)):
        window = following(qtbot, tmp_path / "run")
        qtbot.waitUntil(lambda: window.live.frame is not None, timeout=PATIENCE_MS)
        assert window.session.spent is None  # nobody told how much
        window.bar.commanded.emit("hold")
        qtbot.waitUntil(lambda: "held" in window.bar._lamp.text(), timeout=PATIENCE_MS)
        window.bar.commanded.emit("hold")
        qtbot.waitUntil(lambda: "running" in window.bar._lamp.text(), timeout=PATIENCE_MS)
        window.bar.commanded.emit("stop")
        qtbot.waitUntil(lambda: window.session.state is State.STOPPED, timeout=PATIENCE_MS)
        assert run.wait(60).name == "stopped"


def test_it_is_told_what_a_run_has_used_up(
    qtbot: QtBot, long_protocol: Path, tmp_path: Path
) -> None:
    """Light and disk, as the run itself counts them, and time by its journal."""
    assembled = assembled_for(long_protocol, tmp_path / "run")
    run = assembled.run.start()
    with closing(app.Reach(assembled.run, assembled.spent)):
        window = following(qtbot, tmp_path / "run")
        bars = window.bar.gauges.bars
        qtbot.waitUntil(lambda: "of 1000 J/cm²" in bars["dose"].format(), timeout=PATIENCE_MS)
        qtbot.waitUntil(lambda: "free" in bars["disk"].format(), timeout=PATIENCE_MS)
        qtbot.waitUntil(lambda: " left" in bars["plan"].format(), timeout=PATIENCE_MS)
        assert window.session.gone_s > 0
        run.stop()
        run.wait(60)
    assert window.session.spent is not None
    assert assembled.spent is not None
    assert 0 < window.session.spent.j_per_cm2 <= assembled.spent().j_per_cm2


def asking(tmp_path: Path) -> Run:
    return driven(asking_protocol(tmp_path, within_s=600), tmp_path / "run")


def test_it_answers_what_a_policy_asks(qtbot: QtBot, tmp_path: Path) -> None:
    """With the same strip and keys as for a run of its own; the run does what was answered."""
    run = asking(tmp_path)
    with closing(app.Reach(run)):
        window = following(qtbot, tmp_path / "run")
        qtbot.waitUntil(window.questions.isVisible, timeout=PATIENCE_MS)
        assert "burst" in window.questions.text.text()
        left_s = window.session.left_s(window.session.questions[0])
        assert left_s == pytest.approx(run.left_s(run.questions[0]), abs=5)
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE_MS)  # keys go to no other
        qtbot.keyClick(window, Qt.Key.Key_F2)
        qtbot.waitUntil(window.questions.isHidden, timeout=PATIENCE_MS)
        qtbot.waitUntil(lambda: not run.questions, timeout=PATIENCE_MS)
        stored = run.stored
        qtbot.waitUntil(lambda: run.stored > stored + 6, timeout=PATIENCE_MS)
        told = [window.table.item(row, 2).text() for row in range(window.table.rowCount())]
        assert "question" in told
        run.stop()
        run.wait(60)
    streams = [frame.stream for frame in RunFolder(tmp_path / "run").frames()]
    assert streams.count("burst") == 3


def test_a_question_that_cant_be_answered_here_says_why(qtbot: QtBot, tmp_path: Path) -> None:
    """In the table, once; nothing looks as if it could be answered."""
    run = asking(tmp_path)
    window = following(qtbot, tmp_path / "run")
    qtbot.waitUntil(lambda: window.table.rowCount() == 2, timeout=PATIENCE_MS)
    assert "--reach" in window.table.item(0, 3).text()
    assert window.questions.isHidden()
    run.stop()
    run.wait(60)
    qtbot.waitUntil(lambda: window.session.state.ended, timeout=PATIENCE_MS)
    assert window.table.rowCount() == 2


def test_frames_that_were_thinned_out_are_counted(qtbot: QtBot, tmp_path: Path) -> None:
    """As the window does that drives the run: of the plan, and of all."""
    folder = tmp_path / "thin.yaml"
    folder.write_text(THINNED, encoding="utf-8")
    run = driven(folder, tmp_path / "run")
    run.wait(60)
    window = following(qtbot, tmp_path / "run")
    qtbot.waitUntil(lambda: window.session.state.ended, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: window.progress.frames >= 40, timeout=PATIENCE_MS)
    assert run.verdict is not None
    assert run.verdict.thinned > 0
    assert (window.progress.frames, window.progress.planned) == (40, 40)
    assert window.session.stored == run.stored < 40


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
