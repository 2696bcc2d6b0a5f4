"""Runs as a script makes them."""

from __future__ import annotations

import json
import shutil
import threading
from typing import TYPE_CHECKING, Any

import pytest
from useq import MDASequence

import saccade
from saccade.core import FolderError, ScopeBusyError, StoreFullError
from saccade.store import RunFolder, verify

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from saccade.core import Frame

WAIT_S = 60.0


@pytest.fixture
def scope() -> Iterator[Any]:
    loaded = saccade.scope.load("demo")
    yield loaded
    loaded.core.unloadAllDevices()


def plan(loops: int, exposure_ms: float = 2.0) -> MDASequence:
    return MDASequence(
        channels=[{"config": "FITC", "exposure": exposure_ms}],
        time_plan={"interval": 0, "loops": loops},
    )


def proved(run: saccade.Run) -> RunFolder:
    assert run.folder is not None
    assert verify(run.folder).problems == ()
    return RunFolder(run.folder)


def test_the_ten_lines_of_the_readme_work(scope: Any, tmp_path: Path) -> None:
    """A script of ten lines records a watch, reacts with a burst, and tells of each decision."""
    told: list[Any] = []
    run = saccade.Run(
        scope,
        plan(5),
        detect=saccade.detect.Spots(sigma=2),
        decide=saccade.decide.Burst(plan(4, 1.0), above=0.8, below=0.3, dwell=2),
        guards=[saccade.guard.Dose(limit_j_per_cm2=5)],
        out=tmp_path / "first",
    )
    run.decided.connect(told.append)
    verdict = run.start().wait(WAIT_S)
    assert (verdict.name, verdict.committed) == ("completed", 9)
    assert [decision.rule for decision in told].count("fired") == 1
    assert saccade.replay_run(proved(run).path).same


def test_a_function_is_a_detector(scope: Any, tmp_path: Path) -> None:
    """A plain function looks at frames; replay asks for it, and is identical with it."""

    def brightness(frame: saccade.Frame) -> saccade.Observation:
        return saccade.Observation(score=float(frame.pixels.mean() / 65535))

    policy = saccade.decide.Pace(slow_s=0.01, fast_s=0, above=0.5, below=0.1)
    run = saccade.Run(scope, plan(4), detect=brightness, decide=policy, out=tmp_path / "r")
    run.start().wait(WAIT_S)
    with pytest.raises(saccade.core.ProtocolError, match="brightness"):
        saccade.replay_run(tmp_path / "r")
    assert saccade.replay_run(tmp_path / "r", detect=brightness).same


def test_a_story_leads_a_run_without_a_watch(scope: Any, tmp_path: Path) -> None:
    """A story that begins a run reads from top to bottom, and the stage is where it says."""
    seen: list[saccade.Observation] = []

    @saccade.story
    def look_closer(first: saccade.Observation | None) -> Iterator[Any]:
        assert first is None
        overview = yield saccade.snap(channel="FITC", exposure=5, at=(0, 0))
        seen.append(overview)
        yield from saccade.burst(at=overview.brightest, loops=3)

    run = saccade.Run(
        scope, detect=saccade.detect.Spots(), decide=look_closer, out=tmp_path / "story"
    )
    assert run.start().wait(WAIT_S).name == "completed"
    frames = list(proved(run).frames())
    assert len(frames) == 4
    x_um, y_um = seen[0].brightest
    for frame in frames[1:]:
        assert frame.x_um == pytest.approx(x_um, abs=0.05)
        assert frame.y_um == pytest.approx(y_um, abs=0.05)
        assert frame.channel == "FITC"


def test_a_story_that_fails_fails_the_run_that_it_leads(scope: Any, tmp_path: Path) -> None:
    """A run that only a story leads is not called completed when the story has a bug."""

    @saccade.story
    def buggy(first: saccade.Observation | None) -> Iterator[Any]:
        seen = yield saccade.snap(channel="FITC", exposure=5)
        yield saccade.snap(exposure=seen.no_such_thing)

    run = saccade.Run(scope, decide=buggy, out=tmp_path / "story").start()
    with pytest.raises(saccade.core.PolicyError, match="no_such_thing"):
        run.wait(WAIT_S)
    assert run.verdict is not None
    assert (run.verdict.name, run.verdict.committed) == ("failed", 1)


def test_a_profiles_limits_hold_without_being_asked_for(scope: Any, tmp_path: Path) -> None:
    """A run without any guard still refuses what lies outside the scope profile."""
    far = MDASequence(stage_positions=[(0, 0, 0), (1e6, 0, 0)])
    run = saccade.Run(scope, far, out=tmp_path / "far")
    verdict = run.start().wait(WAIT_S)
    assert (verdict.name, verdict.gaps, verdict.refused) == ("completed_with_gaps", 1, 1)
    assert [frame.index for frame in proved(run).frames()] == [0]


def test_run_json_says_what_ran(scope: Any, tmp_path: Path) -> None:
    """The first file of a run names scope, parts with their settings, plan and versions."""
    run = saccade.Run(
        scope, plan(1), detect={"spots": saccade.detect.Spots(sigma=3)}, out=tmp_path / "r"
    )
    run.start().wait(WAIT_S)
    facts = json.loads((tmp_path / "r" / "run.json").read_text(encoding="utf-8"))
    assert facts["stand"]["name"] == "demo"
    assert facts["parts"]["detect"]["spots"]["use"] == "saccade.detect:Spots"
    assert facts["parts"]["detect"]["spots"]["sigma"] == 3
    assert facts["watch"]["time_plan"]["loops"] == 1
    assert facts["versions"]["pymmcore-plus"]


def test_an_existing_run_is_never_overwritten(scope: Any, tmp_path: Path) -> None:
    """A second run into the same folder is refused, and the microscope is free again."""
    saccade.Run(scope, plan(1), out=tmp_path / "r").start().wait(WAIT_S)
    with pytest.raises(FolderError):
        saccade.Run(scope, plan(1), out=tmp_path / "r").start()
    saccade.Run(scope, plan(1), out=tmp_path / "other").start().wait(WAIT_S)
    assert verify(tmp_path / "r").ok


def test_a_second_run_on_the_same_scope_is_refused(scope: Any, tmp_path: Path) -> None:
    """While one run holds the scope another can't start, and leaves no folder."""
    started = threading.Event()
    run = saccade.Run(scope, plan(500, 5.0), out=tmp_path / "one")
    run.framed.connect(lambda _: started.set())
    run.start()
    assert started.wait(WAIT_S)
    with pytest.raises(ScopeBusyError):
        saccade.Run(scope, plan(1), out=tmp_path / "two").start()
    run.stop()
    assert run.wait(WAIT_S).name == "stopped"
    assert not (tmp_path / "two").exists()
    proved(run)


def test_lagged_runs_record_every_frame_and_replay(scope: Any, tmp_path: Path) -> None:
    """In lagged mode every frame is stored, and what was looked at is decided again alike."""
    run = saccade.Run(
        scope,
        plan(40),
        detect=saccade.detect.Spots(),
        decide=saccade.decide.Burst(plan(3), above=0.5, below=0.1),
        mode="lagged",
        out=tmp_path / "lagged",
    )
    verdict = run.start().wait(WAIT_S)
    assert verdict.name == "completed"
    assert len(list(proved(run).frames("watch"))) == 40
    replayed = saccade.replay_run(tmp_path / "lagged")
    assert replayed.differences == ()
    assert replayed.looks > 0


def test_frames_that_the_disk_was_too_slow_for_are_gaps(scope: Any, tmp_path: Path) -> None:
    """With overload 'gap' and hardly any room, the run completes, and says what is missing."""
    run = saccade.Run(scope, plan(60, 0.5), queue_mb=0.6, overload="gap", out=tmp_path / "gaps")
    verdict = run.start().wait(WAIT_S)
    assert verdict.committed + verdict.gaps == 60
    assert verdict.name == ("completed_with_gaps" if verdict.gaps else "completed")
    assert len(list(proved(run).frames())) == verdict.committed


def test_run_ends_well_before_the_disk_is_full(
    scope: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that runs short fails the run with its reason, and all that was taken is whole."""
    usage = shutil.disk_usage(tmp_path)
    run = saccade.Run(scope, plan(500), out=tmp_path / "full")

    def fill(frame: Frame) -> None:
        if frame.index == 3:
            monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=2**20))

    run.framed.connect(fill)
    with pytest.raises(StoreFullError, match="1 MB are left"):
        run.start().wait(WAIT_S)
    verdict = proved(run).verdict
    assert verdict is not None
    assert verdict.name == "failed"
    assert "are left on the disk" in verdict.reason
    assert 4 <= verdict.committed < 500
