"""Crawling cells in the light: led by it on one side, bleached and harmed by too much."""

from __future__ import annotations

import numpy as np
import pytest

from saccade.sim.specimens import MigratingCells
from saccade.sim.world import Light, View, World

VIEW = View(channel="Stim", sensor_px=(400, 400), pixel_size_um=1.0)
SIDES = (0, 1, 2, 3, 4)


def alone(seed: int = 2, **given: object) -> MigratingCells:
    """Return cells that never feel each other, all within the view."""
    settings: dict[str, object] = {
        "count": 300, "size_um": (360.0, 360.0), "contact_um": 0.0, "cycle_h": 0.0,
    }  # fmt: skip
    return MigratingCells(seed, **(settings | given))  # type: ignore[arg-type]


def led_um(dose_j_per_cm2: float, minutes: float = 10.0, even: bool = False) -> np.ndarray:
    """Return how much further right cells get, the even tracks of which are lit on that side."""
    lit, dark = alone(harm_j_per_cm2=1e6), alone(harm_j_per_cm2=1e6)
    doses = np.zeros((5, 300))
    doses[SIDES if even else 1, ::2] = dose_j_per_cm2
    for t_s in np.arange(0.0, minutes * 60, 60.0):
        for each in (lit, dark):
            each.advance(t_s)
        lit.absorb(doses.ravel(), "Stim")
    for each in (lit, dark):
        each.advance(minutes * 60)
    return lit.tracks_um() - dark.tracks_um()


def test_light_on_one_side_leads_lit_cells_there_and_no_others() -> None:
    """Lit cells get further to the lit side; dark ones are where they would have been."""
    moved = led_um(2.0)
    assert np.array_equal(moved[1::2], np.zeros((150, 2)))
    inside = np.abs(moved[::2]).max(axis=1) < 50  # but for those that turned round at the edge
    assert np.median(moved[::2][inside, 0]) > 3.0
    assert np.median(np.abs(moved[::2][inside, 1])) < 0.1


def test_light_that_is_even_over_a_cell_leads_it_nowhere() -> None:
    """Without a difference across the cell there is no bias at all."""
    assert np.array_equal(led_um(2.0, even=True), np.zeros((300, 2)))


def test_more_light_leads_further_and_then_no_further() -> None:
    """The bias grows with the dose and saturates."""
    by_dose = [float(np.median(led_um(dose)[::2, 0])) for dose in (0.0, 0.02, 0.2, 2.0, 20.0)]
    assert by_dose[0] == 0
    assert by_dose == sorted(by_dose)
    assert by_dose[2] > 2 * by_dose[1]
    assert by_dose[4] < 1.5 * by_dose[3]


def test_the_bias_fades_within_minutes() -> None:
    """Half an hour after the light, lit cells gain no more on dark ones."""
    lit, dark = alone(), alone()
    doses = np.zeros((5, 300))
    doses[1] = 5.0
    lit.absorb(doses.ravel(), "Stim")
    gained = []
    for minutes in (10, 40, 50):
        for each in (lit, dark):
            each.advance(minutes * 60)
        gained.append(float(np.median((lit.tracks_um() - dark.tracks_um())[:, 0])))
    assert gained[0] > 2.0
    assert gained[2] - gained[1] < 0.05 * gained[0]


def test_a_mask_over_one_half_of_a_cell_leads_it() -> None:
    """Patterned light through a world's own doses pulls a cell to the lit half."""
    worlds = [World(alone(4, count=1, size_um=(100.0, 100.0))) for _ in range(2)]
    x_um = worlds[0].specimen.places_um()[0, 0]
    mask = np.zeros((400, 400), np.float32)
    mask[:, int(x_um + 199.5) + 1 :] = 1
    light = Light("Stim", 10.0, 0.0016, mask)
    for t_s in range(0, 600, 60):
        for world in worlds:
            world.advance(float(t_s))
        worlds[0].expose(VIEW, 200, light)
    for world in worlds:
        world.advance(600.0)
    lit, dark = (world.specimen.places_um()[0] for world in worlds)
    assert lit[0] - dark[0] > 2.0


def test_half_of_the_cells_are_harmed_at_the_stated_dose() -> None:
    """The dose response is log-normal around the median dose."""
    shares = []
    for dose in (20.0, 60.0, 180.0):
        cells = alone()
        cells.absorb(np.full(1500, dose), "FITC")
        shares.append(cells.health.harmed / 300)
    assert shares[0] < 0.02
    assert shares[1] == pytest.approx(0.5, abs=0.1)
    assert shares[2] > 0.98


def test_a_harmed_cell_stays_where_it_is_and_does_not_divide() -> None:
    """It rounds up and stops; divisions that were due are counted as averted."""
    cells = alone(cycle_h=10.0, size_um=(3000.0, 3000.0))
    cells.absorb(np.full(1500, 1e4), "FITC")
    assert cells.health.harmed == 300
    cells.advance(1800.0)
    there = cells.tracks_um()
    cells.advance(5 * 3600.0)
    assert np.array_equal(cells.tracks_um(), there)
    assert len(cells.tracks) == 300
    assert not any(each.kind == "division" and each.onset_s > 0 for each in cells.occurrences)
    assert cells.health.averted > 20
    assert cells.health.alive == 0


def test_the_dye_bleaches_exponentially() -> None:
    """After the stated dose 1/e of the dye is left, whatever the portions."""
    cells = alone(bleach_j_per_cm2=40.0)
    for _ in range(8):
        cells.absorb(np.full(1500, 5.0), "FITC")
    assert cells.health.dye_left == pytest.approx(np.exp(-1))
    assert cells.health.dose_j_per_cm2 == pytest.approx(40.0)


def test_phase_contrast_hardly_harms() -> None:
    """A day of phase contrast at a dose that would kill in blue light leaves all cells well."""
    cells = alone()
    cells.absorb(np.full(1500, 500.0), "Phase")
    assert cells.health.harmed == 0
    assert cells.health.dye_left == 1.0
