"""How nuclei live and divide: what is painted, when, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saccade.core import ProtocolError
from saccade.sim.specimens import DividingNuclei, Phase, make_specimen
from saccade.sim.specimens._dividing_cycle import prophase_onset_s, separation_um
from saccade.sim.specimens._dividing_nuclei import PHOTONS_PER_GENOME
from saccade.sim.world import Canvas, Light, View, World

if TYPE_CHECKING:
    from numpy.typing import NDArray

SMALL: dict[str, Any] = {"size_um": (400.0, 400.0), "division_rate": 6.0, "growth_fraction": 1.0}
ALONE: dict[str, Any] = {
    "size_um": (200.0, 200.0),
    "density_per_mm2": 25.0,
    "growth_fraction": 1.0,
    "debris_per_mm2": 0.0,
    "brightness_spread": 0.0,
    "nucleus_spread": 0.0,
}
LIGHT = Light("FITC", power_mw=0.28, area_cm2=2.8e-4)


def painted(
    specimen: DividingNuclei, channel: str = "FITC", px_um: float = 0.25, wide_um: float = 260.0
) -> NDArray[np.float32]:
    """Return the whole slide without optics, in photons a pixel."""
    size_px = round(wide_um / px_um)
    view = View(channel=channel, sensor_px=(size_px, size_px), pixel_size_um=px_um)
    canvas = Canvas(view, 0)
    specimen.paint(canvas, channel)
    return canvas.layers[0] * px_um**2


def one_cell(seed: int) -> tuple[DividingNuclei, float]:
    """Return a cell alone on its slide before its mitosis, and the onset of its anaphase."""
    for k in range(1000):
        specimen = DividingNuclei(1000 * seed + k, **ALONE)
        (cell,) = specimen._cells
        if max(abs(cell["x0"]), abs(cell["y0"])) < 60 and prophase_onset_s(cell) > 60:
            return specimen, float(cell["divides_s"])
    raise AssertionError


def masses(picture: NDArray[np.float32], turn_rad: float) -> NDArray[np.float64]:
    """Return the centres of the light on both sides of its middle, (2, 2), x and y in µm.

    Parameters
    ----------
    picture : array, (y, x)
        Of the whole slide.
    turn_rad : float
        Direction across which the light is divided.
    """
    rows, cols = np.nonzero(picture)
    weights = picture[rows, cols].astype(float)
    points = (np.column_stack([cols, rows]) - (picture.shape[0] - 1) / 2) * 0.25
    middle = np.average(points, axis=0, weights=weights)
    side = (points - middle) @ (np.cos(turn_rad), np.sin(turn_rad)) > 0
    return np.array([np.average(points[s], axis=0, weights=weights[s]) for s in (side, ~side)])


def long_axis_rad(picture: NDArray[np.float32]) -> float:
    """Return the direction in which the light of a picture is spread most."""
    rows, cols = np.nonzero(picture)
    spread = np.cov(np.vstack([cols, rows]), aweights=picture[rows, cols])
    x, y = np.linalg.eigh(spread)[1][:, 1]
    return float(np.arctan2(y, x))


# ------------------------------------------------------------------------------- determinism


def test_the_same_seed_gives_the_same_pixels() -> None:
    """Two worlds of one seed give equal counts after equal actions; another seed does not."""
    pictures = []
    for seed in (4, 4, 5):
        world = World(DividingNuclei(seed, **SMALL))
        for t_s in (0.0, 400.0, 1234.5):
            world.advance(t_s)
            counts = world.picture(View(channel="FITC"), 20, LIGHT)
        pictures.append(counts)
    assert np.array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[0], pictures[2])


@settings(max_examples=8)
@given(times=st.lists(st.floats(0, 1200), max_size=8))
def test_asking_more_often_changes_nothing(times: list[float]) -> None:
    """Cells, occurrences and pictures at a time don't depend on what was asked before."""
    often, once = (DividingNuclei(7, **SMALL) for _ in range(2))
    for t_s in sorted(times):
        often.advance(t_s)
        often.phases()
        painted(often, px_um=4.0)
    often.advance(1200.0)
    once.advance(1200.0)
    assert len(once.occurrences) > 3
    assert often.occurrences == once.occurrences
    assert np.array_equal(often.places_um(), once.places_um())
    assert np.array_equal(painted(often, px_um=1.0), painted(once, px_um=1.0))


def test_what_befalls_one_cell_leaves_the_lives_of_others_as_they_were() -> None:
    """Light on one half of the slide changes no division in the other, where none is pushed."""
    free = {**SMALL, "crowding": 0.0}
    dark, lit = DividingNuclei(3, **free), DividingNuclei(3, **free)
    left = lit.places_um()[:, 0] < 0
    lit.absorb(np.where(left, 1e4, 0.0), "FITC")
    tracks = set(lit.tracks()[~left].tolist())
    for each in (dark, lit):
        each.advance(3600.0)
    spared = [each for each in dark.occurrences if each.track in tracks]
    assert len(spared) > 5
    lived = {(each.onset_s, each.x_um, each.y_um) for each in lit.occurrences}
    assert {(each.onset_s, each.x_um, each.y_um) for each in spared} <= lived


# ---------------------------------------------------------------------------- conservation


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_division_keeps_all_light_and_shares_it_equally(seed: int) -> None:
    """From prophase to an hour after telophase the light of the slide is that of two genomes."""
    specimen, onset_s = one_cell(seed)
    expected = 2 * PHOTONS_PER_GENOME
    for minutes in (-44, -35, -20, -8, -0.1, 0.1, 2, 4, 8, 12, 30, 70):
        if onset_s + 60 * minutes < specimen.t_s:
            continue
        specimen.advance(onset_s + 60 * minutes)
        assert painted(specimen).sum() == pytest.approx(expected, rel=0.01), minutes
    assert specimen.dna().tolist() == pytest.approx([1, 1], abs=1e-9)


def test_dna_doubles_before_mitosis() -> None:
    """In interphase DNA goes from 1 to 2, and is 2 in all of mitosis until anaphase."""
    specimen = DividingNuclei(1, size_um=(1200.0, 1200.0), growth_fraction=1.0)
    dna, phases = specimen.dna(), specimen.phases()
    assert dna.min() == 1
    assert dna.max() == 2
    assert 0.2 < np.mean((dna > 1) & (dna < 2)) < 0.5
    before = (phases >= Phase.PROPHASE) & (phases <= Phase.METAPHASE)
    assert np.count_nonzero(before) > 3
    assert set(dna[before]) == {2.0}
    assert set(dna[(phases == Phase.ANAPHASE) | (phases == Phase.TELOPHASE)]) <= {1.0}


def test_a_plate_is_brighter_and_smaller_than_the_nucleus_it_comes_from() -> None:
    """At metaphase half of the light lies on a third of the area or less, elongated."""
    ratios, shapes = [], []
    for seed in range(3):
        specimen, onset_s = one_cell(seed)
        specimen.advance(max(onset_s - 2700, specimen.t_s))
        nucleus = half_light_area(painted(specimen))
        specimen.advance(onset_s - 60)
        plate = painted(specimen)
        ratios.append(nucleus / half_light_area(plate))
        rows, cols = np.nonzero(plate)
        spread = np.linalg.eigvalsh(np.cov(np.vstack([rows, cols]), aweights=plate[rows, cols]))
        shapes.append(np.sqrt(spread[1] / spread[0]))
    assert 2.5 < np.median(ratios) < 8
    assert np.median(shapes) > 2


def half_light_area(picture: NDArray[np.float32]) -> int:
    """Return the number of brightest pixels that hold half of the light."""
    bright = np.sort(picture.ravel())[::-1]
    return int(np.searchsorted(np.cumsum(bright), bright.sum() / 2))


# -------------------------------------------------------------------------------- occurrences


@pytest.mark.parametrize("seed", range(4))
def test_occurrences_agree_with_what_is_painted(seed: int) -> None:
    """Two masses part from the place and onset that are named, at the speed of the settings."""
    specimen, onset_s = one_cell(seed)
    specimen.advance(onset_s - 0.5)
    assert specimen.occurrences == ()
    specimen.advance(onset_s + 0.5)
    (division,) = specimen.occurrences
    assert division.kind == "division"
    assert division.onset_s == pytest.approx(onset_s)
    assert 5 < division.duration_s / 60 < 20
    pictures = {}
    for minutes in (2.5, 4.0, 6.0, division.duration_s / 60):
        specimen.advance(onset_s + 60 * minutes)
        pictures[minutes] = painted(specimen)
    turn_rad = long_axis_rad(pictures[minutes])
    for minutes, picture in pictures.items():
        centres = masses(picture, turn_rad)
        expected = separation_um(60 * minutes, specimen.settings.separation_um_per_min)
        assert np.hypot(*(centres[0] - centres[1])) == pytest.approx(expected, abs=0.6)
        middle = centres.mean(axis=0)
        assert np.hypot(*(middle - (division.x_um, division.y_um))) < 2.5
    assert specimen.occurrences == (division,)


def test_the_place_of_an_occurrence_is_where_the_plate_is() -> None:
    """At the onset all light of the cell lies around the place, within its extent."""
    specimen, onset_s = one_cell(9)
    specimen.advance(onset_s)
    (division,) = specimen.occurrences
    picture = painted(specimen)
    rows, cols = np.nonzero(picture)
    half = (picture.shape[0] - 1) / 2
    away = np.hypot((cols - half) * 0.25 - division.x_um, (rows - half) * 0.25 - division.y_um)
    assert np.average(away, weights=picture[rows, cols]) < 5
    assert picture[rows, cols][away < division.extent_um].sum() > 0.99 * picture.sum()


def test_daughters_are_two_cells_where_the_mother_was_one() -> None:
    """At the onset of anaphase two tracks take the place of one, and no light jumps."""
    specimen, onset_s = one_cell(2)
    specimen.advance(onset_s - 0.01)
    before, mother = painted(specimen), specimen.tracks().tolist()
    specimen.advance(onset_s + 0.01)
    after, daughters = painted(specimen), specimen.tracks().tolist()
    assert len(mother) == 1
    assert len(daughters) == 2
    assert not set(mother) & set(daughters)
    assert np.abs(after - before).sum() < 0.02 * before.sum()


def test_nothing_jumps_from_second_to_second() -> None:
    """Through a whole mitosis no second changes the picture by more than a small share."""
    specimen, onset_s = one_cell(5)
    last = None
    worst = 0.0
    for t_s in np.arange(max(specimen.t_s, onset_s - 2900), onset_s + 5000, 61.0):
        specimen.advance(t_s)
        last = painted(specimen, px_um=0.5)
        specimen.advance(t_s + 1)
        worst = max(worst, float(np.abs(painted(specimen, px_um=0.5) - last).sum() / last.sum()))
    assert 0 < worst < 0.08


# ------------------------------------------------------------------------ timing and frequency


def test_phases_last_as_long_as_the_settings_say() -> None:
    """Over some hundred mitoses the mean duration of each phase is that of the settings."""
    step_s = 20.0
    specimen = DividingNuclei(2, size_um=(800.0, 800.0), growth_fraction=1.0, division_rate=4.0)
    spent = dict.fromkeys(Phase, 0.0)
    begun = 0
    last = specimen.phases()
    for t_s in np.arange(step_s, 4 * 3600, step_s):
        specimen.advance(t_s)
        phases = specimen.phases()
        for phase in Phase:
            spent[phase] += step_s * np.count_nonzero(phases == phase)
        last = phases
    begun = len(specimen.occurrences)
    assert begun > 300
    assert len(last) > 500
    expected = {
        Phase.PROPHASE: 12.0,
        Phase.PROMETAPHASE: 17.0,
        Phase.METAPHASE: 14.0,
        Phase.ANAPHASE: 5.0,
        Phase.TELOPHASE: 6.0,
    }
    growing = np.log2(len(last) / specimen.settings.count)
    assert growing > 0.3
    for phase, minutes in expected.items():
        # Both daughters of an anaphase or telophase are counted.
        cells = begun * (2 if phase >= Phase.ANAPHASE else 1)
        assert spent[phase] / 60 / cells == pytest.approx(minutes, rel=0.12), phase.name


def test_the_length_of_cycles_is_that_of_the_settings() -> None:
    """Mean and spread of the time from birth to division, over many cells."""
    specimen = DividingNuclei(
        1, size_um=(600.0, 600.0), growth_fraction=1.0, division_rate=4.0, cycle_spread=0.1
    )
    specimen.advance(6 * 3600.0)
    born = specimen._cells[specimen._cells["track"] >= specimen.settings.count]
    length_h = (born["divides_s"] - born["born_s"]) / 3600
    assert len(born) > 300
    assert length_h.mean() == pytest.approx(6, rel=0.03)
    assert length_h.std() == pytest.approx(0.6, rel=0.15)


def test_divisions_are_as_rare_as_the_docstring_says() -> None:
    """By default 0.1 to 0.4 % of cells are in a division, and a field shows one now and then."""
    specimen = DividingNuclei(6)
    in_division, fields, cells = [], [], []
    half = 166.4 / 2
    for t_s in np.arange(0, 5 * 3600, 900.0):
        specimen.advance(t_s)
        now = [each for each in specimen.occurrences if each.onset_s <= t_s < each.end_s]
        in_division.append(len(now) / len(specimen.places_um()))
        places = specimen.places_um()
        for x in np.arange(-800, 801, 200):
            for y in np.arange(-800, 801, 200):
                fields.append(any(abs(d.x_um - x) < half and abs(d.y_um - y) < half for d in now))
                inside = np.abs(places - (x, y)).max(axis=1) < half
                cells.append(np.count_nonzero(inside))
    assert 0.001 < np.mean(in_division) < 0.004
    assert 18 < np.mean(cells) < 27
    assert 0.02 < np.mean(fields) < 0.075


def test_the_rate_of_division_can_be_set() -> None:
    """Twice the division rate gives twice the divisions, and a growth fraction of 0 none."""
    counts = []
    for change in ({"division_rate": 2}, {"division_rate": 4}, {"growth_fraction": 0}):
        specimen = DividingNuclei(1, size_um=(1200.0, 1200.0), **change)
        specimen.advance(2 * 3600.0)
        counts.append(sum(each.onset_s > 0 for each in specimen.occurrences))
    assert counts[0] > 50
    assert counts[2] == 0
    assert counts[1] / counts[0] == pytest.approx(2, rel=0.35)


# ------------------------------------------------------------------------------------ motion


def test_cells_walk_as_persistent_walkers_do() -> None:
    """The mean squared displacement follows Fürth's formula at three times."""
    specimen = DividingNuclei(1, crowding=0.0, growth_fraction=0.0, speed_um_per_h=30.0)
    speed, persistence = 30.0, 0.5
    start = specimen.places_um()
    inside = np.abs(start).max(axis=1) < 900
    for hours in (0.25, 1.0, 3.0):
        specimen.advance(hours * 3600)
        moved = (specimen.places_um() - start)[inside]
        lags = hours / persistence
        expected = 2 * (speed * persistence) ** 2 * (lags - 1 + np.exp(-lags))
        assert np.mean((moved**2).sum(axis=1)) == pytest.approx(expected, rel=0.08)


def test_crowded_nuclei_make_room() -> None:
    """With crowding, few nuclei lie upon each other; without, many more do."""
    close = []
    for crowding in (0.0, 1.0):
        specimen = DividingNuclei(
            1, size_um=(500.0, 500.0), density_per_mm2=2500, crowding=crowding
        )
        specimen.advance(1800.0)
        places = specimen.places_um()
        away = np.hypot(*(places[:, None] - places).transpose(2, 0, 1))
        np.fill_diagonal(away, np.inf)
        close.append(np.mean(away.min(axis=1) < 8))
    assert close[1] < 0.05 < 0.4 < close[0]


def test_cells_stay_on_the_slide() -> None:
    """However fast they are, no cell's walk leaves the slide."""
    specimen = DividingNuclei(1, size_um=(200.0, 100.0), speed_um_per_h=120.0, persistence_min=600)
    specimen.advance(4 * 3600.0)
    places = specimen.places_um()
    assert np.all(np.abs(places) <= (100 + 8, 50 + 8))


# --------------------------------------------------------------------------- second channel


@pytest.mark.parametrize("minutes", [-60, -20, -2, 3, 9, 40])
def test_tubulin_keeps_its_light_through_a_division(minutes: float) -> None:
    """The sum of the second channel stays within a few percent, whatever its shape."""
    specimen, onset_s = one_cell(1)
    if onset_s + 60 * minutes < specimen.t_s:
        pytest.skip("this cell is younger")
    first = painted(DividingNuclei(specimen.seed, **ALONE), "Cy5", 0.5).sum()
    specimen.advance(onset_s + 60 * minutes)
    total = painted(specimen, "Cy5", 0.5).sum()
    dna = specimen.dna().sum() / DividingNuclei(specimen.seed, **ALONE).dna().sum()
    assert total / first == pytest.approx(dna, rel=0.03)


def test_crosstalk_shows_chromatin_in_the_second_channel() -> None:
    """A share of the first channel's photons is in the second, exactly."""
    view = View(channel="Cy5", sensor_px=(128, 128))
    light = Light("Cy5", 0.28, 2.8e-4)
    with_, without = (
        World(DividingNuclei(1, **SMALL, crosstalk=c)).render(view, 20, light) for c in (0.1, 0.0)
    )
    chromatin = World(DividingNuclei(1, **SMALL)).channel("FITC")
    assert chromatin.crosstalk == {}
    assert (with_ - without).max() > 1


# ------------------------------------------------------------------------------- bad settings

BAD = {
    "density": ({"density_per_mm2": -1}, "density_per_mm2"),
    "too many": ({"density_per_mm2": 9000, "size_um": (9000.0, 9000.0)}, "at most 100,000 cells"),
    "size": ({"size_um": (10.0, 2000.0)}, "size_um"),
    "size of three": ({"size_um": (100.0, 100.0, 100.0)}, "size_um"),
    "size in words": ({"size_um": "wide"}, "size_um"),
    "cycle": ({"cycle_h": 0}, "cycle_h"),
    "share": ({"growth_fraction": 1.2}, "growth_fraction"),
    "too quick": ({"division_rate": 12}, "division_rate"),
    "not a number": ({"nucleus_um": "big"}, "nucleus_um"),
    "a truth value": ({"crowding": True}, "crowding"),
    "nan": ({"brightness": float("nan")}, "brightness"),
    "dose": ({"arrest_ed50_j_per_cm2": -3}, "arrest_ed50_j_per_cm2"),
    "death before blebs": ({"blebbing_at": 4, "death_at": 3}, "death_at"),
}


@pytest.mark.parametrize(("given_settings", "named"), BAD.values(), ids=BAD)
def test_impossible_settings_are_refused_by_name(
    given_settings: dict[str, Any], named: str
) -> None:
    """A setting that can't be is a ProtocolError that names it."""
    with pytest.raises(ProtocolError, match=named):
        make_specimen("dividing-nuclei", 0, given_settings)


def test_an_empty_slide_is_a_specimen() -> None:
    """No cells: nothing is painted, nothing happens, all is well."""
    specimen = DividingNuclei(0, density_per_mm2=0, debris_per_mm2=0)
    specimen.advance(3600.0)
    specimen.absorb(np.zeros(0), "FITC")
    assert painted(specimen, px_um=2.0).sum() == 0
    assert specimen.places_um().shape == (0, 2)
    assert specimen.occurrences == ()
    assert specimen.health.alive == 0
