"""A network draws what it finds: each thing its own label, its box, and its place inside."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from useq import MDAEvent

from saccade.core import Frame, ProtocolError
from saccade.detect import Network
from saccade.sim import Light, View, World, make_specimen


def nuclei(pixel_size_um: float = 0.65) -> np.ndarray:
    """Return a picture of simulated nuclei."""
    world = World(make_specimen("dividing-nuclei", 3))
    channel = next(iter(world.specimen.channels))
    view = View(channel=channel, sensor_px=(256, 256), pixel_size_um=pixel_size_um)
    return world.picture(view, 20.0, Light(channel, power_mw=5.0, area_cm2=0.01))


def frame(pixels: np.ndarray, index: int = 0) -> Frame:
    pixels = np.ascontiguousarray(pixels)
    pixels.setflags(write=False)
    return Frame(pixels, index, "watch", MDAEvent(), 10.0, index, pixel_size_um=0.65)


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return nuclei()


def test_each_nucleus_has_a_label_and_a_box_around_its_place(picture: np.ndarray) -> None:
    """Labels are numbered like the points, and cover about what is bright."""
    seen = Network("nuclei", masks=True)(frame(picture))
    assert seen.labels is not None
    assert seen.labels.shape == picture.shape
    assert len(seen.boxes) == len(seen.points) > 5
    for number, (point, box) in enumerate(zip(seen.points, seen.boxes, strict=True), 1):
        rows, cols = np.nonzero(seen.labels == number)
        assert box == (rows.min(), cols.min(), rows.max() + 1, cols.max() + 1)
        top, left, bottom, right = box
        assert top - 1 <= point.y_px <= bottom
        assert left - 1 <= point.x_px <= right
    smooth = cv2.GaussianBlur(picture, (9, 9), 2.0)
    bright = smooth > smooth.min() + 0.35 * (np.quantile(smooth, 0.99) - smooth.min())
    both = (bright & (seen.labels > 0)).sum()
    assert both / (bright | (seen.labels > 0)).sum() > 0.6


def test_the_places_are_the_same_with_masks_and_without(picture: np.ndarray) -> None:
    """Drawing changes nothing of what is found; without it there are no labels."""
    plain, drawn = Network("nuclei")(frame(picture)), Network("nuclei", masks=True)(frame(picture))
    assert plain.points == drawn.points
    assert plain.score == drawn.score
    assert plain.labels is None
    assert plain.boxes == ()


def test_of_many_only_those_that_are_reported_are_drawn(picture: np.ndarray) -> None:
    """As many labels as points, the surest first."""
    seen = Network("nuclei", masks=True, max_points=3)(frame(picture))
    assert seen.labels is not None
    assert len(seen.points) == len(seen.boxes) == 3
    assert set(np.unique(seen.labels)) == {0, 1, 2, 3}


def test_an_empty_picture_has_no_label() -> None:
    """Nothing found, nothing drawn."""
    seen = Network("nuclei", masks=True)(frame(np.full((64, 96), 100, np.uint16)))
    assert seen.points == ()
    assert seen.labels is None or not seen.labels.any()


def test_a_model_that_can_not_draw_is_refused() -> None:
    """When it is made, not when the first frame comes."""
    with pytest.raises(ProtocolError, match="without masks"):
        Network("transient", masks=True)
