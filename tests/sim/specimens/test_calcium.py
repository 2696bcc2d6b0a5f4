"""The calcium specimen: what it shows, and that it is what it says happened."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saccade.core import ProtocolError
from saccade.sim.specimens import Calcium, make_specimen
from saccade.sim.world import Canvas, Imaging, Light, Optics, View, World

SMALL = (200.0, 200.0)
CLEAR = Imaging(optics=Optics(haze=0.0, falloff=0.0), background=0.0)
FIELD = View(channel="FITC", sensor_px=(256, 256), pixel_size_um=0.8)


def blue(power_mw: float = 4.0) -> Light:
    return Light("FITC", power_mw, 0.005)


def still(**given: object) -> Calcium:
    """Return tissue in which nothing happens by itself, unless told."""
    quiet: dict[str, object] = {"size_um": SMALL, "rate_hz": 0.0, "waves_per_h": 0.0}
    return Calcium(3, **(quiet | given))  # type: ignore[arg-type]


def painted(specimen: Calcium, view: View = FIELD) -> np.ndarray:
    canvas = Canvas(view, 8, specimen.layers_um)
    specimen.paint(canvas, "FITC")
    return canvas.layers


def at_cell(specimen: Calcium, track: int, reach: int = 4) -> float:
    """Return the brightness in the sharp picture around a cell."""
    canvas = Canvas(FIELD, 8, specimen.layers_um)
    specimen.paint(canvas, "FITC")
    row, col = (round(float(v)) for v in canvas.to_px(*specimen.places_um()[track]))
    layer = canvas.layers[specimen._cells.sheet[track]]
    return float(layer[row - reach : row + reach + 1, col - reach : col + reach + 1].mean())


def test_the_same_seed_gives_the_same_pixels_and_another_seed_others() -> None:
    """Pixels are a function of the seed and the time, bit for bit."""
    worlds = [World(Calcium(seed, size_um=SMALL, rate_hz=0.05)) for seed in (5, 5, 6)]
    for world in worlds:
        world.advance(33.0)
    first, again, other = (world.picture(FIELD, 20, blue()) for world in worlds)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@given(
    looks=st.lists(st.floats(0.0, 150.0), max_size=12),
    seed=st.integers(0, 50),
)
@settings(max_examples=15)
def test_asking_more_often_changes_nothing(looks: list[float], seed: int) -> None:
    """However often a world is advanced and looked at in the dark, it ends up the same."""
    busy = {"size_um": (100.0, 100.0), "rate_hz": 0.02, "waves_per_h": 120.0, "reach_um": 60.0}
    asked, left = Calcium(seed, **busy), Calcium(seed, **busy)  # type: ignore[arg-type]
    for t_s in sorted(looks):
        asked.advance(t_s)
        assert all(each.onset_s <= t_s for each in asked.occurrences)
        asked.brightness()
    for each in (asked, left):
        each.advance(150.0)
    assert asked.occurrences == left.occurrences
    assert np.array_equal(asked.brightness(), left.brightness())
    assert np.array_equal(painted(asked), painted(left))
    onsets = [each.onset_s for each in left.occurrences]
    assert onsets == sorted(onsets)


def a_transient(specimen: Calcium, until_s: float = 600.0) -> tuple[int, float, float]:
    """Return the track, onset and end of one that has a cell for itself for a while."""
    scout = Calcium(3, size_um=SMALL, rate_hz=1e-3, waves_per_h=0.0)
    scout.advance(until_s)
    for each in scout.occurrences:
        near = [
            other
            for other in scout.occurrences
            if abs(other.onset_s - each.onset_s) < 15
            and other is not each
            and np.hypot(other.x_um - each.x_um, other.y_um - each.y_um) < 25
        ]
        inside = max(abs(each.x_um), abs(each.y_um)) < 80
        if not near and each.z_um == 0 and each.onset_s > 15 and inside:
            return each.track, each.onset_s, each.end_s
    raise AssertionError("no lone transient")


def test_onset_rise_and_decay_are_recovered_from_rendered_pictures() -> None:
    """A noise-free movie through the optics shows the onset within 10 ms, the decay within 3 %."""
    world = World(
        Calcium(3, size_um=SMALL, rate_hz=1e-3, waves_per_h=0.0, bleach_j_per_cm2=1e9), CLEAR
    )
    track, onset_s, end_s = a_transient(world.specimen)  # type: ignore[arg-type]
    x_um, y_um = world.specimen.places_um()[track]
    view = View(x_um, y_um, channel="FITC", sensor_px=(24, 24), pixel_size_um=0.325)
    times = onset_s + np.arange(-0.2, 3.0, 0.01)
    trace = []
    for t_s in times:
        world.advance(float(t_s))
        trace.append(float(world.render(view, 1e-6, blue()).mean()))
    rise = np.array(trace) - np.mean(trace[:15])
    since = times - onset_s
    assert since[np.argmax(rise > 0.02 * rise.max())] == pytest.approx(0, abs=0.01)
    assert since[np.argmax(rise)] == pytest.approx(0.08 * np.log(11), abs=0.015)
    late = (since > 0.6) & (since < 2.5)
    slope = np.polyfit(since[late], np.log(rise[late]), 1)[0]
    assert -1 / slope == pytest.approx(0.8, rel=0.03)
    over = np.interp(end_s - onset_s, since, rise) / rise.max()
    assert over == pytest.approx(0.05, rel=0.05)


def test_a_wave_crosses_the_tissue_at_its_speed_from_its_origin() -> None:
    """The time at which each place lights up grows with its distance by 1 over the speed."""
    specimen = Calcium(2, rate_hz=0.0, waves_per_h=30.0, wave_um_per_s=80.0, reach_um=200.0)
    specimen.advance(3600.0)
    wave = next(w for w in specimen.occurrences if abs(w.x_um) < 60 and 0 < w.y_um < 150)
    assert wave.kind == "wave"
    assert wave.extent_um <= 200.0
    fresh = Calcium(2, rate_hz=0.0, waves_per_h=30.0, wave_um_per_s=80.0, reach_um=200.0)
    view = View(wave.x_um, wave.y_um, channel="FITC", sensor_px=(80, 80), pixel_size_um=4.0)
    fresh.advance(wave.onset_s - 0.01)
    frames, times = [], wave.onset_s + np.arange(0, 3.0, 0.05)
    rest = painted(fresh, view)[1]
    for t_s in times:
        fresh.advance(float(t_s))
        frames.append(painted(fresh, view)[1])
    movie = np.stack(frames)
    away = np.hypot(*(np.mgrid[:96, :96] - 47.5)) * 4.0
    whole = (rest > 0.3 * rest.max()) & (away < 0.9 * wave.extent_um) & (away > 10)
    lit = movie[:, whole] > 1.25 * rest[whole]
    seen = lit.any(axis=0)
    slope, start = np.polyfit(away[whole][seen], times[lit.argmax(axis=0)[seen]], 1)
    assert 1 / slope == pytest.approx(80.0, rel=0.05)
    assert start == pytest.approx(wave.onset_s, abs=0.15)
    assert seen.mean() > 0.7
    assert wave.end_s > wave.onset_s + wave.extent_um / 80.0


def test_what_is_said_to_happen_is_what_the_pictures_show() -> None:
    """At each cell that has a transient the picture brightens, and nowhere else."""
    specimen = Calcium(4, size_um=SMALL, rate_hz=2e-3, waves_per_h=0.0)
    rest = specimen.brightness()
    t_s = 40.0
    specimen.advance(t_s)
    going_on = {e.track for e in specimen.occurrences if e.onset_s + 0.1 < t_s < e.end_s}
    ever = {e.track for e in specimen.occurrences}
    assert going_on
    still_now = Calcium(4, size_um=SMALL, rate_hz=0.0, waves_per_h=0.0)
    for track in going_on:
        assert at_cell(specimen, track) > 1.02 * at_cell(still_now, track)
    unmoved = np.setdiff1d(np.arange(len(rest)), list(ever))
    assert np.array_equal(specimen.brightness()[unmoved], rest[unmoved])
    for each in specimen.occurrences:
        assert (each.x_um, each.y_um) == tuple(specimen.places_um()[each.track])
        assert each.kind == "transient"


def test_activity_is_rare_by_default() -> None:
    """Between 0.01 and 1 % of cell-frames show a cell within a transient or a wave."""
    specimen = Calcium(1)
    cells, active, times = specimen.health.alive, 0, np.arange(5.0, 1800.0, 5.0)
    for t_s in times:
        specimen.advance(float(t_s))
        active += int(np.count_nonzero(specimen._pool.level(t_s)[:cells] > 0.06))
    share = active / (cells * len(times))
    assert 1e-4 < share < 1e-2
    assert {each.kind for each in specimen.occurrences} == {"transient", "wave"}


@pytest.mark.parametrize(
    ("dose", "low", "high"),
    [
        pytest.param(20.0, 0.0, 0.01, id="little light harms nobody"),
        pytest.param(100.0, 0.4, 0.6, id="the dose that silences half"),
        pytest.param(300.0, 0.98, 1.0, id="much light silences all"),
    ],
)
def test_light_silences_cells_by_a_dose_response(dose: float, low: float, high: float) -> None:
    """The share of silent cells follows the dose, and what they would have done is averted."""
    lit = still(rate_hz=0.01, harm_j_per_cm2=100.0)
    lit.absorb(np.full(len(lit.places_um()), dose), "FITC")
    dark = still(rate_hz=0.01)
    for each in (lit, dark):
        each.advance(200.0)
    health = lit.health
    assert low <= health.harmed / health.alive <= high
    assert health.averted + len(lit.occurrences) == len(dark.occurrences)
    assert low - 0.1 <= health.averted / len(dark.occurrences) <= high + 0.1
    assert set(lit.occurrences) <= set(dark.occurrences)
    assert health.dose_j_per_cm2 == dose


def test_harm_raises_the_brightness_at_rest() -> None:
    """Where dye doesn't bleach, a harmed cell is brighter at rest, never dimmer."""
    specimen = still(bleach_j_per_cm2=1e12, harm_j_per_cm2=100.0)
    rest = specimen.brightness()
    specimen.absorb(np.full(len(rest), 100.0), "FITC")
    ratio = (specimen.brightness() / rest)[: specimen.health.alive]
    assert ratio.min() >= 1
    assert ratio.mean() == pytest.approx(1.4, abs=0.05)


def test_bleaching_leaves_1_over_e_after_its_dose() -> None:
    """The picture fades exponentially with the dose."""
    world = World(still(bleach_j_per_cm2=0.2, harm_j_per_cm2=1e12), CLEAR)
    light = Light("FITC", 4.0, 0.005)
    first = world.render(FIELD, 25.0, light).sum()  # 0.02 J/cm² each
    for _ in range(9):
        world.render(FIELD, 25.0, light)
    assert world.render(FIELD, 25.0, light).sum() / first == pytest.approx(np.exp(-1), rel=0.01)
    assert world.health.dye_left == pytest.approx(np.exp(-1.1), rel=0.01)


@pytest.mark.parametrize("nm", [470, 590])
def test_stimulation_evokes_cells_inside_the_mask_only(nm: int) -> None:
    """All cells in the mask answer at once, those outside don't; the light shows nothing."""
    world = World(still(stim_nm=nm), CLEAR)
    mask = np.zeros(FIELD.sensor_px, np.float32)
    mask[100:180, 60:140] = 1
    world.advance(2.0)
    view = View(channel="Stim", sensor_px=FIELD.sensor_px, pixel_size_um=FIELD.pixel_size_um)
    seen = world.render(view, 10.0, Light("Stim", 4.0, 0.005, mask))
    assert not seen.any()
    assert world.channel("Stim").excitation_nm == nm
    places = world.specimen.places_um()[: world.health.alive]
    row, col = (np.rint(v / 0.8 + 127.5).astype(int) for v in (places[:, 1], places[:, 0]))
    inside = (row >= 100) & (row < 180) & (col >= 60) & (col < 140)
    evoked = {each.track for each in world.occurrences}
    assert evoked == set(np.flatnonzero(inside))
    assert {(e.kind, e.onset_s) for e in world.occurrences} == {("evoked", 2.0)}
    before = painted(still(stim_nm=nm))
    world.advance(2.2)
    gain = painted(world.specimen) / np.maximum(before, 1)  # type: ignore[arg-type]
    bright = gain.max(axis=0)[8:-8, 8:-8]
    assert bright[105:175, 65:135].max() > 1.5
    away = np.ones_like(bright, bool)
    away[90:190, 50:150] = False
    assert bright[away].max() == pytest.approx(1.0, abs=1e-6)


def test_stimulation_has_a_threshold_and_a_refractory_time() -> None:
    """Too weak a flash evokes nothing; a second one right after the first neither."""
    specimen = still(stim_j_per_cm2=0.004)
    n = len(specimen.places_um())
    specimen.absorb(np.full(n, 0.0039), "Stim")
    assert specimen.occurrences == ()
    specimen.absorb(np.full(n, 0.0041), "Stim")
    first = len(specimen.occurrences)
    assert first == specimen.health.alive
    specimen.advance(0.1)
    specimen.absorb(np.full(n, 0.0041), "Stim")
    assert len(specimen.occurrences) == first
    specimen.advance(0.5)
    specimen.absorb(np.full(n, 0.0041), "Stim")
    assert len(specimen.occurrences) == 2 * first


@pytest.mark.parametrize("pixel_size_um", [0.325, 0.5, 0.65, 1.3])
def test_pictures_move_with_the_view_by_parts_of_a_pixel(pixel_size_um: float) -> None:
    """The same tissue seen from a shifted view has its light where the shift puts it."""
    specimen = still(size_um=(300.0, 300.0))
    centres = []
    for dx in (0.0, 0.37, 5.11):
        view = View(dx, -20.0, channel="FITC", sensor_px=(64, 64), pixel_size_um=pixel_size_um)
        canvas = Canvas(view, 8, specimen.layers_um)
        specimen.paint(canvas, "FITC")
        track = int(np.argmin(np.hypot(*(specimen._cells.places_um - (3.0, -20.0)).T)))
        row, col = (float(v) for v in canvas.to_px(*specimen.places_um()[track]))
        rows, cols = np.indices(canvas.shape_px)
        near = np.exp(-((rows - row) ** 2 + (cols - col) ** 2) * (pixel_size_um / 4.0) ** 2)
        light = canvas.layers[specimen._cells.sheet[track]] * near
        centres.append(float((light * (cols - col)).sum() / light.sum() * pixel_size_um))
    assert centres == pytest.approx([centres[0]] * 3, abs=0.06)


def test_coarse_and_fine_pixels_show_the_same_amount_of_light() -> None:
    """A field has the same mean brightness through any pixel size, within 3 %."""
    specimen = still(size_um=(400.0, 400.0))
    means = []
    for pixel_size_um, px in ((0.4, 256), (0.8, 128), (1.6, 64), (3.2, 32)):
        view = View(20.0, 30.0, channel="FITC", sensor_px=(px, px), pixel_size_um=pixel_size_um)
        canvas = Canvas(view, 0, specimen.layers_um)
        specimen.paint(canvas, "FITC")
        means.append(float(canvas.layers.mean()))
    assert means == pytest.approx([means[0]] * 4, rel=0.03)


def test_a_view_beyond_the_tissue_is_dark() -> None:
    """Off the slide nothing is painted, and nothing fails."""
    away = View(5000.0, 0.0, channel="FITC", sensor_px=(64, 64))
    assert not painted(still(), away).any()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("size_um", (10.0, 600.0)),
        ("size_um", 600.0),
        ("spacing_um", 0.0),
        ("spacing_um", 5.0),
        ("rate_hz", -1.0),
        ("waves_per_h", float("nan")),
        ("wave_um_per_s", 0.0),
        ("decay_s", True),
        ("rise_s", "slow"),
        ("amplitude", -0.1),
        ("stim_nm", 500),
        ("harm_j_per_cm2", 0),
    ],
)
def test_an_impossible_setting_is_named(setting: str, value: object) -> None:
    """The error tells which setting, and what it must be."""
    with pytest.raises(ProtocolError, match=f"calcium.{setting} is .*must be"):
        make_specimen("calcium", 0, {setting: value})


def test_a_tissue_holds_no_more_cells_than_can_be_numbered() -> None:
    """Small spacing in a large tissue is refused, with the least that would do."""
    with pytest.raises(ProtocolError, match=r"at least 8\.9 in a tissue of that size"):
        Calcium(size_um=(2000.0, 2000.0), spacing_um=7.0)


def test_lists_from_a_protocol_do_for_sizes() -> None:
    """YAML knows no tuples."""
    specimen = make_specimen("calcium", 0, {"size_um": [120, 120]})
    canvas = Canvas(FIELD, 0, specimen.layers_um)
    specimen.paint(canvas, "FITC")
    assert canvas.layers.any()
