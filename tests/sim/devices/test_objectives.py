"""Objectives of a virtual microscope: what is seen, where, how sharply, and in how much light."""

from __future__ import annotations

import numpy as np
import pytest
from useq import MDAEvent

from saccade.core import ProtocolError
from saccade.guard import Dose
from saccade.run import Run
from saccade.testing import MemorySink

OFFSET_UM = (12.5, -4.0, 3.2)
TWO = {
    "40x": {},
    "10x": {"pixel_size_um": 1.3, "na": 0.3, "offset_um": OFFSET_UM},
}


def through(name, **asked):
    """Return an event that asks for an objective."""
    return MDAEvent(properties=[("Objective", "Label", name)], **asked)


def play(scope, events, **parts):
    sink = MemorySink()
    Run(scope, events, sink=sink, clock=scope.clock, **parts).start().wait(60)
    assert not sink.of("gap")
    return sink.frames


def views_of(scope, monkeypatch):
    """Return a list that fills with what is looked at when a picture forms, and in what light."""
    world, views = scope.world, []
    render = world.render

    def spy(view, exposure_ms, light):
        views.append((view, light))
        return render(view, exposure_ms, light)

    monkeypatch.setattr(world, "render", spy)
    return views


def test_the_place_that_is_asked_for_is_looked_at_through_either(make, monkeypatch):
    """The stage goes where the objective needs it, and the camera sees what the label says."""
    scope = make(objectives=TWO)
    views = views_of(scope, monkeypatch)
    at = {"x_pos": 20.0, "y_pos": 10.0, "z_pos": 1.0}
    frames = play(scope, [through("40x", **at), through("10x", **at), through("40x")])
    for frame, (view, light) in zip(frames, views, strict=True):
        seen = view.x_um, view.y_um, view.z_um
        assert seen == pytest.approx((frame.x_um, frame.y_um, frame.z_um))
        assert seen == pytest.approx((20.0, 10.0, 1.0))
        assert view.pixel_size_um == frame.pixel_size_um
        assert frame.light_mw == {light.channel: light.power_mw}
    assert [frame.pixel_size_um for frame in frames] == [0.325, 1.3, 0.325]
    assert [view.optics.na for view, _ in views] == [0.75, 0.3, 0.75]
    areas = [light.area_cm2 for _, light in views]
    assert areas[1] == pytest.approx(16 * areas[0])


def test_the_ledger_knows_the_light_that_the_sample_has(make):
    """The same power on a wider field is less; the world's own dose is that of the ledger."""
    scope = make("sim:dividing-nuclei", clock="virtual", sensor_px=[64, 96], objectives=TWO)
    guard = Dose(limit_j_per_cm2=10)
    events = [through(name, x_pos=0.0, y_pos=0.0, exposure=100) for name in ("40x", "10x")]
    play(scope, events, guards=guard)
    assert guard.spent_j_per_cm2 == pytest.approx(0.1 + 0.1 / 16)
    assert scope.world.health.dose_j_per_cm2 <= guard.spent_j_per_cm2 * (1 + 1e-9)


def test_a_wide_objective_sees_more_and_less_sharply(make):
    """Through the low one the same specimen shows more of it, with a wider point spread."""
    settings = {"specimen": {"count": 3000, "size_um": [400.0, 400.0]}, "background": 0.0}
    scope = make(objectives={"40x": {}, "dull": {"na": 0.2}, "10x": TWO["10x"]}, **settings)
    at = {"x_pos": 0.0, "y_pos": 0.0, "z_pos": 0.0, "exposure": 1000.0}
    events = [through(name, **at) for name in ("40x", "dull", "10x")]
    sharp, dull, wide = play(scope, events)
    assert np.std(dull.pixels.astype(float)) < 0.6 * np.std(sharp.pixels.astype(float))
    assert wide.to_um(0, 0)[0] == pytest.approx(4 * sharp.to_um(0, 0)[0])


def test_a_wide_aperture_collects_more_light(make):
    """What glows is brighter by the share of its light that the cone of the aperture holds."""
    flat = {"optics": {"falloff": 0.0, "haze": 0.0}, "sensor": {"hot_pixels": 0.0}}
    glow = {"background": 3e5, "specimen": {"count": 0, "size_um": [400.0, 400.0]}}
    scope = make(objectives={"40x": {}, "dull": {"na": 0.3}}, **flat, **glow)
    bright, dim = (
        frame.pixels.mean() - 100 for frame in play(scope, [through("40x"), through("dull")])
    )
    cone = [1 - np.cos(np.arcsin(na)) for na in (0.75, 0.3)]
    assert dim / bright == pytest.approx(cone[1] / cone[0], rel=0.03)


def test_nothing_is_seen_while_the_turret_turns(make):
    """An exposure between two objectives is dark, and no light reaches the sample."""
    core = make(objectives=TWO, specimen={"count": 4000, "size_um": [200.0, 200.0]}).core
    core.setExposure(200)
    core.snapImage()
    before = core.getImage().mean()
    core.setStateLabel("Objective", "10x")
    assert core.deviceBusy("Objective")
    core.snapImage()
    assert core.getImage().mean() < before
    assert core.getPixelSizeUm() == 1.3


def test_without_objectives_there_is_no_turret(make):
    """A simulation as ever has no such device, and coordinates are the stage's."""
    scope = make()
    assert "Objective" not in scope.core.getLoadedDevices()
    assert scope.stand().turret is None


def test_the_first_objective_is_the_reference():
    """Coordinates are those of the one that is in place at first."""
    from saccade.scope import load

    with pytest.raises(ProtocolError, match="first objective is the reference"):
        load("sim:beads", sim={"objectives": {"40x": {"offset_um": [1, 0, 0]}}})
