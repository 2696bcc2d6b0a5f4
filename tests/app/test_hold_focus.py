"""The shipped protocol that holds focus, on the virtual microscope.

``SACCADE_KEEP_HOURS=12 python -m pytest tests/app/test_hold_focus.py -s`` is the long form.
"""

from __future__ import annotations

import numpy as np
import pytest
from hold_cases import Held, played, shipped, tell


def out_of_focus(held: Held) -> tuple[np.ndarray, float]:
    """Return how far each frame of the watch was out of focus, and half a depth of field."""
    off_um = [(frame.z_um or 0.0) - held.drift_um(frame)[2] for frame in held.of("watch")]
    return np.abs(off_um), held.world.imaging.optics.depth_of_field_um(520) / 2


@pytest.mark.parametrize("seed", [5, 6])
def test_focus_is_held_by_little_light(seed: int) -> None:
    """No frame is out of focus by half a depth of field, for less than 2 % of the dose."""
    held = played(shipped("hold-focus"), seed)
    off_um, half_um = out_of_focus(held)
    share = held.light_ms("focus") / held.light_ms("watch")
    tell(
        f"seed {seed}: {len(off_um)} frames at most {off_um.max():.2f} µm out of focus, "
        f"{np.sqrt(np.mean(off_um**2)):.3f} rms; half a depth of field is {half_um:.2f}; "
        f"dose {share:.2%}"
    )
    assert off_um.max() < half_um
    assert share < 0.02


def test_without_it_the_focus_is_lost() -> None:
    """The same stand left alone drifts out of focus, so there is something to hold."""
    off_um, half_um = out_of_focus(played(shipped("hold-focus", decide=[]), 5))
    assert np.mean(off_um > half_um) > 0.4
