"""The camera: from photons to counts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from saccade.core import ProtocolError
from saccade.sim.world import Sensor, View

QUIET = Sensor(
    quantum_efficiency=1.0,
    read_noise_e=0.0,
    dark_e_per_s=0.0,
    gain_e=1.0,
    fixed_pattern=0.0,
    hot_pixels=0.0,
)
VIEW = View(sensor_px=(256, 320))


def exposed(
    sensor: Sensor, photons: float, *, exposure_ms: float = 10.0, view: View = VIEW, number: int = 1
) -> np.ndarray:
    picture = np.full(view.shape_px, photons, np.float32)
    return sensor.expose(picture, exposure_ms, view, seed=3, number=number).astype(float)


def test_no_light_gives_the_offset() -> None:
    """A dark camera without read noise hands out its offset, everywhere."""
    assert (exposed(replace(QUIET, offset=123), 0) == 123).all()


@pytest.mark.parametrize(("efficiency", "gain_e"), [(1.0, 1.0), (0.5, 1.0), (0.8, 0.46), (1, 4)])
def test_counts_are_photons_times_efficiency_over_gain(efficiency: float, gain_e: float) -> None:
    """The mean above the offset is photons times quantum efficiency over electrons a count."""
    sensor = replace(QUIET, quantum_efficiency=efficiency, gain_e=gain_e)
    above = exposed(sensor, 2000).mean() - sensor.offset
    assert above == pytest.approx(2000 * efficiency / gain_e, rel=2e-3)


@pytest.mark.parametrize("gain_e", [0.25, 0.46, 2.0])
def test_the_photon_transfer_curve_tells_gain_and_read_noise(gain_e: float) -> None:
    """Variance against mean in counts is a line: its slope is 1 / gain, its foot the read noise."""
    sensor = replace(QUIET, gain_e=gain_e, read_noise_e=3.0)
    pictures = [exposed(sensor, photons) for photons in (5, 50, 200, 1000, 4000)]
    means = [picture.mean() - sensor.offset for picture in pictures]
    variances = [picture.var() for picture in pictures]
    slope, foot = np.polyfit(means, variances, 1, w=1 / np.array(variances))
    assert slope == pytest.approx(1 / gain_e, rel=0.02)
    # Rounding to whole counts adds a twelfth.
    assert foot == pytest.approx((3.0 / gain_e) ** 2 + 1 / 12, rel=0.05)


@pytest.mark.parametrize(
    ("bits", "full_well_e", "most"),
    [(16, 1e8, 65535), (12, 1e8, 4095), (8, 1e8, 255), (16, 900, 1000)],
)
def test_too_much_light_saturates(bits: int, full_well_e: float, most: int) -> None:
    """Counts end where the well is full, or at the last number that there is."""
    sensor = replace(QUIET, bits=bits, full_well_e=full_well_e)
    assert sensor.most_counts == most
    assert (exposed(sensor, 1e6) == most).all()
    assert exposed(sensor, 0.5 * sensor.most_photons).max() < most


def test_counts_have_the_type_of_their_bits() -> None:
    """A camera of 8 bits hands out bytes, every other 16-bit numbers."""
    picture = np.ones((4, 4), np.float32)
    view = View(sensor_px=(4, 4))
    for bits, dtype in ((8, np.uint8), (12, np.uint16), (16, np.uint16)):
        sensor = Sensor(bits=bits)
        assert sensor.expose(picture.copy(), 1, view, seed=0, number=0).dtype == dtype


def test_dark_current_grows_with_the_exposure() -> None:
    """Electrons come without light, in proportion to time."""
    sensor = replace(QUIET, dark_e_per_s=100.0)
    short, long = (exposed(sensor, 0, exposure_ms=t).mean() - 100 for t in (100.0, 1000.0))
    assert short == pytest.approx(10, rel=0.02)
    assert long == pytest.approx(100, rel=0.02)


def test_hot_pixels_stay_and_are_as_many_as_asked() -> None:
    """The same pixels stand out in every dark picture, about as many as the share says."""
    sensor = replace(QUIET, hot_pixels=0.01, hot_e_per_s=1e5)
    first, second = (exposed(sensor, 0, exposure_ms=1000, number=n) > 200 for n in (1, 2))
    assert (first & second).sum() > 0.99 * first.sum()
    assert first.mean() == pytest.approx(0.01, rel=0.15)


def test_the_fixed_pattern_is_what_remains_after_averaging() -> None:
    """Pixels differ in sensitivity by the share asked, the same in every picture."""
    sensor = replace(QUIET, fixed_pattern=0.05)
    mean = np.mean([exposed(sensor, 1e4, number=n) for n in range(40)], axis=0) - 100
    assert mean.std() / mean.mean() == pytest.approx(0.05, rel=0.03)
    other = Sensor.expose(
        sensor, np.full(VIEW.shape_px, 1e4, np.float32), 10, VIEW, seed=4, number=0
    )
    assert abs(np.corrcoef(mean.ravel(), other.ravel())[0, 1]) < 0.02


def test_a_region_is_read_with_its_own_pixels() -> None:
    """A region shows the fixed pattern of the place on the sensor where it lies."""
    sensor = replace(QUIET, fixed_pattern=0.3)
    left, top, width, height = 31, 17, 64, 48
    part = exposed(sensor, 5e3, view=replace(VIEW, roi=(left, top, width, height)))
    whole = exposed(sensor, 5e3)[top : top + height, left : left + width]
    assert np.corrcoef(part.ravel(), whole.ravel())[0, 1] > 0.99


def test_noise_depends_on_seed_and_number_alone() -> None:
    """The same exposure of the same camera is the same, bit for bit; the next is another."""
    sensor = Sensor()
    assert np.array_equal(exposed(sensor, 50), exposed(sensor, 50))
    assert not np.array_equal(exposed(sensor, 50), exposed(sensor, 50, number=2))


@pytest.mark.parametrize(
    "settings",
    [
        {"quantum_efficiency": 1.1},
        {"quantum_efficiency": 0.0},
        {"read_noise_e": -1.0},
        {"gain_e": 0.0},
        {"full_well_e": float("nan")},
        {"bits": 17},
        {"bits": 12.0},
        {"hot_pixels": 1.5},
        {"offset": "100"},
        {"readout_ms": -1.0},
    ],
    ids=str,
)
def test_impossible_cameras_are_refused_by_name(settings: dict[str, object]) -> None:
    """A camera that can't exist is refused, and the error names the setting."""
    (name,) = settings
    with pytest.raises(ProtocolError, match=rf"Sensor\.{name}"):
        Sensor(**settings)
