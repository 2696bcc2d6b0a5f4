"""The shipped protocol that looks back, on a simulated brain whose flashes are known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest

from saccade import app
from saccade.app._protocol import protocol_of
from saccade.core import ProtocolError, read_yaml
from saccade.store import RunFolder, verify

if TYPE_CHECKING:
    from saccade.core import Frame

_FILE = Path(__file__).parents[2] / "hardware_configs/protocols/record-transients.yaml"
_SHORT = {"sensor_px": [128, 128], "specimen": {"rate_hz": 6e-4}, "seed": 3}
FRAMES, BEFORE_S, AFTER_S = 600, 1.0, 0.5


class Recorded(NamedTuple):
    """What came of it."""

    folder: Path
    taken_ns: dict[int, int]
    """When each frame was exposed, stored or not."""
    world: Any
    start_ns: int


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Return a short run of it, of a small field."""
    document = read_yaml(_FILE, ProtocolError, "protocol")
    document["watch"]["time_plan"]["loops"] = FRAMES
    document["sim"] = {**document["sim"], **_SHORT}
    document["record"]["keep"] |= {"before_s": BEFORE_S, "after_s": AFTER_S}
    protocol = protocol_of(document)
    scope = app.open_scope(protocol.scope, None, protocol.sim)
    run = app.assemble(protocol, scope, tmp_path_factory.mktemp("runs") / "run").run
    taken_ns: dict[int, int] = {}

    def note(frame: Frame) -> None:
        taken_ns[frame.index] = frame.t_ns

    run.framed.connect(note)
    start_ns = scope.clock.now_ns()
    assert run.start().wait(120).name == "completed"
    assert run.folder is not None
    return Recorded(run.folder, taken_ns, scope.world, start_ns)


def test_the_time_before_each_flash_that_was_seen_is_on_disk(recorded: Recorded) -> None:
    """Every frame of the second before and the half second after, in every case; few others."""
    report = verify(recorded.folder)
    assert report.ok, report.problems
    assert report.frames + report.thinned == FRAMES == len(recorded.taken_ns)
    stored = {frame.index: frame.kept for frame in RunFolder(recorded.folder).frames()}
    lines = list(RunFolder(recorded.folder).lines())
    assert not [line for line in lines if line.kind == "ring"]
    seen_ns = [
        line.value["t_ns"]
        for line in lines
        if line.kind == "observation" and line.value["score"] >= 0.5
    ]
    assert seen_ns
    around: set[int] = set()
    for t_ns in seen_ns:
        near = {
            index
            for index, at_ns in recorded.taken_ns.items()
            if t_ns - BEFORE_S * 1e9 <= at_ns <= t_ns + AFTER_S * 1e9
        }
        assert near <= stored.keys()
        around |= near
    assert {index for index, why in stored.items() if why == "occurrence"} == around
    assert report.thinned > FRAMES / 4
    others = FRAMES - len(around)
    assert len(stored) - len(around) <= others / 50 + len(seen_ns) + 1


def test_the_onset_of_what_truly_flashed_is_on_disk(recorded: Recorded) -> None:
    """Where the detector saw a flash, the frames from before it began are there to be looked at."""
    stored = {frame.index for frame in RunFolder(recorded.folder).frames()}
    lines = RunFolder(recorded.folder).lines()
    seen_s = np.array(
        [
            (line.value["t_ns"] - recorded.start_ns) / 1e9
            for line in lines
            if line.kind == "observation" and line.value["score"] >= 0.5
        ]
    )
    taken_s = {index: (t_ns - recorded.start_ns) / 1e9 for index, t_ns in recorded.taken_ns.items()}
    onsets = [
        each.onset_s
        for each in recorded.world.occurrences
        if np.any((seen_s >= each.onset_s) & (seen_s < each.onset_s + BEFORE_S / 2))
    ]
    assert onsets
    for onset_s in onsets:
        before = {index for index, t_s in taken_s.items() if onset_s - 0.4 <= t_s <= onset_s}
        assert before <= stored


def test_it_is_decided_again_as_it_was(recorded: Recorded) -> None:
    """Frames that were looked at are thinned out as well: what was seen is in the journal."""
    told = app.replay_run(recorded.folder)
    assert told.same
    assert told.recalled == told.looks > FRAMES / 3
