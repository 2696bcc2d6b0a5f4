"""A text is judged as its file would be."""

from __future__ import annotations

from pathlib import Path

import pytest

from saccade.app import (
    check,
    findings_of_text,
    load_protocol,
    open_scope,
    protocol_from_text,
)
from saccade.core import ProtocolError

FOLDER = Path(__file__).parents[2] / "hardware_configs" / "protocols"
FILE = FOLDER / "watch-beads.yaml"
TEXT = FILE.read_text(encoding="utf-8")


def test_a_text_is_the_protocol_of_its_file() -> None:
    """The same, and beside the same file."""
    protocol = protocol_from_text(TEXT, FILE)
    assert protocol == load_protocol(FILE)
    assert (protocol.path, protocol.folder) == (FILE, FOLDER)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("above: 0.8", "above: 8", "Burst.above is 8.0, but it must be"),
        ("detect:Spots", "detect:Spotz", "Did you mean"),
        ("guard:\n", "guard: ]\n", "watch-beads.yaml, line "),
        ("actions_per_min", "actions_per_mim", "Did you mean"),
        ("config: FITC, exposure: 20", "config: FITK, exposure: 20", "no preset 'FITK'"),
    ],
)
def test_what_is_wrong_is_told_as_the_check_tells_it(old: str, new: str, says: str) -> None:
    """The same words, with the name of the file and not its whole path."""
    stand = open_scope("demo").stand()
    findings = findings_of_text(TEXT.replace(old, new), FILE, stand)
    errors = [each for each in findings if each.level == "error"]
    assert says in f"{errors[0].text} {errors[0].do}"
    assert str(FOLDER) not in errors[0].text
    if "preset" not in says:
        with pytest.raises(ProtocolError):
            check(protocol_from_text(TEXT.replace(old, new), FILE), stand)


def test_without_a_microscope_what_holds_for_any_is_told() -> None:
    """What is fit is found fit; a guard that is missing is warned of."""
    assert findings_of_text(TEXT, FILE) == ()
    bare = TEXT.partition("guard:")[0]
    assert [each.level for each in findings_of_text(bare, FILE)] == ["warning"]
