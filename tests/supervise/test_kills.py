"""A whole run, killed and hung at random instants: the light goes off, and nothing is lost.

``SACCADE_KILLS=200 python -m pytest tests/supervise/test_kills.py -s --timeout 0
-o faulthandler_timeout=0`` is the long form; it prints a table, and holds it to the goals.
"""

from __future__ import annotations

import json
import os
import random
import signal
import statistics
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from saccade.store import RunFolder, recover, verify
from saccade.supervise import Switch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KILLS = int(os.environ.get("SACCADE_KILLS", "1"))
ENOUGH = 100
"""From so many on, percentiles are worth holding to a goal."""
PATIENCE_S = 60.0
SIGSTOP = getattr(signal, "SIGSTOP", None)

STAND = """
name: night-stand
sim: {use: beads, sensor_px: [128, 128], mechanics: {shutter_ms: 1}}
supervisor: {switch: light-switch}
"""
NIGHT = """
saccade: 1
name: night
scope: stand.yaml
unattended: true
watch:
  channels: [{config: FITC, exposure: 30}]
  time_plan: {interval: 0, loops: 100000}
detect:
  beads: {use: saccade.detect:Spots, sigma: 2}
guard:
  - {use: saccade.guard:Limits}
"""
RUN = """
import json, os, signal, sys, time
from pathlib import Path
from saccade import app
from saccade.core import SaccadeError

def night(folder):
    protocol = app.load_protocol(folder / "night.yaml")
    scope = app.open_scope(protocol.scope, protocol.folder, protocol.sim)
    run = app.assemble(protocol, scope, out=folder / "run").run.start()
    while not run.state.ended:
        print(run.committed, flush=True)
        time.sleep(0.005)
    try:
        verdict = run.wait(30)
    except SaccadeError:
        verdict = run.verdict
    print(json.dumps([verdict.name, verdict.reason]), flush=True)

if len(sys.argv) > 1:
    night(Path(sys.argv[1]))
    sys.exit()

# One that has imported everything, and is a night whenever it is given a folder.
import saccade.scope._scope, saccade.sim.devices._core
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for line in sys.stdin:
    if pid := os.fork():
        print(pid, flush=True)
        continue
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    folder = Path(line.strip())
    for number, name in ((1, "told"), (2, "errors")):
        os.dup2(os.open(folder / name, os.O_WRONLY | os.O_CREAT), number)
    night(folder)
    os._exit(0)
"""


class Host:
    """Begins nights: where processes can fork, from one that has imported everything."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        if hasattr(os, "fork"):
            command = [sys.executable, "-c", RUN]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            self._process = subprocess.Popen(command, text=True, **pipes)  # type: ignore[call-overload]

    def begin(self, folder: Path) -> psutil.Process:
        """Return the process of a run in a folder."""
        (folder / "told").touch()
        if self._process is None:
            with (folder / "told").open("wb") as out, (folder / "errors").open("wb") as errors:
                command = [sys.executable, "-c", RUN, str(folder)]
                return psutil.Popen(command, stdout=out, stderr=errors)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{folder}\n")
        self._process.stdin.flush()
        return psutil.Process(int(self._process.stdout.readline()))

    def end(self) -> None:
        if self._process is not None:
            self._process.communicate(timeout=PATIENCE_S)


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    made = Host()
    yield made
    made.end()


@dataclass
class Night:
    """A run under way in a process of its own, with its light in sight."""

    child: psutil.Process
    folder: Path
    switch: Switch
    told: Path

    def said(self) -> list[str]:
        return self.told.read_text(encoding="utf-8").splitlines()

    def log(self) -> list[dict[str, Any]]:
        text = (self.folder / "supervisor.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    def until(self, condition: Any, every_s: float = 5e-3) -> float:
        """Wait until something is so; return the time, in ns of the common clock."""
        end = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < end, (self.said()[-3:], self.log())
            time.sleep(every_s)
        return time.perf_counter_ns()

    def end(self) -> None:
        with suppress(psutil.NoSuchProcess):
            self.child.kill()  # a stopped one, too
        self.child.wait(PATIENCE_S)
        self.switch.close()


def begin(host: Host, folder: Path) -> Night:
    folder.mkdir()
    (folder / "stand.yaml").write_text(STAND, encoding="utf-8")
    (folder / "night.yaml").write_text(NIGHT, encoding="utf-8")
    switch = Switch(folder / "light-switch")
    night = Night(host.begin(folder), folder / "run", switch, folder / "told")
    try:
        night.until(lambda: len(night.said()) > 1 and night.said()[-2] not in {"0", ""})
        time.sleep(random.uniform(0.0, 0.5))
    except BaseException:
        night.end()
        raise
    return night


def kill(pid: int) -> int:
    """Kill a process; return the time just before, in ns of the common clock."""
    if sys.platform == "win32":
        began_ns = time.perf_counter_ns()
        psutil.Process(pid).kill()
        return began_ns
    # psutil would first look whether the number is still that of the process.
    began_ns = time.perf_counter_ns()
    os.kill(pid, signal.SIGKILL)
    return began_ns


def acknowledged(night: Night) -> int:
    """Return how many frames the run had acknowledged when it last said so."""
    whole = night.told.read_text(encoding="utf-8").rpartition("\n")[0].splitlines()
    return max(int(line) for line in whole if line.isdecimal())


def prove_recovered(night: Night) -> None:
    """Recover the run; all that was acknowledged is there, and the supervisor's act is told."""
    count = acknowledged(night)
    result = recover(night.folder)
    assert result.ok, result.problems
    assert result.gone == ()
    assert result.frames >= count
    assert len(list(RunFolder(night.folder).frames())) == result.frames
    assert result.verdict is not None
    assert result.verdict.name == "failed"
    assert "the controller died" in result.supervisor
    assert verify(night.folder).supervisor == result.supervisor


def tell(text: str) -> None:
    """Say something in the table that the long form prints."""
    sys.stdout.write(f"\n{text}\n")


def show(what: str, times_ms: list[float], goal_ms: float | None = None) -> None:
    """Print a line of the table; where there are enough, hold it to the goal."""
    ordered = sorted(times_ms)
    p99 = ordered[max(0, -(-99 * len(ordered) // 100) - 1)]
    p50 = statistics.median(ordered)
    tell(f"{what}: n {len(ordered)}, p50 {p50:.2f}, p99 {p99:.2f}, max {ordered[-1]:.2f} ms")
    if goal_ms is not None and len(ordered) >= ENOUGH:
        assert p99 <= goal_ms, what


def test_a_killed_controller_leaves_the_dark(host: Host, tmp_path: Path) -> None:
    """After each kill the supervisor has put the light out, and recovery loses no frame."""
    out_ms, seen_ms, lit = [], [], 0
    for attempt in range(KILLS):
        night = begin(host, tmp_path / f"{attempt}")
        try:
            assert night.switch.gate
            lit += night.switch.lit
            began_ns = kill(night.child.pid)
            seen_ms.append((night.until(lambda n=night: not n.switch.gate, 1e-4) - began_ns) / 1e6)
            assert not night.switch.lit
            watching, acted = night.log()[0], None
            pid = watching["pid"]
            night.until(lambda pid=pid: not psutil.pid_exists(pid))
            acted = night.log()[-1]
            assert acted["what"] == "safe"
            assert acted["cause"] == "the controller died"
            out_ms.append((acted["t_ns"] - began_ns) / 1e6)
            night.child.wait(PATIENCE_S)
            prove_recovered(night)
        finally:
            night.end()
    tell(f"{KILLS} kills of the controller, {lit} of them in the light; 0 frames lost")
    show("kill to light out", out_ms, 20.0)
    show("kill to light out, as another process saw it", seen_ms)


@pytest.mark.skipif(SIGSTOP is None, reason="no process can be stopped on this system")
def test_a_hung_controller_leaves_the_dark(host: Host, tmp_path: Path) -> None:
    """A process that stops in the light is soon without it; awake again, the run has failed."""
    assert SIGSTOP is not None
    out_ms, seen_ms = [], []
    for attempt in range(KILLS):
        night = begin(host, tmp_path / f"{attempt}")
        try:
            night.until(lambda n=night: n.switch.lit, 1e-3)
            began_ns = time.perf_counter_ns()
            night.child.send_signal(SIGSTOP)
            seen_ms.append((night.until(lambda n=night: not n.switch.lit, 1e-4) - began_ns) / 1e6)
            time.sleep(0.2)
            put_out = not night.switch.gate
            night.child.send_signal(signal.SIGCONT)
            if not put_out:  # it was stopped as its exposure had just ended, and goes on
                seen_ms.pop()
                continue
            night.until(lambda n=night: "cause" in n.log()[-1])
            assert "no sign of life" in night.log()[-1]["cause"]
            out_ms.append((night.log()[-1]["t_ns"] - began_ns) / 1e6)
            night.child.wait(PATIENCE_S)
            name, reason = json.loads(night.said()[-1])
            assert name == "failed"
            assert "no sign of life" in reason
            assert verify(night.folder).ok
        finally:
            night.end()
    tell(f"{KILLS} hangs of the controller, {len(out_ms)} of them in the light")
    if out_ms:
        show("hang to light out", out_ms, 100.0)
        show("hang to light out, as another process saw it", seen_ms)


def test_a_run_does_not_go_on_without_its_supervisor(host: Host, tmp_path: Path) -> None:
    """When the supervisor is killed the run goes to SAFE, keeps its frames, and has failed."""
    dark_ms, end_ms = [], []
    for attempt in range(KILLS):
        night = begin(host, tmp_path / f"{attempt}")
        try:
            began_ns = kill(night.log()[0]["pid"])
            night.child.wait(PATIENCE_S)
            end_ms.append((time.perf_counter_ns() - began_ns) / 1e6)
            assert not night.switch.shutter
            name, reason = json.loads(night.said()[-1])
            assert name == "failed"
            assert reason.startswith("The supervisor died.")
            report = verify(night.folder)
            assert report.ok, report.problems
            assert report.frames >= acknowledged(night)
            assert report.supervisor.startswith("The supervisor wrote no farewell")
            lines = list(RunFolder(night.folder).lines())
            safe = next(each for each in lines if each.kind == "safe")
            assert "NOT SAFE" not in str(safe.value)
            lost = [each for each in lines if each.kind == "supervisor"][-1]
            assert lost.value["what"] == "lost"
            dark_ms.append((safe.t_ns - began_ns) / 1e6)
            assert recover(night.folder).ok
        finally:
            night.end()
    tell(f"{KILLS} kills of the supervisor; 0 runs completed, 0 frames lost")
    show("kill to SAFE, read back", dark_ms)
    show("kill to the end of the process", end_ms)
