"""Signal: over its ground, over noise, and over the top."""

from __future__ import annotations

import numpy as np
import pytest
from detect_frames import frame_of
from scipy.ndimage import gaussian_filter

from saccade.core import ProtocolError
from saccade.detect import Signal

OFFSET = 100.0


def photons(seed: int = 0) -> np.ndarray:
    """Return blobs on an even ground, as a share of what a second brings."""
    rng = np.random.default_rng(seed)
    points = np.zeros((256, 256))
    points[tuple(rng.integers(10, 246, (2, 40)))] = 1.0
    blobs = gaussian_filter(points, 6.0)
    return 500 * blobs / blobs.max() + 50


def taken(exposure_s: float, gain: float = 2.0, seed: int = 1) -> np.ndarray:
    """Return what a camera without read noise makes of an exposure."""
    counts = np.random.default_rng(seed).poisson(photons() * exposure_s) * gain + OFFSET
    return np.minimum(counts, 65535).astype(np.uint16)


def measured(pixels: np.ndarray, **settings: float) -> dict[str, float]:
    """Return what is measured in one picture."""
    return dict(Signal(**settings)(frame_of(pixels)).measurements)


def test_the_signal_grows_as_the_exposure_does() -> None:
    """Four times as long is four times the signal, above whatever ground and offset."""
    short, long = measured(taken(1.0)), measured(taken(4.0))
    assert long["signal"] / short["signal"] == pytest.approx(4.0, rel=0.03)
    assert long["ground"] - OFFSET == pytest.approx(4 * (short["ground"] - OFFSET), rel=0.05)


def test_signal_over_noise_grows_as_its_root() -> None:
    """Where the noise is that of photons, four times as long is twice the signal over noise."""
    short, long = measured(taken(1.0)), measured(taken(4.0))
    assert long["snr"] / short["snr"] == pytest.approx(2.0, rel=0.1)


def test_the_noise_is_that_of_the_ground() -> None:
    """It is the root of the photons of the ground, in grey levels, whatever stands on it."""
    gain = 2.0
    seen = measured(taken(10.0, gain))
    ground_photons = (seen["ground"] - OFFSET) / gain
    assert seen["noise"] == pytest.approx(gain * np.sqrt(ground_photons), rel=0.15)


def test_noise_alone_is_no_signal() -> None:
    """A picture of nothing has a signal below its noise."""
    noise = np.random.default_rng(0).normal(1000, 30, (256, 256)).astype(np.float32)
    assert measured(noise)["snr"] < 1.0


def test_a_full_camera_shows() -> None:
    """The share at the top is next to nothing until the brightest pixels are cut off."""
    pixels = taken(10.0)
    assert measured(pixels)["saturated"] < 1e-4
    top = int(np.quantile(pixels, 0.95))
    assert measured(np.minimum(pixels, top))["saturated"] == pytest.approx(0.05, abs=0.01)
    assert measured(np.full((64, 64), 7, np.uint8))["saturated"] == 0


def test_the_score_is_relative_to_what_is_expected() -> None:
    """It is 1 where the signal over noise is as expected, and half of that at half of it."""
    snr = measured(taken(1.0))["snr"]
    frame = frame_of(taken(1.0))
    assert Signal(expected=snr)(frame).score == pytest.approx(1.0)
    assert Signal(expected=2 * snr)(frame).score == pytest.approx(0.5)


def test_it_tells_how_long_was_exposed() -> None:
    """So that who listens need not know what it asked for last."""
    assert measured(taken(1.0))["exposure_ms"] == 10.0


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        pytest.param({"quantile": 0.5}, "Signal.quantile", id="the ground itself"),
        pytest.param({"quantile": 1.0}, "Signal.quantile", id="a single pixel"),
        pytest.param({"expected": 0.0}, "Signal.expected", id="nothing expected"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict, word: str) -> None:
    """A setting that can't be used is refused at once, by name."""
    with pytest.raises(ProtocolError, match=word):
        Signal(**settings)


def test_the_power_of_the_light_is_told_where_the_scope_tells_it() -> None:
    """Of all sources together; nothing is said of light that nobody declared."""
    pixels = np.arange(64, dtype=np.uint8).reshape(8, 8)
    look = Signal()
    lit = look(frame_of(pixels, light_mw={"blue": 1.5, "white": 0.5}))
    assert lit.measurements["light_mw"] == 2.0
    assert "light_mw" not in look(frame_of(pixels)).measurements
