"""Bacteria in the light: bleached, slowed and killed by their dose, and only by theirs."""

from __future__ import annotations

import numpy as np
import pytest

from saccade.sim.specimens import Bacteria


def pad(seed: int = 3, **given: object) -> Bacteria:
    settings: dict[str, object] = {
        "count": 60, "size_um": (400.0, 400.0), "grown_h": 0.5, "capacity": 1e6,
    }  # fmt: skip
    return Bacteria(seed, **(settings | given))  # type: ignore[arg-type]


def grown(dose_j_per_cm2: float) -> float:
    """Return the growth of a pad in 10 min after a dose, as a rate per s."""
    rods = pad(kill_j_per_cm2=1e6)
    rods.absorb(np.full(len(rods.tracks), dose_j_per_cm2), "FITC")
    rods.advance(20.0)  # what was to come in this step is not changed any more
    before = rods.lengths_um().sum()
    rods.advance(620.0)
    return float(np.log(rods.lengths_um().sum() / before) / 600)


def test_growth_slows_as_a_hill_curve_of_the_dose() -> None:
    """At the stated dose rods grow half as fast, at three times the dose a tenth."""
    dark = grown(0.0)
    assert grown(30.0) / dark == pytest.approx(0.5, abs=0.03)
    assert grown(90.0) / dark == pytest.approx(0.1, abs=0.02)
    assert grown(3.0) / dark > 0.97


@pytest.mark.parametrize(
    ("dose", "low", "high"), [(40, 0, 0.02), (120, 0.35, 0.65), (400, 0.98, 1)]
)
def test_half_of_the_rods_die_at_the_stated_dose(dose: float, low: float, high: float) -> None:
    """Which dose kills is log-normal over the rods."""
    rods = pad()
    count = len(rods.tracks)
    rods.absorb(np.full(count, float(dose)), "FITC")
    assert low <= 1 - rods.health.alive / count <= high


def test_only_lit_colonies_change() -> None:
    """Rods of colonies that stay dark are where they would have been, bit for bit."""
    lit, dark = pad(), pad()
    hit = lit._rods.colony % 2 == 0
    lit.absorb(np.where(hit, 60.0, 0.0), "FITC")
    for each in (lit, dark):
        each.advance(2400.0)
    ours, theirs = ({int(t): i for i, t in enumerate(each.tracks)} for each in (lit, dark))
    same = [t for t in theirs if dark._rods.colony[theirs[t]] % 2 == 1]
    assert len(same) > 50
    for track in same:
        i, j = ours[track], theirs[track]
        assert np.array_equal(lit.places_um()[i], dark.places_um()[j])
        assert lit.lengths_um()[i] == dark.lengths_um()[j]
    assert lit.lengths_um().sum() < dark.lengths_um().sum()


def test_dead_rods_neither_grow_nor_divide() -> None:
    """What was constricting stops then; the divisions that will not come are counted."""
    rods = pad()
    rods.advance(600.0)
    going = [each for each in rods.occurrences if each.end_s > 600.0]
    count, length = len(rods.tracks), rods.lengths_um()
    rods.absorb(np.full(count, 1e5), "FITC")
    assert going
    assert all(each.end_s <= 600.0 for each in rods.occurrences)
    rods.advance(3600.0)
    assert len(rods.tracks) == count
    assert rods.lengths_um() == pytest.approx(length, rel=0.01)
    assert not any(each.onset_s > 600.0 for each in rods.occurrences)
    assert (rods.health.alive, rods.health.harmed, rods.health.averted) == (0, count, count)


def test_the_dye_bleaches_exponentially_and_is_made_anew() -> None:
    """After the stated dose 1/e is left; after a doubling half of the gap has closed."""
    rods = pad(bleach_j_per_cm2=15.0, slow_j_per_cm2=1e6, kill_j_per_cm2=1e6)
    for _ in range(5):
        rods.absorb(np.full(len(rods.tracks), 3.0), "FITC")
    assert rods.health.dye_left == pytest.approx(np.exp(-1))
    assert rods.health.dose_j_per_cm2 == pytest.approx(15.0)
    rods.advance(45 * 60.0)
    assert 1 - rods.health.dye_left == pytest.approx((1 - np.exp(-1)) / 2, rel=0.1)


def test_each_light_bleaches_its_own_dye() -> None:
    """Far red leaves the cytoplasm's dye alone, and phase contrast leaves both."""
    rods = pad(kill_j_per_cm2=1e6)
    rods.absorb(np.full(len(rods.tracks), 30.0), "Cy5")
    rods.absorb(np.full(len(rods.tracks), 300.0), "Phase")
    assert rods.health.dye_left == 1.0
    assert rods._rods.dye[:, 1] == pytest.approx(np.exp(-2.0))
    assert rods.health.harmed == 0
