"""The live picture: drawn by Qt alone, black and white at the counts that were asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from saccade.gui._qt import pg
from saccade.gui._views import GraphicsView, Picture, greys

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from saccade.gui._qt import QtGui

DTYPES = ("uint8", "uint16", "int16", "int32", "uint32", "float32", "float64", "bool")


@pytest.mark.parametrize("dtype", DTYPES)
def test_greys_are_black_and_white_at_the_levels(dtype: str) -> None:
    """Whatever the pixels are; beyond the levels nothing wraps around."""
    counts = np.array([[0, 1, 50, 100, 120]]) if dtype != "bool" else np.array([[0, 1]])
    low, high = (50.0, 100.0) if dtype != "bool" else (0.0, 1.0)
    expected = np.rint(np.clip((counts - low) / (high - low), 0, 1) * 255)
    np.testing.assert_allclose(greys(counts.astype(dtype), (low, high)), expected, atol=1)


def test_what_is_no_number_is_black() -> None:
    """A hole in a picture is no bright spot."""
    shown = greys(np.array([[np.nan, -np.inf, 1.0]]), (0.0, 1.0))
    assert shown.tolist() == [[0, 0, 255]]


def test_every_other_row_and_column_is_shown_as_it_is() -> None:
    """A view into a larger picture, whose pixels do not lie side by side."""
    whole = np.arange(64, dtype=np.uint16).reshape(8, 8)
    np.testing.assert_array_equal(greys(whole[::2, ::2], (0.0, 255.0)), whole[::2, ::2])


def shown_in(view: Any, qtbot: QtBot, pixels: np.ndarray[Any, Any]) -> QtGui.QImage:
    """Return what a view of 200 by 200 looks like that shows pixels."""
    box = pg.ViewBox(lockAspect=True, invertY=True, enableMenu=False)
    view.setCentralItem(box)
    picture = Picture()
    box.addItem(picture, ignoreBounds=True)
    picture.show_pixels(pixels, (0.0, 255.0))
    height, width = pixels.shape
    box.setRange(xRange=(0, width), yRange=(0, height), padding=0)
    view.resize(200, 200)
    qtbot.addWidget(view)
    view.show()
    qtbot.waitExposed(view)
    return view.grab().toImage()


def test_a_picture_lies_as_its_pixels_do(qtbot: QtBot) -> None:
    """Row 0 is at the top, column 0 at the left, and a pixel is a unit."""
    pixels = np.array([[0, 80], [160, 240]], np.uint8)
    image = shown_in(GraphicsView(), qtbot, pixels)
    corners = [image.pixelColor(x, y).red() for y in (40, 160) for x in (40, 160)]
    assert corners == pixels.ravel().tolist()


def test_the_scene_is_prepared_before_it_is_painted(qtbot: QtBot) -> None:
    """Items of pyqtgraph that put their work off until then must not be painted stale."""
    view = GraphicsView()
    prepared: list[bool] = []
    view.scene().sigPrepareForPaint.connect(lambda: prepared.append(True))
    shown_in(view, qtbot, np.zeros((4, 4), np.uint8))
    prepared.clear()
    view.viewport().update()
    qtbot.waitUntil(lambda: bool(prepared), timeout=5000)
