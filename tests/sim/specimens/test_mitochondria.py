"""The mitochondria specimen: networks that divide and join, as their occurrences say."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saccade.core import ProtocolError
from saccade.sim.specimens import Mitochondria, make_specimen
from saccade.sim.specimens._mitochondria_cells import place_flat_cells
from saccade.sim.specimens._mitochondria_network import Network, Sway, Swaying, grow
from saccade.sim.world import Canvas, Imaging, Light, Occurrence, Optics, View, World

OIL = Imaging(optics=Optics(na=1.4, index=1.518, haze=0.0, falloff=0.0), background=0.0)
ONE_CELL = (70.0, 70.0)
FIELD = View(channel="FITC", sensor_px=(256, 256), pixel_size_um=0.2)


def busy(seed: int = 1, **given: object) -> Mitochondria:
    settings_: dict[str, object] = {"size_um": (150.0, 150.0), "fissions_per_h": 2.0}
    return Mitochondria(seed, **(settings_ | given))  # type: ignore[arg-type]


def painted(specimen: Mitochondria, channel: str = "FITC", view: View = FIELD) -> np.ndarray:
    canvas = Canvas(view, 4, specimen.layers_um)
    specimen.paint(canvas, channel)
    return canvas.layers[0]


@cache
def lone(kind: str) -> Occurrence:
    """Return an occurrence far from all other tubules, in a still network."""
    specimen = busy(motion=0.0)
    specimen.advance(900.0)
    net = specimen._net
    for each in specimen.occurrences:
        away = np.hypot(*(net.points_um - (each.x_um, each.y_um)).T)
        point = int(np.argmin(away))
        others = np.abs(np.arange(len(away)) - point) > 15
        inside = net.first[each.track] + 8 <= point < net.first[each.track + 1] - 8
        again = sum(e.track == each.track for e in specimen.occurrences)
        apart = inside and again == 1 and away[others].min() > 1.0
        if each.kind == kind and apart and each.onset_s > 20 and each.end_s < 800:
            return each
    raise AssertionError(f"no lone {kind}")


def followed(each: Occurrence, times: np.ndarray, channel: str) -> np.ndarray:
    """Return the light at the site of an occurrence in noise-free pictures through the optics."""
    world = World(busy(motion=0.0), OIL)
    view = View(each.x_um, each.y_um, channel=channel, sensor_px=(31, 31), pixel_size_um=0.1)
    seen = []
    for t_s in times:
        world.advance(float(t_s))
        photons = world.render(view, 1e-6, Light(channel, 4.0, 0.005))
        # Darkest pixel of the ring around is the cytosol.
        seen.append(float(photons[14:17, 14:17].mean() - photons.min()))
    return np.array(seen)


def test_the_same_seed_gives_the_same_pixels_and_another_seed_others() -> None:
    """Pixels are a function of the seed and the time, bit for bit, in both channels."""
    worlds = [World(busy(seed), OIL) for seed in (1, 1, 2)]
    for world in worlds:
        world.advance(500.0)
    for channel in ("FITC", "Cy5"):
        view = View(channel=channel, sensor_px=(128, 128), pixel_size_um=0.2)
        light = Light(channel, 4.0, 0.005)
        first, again, other = (world.picture(view, 30, light) for world in worlds)
        assert np.array_equal(first, again)
        assert not np.array_equal(first, other)


@given(looks=st.lists(st.floats(0.0, 900.0), max_size=12), seed=st.integers(0, 30))
@settings(max_examples=12)
def test_asking_more_often_changes_nothing(looks: list[float], seed: int) -> None:
    """However often a network is advanced and looked at in the dark, it ends up the same."""
    asked, left = (Mitochondria(seed, size_um=ONE_CELL, fissions_per_h=5.0) for _ in range(2))
    for t_s in sorted(looks):
        asked.advance(t_s)
        assert all(each.onset_s <= t_s for each in asked.occurrences)
        asked.widths()
        asked.places_um()
    for each in (asked, left):
        each.advance(900.0)
    assert asked.occurrences == left.occurrences
    assert np.array_equal(asked.widths(), left.widths())
    assert np.array_equal(painted(asked), painted(left))
    assert np.array_equal(painted(asked, "Cy5"), painted(left, "Cy5"))
    onsets = [each.onset_s for each in left.occurrences]
    assert onsets == sorted(onsets)


def test_a_fission_thins_the_tubule_before_it_breaks() -> None:
    """From the onset on the tubule dims at the site, by half until it breaks, and parts."""
    each = lone("fission")
    break_s = each.end_s - 10.0
    assert 30 <= break_s - each.onset_s <= 60
    times = np.concatenate(([each.onset_s - 5], np.linspace(each.onset_s, break_s - 0.1, 12)))
    seen = followed(each, np.append(times, each.end_s), "FITC")
    share = seen / seen[0]
    assert share[1] == pytest.approx(1, abs=0.01)
    assert (np.diff(share[1:-1]) < 0).all()
    assert share[-2] < 0.55
    assert share[6] > 0.6
    assert share[-1] < 0.1


def test_drp1_gathers_where_a_tubule_is_about_to_divide() -> None:
    """At the site the other channel brightens from the onset to the break, then fades."""
    each = lone("fission")
    break_s = each.end_s - 10.0
    rising = np.linspace(each.onset_s, break_s, 8)
    seen = followed(each, np.concatenate((rising, break_s + np.array([30.0, 60.0, 120.0]))), "Cy5")
    assert (np.diff(seen[1:8]) > 0).all()
    assert seen[7] > 5 * max(seen[0], seen[1])
    assert seen[-1] < 0.1 * seen[7]


def test_a_fusion_closes_a_gap() -> None:
    """There is a gap at the onset, the ends meet at the end, and the joint is whole soon after."""
    each = lone("fusion")
    assert 15 <= each.duration_s <= 30
    seen = followed(each, each.onset_s + np.array([-5.0, 0.0, each.duration_s, 60.0]), "FITC")
    share = seen / seen[-1]
    assert share[0] == pytest.approx(share[1], abs=0.01)
    assert share[1] < 0.15
    assert share[2] == pytest.approx(0.3, abs=0.1)  # thin where they have just met


def test_what_is_said_to_happen_is_what_the_network_shows() -> None:
    """Wherever the tubules' width has changed there was an occurrence on that tubule."""
    specimen = busy()
    before = specimen.widths()
    specimen.advance(700.0)
    changed = np.flatnonzero(specimen.widths() != before)
    net, at_rest = specimen._net, busy(motion=0.0)._net
    assert np.array_equal(net.points_um, at_rest.points_um)
    explained = np.zeros(len(before), bool)
    sites = {round(e.onset_s, 6): e for e in specimen.occurrences}
    for each in sites.values():
        places = specimen._sway.moved(net.points_um, each.onset_s)
        near = np.hypot(*(places - (each.x_um, each.y_um)).T) < 2.0
        explained |= near & (net.tubule == each.track)
    assert len(changed) > 100
    assert explained[changed].all()


def test_divisions_and_fusions_are_rare_by_default_and_balanced() -> None:
    """Between 0.01 and 1 % of tubule-frames lie in an occurrence, about as many of each kind."""
    specimen = Mitochondria(2)
    specimen.advance(3600.0)
    within = sum(min(e.end_s, 3600.0) - e.onset_s for e in specimen.occurrences)
    assert 1e-4 < within / (specimen.health.alive * 3600.0) < 1e-2
    kinds = [each.kind for each in specimen.occurrences]
    fissions, fusions = kinds.count("fission"), kinds.count("fusion")
    assert fissions == pytest.approx(0.1 * specimen.health.alive, rel=0.25)
    assert fusions == pytest.approx(fissions, rel=0.3)


def test_light_fragments_the_network_by_a_dose_response() -> None:
    """With the dose, fissions become more frequent and fusions rarer; none of it in the dark."""
    fissions, fusions, averted = [], [], []
    for dose in (0.0, 20.0, 100.0, 400.0):
        specimen = Mitochondria(3, fissions_per_h=0.05)
        specimen.absorb(np.full(len(specimen.places_um()), dose), "FITC")
        specimen.advance(1800.0)
        kinds = [each.kind for each in specimen.occurrences]
        fissions.append(kinds.count("fission"))
        fusions.append(kinds.count("fusion"))
        averted.append(specimen.health.averted)
    assert averted[0] == 0
    assert fissions[1] == pytest.approx(fissions[0], rel=0.1)
    assert fissions[2] == pytest.approx(10.5 * fissions[0], rel=0.3)
    assert fissions[3] > 1.4 * fissions[2]
    assert fusions[3] < 0.2 * fusions[0]
    assert averted[3] > averted[2] > 0


@pytest.mark.parametrize(("dose", "harmed"), [(0.0, 0.0), (90.0, 0.0), (110.0, 1.0)])
def test_harm_is_told(dose: float, harmed: float) -> None:
    """Tubules past the dose of half harm count as harmed, and the highest dose is exact."""
    specimen = Mitochondria(3, size_um=ONE_CELL)
    specimen.absorb(np.full(len(specimen.places_um()), dose), "FITC")
    health = specimen.health
    assert health.harmed == harmed * health.alive
    assert health.dose_j_per_cm2 == dose


def test_harmed_mitochondria_swell() -> None:
    """At the same amount of dye a harmed network is wider, hence dimmer at its brightest."""
    well, harmed = (
        Mitochondria(3, size_um=ONE_CELL, bleach_j_per_cm2=1e12, fissions_per_h=0.0)
        for _ in range(2)
    )
    harmed.absorb(np.full(len(harmed.places_um()), 300.0), "FITC")
    fine = View(channel="FITC", sensor_px=(500, 500), pixel_size_um=0.1)
    before, after = painted(well, view=fine), painted(harmed, view=fine)
    assert after.sum() == pytest.approx(before.sum(), rel=0.01)
    assert np.percentile(after, 99.5) < 0.7 * np.percentile(before, 99.5)


@pytest.mark.parametrize(("channel", "constant"), [("FITC", 0.2), ("Cy5", 0.1)])
def test_bleaching_leaves_1_over_e_after_its_dose(channel: str, constant: float) -> None:
    """What the dye shows above the cytosol fades exponentially, each dye at its own pace."""
    specimen = Mitochondria(3, size_um=ONE_CELL, bleach_j_per_cm2=0.2, harm_j_per_cm2=1e12)
    gone = Mitochondria(3, size_um=ONE_CELL, bleach_j_per_cm2=0.2, harm_j_per_cm2=1e12)
    n = len(specimen.places_um())
    gone.absorb(np.full(n, 1e3), channel)
    haze = painted(gone, channel).astype(float)
    first = (painted(specimen, channel) - haze).sum()
    for _ in range(10):
        specimen.absorb(np.full(n, constant / 10), channel)
    assert (painted(specimen, channel) - haze).sum() / first == pytest.approx(np.exp(-1), rel=0.01)


def test_tubules_lie_in_the_cytoplasm_of_several_cells() -> None:
    """Next to none of the network lies over a nucleus or beyond a cell's edge."""
    specimen = Mitochondria(4)
    points = specimen._net.points_um
    cells = place_flat_cells(4, specimen.size_um)
    assert len(cells.places_um) >= 10
    away = points[:, None, :] - cells.places_um
    nearest = np.argmin((away**2).sum(-1), axis=1)
    mine = np.take_along_axis(away, nearest[:, None, None], axis=1)[:, 0]
    share = np.hypot(*mine.T) / cells.edge_um(nearest, np.arctan2(mine[:, 1], mine[:, 0]))
    assert np.mean((share < 0.33) | (share > 1.0)) < 0.05
    assert (np.abs(points) < np.array(specimen.size_um) / 2 + 15).all()


def test_the_network_sways_mildly_and_stays_joined() -> None:
    """Within 10 s a place moves by a little, and neighbouring points stay neighbours."""
    specimen = Mitochondria(5, size_um=ONE_CELL)
    points = specimen._net.points_um
    moved = [specimen._sway.moved(points, t_s) for t_s in (100.0, 110.0, 90_000.0)]
    step = np.hypot(*(moved[1] - moved[0]).T)
    assert 0.02 < step.mean() < 0.4
    same = np.diff(specimen._net.tubule) == 0
    for places in moved:
        apart = np.hypot(*np.diff(places, axis=0).T)[same]
        assert 0.1 < apart.min() <= apart.max() < 0.3
    still = Mitochondria(5, size_um=ONE_CELL, motion=0.0, fissions_per_h=0.0)
    before = painted(still)
    still.advance(50.0)
    assert np.array_equal(painted(still), before)


@given(t_s=st.floats(0, 1e6), left_um=st.floats(-60, 60), top_um=st.floats(-60, 60))
@settings(max_examples=30, deadline=None)
def test_a_part_of_the_network_moves_as_the_whole(
    t_s: float, left_um: float, top_um: float
) -> None:
    """The blocks in a rectangle hold all points that are there, each where the ripples move it."""
    net, sway, swaying = _sways()
    whole = sway.moved(net.points_um, t_s)
    blocks = swaying.near((left_um, top_um), (left_um + 40, top_um + 40))
    rows = np.concatenate([np.zeros(0, int), *(np.arange(len(whole))[each] for each in blocks)])
    moved = swaying.moved(blocks, t_s).T
    assert moved == pytest.approx(whole[rows], abs=2e-4)
    away = whole - (left_um + 20, top_um + 20)
    inside = np.flatnonzero((np.abs(away) < 20).all(axis=1))
    assert np.isin(inside, rows).all()


@cache
def _sways() -> tuple[Network, Sway, Swaying]:
    net, sway = grow(3, place_flat_cells(3, (120.0, 120.0))), Sway.drawn(3, 2.0)
    return net, sway, Swaying.of(sway, net.points_um)


def test_light_is_neither_won_nor_lost_between_pixels() -> None:
    """The same field holds the same light at any pixel size and any shift of the grid."""
    specimen = Mitochondria(6, size_um=ONE_CELL)
    sums = []
    for pixel_size_um, shift_um in ((0.1, 0.0), (0.1, 0.033), (0.2, 0.07), (0.4, 0.0)):
        px = int(80 / pixel_size_um)
        view = View(shift_um, 0.0, channel="FITC", sensor_px=(px, px), pixel_size_um=pixel_size_um)
        canvas = Canvas(view, 0, specimen.layers_um)
        specimen.paint(canvas, "FITC")
        sums.append(float(canvas.layers.sum(dtype=float)) * pixel_size_um**2)
    assert sums == pytest.approx([sums[0]] * 4, rel=0.01)


def test_the_haze_of_the_cytosol_lies_still_under_the_pixels() -> None:
    """What is painted coarsely first has its place to a fraction of a pixel."""
    specimen = Mitochondria(6, size_um=ONE_CELL, motion=0.0)
    middles = []
    for pixel_size_um, shift_um in ((0.1, 0.0), (0.1, 0.04), (0.13, 0.0), (0.5, 0.0), (0.9, 0.3)):
        px = int(90 / pixel_size_um)
        view = View(shift_um, 0.0, channel="Cy5", sensor_px=(px, px), pixel_size_um=pixel_size_um)
        specimen._bleached["Cy5"][:] = 1e3
        seen = painted(specimen, "Cy5", view).astype(float)
        x_um = (np.arange(seen.shape[1]) - (seen.shape[1] - 1) / 2) * pixel_size_um + shift_um
        middles.append(float((seen.sum(axis=0) * x_um).sum() / seen.sum()))
    assert middles == pytest.approx([middles[0]] * 5, abs=0.02)


def test_a_view_beyond_the_slide_is_dark() -> None:
    """Off the slide nothing is painted, and nothing fails."""
    away = View(5000.0, 0.0, channel="FITC", sensor_px=(64, 64), pixel_size_um=0.1)
    specimen = Mitochondria(1, size_um=ONE_CELL)
    assert not painted(specimen, "FITC", away).any()
    assert not painted(specimen, "Cy5", away).any()


def test_occurrences_lie_on_their_track_when_they_begin() -> None:
    """The place of each is that of a point of its tubule, at the onset."""
    specimen = busy()
    specimen.advance(600.0)
    net = specimen._net
    assert specimen.occurrences
    for each in specimen.occurrences:
        mine = slice(net.first[each.track], net.first[each.track + 1])
        places = specimen._sway.moved(net.points_um[mine], each.onset_s)
        assert np.hypot(*(places - (each.x_um, each.y_um)).T).min() < 1e-3


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("size_um", (10.0, 250.0)),
        ("size_um", None),
        ("fissions_per_h", -1.0),
        ("motion", 3.0),
        ("width_um", 0.0),
        ("bleach_j_per_cm2", "much"),
        ("harm_j_per_cm2", 0.0),
    ],
)
def test_an_impossible_setting_is_named(setting: str, value: object) -> None:
    """The error tells which setting, and what it must be."""
    with pytest.raises(ProtocolError, match=f"mitochondria.{setting} is .*must be"):
        make_specimen("mitochondria", 0, {setting: value})
