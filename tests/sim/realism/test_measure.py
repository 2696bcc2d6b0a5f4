"""Measures, on pictures whose measures are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saccade.sim.realism import histogram, length_px, measure, noise_counts, sizes_px, spectrum

if TYPE_CHECKING:
    from numpy.typing import NDArray


def discs(
    diameter_px: float, level: float = 200.0, noise: float = 0.0, seed: int = 0
) -> NDArray[np.float32]:
    """Return 25 discs of one size on a background of 100."""
    rows, cols = np.mgrid[0:300, 0:300]
    away = np.hypot((rows % 60) - 30, (cols % 60) - 30)
    disc = np.clip(diameter_px / 2 + 0.5 - away, 0, 1)
    rng = np.random.default_rng(seed)
    return (100 + level * disc + noise * rng.standard_normal(disc.shape)).astype(np.float32)


@pytest.mark.parametrize("noise", [0.5, 2.0, 10.0])
def test_noise_is_found_among_objects(noise: float) -> None:
    """Within a tenth of the noise that was added, whatever lies on the picture."""
    assert noise_counts(discs(24, noise=noise)) == pytest.approx(noise, rel=0.1)


def test_a_smooth_picture_has_no_noise() -> None:
    """A ramp and a parabola count for nothing."""
    rows, cols = np.mgrid[0:64, 0:64].astype(np.float32)
    assert noise_counts(3 * cols + 0.5 * rows + 0.01 * cols**2) == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize("diameter", [12.0, 24.0, 40.0])
def test_sizes_are_those_of_the_discs(diameter: float) -> None:
    """All 25 discs are found, and their diameters within a pixel and a half."""
    sizes = sizes_px(discs(diameter, noise=2.0))
    assert len(sizes) == 25
    assert np.median(sizes) == pytest.approx(diameter, abs=1.5)


def test_a_disc_much_brighter_than_the_rest_hides_none() -> None:
    """With one disc eight times as bright, 25 are found."""
    picture = discs(24, noise=2.0)
    picture[60:120, 60:120] += 7 * (picture[60:120, 60:120] - 100)
    assert len(sizes_px(picture)) == 25


def test_signal_background_and_cover_are_those_of_the_picture() -> None:
    """Signal over noise, background and share covered, as the picture was made."""
    measured = measure(discs(30, level=200, noise=5.0))
    assert measured.background == pytest.approx(100, abs=4)
    assert measured.snr == pytest.approx(40, rel=0.15)
    assert measured.covered == pytest.approx(25 * np.pi * 15**2 / 300**2, rel=0.12)
    assert measured.grain < 0.03
    assert measured.spread < 0.03


def test_spread_and_grain_are_told_apart() -> None:
    """Discs that differ raise the spread; texture within them raises the grain."""
    flat = discs(30)
    factor = np.repeat(np.repeat(np.linspace(0.6, 1.4, 25).reshape(5, 5), 60, 0), 60, 1)
    differing = measure(100 + (flat - 100) * factor)
    stripes = 1 + 0.3 * np.sin(2 * np.pi * np.arange(300) / 6)
    textured = measure(100 + (flat - 100) * stripes)
    assert differing.spread == pytest.approx(0.68 * 0.4, abs=0.03)
    assert differing.grain < 0.03
    assert textured.grain == pytest.approx(0.3 / np.sqrt(2), rel=0.15)
    assert textured.spread < 0.08


@pytest.mark.parametrize("period", [4, 8, 16])
def test_a_grating_lies_in_its_band(period: int) -> None:
    """Most of the variance of a grating is in the band of its frequency, or beside it."""
    rows, cols = np.mgrid[0:192, 0:192]
    wave = np.sin(2 * np.pi * (0.6 * rows + 0.8 * cols) / period)
    bands = spectrum(wave)
    band = int(1 / period * 48)
    assert bands[max(band - 1, 0) : band + 2].sum() > 0.95


@pytest.mark.parametrize("sigma", [2.0, 4.0, 6.0])
def test_the_length_of_structure_is_that_of_a_random_field(sigma: float) -> None:
    """A field blurred by a Gaussian correlates by half at 1.67 times its deviation."""
    field = np.random.default_rng(1).standard_normal((400, 400)).astype(np.float32)
    blurred = cv2.GaussianBlur(field, (0, 0), sigma)
    expected = 2 * np.hypot(sigma, 1.0) * np.sqrt(np.log(2))
    assert length_px(blurred) == pytest.approx(expected, rel=0.1)


@given(
    seed=st.integers(0, 1000),
    scale=st.floats(0.1, 100),
    offset=st.floats(0, 1000),
)
def test_shares_don_t_depend_on_the_scale_of_counts(seed: int, scale: float, offset: float) -> None:
    """Histogram and spectrum sum to one, and stay as they are with another gain and offset."""
    picture = np.random.default_rng(seed).gamma(2.0, 50.0, (32, 40)).astype(np.float32)
    for of in (histogram, spectrum):
        shares = of(picture)
        assert shares.sum() == pytest.approx(1)
        assert of(picture * scale + offset) == pytest.approx(shares, abs=0.01)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_any_type_of_counts_is_measured_alike(dtype: type) -> None:
    """The same counts in another type have the same measures."""
    picture = np.clip(discs(24, level=100, noise=3.0), 0, 255).round()
    assert measure(picture.astype(dtype)).snr == pytest.approx(measure(picture).snr)


def test_an_even_picture_has_no_object() -> None:
    """One level everywhere: no object, no noise, no variance, and no error."""
    measured = measure(np.full((40, 40), 7, np.uint16))
    assert (measured.background, measured.signal, measured.noise) == (7, 0, 0)
    assert np.isnan(measured.size_px)
    assert measured.spectrum.sum() == 0


@pytest.mark.parametrize("shape", [(2, 64, 64), (8, 64), (64,)])
def test_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    """What is no picture is a ValueError that names its shape."""
    with pytest.raises(ValueError, match="can't be measured"):
        measure(np.zeros(shape))
