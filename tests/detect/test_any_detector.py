"""What holds for every detector."""

from __future__ import annotations

import math

import numpy as np
import pytest
from detect_frames import frame_of, is_silent, with_spots
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays, floating_dtypes, integer_dtypes

from saccade.core import Detector, ProfileError, ProtocolError, Stand, Warms
from saccade.detect import (
    Change,
    Flow,
    Focus,
    Novelty,
    Objects,
    Pairs,
    Shift,
    Signal,
    Spots,
    Transients,
)

KINDS = [
    pytest.param(Spots, id="Spots"),
    pytest.param(Change, id="Change"),
    pytest.param(Focus, id="Focus"),
    pytest.param(Pairs, id="Pairs"),
    pytest.param(Objects, id="Objects"),
    pytest.param(Transients, id="Transients"),
    pytest.param(Shift, id="Shift"),
    pytest.param(Novelty, id="Novelty"),
    pytest.param(Flow, id="Flow"),
    pytest.param(Signal, id="Signal"),
]

ODD_PICTURES = [
    pytest.param(np.zeros((64, 64), np.uint8), id="blank"),
    pytest.param(np.full((64, 64), 65535, np.uint16), id="saturated"),
    pytest.param(np.full((70, 64), 12345.678, np.float32), id="constant"),
    pytest.param(np.ones((64, 64), bool), id="mask"),
    pytest.param(np.zeros((1, 1), np.uint16), id="one pixel"),
    pytest.param(np.arange(700, dtype=np.uint16).reshape(1, 700), id="one line"),
    pytest.param(np.full((64, 64), 1e-20), id="vanishing"),
]

NOT_PICTURES = [
    pytest.param(np.full((8, 8), np.nan), id="all NaN"),
    pytest.param(np.where(np.eye(64) > 0, np.nan, 1.0), id="some NaN"),
    pytest.param(np.where(np.eye(64) > 0, np.inf, 1.0), id="infinity"),
    pytest.param(np.full((8, 8), 1e30), id="beyond measure"),
    pytest.param(np.zeros((8, 8, 3), np.uint8), id="colour"),
    pytest.param(np.zeros(8, np.uint8), id="a line"),
    pytest.param(np.zeros((0, 8), np.uint8), id="empty"),
    pytest.param(np.zeros((8, 8), complex), id="complex"),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pixels", ODD_PICTURES)
def test_nothing_to_see_scores_zero(kind: type, pixels: np.ndarray) -> None:
    """A picture without anything in it is looked at, and scores 0 without NaN anywhere."""
    detector = kind()
    for index in range(3):
        seen = detector(frame_of(pixels, index))
        assert seen.verdict == "trusted"
        assert all(map(math.isfinite, seen.measurements.values()))
    if min(pixels.shape) > 1 or pixels.size == 1:
        assert seen.score == 0.0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pixels", NOT_PICTURES)
def test_what_is_no_picture_is_invalid(kind: type, pixels: np.ndarray) -> None:
    """NaN, infinity, colour and emptiness are invalid with score 0, and raise nothing."""
    assert is_silent(kind()(frame_of(pixels)))


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None)
@given(
    pixels=arrays(
        integer_dtypes(sizes=(8, 16)) | floating_dtypes(sizes=(32, 64)),
        array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=24),
    ),
    sigma=st.floats(0.1, 1e6),
)
def test_any_array_gives_a_score(kind: type, pixels: np.ndarray, sigma: float) -> None:
    """Whatever the pixels and the scale, the score is within 0 to 1 and no number is NaN."""
    detector = kind() if kind in (Shift, Novelty, Signal) else kind(sigma=sigma)
    for index in range(3):
        seen = detector(frame_of(pixels, index))
        assert 0.0 <= seen.score <= 1.0
        numbers = [*seen.measurements.values()]
        numbers += [n for p in seen.points for n in (p.y_px, p.x_px, p.strength, p.x_um, p.y_um)]
        assert all(map(math.isfinite, numbers))


@pytest.mark.parametrize("kind", KINDS)
def test_detectors_leave_the_frame_alone(kind: type) -> None:
    """Pixels are read-only in a run, and a detector does not mind."""
    pixels = with_spots([(40, 50)])
    before = pixels.copy()
    pixels.setflags(write=False)
    detector = kind()
    for index in range(3):
        detector(frame_of(pixels, index))
    assert np.array_equal(pixels, before)


@pytest.mark.parametrize("kind", KINDS)
def test_warming_up_leaves_no_memory(kind: type) -> None:
    """After warming up on a blank frame, a detector says what a fresh one says."""
    frames = [frame_of(with_spots([(40 + 3 * t, 50)], seed=t), t) for t in range(15)]
    warm = kind()
    assert isinstance(warm, Warms)
    warm.warm(frame_of(np.zeros(frames[0].pixels.shape, np.uint16), -1))
    cold = kind()
    assert [warm(frame) for frame in frames] == [cold(frame) for frame in frames]


@pytest.mark.parametrize(
    "detector",
    [
        pytest.param(Spots(sigma_um=0.5, threshold=4.0, max_points=9, expected=3), id="Spots"),
        pytest.param(Change(sigma=8, alpha=0.2, expected=0.1), id="Change"),
        pytest.param(Focus(sigma=1.5), id="Focus"),
        pytest.param(Transients(sigma=5, window=20, percentile=10.0, offset=3.0), id="Transients"),
        pytest.param(Shift(against="previous", expected=4.0), id="Shift"),
        pytest.param(Objects(sigma=5, threshold="local", by="mean", expected=900.0), id="Objects"),
        pytest.param(Flow(sigma=3.0, expected_um=4.0, by="gathering"), id="Flow"),
        pytest.param(Novelty(frames=3, patch_px=16, max_points=4), id="Novelty"),
        pytest.param(Signal(quantile=0.95, expected=7.0), id="Signal"),
        pytest.param(Pairs(sigma_um=0.8, brightness=2.0, apart=(2.0, 9.0)), id="Pairs"),
    ],
)
def test_a_repr_can_be_pasted_back(detector: Detector) -> None:
    """What a detector prints makes the same detector; so does fresh, without its memory."""
    text = repr(detector)
    assert repr(eval(text)) == text  # noqa: S307 - it is our own repr
    frames = [frame_of(with_spots([(40 + 5 * t, 50)], seed=t), t) for t in range(8)]
    first = [detector(frame) for frame in frames]
    again = detector.fresh()  # type: ignore[attr-defined]
    assert repr(again) == text
    assert [again(frame) for frame in frames] == first


@pytest.mark.parametrize("kind", KINDS)
def test_who_said_it_is_in_the_observation(kind: type) -> None:
    """An observation names its detector and version."""
    seen = kind()(frame_of(with_spots([])))
    assert seen.detector.name == f"saccade.detect:{kind.__name__}"
    assert seen.detector.version


@pytest.mark.parametrize(
    ("kind", "settings", "word"),
    [
        pytest.param(Spots, {"sigma": -1}, "Spots.sigma", id="negative sigma"),
        pytest.param(Spots, {"sigma": 0}, "Spots.sigma", id="zero sigma"),
        pytest.param(Spots, {"sigma": math.nan}, "Spots.sigma", id="NaN sigma"),
        pytest.param(Spots, {"sigma": "2"}, "Spots.sigma", id="text"),
        pytest.param(Spots, {"sigma": True}, "Spots.sigma", id="truth value"),
        pytest.param(Spots, {"sigma_um": math.inf}, "Spots.sigma_um", id="infinite sigma"),
        pytest.param(Spots, {"sigma": 1, "sigma_um": 1}, "one of them", id="two scales"),
        pytest.param(Spots, {"threshold": 0}, "Spots.threshold", id="zero threshold"),
        pytest.param(Spots, {"max_points": 0}, "Spots.max_points", id="no points"),
        pytest.param(Spots, {"max_points": None}, "Spots.max_points", id="None points"),
        pytest.param(Spots, {"max_points": 1.5}, "Spots.max_points", id="broken points"),
        pytest.param(Spots, {"expected": 0}, "Spots.expected", id="none expected"),
        pytest.param(Change, {"sigma": -1}, "Change.sigma", id="change, negative sigma"),
        pytest.param(Change, {"alpha": 0}, "Change.alpha", id="alpha 0"),
        pytest.param(Change, {"alpha": 1.5}, "Change.alpha", id="alpha over 1"),
        pytest.param(Change, {"alpha": None}, "Change.alpha", id="alpha None"),
        pytest.param(Change, {"expected": math.nan}, "Change.expected", id="NaN expected"),
        pytest.param(Change, {"threshold": -5}, "Change.threshold", id="negative threshold"),
        pytest.param(Change, {"max_points": 0}, "Change.max_points", id="change, no points"),
        pytest.param(Focus, {"sigma": 0}, "Focus.sigma", id="focus, zero sigma"),
        pytest.param(Pairs, {"sigma": 0}, "Pairs.sigma", id="pairs, zero sigma"),
        pytest.param(Pairs, {"brightness": 1}, "Pairs.brightness", id="as bright as the rest"),
        pytest.param(Pairs, {"apart": (5, 5)}, "Pairs.apart", id="no distance between"),
        pytest.param(Pairs, {"apart": (1, 2, 3)}, "Pairs.apart", id="three distances"),
        pytest.param(Pairs, {"size": (-1, 5)}, "Pairs.size", id="negative size"),
        pytest.param(Pairs, {"max_points": 0}, "Pairs.max_points", id="pairs, no points"),
    ],
)
def test_a_wrong_setting_is_named(kind: type, settings: dict, word: str) -> None:
    """A setting that can't be used is refused at once, by name, with what to do."""
    with pytest.raises(ProtocolError, match=word) as caught:
        kind(**settings)
    assert caught.value.do


@pytest.mark.parametrize("kind", [Spots, Change, Pairs, Objects, Transients])
def test_a_scale_in_um_needs_a_pixel_size(kind: type) -> None:
    """Without a pixel size a scale in µm is refused before the run, and invalid in it."""
    detector = kind(sigma_um=1.0)
    with pytest.raises(ProfileError, match="size of a pixel"):
        detector.learn(Stand("bench", pixel_size_um=0.0))
    detector.learn(Stand("bench", pixel_size_um=0.5))
    kind(sigma=1.0).learn(Stand("bench", pixel_size_um=0.0))
    assert is_silent(detector(frame_of(with_spots([]), pixel_size_um=0.0)))
