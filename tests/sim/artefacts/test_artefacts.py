"""Artefacts: each does what it says, when it says, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saccade.sim.artefacts import (
    ARTEFACTS,
    Bubble,
    DeadFrames,
    Debris,
    DefocusStep,
    DyingLamp,
    LampFlicker,
    OutOfFocusPlane,
    Saturation,
    StageJump,
    Stripes,
    make_artefact,
)
from saccade.sim.specimens import Beads
from saccade.sim.world import Channel, Imaging, Light, Optics, View, World

VIEW = View(channel="FITC", sensor_px=(128, 128), pixel_size_um=0.65)
LIGHT = Light("FITC", 10, 0.01)
EVEN = Imaging(optics=Optics(haze=0.0, falloff=0.0), background=50_000.0)
SHOWING: dict[str, dict[str, Any]] = {kind: {} for kind in ARTEFACTS} | {
    "marker": {"p_out": 1.0},
    "dying-lamp": {"fall_s": 0.0},
}


def world(*artefacts: Any, count: int = 100, imaging: Imaging = EVEN) -> World:
    return World(Beads(1, count=count, size_um=(90.0, 90.0)), imaging, artefacts)


def spoilt_and_clean(artefact: Any, t_s: float = 10.0, **more: Any) -> list[np.ndarray]:
    worlds = world(artefact, **more), world(**more)
    for each in worlds:
        each.advance(t_s)
    return [each.render(VIEW, 20, LIGHT) for each in worlds]


@pytest.mark.parametrize("kind", ARTEFACTS)
def test_an_artefact_is_there_from_its_start_until_before_its_end(kind: str) -> None:
    """Pictures differ from those of a clean world during it alone, and the truth says so."""
    artefact = make_artefact(kind, SHOWING[kind] | {"start_s": 10.0, "end_s": 20.0})
    for t_s, there in ((0.0, False), (9.99, False), (10.0, True), (19.99, True), (20.0, False)):
        spoilt, clean = world(artefact), world()
        for each in (spoilt, clean):
            each.advance(t_s)
        assert spoilt.spoilt() == spoilt.spoilt(VIEW) == ((kind,) if there else ())
        pictures = [each.picture(VIEW, 20, LIGHT) for each in (spoilt, clean)]
        assert np.array_equal(*pictures) == (not there)


@pytest.mark.parametrize("kind", ARTEFACTS)
def test_the_same_seed_and_time_give_the_same_artefact_whoever_looked_before(kind: str) -> None:
    """An artefact does not depend on how many pictures were taken before."""
    artefacts = [make_artefact(kind, SHOWING[kind] | {"seed": 5}) for _ in range(2)]
    often, seldom = (world(each) for each in artefacts)
    for t_s in (1.0, 2.0, 7.5):
        often.advance(t_s)
        often.render(VIEW, 20, None)
        assert often.spoilt(VIEW) == often.spoilt(VIEW)
    for each in (often, seldom):
        each.advance(8.0)
    assert np.array_equal(often.render(VIEW, 20, LIGHT), seldom.render(VIEW, 20, LIGHT))
    assert often.spoilt(VIEW) == seldom.spoilt(VIEW)


@given(data=st.data(), t_s=st.floats(0, 1e5))
@settings(max_examples=40)
def test_photons_stay_finite_and_not_negative_whatever_goes_wrong(
    data: st.DataObject, t_s: float
) -> None:
    """Any artefacts at once, in light or in the dark, in any region, make a picture."""
    kinds = data.draw(st.lists(st.sampled_from(sorted(ARTEFACTS)), max_size=4))
    spoilt = world(*(make_artefact(kind, {"seed": 3}) for kind in kinds))
    spoilt.advance(t_s)
    roi = data.draw(st.sampled_from([None, (0, 0, 1, 1), (100, 20, 20, 60)]))
    light = data.draw(st.sampled_from([None, LIGHT]))
    view = replace(VIEW, roi=roi)
    photons = spoilt.render(view, 20, light)
    assert photons.shape == view.shape_px
    assert photons.dtype == np.float32
    assert np.isfinite(photons).all()
    assert photons.min() >= 0
    assert spoilt.picture(view, 20, light).dtype == np.uint16


def test_flicker_varies_power_by_its_depth_and_the_dose_with_it() -> None:
    """Over many exposures, brightness has the mean and deviation asked; the specimen feels it."""
    flickering = world(LampFlicker(depth=0.2))
    light = Light("FITC", 10, 0.01)
    brightness, doses = [], []
    for n in range(300):
        flickering.advance(n * 0.5)
        before = flickering.specimen._dose.copy()
        brightness.append(float(flickering.render(VIEW, 20, light)[3, 3]))
        doses.append(float((flickering.specimen._dose - before)[0]))
    relative = np.array(brightness) / (50_000 * 0.65**2 * 0.02)
    assert relative.mean() == pytest.approx(1, abs=0.05)
    assert relative.std() == pytest.approx(0.2, rel=0.15)
    assert np.array(doses) / 0.02 == pytest.approx(relative, rel=1e-4)


def test_a_dying_lamp_falls_evenly_to_what_is_left() -> None:
    """Half way of its fall it gives the mean of all and what is left; later it stays there."""
    dying = world(DyingLamp(start_s=100, fall_s=200, left=0.2), count=0)
    given_light = []
    for t_s in (0, 100, 200, 300, 5000):
        dying.advance(t_s)
        given_light.append(float(dying.render(VIEW, 20, LIGHT).mean()))
    relative = np.array(given_light) / given_light[0]
    assert relative == pytest.approx([1, 1, 0.6, 0.2, 0.2], rel=1e-4)


def test_a_defocus_step_is_the_picture_of_another_height() -> None:
    """The picture is that of a clean world where the stage stands 6 µm higher."""
    spoilt, _ = spoilt_and_clean(DefocusStep(step_um=6.0))
    assert np.array_equal(spoilt, world().render(replace(VIEW, z_um=6.0), 20, LIGHT))


def test_a_stage_jump_is_the_picture_of_another_place() -> None:
    """The picture is that of a clean world whose stage stands beside."""
    spoilt, _ = spoilt_and_clean(StageJump(x_um=13.0, y_um=-7.0))
    beside = replace(VIEW, x_um=13.0, y_um=-7.0)
    assert np.array_equal(spoilt, world().render(beside, 20, LIGHT))


def test_stripes_have_their_period_and_depth_and_move() -> None:
    """Row by row, brightness is a wave of the period and depth; the next exposure's is another."""
    artefact = Stripes(depth=0.25, period_px=16.0)
    phases = []
    for t_s in (10.0, 10.5, 11.0, 100.0, 100.1, 3600.0):
        spoilt, clean = spoilt_and_clean(artefact, t_s)
        ratio = spoilt / clean
        assert np.allclose(ratio, ratio[:, :1], rtol=1e-4)
        spectrum = np.fft.rfft(ratio[:, 0] - 1) / 64
        assert np.abs(spectrum).argmax() == 128 / 16
        assert np.abs(spectrum).max() == pytest.approx(0.25, rel=0.01)
        phases.append(spectrum[8] / np.abs(spectrum[8]))
    assert np.abs(np.mean(phases)) < 0.9


@pytest.mark.parametrize("share", [0.02, 0.3])
def test_saturation_fills_the_share_of_pixels_that_was_asked(share: float) -> None:
    """The share of pixels at the greatest count is that asked; the specimen gets no more light."""
    discs = Beads(1, count=60, size_um=(90.0, 90.0), diameter_um=9.0)
    spoilt = World(discs, Imaging(), [Saturation(share=share)])
    full = spoilt.picture(VIEW, 2, LIGHT) == Imaging().sensor.most_counts
    assert full.mean() == pytest.approx(share, rel=0.2)
    assert spoilt.specimen._dose.max() <= 0.02


def test_dead_frames_are_black_or_the_one_before() -> None:
    """All counts are 0; or the picture before comes once more, in its first exposure too."""
    black = world(DeadFrames(start_s=5.0))
    assert black.picture(VIEW, 20, LIGHT).min() > 0
    black.advance(5.0)
    assert not black.picture(VIEW, 20, LIGHT).any()

    frozen = world(DeadFrames(start_s=5.0, repeated=True))
    before = frozen.picture(VIEW, 20, LIGHT)
    frozen.advance(6.0)
    for _ in range(2):
        again = frozen.picture(VIEW, 20, LIGHT)
        assert np.array_equal(again, before)
        again[:] = 7  # the caller's own
    assert not frozen.picture(replace(VIEW, roi=(0, 0, 9, 9)), 20, LIGHT).any()


def test_the_specimen_takes_the_light_of_dead_frames_too() -> None:
    """A camera that hands out nothing costs the sample what a good one does."""
    dead, good = world(DeadFrames()), world()
    for each in (dead, good):
        each.picture(VIEW, 20, LIGHT)
    assert np.array_equal(dead.specimen._dose, good.specimen._dose)


def test_frames_die_with_the_chance_that_was_asked_and_the_truth_knows_which() -> None:
    """Of many exposures, the share that is dead is the chance; each is foretold."""
    failing = world(DeadFrames(chance=0.3), count=0)
    dead = []
    for n in range(300):
        failing.advance(n * 0.25)
        foretold = failing.spoilt(VIEW)
        dead.append(not failing.picture(VIEW, 20, LIGHT).any())
        assert foretold == (("dead-frames",) if dead[-1] else ())
    assert np.mean(dead) == pytest.approx(0.3, abs=0.08)


def test_a_bubble_stays_on_the_sensor_wherever_the_stage_goes() -> None:
    """It darkens the same pixels at another place, by what it lets pass."""
    bubble = Bubble(x_share=0.5, y_share=0.25, radius_share=0.2, passes=0.5)
    ratios = []
    for x_um in (0.0, 30.0):
        pictures = [
            each.render(replace(VIEW, x_um=x_um), 20, LIGHT)
            for each in (world(bubble, count=0), world(count=0))
        ]
        ratios.append(pictures[0] / pictures[1])
    assert np.array_equal(*ratios)
    assert ratios[0][32, 64] == pytest.approx(0.5, abs=0.01)
    assert ratios[0][100, 64] == pytest.approx(1, abs=0.01)
    rim = ratios[0][32 + 26, 64]
    assert rim < 0.5


def test_a_bubble_outside_a_region_does_not_spoil_it() -> None:
    """Where only the other side of the sensor is read, the truth says that nothing is wrong."""
    bubbly = world(Bubble(x_share=0.8, y_share=0.8, radius_share=0.1))
    assert bubbly.spoilt(VIEW) == ("bubble",)
    assert bubbly.spoilt(replace(VIEW, roi=(0, 0, 40, 40))) == ()


def glow_um(artefact: Any, view: View) -> tuple[float, float]:
    """Return where on the stage the artefact's own light is centred."""
    spoilt, clean = world(artefact, count=0), world(count=0)
    own = spoilt.render(view, 20, LIGHT) - clean.render(view, 20, LIGHT)
    rows, cols = np.indices(own.shape)
    row, col = (own * rows).sum() / own.sum(), (own * cols).sum() / own.sum()
    return view.x_um + (col - 63.5) * 0.65, view.y_um + (row - 63.5) * 0.65


def test_debris_stays_in_the_sample_when_the_stage_moves() -> None:
    """Its light is centred at its place, to 1 µm, from wherever it is seen."""
    debris = Debris(x_um=5.0, y_um=-4.0, radius_um=6.0)
    for x_um, y_um in ((0.0, 0.0), (12.0, 6.0)):
        view = replace(VIEW, x_um=x_um, y_um=y_um)
        assert glow_um(debris, view) == pytest.approx((5.0, -4.0), abs=1.0)


def test_debris_elsewhere_does_not_spoil_a_view() -> None:
    """The truth about a view far from it says that nothing is wrong there."""
    dirty = world(Debris(x_um=20.0, radius_um=5.0))
    assert dirty.spoilt(VIEW) == ("debris",)
    assert dirty.spoilt(replace(VIEW, x_um=400.0)) == ()
    assert dirty.spoilt() == ("debris",)


def test_debris_glows_in_proportion_to_the_light_and_not_in_the_dark() -> None:
    """Twice the dose brings twice its photons; without light it is invisible."""
    own = []
    for light in (None, LIGHT, replace(LIGHT, power_mw=20.0)):
        dirty, clean = world(Debris(), count=0), world(count=0)
        own.append(float((dirty.render(VIEW, 20, light) - clean.render(VIEW, 20, light)).sum()))
    assert own[0] == 0
    assert own[2] == pytest.approx(2 * own[1], rel=1e-3)
    assert own[1] > 0


def test_debris_in_a_region_is_a_crop_of_the_whole() -> None:
    """Reading a part of the sensor changes nothing of what is seen there."""
    whole, part = world(Debris(), OutOfFocusPlane()), world(Debris(), OutOfFocusPlane())
    cropped = whole.render(VIEW, 20, LIGHT)[20:80, 50:120]
    region = part.render(replace(VIEW, roi=(50, 20, 70, 60)), 20, LIGHT)
    assert np.allclose(region, cropped, rtol=1e-4)


def test_another_plane_is_seen_sharply_at_its_own_height() -> None:
    """Its contrast is greatest where the focus is at its height, and low at that of the rest."""
    plane = OutOfFocusPlane(z_um=25.0, per_mm2=3000.0)
    spreads = {}
    for z_um in (0.0, 25.0):
        view = replace(VIEW, z_um=z_um)
        own = world(plane, count=0).render(view, 20, LIGHT) - world(count=0).render(view, 20, LIGHT)
        assert own.mean() > 0
        spreads[z_um] = own.std() / own.mean()
    assert spreads[0.0] < 0.5 * spreads[25.0]


class Glass(Beads):
    """Nothing but light that passes through."""

    def __init__(self) -> None:
        super().__init__(0, count=0)
        self.channels = {"FITC": Channel("FITC", 550, 550, transmitted=True)}


def test_debris_darkens_transmitted_light() -> None:
    """In a transmitted channel it takes the share that it does not let pass."""
    dirty, clean = (
        World(Glass(), EVEN, artefacts)
        for artefacts in ((Debris(passes=0.3, z_um=0.0, radius_um=10.0),), ())
    )
    ratio = dirty.render(VIEW, 20, LIGHT) / clean.render(VIEW, 20, LIGHT)
    assert ratio[64, 64] == pytest.approx(0.3, abs=0.01)
    assert ratio[0, 0] == pytest.approx(1, abs=1e-3)


def test_artefacts_add_up_and_each_is_told() -> None:
    """Two at once both spoil the picture, and the truth names both."""
    both = world(StageJump(x_um=13.0), Stripes(seed=2))
    jump = world(StageJump(x_um=13.0))
    stripes = both.render(VIEW, 20, LIGHT) / jump.render(VIEW, 20, LIGHT)
    assert np.allclose(stripes, stripes[:, :1], rtol=1e-4)
    assert stripes.std() > 0.1
    assert both.spoilt(VIEW) == ("stage-jump", "stripes")
