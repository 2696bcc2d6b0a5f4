"""The sample wanders as asked."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from saccade.core import ProtocolError
from saccade.sim.world import Drift, Imaging, Light, View, World

VIEW = View(channel="FITC", sensor_px=(256, 256), pixel_size_um=0.2)


def centre_um(picture: np.ndarray) -> tuple[float, float]:
    rows, cols = np.indices(picture.shape)
    total = picture.sum(dtype=float)
    row, col = (picture * rows).sum() / total, (picture * cols).sum() / total
    return (col - 127.5) * 0.2, (row - 127.5) * 0.2


@pytest.mark.parametrize("t_s", [0.0, 60.0, 1800.0, 7200.0])
def test_a_point_is_seen_where_the_drift_has_carried_it(
    points: type, clear: Imaging, t_s: float
) -> None:
    """Steady drift and swing add up, to 5 nm, in x and in y."""
    drift = Drift(x_um_per_h=2.0, y_um_per_h=-3.5, swing_um=(1.0, 0.5, 0.0), period_h=1.5)
    world = World(points([(1.0, 2.0)]), replace(clear, drift=drift))
    world.advance(t_s)
    hours = t_s / 3600
    swing = math.sin(2 * math.pi * hours / 1.5)
    expected = (1.0 + 2.0 * hours + swing, 2.0 - 3.5 * hours + 0.5 * swing)
    picture = world.render(VIEW, 20, Light("FITC", 10, 0.01))
    assert centre_um(picture) == pytest.approx(expected, abs=0.005)


def test_focus_drift_is_undone_by_focusing_after_it(points: type, clear: Imaging) -> None:
    """A sample that has risen by 6 µm is blurred, until the stage follows it by as much."""
    world = World(points(), replace(clear, drift=Drift(z_um_per_h=6.0)))
    light = Light("FITC", 10, 0.01)
    sharp = world.render(VIEW, 20, light)
    world.advance(3600.0)
    lost, found, wrong = (world.render(replace(VIEW, z_um=z), 20, light) for z in (0.0, 6.0, -6.0))
    assert np.array_equal(found, sharp)
    assert wrong.max() < lost.max() < 0.3 * sharp.max()


def test_a_stage_that_follows_the_drift_sees_the_same(points: type, clear: Imaging) -> None:
    """Moving the stage with the sample gives the picture of a sample at rest."""
    drift = Drift(x_um_per_h=3.0, y_um_per_h=1.0)
    still, moving = World(points(), clear), World(points(), replace(clear, drift=drift))
    light = Light("FITC", 10, 0.01)
    moving.advance(3600.0)
    followed = moving.render(replace(VIEW, x_um=3.0, y_um=1.0), 20, light)
    assert np.allclose(followed, still.render(VIEW, 20, light))


@pytest.mark.parametrize(
    "settings",
    [
        {"x_um_per_h": math.nan},
        {"z_um_per_h": "1"},
        {"swing_um": (1.0, 2.0)},
        {"swing_um": (1.0, 2.0, math.inf)},
        {"period_h": 0.0},
    ],
    ids=str,
)
def test_impossible_drift_is_refused_by_name(settings: dict[str, object]) -> None:
    """A drift that can't be is refused, and the error names the setting."""
    (name,) = settings
    with pytest.raises(ProtocolError, match=rf"Drift\.{name}"):
        Drift(**settings)
