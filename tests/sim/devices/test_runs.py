"""Runs over a virtual microscope: complete, verified, replayed, and always the same."""

from __future__ import annotations

import pytest
from useq import MDAEvent, MDASequence

from saccade.app import Run, replay_run
from saccade.decide import Burst
from saccade.detect import Spots
from saccade.store import RunFolder, verify

WATCH = MDASequence(
    channels=[{"config": "FITC", "exposure": 20}],
    stage_positions=[(0, 0, 0), (60, 0, 2)],
    time_plan={"interval": 30, "loops": 4},
)


def burst() -> Burst:
    """Return a policy that has no memory yet."""
    return Burst([MDAEvent(exposure=5.0)] * 3, above=0.3, below=0.1, dwell=1, refractory_s=60)


@pytest.mark.parametrize("mode", ["inline", "lagged"])
def test_the_same_seed_gives_the_same_run(make, tmp_path, mode):
    """Journal and pixels of two runs in virtual time are equal to the last byte."""
    journals = []
    for number in range(2):
        folder = tmp_path / str(number)
        run = Run(make(seed=5), WATCH, detect=Spots(), decide=burst(), out=folder, mode=mode)
        assert run.start().wait(60).name == "completed"
        assert verify(folder).ok
        assert replay_run(folder).same
        journals.append((folder / "journal.jsonl").read_bytes())
    assert journals[0] == journals[1]
    assert len(list(RunFolder(folder).frames("burst"))) > 0


def test_another_seed_gives_another_run(make, tmp_path):
    """The seed decides what lies on the slide, and the noise."""
    pictures = []
    for seed in (1, 2):
        folder = tmp_path / str(seed)
        Run(make(seed=seed), list(WATCH)[:1], out=folder).start().wait(60)
        pictures.append(next(RunFolder(folder).frames()).pixels)
    assert (pictures[0] != pictures[1]).any()
