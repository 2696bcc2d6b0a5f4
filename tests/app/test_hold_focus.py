"""The shipped protocol that holds focus, on the virtual microscope, whose drift is known.

``SACCADE_KEEP_HOURS=12 python -m pytest tests/app/test_hold_focus.py -s`` is the long form.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from saccade.app._protocol import Protocol, protocol_of
from saccade.app._score_world import open_world, play_protocol, world_of
from saccade.core import Frame, ProtocolError, read_yaml
from saccade.testing import MemorySink

HOURS = float(os.environ.get("SACCADE_KEEP_HOURS", "1"))
FILE = Path(__file__).parents[2] / "hardware_configs/protocols/hold-focus.yaml"


def shipped(**changed: Any) -> Protocol:
    """Return the protocol for fewer hours."""
    document = {**read_yaml(FILE, ProtocolError, "protocol"), **changed}
    interval_s = document["watch"]["time_plan"]["interval"]
    loops = round(HOURS * 3600 / interval_s)
    document["watch"]["time_plan"]["loops"] = loops
    return protocol_of(document)


def played(protocol: Protocol, seed: int) -> tuple[list[Frame], list[float], float]:
    """Return frames, how far each of the watch was out of focus, and half a depth of field."""
    sink = MemorySink()
    scope = open_world(protocol, "dividing-nuclei", seed)
    start_ns = scope.clock.now_ns()
    play_protocol(protocol, scope, then=sink)
    imaging = world_of(scope).imaging
    watch = [frame for frame in sink.frames if frame.stream == "watch"]
    off_um = [
        (frame.z_um or 0.0) - imaging.drift.at((frame.t_ns - start_ns) / 1e9)[2] for frame in watch
    ]
    return list(sink.frames), off_um, imaging.optics.depth_of_field_um(520) / 2


@pytest.mark.parametrize("seed", [5, 6])
def test_focus_is_held_by_little_light(seed: int) -> None:
    """Every frame after the first probe is within half a depth of field, for 2 % of the dose."""
    frames, off_um, half_um = played(shipped(), seed)
    light_ms = {
        stream: sum(frame.exposure_ms for frame in frames if frame.stream == stream)
        for stream in ("watch", "focus")
    }
    share = light_ms["focus"] / light_ms["watch"]
    worst_um, rms_um = np.abs(off_um).max(), np.sqrt(np.mean(np.square(off_um)))
    sys.stdout.write(
        f"\nseed {seed}, {HOURS:g} h: {len(off_um)} frames at most {worst_um:.2f} µm out of focus, "
        f"{rms_um:.3f} rms; half a depth of field is {half_um:.2f}; dose {share:.2%}\n"
    )
    assert worst_um < half_um
    assert share < 0.02


def test_without_it_the_focus_is_lost() -> None:
    """The same stand left alone drifts out of focus, so there is something to hold."""
    _, off_um, half_um = played(shipped(decide=[]), 5)
    assert np.mean(np.abs(off_um) > half_um) > 0.4
