"""Noise of light and of the camera, against the distributions that it stands for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm, poisson

from saccade.sim.world import noise

SIDE_PX = 512
MEANS_E = (0.5, 2.0, 5.0, 50.0, 5000.0)
READ_NOISES_E = (0.0, 0.45, 0.8, 1.6)


def drawn(mean_e: float, read_noise_e: float, key: int = 0) -> np.ndarray:
    rng = np.random.Generator(np.random.SFC64([7, key]))
    return noise(np.full((SIDE_PX, SIDE_PX), mean_e, np.float32), read_noise_e, rng).astype(float)


@pytest.mark.parametrize("read_noise_e", READ_NOISES_E)
@pytest.mark.parametrize("mean_e", MEANS_E)
def test_mean_variance_and_skewness_are_those_of_poisson_and_read_noise(
    mean_e: float, read_noise_e: float
) -> None:
    """Variance is mean plus that of the read noise; the third moment is the mean's alone."""
    values = drawn(mean_e, read_noise_e)
    variance = mean_e + read_noise_e**2
    assert values.mean() == pytest.approx(mean_e, abs=5 * np.sqrt(variance / values.size))
    assert values.var() == pytest.approx(variance, rel=0.02)
    skewness = ((values - values.mean()) ** 3).mean() / values.std() ** 3
    assert skewness == pytest.approx(mean_e / variance**1.5, abs=0.03)


@pytest.mark.parametrize("read_noise_e", [0.0, 0.3, 0.6, 0.8, 1.0, 1.6])
@pytest.mark.parametrize("mean_e", [0.02, 0.25, 1.0, 4.0, 20.0, 60.0, 400.0])
def test_the_whole_distribution_is_close_to_the_exact_one(
    mean_e: float, read_noise_e: float
) -> None:
    """No distribution function is further than 0.007 from that of Poisson plus normal."""
    values = np.sort(drawn(mean_e, read_noise_e).ravel())
    electrons = np.arange(int(mean_e + 12 * np.sqrt(mean_e)) + 12)
    # Off the whole numbers, where the function jumps if there is no read noise.
    at = np.linspace(values[0] - 1, values[-1] + 1, 400) + 0.0137
    spread = (at[:, None] - electrons) / max(read_noise_e, 1e-6)
    exact = (poisson.pmf(electrons, mean_e) * norm.cdf(spread)).sum(axis=1)
    found = np.searchsorted(values, at, side="right") / values.size
    # 0.004 for the form, and what 262,144 draws may be off by chance.
    assert np.abs(found - exact).max() < 0.004 + 1.6 / SIDE_PX


def test_a_dark_and_silent_camera_gives_exactly_nothing() -> None:
    """Without electrons and without read noise, every pixel is 0."""
    assert not drawn(0.0, 0.0).any()


def test_read_noise_alone_is_normal() -> None:
    """Without light, values are normal: symmetric, with the tails of a normal distribution."""
    values = drawn(0.0, 2.0) / 2.0
    assert values.mean() == pytest.approx(0, abs=0.01)
    assert values.std() == pytest.approx(1, rel=0.01)
    assert (values**4).mean() == pytest.approx(3, abs=0.06)


@pytest.mark.parametrize("mean_e", [0.5, 50.0])
def test_pixels_and_pictures_know_nothing_of_each_other(mean_e: float) -> None:
    """Neighbours, and the same pixel in the next picture, are uncorrelated."""
    first, next_one = drawn(mean_e, 1.6, 1) - mean_e, drawn(mean_e, 1.6, 2) - mean_e
    pairs = ((first, next_one), (first[:, 1:], first[:, :-1]), (first[1:], first[:-1]))
    for one, other in pairs:
        correlation = np.corrcoef(one.ravel(), other.ravel())[0, 1]
        assert abs(correlation) < 5 / SIDE_PX


@given(
    key=st.integers(0, 2**32 - 1),
    mean_e=st.floats(0, 1e5),
    read_noise_e=st.floats(0, 20),
    shape=st.tuples(st.integers(1, 9), st.integers(1, 9)),
)
def test_the_same_key_gives_the_same_bits(
    key: int, mean_e: float, read_noise_e: float, shape: tuple[int, int]
) -> None:
    """Noise is a function of its key and the expected electrons, finite whatever they are."""
    first, again = (
        noise(
            np.full(shape, mean_e, np.float32),
            read_noise_e,
            np.random.Generator(np.random.SFC64(key)),
        )
        for _ in range(2)
    )
    assert np.array_equal(first, again)
    assert np.isfinite(first).all()
