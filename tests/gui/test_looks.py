"""Dark or light, as it was left, and by keys alone."""

from __future__ import annotations

import json
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from qtpy.QtGui import QPalette
from qtpy.QtWidgets import QApplication, QDialog, QTabBar, QTableWidget
from skimage.color import rgb2lab

from saccade.gui import Session
from saccade.gui import _colours as colours
from saccade.gui._entries import Entry
from saccade.gui._layout import Layout, layout_file, read_layout, write_layout
from saccade.gui._theme import THEMES, palette
from saccade.gui._window import Window
from saccade.models import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

# Machado, Oliveira & Fernandes (2009), severity 1, on linear RGB.
EYES = {
    "most": np.eye(3),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
         [-0.011820, 0.042940, 0.968881]]
    ),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
         [-0.003882, -0.048116, 1.051998]]
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> Iterator[None]:
    monkeypatch.setenv(SETTINGS, str(tmp_path / "settings"))
    application = QApplication.instance()
    before = application.palette()
    yield
    colours.use_ground("light")
    application.setPalette(before)


def window(qtbot: QtBot, tmp_path: Path, **how: object) -> Window:
    made = Window(Session(out=tmp_path / "run"))
    made.looks.take_up(**how)  # type: ignore[arg-type]
    qtbot.addWidget(made, before_close_func=lambda each: each.session.close())
    made.show()
    return made


def linear(colour: str) -> np.ndarray:
    parts = np.array([int(colour[n : n + 2], 16) for n in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """Return the ratio of WCAG 2."""
    bright = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) + 0.05 for c in (one, other))
    return bright[1] / bright[0]


def lab(colour: str, eye: str) -> np.ndarray:
    seen = np.clip(EYES[eye] @ linear(colour), 0, 1)
    return rgb2lab(np.where(seen <= 0.0031308, seen * 12.92, 1.055 * seen ** (1 / 2.4) - 0.055))


@pytest.mark.parametrize("ground", ["light", "dark"])
def test_everything_can_be_read_on_its_ground(ground: str) -> None:
    """Text at 4.5 to 1 and signs, lines and lamps at 3 to 1, as WCAG 2.1 asks."""
    colours.use_ground(ground)
    now = colours.ground()
    for on in (now.window, now.base, now.other):
        assert contrast(now.text, on) >= 4.5
        assert contrast(now.link, on) >= 3
    assert contrast(now.chosen_text, now.chosen) >= 4.5
    drawn = [mark.colour for mark in colours.MARKS.values()]
    drawn += [*colours.LAMPS.values(), *colours.curves(), colours.threshold()]
    assert all(contrast(each, now.window) >= 3 for each in drawn)


@pytest.mark.parametrize("ground", ["light", "dark"])
@pytest.mark.parametrize("eye", EYES)
def test_detectors_are_told_apart_with_any_eyes(ground: str, eye: str) -> None:
    """The first three curves differ by ten units of Lab also to who can't tell red and green."""
    colours.use_ground(ground)
    for one, other in combinations(colours.curves()[:3], 2):
        assert np.linalg.norm(lab(one, eye) - lab(other, eye)) > 10


def test_no_mark_is_known_by_its_colour_alone() -> None:
    """Each has a sign and a shape of its own."""
    marks = list(colours.MARKS.values())
    assert len({mark.sign for mark in marks}) == len({mark.symbol for mark in marks}) == len(marks)


def test_a_theme_paints_what_is_there_already(qtbot: QtBot, tmp_path: Path) -> None:
    """Widgets, timeline and the signs of the table alike."""
    made = window(qtbot, tmp_path, theme="light")
    made.table.add([Entry("decision", 1, "burst", "why")])
    made.timeline.add((), [Entry("decision", 1, "burst", "why")])
    painted = {}
    for theme in ("dark", "light"):
        made.looks.use_theme(theme)
        item = made.table.item(0, 0)
        brightness = made.grab().toImage().scaled(1, 1).pixelColor(0, 0).lightness()
        painted[theme] = (item.foreground().color().name().upper(), brightness)
        assert painted[theme][0] == colours.MARKS["decision"].colour
        assert QApplication.palette().color(QPalette.ColorRole.Window) == palette().color(
            QPalette.ColorRole.Window
        )
    assert painted["dark"][1] < 110 < 180 < painted["light"][1]


def test_a_window_opens_as_it_was_left(qtbot: QtBot, tmp_path: Path) -> None:
    """Theme, docks and panes; `reset` begins anew, and keeps the theme."""
    made = window(qtbot, tmp_path)
    made.looks.use_theme("dark")
    made.docks.docks["stage"].show()
    made.docks.docks["log"].show()
    made.live.overlays.switch({"boxes": False})
    splitter = made.looks._splitters()[0]
    splitter.setSizes([300, 700])
    left = splitter.sizes()
    share = left[0] / sum(left)
    made.close()
    again = window(qtbot, tmp_path)
    assert again.looks.theme.name == "dark"
    off = [name for name, on in again.live.overlays.states.items() if not on]
    assert off == ["boxes", "attribution"]
    shown = {name for name, dock in again.docks.docks.items() if not dock.isHidden()}
    assert shown == {"stage", "log"}
    kept = again.looks._splitters()[0].sizes()  # of a window that fits the screen
    assert kept[0] / sum(kept) == pytest.approx(share, abs=0.02)
    assert not [bar for bar in again.findChildren(QTabBar) if bar.isVisible() and not bar.count()]
    again.close()
    reset = window(qtbot, tmp_path, reset=True)
    assert reset.looks.theme.name == "dark"
    assert all(dock.isHidden() for dock in reset.docks.docks.values())


def test_the_layout_of_the_beginning_is_a_command_away(qtbot: QtBot, tmp_path: Path) -> None:
    """Whatever was opened and shifted meanwhile."""
    made = window(qtbot, tmp_path)
    made.docks.docks["stage"].show()
    made.looks._reset()
    assert made.docks.docks["stage"].isHidden()


BAD = {
    "no JSON": "{",
    "no mapping": "[]",
    "another version": '{"version": 99}',
    "no text": '{"version": 1, "state": 3}',
    "no base 64": '{"version": 1, "state": "???"}',
    "no state of Qt's": '{"version": 1, "state": "AAAA", "geometry": "AAAA"}',
    "no sizes": '{"version": 1, "panes": {"0": ["x"]}}',
    "no switches": '{"version": 1, "overlays": {"points": "on"}}',
    "other panes": '{"version": 1, "panes": {"0": [1], "9": [1, 2]}, "theme": "pink"}',
}


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_layout_keeps_no_window_from_opening(qtbot: QtBot, tmp_path: Path, bad: str) -> None:
    """It is left out, with a warning where something was wrong, and replaced on closing."""
    layout_file().parent.mkdir(parents=True)
    layout_file().write_text(BAD[bad], encoding="utf-8")
    made = window(qtbot, tmp_path)
    assert made.isVisible()
    assert ("layout" in made.alerts.text()) == (bad != "other panes")
    assert all(dock.isHidden() for dock in made.docks.docks.values())
    made.close()
    assert json.loads(layout_file().read_text(encoding="utf-8"))["version"] == 1
    assert read_layout()[1] == ""


def test_a_layout_that_cant_be_kept_is_told(
    qtbot: QtBot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the window closes all the same; a theme of the command line is not kept."""
    (tmp_path / "settings").write_text("a file, no folder", encoding="utf-8")
    assert "can't be written" in write_layout(Layout())
    made = window(qtbot, tmp_path)
    assert made.close()
    assert "is not kept" in capsys.readouterr().err
    once = window(qtbot, tmp_path, theme="dark")
    once.close()
    assert capsys.readouterr().err == ""


def test_every_command_has_a_key_or_a_place_in_a_menu(qtbot: QtBot, tmp_path: Path) -> None:
    """The list of keys holds them all, and no key does two things."""
    made = window(qtbot, tmp_path)
    keys = dict(made.looks.keys())
    assert len(keys) == len(made.looks.keys())
    for key in ("Esc", "F5", "F8", "F9", "F10", "F6", "Ctrl+M", "Ctrl+E", "Ctrl+1", "Ctrl+Left"):
        assert keys[key]
    assert keys["Ctrl+M"] == "Microscope > Open"
    made.looks.show_keys()
    table = made.findChild(QDialog, "keys").findChild(QTableWidget)
    assert table.rowCount() == len(keys)
    menus = [each.text() for each in made.menuBar().actions()]
    letters = [text[text.index("&") + 1].lower() for text in menus]
    buttons = [text for _, text, _, _ in made.bar.commands if "&" in text]
    letters += [text[text.index("&") + 1].lower() for text in [*buttons, "&Shadow", "Con&trast"]]
    assert len(set(letters)) == len(letters)


def test_themes_are_those_of_the_command_line() -> None:
    """One list for both."""
    from saccade.cli._gui import Theme

    assert [each.value for each in Theme] == list(THEMES)
