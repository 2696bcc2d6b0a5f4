"""Parts of other distributions: only those that the user enabled, and never unseen."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from saccade import detect
from saccade.app import build, parts
from saccade.app._registry import PLUGINS
from saccade.core import ProtocolError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PLUGIN = '''
"""Parts of a third party."""

from typing import Literal

print("imported")


class Foci:
    def __init__(self, *, size: tuple[int, int], how: Literal["fast", "well"] = "fast", many=3):
        if size == (0, 0):
            raise RuntimeError("no such size")
        self.size, self.how, self.many = size, how, many


class Unclear:
    def __init__(self, x: "Nowhere") -> None:
        """Take a setting whose type can't be found."""


class Device:
    def __init__(self, thing: Foci | None = None, *others: int, **more: str) -> None:
        self.thing = thing
'''


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Install a distribution whose entry points are given."""

    def install(entries: str) -> None:
        (tmp_path / "acme_foci.py").write_text(PLUGIN, encoding="utf-8")
        info = tmp_path / "Acme.Foci-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: Acme.Foci\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[saccade.parts]\n{entries}\n")
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "acme_foci", raising=False)

    return install


def test_a_plugin_is_not_imported_unless_it_was_enabled(
    installed: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """Being installed is not enough: nothing of it runs."""
    installed("detect.Foci = acme_foci:Foci")
    assert not [name for name in parts() if "acme" in name]
    with pytest.raises(ProtocolError, match="no known part"):
        build("acme-foci.detect:Foci", {"size": [1, 2]}, "detect.a")
    assert capsys.readouterr().out == ""
    assert "acme_foci" not in sys.modules


def test_an_enabled_plugin_makes_parts(
    installed: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its parts go by the name of the distribution, and are held to their own signature."""
    installed("detect.Foci = acme_foci:Foci\nguard.Device = acme_foci:Device")
    monkeypatch.setenv(PLUGINS, " acme_foci ,")
    assert "acme-foci.detect:Foci" in parts()
    part = build("acme-foci.detect:Foci", {"size": [1, 2], "many": "x"}, "detect.a")
    assert (part.size, part.how, part.many) == ((1, 2), "fast", "x")
    with pytest.raises(ProtocolError, match=r"detect\.a\.how is \"slow\", which should be 'fast'"):
        build("acme-foci.detect:Foci", {"size": [1, 2], "how": "slow"}, "detect.a")
    with pytest.raises(ProtocolError, match=r"detect\.a\.size is missing"):
        build("acme-foci.detect:Foci", {}, "detect.a")
    with pytest.raises(ProtocolError, match="not for 'guard'"):
        build("acme-foci.detect:Foci", {"size": [1, 2]}, "guard.0")
    with pytest.raises(ProtocolError, match="can't be made: RuntimeError: no such size"):
        build("acme-foci.detect:Foci", {"size": [0, 0]}, "detect.a")
    assert build("acme-foci.guard:Device", {}, "guard.0").thing is None
    for settings in ({"thing": 5}, {"others": [1]}, {"more": "x"}, {"else": "x"}):
        with pytest.raises(ProtocolError, match=r"guard\.0\."):
            build("acme-foci.guard:Device", settings, "guard.0")


@pytest.mark.parametrize(
    ("entries", "enabled", "message"),
    [
        pytest.param(
            "detect.Foci = acme_foci:Foci", "acme-fooci", "Did you mean 'acme-foci'", id="name"
        ),
        pytest.param(
            "detect.Foci = acme_foci:Foci", "pytest", "has no saccade.parts", id="no parts"
        ),
        pytest.param(
            "detect.Foci = acme_foci:Fock", "acme-foci", "AttributeError", id="no such part"
        ),
        pytest.param("detect.Foci = acme_foco:Foci", "acme-foci", "ModuleNotFound", id="no module"),
    ],
)
def test_a_plugin_that_cannot_be_had_is_named(
    installed: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    entries: str,
    enabled: str,
    message: str,
) -> None:
    """What the user enabled and isn't there is one error, not a missing part."""
    installed(entries)
    monkeypatch.setenv(PLUGINS, enabled)
    with pytest.raises(UsageError, match=message):
        parts()


def test_a_plugin_with_unknown_types_is_named(
    installed: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signature that can't be read is a named error."""
    installed("detect.Unclear = acme_foci:Unclear")
    monkeypatch.setenv(PLUGINS, "acme-foci")
    with pytest.raises(ProtocolError, match="can't be read: name 'Nowhere' is not defined"):
        build("acme-foci.detect:Unclear", {"x": 1}, "detect.a")


def test_a_plugin_cannot_take_the_place_of_a_part(
    installed: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No distribution's parts are called like Saccade's own."""
    installed("Spots = acme_foci:Foci\ndetect:Spots = acme_foci:Foci\nsaccade.x = acme_foci:Foci")
    monkeypatch.setenv(PLUGINS, "acme-foci")
    assert all(name.startswith("acme-foci.") for name in parts() if "saccade." not in name[:8])
    assert parts()["saccade.detect:Spots"] is detect.Spots
