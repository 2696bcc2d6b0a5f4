"""Bacteria: how they grow, divide and make room, and that pictures show it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saccade.core import ProtocolError
from saccade.sim.specimens import Bacteria, make_specimen
from saccade.sim.specimens._bacteria_paint import corners_um
from saccade.sim.specimens._bacteria_pushing import Poses, overlap_um, push_apart
from saccade.sim.world import Canvas, Imaging, Light, Optics, View, World

FIELD = View(channel="FITC", sensor_px=(256, 256), pixel_size_um=0.1)
CLEAR = Imaging(optics=Optics(na=1.4, index=1.518, haze=0.0, falloff=0.0), background=0.0)
SMALL = {"count": 3, "size_um": (60.0, 60.0), "grown_h": 1.0}
FREE = {"capacity": 1e6}


def small(seed: int = 1, **given: object) -> Bacteria:
    """Return a few small colonies."""
    return Bacteria(seed, **(SMALL | given))  # type: ignore[arg-type]


def painted(specimen: Bacteria, channel: str, view: View = FIELD) -> np.ndarray:
    canvas = Canvas(view, 0, specimen.layers_um, 1.0 if channel == "Phase" else 0.0)
    specimen.paint(canvas, channel)
    return canvas.layers[0]


def index_of(specimen: Bacteria, track: int) -> int:
    return specimen.tracks.tolist().index(track)


def poles_um(specimen: Bacteria, track: int) -> np.ndarray:
    """Return both ends of a rod."""
    i = index_of(specimen, track)
    angle, half = specimen.angles_rad()[i], specimen.lengths_um()[i] / 2
    arm = half * np.array([np.cos(angle), np.sin(angle)])
    return specimen.places_um()[i] + np.array([arm, -arm])


def along_rod(specimen: Bacteria, track: int, channel: str, at_um: np.ndarray) -> np.ndarray:
    """Return the picture of one rod at places along its axis, in µm from its middle."""
    i = index_of(specimen, track)
    (x_um, y_um), angle = specimen.places_um()[i], specimen.angles_rad()[i]
    view = View(x_um=x_um, y_um=y_um, sensor_px=(161, 161), pixel_size_um=0.05)
    picture = painted(specimen, channel, view)
    cols = np.rint(80 + at_um / 0.05 * np.cos(angle)).astype(int)
    rows = np.rint(80 + at_um / 0.05 * np.sin(angle)).astype(int)
    return picture[rows, cols]


def a_division(**given: object) -> tuple[int, float, float]:
    """Return track, onset and end of a division of a rod that is alone."""
    scout = Bacteria(7, count=1, size_um=(40.0, 40.0), grown_h=0.0, **given)  # type: ignore[arg-type]
    scout.advance(2 * 3600.0)
    first = scout.occurrences[0]
    assert first.onset_s > 0
    return first.track, first.onset_s, first.end_s


def alone() -> Bacteria:
    return Bacteria(7, count=1, size_um=(40.0, 40.0), grown_h=0.0)


def test_the_same_seed_gives_the_same_pixels_and_another_seed_others() -> None:
    """Pixels are a function of the seed and the time, bit for bit."""
    worlds = [World(small(seed), CLEAR) for seed in (5, 5, 6)]
    for world in worlds:
        world.advance(1234.5)
    light = Light("FITC", 1.0, 0.004)
    first, again, other = (world.picture(FIELD, 10, light) for world in worlds)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@given(looks=st.lists(st.floats(0.0, 3600.0), max_size=8), seed=st.integers(0, 30))
@settings(max_examples=8)
def test_asking_more_often_changes_nothing(looks: list[float], seed: int) -> None:
    """However often a pad is advanced and looked at in the dark, it ends up the same."""
    asked, left = (small(seed, count=2, doubling_min=25.0, grown_h=0.5) for _ in range(2))
    for t_s in sorted(looks):
        asked.advance(t_s)
        assert all(each.onset_s <= t_s for each in asked.occurrences)
        painted(asked, "Phase")
    for each in (asked, left):
        each.advance(3600.0)
    assert asked.occurrences == left.occurrences
    assert np.array_equal(asked.places_um(), left.places_um())
    assert np.array_equal(asked.lengths_um(), left.lengths_um())
    assert np.array_equal(painted(asked, "Phase"), painted(left, "Phase"))


def test_a_rod_elongates_exponentially() -> None:
    """The logarithm of its length grows evenly, at ln 2 over the doubling time within 15 %."""
    rods, times = alone(), np.arange(0.0, 600.0, 7.0)
    track, length = int(rods.tracks[0]), []
    for t_s in times:
        rods.advance(t_s)
        length.append(rods.lengths_um()[index_of(rods, track)])
    rate = np.diff(np.log(length)) / 7.0
    assert np.ptp(rate) < 0.01 * rate.mean()
    assert rate.mean() == pytest.approx(np.log(2) / (45 * 60), rel=0.2)


def test_a_young_population_doubles_in_the_stated_time() -> None:
    """Total length doubles in the doubling time, within 3 %, where there is food enough."""
    rods = small(2, count=30, size_um=(300.0, 300.0), doubling_min=30.0, **FREE)
    before = rods.lengths_um().sum()
    rods.advance(1800.0)
    assert rods.lengths_um().sum() / before == pytest.approx(2.0, rel=0.03)


def test_hunger_slows_a_full_colony() -> None:
    """Past its capacity a colony grows at less than half of its rate."""
    rods = small(2, capacity=8.0, grown_h=4.0)
    before = rods.lengths_um().sum()
    rods.advance(2700.0)
    assert rods.lengths_um().sum() / before < 2**0.5


def test_rods_divide_by_the_adder_rule() -> None:
    """What a rod adds is 2.2 µm on average and tells nothing of its length at birth."""
    rods = small(3, count=40, size_um=(400.0, 400.0), doubling_min=20.0, grown_h=0.5, **FREE)
    born: dict[int, float] = {}
    last: dict[int, float] = {}
    start = set(rods.tracks.tolist())
    pairs = []
    for t_s in np.arange(20.0, 5400.0, 20.0):
        rods.advance(t_s)
        now = dict(zip(rods.tracks.tolist(), rods.lengths_um().tolist(), strict=True))
        gone = last.keys() - now.keys()
        pairs += [(born[track], last[track]) for track in gone if track in born]
        born |= {t: length for t, length in now.items() if t not in last and t not in start}
        last = now
    birth, division = np.array(pairs).T
    assert len(pairs) > 200
    added = division - birth
    # Those that add little are over-represented in a time that ends for all at once.
    assert added.mean() == pytest.approx(2.2, rel=0.06)
    assert abs(np.corrcoef(birth, added)[0, 1]) < 0.2
    assert np.corrcoef(birth, division)[0, 1] > 0.4
    assert birth.std() / birth.mean() < 0.2


def test_daughters_lie_pole_to_pole_where_their_mother_lay() -> None:
    """Outer poles stay where they were, and the new ones meet at the neck."""
    track, _, end_s = a_division()
    rods = alone()
    rods.advance(end_s - 1e-6)
    before = poles_um(rods, track)
    rods.advance(end_s)
    assert track not in rods.tracks.tolist()
    daughters = rods.tracks[rods.mothers == track].tolist()
    assert len(daughters) == 2
    ends = np.concatenate([poles_um(rods, each) for each in daughters])
    away = np.hypot(*(ends[:, None] - before[None]).transpose(2, 0, 1))
    assert away.min(axis=0).max() < 0.02
    inner = ends[away.min(axis=1) > 0.5]
    assert np.hypot(*(inner[0] - inner[1])) < 0.02


def test_a_division_conserves_length_area_and_light() -> None:
    """At the separation lengths and outlines add up exactly, and pictures within 1 %."""
    _, _, end_s = a_division()
    rods = alone()
    x_um, y_um = rods.places_um()[0]
    view = View(x_um=x_um, y_um=y_um, sensor_px=(320, 320), pixel_size_um=0.05)
    seen = []
    for t_s in (end_s - 1e-6, end_s):
        rods.advance(t_s)
        x, y = np.moveaxis(corners_um(rods._rods, t_s), -1, 0)
        area = np.abs((x * np.roll(y, -1, 1) - y * np.roll(x, -1, 1)).sum(axis=1)).sum() / 2
        seen.append((rods.lengths_um().sum(), area, painted(rods, "FITC", view).sum()))
    (length, area, light), after = seen
    assert after[:2] == pytest.approx((length, area), rel=1e-6)
    assert after[2] == pytest.approx(light, rel=0.01)


def test_a_constriction_is_seen_from_the_onset_to_the_end_of_its_occurrence() -> None:
    """At the onset the middle is as bright as the rod; towards the end it is a dark neck."""
    track, onset_s, end_s = a_division()
    rods = alone()
    neck = []
    for t_s in (onset_s - 60, onset_s + 0.5 * (end_s - onset_s), end_s - 1.0):
        rods.advance(t_s)
        at_um = np.linspace(-1.0, 1.0, 41)
        profile = along_rod(rods, track, "FITC", at_um)
        neck.append(profile.min() / profile.max())
    assert neck[0] > 0.97
    assert neck[2] < 0.75
    assert neck[0] > neck[1] > neck[2]


def test_the_end_of_a_division_is_foretold() -> None:
    """In the dark, what an occurrence foretells at its onset is what happens."""
    track, onset_s, end_s = a_division()
    rods = alone()
    rods.advance(onset_s)
    (going,) = rods.occurrences
    assert going.track == track
    assert going.end_s == pytest.approx(end_s, abs=20.0)
    rods.advance(going.end_s - 21.0)
    assert track in rods.tracks.tolist()


def test_each_division_has_one_occurrence_and_two_daughters() -> None:
    """Tracks that are gone are those whose occurrence has ended."""
    rods = small(4)
    rods.advance(4000.0)
    ended = [each.track for each in rods.occurrences if each.end_s <= 4000.0]
    assert len(ended) == len(set(ended)) > 5
    assert not set(ended) & set(rods.tracks.tolist())
    mothers, counts = np.unique(rods.mothers, return_counts=True)
    assert counts[np.isin(mothers, ended)].max() <= 2


def test_the_ring_gathers_at_the_neck_before_a_division() -> None:
    """In Cy5 the middle is the brightest place shortly before the constriction, not at birth."""
    track, onset_s, _ = a_division()
    rods = alone()
    at_um = np.linspace(-1.2, 1.2, 49)
    rods.advance(onset_s)
    profile = along_rod(rods, track, "Cy5", at_um)
    assert abs(at_um[np.argmax(profile)]) < 0.35
    assert profile.max() > 4 * np.median(profile)


def test_rods_make_room_for_each_other() -> None:
    """In a colony that has grown for hours no two rods overlap by more than a fifth."""
    rods = small(5, count=2, grown_h=4.0, **FREE)
    now = rods._rods
    poses = Poses(now.after_um, now.angle_after)
    assert len(now.track) > 50
    assert overlap_um(poses, now.length_after_um, now.width_um) < 0.18


def test_two_rods_that_overlap_move_apart_and_keep_their_middle() -> None:
    """Pushes are equal and opposite."""
    poses = Poses(np.array([[0.0, 0.0], [0.6, 0.5]]), np.array([0.1, 0.6]))
    length, width = np.array([3.0, 3.0]), np.array([0.9, 0.9])
    after = push_apart(poses, length, width, 40)
    assert overlap_um(poses, length, width) > 0.3
    assert overlap_um(after, length, width) < 0.02
    assert after.places_um.mean(axis=0) == pytest.approx(poses.places_um.mean(axis=0))


def test_rods_are_dark_in_phase_contrast_and_glow_in_fitc() -> None:
    """The picture at the rods' middles is dark in phase, bright in FITC, and else 1 and 0."""
    rods = small(6, grown_h=2.0)
    x_um, y_um = rods.places_um()[0]
    view = View(x_um=x_um, y_um=y_um, sensor_px=(256, 256), pixel_size_um=0.1)
    phase, glow = painted(rods, "Phase", view), painted(rods, "FITC", view)
    rows, cols = Canvas(view, 0).to_px(*rods.places_um().T)
    on = (rows > 5) & (rows < 250) & (cols > 5) & (cols < 250)
    at = np.rint(rows[on]).astype(int), np.rint(cols[on]).astype(int)
    assert phase[at].max() < 0.85
    assert np.median(phase) == pytest.approx(1.0, abs=0.03)
    assert glow[at].min() > 1e4
    assert np.median(glow) == 0


def test_a_region_shows_what_the_whole_sensor_shows_there() -> None:
    """A region of interest is the same picture, but for rounding and what is far away."""
    rods = small(5, grown_h=2.0)
    x_um, y_um = rods.places_um()[0]
    whole = painted(rods, "Phase", View(x_um, y_um, sensor_px=(256, 256), pixel_size_um=0.1))
    roi = View(x_um, y_um, sensor_px=(256, 256), pixel_size_um=0.1, roi=(71, 53, 110, 140))
    part = painted(rods, "Phase", roi)
    assert np.abs(part - whole[53:193, 71:181]).max() < 0.02


BAD = {
    "half a colony": {"count": 1.5},
    "no pad": {"size_um": (0.0, 100.0)},
    "instant": {"doubling_min": 0.0},
    "no room for poles": {"added_um": 0.5},
    "negative dose": {"kill_j_per_cm2": -5.0},
    "not a number": {"bleach_j_per_cm2": float("nan")},
}


@pytest.mark.parametrize("given", BAD.values(), ids=BAD.keys())
def test_impossible_settings_are_refused_by_name(given: dict[str, object]) -> None:
    """The error names the setting."""
    with pytest.raises(ProtocolError, match=next(iter(given))):
        make_specimen("bacteria", 0, given)


def test_a_pad_can_be_empty() -> None:
    """No colony is no rod, and a flat picture."""
    rods = Bacteria(0, count=0)
    rods.advance(600.0)
    assert len(rods.places_um()) == 0
    assert rods.health.alive == 0
    assert not painted(rods, "FITC").any()
