"""A protocol is written in a form and as text at once, judged, tried, saved and armed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDialog, QDialogButtonBox, QFileDialog, QMessageBox

from saccade.app import load_protocol
from saccade.core import Observation, StoreError
from saccade.gui import Session
from saccade.gui._asks import Seen
from saccade.gui._draft import NEW, Draft
from saccade.gui._plan import plan_of
from saccade.gui._trial import told_board
from saccade.gui._trial_job import main
from saccade.gui._window import Window

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from saccade.gui._editor import Editor

PATIENCE_MS = 90_000
PROTOCOLS = Path(__file__).parents[2] / "hardware_configs" / "protocols"
ABOVE = ("decide", 0, "above")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give a copy of a shipped protocol."""
    return Path(shutil.copy(PROTOCOLS / "catch-divisions.yaml", tmp_path / "mine.yaml"))


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, path: Path, monkeypatch: pytest.MonkeyPatch) -> Window:
    """Give a window with that protocol loaded, whose closing asks nothing."""
    discard = QMessageBox.StandardButton.Discard
    monkeypatch.setattr(QMessageBox, "question", lambda *_: discard)
    made = Window(Session(out=tmp_path / "run"))
    qtbot.addWidget(made, before_close_func=lambda each: each.session.close())
    made.show()
    made.load(path)
    return made


@pytest.fixture
def editor(window: Window, qtbot: QtBot) -> Editor:
    """Give its editor, once it has judged what is there."""
    made = window.editing.edit()
    assert made is not None
    judged(made, qtbot)
    return made


def judged(editor: Editor, qtbot: QtBot) -> str:
    qtbot.waitUntil(lambda: not editor.checker.busy, timeout=PATIENCE_MS)
    qtbot.wait(1)
    return str(editor.problems.toPlainText())


def test_the_text_follows_the_form(editor: Editor, qtbot: QtBot) -> None:
    """What is written in a field stands in the text, and only that; emptied, the default holds."""
    before = editor.draft.text
    editor.outline.show_draft(editor.draft, ("decide", 0))
    field = editor.form.fields[ABOVE]
    field.editor.setFocus()
    field.editor.selectAll()
    qtbot.keyClicks(field.editor, "0.7")
    qtbot.keyClick(field.editor, Qt.Key.Key_Return)
    assert editor.text.toPlainText() == before.replace("above: 0.6", "above: 0.7")
    assert editor.windowTitle().startswith("mine.yaml*")
    assert "can be used" in judged(editor, qtbot)
    field.editor.clear()
    qtbot.keyClicks(field.editor, " ")
    qtbot.keyClick(field.editor, Qt.Key.Key_Return)
    assert editor.draft.get(ABOVE) is None
    assert field.editor.placeholderText() == "0.8"


def test_the_form_follows_the_text(editor: Editor, qtbot: QtBot) -> None:
    """Values and parts; text that can't be read shuts the form, and says the line."""
    editor.outline.show_draft(editor.draft, ("decide", 0))
    text = editor.draft.text
    editor.text.setPlainText(text.replace("above: 0.6", "above: 0.75"))
    assert editor.form.fields[ABOVE].editor.text() == "0.75"
    editor.text.setPlainText(text.replace("guard:\n", "guard: ]\n"))
    assert not editor.form.isEnabled()
    assert "line " in judged(editor, qtbot)
    assert editor.text.extraSelections()
    assert not editor.arms.isEnabled()
    editor.text.setPlainText(text)
    assert editor.form.isEnabled()
    assert "can be used" in judged(editor, qtbot)
    assert not editor.text.extraSelections()


def test_what_is_wrong_is_marked_where_it_is(editor: Editor, qtbot: QtBot) -> None:
    """In the words of the check, beside the field; such a protocol can't be armed."""
    editor.outline.show_draft(editor.draft, ("decide", 0))
    editor.put(ABOVE, 2)
    assert "Stay.above is 2.0, but it must be a score from 0 to 1" in judged(editor, qtbot)
    assert editor.form.fields[ABOVE]._mark.isVisible()
    assert not editor.form.fields["decide", 0, "below"]._mark.isVisible()
    assert not editor.arms.isEnabled()


def test_parts_are_added_and_removed(editor: Editor, qtbot: QtBot) -> None:
    """With what they need at least, so that what comes of it can be used."""
    editor.outline.added.emit("decide", "saccade.decide:Burst")
    editor.outline.added.emit("guard", "saccade.guard:Rate")
    editor.outline.added.emit("detect", "saccade.detect:Spots")
    assert editor.draft.get(("decide", 1, "on")) == "anaphase"
    assert editor.form.place == ("detect", "spots")
    assert "can be used" in judged(editor, qtbot).replace("warn", "")
    editor.outline.show_draft(editor.draft, ("decide", 1))
    editor.outline._remove.click()
    editor.outline.removed.emit(("detect", "spots"))
    editor.outline.removed.emit(("guard", 2))
    assert editor.draft.document == Draft(editor.draft.path).document


def test_a_plan_is_edited_in_the_sequence_editor(editor: Editor, qtbot: QtBot) -> None:
    """What is not touched there is as before; what is, stands in the text."""
    before = dict(editor.draft.get(("watch",)))
    editor.form.planned.emit(("watch",))
    dialog = editor.findChild(QDialog)
    dialog.findChild(QDialogButtonBox).accepted.emit()
    assert editor.draft.get(("watch",)) == before
    editor.form.planned.emit(("decide", 0, "do"))
    dialog = editor.findChildren(QDialog)[-1]
    sequence = load_protocol(PROTOCOLS / "watch-beads.yaml").watch
    made = plan_of(sequence, {"metadata": {"by": "hand"}})
    assert made["metadata"] == {"by": "hand"}
    assert made["grid_plan"]["rows"] == 4  # type: ignore[index]
    dialog.reject()


def test_it_is_saved_whole_or_not_at_all(
    editor: Editor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In its file, or in another, which is its file from then on."""
    editor.put(ABOVE, 0.7)
    assert editor.save()
    assert load_protocol(tmp_path / "mine.yaml").decide[0].settings["above"] == 0.7
    other = tmp_path / "other.yaml"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(other), ""))
    editor.put(ABOVE, 0.65)
    assert editor.save_as()
    assert editor.draft.path == other
    assert "0.65" in other.read_text(encoding="utf-8")
    assert sorted(each.name for each in tmp_path.glob("*.yaml")) == ["mine.yaml", "other.yaml"]
    with pytest.raises(StoreError, match="can't be written"):
        editor.draft.save(tmp_path / "nowhere" / "x.yaml")
    assert editor.draft.path == other


def test_a_draft_is_armed_as_it_is(window: Window, editor: Editor, qtbot: QtBot) -> None:
    """Saved or not; what a run's folder says of its protocol is what was armed."""
    editor.put(ABOVE, 0.7)
    judged(editor, qtbot)
    editor.shadow.setChecked(True)
    editor.arms.click()
    qtbot.waitUntil(lambda: window.session.armed, timeout=PATIENCE_MS)
    assert window.bar.shadow.isChecked()
    assert window.session.protocol is not None
    assert window.session.protocol.decide[0].settings["above"] == 0.7
    assert editor.draft.dirty


def test_a_threshold_is_dragged_only_while_no_run_goes_on(window: Window, qtbot: QtBot) -> None:
    """It is written into the draft and holds for the next run; a run keeps its own."""
    qtbot.waitUntil(lambda: ABOVE in window.editing.thresholds.lines, timeout=PATIENCE_MS)
    window.begin()
    qtbot.waitUntil(lambda: window.session.going, timeout=PATIENCE_MS)
    line = window.editing.thresholds.lines[ABOVE]
    qtbot.waitUntil(lambda: not line.movable, timeout=PATIENCE_MS)
    window.editing.thresholds.moved.emit(ABOVE, 0.5)
    assert "going on" in window.alerts.text()
    assert window.session.protocol is not None
    assert window.session.protocol.decide[0].settings["above"] == 0.6
    qtbot.waitUntil(lambda: len(window.editing.seen._kept) > 40, timeout=PATIENCE_MS)
    window.session.stop()
    qtbot.waitUntil(lambda: line.movable, timeout=PATIENCE_MS)
    line.setValue(0.45)
    assert "/h (" in line.label.format
    line.sigPositionChangeFinished.emit(line)
    assert window.session.protocol.decide[0].settings["above"] == 0.45
    assert window.editing.draft().dirty
    assert window.editing.thresholds.lines[ABOVE].value() == 0.45


def test_a_run_before_is_a_baseline(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    """What policies would have asked for in it is told on the lines."""
    window.begin()
    qtbot.waitUntil(lambda: window.session.stored > 20, timeout=PATIENCE_MS)
    window.session.stop()
    qtbot.waitUntil(lambda: window.session.state.ended, timeout=PATIENCE_MS)
    window.session.close()
    window.editing.seen.clear()
    window.editing.take_baseline(tmp_path / "run")
    assert "would ask" in window.editing.thresholds.lines[ABOVE].label.format


def test_how_often_a_policy_would_ask_is_what_it_does() -> None:
    """Counted by the policy itself: dwell, re-arming and positions are in it."""
    seen = Seen()
    scores = [0.1, 0.9, 0.9, 0.1, 0.9, 0.5, 0.9]
    seen.add(
        Observation(score, frame=n, t_ns=int(n * 600e9), labels=None)
        for n, score in enumerate(scores)
    )
    burst = {
        "use": "saccade.decide:Burst",
        "below": 0.3,
        "do": {"time_plan": {"interval": 1, "loops": 2}},
    }
    asks = seen.asks({**burst, "above": 0.8}, None)
    assert asks is not None
    assert (asks.count, round(asks.hours, 6)) == (2, 1.0)
    assert str(asks) == "2/h (2 in 1 h seen)"
    seen.add(
        [Observation(0.1, frame=7, t_ns=int(7 * 600e9)), Observation(0.9, t_ns=int(8 * 600e9))]
    )
    again = seen.asks({**burst, "above": 0.8}, None)
    assert again == anew(seen).asks({**burst, "above": 0.8}, None)
    assert again is not None
    assert again.count == 3
    assert seen.asks({**burst, "above": 0.2}, None) is None  # which can't be made
    assert seen.asks({**burst, "above": 0.8}, "saccade.detect:Spots") is None


def anew(seen: Seen) -> Seen:
    made = Seen()
    made.add(seen._kept)
    return made


def test_a_draft_is_tried_in_a_process_of_its_own(editor: Editor, qtbot: QtBot) -> None:
    """The score is told before anything is armed; it can be cancelled at once."""
    trial = editor.trial
    trial.hours.setValue(0.1)
    trial.worlds.setValue(1)
    trial.begins.click()
    assert trial.going
    assert not trial.begins.isEnabled()
    process = trial._process
    assert process is not None
    trial.cancel()
    assert not trial.going
    trial.begins.click()
    qtbot.waitUntil(lambda: not trial.going, timeout=PATIENCE_MS)
    assert "dividing-nuclei, worlds 0 to 0, 0.1 h each: caught" in editor.problems.toPlainText()


def test_what_cant_be_tried_says_why(
    window: Window, editor: Editor, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the words of the command line, which the window passes on."""
    editor.put(("watch", "channels"), [{"config": "Chartreuse"}])
    job = {
        "text": editor.draft.text,
        "source": "x.yaml",
        "specimen": None,
        "worlds": 1,
        "hours": 0.1,
    }
    assert main(json.dumps(job).encode()) == 1
    line = json.loads(capsys.readouterr().out)
    assert "Chartreuse" in line["error"]
    editor.trial._take(line)
    assert editor.trial._error == f"{line['error']} {line['do']}"


def test_a_score_is_told_in_a_sentence() -> None:
    """Without a ratio where there is nothing to compare with."""
    board: dict[str, Any] = {
        "specimen": "beads", "seeds": [0, 1], "hours": 0.5, "notes": ["Nothing happens."],
        "rows": [{"contender": "protocol", "false_alarms_per_h": None, "dose_max_j_per_cm2": 2.0}],
        "scores": [{"contender": "protocol", "watched": 0, "watched_caught": 0}] * 2,
        "merit": None,
    }  # fmt: skip
    told = told_board(json.loads(json.dumps(board)))
    assert "caught 0 of 0" in told
    assert told.endswith("Nothing happens.")


def test_what_is_not_saved_is_not_lost(
    window: Window, editor: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither by closing the editor nor the window, nor by beginning another protocol."""
    editor.put(ABOVE, 0.7)
    cancel = QMessageBox.StandardButton.Cancel
    monkeypatch.setattr(QMessageBox, "question", lambda *_: cancel)
    assert not editor.close()
    asked: list[str] = []
    monkeypatch.setattr(window, "_sure", lambda: asked.append("stop") or True)
    assert not window.close()
    assert not asked  # whoever goes on has their run as well
    assert window.editing.begin_new() is None
    assert editor.draft.get(ABOVE) == 0.7
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Save)
    assert window.editing.begin_new() is editor
    assert editor.draft.text == NEW
    assert window.session.protocol is not None
    assert load_protocol(window.session.protocol.path or "").decide[0].settings["above"] == 0.7
