"""The supervisor's ways to the light, and the proof of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from mm_test_adapters import device_adapter_path

from saccade.supervise import Switch
from saccade.supervise._paths import CorePath, NoPath, SwitchPath, make_path, prove

if TYPE_CHECKING:
    from pathlib import Path

GATE = "Device,Gate,DemoCamera,DShutter\nProperty,Core,Initialize,1\n"


def test_the_switch_is_seen_by_whoever_opens_it(tmp_path: Path) -> None:
    """Two views of one file agree at once, and light passes while both parts are open."""
    one, other = Switch(tmp_path / "deep" / "switch"), Switch(tmp_path / "deep" / "switch")
    assert other.gate
    assert not other.shutter
    one.shutter = True
    assert other.lit
    other.gate = False
    assert not one.lit
    assert one.shutter
    one.close()
    other.close()
    again = Switch(tmp_path / "deep" / "switch")
    assert (again.gate, again.shutter) == (False, True), "it stays as it was left"
    again.close()


@pytest.mark.parametrize("found", [True, False])
def test_a_switch_is_proven_and_put_back(tmp_path: Path, found: bool) -> None:
    """The proof leaves the gate open; at the end it is as it was found."""
    switch = Switch(tmp_path / "switch")
    switch.gate = found
    path = make_path({"use": "switch", "file": str(tmp_path / "switch")})
    assert isinstance(path, SwitchPath)
    assert prove(path) == {"gate": "closed"}
    assert switch.gate
    assert path.off() == {"gate": "closed"}
    assert not switch.gate
    path.put_back()
    assert switch.gate == found
    switch.close()


def core_path(folder: Path, **settings: Any) -> CorePath:
    cfg = folder / "gate.cfg"
    cfg.write_text(GATE, encoding="utf-8")
    shut, opened = [("Gate", "State", "0")], [("Gate", "State", "1")]
    given = {"dark": shut, "open": opened, **settings}
    spec = {"use": "core", "cfg": str(cfg), "adapters": str(device_adapter_path()), **given}
    path = make_path(spec)
    assert isinstance(path, CorePath)
    return path


def test_a_core_of_its_own_moves_the_gate(tmp_path: Path) -> None:
    """Through Micro-Manager the gate opens, closes and is read back each time."""
    path = core_path(tmp_path)
    assert prove(path) == {"Gate.State": "0"}
    assert path._core.getProperty("Gate", "State") == "1"
    assert path.off() == {"Gate.State": "0"}
    assert not path._core.getShutterOpen("Gate")
    path.put_back()
    assert path._core.getProperty("Gate", "State") == "0"


def test_what_is_not_to_be_opened_stays_as_it_was_found(tmp_path: Path) -> None:
    """Without `open` a run gets the light as the supervisor found it."""
    path = core_path(tmp_path, open=[])
    prove(path)
    assert path._core.getProperty("Gate", "State") == "0"


class Stuck:
    """A core whose gate does not close, or that fails at a call."""

    def __init__(self, core: Any, fails: str) -> None:
        self._core, self._fails = core, fails

    def setProperty(self, device: str, name: str, value: str) -> None:  # noqa: N802 - MMCore's name
        if self._fails == "setProperty":
            raise RuntimeError("no answer")
        if not (self._fails == "ignores" and value == "0"):
            self._core.setProperty(device, name, value)

    def getProperty(self, device: str, name: str) -> str:  # noqa: N802 - MMCore's name
        if self._fails == "getProperty":
            raise RuntimeError("no answer")
        return str(self._core.getProperty(device, name))


@pytest.mark.parametrize("fails", ["ignores", "setProperty", "getProperty"])
def test_a_gate_that_does_not_close_is_no_proof(tmp_path: Path, fails: str) -> None:
    """Whatever goes wrong is told as NOT SAFE, never raised, and fails the proof."""
    path = core_path(tmp_path)
    path._core.setProperty("Gate", "State", "1")
    path._core = Stuck(path._core, fails)
    (told,) = path.off().values()
    assert told.startswith("NOT SAFE")
    with pytest.raises(RuntimeError, match=r"Gate\.State is NOT SAFE"):
        prove(path)


def test_no_path_says_nothing_and_proves_nothing() -> None:
    """Where there is no path, none is claimed."""
    path = make_path({"use": "nothing"})
    assert isinstance(path, NoPath)
    assert not path.acts
    assert prove(path) == {}
    assert path.put_back() == {}
