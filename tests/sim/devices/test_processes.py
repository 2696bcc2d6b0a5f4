"""The same seed gives the same run in this process and in any other."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from useq import MDASequence

SIM = {
    "seed": 11,
    "clock": "virtual",
    "sensor_px": [128, 128],
    "artefacts": [{"kind": "lamp-flicker"}],
    "drift": {"x_um_per_h": 3.0},
}


def checksum_of_a_run(folder: str) -> str:
    """Play a run in whatever process this is; return its checksum."""
    from saccade.app import Run
    from saccade.detect import Pairs
    from saccade.scope import load
    from saccade.store import checksum

    scope = load("sim:dividing-nuclei", sim=SIM)
    watch = MDASequence(
        channels=[{"config": "FITC", "exposure": 20}, {"config": "Cy5", "exposure": 30}],
        stage_positions=[(0, 0, 0), (80, 20, 1)],
        time_plan={"interval": 120, "loops": 3},
    )
    Run(scope, watch, detect=Pairs(), out=folder, mode="lagged").start().wait(60)
    scope.core.unloadAllDevices()
    return checksum(folder)


def test_one_process_or_two_give_the_same_run(tmp_path):
    """Journal and pixels have one checksum, here and in two fresh processes side by side."""
    here = checksum_of_a_run(str(tmp_path / "here"))
    places = [str(Path(tmp_path) / name) for name in ("one", "two")]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        there = list(pool.map(checksum_of_a_run, places, timeout=100))
    assert there == [here, here]
