"""The supervisor's process: what it proves, what it hears, and how it ends."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from saccade.core import SelfTestError, SupervisorError, UsageError
from saccade.supervise import Plan, Supervisor, Switch, _supervisor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE_S = 30.0
NOBODY = 2**22 + 1
"""Larger than the number of any process."""
SRC = Path(_supervisor.__file__).parents[2]


def wait_until(condition: Callable[[], Any]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(2e-3)


class Process:
    """The program, spoken to by hand."""

    def __init__(self, folder: Path, path: dict[str, str], pid: int) -> None:
        self.child = subprocess.Popen(
            [sys.executable, "-P", "-m", "saccade.supervise"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env={**os.environ, "PYTHONPATH": str(SRC)},
        )
        self.folder = folder
        self.say({"path": path, "pid": pid})

    def say(self, value: Any) -> None:
        assert self.child.stdin is not None
        self.child.stdin.write(json.dumps(value).encode() + b"\n")

    def hear(self) -> dict[str, Any]:
        assert self.child.stdout is not None
        while True:
            said: dict[str, Any] = json.loads(self.child.stdout.readline())
            if "alive" not in said:
                return said

    def end(self) -> tuple[int, str]:
        """Wait for its end; return its status, and what it said to people."""
        assert self.child.stdin is not None
        assert self.child.stderr is not None
        status = self.child.wait(PATIENCE_S)
        self.child.stdin.close()
        return status, self.child.stderr.read().decode()

    def log(self) -> list[dict[str, Any]]:
        text = (self.folder / "supervisor.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def switch(tmp_path: Path) -> Iterator[Switch]:
    made = Switch(tmp_path / "switch")
    made.shutter = True
    yield made
    made.close()


@pytest.fixture
def begin(tmp_path: Path, switch: Switch) -> Iterator[Callable[..., Process]]:
    begun: list[Process] = []

    def call(use: str = "switch", pid: int = NOBODY) -> Process:
        spec = {"use": "switch", "file": str(switch.path)} if use == "switch" else {"use": use}
        begun.append(Process(tmp_path, spec, pid))
        assert "ready" in begun[-1].hear()
        begun[-1].say({"folder": str(tmp_path)})
        begun[-1].say(10_000)
        return begun[-1]

    yield call
    for process in begun:
        process.child.kill()
        process.child.wait(PATIENCE_S)
        for pipe in (process.child.stdin, process.child.stdout, process.child.stderr):
            if pipe is not None:
                pipe.close()


def test_the_end_of_the_pipe_is_the_death_of_the_controller(
    begin: Callable[..., Process], switch: Switch
) -> None:
    """Without a goodbye the light is put out, and that is told, logged and the exit code."""
    process = begin()
    assert switch.lit
    assert process.child.stdin is not None
    process.child.stdin.close()
    status, words = process.end()
    assert not switch.lit
    assert status == 3
    assert "the controller died. The light is out, through the switch" in words
    assert process.log()[-1]["what"] == "safe"


def test_silence_for_longer_than_the_last_beat_allowed_is_a_hang(
    begin: Callable[..., Process], switch: Switch
) -> None:
    """Beats keep the light on; when the next does not come, it goes out, and stays out."""
    process = begin()
    for _ in range(20):
        process.say(1000)
    process.say(50)
    status, words = process.end()
    assert not switch.lit
    assert status == 3
    assert "gave no sign of life" in words


BUSY = "print(flush=True)\nwhile True: pass"
IDLE = "import time; print(flush=True); time.sleep(60)"


@pytest.mark.parametrize(("code", "busy"), [(BUSY, True), (IDLE, False)])
def test_who_is_silent_because_it_computes_gets_a_second_more(
    begin: Callable[..., Process], switch: Switch, code: str, busy: bool
) -> None:
    """A busy process is not taken for a hung one at once, but no silence goes on for ever."""
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert child.stdout is not None
    try:
        child.stdout.readline()
        time.sleep(0.2)
        process = begin(pid=child.pid)
        process.say(50)
        status, words = process.end()
    finally:
        child.kill()
        child.wait(PATIENCE_S)
        child.stdout.close()
    assert (status, switch.lit) == (3, False)
    silent_ms = float(words.partition("no sign of life for ")[2].partition(" ms")[0])
    assert (silent_ms > 1000) == busy


def test_a_broken_promise_is_no_question_of_silence(
    begin: Callable[..., Process], switch: Switch
) -> None:
    """Who says that the microscope does not answer is believed at once, and busy or not."""
    process = begin(pid=os.getpid())
    process.say(0)
    status, words = process.end()
    assert (status, switch.lit) == (3, False)
    assert "waits for the microscope in vain" in words


def test_without_a_path_it_can_only_say_so(begin: Callable[..., Process]) -> None:
    """Its status and its words claim nothing that it did not do."""
    process = begin("nothing")
    assert process.child.stdin is not None
    process.child.stdin.close()
    status, words = process.end()
    assert status == 4
    assert "no path to the light but the controller's own: it may be ON" in words
    assert process.log()[-1]["what"] == "not safe"


@pytest.mark.parametrize(("word", "lit"), [("bye", True), ("off", False)])
def test_a_farewell_leaves_the_gate_as_it_was_found_or_closes_it(
    begin: Callable[..., Process], switch: Switch, word: str, lit: bool
) -> None:
    """Where the run could not read its own light back as off, the gate stays closed."""
    process = begin()
    process.say(word)
    assert process.hear()["ended"]["what"] == "ended"
    assert process.end() == (0, "")
    assert switch.gate == lit
    assert process.log()[-1]["what"] == "ended"


def test_what_can_not_be_understood_is_a_lost_controller(
    begin: Callable[..., Process], switch: Switch
) -> None:
    """Garbage on the pipe is no sign of life."""
    process = begin()
    assert process.child.stdin is not None
    process.child.stdin.write(b"\xff{\n")
    status, words = process.end()
    assert (status, switch.lit) == (3, False)
    assert "can't be understood" in words


@pytest.mark.skipif(sys.platform == "win32", reason="Windows only kills")
def test_who_ends_the_supervisor_ends_the_light(
    begin: Callable[..., Process], switch: Switch
) -> None:
    """Told to end by the system, as when it shuts down, it puts the light out first."""
    process = begin()
    process.child.terminate()
    status, words = process.end()
    assert (status, switch.lit) == (3, False)
    assert "told to end" in words


def test_the_program_is_small() -> None:
    """It starts without numpy, Qt, pydantic, a core or any other part of Saccade."""
    code = """
import sys
import saccade.supervise._program
print(sorted(name for name in sys.modules if name.partition(".")[0] in
    {"numpy", "pydantic", "pymmcore", "pymmcore_plus", "torch", "PySide6", "qtpy", "saccade"}))
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    ours = {"saccade", "saccade.supervise"}
    ours |= {
        f"saccade.supervise._{name}"
        for name in ("ear", "paths", "plan", "program", "switch", "vitals")
    }
    assert set(ast.literal_eval(done.stdout)) == ours


# ------------------------------------------------------------------- the controller's end


def plan_of(switch: Switch) -> Plan:
    return Plan({"use": "switch", "file": str(switch.path)})


class Alarms(list[SupervisorError]):
    """What a run would hear."""

    def __init__(self) -> None:
        super().__init__()
        self.rung = threading.Event()

    def __call__(self, error: SupervisorError) -> None:
        self.append(error)
        self.rung.set()


def test_a_supervisor_proves_its_path_watches_and_takes_leave(
    tmp_path: Path, switch: Switch
) -> None:
    """From the proof to the farewell there is no alarm, and nothing is left of it."""
    supervisor, alarms = Supervisor(plan_of(switch)), Alarms()
    proof = supervisor.start()
    assert proof["proof"] == {"gate": "closed"}
    assert proof["acts"]
    pulse = supervisor.watch(tmp_path, alarms)
    pulse.lit(PATIENCE_S)
    time.sleep(0.3)
    assert switch.lit, "beats keep the light on"
    assert supervisor.end() == {"what": "ended", "told": {"gate": "open"}}
    assert supervisor.end() == {}
    assert not psutil.pid_exists(proof["pid"])
    assert alarms == []


def test_a_failed_proof_is_a_named_error(tmp_path: Path) -> None:
    """A path that can't even be opened says why, and what to do; it may be mended and tried."""
    plan = Plan({"use": "switch", "file": str(tmp_path)})  # a folder
    supervisor = Supervisor(plan)
    for _ in range(2):
        with pytest.raises(SelfTestError, match="failed its test") as raised:
            supervisor.start()
        assert "attended" in raised.value.do
    assert supervisor.pid is None


def test_a_thread_that_is_not_heard_of_costs_the_light(tmp_path: Path, switch: Switch) -> None:
    """A promise that is not kept ends the beats of a live process: the light goes off."""
    supervisor, alarms = Supervisor(plan_of(switch)), Alarms()
    supervisor.start()
    supervisor.watch(tmp_path, alarms).lit(0.05)
    assert alarms.rung.wait(PATIENCE_S)
    assert not switch.lit
    assert "in vain" in alarms[0].what
    with pytest.raises(SupervisorError, match="took over"):
        supervisor.end()


def test_a_supervisor_that_dies_raises_the_alarm_once(tmp_path: Path, switch: Switch) -> None:
    """The run hears of it at once, and its farewell fails with the same words."""
    supervisor, alarms = Supervisor(plan_of(switch)), Alarms()
    supervisor.start()
    pulse = supervisor.watch(tmp_path, alarms)
    psutil.Process(supervisor.pid).kill()
    assert alarms.rung.wait(PATIENCE_S)
    for _ in range(10):
        pulse.lit(1.0)
        pulse.dark()
    with pytest.raises(SupervisorError, match="The supervisor died"):
        supervisor.end()
    assert [each.what for each in alarms] == ["The supervisor died."]


@pytest.mark.skipif(sys.platform == "win32", reason="no process can be stopped")
def test_a_supervisor_that_hangs_raises_the_alarm(
    tmp_path: Path, switch: Switch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who does not answer beats counts as lost, and beats never wait for it."""
    monkeypatch.setattr(_supervisor, "_ANSWER_S", 0.3)
    supervisor, alarms = Supervisor(plan_of(switch)), Alarms()
    supervisor.start()
    pulse = supervisor.watch(tmp_path, alarms)
    process = psutil.Process(supervisor.pid)
    process.suspend()
    for _ in range(5000):  # more than any pipe holds
        pulse.lit(1.0)
        pulse.dark()
    assert alarms.rung.wait(PATIENCE_S)
    assert "not answered" in alarms[0].what
    process.kill()
    with pytest.raises(SupervisorError, match="not answered"):
        supervisor.end()


def test_a_supervisor_is_started_once(switch: Switch) -> None:
    """A second start would leave the first process alone."""
    supervisor = Supervisor(plan_of(switch))
    supervisor.start()
    with pytest.raises(UsageError, match="at work"):
        supervisor.start()
    supervisor.end()


def test_it_watches_although_the_working_folder_hides_a_module(
    tmp_path: Path, switch: Switch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file json.py where the user works is not what the supervisor imports."""
    (tmp_path / "json.py").write_text("1 / 0", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    supervisor = Supervisor(plan_of(switch))
    supervisor.start()
    supervisor.end()
