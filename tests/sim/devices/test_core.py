"""A core whose devices are simulated: what it says, takes and refuses."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from useq import MDAEvent, MDASequence

from saccade.core import RealClock, SnapError
from saccade.run import Run
from saccade.scope import Manners
from saccade.testing import MemorySink

CHANNEL = {"config": "FITC"}


def play(scope, events, **parts):
    sink = MemorySink()
    run = Run(scope, events, sink=sink, clock=scope.clock, **parts)
    return run.start().wait(60), sink


def views_of(scope, monkeypatch):
    """Return a list that fills with what is looked at when a picture forms."""
    world, views = scope.world, []
    render = world.render

    def spy(view, exposure_ms, light):
        views.append((view, exposure_ms, light, world.t_s))
        return render(view, exposure_ms, light)

    monkeypatch.setattr(world, "render", spy)
    return views


def test_a_frame_is_what_its_label_says(make, monkeypatch):
    """Place, height, region, channel, exposure and light of a picture are those of its label."""
    scope = make("sim:dividing-nuclei", clock="virtual", sensor_px=[64, 96])
    views = views_of(scope, monkeypatch)
    events = [
        MDAEvent(
            x_pos=10.0 * n,
            y_pos=-5.0 * n,
            z_pos=0.5 * n,
            channel={"config": ("FITC", "Cy5")[n % 2]},
            exposure=5.0 + n,
            roi=None if n < 3 else (8, 4, 32, 16),
            min_start_time=float(n),
        )
        for n in range(6)
    ]
    _, sink = play(scope, events)
    assert len(sink.frames) == len(views) == 6
    for frame, (view, exposure_ms, light, t_s) in zip(sink.frames, views, strict=True):
        assert (view.x_um, view.y_um, view.z_um) == (frame.x_um, frame.y_um, frame.z_um)
        assert (view.roi or (0, 0, 96, 64)) == frame.roi
        assert view.channel == light.channel == frame.channel
        assert exposure_ms == frame.exposure_ms
        assert {light.channel: light.power_mw} == frame.light_mw
        assert t_s == pytest.approx((frame.t_ns / 1e6 - exposure_ms) / 1e3, abs=1e-9)
        assert frame.pixels.shape == frame.roi[:1:-1]


def test_a_place_out_of_reach_is_a_gap(make):
    """The stage refuses, and no picture of the wrong place is taken."""
    scope = make(mechanics={"xy_travel_um": [-50.0, 50.0]})
    verdict, sink = play(scope, [MDAEvent(x_pos=x, y_pos=0.0) for x in (0.0, 60.0, 10.0)])
    assert verdict.name == "completed_with_gaps"
    (gap,) = sink.of("gap")
    assert gap.index == 1
    assert "beyond the travel" in gap.reason


def test_backlash_shows_in_the_picture_and_not_in_the_label(make, monkeypatch):
    """The stage reads back as asked but truly stands off, once it came from above."""
    scope = make(mechanics={"xy_backlash_um": 3.0})
    views = views_of(scope, monkeypatch)
    _, sink = play(scope, [MDAEvent(x_pos=x, y_pos=0.0) for x in (20.0, 10.0, 20.0)])
    assert [frame.x_um for frame in sink.frames] == [20.0, 10.0, 20.0]
    assert [view.x_um for view, *_ in views] == [20.0, 13.0, 20.0]


def test_a_wait_for_a_stage_costs_one_look_in_virtual_time(make, monkeypatch):
    """Nothing sleeps, and the time jumps to when the stage is at rest."""
    scope = make(mechanics={"xy_speed_um_per_s": 1000.0, "xy_settle_ms": 30.0})
    naps, nap = [], scope.clock.nap
    monkeypatch.setattr(scope.clock, "nap", lambda s: naps.append(s) or nap(s))
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("somebody slept"))
    _, sink = play(scope, [MDAEvent(x_pos=50.0, y_pos=0.0, exposure=10.0)])
    (frame,) = sink.frames
    assert frame.times.ready - frame.times.setup == 80_000_000
    assert naps.count(Manners().poll_s) == 1, "the engine asked once, waited, and asked again"


def test_the_autofocus_holds_against_drift_while_it_is_locked(make, monkeypatch):
    """Locked, the sample stays as far from the focus as the offset says; unlocked, it drifts."""
    scope = make(drift={"z_um_per_h": 10.0})
    lock = [("Autofocus Offset", "Lock", 1), ("Autofocus Offset", "Position", 0.5)]
    events = [
        MDAEvent(z_pos=0.0),
        MDAEvent(z_pos=0.0, min_start_time=3600.0),
        MDAEvent(z_pos=0.0, min_start_time=3600.0, properties=lock),
    ]
    views = views_of(scope, monkeypatch)
    _, sink = play(scope, events)
    assert len(sink.frames) == 3
    heights = [view.z_um - scope.world.imaging.drift.at(t_s)[2] for view, _, _, t_s in views]
    assert heights == pytest.approx([0.0, -10.0, 0.5], abs=0.01)


def test_binning_makes_larger_pixels_of_the_same_field(make):
    """Two by two pixels become one of four times the light, and the stand knows their size."""
    core = make(
        background=3e5,
        optics={"falloff": 0.0, "haze": 0.0},
        specimen={"count": 0},
        sensor={"hot_pixels": 0.0},
    ).core
    core.snapImage()
    fine = core.getImage()
    core.setROI(0, 0, 10, 10)
    core.setProperty("Camera", "Binning", 2)
    assert core.getPixelSizeUm() == pytest.approx(0.65)
    core.snapImage()
    coarse = core.getImage()
    assert fine.shape == (64, 96)
    assert coarse.shape == (32, 48), "the region is the whole sensor again"
    assert (coarse.mean() - 100) / (fine.mean() - 100) == pytest.approx(4.0, rel=0.01)
    with pytest.raises(ValueError, match="3"):
        core.setProperty("Camera", "Binning", 3)


def test_a_region_shows_what_the_whole_sensor_shows_there(make):
    """A region is a cut-out of the picture, not another picture."""
    pictures = []
    for roi in (None, (16, 8, 40, 24)):
        core = make(specimen={"count": 4000, "size_um": [200.0, 200.0]}).core
        if roi:
            core.setROI(*roi)
        core.setExposure(500)
        core.snapImage()
        pictures.append(core.getImage().astype(float))
    whole, part = pictures
    assert part.shape == (24, 40)
    steps = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    cuts = {at: whole[8 + at[0] : 32 + at[0], 16 + at[1] : 56 + at[1]] for at in steps}
    alike = {at: np.corrcoef(cut.ravel(), part.ravel())[0, 1] for at, cut in cuts.items()}
    assert max(alike, key=alike.get) == (0, 0)
    assert alike[0, 0] > 0.9


def test_a_bright_field_saturates(make):
    """No pixel holds more than the full well."""
    core = make(background=1e9).core
    core.snapImage()
    picture = core.getImage()
    assert picture.min() == picture.max() == int(30_000 / 0.46 + 100)


@pytest.mark.parametrize(
    ("exposure_ms", "interval_ms"), [(20.0, 20.0), (2.0, 5.0)], ids=["exposure", "readout"]
)
def test_a_sequence_is_as_fast_as_exposure_and_readout_allow(make, exposure_ms, interval_ms):
    """One picture is read out while the next is exposed."""
    scope = make()
    core, clock = scope.core, scope.clock
    core.setExposure(exposure_ms)
    core.startSequenceAcquisition(4, 0, True)
    arrived_ms = []
    while core.isSequenceRunning() or core.getRemainingImageCount():
        if core.getRemainingImageCount():
            _, tags = core.popNextImageAndMD()
            assert int(tags["ImageNumber"]) == len(arrived_ms)
            arrived_ms.append(clock.now_ns() / 1e6)
        else:
            clock.nap(1e-3)
    first_ms = 2.0 + exposure_ms + 5.0
    assert arrived_ms == pytest.approx([first_ms + interval_ms * n for n in range(4)])
    assert not core.getShutterOpen()


@pytest.mark.parametrize("clock", ["virtual", "real"])
def test_a_hardware_timed_burst_is_whole(make, clock):
    """A triggered action gives all of its frames, and light only while they are exposed."""
    from saccade.core import Action, Decision

    scope = make(clock=clock)
    asked = []

    def once(seen):
        asked.append(seen.frame)
        events = tuple(MDAEvent(exposure=4.0) for _ in range(5))
        return Decision((Action(events, triggered=True),) if len(asked) == 1 else ())

    verdict, sink = play(scope, [MDAEvent(exposure=4.0)], decide=once)
    assert (verdict.name, len(sink.frames)) == ("completed", 6)
    assert [frame.stream for frame in sink.frames] == ["watch", *["burst"] * 5]
    assert not scope.core.getShutterOpen()
    assert len({frame.pixels.tobytes() for frame in sink.frames}) == 6


def test_in_real_time_exposures_take_as_long_as_they_should(make):
    """The same devices by the real clock: a frame can't come before its exposure is over."""
    scope = make(clock="real")
    assert isinstance(scope.clock, RealClock)
    watch = MDASequence(
        channels=[{**CHANNEL, "exposure": 15}], time_plan={"interval": 0, "loops": 3}
    )
    verdict, sink = play(scope, watch)
    assert verdict.name == "completed"
    for frame in sink.frames:
        assert frame.times.exposed - frame.times.ready >= 17_000_000, "the shutter, too"
        assert frame.times.available - frame.times.ready >= 22_000_000
    lit_s = 3 * 15e-3
    per_s = scope.stand().lights[0].power_mw / scope.stand().lights[0].area_cm2 * 1e-3
    assert scope.world.health.dose_j_per_cm2 == pytest.approx(lit_s * per_s, rel=0.3)


def test_a_stop_cuts_a_live_view_short(make):
    """A sequence without end ends within an exposure, by the real clock as well."""
    scope = make(clock="real")
    scope.core.setExposure(10_000)
    scope.core.startContinuousSequenceAcquisition(0)
    began = threading.Event()
    began.wait(0.02)
    scope.core.stopSequenceAcquisition()
    assert not scope.core.isSequenceRunning()
    assert not scope.core.getShutterOpen()


def test_a_snap_that_gives_no_picture_says_so(make, monkeypatch):
    """The picture before is not handed out again."""
    core = make().core
    core.snapImage()
    monkeypatch.setattr(core._camera._clock, "wait_until", lambda *_: True)
    with pytest.raises(SnapError, match="cut short"):
        core.snapImage()
    with pytest.raises(RuntimeError, match="No image"):
        core.getImage()


def test_what_is_impossible_is_refused(make):
    """Exposures, regions and masks that no camera or modulator could do."""
    core = make().core
    for exposure_ms in (0, -1, float("nan")):
        with pytest.raises(ValueError, match="impossible"):
            core.setExposure(exposure_ms)
    for region in ((0, 0, 97, 10), (-1, 0, 5, 5), (0, 0, 0, 5)):
        with pytest.raises(ValueError, match=r"impossible|not on the sensor"):
            core.setROI(*region)
    with pytest.raises(ValueError, match="can't be shown"):
        core.setSLMExposure("SLM", -1.0)
