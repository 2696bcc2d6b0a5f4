"""Runs with isolated detectors: whatever becomes of one, every frame is taken and kept."""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from typing import TYPE_CHECKING

import psutil
import pytest
from isolate_cases import observations, play, processes, told
from isolate_detectors import Curious, Fussy, Recounts, Scribbles
from useq import MDAEvent

from saccade.app import replay_run
from saccade.core import ProfileError, UnseenError
from saccade.detect import Change
from saccade.guard import Ladder
from saccade.isolate import Isolated
from saccade.run import Eye
from saccade.store import verify
from saccade.testing import FaultyDetector, frames_of

if TYPE_CHECKING:
    from pathlib import Path

# The long form is SACCADE_KILLS=200.
KILLS = int(os.environ.get("SACCADE_KILLS", "2"))
FAILS_ON = 2


def plan(count: int, interval_s: float = 1.0) -> list[MDAEvent]:
    return [
        MDAEvent(index={"t": t}, min_start_time=t * interval_s, exposure=1.0) for t in range(count)
    ]


SOON = {"takes_at_most_ms": 1500.0}
FAULTS = [
    pytest.param(FaultyDetector("raise", [FAILS_ON]), {}, "", id="raise"),
    pytest.param(FaultyDetector("hang", [FAILS_ON]), SOON, "took longer than 1500 ms", id="hang"),
    pytest.param(FaultyDetector("slow", [FAILS_ON]), SOON, "took longer than 1500 ms", id="slow"),
    pytest.param(FaultyDetector("abort", [FAILS_ON]), {}, "ended by SIGABRT", id="abort"),
    pytest.param(FaultyDetector("memory", [FAILS_ON]), {"memory_mb": 300}, None, id="memory"),
    pytest.param(FaultyDetector("nonsense", [FAILS_ON]), {}, "", id="nonsense"),
    pytest.param(Scribbles(FAILS_ON), {}, "answered nonsense", id="garbage"),
]


@pytest.mark.parametrize(("detector", "settings", "why"), FAULTS)
def test_a_detector_that_fails_costs_the_run_one_look(tmp_path: Path, detector, settings, why):
    """Every frame is on disk, one observation is invalid and says why, the others are not."""
    apart = Isolated(detector, **{"takes_at_most_ms": 20_000.0, **settings})
    run, folder, verdict = play(tmp_path / "run", apart, plan(5))
    assert verdict.name == "completed"
    assert [frame.index for frame in folder.frames()] == [0, 1, 2, 3, 4]
    assert verify(folder.path).ok
    seen = observations(folder)
    assert [seen[n]["verdict"] for n in range(5)] == ["trusted"] * 2 + ["invalid"] + ["trusted"] * 2
    unseen = seen[FAILS_ON]["unseen"]
    if why is None:  # the system refuses it memory, or it is ended: either way
        assert "memory" in unseen or not unseen
    else:
        assert why in unseen
        assert bool(unseen) is bool(why)
    assert run.unseen_looks == bool(unseen)
    assert any("not looked at" in text for text in told(folder)) is bool(unseen)
    assert apart.pid is None
    assert processes() == []


def test_a_run_is_the_same_with_isolation_and_without(tmp_path: Path):
    """The journal says the same, to the last bit, and either can be replayed by the other."""
    journals = set()
    for name, detector in (("here", Change(alpha=0.5)), ("there", Isolated(Change(alpha=0.5)))):
        _, folder, verdict = play(tmp_path / name, detector, plan(6))
        assert verdict.name == "completed"
        journals.add((folder.path / "journal.jsonl").read_bytes())
        assert replay_run(folder.path, detect=Change(alpha=0.5)).same
        assert replay_run(folder.path).same
    assert len(journals) == 1


def test_a_run_that_lost_a_process_is_replayed_as_it_was(tmp_path: Path):
    """What was not seen is not seen again, and a lost memory is lost again."""
    faulty = FaultyDetector("abort", [2, 4], detector=Recounts())
    _, folder, _ = play(tmp_path / "run", Isolated(faulty), plan(6))
    counts = {n: each["measurements"].get("count") for n, each in observations(folder).items()}
    assert counts == {0: 1, 1: 2, 2: None, 3: 1, 4: None, 5: 1}
    for detector in (Recounts(), Isolated(faulty)):
        result = replay_run(folder.path, detect={"it": Eye(detector)})
        assert result.same, [str(each) for each in result.differences]


def test_a_detector_learns_is_warmed_and_declares_as_it_does_here(tmp_path: Path):
    """Before the run is armed, and again whenever it starts; its time is what it declares."""
    apart = Isolated(FaultyDetector("abort", [1], detector=Curious()), takes_at_most_ms=20_000)
    _, folder, _ = play(tmp_path / "run", apart, plan(3))
    seen = observations(folder)
    for index in (0, 2):
        measured = seen[index]["measurements"]
        assert (measured["learnt"], measured["warmed"]) == (1, 1)
        assert seen[index]["elapsed_ms"] == 10.0 + index
    assert seen[1]["unseen"]


def test_a_detector_that_is_down_leaves_the_run_at_the_pace_of_its_plan(tmp_path: Path):
    """The ladder hears of it and falls, but never as low as to stop the run."""
    down = Isolated(FaultyDetector("exit", range(1, 99)))
    _, folder, verdict = play(tmp_path / "run", down, plan(25), guards=[Ladder(alarms=1, of=1)])
    assert (verdict.name, verdict.committed) == ("completed", 25)
    shifts = [line.value["now"] for line in folder.lines() if line.kind == "shift"]
    assert shifts == ["guarded", "classical", "fixed-rate"]


def test_a_detector_that_can_t_be_started_fails_before_anything_moves(tmp_path: Path):
    """No folder is made, and nothing is left running."""
    with pytest.raises(ProfileError):
        play(tmp_path / "run", Isolated(Fussy()), plan(2))
    assert not (tmp_path / "run").exists()


def test_a_stop_does_not_wait_for_a_hung_detector_longer_than_it_may_take(tmp_path: Path):
    """In lagged mode frames go on meanwhile, and the run ends with its process."""
    hung = Isolated(FaultyDetector("hang", [0]), takes_at_most_ms=1500.0)
    _, folder, verdict = play(
        tmp_path / "run", hung, plan(30, 0.01), real=True, mode="lagged", slow_s=0.005
    )
    assert (verdict.name, verdict.committed) == ("completed", 30)
    assert "longer than 1500 ms" in observations(folder)[0]["unseen"]


def test_processes_killed_at_random_cost_looks_and_nothing_else(tmp_path: Path):
    """All planned frames are taken and kept, and nothing is left, wherever the kill strikes."""
    counts = dict.fromkeys(
        ["kills", "while it looked or waited", "runs", "frames", "unseen", "seen", "started"], 0
    )
    while counts["kills"] < KILLS:
        apart = Isolated(FaultyDetector("slow", range(0, 9999, 3), slow_s=0.002))
        killer = Killer(apart, KILLS - counts["kills"])
        out = tmp_path / str(counts["runs"])
        try:
            frames = 1000 if KILLS > 20 else 120
            run, folder, verdict = play(
                out, apart, plan(frames, 0.02), real=True, slow_s=0.001, then=killer.start
            )
        finally:
            killer.stop()
        assert (verdict.name, verdict.committed, verdict.planned) == ("completed", frames, frames)
        assert [frame.index for frame in folder.frames()] == list(range(frames))
        assert verify(out).ok
        seen = observations(folder)
        assert sorted(seen) == list(range(frames))
        unseen = [n for n, each in seen.items() if each["unseen"]]
        assert all((each["verdict"] == "invalid") is bool(each["unseen"]) for each in seen.values())
        assert run.unseen_looks == len(unseen)
        assert sum("SIGKILL" in text for text in told(folder)) <= killer.kills
        assert processes() == []
        counts["kills"] += killer.kills
        counts["while it looked or waited"] += killer.ready
        counts["runs"] += 1
        counts["frames"] += frames
        counts["unseen"] += len(unseen)
        counts["seen"] += frames - len(unseen)
        counts["started"] += sum("started again" in text for text in told(folder))
        assert counts["runs"] < KILLS + 9
    sys.stdout.write(f"{counts}\n")


class Killer(threading.Thread):
    """Kills the process of a detector at random instants."""

    def __init__(self, apart: Isolated, most: int) -> None:
        super().__init__(name="killer", daemon=True)
        self.apart, self.most, self.kills, self.ready = apart, most, 0, 0
        self._over = threading.Event()

    def run(self) -> None:
        killed = set()
        while self.kills < self.most and not self._over.wait(random.uniform(0.0, 1.0)):
            process = self.apart._process
            if process is None or process.pid in killed:
                continue
            if not process.ready and random.random() < 0.97:
                continue  # or hardly one would strike a look
            pid, ready = process.pid, process.ready
            try:
                psutil.Process(pid).kill()
            except psutil.NoSuchProcess:
                continue
            killed.add(pid)
            self.kills += 1
            self.ready += ready

    def stop(self) -> None:
        self._over.set()
        self.join(10)


def test_a_look_in_progress_does_not_outlive_the_closing():
    """Another thread closes it: the look ends at once, and no process is started again."""
    apart = Isolated(FaultyDetector("hang", [1]), takes_at_most_ms=60_000)
    first, second = frames_of([0.5, 0.5])
    apart(first)
    closer = threading.Timer(0.2, apart.close)
    closer.start()
    began_s = time.monotonic()
    with pytest.raises(UnseenError, match="the run ended"):
        apart(second)
    assert time.monotonic() - began_s < 30
    closer.join(10)
    assert apart.pid is None
