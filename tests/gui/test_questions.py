"""A person is asked in the window, answers, and the run goes on either way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from asking import asking_protocol
from qtpy.QtCore import Qt

from saccade.gui import Session
from saccade.gui._window import Window
from saccade.store import RunFolder

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

PATIENCE_MS = 60_000


def asked(qtbot: QtBot, tmp_path: Path, within_s: float) -> Window:
    """Give a window whose run has asked something."""
    window = Window(Session(out=tmp_path / "run"))
    qtbot.addWidget(window, before_close_func=lambda each: each.session.close())
    window.show()
    window.load(asking_protocol(tmp_path, within_s))
    window.begin()
    qtbot.waitUntil(window.questions.isVisible, timeout=PATIENCE_MS)
    return window


def ended(window: Window, qtbot: QtBot) -> list[dict[str, object]]:
    """Stop the run, and return what its journal tells of bursts."""
    window.session.stop()
    qtbot.waitUntil(lambda: window.session.state.ended, timeout=PATIENCE_MS)
    assert window.session.folder is not None
    lines = RunFolder(window.session.folder).lines()
    return [
        line.value for line in lines if line.kind == "frame" and line.value["stream"] != "watch"
    ]


@pytest.mark.parametrize(("key", "frames"), [(Qt.Key.Key_F2, 3), (Qt.Key.Key_F4, 0)])
def test_an_answer_by_key_is_what_is_done(
    qtbot: QtBot, tmp_path: Path, key: Qt.Key, frames: int
) -> None:
    """After a yes the burst is taken, after a no it is not; the strip goes."""
    window = asked(qtbot, tmp_path, 600)
    assert "burst" in window.questions.text.text()
    assert "no in" in window.questions.left.text()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE_MS)  # keys go to no other
    qtbot.keyClick(window, key)
    qtbot.waitUntil(lambda: not window.session.questions, timeout=PATIENCE_MS)
    before = window.session.stored
    qtbot.waitUntil(lambda: window.session.stored > before + 4, timeout=PATIENCE_MS)
    assert len(ended(window, qtbot)) == frames
    qtbot.waitUntil(window.questions.isHidden, timeout=PATIENCE_MS)


def test_a_question_that_nobody_answers_goes_by_itself(qtbot: QtBot, tmp_path: Path) -> None:
    """The default counts, and the run has not waited."""
    window = asked(qtbot, tmp_path, 0.3)
    qtbot.waitUntil(lambda: not window.session.questions, timeout=PATIENCE_MS)
    assert ended(window, qtbot) == []


def test_stop_works_while_a_question_is_open(qtbot: QtBot, tmp_path: Path) -> None:
    """The strip takes the keyboard from nobody."""
    window = asked(qtbot, tmp_path, 600)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=PATIENCE_MS)  # keys go to no other
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.session.state.ended, timeout=PATIENCE_MS)
    qtbot.waitUntil(window.questions.isHidden, timeout=PATIENCE_MS)
