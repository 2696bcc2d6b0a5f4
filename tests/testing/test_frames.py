"""Frames as a camera could have taken them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from saccade.testing import (
    StubDetector,
    blob_frame,
    frame_of,
    frames_of,
    observations_of,
    picture_of,
    score_of,
)
from saccade.testing import strategies as some


@given(some.scores())
def test_a_score_survives_as_brightness(score):
    """A picture that was made of a score gives it back."""
    assert score_of(picture_of(score)) == pytest.approx(score, abs=1e-5)
    (frame,) = frames_of([score])
    assert StubDetector()(frame).score == score_of(frame.pixels)


def test_a_frame_has_pixels_of_its_own_that_nobody_can_change():
    """A test can't change a frame by changing what it was made of."""
    pixels = np.zeros((2, 3), np.uint8)
    frame = frame_of(pixels)
    pixels[0, 0] = 9
    assert frame.pixels.max() == 0
    assert frame.pixels.dtype == np.uint8
    with pytest.raises(ValueError, match="read-only"):
        frame.pixels[0, 0] = 1


def test_frames_are_a_watch():
    """Indices, time points and times rise from frame to frame."""
    frames = frames_of([0.0, np.ones((2, 2), np.uint16)], interval_s=2.0, channel="FITC")
    assert [frame.index for frame in frames] == [0, 1]
    assert [frame.event.index["t"] for frame in frames] == [0, 1]
    assert [frame.t_ns for frame in frames] == [0, 2_000_000_000]
    assert {frame.channel for frame in frames} == {"FITC"}
    assert frames[1].pixels.tolist() == [[1, 1], [1, 1]]


def test_blobs_are_where_they_should_be():
    """Each blob is brightest at its own place, above the background."""
    frame = blob_frame([(10, 20), (40, 5)], shape=(50, 60), background=7, height=100)
    assert frame.pixels.shape == (50, 60)
    assert frame.pixels[10, 20] == frame.pixels[40, 5] == 107
    assert frame.pixels[0, 59] == 7


def test_noise_is_the_same_for_the_same_seed():
    """A test with noise can be run again."""
    one, same, other = (blob_frame(noise=5.0, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one.pixels, same.pixels)
    assert not np.array_equal(one.pixels, other.pixels)


def test_a_stub_says_what_it_was_told():
    """Scores go by the index of the frame, and failures as well."""
    frames = frames_of([0, 0, 0])
    assert [StubDetector({1: 0.5})(frame).score for frame in frames] == [0.0, 0.5, 0.0]
    stub = StubDetector([0.1, 0.2], fails_on={1}, name="mine")
    assert stub(frames[0]).detector.name == "mine"
    with pytest.raises(RuntimeError, match="frame 1"):
        stub(frames[1])


def test_observations_are_a_watch():
    """Scores become observations at rising times."""
    seen = observations_of([0.1, 0.2], 0.5, position=3)
    assert [(o.score, o.frame, o.t_ns, o.position) for o in seen] == [
        (0.1, 0, 0, 3),
        (0.2, 1, 500_000_000, 3),
    ]
