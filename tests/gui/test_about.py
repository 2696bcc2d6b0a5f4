"""A frame that is clicked on is told of: what was decided and why, and what it is like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from useq import MDASequence

from saccade import app
from saccade.core import Identity, Observation, Point
from saccade.decide import Burst
from saccade.gui._about import account_html
from saccade.gui._account import Account
from saccade.gui._entries import Entry
from saccade.gui._exemplars import SHOWN_PX, Exemplars, exemplar
from saccade.gui._look_back import LookBack
from saccade.gui._recall import Recall
from saccade.testing import frame_of

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from saccade.core import Frame
    from saccade.gui._window import Window

PATIENCE_MS = 60_000


def acted(frame: int, policy: str = "Burst") -> Entry:
    return Entry("decision", frame, "burst of 2", "it rose", policy)


def nothing(frame: int, policy: str = "Burst") -> Entry:
    return Entry("decision", frame, "", "it is low", policy)


def test_exemplars_are_the_nearest_earlier_frames_of_the_same_policy() -> None:
    """Of the policies that acted; where none did, of all that decided on the frame."""
    account = Account()
    account.add([acted(n) for n in (1, 5, 9, 20)] + [acted(7, "Focus"), acted(20, "Ask")])
    account.add([nothing(20, "Focus"), nothing(12), nothing(12, "Focus"), Entry("gap", 30, "", "")])
    assert account.acted_before(20, 2) == [("Burst", 9), ("Burst", 5)]
    assert account.acted_before(12, 3) == [("Burst", 9), ("Focus", 7), ("Burst", 5)]
    assert account.acted_before(1, 3) == account.acted_before(30, 3) == []


def test_what_is_known_of_frames_is_bounded() -> None:
    """The oldest are forgotten, those too on which something was done."""
    account = Account(most=100)
    account.add(acted(n) for n in range(1000))
    assert account.of(899) == ()
    assert account.of(900) == (acted(900),)
    assert account.acted_before(901, 5) == [("Burst", 900)]


def test_a_reason_is_a_sentence_and_names_are_no_markup() -> None:
    """Why nothing was done as well; what comes from files is shown as it is."""
    seen = Observation(
        0.25, measurements={"count": 3.0}, detector=Identity("saccade.detect:Change", "1")
    )
    told = account_html([nothing(3), acted(3, "<b>x")], [seen])
    assert "Burst: nothing, because it is low" in told
    assert "&lt;b&gt;x: <b>burst of 2</b>, because it rose" in told
    assert "<b>Change</b>: score 0.250, trusted, 0 points, count 3" in told
    assert "Nothing is known" in account_html([], [])


def test_an_exemplar_shows_what_the_frame_was_about() -> None:
    """Around the strongest point, wholly within the frame; without one, all of it."""
    pixels = np.full((200, 300), 100, np.uint16)
    pixels[5:9, 285:289] = 900
    frame = frame_of(pixels)
    strong, weak = Point(7, 287, 9.0, 0, 0), Point(100, 100, 1.0, 0, 0)
    cut = exemplar(frame, [Observation(0.9, (weak, strong)), Observation(1.0)])
    assert cut.shape == (64, 64)
    np.testing.assert_array_equal(np.argwhere(cut == 255).min(axis=0), (5, 285 - 236))
    wide = exemplar(frame, [Observation(0.9, (weak,), boxes=((80, 80, 120, 150),))])
    assert wide.shape == (SHOWN_PX, SHOWN_PX)
    assert wide.max() < 10  # 140 pixels around it reach as far as nothing bright
    assert exemplar(frame, [Observation(0.9)]).shape == (SHOWN_PX * 2 // 3, SHOWN_PX)


def test_exemplars_outlast_their_frames() -> None:
    """Cut out when something is done, of each policy the newest; else while the frame is there."""
    frames = {n: (frame_of(np.full((80, 80), n, np.uint16), n), []) for n in range(4)}
    pictures = Exemplars(frames.get)
    pictures.note([acted(0), acted(1), acted(2, "Focus"), nothing(3)])
    assert pictures.of(3) is not None
    frames.clear()
    assert pictures.of(0) is None
    assert all(pictures.of(n) is not None for n in (1, 2, 3))
    pictures.clear()
    assert pictures.of(1) is None


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """Give the folder of a run that acts at every third frame of its plan."""

    def rises(frame: Frame) -> Observation:
        every_third = frame.event.index["t"] % 3 == 2
        return Observation(0.9 if every_third else 0.1, measurements={"count": 3.0})

    scope = app.open_scope("sim:beads?clock=virtual", sim=None)
    plan = MDASequence(channels=["FITC"], time_plan={"interval": 1, "loops": 18})  # type: ignore[arg-type]
    short = MDASequence(channels=["FITC"], time_plan={"interval": 0, "loops": 1})  # type: ignore[arg-type]
    run = app.Run(scope, plan, detect=rises, decide=Burst(short), out=tmp_path / "run")
    run.start().wait(60)
    return tmp_path / "run"


def test_a_frame_of_a_run_folder_is_told_of_with_exemplars(qtbot: QtBot, recorded: Path) -> None:
    """A click on an exemplar leads to its frame, which has fewer, or none."""
    window = LookBack(Recall(recorded))
    qtbot.addWidget(window)
    window.show()
    frames = [each.frame for each in window.recall.entries]
    assert len(frames) == 6
    window.timeline.asked.emit(frames[-1])
    qtbot.waitUntil(lambda: "burst" in window.about.text.toPlainText(), timeout=PATIENCE_MS)
    told = window.about.text.toPlainText()
    assert window.recall.entries[-1].reason in told
    assert "count" in told
    buttons = [each for each in window.about.exemplars if each.isVisible()]
    assert [each.text() for each in buttons] == [f"frame {n}" for n in frames[-2::-1][:4]]
    assert not buttons[0].icon().isNull()
    buttons[0].click()
    assert window.live.frame is not None
    assert window.live.frame.index == frames[-2]
    window.close()


def test_a_live_window_tells_of_a_frame_only_while_it_looks_back(
    window: Window, qtbot: QtBot, protocol: Path
) -> None:
    """Else the picture has the room; a decision to do nothing is told with its reason."""
    window.load(protocol)
    window.begin()
    qtbot.waitUntil(lambda: window.session.state.ended, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: window.table.rowCount() == 1, timeout=PATIENCE_MS)
    assert window.about.isHidden()
    entries = ((frame.index, window.account.of(frame.index)) for frame, _ in window.kept)
    quiet = next(index for index, of in entries if of and not any(each.what for each in of))
    window.look_back(quiet)
    qtbot.waitUntil(lambda: "because" in window.about.text.toPlainText(), timeout=PATIENCE_MS)
    assert "nothing, because" in window.about.text.toPlainText()
    window.about.asked.emit(10_000)
    assert "no longer at hand" in window.alerts.text()
    assert window.live.frame is not None
    assert window.live.frame.index == quiet
    window.return_to_live()
    assert window.about.isHidden()
