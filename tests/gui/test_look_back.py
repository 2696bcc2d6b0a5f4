"""A run folder is opened and looked through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from saccade.core import FolderError
from saccade.gui import Session
from saccade.gui._look_back import LookBack
from saccade.gui._recall import Recall
from saccade.store import RunFolder

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

PATIENCE_MS = 60_000


@pytest.fixture
def folder(tmp_path: Path, protocol: Path, qtbot: QtBot) -> Path:
    """Give the folder of a run of twelve planned frames and a burst of two."""
    session = Session(out=tmp_path / "run")
    session.load(protocol)
    session.arm()
    qtbot.waitUntil(lambda: session.armed, timeout=PATIENCE_MS)
    session.run()
    qtbot.waitUntil(lambda: session.state.ended, timeout=PATIENCE_MS)
    session.close()
    assert session.take_error() is None
    return tmp_path / "run"


@pytest.fixture
def window(folder: Path, qtbot: QtBot) -> LookBack:
    """Give the window on that run."""
    made = LookBack(Recall(folder))
    qtbot.addWidget(made)
    made.show()
    return made


def shown(window: LookBack) -> int:
    assert window.live.frame is not None
    return window.live.frame.index


def test_what_is_recalled_is_what_is_on_disk(folder: Path) -> None:
    """Every frame with its own pixels, what was seen in it, and what was decided."""
    recall, disk = Recall(folder), RunFolder(folder)
    stored = {frame.index: frame for frame in disk.frames()}
    assert sorted(recall.frames) == sorted(stored)
    for index in recall.frames:
        np.testing.assert_array_equal(recall.frame(index).pixels, stored[index].pixels)
    seen = [each for frame in recall.observations.values() for each in frame]
    assert len(seen) == len(list(disk.observations()))
    assert [(each.kind, each.what) for each in recall.entries] == [("decision", "burst of 2")]
    assert recall.verdict is not None
    assert recall.verdict.name == "completed"


def test_it_is_scrubbed_stepped_and_played(window: LookBack, qtbot: QtBot) -> None:
    """The slider, the keys and the timeline lead to the same frames; playing ends at the last."""
    frames = window.recall.frames
    assert shown(window) == frames[0]
    window.slider.setValue(5)
    assert shown(window) == frames[5]
    window.step(-1)
    assert shown(window) == frames[4]
    window.timeline.asked.emit(frames[7])
    assert (shown(window), window.slider.value()) == (frames[7], 7)
    window.timeline.asked.emit(10_000)
    assert shown(window) == frames[-1]
    window.slider.setValue(len(frames) - 3)
    window.play.setChecked(True)
    qtbot.waitUntil(lambda: not window.play.isChecked(), timeout=PATIENCE_MS)
    assert shown(window) == frames[-1]


def test_the_table_shows_one_kind_or_all(window: LookBack) -> None:
    """Only kinds that there are can be chosen."""
    assert [window.filter.itemText(n) for n in range(window.filter.count())] == [
        "everything",
        "decision",
    ]
    window.filter.setCurrentText("decision")
    assert window.table.rowCount() == 1
    window.table.setCurrentCell(0, 2)
    assert shown(window) == window.recall.entries[0].frame


def test_a_frame_that_was_damaged_is_told_and_not_shown(window: LookBack) -> None:
    """The window goes on with the others."""
    for file in window.recall.path.rglob("c.*"):
        content = bytearray(file.read_bytes())
        content[200:4000] = bytes(3800)
        file.write_bytes(content)
    before = shown(window)
    for number in range(len(window.recall.frames)):
        window.show_number(number)
    assert window.alerts.isVisible()
    assert window.alerts.text()
    assert shown(window) >= before


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    """It says what it is instead."""
    with pytest.raises(FolderError, match="not a run folder"):
        Recall(tmp_path)


def test_another_protocol_is_tried_on_what_was_recorded(
    window: LookBack, qtbot: QtBot, protocol: Path
) -> None:
    """With a threshold that nothing reaches, every decision of the run would have been none."""
    calm = protocol.with_name("calm.yaml")
    text = protocol.read_text(encoding="utf-8")
    calm.write_text(text.replace("above: 0.2", "above: 1.0"), encoding="utf-8")
    made = sum(each.kind == "decision" for each in window.recall.entries)
    window.tools.doubt(calm)
    qtbot.waitUntil(lambda: "otherwise" in window.alerts.text(), timeout=PATIENCE_MS)
    assert window.filter.currentText() == "what if"
    assert window.table.rowCount() == made > 0
    assert window.table.item(0, 2).text() == "nothing, not burst of 2"
    window.tools.doubt(protocol)  # the run's own: nothing would be otherwise
    qtbot.waitUntil(lambda: "0 frames" in window.alerts.text(), timeout=PATIENCE_MS)
    assert window.table.rowCount() == 0


def test_a_protocol_that_can_not_be_tried_is_named(
    window: LookBack, qtbot: QtBot, tmp_path: Path
) -> None:
    """The window goes on as it was."""
    (tmp_path / "no.yaml").write_text("saccade: 1", encoding="utf-8")
    window.tools.doubt(tmp_path / "no.yaml")
    qtbot.waitUntil(lambda: "no.yaml" in window.alerts.text(), timeout=PATIENCE_MS)


def test_two_runs_are_led_through_time_together(
    window: LookBack, qtbot: QtBot, folder: Path
) -> None:
    """The other window shows the frame that was taken as long after its begin."""
    window.compare(folder)
    assert window.other is not None
    qtbot.addWidget(window.other)
    for number in (3, len(window.recall.frames) - 1, 0):
        window.slider.setValue(number)
        assert window.other.slider.value() == number


def test_a_folder_that_is_no_run_can_not_be_compared(window: LookBack, tmp_path: Path) -> None:
    """It is named, and no window opens."""
    window.compare(tmp_path)
    assert window.other is None
    assert window.alerts.isVisible()
