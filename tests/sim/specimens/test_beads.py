"""Beads: the simplest specimen."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from saccade.core import ProtocolError
from saccade.sim.specimens import Beads
from saccade.sim.world import Imaging, Light, Optics, View, World

CLEAR = Imaging(optics=Optics(haze=0.0, falloff=0.0), background=0.0)
LIGHT = Light("FITC", 10, 0.01)


def test_places_depend_on_the_seed_alone_and_lie_on_the_slide() -> None:
    """The same seed puts the beads in the same places, all over the slide, another elsewhere."""
    one, again, other = (Beads(seed, count=500, size_um=(400.0, 200.0)) for seed in (1, 1, 2))
    assert np.array_equal(one.places_um(), again.places_um())
    assert not np.array_equal(one.places_um(), other.places_um())
    reach = np.abs(one.places_um()).max(axis=0)
    assert (reach <= (200, 100)).all()
    assert (reach > (190, 95)).all()


@pytest.mark.parametrize("pixel_size_um", [0.1, 0.325, 1.3])
@pytest.mark.parametrize("diameter_um", [0.1, 0.5, 4.0])
def test_a_bead_is_as_bright_as_its_volume_however_it_is_sampled(
    diameter_um: float, pixel_size_um: float
) -> None:
    """Its photons grow with the cube of its diameter, and don't depend on the pixels."""
    specimen = Beads(4, count=1, size_um=(1e-6, 1e-6), diameter_um=diameter_um)
    view = View(channel="FITC", sensor_px=(128, 128), pixel_size_um=pixel_size_um)
    photons = World(specimen, CLEAR).render(view, 20, LIGHT).sum(dtype=float)
    assert photons == pytest.approx(4e5 * diameter_um**3 * 0.02, rel=0.2)
    assert photons == pytest.approx(specimen._photons[0] * 0.02, rel=0.01)


def test_a_large_bead_is_as_wide_as_it_is() -> None:
    """A bead far above the resolution shows its diameter, to 5 %."""
    specimen = Beads(0, count=1, size_um=(1e-6, 1e-6), diameter_um=10.0)
    view = View(channel="FITC", sensor_px=(128, 128), pixel_size_um=0.2)
    picture = World(specimen, CLEAR).render(view, 20, LIGHT)
    wide = (picture[64] > 0.5 * picture.max()).sum() * 0.2
    assert wide == pytest.approx(10.0, rel=0.05)


def test_beads_at_different_heights_come_into_focus_one_after_the_other() -> None:
    """Of beads in a thick layer, others are sharp at its top than at its bottom."""
    specimen = Beads(3, count=40, size_um=(60.0, 60.0), depth_um=40.0)
    assert len(specimen.layers_um) == 5
    for z_um in (-20.0, 20.0):
        view = View(channel="FITC", z_um=z_um, sensor_px=(256, 256), pixel_size_um=0.3)
        picture = World(specimen, CLEAR).render(view, 20, LIGHT)
        row, col = np.unravel_index(picture.argmax(), picture.shape)
        sharp = specimen.places_um()[np.abs(specimen._z_um - z_um) < 5]
        away_um = np.hypot(*(sharp - (np.array([col, row]) - 127.5) * 0.3).T)
        assert away_um.min() < 0.3


def test_nothing_happens_to_beads_but_bleaching() -> None:
    """They lie still, have no occurrences, and none is harmed; dye goes by each one's own dose."""
    specimen = Beads(0, count=3, bleach_j_per_cm2=2.0)
    before = specimen.places_um().copy()
    specimen.advance(1e6)
    specimen.absorb(np.array([0.0, 2.0, 4.0]), "FITC")
    assert np.array_equal(specimen.places_um(), before)
    assert specimen.occurrences == ()
    health = specimen.health
    assert (health.alive, health.harmed, health.averted) == (3, 0, 0)
    assert health.dye_left == pytest.approx(np.mean([1, math.exp(-1), math.exp(-2)]))
    assert health.dose_j_per_cm2 == 4.0


def test_no_beads_make_an_empty_slide() -> None:
    """A slide without beads is dark but for the background, and well."""
    world = World(Beads(count=0), CLEAR)
    assert not world.render(View(channel="FITC"), 20, LIGHT).any()
    assert world.health.dye_left == 1.0


@pytest.mark.parametrize(
    "settings",
    [
        {"count": -1},
        {"count": 2.5},
        {"diameter_um": 0.0},
        {"bleach_j_per_cm2": -1.0},
        {"depth_um": -1.0},
        {"depth_um": math.nan},
        {"size_um": (100.0,)},
        {"size_um": (100.0, 0.0)},
    ],
    ids=str,
)
def test_impossible_beads_are_refused_by_name(settings: dict[str, Any]) -> None:
    """A value that can't be is refused, and the error names the setting."""
    (name,) = settings
    with pytest.raises(ProtocolError, match=rf"beads\.{name}"):
        Beads(**settings)
