"""The shipped protocol that moves the stage after its slide, on the virtual microscope.

``SACCADE_KEEP_HOURS=12 python -m pytest tests/app/test_hold_place.py -s`` is the long form.
"""

from __future__ import annotations

import numpy as np
from hold_cases import Held, played, shipped, tell


def astray_um(held: Held) -> np.ndarray:
    """Return how far each frame was from where its position would be on the slide."""
    planned = {0: -60.0, 1: 60.0}
    watch = held.of("watch")
    true = np.array([held.drift_um(frame)[:2] for frame in watch])
    at = np.array([(frame.x_um - planned[frame.event.index["p"]], frame.y_um) for frame in watch])
    return np.hypot(*(at - true).T)


def test_the_stage_stays_with_the_slide() -> None:
    """Both positions show what they showed at first, to within two pixels."""
    held = played(shipped("hold-place"), 5)
    off_um = astray_um(held)
    tell(f"{len(off_um)} frames at most {off_um.max():.2f} µm astray, mean {off_um.mean():.2f}")
    assert off_um.max() < 2 * 0.325
    assert {frame.stream for frame in held.frames} == {"watch"}, "it costs no light"


def test_without_it_the_slide_goes_away() -> None:
    """The same stand left alone shows something else, so there is something to hold."""
    assert astray_um(played(shipped("hold-place", decide=[]), 5)).max() > 1.5
