"""Channels: what glows, what darkens, what of one is seen in the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from saccade.core import ProtocolError
from saccade.sim.world import Channel, Imaging, Light, Optics, View, World

VIEW = View(channel="FITC", sensor_px=(256, 256), pixel_size_um=0.4)


def test_photons_are_those_of_the_specimen_times_the_dose(points: type, clear: Imaging) -> None:
    """A point of 10^6 photons a J/cm² sends 10^6 times the dose, and twice that at twice it."""
    world = World(points(), clear)
    light = Light("FITC", power_mw=10, area_cm2=0.01)
    for exposure_ms in (5.0, 10.0, 40.0):
        photons = world.render(VIEW, exposure_ms, light).sum(dtype=float)
        joule_per_cm2 = 10e-3 * exposure_ms * 1e-3 / 0.01
        assert photons == pytest.approx(1e6 * joule_per_cm2, rel=1e-3)


def test_pixels_of_another_size_see_the_same_light(points: type, clear: Imaging) -> None:
    """The sum over a point's picture does not depend on how finely it is sampled."""
    world, light = World(points(), clear), Light("FITC", 10, 0.01)
    sums = [
        world.render(replace(VIEW, pixel_size_um=size_um), 20, light).sum(dtype=float)
        for size_um in (0.1, 0.2, 0.65, 1.3)
    ]
    assert sums == pytest.approx([sums[0]] * 4, rel=2e-3)


def test_the_background_is_even_and_as_bright_as_asked(points: type, clear: Imaging) -> None:
    """Without specimen, a pixel has the background's photons a µm² times its area and the dose."""
    world = World(points([]), replace(clear, background=3000.0))
    picture = world.render(VIEW, 20, Light("FITC", 10, 0.01))
    assert picture == pytest.approx(3000 * 0.4**2 * 0.02, rel=1e-4)


@pytest.mark.parametrize("light", [None, Light("Red", 10, 0.01), Light("FITC", 0.0, 0.01)])
def test_without_its_light_a_picture_is_dark(
    points: type, clear: Imaging, light: Light | None
) -> None:
    """In the dark, in another channel's light, and at no power, no photon arrives."""
    assert not World(points(), clear).render(VIEW, 20, light).any()


def test_crosstalk_shows_its_share_of_the_other_channel(points: type, clear: Imaging) -> None:
    """In a channel where nothing glows, a quarter of the other is seen, in the same places."""
    world = World(points([(0, 0), (20, -10)]), clear)
    green = world.render(VIEW, 20, Light("FITC", 10, 0.01))
    red = world.render(replace(VIEW, channel="Red"), 20, Light("Red", 10, 0.01))
    assert np.allclose(red, 0.25 * green, atol=1e-5 * green.max())


def test_transmitted_light_is_even_where_nothing_is(points: type, clear: Imaging) -> None:
    """An empty slide passes all light: every pixel is the same, and much brighter than dye."""
    view = replace(VIEW, channel="Lamp")
    picture = World(points([]), clear).render(view, 20, Light("Lamp", 10, 0.01))
    assert picture == pytest.approx(picture[0, 0], rel=1e-5)
    assert picture[0, 0] > 100


@pytest.mark.parametrize("layers_um", [(0.0,), (0.0, 1e-3), (-4.0, 0.0, 4.0)])
def test_what_darkens_takes_its_share_of_the_light(
    points: type, clear: Imaging, layers_um: tuple[float, ...]
) -> None:
    """A square that passes half takes half of the light on its area, however it is layered."""
    view, light = replace(VIEW, channel="Lamp"), Light("Lamp", 10, 0.01)
    empty, dark = (
        World(points(places, [0.0] * len(places), layers_um), clear).render(view, 20, light)
        for places in ([], [(0.0, 0.0)])
    )
    taken = 1 - dark / empty
    assert taken[128, 128] == pytest.approx(0.5, abs=0.01)
    assert taken.sum(dtype=float) * 0.4**2 == pytest.approx(0.5 * 10**2, rel=0.01)


@pytest.mark.parametrize("z_um", [0.0, 6.0])
def test_layers_at_the_same_focus_darken_as_one(points: type, clear: Imaging, z_um: float) -> None:
    """Two squares one over the other pass a quarter, blurred as one picture, not each by itself."""
    view, light = replace(VIEW, channel="Lamp", z_um=z_um), Light("Lamp", 10, 0.01)
    twice = points([(0, 0), (1, 1)], [0.0, 1e-6], (0.0, 1e-6))
    layered = World(twice, clear).render(view, 20, light)

    class Together(points):  # type: ignore[misc,valid-type]
        def paint(self, canvas: object, channel: str) -> None:
            canvases = [type(canvas)(canvas.view, 0, (0.0,), 1.0) for _ in range(2)]
            for one, place in zip(canvases, ([0, 0], [1, 1]), strict=True):
                points([place]).paint(one, channel)
            canvas.layers[0] = canvases[0].layers[0] * canvases[1].layers[0]

    together = World(Together(), clear).render(view, 20, light)
    assert np.allclose(layered, together, rtol=1e-4)


@pytest.mark.parametrize("z_um", [0.0, 3.0, -20.0])
def test_layers_glow_as_each_would_alone(points: type, clear: Imaging, z_um: float) -> None:
    """A picture of layers at any distance from the focus is the sum of those of each."""
    view, light = replace(VIEW, z_um=z_um), Light("FITC", 10, 0.01)
    places, heights = [(0, 0), (9, 4), (-12, 7)], (-9.0, 0.0, 9.0)
    together = World(points(places, heights, heights), clear).render(view, 20, light)
    alone = sum(
        World(points([place], [height], (height,)), clear).render(view, 20, light)
        for place, height in zip(places, heights, strict=True)
    )
    assert np.allclose(together, alone, atol=1e-4 * together.max())


def test_defocus_takes_no_light_from_a_transmitted_picture(points: type, clear: Imaging) -> None:
    """The mean of a transmitted picture is the same at every focus, to 1 %."""
    world, light = World(points([(0, 0), (9, 4)]), clear), Light("Lamp", 10, 0.01)
    means = [
        world.render(replace(VIEW, channel="Lamp", z_um=z), 20, light).mean(dtype=float)
        for z in (0, 3, 10, 25)
    ]
    assert means == pytest.approx([means[0]] * 4, rel=0.01)


def test_an_unknown_channel_is_refused(points: type) -> None:
    """A view or a light of a channel that the specimen lacks is refused, with those it has."""
    world = World(points())
    with pytest.raises(ProtocolError, match=r"no channel 'Cy5'.*FITC, Red, Lamp"):
        world.render(replace(VIEW, channel="Cy5"), 20, Light("Cy5", 10, 0.01))
    with pytest.raises(ProtocolError, match="no channel 'Cy5'"):
        world.expose(VIEW, 20, Light("Cy5", 10, 0.01))


@pytest.mark.parametrize(
    "settings",
    [
        {"excitation_nm": 0},
        {"emission_nm": float("nan")},
        {"bleach_j_per_cm2": 0},
        {"harm": -1},
        {"crosstalk": {"Red": 1.5}},
    ],
    ids=str,
)
def test_impossible_channels_are_refused_by_name(settings: dict[str, object]) -> None:
    """A channel that can't exist is refused, and the error names the setting."""
    (name,) = settings
    with pytest.raises(ProtocolError, match=rf"Channel\.{name}"):
        Channel(**{"name": "FITC", "excitation_nm": 488, "emission_nm": 520} | settings)


def test_uneven_light_shows_in_the_picture(points: type, clear: Imaging) -> None:
    """A point in a dim corner is dimmer by what the illumination lacks there."""
    optics = replace(clear.optics, falloff=0.5)
    view, light = replace(VIEW, pixel_size_um=0.1), Light("FITC", 10, 0.01)
    profile = Optics(falloff=0.5).illumination(view)
    for row, col in ((128, 128), (230, 20), (20, 230)):
        place = [((col - 127.5) * 0.1, (row - 127.5) * 0.1)]
        dim, bright = (
            World(points(place), imaging).render(view, 20, light).sum(dtype=float)
            for imaging in (replace(clear, optics=optics), clear)
        )
        assert dim / bright == pytest.approx(profile[row, col], rel=0.01)
