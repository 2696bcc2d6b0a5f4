"""A run whose frames were thinned out: on the disk, proven, recovered, decided again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from useq import MDASequence

import saccade
from saccade.app import assemble, replay_run
from saccade.app._protocol import protocol_of
from saccade.app._score_world import open_world, play_protocol
from saccade.core import ProtocolError, UsageError
from saccade.run import Keep
from saccade.store import RunFolder, recover, verify

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 60


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of a short stream of a simulated tissue, most of it thinned out."""
    scope = saccade.scope.load("sim:calcium", sim={"clock": "virtual", "sensor_px": [64, 64]})
    plan = MDASequence(
        channels=[{"config": "FITC", "exposure": 20}], time_plan={"interval": 0, "loops": COUNT}
    )
    burst = MDASequence(time_plan={"interval": 0, "loops": 2})
    run = saccade.Run(
        scope,
        plan,
        detect=saccade.detect.Focus(),
        decide=saccade.decide.Burst(burst, above=0.3, below=0.1, dwell=20, refractory_s=100),
        mode="stream",
        keep=Keep(every=12, before_s=0.1, after_s=0.04),
        out=tmp_path / "run",
    )
    assert run.start().wait(60).name == "completed"
    assert run.folder is not None
    return run.folder


def lines(folder: Path, kind: str) -> list[Any]:
    return [line.value for line in RunFolder(folder).lines() if line.kind == kind]


def test_a_thinned_run_is_whole(folder: Path) -> None:
    """Frames, and what was thinned out, are together what was planned; kept frames say why."""
    report = verify(folder)
    assert report.ok, report.problems
    assert report.thinned > 20
    assert report.frames + report.thinned == COUNT + 2
    assert {frame.kept for frame in RunFolder(folder).frames()} == {"every", "occurrence", "action"}
    (acted,) = [each["frame"] for each in lines(folder, "decision") if each["actions"]]
    stored = {frame.index: frame for frame in RunFolder(folder).frames()}
    assert {acted - back for back in range(6)} <= stored.keys()  # 0.1 s of 20 ms each


def test_a_run_that_lost_what_was_thinned_out_is_not_whole(folder: Path) -> None:
    """A line that counts fewer, or the same twice, is found."""
    journal = folder / "journal.jsonl"
    text = journal.read_text(encoding="utf-8")
    (first, *_) = [line for line in text.splitlines() if '"thinned"' in line]
    journal.write_text(text.replace(first + "\n", ""), encoding="utf-8")
    assert not verify(folder).ok


def test_a_thinned_run_whose_process_died_is_recovered(folder: Path) -> None:
    """What it tells of is counted, as if it had ended there."""
    journal = folder / "journal.jsonl"
    whole = journal.read_text(encoding="utf-8").splitlines(keepends=True)
    journal.write_text("".join(whole[:-1]), encoding="utf-8")
    result = recover(folder)
    assert result.ok, result.problems
    assert result.verdict is not None
    verdict = result.verdict
    assert verdict.thinned == sum(v["last"] - v["first"] + 1 for v in lines(folder, "thinned"))
    assert verdict.planned == verdict.committed + verdict.thinned


def test_a_thinned_run_is_decided_again(folder: Path) -> None:
    """From what the journal says was seen; no other detector can look at what is gone."""
    told = replay_run(folder)
    assert told.same
    assert told.recalled == told.looks
    with pytest.raises(UsageError, match="were thinned out"):
        replay_run(folder, detect=saccade.detect.Change())


KEEPS: list[dict[str, Any]] = [
    {"every": 12, "before_s": 0.1, "after_s": 0.04},
    {"every": 7, "before_s": 0.06, "after_s": 0.02, "above": 0.3, "on": "moves"},
]


@pytest.mark.parametrize("keep", KEEPS, ids=["what a policy asks for", "a score"])
def test_a_score_tells_what_a_run_would_keep(tmp_path: Path, keep: dict[str, Any]) -> None:
    """The same frames, to the last; all that are exposed are in the log, kept or not."""
    answer = {"use": "saccade.decide:Burst", "on": "sharp", "above": 0.3, "below": 0.1}
    burst = {"time_plan": {"interval": 0, "loops": 2}}
    channels = [{"config": "FITC", "exposure": 20}]
    protocol = protocol_of(
        document(
            scope="sim:calcium",
            sim={"clock": "virtual", "sensor_px": [64, 64]},
            watch={"channels": channels, "time_plan": {"interval": 0, "loops": COUNT}},
            detect={
                "sharp": {"use": "saccade.detect:Focus", "takes_ms": 30},
                "moves": {"use": "saccade.detect:Change", "takes_ms": 5},
            },
            decide=[{**answer, "dwell": 8, "refractory_s": 100, "do": burst}],
            record={"keep": keep},
        )
    )
    log = play_protocol(protocol, open_world(protocol, "calcium", 3))
    run = assemble(protocol, open_world(protocol, "calcium", 3), out=tmp_path / "run").run
    assert run.start().wait(60).name == "completed"
    kept = {shot.frame for shot in log.shots if shot.kept}
    assert kept == {frame.index for frame in RunFolder(tmp_path / "run").frames()}
    assert len(kept) < COUNT / 2
    assert len(log.shots) == COUNT + 2


def document(**more: Any) -> dict[str, Any]:
    plan = {"time_plan": {"interval": 0, "loops": 3}}
    base = {"saccade": 1, "name": "a", "scope": "demo", "mode": "stream", "watch": plan}
    return {**base, **more}


def test_a_protocol_says_what_is_kept() -> None:
    """It is read back as it was; a detector that isn't there and another mode are refused."""
    keep = {"every": 25, "before_s": 3, "above": 0.7, "on": "flash"}
    detect = {"flash": {"use": "saccade.detect:Change"}}
    protocol = protocol_of(document(record={"keep": keep}, detect=detect))
    assert protocol.record.keep is not None
    assert (protocol.record.keep.every, protocol.record.keep.after_s) == (25, 2.0)
    assert protocol_of(json.loads(json.dumps(protocol.resolved()))) == protocol
    with pytest.raises(ProtocolError, match=r"record\.keep\.on is 'flash', no detector"):
        protocol_of(document(record={"keep": keep}))
    with pytest.raises(ProtocolError, match=r"record\.keep is for the mode 'stream'"):
        protocol_of(document(record={"keep": keep}, detect=detect, mode="lagged"))
