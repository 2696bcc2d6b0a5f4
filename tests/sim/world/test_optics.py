"""The objective: how sharp, how deep, how much."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saccade.core import ProtocolError
from saccade.sim.specimens import Beads
from saccade.sim.world import Imaging, Light, Optics, View, World

IMMERSED = [(0.3, 1.0), (0.75, 1.0), (0.95, 1.0), (1.2, 1.33), (1.4, 1.518)]


def full_width_px(profile: np.ndarray) -> float:
    """Return the full width at half maximum of a peak, interpolated between pixels."""
    half, at = profile.max() / 2, np.arange(len(profile))
    top = int(profile.argmax())
    left = np.interp(half, profile[: top + 1], at[: top + 1])
    right = np.interp(-half, -profile[top:], at[top:])
    return float(right - left)


@pytest.mark.parametrize("emission_nm", [450.0, 520.0, 610.0])
@pytest.mark.parametrize(("na", "index"), IMMERSED)
def test_a_point_is_as_wide_as_the_airy_disc(
    points: type, clear: Imaging, na: float, index: float, emission_nm: float
) -> None:
    """The full width at half maximum of its picture is 0.51 λ/NA, to 5 %."""
    optics = replace(clear.optics, na=na, index=index)
    world = World(points(emission_nm=emission_nm), replace(clear, optics=optics))
    expected_um = 0.51 * emission_nm * 1e-3 / na
    view = View(channel="FITC", sensor_px=(101, 101), pixel_size_um=expected_um / 12)
    picture = world.render(view, 20, Light("FITC", 10, 0.01))
    for profile in (picture[50], picture[:, 50]):
        width_um = full_width_px(profile) * view.pixel_size_um
        assert width_um == pytest.approx(expected_um, rel=0.05)


def test_a_bead_below_the_resolution_shows_the_point_spread_function(clear: Imaging) -> None:
    """Calibration beads of 0.1 µm are as wide as the Airy disc, to 5 %."""
    world = World(Beads(count=1, size_um=(1e-6, 1e-6), diameter_um=0.1), clear)
    view = View(channel="FITC", sensor_px=(101, 101), pixel_size_um=0.03)
    picture = world.render(view, 20, Light("FITC", 10, 0.01))
    width_um = full_width_px(picture[50]) * 0.03
    assert width_um == pytest.approx(0.51 * 0.520 / 0.75, rel=0.05)


@pytest.mark.parametrize(("na", "index"), IMMERSED)
def test_far_from_focus_a_point_fills_the_cone_of_light(
    points: type, clear: Imaging, na: float, index: float
) -> None:
    """Its standard deviation is half the radius of the cone, z tan(asin(NA/n)) / 2, to 5 %."""
    optics, cone_um = replace(clear.optics, na=na, index=index), 20.0
    away_um = cone_um / np.tan(np.arcsin(na / index))
    world = World(points(), replace(clear, optics=optics))
    view = View(channel="FITC", z_um=away_um, sensor_px=(401, 401), pixel_size_um=0.4)
    picture = world.render(view, 20, Light("FITC", 10, 0.01))
    cols = (np.arange(401) - 200) * 0.4
    deviation_um = np.sqrt((picture.sum(axis=0) * cols**2).sum() / picture.sum())
    assert deviation_um == pytest.approx(cone_um / 2, rel=0.05)


@given(heights_um=st.lists(st.floats(0, 40), min_size=2, max_size=4, unique=True))
@settings(max_examples=20)
def test_defocus_dims_the_brightest_and_loses_no_light(
    points: type, clear: Imaging, heights_um: list[float]
) -> None:
    """The further from focus, above or below, the lower the peak; the sum never grows."""
    world = World(points(), clear)
    view = View(channel="FITC", sensor_px=(512, 512), pixel_size_um=0.4)
    sums, peaks = [], []
    for z_um in (0.0, *sorted(heights_um)):
        above, below = (
            world.render(replace(view, z_um=sign * z_um), 20, Light("FITC", 10, 0.01))
            for sign in (1, -1)
        )
        assert np.array_equal(above, below)
        sums.append(above.sum(dtype=float))
        peaks.append(above.max())
    assert all(b <= a * (1 + 1e-3) for a, b in pairwise(peaks))
    assert sums == pytest.approx([sums[0]] * len(sums), rel=5e-3)


def test_a_field_full_of_beads_does_not_brighten_with_defocus(clear: Imaging) -> None:
    """What leaves the view comes in from around it: the mean stays, to 3 %, the contrast goes."""
    world = World(Beads(count=20_000, size_um=(1000.0, 1000.0)), clear)
    view = View(channel="FITC", sensor_px=(512, 512))
    pictures = [
        world.render(replace(view, z_um=z), 20, Light("FITC", 10, 0.01)) for z in (0, 5, 20, 60)
    ]
    means = [picture.mean(dtype=float) for picture in pictures]
    assert means == pytest.approx([means[0]] * 4, rel=0.03)
    spreads = [float(picture.std()) for picture in pictures]
    assert spreads == sorted(spreads, reverse=True)


def test_a_point_beside_the_view_is_seen_in_it_when_out_of_focus(
    points: type, clear: Imaging
) -> None:
    """Light of a defocused point reaches a view that ends 150 pixels before it."""
    view = View(channel="FITC", sensor_px=(64, 64), pixel_size_um=0.25)
    beside = points([(8 + 150 * 0.25, 0.0)])
    sharp, defocused = (
        World(beside, clear).render(replace(view, z_um=z), 20, Light("FITC", 10, 0.01))
        for z in (0.0, 40.0)
    )
    assert not sharp.any()
    assert defocused[32, 63] > 1.2 * defocused[32, 0] > 0


def test_haze_takes_light_from_where_it_is_and_spreads_it(points: type, clear: Imaging) -> None:
    """Of a point's light, the share that is haze lies far from it; the sum is the same."""
    view = View(channel="FITC", sensor_px=(512, 512), pixel_size_um=0.4)
    hazy = replace(clear, optics=replace(clear.optics, haze=0.3, haze_um=12.0))
    without, with_it = (
        World(points(), imaging).render(view, 20, Light("FITC", 10, 0.01))
        for imaging in (clear, hazy)
    )
    assert with_it.sum() == pytest.approx(without.sum(), rel=2e-3)
    near = np.s_[250:262, 250:262]
    # The haze itself puts a little back.
    assert with_it[near].sum() / without[near].sum() == pytest.approx(0.70, abs=0.01)


@pytest.mark.parametrize("falloff", [0.0, 0.25, 0.9])
def test_illumination_falls_off_towards_the_corners(falloff: float) -> None:
    """It is brightest near the middle, and the dimmest corner lacks the share that was asked."""
    profile = Optics(falloff=falloff).illumination(View(sensor_px=(301, 301)))
    assert profile.max() == pytest.approx(1, abs=0.01)
    assert abs(np.subtract(np.unravel_index(profile.argmax(), profile.shape), 150)).max() <= 15 or (
        falloff == 0
    )
    corners = profile[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert corners.min() == pytest.approx(1 - falloff, abs=1e-6)


def test_the_depth_of_field_shrinks_with_the_square_of_the_aperture() -> None:
    """It is λ n / NA²."""
    assert Optics(na=0.5).depth_of_field_um(500) == pytest.approx(2.0)
    assert Optics(na=1.0, index=1.5).depth_of_field_um(500) == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("settings", "name", "advice"),
    [
        ({"na": 1.1}, "na", "Immerse"),
        ({"na": 1.4, "index": 1.33}, "na", "refractive index"),
        ({"na": 0.0}, "na", ""),
        ({"na": float("nan")}, "na", ""),
        ({"index": 0.9}, "index", ""),
        ({"haze": -0.1}, "haze", ""),
        ({"haze": 1.1}, "haze", ""),
        ({"haze_um": 0.0}, "haze_um", ""),
        ({"falloff": True}, "falloff", ""),
    ],
    ids=str,
)
def test_impossible_optics_are_refused_by_name(
    settings: dict[str, float], name: str, advice: str
) -> None:
    """An objective that can't exist is refused, and the error says what and why."""
    with pytest.raises(ProtocolError, match=rf"Optics\.{name}.*{advice}"):
        Optics(**settings)
