"""What the window's parts make of frames and of what a run tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psygnal import Signal
from useq import MDAEvent

from saccade.core import Gap, UsageError
from saccade.gui import Session
from saccade.gui._live import LiveView, bar_um, levels_of
from saccade.gui._news import News
from saccade.gui._outlines import boxes_line
from saccade.gui._qt import QtWidgets
from saccade.testing import frame_of

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot


PIXELS = np.zeros((2, 2), np.uint16)


@given(st.floats(0.5, 1e5))
def test_scale_bars_are_round_and_fit(width_um: float) -> None:
    """1, 2 or 5 times a power of ten, no longer than a fifth of the picture, and not tiny."""
    um = bar_um(width_um)
    assert um <= width_um * 0.2 * (1 + 1e-9)
    assert um >= width_um * 0.2 / 2.5 * (1 - 1e-9)
    first = f"{um:.6e}"[0]
    assert first in "125"


def test_contrast_is_that_of_the_cameras_pixels() -> None:
    """A few hot pixels don't make the rest black, and an even picture has a span."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(100, 200, (64, 64)).astype(np.uint16)
    pixels[3, 3] = 60_000
    low, high = levels_of(pixels)
    assert 100 <= low < 110
    assert 190 < high < 60_000
    low, high = levels_of(np.full((64, 64), 7, np.uint8))
    assert high > low


def test_boxes_are_one_line_with_breaks() -> None:
    """Five corners each, then nothing."""
    x, y = boxes_line([(1, 2, 3, 4), (5, 6, 7, 8)])
    assert x.tolist()[:5] == [2, 4, 4, 2, 2]
    assert y.tolist()[6:11] == [5, 5, 7, 7, 5]
    assert np.isnan(x[5])
    assert len(boxes_line([])[0]) == 0


class Told:
    """The signals of a run, without one."""

    framed = Signal(object)
    observed = Signal(object)
    decided = Signal(object)
    refused = Signal(object)
    gapped = Signal(object)
    shadowed = Signal(object)
    asked = Signal(object)
    noted = Signal(str, object)


def test_only_the_newest_frame_is_kept_and_all_are_counted() -> None:
    """A window that dawdles loses pictures, never count."""
    run = Told()
    news = News.of(run)  # type: ignore[arg-type]
    for number in range(10):
        run.framed.emit(frame_of(PIXELS, number, stream="watch" if number % 2 else "burst"))
    batch = news.take()
    assert [frame.index for frame in batch.newest] == [9]
    assert (batch.frames, batch.planned) == (10, 5)
    again = news.take()
    assert (again.newest, again.frames, again.planned) == ((), 0, 0)


def test_each_camera_has_its_newest_frame() -> None:
    """Cameras that expose together take turns in what a run tells, and not in the window."""
    run = Told()
    news = News.of(run)  # type: ignore[arg-type]
    for number in range(7):
        run.framed.emit(frame_of(PIXELS, number, camera="AB"[number % 2]))
    assert [(frame.index, frame.camera) for frame in news.take().newest] == [(5, "B"), (6, "A")]


def test_one_camera_is_shown_and_another_can_be_chosen(qtbot: QtBot) -> None:
    """Nothing is offered where there is one alone."""
    view = LiveView()
    qtbot.addWidget(view)
    one, other = (frame_of([[1, 2], [3, 4]], camera=name) for name in "AB")
    (choice,) = view.findChildren(QtWidgets.QComboBox)
    assert view.chosen_of([one]) is one
    assert choice.isHidden()
    assert view.chosen_of([other, one]) is one
    assert not choice.isHidden()
    choice.setCurrentText("B")
    assert view.chosen_of([other, one]) is other
    assert view.chosen_of([one]) is None


def test_what_waits_to_be_shown_is_bounded() -> None:
    """However long nobody looks."""
    run = Told()
    news = News.of(run)  # type: ignore[arg-type]
    for number in range(6000):
        run.gapped.emit(Gap(number, "watch", MDAEvent(), "none came"))
        run.observed.emit(number)
    batch = news.take()
    assert len(batch.entries) == len(batch.observations) == 5000
    assert batch.entries[-1].frame == 5999


def test_commands_out_of_order_are_refused(tmp_path: Path) -> None:
    """Nothing is armed without a protocol, and nothing runs that is not armed."""
    session = Session(out=tmp_path / "run")
    for command, says in ((session.arm, "protocol"), (session.check, "protocol")):
        with pytest.raises(UsageError, match=says):
            command()
    with pytest.raises(UsageError, match="armed"):
        session.run()
    session.stop()
    session.hold()
    session.close()
