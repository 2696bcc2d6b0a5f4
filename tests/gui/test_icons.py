"""Icons are drawn from a font, and those that are asked for are there."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from qtpy.QtCore import QSize
from qtpy.QtGui import QIcon, QImage

from saccade.gui._icons import glyph_of, svg_path

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pytestqt.qtbot import QtBot

FAMILIES = "mdi|bi|carbon|fa6-solid|fluent|ic|majesticons|mynaui|ph"


def asked_for() -> set[str]:
    spec = find_spec("pymmcore_widgets")
    assert spec is not None
    assert spec.origin is not None
    texts = [file.read_text(encoding="utf-8") for file in Path(spec.origin).parent.rglob("*.py")]
    found = re.findall(rf'"((?:{FAMILIES}):[a-z0-9-]+)"', "\n".join(texts))
    return set(found)


def test_every_icon_of_the_borrowed_widgets_is_there() -> None:
    """Each name in their source has a glyph of its own, none the dot that stands for a lack."""
    names = asked_for()
    assert len(names) > 100
    lacking = {name for name in names if glyph_of(name) == glyph_of("none:such")}
    assert not lacking


def drawn(path: Path) -> NDArray[np.uint8]:
    image = QIcon(str(path)).pixmap(QSize(64, 64)).toImage()
    image = image.convertToFormat(QImage.Format.Format_RGBA8888)
    bits = image.constBits()
    raw = bits.asstring(image.sizeInBytes()) if hasattr(bits, "asstring") else bytes(bits)
    return np.frombuffer(raw, np.uint8).reshape(image.height(), image.width(), 4)


def test_they_are_drawn_in_their_colour(qtbot: QtBot) -> None:
    """Something in the middle, nothing in the corners, and red where red was asked for."""
    pixels = drawn(svg_path("mdi:camera", color="red"))
    inked = pixels[..., 3] > 128
    assert 0.2 < inked.mean() < 0.9
    assert not inked[[0, 0, -1, -1], [0, -1, 0, -1]].any()
    assert (pixels[inked][:, :3] == (255, 0, 0)).mean() > 0.9
    assert svg_path("mdi:camera", color="red") == svg_path("mdi:camera", color="red")


@pytest.mark.parametrize(
    ("how", "undo"),
    [
        ({"rotate": 180}, lambda a: a[::-1, ::-1]),
        ({"rotate": 2}, lambda a: a[::-1, ::-1]),
        ({"rotate": "90"}, lambda a: np.rot90(a)),
        ({"flip": "horizontal"}, lambda a: a[:, ::-1]),
        ({"flip": "horizontal,vertical"}, lambda a: a[::-1, ::-1]),
    ],
)
def test_they_are_turned_and_mirrored(qtbot: QtBot, how: dict[str, object], undo: object) -> None:
    """About their middle, as the server would have done it."""
    plain = drawn(svg_path("mdi:camera"))[..., 3].astype(float)
    turned = drawn(svg_path("mdi:camera", **how))[..., 3].astype(float)  # type: ignore[arg-type]
    assert np.abs(undo(turned) - plain).mean() < 3  # type: ignore[operator]
