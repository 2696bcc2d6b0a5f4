"""Crop and Rescale: another picture for the detector, the same places in the frame."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from detect_frames import frame_of, is_silent, with_spots
from hypothesis import given, settings
from hypothesis import strategies as st

from saccade.core import (
    ANY_SIZE,
    Frame,
    Needs,
    NeedsError,
    Observation,
    ProtocolError,
    Span,
    Stand,
)
from saccade.detect import Change, Crop, Focus, Rescale, Spots

PLACES = [(30.0, 40.0), (60.0, 100.0), (100.0, 20.0), (90.0, 140.0)]
STAGE = {"x_um": 1000.0, "y_um": -50.0, "affine": (0.0, 1.0, -1.0, 0.0)}


class Labels:
    """A detector whose labels are its picture, and which boxes the whole of it."""

    def __call__(self, frame: Frame) -> Observation:
        height, width = frame.pixels.shape
        boxes = ((0.0, 0.0, float(height), float(width)),)
        return Observation(0.5, labels=frame.pixels.astype(np.int32), boxes=boxes)


@pytest.mark.parametrize("kind", [Spots, Change, Focus])
@pytest.mark.parametrize("roi", [None, (7, 9, 160, 128)])
def test_a_crop_of_the_whole_frame_changes_nothing(kind: type, roi: Any) -> None:
    """Shown all of a frame, a detector says the same, to the last bit."""
    whole, alone = Crop(kind(), px=(0, 0, 160, 128)), kind()
    sensor = None if roi is None else (512, 512)
    for t in range(14):
        pixels = with_spots([(40 + 3 * t, 50)], seed=t)
        frame = frame_of(pixels, t, roi=roi, sensor_px=sensor, pixel_size_um=0.3, **STAGE)
        seen, expected = whole(frame), alone(frame)
        assert replace(seen, detector=expected.detector) == expected


@settings(max_examples=30)
@given(st.integers(0, 60), st.integers(0, 50), st.integers(30, 100), st.integers(30, 78))
def test_a_crop_sees_what_a_camera_region_shows(
    left: int, top: int, width: int, height: int
) -> None:
    """Cropping by software and by the camera gives the same observation, but for pixels."""
    pixels = with_spots(PLACES)
    frame = frame_of(pixels, pixel_size_um=0.5, **STAGE)
    part = pixels[top : top + height, left : left + width]
    region = replace(frame, pixels=part, roi=(left, top, *part.shape[::-1]), sensor_px=(160, 128))
    seen, expected = Crop(Spots(), px=(left, top, width, height))(frame), Spots()(region)
    assert seen.measurements == expected.measurements
    for point, other in zip(seen.points, expected.points, strict=True):
        assert (point.y_px, point.x_px) == pytest.approx((other.y_px + top, other.x_px + left))
        assert (point.x_um, point.y_um) == pytest.approx((other.x_um, other.y_um))
        assert (point.x_um, point.y_um) == pytest.approx(frame.to_um(point.y_px, point.x_px))


def test_a_crop_in_um_is_one_in_pixels() -> None:
    """A part in µm is the part in pixels times the pixel size."""
    frame = frame_of(with_spots(PLACES), pixel_size_um=0.5)
    in_um, in_px = Crop(Spots(), um=(5, 10, 60, 40)), Crop(Spots(), px=(10, 20, 120, 80))
    assert in_um(frame) == in_px(frame)
    assert is_silent(in_um(replace(frame, pixel_size_um=0.0)))


def test_labels_and_boxes_are_those_of_the_frame() -> None:
    """A label image has the frame's shape, and a box its pixels."""
    pixels = with_spots([])
    seen = Crop(Labels(), px=(10, 20, 30, 40))(frame_of(pixels))
    assert seen.labels is not None
    assert seen.labels.shape == pixels.shape
    assert np.array_equal(seen.labels[20:60, 10:40], pixels[20:60, 10:40])
    assert np.count_nonzero(seen.labels) == 30 * 40
    assert seen.boxes == ((20.0, 10.0, 60.0, 40.0),)
    scaled = Rescale(Labels(), pixel_size_um=2.0)(
        frame_of(np.kron(np.arange(12).reshape(3, 4), np.ones((8, 8))))
    )
    assert scaled.labels is not None
    assert np.array_equal(scaled.labels, np.kron(np.arange(12).reshape(3, 4), np.ones((8, 8))))
    assert scaled.boxes == ((0.0, 0.0, 24.0, 32.0),)


def test_a_part_beyond_the_frame_is_cut_or_invalid() -> None:
    """What of a part is beyond the frame is left out; if nothing is left, it is invalid."""
    frame = frame_of(with_spots(PLACES))
    assert Crop(Spots(), px=(80, 60, 999, 999))(frame).measurements["count"] == 2
    assert is_silent(Crop(Spots(), px=(160, 0, 10, 10))(frame))
    assert Crop(Spots(), px=(160, 0, 10, 10))(frame).detector.name.endswith(
        "(saccade.detect:Spots)"
    )


@settings(max_examples=30)
@given(
    y=st.floats(30, 98), x=st.floats(30, 130), um=st.sampled_from([0.25, 0.4, 0.5, 0.8, 1.0, 1.7])
)
def test_places_stay_within_half_a_pixel(y: float, x: float, um: float) -> None:
    """Whatever the size of a pixel it is shown, a spot is where it is, to half a pixel."""
    frame = frame_of(with_spots([(y, x)], sigma_px=4.0), pixel_size_um=0.5, **STAGE)
    seen = Rescale(Spots(sigma_um=2.0, max_points=1), pixel_size_um=um)(frame)
    (point,) = seen.points
    assert (point.y_px, point.x_px) == pytest.approx((y, x), abs=0.5)
    assert (point.x_um, point.y_um) == pytest.approx(frame.to_um(point.y_px, point.x_px))


def test_pixels_of_the_same_size_change_nothing() -> None:
    """Shown pixels as large as they are, a detector finds the same."""
    frame = frame_of(with_spots(PLACES), pixel_size_um=0.5, **STAGE)
    seen, expected = Rescale(Spots(), pixel_size_um=0.5)(frame), Spots()(frame)
    assert seen.measurements["count"] == expected.measurements["count"]
    for point, other in zip(seen.points, expected.points, strict=True):
        assert (point.y_px, point.x_px) == pytest.approx((other.y_px, other.x_px), abs=1e-4)


def test_a_trained_size_is_given_where_it_is_asked_for() -> None:
    """Rescale gives a detector the pixels it needs, and is refused at once if it doesn't."""

    class Trained(Spots):
        needs = Needs(pixel_size_um=Span(0.4, 0.6), bits=8)  # type: ignore[assignment]

    scaled = Rescale(Trained(), pixel_size_um=0.5)
    assert scaled.needs == (Needs(pixel_size_um=ANY_SIZE), Needs(bits=8))
    scaled.learn(Stand("bench", pixel_size_um=0.1, shape_px=(512, 512)))
    with pytest.raises(NeedsError, match="size of a pixel"):
        scaled.learn(Stand("bench", pixel_size_known=False))
    with pytest.raises(ProtocolError, match=r"Rescale.pixel_size_um is 1.0"):
        Rescale(Trained(), pixel_size_um=1.0)


@pytest.mark.parametrize(
    ("part", "stand", "word"),
    [
        pytest.param(
            Crop(Spots(), px=(500, 0, 100, 100)), {}, "512 x 256", id="beyond the right edge"
        ),
        pytest.param(Crop(Spots(), px=(0, 200, 100, 100)), {}, "512 x 256", id="below the frame"),
        pytest.param(
            Crop(Spots(), um=(0, 0, 10, 10)),
            {"pixel_size_known": False},
            "size of a pixel",
            id="µm without a size",
        ),
        pytest.param(
            Rescale(Spots(), pixel_size_um=0.001), {}, "too large a picture", id="too fine"
        ),
    ],
)
def test_what_a_microscope_has_not_is_refused_before(part: Any, stand: Any, word: str) -> None:
    """A part that no frame has, or a picture that no memory holds, is refused before the run."""
    with pytest.raises(NeedsError, match=word):
        part.learn(Stand("bench", shape_px=(256, 512), **stand))


@pytest.mark.parametrize(
    ("make", "word"),
    [
        pytest.param(lambda: Crop(Spots()), "not one of them", id="no part"),
        pytest.param(
            lambda: Crop(Spots(), px=(0, 0, 9, 9), um=(0, 0, 9, 9)), "not one of them", id="two"
        ),
        pytest.param(lambda: Crop(Spots(), px=(0, 0, 0, 9)), "Crop.px", id="no width"),
        pytest.param(lambda: Crop(Spots(), px=(-1, 0, 9, 9)), "Crop.px", id="left of the frame"),
        pytest.param(lambda: Crop(Spots(), px=(0, 0, 9.5, 9)), "Crop.px", id="half a pixel"),
        pytest.param(lambda: Crop(Spots(), um=(0, 0, np.inf, 9)), "Crop.um", id="infinite"),
        pytest.param(lambda: Crop(Spots, px=(0, 0, 9, 9)), "Crop.detector", id="a class"),
        pytest.param(lambda: Rescale(Spots(), pixel_size_um=0), "pixel_size_um", id="no size"),
    ],
)
def test_a_wrong_part_is_named(make: Any, word: str) -> None:
    """A part or a size that can't be is refused at once, by name, with what to do."""
    with pytest.raises(ProtocolError, match=word) as caught:
        make()
    assert caught.value.do
