"""Swimmers: one speed, gentle turns, and never off the slide for long."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from saccade.core import ProtocolError
from saccade.sim.specimens import Swimmers


def path(swimmers: Swimmers, seconds: float, every_s: float = 0.25) -> np.ndarray[Any, Any]:
    """Return where each is, time after time, (t, n, 2)."""
    places = []
    for step in range(round(seconds / every_s)):
        swimmers.advance(step * every_s)
        places.append(swimmers.places_um())
    return np.array(places)


def test_each_goes_at_the_same_speed_and_stays_on_the_slide() -> None:
    """No step is longer or shorter, and the edges lead them back."""
    places = path(Swimmers(3, speed_um_per_s=2.0), 600)
    speed = np.hypot(*np.diff(places, axis=0).transpose(2, 0, 1)) / 0.25
    assert speed == pytest.approx(2.0, rel=1e-9)
    assert np.abs(places).max() < 300 * 1.1


def test_their_heading_wanders_as_it_was_asked_to() -> None:
    """In a second it changes by so much, root mean square, away from the edges."""
    swimmers = Swimmers(3, count=400, size_um=(4000.0, 4000.0), turn_deg_per_s=8.0)
    steps = np.diff(path(swimmers, 20, every_s=1.0), axis=0)
    heading = np.unwrap(np.arctan2(steps[..., 1], steps[..., 0]), axis=0)
    turn = np.degrees(np.diff(heading, axis=0))
    # Of means over a second, neighbours share: two thirds of the variance (Wiener process).
    assert turn.std() == pytest.approx(8.0 * math.sqrt(2 / 3), rel=0.15)


def test_places_between_steps_lie_on_the_way() -> None:
    """Whoever asks in between gets what lies between, and the same seed the same courses."""
    one, other = Swimmers(5), Swimmers(5)
    one.advance(10.1)
    for t_s in (3.0, 9.9, 10.1):
        other.advance(t_s)
    assert one.places_um() == pytest.approx(other.places_um())
    assert one.occurrences == ()
    one.absorb(np.full(60, 2000.0), "FITC")
    assert one.health.dye_left == pytest.approx(math.exp(-1))


@pytest.mark.parametrize(
    "settings", [{"speed_um_per_s": 0}, {"radius_um": math.inf}, {"size_um": (1.0, 1.0)}], ids=str
)
def test_impossible_values_are_refused(settings: dict[str, Any]) -> None:
    """Each is a named error."""
    with pytest.raises(ProtocolError, match="swimmers"):
        Swimmers(**settings)
