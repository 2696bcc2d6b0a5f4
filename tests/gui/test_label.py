"""A person labels frames of a run, and trains a detector from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from qtpy.QtCore import Qt

from saccade import app
from saccade.gui._label_window import LabelWindow, labels_of
from saccade.gui._look_back import LookBack
from saccade.gui._recall import Recall
from saccade.learn import Labels, Place, label_run

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

PATIENCE_MS = 60_000


@pytest.fixture
def run(protocol: Path, tmp_path: Path) -> Path:
    """Give a finished run."""
    loaded = app.load_protocol(protocol)
    scope = app.open_scope(loaded.scope, loaded.folder, loaded.sim)
    app.assemble(loaded, scope, out=tmp_path / "run").run.start().wait(60)
    return tmp_path / "run"


@pytest.fixture
def window(qtbot: QtBot, run: Path, tmp_path: Path) -> LabelWindow:
    """Give a window on six of its frames."""
    label_run(run, tmp_path / "labels", 6)
    made = LabelWindow(labels_of(tmp_path / "labels"))
    qtbot.addWidget(made)
    made.show()
    return made


def kept(window: LabelWindow) -> Labels:
    return Labels(window.labels.folder)


def test_a_click_marks_and_a_second_one_takes_away(window: LabelWindow) -> None:
    """Both are on disk at once."""
    window.view.click(40.0, 30.0)
    assert kept(window).places(window.image) == (Place(29.5, 39.5),)
    window.view.click(42.0, 31.0)
    assert kept(window).places(window.image) == ()
    window.view.click(-5.0, 3.0)
    assert kept(window).places(window.image) == ()


def test_a_box_tells_place_and_size_and_the_class_is_as_named(window: LabelWindow) -> None:
    """Its middle, its mean side, and the word in the field."""
    window.kind.setText("cell")
    window.view.draw_box((10, 20), (30, 44), done=False)
    assert kept(window).places(window.image) == ()
    window.view.draw_box((10, 20), (30, 44), done=True)
    assert kept(window).places(window.image) == (Place(31.5, 19.5, 22.0, "cell"),)


def test_a_stroke_makes_a_thing_and_another_goes_on_with_it(window: LabelWindow) -> None:
    """Things keep their numbers and their pixels; the eraser takes away what it touches."""
    window._tools["brush"].click()
    item = window.view.painting
    for x, y in ((50, 50), (55, 50), (100, 100)):
        item.begin(x, y)
        item.painted.emit()
    mask = kept(window).mask(window.image)
    assert set(np.unique(mask)) == {0, 1, 2}
    assert mask[50, 60] == 1
    assert mask[100, 100] == 2
    window._tools["eraser"].click()
    item.begin(50, 50)
    item.painted.emit()
    mask = kept(window).mask(window.image)
    assert mask[50, 50] == 0
    assert mask[50, 59] == 1


def test_keys_lead_through_the_pictures_and_undo(window: LabelWindow, qtbot: QtBot) -> None:
    """N and P go on and back, Ctrl+Z takes the last change of this picture back."""
    first = window.image
    window.view.click(40.0, 30.0)
    window.view.click(80.0, 30.0)
    window.undo()
    assert len(kept(window).places(first)) == 1
    qtbot.keyClick(window, Qt.Key.Key_N)
    assert window.image == window.labels.images[1]
    window.undo()  # there is nothing of this picture
    qtbot.keyClick(window, Qt.Key.Key_P)
    assert window.image == first
    assert len(kept(window).places(first)) == 1


def test_nothing_in_it_counts_as_labelled_until_something_is(window: LabelWindow) -> None:
    """The list says how many are done, and with a sign which."""
    window.nothing.click()
    assert kept(window).word(window.image) == "nothing"
    assert window.count.text() == "1 of 6 labelled"
    assert window.list.item(0).text().startswith("\N{CHECK MARK}")
    window.view.click(40.0, 30.0)
    assert kept(window).word(window.image) == ""
    assert not window.nothing.isChecked()


def test_a_training_tells_what_it_says_and_how_it_ended(window: LabelWindow, qtbot: QtBot) -> None:
    """With nothing labelled there is nothing to learn: the words of the command, and no model."""
    window.training.begin.click()
    assert window.training.going
    qtbot.waitUntil(lambda: not window.training.going, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: "No model was made" in window.training.log.toPlainText())
    assert "labelled yet" in window.training.log.toPlainText()
    assert not window.training.model.exists()


def test_a_run_that_is_looked_back_at_can_be_labelled(
    qtbot: QtBot, run: Path, tmp_path: Path
) -> None:
    """Its most useful frames are chosen, and a window opens for them."""
    back = LookBack(Recall(run))
    qtbot.addWidget(back)
    back.tools.label_into(tmp_path / "chosen")
    qtbot.waitUntil(lambda: back.tools.labelling is not None, timeout=PATIENCE_MS)
    window = back.tools.labelling
    assert isinstance(window, LabelWindow)
    qtbot.addWidget(window)
    assert len(window.labels.images) >= 12


def test_a_folder_that_can_not_be_labelled_into_is_named(
    qtbot: QtBot, run: Path, tmp_path: Path
) -> None:
    """Nothing in it is touched, and the window says so."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full/thesis.txt").write_text("precious", encoding="utf-8")
    back = LookBack(Recall(run))
    qtbot.addWidget(back)
    back.tools.label_into(tmp_path / "full")
    qtbot.waitUntil(lambda: "something else" in back.alerts.text(), timeout=PATIENCE_MS)
    assert [each.name for each in (tmp_path / "full").iterdir()] == ["thesis.txt"]
