"""The command that opens the window, and the one that takes its picture."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import cv2
import pytest
from typer.testing import CliRunner

from saccade.cli._main import app

if TYPE_CHECKING:
    from pathlib import Path

PROTOCOL = """
saccade: 1
name: look
scope: sim:migrating-cells
sim: {clock: virtual}
watch:
  axis_order: tpc
  stage_positions: [{x: 0, y: 0}]
  channels: [{config: FITC, exposure: 5}]
  time_plan: {interval: 10, loops: 500}
detect:
  spots: {use: saccade.detect:Spots, sigma_um: 4}
"""


@pytest.fixture
def protocol(tmp_path: Path) -> Path:
    """Give a protocol that looks and decides nothing."""
    path = tmp_path / "look.yaml"
    path.write_text(PROTOCOL, encoding="utf-8")
    return path


def test_a_picture_of_the_window_is_taken_while_nobody_watches(
    tmp_path: Path, protocol: Path
) -> None:
    """It is of the size of a small screen, and shows more than an empty window; the run is kept."""
    file, out = tmp_path / "window.png", tmp_path / "run"
    command = ["gui", str(protocol), "--picture", str(file), "--seconds", "1", "--out", str(out)]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    picture = cv2.imread(str(file))
    assert picture.shape == (768, 1366, 3)
    assert picture.std() > 20
    assert (out / "run.json").is_file()


def test_a_picture_of_nothing_is_refused(tmp_path: Path) -> None:
    """It needs a protocol, and says so."""
    done = CliRunner().invoke(app, ["gui", "--picture", str(tmp_path / "window.png")])
    assert done.exit_code == 2
    assert "Name a protocol" in done.output


def test_without_qt_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, protocol: Path) -> None:
    """The window is an extra."""
    monkeypatch.setitem(sys.modules, "saccade.gui._qt", None)
    monkeypatch.delitem(sys.modules, "saccade.gui._window", raising=False)
    done = CliRunner().invoke(app, ["gui", str(protocol)])
    assert done.exit_code == 2
    assert "saccade[gui]" in done.output
