"""A Micro-Manager configuration loads devices, and no code that the user did not choose."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from saccade.core import ProfileError
from saccade.scope import load
from saccade.scope._adapters import adapters_shipped
from saccade.scope._cfg import PY_DEVICES, read_cfg

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEMO = (adapters_shipped() / "MMConfig_demo.cfg").read_text(encoding="utf-8")
FOREIGN = """
from pathlib import Path
from pymmcore_plus.experimental.unicore import GenericDevice

(Path(__file__).parent / "imported").touch()

class Lamp(GenericDevice):
    pass
"""


@pytest.fixture
def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a profile, whose configuration can be written, beside a module that tells on itself."""
    monkeypatch.delenv(PY_DEVICES, raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "foreign_lamp.py").write_text(FOREIGN, encoding="utf-8")
    (tmp_path / "stand.cfg").write_text(DEMO, encoding="utf-8")
    profile = tmp_path / "stand.yaml"
    adapters = adapters_shipped().as_posix()
    profile.write_text(
        f"name: stand\nmicromanager: {{cfg: stand.cfg, adapters: {adapters}}}\n", encoding="utf-8"
    )
    yield profile
    sys.modules.pop("foreign_lamp", None)


def configure(stand: Path, *lines: str) -> Path:
    cfg = stand.with_suffix(".cfg")
    before, mark, after = DEMO.partition("# Pre-init settings for devices\n")
    cfg.write_text(before + "".join(f"{line}\n" for line in lines) + mark + after, "utf-8")
    return cfg


def test_the_demo_configuration_loads_adapters_alone() -> None:
    """What Micro-Manager's own configuration needs is listed, and none of it is Python."""
    found = read_cfg(adapters_shipped() / "MMConfig_demo.cfg")
    assert found.libraries == {"DemoCamera", "Utilities"}
    assert not found.modules


@pytest.mark.parametrize(
    "line",
    [
        "#py pyDevice,Lamp,foreign_lamp,Lamp",
        "pyDevice,Lamp,foreign_lamp,Lamp",
        "  #py   pyDevice,Lamp,foreign_lamp,Lamp\r",
        "#py pyDevice, Lamp , foreign_lamp , Lamp",
        "#py Device,Lamp,foreign_lamp,Lamp\n#py pyDevice,Other,foreign_lamp,Lamp",
        "#py pyDevice,Lamp,os.path,join",
        "#py pyDevice,Lamp,saccade.sim.devices,SimCamera",
    ],
)
def test_a_python_device_needs_leave(stand: Path, line: str) -> None:
    """Its module is not imported, and the error says how the user can allow it."""
    configure(stand, line)
    with pytest.raises(ProfileError, match=f"would import the module .* {PY_DEVICES}"):
        load(stand)
    assert not (stand.parent / "imported").exists()


def test_the_user_can_allow_a_module(stand: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named in the environment, and there alone, a module's device is loaded with the others."""
    configure(stand, "#py pyDevice,Lamp,foreign_lamp,Lamp")
    monkeypatch.setenv(PY_DEVICES, "other, foreign_lamp")
    scope = load(stand)
    try:
        assert (stand.parent / "imported").exists()
        assert {"Lamp", "Camera"} <= set(scope.core.getLoadedDevices())
    finally:
        scope.core.unloadAllDevices()


def test_an_adapter_that_is_not_there_is_no_module(
    stand: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With or without Python devices, a library's name is never imported."""
    configure(stand, "Device,X,foreign_lamp,Lamp")
    with pytest.raises(ProfileError, match="could not load"):
        load(stand)
    monkeypatch.setenv(PY_DEVICES, "colorsys")
    for prefix in ("", "#py "):
        line = f"{prefix}Device,X,foreign_lamp,Lamp"
        configure(stand, line, "#py pyDevice,Lamp,colorsys,Lamp")
        with pytest.raises(ProfileError, match="no device adapter 'foreign_lamp'"):
            load(stand)
    assert not (stand.parent / "imported").exists()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("Device,X,../../evil,Camera", "no device adapter"),
        ("Device,X,..\\evil,Camera", "no device adapter"),
        ("Device,X,/tmp/evil,Camera", "no device adapter"),
        ("Device,X,C:evil,Camera", "no device adapter"),
        ("Device,X,,Camera", "no device adapter"),
        ("#py Device,X,a/b,Camera", "no device adapter"),
        ("#py pyDevice,X,os;evil,Camera", "no line of a Python device"),
        ("#py pyDevice,X", "no line of a Python device"),
        ("# harmless\x0b#py pyDevice,Lamp,foreign_lamp,Lamp", r"U\+000B"),
        ("# harmless\u2028pyDevice,Lamp,foreign_lamp,Lamp", r"U\+2028"),
        ("# harmless\x85pyDevice,Lamp,foreign_lamp,Lamp", r"U\+0085"),
        ("# harmless\rpyDevice,Lamp,foreign_lamp,Lamp", r"U\+000D"),
        ("Label,Dichroic,0,a\0b", r"U\+0000"),
        ("Label,\u202edoc,0,a", r"U\+202E"),
        ("# " + "x" * 1_000_000, "larger than 1 MB"),
    ],
)
def test_no_line_leads_out_of_the_adapters(stand: Path, line: str, message: str) -> None:
    """Paths, hidden ends of lines and what is no line of text are refused with the line."""
    configure(stand, line)
    with pytest.raises(ProfileError, match=message):
        load(stand)
    assert not (stand.parent / "imported").exists()


def test_a_device_that_can_not_be_unloaded_hides_nothing(stand: Path) -> None:
    """What is wrong with a configuration is told, also where its devices can't be let go."""
    cfg = stand.with_suffix(".cfg")
    lines = [line for line in DEMO.splitlines() if line != "Property,Core,Initialize,1"]
    cfg.write_text("\n".join([*lines, "Property,LED Shutter,State,1", "Nothing"]), "utf-8")
    with pytest.raises(ProfileError, match="could not load"):
        load(stand)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252"])
def test_labels_may_be_in_any_encoding(stand: Path, encoding: str) -> None:
    """What older versions wrote on Windows is read as well."""
    cfg = stand.with_suffix(".cfg")
    cfg.write_bytes(f"# 5 µm, Ångström, 20 °C\r\n{DEMO}".encode(encoding))
    assert read_cfg(cfg).libraries == {"DemoCamera", "Utilities"}
