"""Follow, on the virtual microscope: a cell at 2 µm/s among others that cross its way.

``SACCADE_FOLLOW_MINUTES=60 python -m pytest tests/app/test_follow_far.py -s --timeout 0`` is the
long form, of an hour in each of three worlds; ``SACCADE_FOLLOW_SEEDS=103,104,107`` names others.
"""

from __future__ import annotations

import math
import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from useq import MDASequence

from saccade.decide import Follow
from saccade.detect import Objects
from saccade.run import Run
from saccade.scope import load
from saccade.testing import MemorySink

if TYPE_CHECKING:
    from saccade.core import Frame
    from saccade.scope import MicroManagerScope

ALONE_UM = 10.0
MINUTES = int(os.environ.get("SACCADE_FOLLOW_MINUTES", "4"))
SEEDS = [int(each) for each in os.environ.get("SACCADE_FOLLOW_SEEDS", "103,104,105").split(",")]


class Truth(MemorySink):
    """Remembers where the picture was, and where all swimmers, and keeps no pixels."""

    def __init__(self, scope: MicroManagerScope) -> None:
        super().__init__(room=1_000_000)
        self.scope = scope
        self.looks: list[tuple[float, float, np.ndarray]] = []

    def frame(self, frame: Frame) -> bool:
        if frame.stream == "follow":
            places = self.scope.world.specimen.places_um()
            self.looks.append((frame.x_um, frame.y_um, np.array(places)))
        return super().frame(replace(frame, pixels=frame.pixels[:1, :1].copy()))


def followed(looks: list[tuple[float, float, np.ndarray]]) -> int:
    """Return which it follows: the one in the middle of the first picture that has it alone."""
    for x_um, y_um, places in looks:
        me = int(np.hypot(places[:, 0] - x_um, places[:, 1] - y_um).argmin())
        if np.sort(np.hypot(*(places - places[me]).T))[1] > ALONE_UM:
            return me
    pytest.fail("It was never alone.")


@pytest.mark.parametrize("seed", SEEDS if MINUTES > 4 else [101])
def test_a_cell_at_two_um_per_second_stays_in_the_middle(seed: int) -> None:
    """With a frame a second it is within 3 µm of the middle, whoever crosses its way."""
    scope = load(f"sim:swimmers?seed={seed}&clock=virtual", sim={"sensor_px": [256, 256]})
    watch = MDASequence(
        stage_positions=[(0, 0)],
        channels=[{"config": "FITC", "exposure": 20}],
        time_plan={"interval": 60, "loops": MINUTES},
    )
    sink = Truth(scope)
    policy = Follow(1.0, above=0.0, reach_um=6.0, smooth=0.7, patience=6)
    eyes = Objects(sigma_um=5, by="total")
    run = Run(scope, watch, detect=eyes, decide=policy, sink=sink, clock=scope.clock)
    assert run.start().wait().name == "completed"
    me = followed(sink.looks)
    away = np.array([math.dist(places[me], (x, y)) for x, y, places in sink.looks])
    others = [
        np.sort(np.hypot(*(places - places[me]).T))[1] < 2 * 4.0 for _, _, places in sink.looks
    ]
    crossed = int((np.diff(np.array(others, int)) == 1).sum())
    sys.stdout.write(
        f"\nworld {seed}, {len(away)} frames, {crossed} crossings: {np.median(away):.2f} µm from"
        f" the middle, 99 % within {np.percentile(away, 99):.2f}, at most {away.max():.2f};"
        f" {(away < 3).mean():.2%} within 3\n"
    )
    assert len(away) > 45 * (MINUTES - 1)
    assert (away < 3).mean() > 0.99
