"""Unattended runs, as a protocol, a profile and the command line ask for them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from saccade import app
from saccade.cli._main import app as command_line
from saccade.core import ProfileError
from saccade.scope import load, load_profile
from saccade.store import RunFolder
from saccade.supervise import Switch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from saccade.app import Finding

SWITCH = "name: s\nsim: {use: beads, sensor_px: [64, 64]}\nsupervisor: {switch: light-switch}\n"
NIGHT = """
saccade: 1
name: night
scope: stand.yaml
watch:
  channels: [{config: FITC, exposure: 5}]
  time_plan: {interval: 0, loops: 5}
guard: [{use: saccade.guard:Limits}]
"""
GATE = "Device,Gate,DemoCamera,DShutter\nProperty,Core,Initialize,1\n"
CORE = """
name: s
micromanager: {cfg: demo}
supervisor:
  cfg: gate.cfg
  dark: [{device: Gate, property: State, value: 0}]
  open: [{device: Gate, property: State, value: 1}]
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gate.cfg").write_text(GATE, encoding="utf-8")
    (tmp_path / "stand.yaml").write_text(SWITCH, encoding="utf-8")
    (tmp_path / "p.yaml").write_text(NIGHT, encoding="utf-8")
    return tmp_path


def saccade(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(command_line, [str(each) for each in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize("how", ["option", "protocol"])
@pytest.mark.parametrize("stand", [SWITCH, CORE])
def test_an_unattended_run_is_supervised(here: Path, how: str, stand: str) -> None:
    """Asked for either way, the path is proven, watched over the run, and left as found."""
    (here / "stand.yaml").write_text(stand, encoding="utf-8")
    options = ["--unattended"] if how == "option" else []
    if how == "protocol":
        (here / "p.yaml").write_text(NIGHT + "unattended: true\n", encoding="utf-8")
    code, output, errors = saccade("run", "p.yaml", "--out", "r", "--json", *options)
    assert code == 0, output + errors
    told = [line.value for line in RunFolder(here / "r").lines() if line.kind == "supervisor"]
    assert [each["what"] for each in told] == ["watching", "ended"]
    assert told[0]["acts"]
    assert told[0]["proof"] == ({"gate": "closed"} if stand == SWITCH else {"Gate.State": "0"})
    text = (here / "r" / "supervisor.jsonl").read_text(encoding="utf-8")
    assert [json.loads(line)["what"] for line in text.splitlines()] == ["watching", "ended"]
    assert json.loads((here / "r" / "run.json").read_bytes())["protocol"]["unattended"] is True


def test_an_attended_run_has_no_supervisor(here: Path) -> None:
    """Nobody pays for what nobody asked for."""
    assert saccade("run", "p.yaml", "--out", "r", "--json")[0] == 0
    assert not (here / "r" / "supervisor.jsonl").exists()
    assert [line for line in RunFolder(here / "r").lines() if line.kind == "supervisor"] == []


def test_a_path_that_fails_its_test_refuses_the_run(here: Path) -> None:
    """A gate that can't be moved is a named error, before there is a run folder."""
    (here / "stand.yaml").write_text(CORE.replace("value: 0", "value: ajar"), encoding="utf-8")
    code, output, _ = saccade("run", "p.yaml", "--out", "r", "--json", "--unattended")
    answer: dict[str, Any] = json.loads(output)
    assert (code, answer["error"]) == (1, "SelfTestError")
    assert "Gate.State is NOT SAFE" in answer["what"]
    assert not (here / "r").exists()
    assert saccade("run", "p.yaml", "--out", "r", "--json")[0] == 0, "attended it may run"


def test_light_does_not_pass_a_closed_gate(here: Path) -> None:
    """The simulated light obeys the switch: with the gate closed, its sample stays dark."""
    scope = load(here / "stand.yaml")
    switch = Switch(here / "light-switch")
    bright = []
    for is_open in (True, False):
        switch.gate = is_open
        scope.core.setExposure(20.0)
        scope.core.snapImage()
        bright.append(float(scope.core.getImage().mean()))
    assert not switch.shutter
    scope.core.setShutterOpen(True)
    assert switch.shutter
    for source in [each for each in scope.core.getLoadedDevices() if each.endswith(" Light")]:
        scope.core.setProperty(source, "State", 0)
    assert not switch.shutter, "no source is on"
    scope.core.setShutterOpen(False)
    assert not switch.shutter
    switch.close()
    assert bright[0] > bright[1] + 1


def findings_of(here: Path, stand: str, protocol: str) -> list[Finding]:
    (here / "stand.yaml").write_text(stand, encoding="utf-8")
    (here / "p.yaml").write_text(protocol, encoding="utf-8")
    loaded = app.load_protocol(here / "p.yaml")
    scope = app.open_scope(loaded.scope, loaded.folder, loaded.sim)
    return [each for each in app.check(loaded, scope.stand()) if "supervisor" in each.text]


PLAIN = "name: s\nsim: {use: beads, sensor_px: [64, 64]}\n"
VIRTUAL = SWITCH.replace("use: beads", "use: beads, clock: virtual")


@pytest.mark.parametrize(
    ("stand", "level", "words"),
    [
        pytest.param(SWITCH, "fact", "puts the light out through the switch", id="switch"),
        pytest.param(CORE, "fact", "puts the light out through its own core", id="core"),
        pytest.param(PLAIN, "warning", "no path of its own to the light", id="none"),
        pytest.param(VIRTUAL, "fact", "In virtual time", id="virtual"),
    ],
)
def test_a_check_says_what_a_supervisor_could_do(
    here: Path, stand: str, level: str, words: str
) -> None:
    """Before anything starts it is plain what would happen after a crash."""
    (found,) = findings_of(here, stand, NIGHT + "unattended: true\n")
    assert (found.level, words in found.text) == (level, True)
    assert findings_of(here, stand, NIGHT) == []


def test_in_virtual_time_there_is_no_supervisor(here: Path) -> None:
    """A protocol for the night can be played in virtual time as it is."""
    (here / "stand.yaml").write_text(VIRTUAL, encoding="utf-8")
    assert saccade("run", "p.yaml", "--out", "r", "--json", "--unattended")[0] == 0
    assert not (here / "r" / "supervisor.jsonl").exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("supervisor: {switch: x}\nmicromanager: {cfg: demo}", "is for a virtual microscope"),
        ("supervisor: {switch: ../x}\nsim: {use: beads}", "not a mere file name"),
        ("supervisor: {switch: /x}\nsim: {use: beads}", "not a mere file name"),
        ("supervisor: {cfg: demo}\nmicromanager: {cfg: demo}", "cfg needs dark"),
        ("supervisor: {limit_ms: 5}\nmicromanager: {cfg: demo}", "limit_ms"),
        (
            "supervisor: {dark: [{device: A, property: B, value: 0}]}\nmicromanager: {cfg: demo}",
            "need cfg",
        ),
        (
            "supervisor: {switch: x, cfg: demo, dark: [{device: A, property: B, value: 0}]}\n"
            "sim: {use: beads}",
            "leave one out",
        ),
    ],
)
def test_a_supervisor_that_makes_no_sense_is_refused(here: Path, text: str, told: str) -> None:
    """Each mistake in the profile is named."""
    (here / "stand.yaml").write_text(f"name: s\n{text}\n", encoding="utf-8")
    with pytest.raises(ProfileError, match=told):
        load_profile(here / "stand.yaml")


PORT = "Device,{port},SerialManager,{port}\nProperty,Hub,Port,{port}\n"


@pytest.mark.parametrize(
    ("of_run", "of_supervisor", "shared"),
    [
        ("COM3", "COM3", True),
        ("COM3", "COM4", False),
        ("/dev/ttyUSB0", "/dev/ttyUSB0", True),
        ("Undefined", "Undefined", False),
    ],
)
def test_a_shared_port_is_no_path_of_its_own(
    here: Path, of_run: str, of_supervisor: str, shared: bool
) -> None:
    """Two configurations that name one serial port are refused."""
    for name, port in (("run", of_run), ("gate", of_supervisor)):
        text = f"Property,Hub,Port,{port}\n" if port == "Undefined" else PORT.format(port=port)
        (here / f"{name}.cfg").write_text(text, encoding="utf-8")
    text = CORE.replace("micromanager: {cfg: demo}", "micromanager: {cfg: run.cfg}")
    (here / "stand.yaml").write_text(text, encoding="utf-8")
    profile = load_profile(here / "stand.yaml")
    find: Callable[[], Any] = profile.supervision
    if shared:
        with pytest.raises(ProfileError, match=f"share {of_run}"):
            find()
    else:
        assert find().acts


@pytest.mark.parametrize("content", [b"not a switch", b"x"])
def test_no_file_that_is_something_else_becomes_a_switch(here: Path, content: bytes) -> None:
    """What was in the file before is still there."""
    (here / "light-switch").write_bytes(content)
    with pytest.raises(ProfileError, match="can't be the light's switch"):
        load(here / "stand.yaml")
    assert (here / "light-switch").read_bytes() == content
