"""The planted shortcut: how often the mark is there, and what it depends on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from saccade.sim.artefacts import Marker
from saccade.sim.specimens import Beads
from saccade.sim.world import Imaging, Light, Occurrence, View, World

VIEW = View(channel="FITC", sensor_px=(64, 64), pixel_size_um=0.65)
LIGHT = Light("FITC", 10, 0.01)


class Dividing(Beads):
    """Beads of which one divides every second minute, for a minute, in the middle."""

    occurrences = tuple(
        Occurrence("division", 120.0 * n, 120.0 * n + 60.0, 0, 2.0, -1.0) for n in range(100)
    )


def shares(marker: Marker, view: View = VIEW) -> tuple[float, float]:
    """Return how often the mark shows while a division goes on, and while none does."""
    world = World(Dividing(0, count=0), artefacts=[marker])
    shown: dict[bool, list[bool]] = {True: [], False: []}
    for n in range(1200):
        t_s = n * 10.0
        world.advance(t_s)
        shown[t_s % 120 < 60].append(world.spoilt(view) == ("marker",))
    return float(np.mean(shown[True])), float(np.mean(shown[False]))


@pytest.mark.parametrize(("p_in", "p_out"), [(0.95, 0.05), (0.5, 0.5), (1.0, 0.0), (0.0, 0.3)])
def test_the_mark_is_as_frequent_as_asked_with_and_without_the_occurrence(
    p_in: float, p_out: float
) -> None:
    """The two shares are the two chances, to 5 points."""
    found = shares(Marker(given="division", p_in=p_in, p_out=p_out))
    assert found == pytest.approx((p_in, p_out), abs=0.05)


def test_an_occurrence_of_another_kind_or_out_of_view_does_not_count() -> None:
    """Without the kind in the view, the mark is there by the other chance; "" is any kind."""
    certain = {"p_in": 1.0, "p_out": 0.0}
    assert shares(Marker(given="death", **certain)) == (0.0, 0.0)
    assert shares(Marker(given="", **certain)) == (1.0, 0.0)
    assert shares(Marker(given="division", **certain), replace(VIEW, x_um=30.0)) == (0.0, 0.0)
    part = replace(VIEW, roi=(0, 0, 16, 16))  # the mark's corner, without the middle
    assert shares(Marker(given="division", **certain), part) == (0.0, 0.0)


def test_the_mark_is_a_bright_square_in_the_corner_of_the_sensor() -> None:
    """It brightens its own pixels by as much as asked, and no others; a region may cut it."""
    marker = Marker(p_out=1.0, side_px=6, brightness=2.0)
    imaging = Imaging(background=1e5)
    marked, plain = (
        World(Beads(0, count=50), imaging, artefacts).render(VIEW, 20, LIGHT)
        for artefacts in ([marker], [])
    )
    added = marked - plain
    assert added[:6, :6] == pytest.approx(2.0 * plain.mean(), rel=1e-3)
    added[:6, :6] = 0
    assert not added.any()
    for roi, side in (((2, 3, 40, 40), (3, 4)), ((6, 0, 40, 40), (0, 0))):
        world = World(Beads(0, count=50), imaging, [marker])
        view = replace(VIEW, roi=roi)
        picture = world.render(view, 20, LIGHT)
        bright = picture > 2 * np.median(picture)
        assert bright.sum() == side[0] * side[1] == bright[: side[0], : side[1]].sum()
        assert world.spoilt(view) == (("marker",) if bright.any() else ())


def test_the_mark_changes_neither_light_nor_biology() -> None:
    """A marked world takes the same dose as one without."""
    worlds = [World(Beads(0, count=50), artefacts=a) for a in ([Marker(p_out=1.0)], [])]
    for world in worlds:
        world.picture(VIEW, 20, LIGHT)
    assert worlds[0].health == worlds[1].health
