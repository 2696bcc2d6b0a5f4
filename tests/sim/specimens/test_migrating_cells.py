"""Crawling cells: how they walk, cross and divide, and that pictures show it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saccade.core import ProtocolError
from saccade.sim.specimens import MigratingCells, make_specimen
from saccade.sim.world import Canvas, Imaging, Light, Occurrence, Optics, View, World

FIELD = View(channel="Phase", sensor_px=(256, 256), pixel_size_um=0.9)
CLEAR = Imaging(optics=Optics(na=0.3, haze=0.0, falloff=0.0), background=0.0)
CROWD = {"count": 40, "size_um": (500.0, 500.0), "passing": 0.6, "cycle_h": 6.0}


def crowd(seed: int = 1, **given: object) -> MigratingCells:
    """Return a small, busy slide."""
    return MigratingCells(seed, **(CROWD | given))  # type: ignore[arg-type]


def painted(specimen: MigratingCells, channel: str, view: View = FIELD) -> np.ndarray:
    canvas = Canvas(view, 0, specimen.layers_um, 1.0 if channel == "Phase" else 0.0)
    specimen.paint(canvas, channel)
    return canvas.layers[0]


def around(specimen: MigratingCells, track: int, channel: str, reach_px: int = 20) -> np.ndarray:
    """Return the picture around one cell, which is in the middle of the field."""
    x_um, y_um = specimen.tracks_um()[specimen.tracks.tolist().index(track)]
    side = 2 * reach_px + 1
    view = View(x_um=x_um, y_um=y_um, sensor_px=(side, side), pixel_size_um=0.9)
    return painted(specimen, channel, view)


def divisions(specimen: MigratingCells) -> list[Occurrence]:
    return [each for each in specimen.occurrences if each.kind == "division"]


def test_the_same_seed_gives_the_same_pixels_and_another_seed_others() -> None:
    """Pixels are a function of the seed and the time, bit for bit."""
    worlds = [World(crowd(seed), CLEAR) for seed in (5, 5, 6)]
    for world in worlds:
        world.advance(1234.5)
    light = Light("Phase", 0.1, 0.004)
    first, again, other = (world.picture(FIELD, 10, light) for world in worlds)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@given(looks=st.lists(st.floats(0.0, 7200.0), max_size=10), seed=st.integers(0, 30))
@settings(max_examples=12)
def test_asking_more_often_changes_nothing(looks: list[float], seed: int) -> None:
    """However often a slide is advanced and looked at in the dark, it ends up the same."""
    asked, left = crowd(seed), crowd(seed)
    for t_s in sorted(looks):
        asked.advance(t_s)
        assert all(each.onset_s <= t_s for each in asked.occurrences)
        painted(asked, "Phase")
    for each in (asked, left):
        each.advance(7200.0)
    assert asked.occurrences == left.occurrences
    assert np.array_equal(asked.tracks, left.tracks)
    assert np.array_equal(asked.tracks_um(), left.tracks_um())
    assert np.array_equal(painted(asked, "Phase"), painted(left, "Phase"))


@pytest.mark.parametrize("persistence_min", [5.0, 30.0])
def test_cells_that_are_alone_disperse_by_fuerths_formula(persistence_min: float) -> None:
    """Mean squared displacement is 2 S² P (t - P (1 - exp(-t/P))), within 8 %."""
    alone = MigratingCells(
        3, count=1500, size_um=(20000.0, 20000.0), contact_um=0.0, cycle_h=0.0,
        speed_um_per_min=1.0, persistence_min=persistence_min,
    )  # fmt: skip
    start, inside = alone.tracks_um(), np.abs(alone.tracks_um()).max(axis=1) < 9000
    for minutes in (2.0, 10.0, 40.0, 120.0):
        alone.advance(minutes * 60)
        moved2 = ((alone.tracks_um() - start)[inside] ** 2).sum(axis=1)
        keep = persistence_min
        expected = 2 * keep * (minutes - keep * (1 - np.exp(-minutes / keep)))
        assert moved2.mean() == pytest.approx(expected, rel=0.08)


def test_tracks_are_smooth_between_and_across_internal_steps() -> None:
    """No cell jumps: in 5 s none moves further than four times its speed allows on average."""
    cells = crowd(2, cycle_h=0.0)
    before = cells.tracks_um()
    for t_s in np.arange(5.0, 300.0, 5.0):
        cells.advance(t_s)
        now = cells.tracks_um()
        assert np.hypot(*(now - before).T).max() < 4 * 0.6 / 60 * 5 + 0.3
        before = now


def test_crossings_agree_with_where_the_cells_are() -> None:
    """Each pair that comes within a diameter, and only such, is a crossing, until it parts."""
    cells = crowd(4, cycle_h=0.0)
    times = np.arange(0.0, 6 * 3600, 30.0)
    place = []
    for t_s in times:
        cells.advance(t_s)
        place.append(cells.tracks_um())
    path = np.array(place)
    seen = {}
    for a, b in itertools.combinations(range(40), 2):
        apart = np.hypot(*(path[:, a] - path[:, b]).T)
        inside = np.flatnonzero(apart < 30.0)
        if len(inside) and apart[0] > 36.0:
            seen[a, b] = times[inside[0]]
    first = {}
    for crossing in cells.crossings:
        first.setdefault(crossing.tracks, crossing)
    assert len(seen) >= 10
    assert set(seen) <= set(first)
    for pair, onset_s in seen.items():
        assert onset_s - 30 <= first[pair].onset_s <= onset_s
    for crossing in cells.crossings:
        a, b = crossing.tracks
        apart = np.hypot(*(path[:, a] - path[:, b]).T)
        within = (times > crossing.onset_s) & (times < crossing.end_s)
        assert (apart[within] <= 36.0 + 1e-9).all()
        if crossing.parted:
            after = times >= crossing.end_s
            assert not after.any() or apart[after][0] > 36.0 - 1.0
            assert crossing.end_s <= times[-1] + 30


def test_a_crossing_that_goes_on_foretells_an_end_in_the_future() -> None:
    """The end of what has not ended lies ahead, and is settled once the cells have parted."""
    cells = crowd(4, cycle_h=0.0)
    going = 0
    for t_s in np.arange(0.0, 3 * 3600, 600.0):
        cells.advance(t_s)
        for crossing in cells.crossings:
            if not crossing.parted:
                going += 1
                assert crossing.end_s >= t_s
    assert going > 5


def test_cells_back_off_unless_they_are_a_pair_that_passes() -> None:
    """With no pair that passes there are far fewer crossings than with all of them passing."""
    counts = {}
    for passing in (0.0, 1.0):
        cells = crowd(7, passing=passing, cycle_h=0.0)
        cells.advance(4 * 3600)
        counts[passing] = len(cells.crossings)
    assert counts[0.0] < 0.35 * counts[1.0]


def test_occurrences_are_rare_by_default() -> None:
    """Crossings and divisions together take 0.01 to 3 % of all cell-frames, each at most 2 %."""
    cells = MigratingCells(1)
    cells.advance(4 * 3600)
    alive_s = 4 * 3600 * len(cells.tracks)
    for kind, share in (("crossing", 2), ("division", 1)):
        spent = sum(
            min(each.end_s, 4 * 3600) - each.onset_s
            for each in cells.occurrences
            if each.kind == kind
        )
        assert 1e-4 < share * spent / alive_s < 0.02


def test_a_division_leaves_two_daughters_where_the_mother_was() -> None:
    """At its end the mother's track is gone, and two new ones lie around her last place."""
    cells = crowd(3, cycle_h=3.0, contact_um=0.0)
    cells.advance(1.5 * 3600)
    division = next(each for each in divisions(cells) if each.end_s > 3600)
    just_before = division.end_s - 1e-6
    cells = crowd(3, cycle_h=3.0, contact_um=0.0)
    cells.advance(just_before)
    before = cells.tracks.tolist()
    place = cells.tracks_um()[before.index(division.track)]
    cells.advance(division.end_s)
    after = cells.tracks.tolist()
    assert division.track not in after
    born = [track for track in after if track not in before]
    near = [t for t in born if np.hypot(*(cells.tracks_um()[after.index(t)] - place)) < 8.0]
    assert len(near) == 2
    assert len(set(after)) == len(after)


def test_a_dividing_cell_is_seen_to_round_up() -> None:
    """Its phase picture becomes dark in the middle and bright around, as a ball's is."""
    scout = crowd(3, cycle_h=3.0)
    scout.advance(2 * 3600)
    division = next(each for each in divisions(scout) if each.onset_s > 600)
    cells = crowd(3, cycle_h=3.0)
    cells.advance(division.onset_s)
    spread = around(cells, division.track, "Phase")
    cells.advance(division.onset_s + 1500)
    ball = around(cells, division.track, "Phase")
    middle = np.s_[16:25, 16:25]
    assert ball[middle].mean() < 0.55 < 0.7 < spread[middle].mean()
    assert ball.max() > 1.7


def test_phase_contrast_is_1_where_nothing_is_and_keeps_its_mean() -> None:
    """An empty slide's median is 1; halos make up for dark cells within 5 %."""
    empty = MigratingCells(0, count=0)
    assert np.median(painted(empty, "Phase")) == pytest.approx(1.0, abs=1e-3)
    full = painted(crowd(1), "Phase")
    assert full.mean() == pytest.approx(1.0, abs=0.05)
    assert full.min() < 0.6
    assert full.max() > 1.5


def test_a_cell_has_a_bright_halo_outside_and_is_darker_inside() -> None:
    """Around a cell's outline, the outside is brighter than 1 and the inside darker."""
    cells = MigratingCells(2, count=1, size_um=(100.0, 100.0), cycle_h=0.0)
    painter = cells._painter(Canvas(FIELD, 0))
    outline = painter._px(painter.shapes.outline_um)[0]
    picture = painted(cells, "Phase")
    middle = outline.mean(axis=0)
    for factor, low, high in ((1.12, 1.02, 2.6), (0.9, 0.3, 0.99)):
        at = np.rint(middle + factor * (outline - middle)).astype(int)
        assert low < picture[at[:, 1], at[:, 0]].mean() < high


def test_nuclei_glow_where_the_tracks_are() -> None:
    """In FITC a track's place is far brighter than the mean of the picture."""
    cells = crowd(6, cycle_h=0.0)
    picture = painted(cells, "FITC")
    rows, cols = Canvas(FIELD, 0).to_px(*cells.tracks_um().T)
    on = (rows > 2) & (rows < 253) & (cols > 2) & (cols < 253)
    at = np.rint(rows[on]).astype(int), np.rint(cols[on]).astype(int)
    assert on.sum() > 5
    assert (picture[at] > 0.3 * np.percentile(picture, 99)).mean() > 0.9
    assert np.median(picture) == 0


def test_a_region_shows_what_the_whole_sensor_shows_there() -> None:
    """A region of interest is the same picture, but for rounding and what is far away."""
    cells = crowd(5)
    cells.advance(777.0)
    whole = painted(cells, "Phase")
    roi = View(sensor_px=(256, 256), pixel_size_um=0.9, roi=(37, 61, 120, 90))
    part = painted(cells, "Phase", roi)
    assert np.abs(part - whole[61:151, 37:157]).max() < 0.02


def test_shapes_change_smoothly() -> None:
    """Between frames of 10 s no picture changes by more than a fraction of its contrast."""
    cells = crowd(8, cycle_h=0.0)
    cells.advance(600.0)
    before = painted(cells, "Phase")
    cells.advance(610.0)
    after = painted(cells, "Phase")
    assert 0 < np.abs(after - before).mean() < 0.1 * before.std()


BAD = {
    "no cell": {"count": -1},
    "half a cell": {"count": 1.5},
    "no slide": {"size_um": (0.0, 100.0)},
    "negative speed": {"speed_um_per_min": -1.0},
    "no persistence": {"persistence_min": 0.0},
    "share above 1": {"passing": 1.2},
    "negative dose": {"harm_j_per_cm2": -5.0},
    "not a number": {"bleach_j_per_cm2": float("nan")},
}


@pytest.mark.parametrize("given", BAD.values(), ids=BAD.keys())
def test_impossible_settings_are_refused_by_name(given: dict[str, object]) -> None:
    """The error names the setting."""
    with pytest.raises(ProtocolError, match=next(iter(given))):
        make_specimen("migrating-cells", 0, given)


def test_a_time_beyond_the_present_step_is_refused() -> None:
    """Cells tell where they are now, not where they will be."""
    cells = crowd(1)
    with pytest.raises(ValueError, match="don't know"):
        cells.tracks_um(3600.0)
