"""Shift: how far a picture has moved, against scikit-image and known shifts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from detect_frames import frame_of, is_silent
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from skimage.registration import phase_cross_correlation

from saccade.core import NeedsError, ProtocolError, Stand
from saccade.detect import Shift


def scene(y: float = 0.0, x: float = 0.0, seed: int = 0) -> np.ndarray:
    """Return a picture of blobs, moved down and to the right, with noise of its own."""
    rng = np.random.default_rng(3)
    field = ndimage.gaussian_filter(rng.normal(size=(256, 288)), 4)
    field = 100 + 400 * np.maximum(field / field.std(), 0)
    moved = ndimage.shift(field, (y, x), order=3, mode="reflect")[32:224, 32:256]
    return np.random.default_rng(seed).poisson(moved.clip(0)).astype(np.uint16)


def looks(pictures: list[np.ndarray], frame: dict[str, Any] | None = None, **given: Any) -> list:
    detector = Shift(**given)
    return [detector(frame_of(p, t, **frame or {})) for t, p in enumerate(pictures)]


@settings(max_examples=25)
@given(st.floats(-20, 20), st.floats(-20, 20))
def test_a_known_shift_is_measured_to_a_tenth_of_a_pixel(y: float, x: float) -> None:
    """A picture moved by up to a tenth of it is found to have moved by that, and two per cent."""
    near = 0.1 + 0.02 * np.hypot(y, x)
    seen = looks([scene(), scene(y, x, seed=1)])[1]
    assert seen.measurements["y_um"] == pytest.approx(y, abs=near)
    assert seen.measurements["x_um"] == pytest.approx(x, abs=near)
    assert seen.measurements["shift_px"] == pytest.approx(np.hypot(y, x), abs=near)
    assert seen.verdict == "trusted"


def test_it_measures_what_scikit_image_measures() -> None:
    """The shift is that of scikit-image's cross-correlation, to a fifth of a pixel."""
    first, second = scene(), scene(3.3, -5.7, seed=1)
    window = np.hanning(192)[:, None] * np.hanning(224)
    faded = [ndimage.gaussian_filter(p - p.mean(), 2.0) * window for p in (first, second)]
    theirs, *_ = phase_cross_correlation(*faded, upsample_factor=20, normalization=None)
    ours = looks([first, second])[1].measurements
    assert (-ours["y_um"], -ours["x_um"]) == pytest.approx(tuple(theirs), abs=0.2)


def test_the_first_picture_stays_and_the_previous_goes() -> None:
    """Against the first, shifts add up; against the previous they are those of one step."""
    pictures = [scene(2.0 * t, 0.0, seed=t) for t in range(5)]
    drift = [seen.measurements["shift_px"] for seen in looks(pictures)]
    steps = [seen.measurements["shift_px"] for seen in looks(pictures, against="previous")]
    assert drift == pytest.approx([0, 2, 4, 6, 8], abs=0.3)
    assert steps == pytest.approx([0, 2, 2, 2, 2], abs=0.3)


@pytest.mark.parametrize(
    ("given", "score"),
    [({}, 0.6), ({"expected": 12.0}, 0.5), ({"expected_um": 6.0}, 0.5), ({"expected": 3.0}, 1.0)],
)
def test_the_score_is_a_share_of_what_is_expected(given: dict[str, float], score: float) -> None:
    """The score is the shift over what was expected, in pixels or µm, at most 1."""
    seen = looks([scene(), scene(6.0, 0.0, 1)], {"pixel_size_um": 0.5}, **given)
    assert (seen[0].score, seen[1].score) == (0.0, pytest.approx(score, abs=0.03))


def test_directions_are_those_of_the_stage() -> None:
    """With a camera that is turned, the shift in µm is turned with it."""
    turned = {"pixel_size_um": 0.5, "affine": (0.0, 1.0, -1.0, 0.0)}
    seen = looks([scene(), scene(4.0, 6.0, 1)], turned)[1].measurements
    assert (seen["x_um"], seen["y_um"]) == pytest.approx((2.0, -3.0), abs=0.1)
    assert seen["shift_um"] == pytest.approx(np.hypot(2, 3), abs=0.1)


def test_gain_and_offset_do_not_move_anything() -> None:
    """A picture that is brighter is where it was, and as much like the first."""
    seen = looks([scene(), (scene() * 3 + 700).astype(np.uint16)])[1]
    assert seen.measurements["shift_px"] < 0.05
    assert seen.measurements["likeness"] > 0.99


def test_two_pictures_with_nothing_in_common_are_doubtful() -> None:
    """A shift between pictures of different things is not to be believed."""
    noise = [np.random.default_rng(t).normal(100, 5, (192, 224)) for t in (1, 2)]
    assert looks(noise)[1].verdict == "doubtful"
    assert looks([scene(), np.full((192, 224), 7, np.uint16)])[1].verdict == "doubtful"


def test_places_and_invalid_frames_leave_the_reference_alone() -> None:
    """Each position has a first picture of its own, and NaN is never it."""
    detector = Shift()
    assert is_silent(detector(frame_of(np.full((192, 224), np.nan))))
    detector(frame_of(scene()))
    assert detector(frame_of(scene(9.0, 0.0), 1, p=1)).score == 0.0
    assert detector(frame_of(scene(5.0, 0.0), 2)).score == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(
    ("given", "word"),
    [
        pytest.param({"against": "last"}, "Shift.against", id="no reference"),
        pytest.param({"expected": 0}, "Shift.expected", id="nothing expected"),
        pytest.param({"expected": 1, "expected_um": 1}, "Shift has expected", id="two"),
    ],
)
def test_a_wrong_setting_is_named(given: dict[str, Any], word: str) -> None:
    """A setting that can't be used is refused at once, by name, with what to do."""
    with pytest.raises(ProtocolError, match=word) as caught:
        Shift(**given)
    assert caught.value.do


def test_a_shift_in_um_needs_a_pixel_size() -> None:
    """Without a calibrated pixel size a shift in µm is refused before the run."""
    with pytest.raises(NeedsError, match="size of a pixel"):
        Shift(expected_um=3).learn(Stand("bench", pixel_size_known=False))
