"""What light does to dividing nuclei."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from saccade.sim.specimens import DividingNuclei, Phase
from saccade.sim.specimens._dividing_cycle import phases, prophase_onset_s
from saccade.sim.world import Canvas, Light, View, World

SLIDE: dict[str, Any] = {"size_um": (1000.0, 1000.0), "debris_per_mm2": 0.0}


def light_of(specimen: DividingNuclei, channel: str = "FITC") -> float:
    """Return the photons from the whole slide."""
    canvas = Canvas(View(channel=channel, sensor_px=(560, 560), pixel_size_um=2.0), 0)
    specimen.paint(canvas, channel)
    return float(canvas.layers.sum())


def all_get(specimen: DividingNuclei, dose_j_per_cm2: float, channel: str = "FITC") -> None:
    specimen.absorb(np.full(len(specimen.places_um()), dose_j_per_cm2), channel)


@pytest.mark.parametrize(("channel", "constant"), [("FITC", 250.0), ("Cy5", 120.0)])
def test_each_dye_bleaches_by_its_own_dose(channel: str, constant: float) -> None:
    """A dose of the constant leaves 1/e of a dye's light; the other dye keeps all of its own."""
    specimen = DividingNuclei(
        1, size_um=(500.0, 500.0), debris_per_mm2=0, arrest_ed50_j_per_cm2=1e9
    )
    other = "Cy5" if channel == "FITC" else "FITC"
    before, untouched = light_of(specimen, channel), light_of(specimen, other)
    for _ in range(10):
        all_get(specimen, constant / 10, channel)
    assert light_of(specimen, channel) / before == pytest.approx(np.exp(-1), rel=1e-3)
    assert light_of(specimen, other) == pytest.approx(untouched)


@pytest.mark.parametrize("slope", [2.0, 4.0])
@pytest.mark.parametrize("times", [0.5, 0.8, 1.0, 1.5, 3.0])
def test_the_dose_response_is_the_one_that_was_set(slope: float, times: float) -> None:
    """The share of cells arrested at a dose is Hill's, within three standard errors."""
    specimen = DividingNuclei(
        3, size_um=(2000.0, 2000.0), arrest_ed50_j_per_cm2=80, arrest_slope=slope
    )
    n = len(specimen.places_um())
    all_get(specimen, 80 * times)
    expected = 1 / (1 + times**-slope)
    error = np.sqrt(expected * (1 - expected) / n)
    assert specimen.health.harmed / n == pytest.approx(expected, abs=3 * error)


def test_a_sensible_protocol_harms_next_to_nothing_and_a_fast_one_all() -> None:
    """12 h at 20 ms of 1 W/cm²: once in 30 s arrests under 1 %, without a pause nearly all."""
    shares = []
    for interval_s in (30.0, 0.02):
        specimen = DividingNuclei(1, size_um=(700.0, 700.0))
        hours = np.arange(1, 13)
        for hour in hours:
            specimen.advance(3600.0 * hour)
            all_get(specimen, 3600 / interval_s * 0.020 * 1.0)
        health = specimen.health
        shares.append(health.harmed / len(specimen.places_um()))
    assert shares[0] < 0.01
    assert shares[1] > 0.99


def test_red_light_hurts_less() -> None:
    """A dose of blue that arrests half arrests next to none in red."""
    specimen = DividingNuclei(1, **SLIDE)
    all_get(specimen, 150.0, "Cy5")
    assert specimen.health.harmed < 0.01 * len(specimen.places_um())


def test_light_averts_the_divisions_that_darkness_would_have_seen() -> None:
    """What an arrested slide misses is what its dark twin has: each is counted, none happens."""
    dark, lit = (
        DividingNuclei(5, **SLIDE, division_rate=3.0),
        DividingNuclei(5, **SLIDE, division_rate=3.0),
    )
    before = len(lit.occurrences)
    all_get(lit, 700.0)  # the highest tolerance of some 800 cells is below 5 times ED50
    harmed = lit.health.harmed
    assert harmed > 0.99 * len(lit.places_um())
    for specimen in (dark, lit):
        specimen.advance(3 * 3600.0)
    first = [d for d in dark.occurrences[before:] if d.track < dark.settings.count]
    assert len(first) > 50
    missed = len(first) - (len(lit.occurrences) - before)
    assert lit.health.averted == missed
    assert missed > 0.97 * len(first)


def test_light_acts_only_where_it_falls() -> None:
    """One exposure of the world changes cells under it, and leaves those elsewhere as they were."""
    specimen = DividingNuclei(1, **SLIDE, arrest_ed50_j_per_cm2=10, arrest_slope=20)
    world = World(specimen)
    world.expose(View(channel="FITC"), 1000.0, Light("FITC", 2e4 * 2.8e-4, 2.8e-4))
    held = np.isfinite(specimen._cells["hold_s"])
    inside = np.abs(specimen.places_um()).max(axis=1) < 80
    assert held[inside].mean() > 0.95
    assert not held[np.abs(specimen.places_um()).max(axis=1) > 90].any()


def test_arrest_in_interphase_stays_there_and_in_mitosis_stays_a_plate() -> None:
    """Hours after the dose no cell parts.

    Those that were in interphase still are, those in mitosis wait as plates, and those that
    were parting have become nuclei.
    """
    specimen = DividingNuclei(2, **SLIDE, growth_fraction=1.0, division_rate=3.0, death_at=900.0)
    before = specimen.phases()
    assert min(np.count_nonzero(before == p) for p in (Phase.PROPHASE, Phase.ANAPHASE)) > 3
    all_get(specimen, 2000.0)
    specimen.advance(6 * 3600.0)
    after = specimen.phases()
    assert len(after) == len(before)
    young = (before == Phase.ANAPHASE) | (before == Phase.TELOPHASE)
    dividing = (before >= Phase.PROPHASE) & ~young
    assert set(after[dividing]) == {Phase.METAPHASE}
    assert set(after[~dividing]) == {Phase.INTERPHASE}


def test_a_division_that_has_begun_goes_on() -> None:
    """Light in anaphase does not change the end that the occurrence foretold."""
    specimen = DividingNuclei(2, **SLIDE, growth_fraction=1.0, division_rate=3.0)
    going = [d for d in specimen.occurrences if d.end_s > 120]
    assert going
    all_get(specimen, 1e4)
    specimen.advance(60.0)
    assert specimen.occurrences == tuple(specimen.occurrences)
    last = max(d.end_s for d in going)
    specimen.advance(last - 1)
    cells = specimen._cells
    assert Phase.TELOPHASE in phases(cells, last - 1)
    specimen.advance(last + 1)
    assert Phase.TELOPHASE not in specimen.phases()


def test_harm_goes_from_arrest_over_blebs_to_death() -> None:
    """At 1, 2.5 and 5 times its dose a cell is arrested, blebs, dies.

    The dead shrink, keep their light, get brighter, and are gone hours later.
    """
    steep = {**SLIDE, "size_um": (500.0, 500.0), "arrest_slope": 50.0, "growth_fraction": 0.0}
    specimen = DividingNuclei(1, **steep)
    n = len(specimen.places_um())
    start, whole = peak(specimen), light_of(specimen)
    all_get(specimen, 1.3 * 150)
    assert specimen.health.harmed == n
    assert specimen.health.alive == n
    assert not np.isfinite(specimen._cells["blebs_s"]).any()
    all_get(specimen, 1.7 * 150)
    assert np.isfinite(specimen._cells["blebs_s"]).all()
    assert specimen.health.alive == n
    all_get(specimen, 3 * 150)
    assert specimen.health.alive == 0
    left = specimen.health.dye_left
    specimen.advance(3600.0)
    assert set(specimen.phases()) == {Phase.DEAD}
    assert light_of(specimen) == pytest.approx(whole * left, rel=0.02)
    assert peak(specimen) > 2 * start * left
    specimen.advance(5 * 3600.0)
    assert light_of(specimen) == 0


def peak(specimen: DividingNuclei) -> float:
    """Return the brightness that 2 % of the lit pixels exceed."""
    canvas = Canvas(View(channel="FITC", sensor_px=(1000, 1000), pixel_size_um=1.0), 0)
    specimen.paint(canvas, "FITC")
    lit = canvas.layers[canvas.layers > 0]
    return float(np.quantile(lit, 0.98))


def test_blebs_can_be_seen() -> None:
    """A blebbing nucleus has another outline, and the same light."""
    steep = {**SLIDE, "arrest_slope": 50.0, "growth_fraction": 0.0, "brightness_spread": 0.0}
    calm, blebs = (DividingNuclei(1, **steep) for _ in range(2))
    all_get(calm, 1.5 * 150)
    all_get(blebs, 3.0 * 150)
    pictures = []
    for specimen in (calm, blebs):
        specimen.advance(1800.0)
        canvas = Canvas(View(channel="FITC"), 0)
        specimen.paint(canvas, "FITC")
        pictures.append(canvas.layers[0] / specimen.health.dye_left)
    moved = np.abs(pictures[0] - pictures[1]).sum() / pictures[0].sum()
    assert pictures[1].sum() == pytest.approx(pictures[0].sum(), rel=0.03)
    assert moved > 0.3


def test_sisters_share_what_their_mother_has_had() -> None:
    """Dose, bleaching and tolerance go to both daughters."""
    specimen = DividingNuclei(4, **SLIDE, growth_fraction=1.0, division_rate=3.0)
    all_get(specimen, 20.0)
    onset_s = prophase_onset_s(specimen._cells).min()
    specimen.advance(max(onset_s, 0) + 3600)
    born = specimen._cells[specimen._cells["born_s"] > 0]
    assert len(born) > 10
    assert set(born["dose"]) == {20.0}
    assert set(born["dye0"]) == {20.0}


def test_health_of_a_dark_slide_is_perfect() -> None:
    """Without light all live, none is harmed, all dye is left."""
    specimen = DividingNuclei(1, **SLIDE)
    specimen.advance(3600.0)
    health = specimen.health
    assert health.alive == len(specimen.places_um())
    assert (health.harmed, health.averted, health.dye_left, health.dose_j_per_cm2) == (0, 0, 1, 0)
