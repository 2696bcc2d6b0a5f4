"""Pictures of every view come from one command, as large as the smallest screens."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from qtpy.QtGui import QImage

from saccade.core import UsageError
from saccade.gui import pictures
from saccade.gui._pictures import SIZE_PX

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

VIEWS = [
    "window-light",
    "window-dark",
    "window-clicked",
    "editor",
    "docks",
    "look-back",
    "overlays",
    "labels",
    "views",
]


def test_every_view_is_drawn_of_a_real_run(
    qtbot: QtBot, long_protocol: Path, tmp_path: Path
) -> None:
    """Each is a picture of its own, none of one colour, and they lie on one sheet."""
    files = pictures(tmp_path / "views", long_protocol, frames=6)
    assert [each.stem for each in files] == VIEWS
    drawn = {each.stem: QImage(str(each)) for each in files}
    for name, image in drawn.items():
        places = itertools.product(range(0, image.width(), 41), range(0, 700, 37))
        colours = {image.pixel(x, y) for x, y in places}
        assert len(colours) > 5, name
        if name != "views":
            assert (image.width(), image.height()) == SIZE_PX
    assert drawn["window-light"] != drawn["window-dark"]


def test_a_folder_that_can_not_be_written_is_named(
    qtbot: QtBot, long_protocol: Path, tmp_path: Path
) -> None:
    """The run is stopped, and the window closed."""
    (tmp_path / "views").mkdir()
    (tmp_path / "views" / "window-light.png").mkdir()
    with pytest.raises(UsageError, match="can't be written"):
        pictures(tmp_path / "views", long_protocol, frames=2)
