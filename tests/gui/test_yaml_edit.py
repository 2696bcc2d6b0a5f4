"""A form changes one place of a file: comments, order and layout of all else stay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saccade.core import parse_yaml
from saccade.gui._yaml_edit import append_in, remove_in, set_in, written, written_whole

PROTOCOLS = sorted((Path(__file__).parents[2] / "hardware_configs" / "protocols").glob("*.yaml"))
TEXT = """\
# Of a protocol.
name: first   # as the folder is called
watch:
  # A quarter of the light.
  channels: [{config: FITC, exposure: 5}]
  time_plan: {interval: 40, loops: 360}  # 4 h
decide:
  # A minute at a time.
  - {use: Stay, above: 0.6,
     do: {loops: 12}}
  - use: Burst   # twelve
    above: 0.8
guard:
  - {use: Limits}

sim:
# The end.
"""

CASES = {
    "a value": (("name",), "second", "name: second   # as the folder is called"),
    "a value in braces": (("decide", 0, "above"), 0.75, "- {use: Stay, above: 0.75,\n     do: {l"),
    "a new key in braces": (("decide", 0, "dwell"), 2, "do: {loops: 12}, dwell: 2}"),
    "a new key on a line": (("decide", 1, "dwell"), 2, "    above: 0.8\n    dwell: 2\nguard:"),
    "a whole block": (
        ("watch",),
        {"a": 1},
        "watch:\n  # A quarter of the light.\n  {a: 1}  # 4 h\ndecide:",
    ),
    "something for nothing": (("sim",), {"seed": 3}, "sim: {seed: 3}\n# The end."),
    "what nothing is under": (("record", "queue_mb"), 64, "record: {queue_mb: 64}"),
    "a word that looks like a truth": (("name",), "true", "name: 'true'   #"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_place_is_set(case: str) -> None:
    """The text has it where it belongs, says it, and keeps every comment."""
    path, value, there = CASES[case]
    changed = set_in(TEXT, path, value)
    assert there in changed
    found: Any = parse_yaml(changed)
    for step in path:
        found = found[step]
    assert found == value
    kept = [line for line in TEXT.splitlines() if line.strip().startswith("#")]
    assert [line for line in kept if line not in changed] == []


def test_a_place_is_removed_with_what_it_leaves_empty() -> None:
    """Neither an empty list nor empty braces remain."""
    assert "loops: 12" not in remove_in(TEXT, ("decide", 0, "do", "loops"))
    assert parse_yaml(remove_in(TEXT, ("decide", 0, "do", "loops")))["decide"][0] == {
        "use": "Stay", "above": 0.6,
    }  # fmt: skip
    assert "guard" not in parse_yaml(remove_in(TEXT, ("guard", 0)))
    lines = remove_in(TEXT, ("decide", 1, "above"))
    assert "# A minute at a time." in lines
    assert parse_yaml(lines)["decide"][1] == {"use": "Burst"}


def test_a_list_grows_in_its_own_layout() -> None:
    """On a line of its own with the dash below the others, or within the brackets."""
    assert "  - {use: Limits}\n  - {use: Dose, limit: 5}\n" in append_in(
        TEXT, ("guard",), {"use": "Dose", "limit": 5}
    )
    assert "[{config: FITC, exposure: 5}, {config: Cy5}]" in append_in(
        TEXT, ("watch", "channels"), {"config": "Cy5"}
    )
    assert parse_yaml(append_in("a: 1\n", ("guard",), 3)) == {"a": 1, "guard": [3]}


@pytest.mark.parametrize("file", PROTOCOLS, ids=lambda each: each.stem)
def test_every_value_of_the_shipped_protocols_can_be_changed(file: Path) -> None:
    """Each alone: the text says that and nothing else new, and loses no comment line."""
    text = file.read_text(encoding="utf-8")
    document = parse_yaml(text)
    comments = [line for line in text.splitlines() if line.strip().startswith("#")]
    for path in leaves(document):
        changed = set_in(text, path, 12345)
        assert list(leaves(parse_yaml(changed), 12345)) == [path]
        assert [each for each in comments if each not in changed.splitlines()] == []


def leaves(value: Any, equal: object = None, at: tuple[Any, ...] = ()) -> Any:
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for step, each in pairs:
            yield from leaves(each, equal, (*at, step))
    elif equal is None or value == equal:
        yield at


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.floats(-5, 5)
    | st.text("ab:#-{ \n'é", max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abcon", min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
DOCUMENT = st.dictionaries(st.text("abcon", min_size=1, max_size=3), PLAIN, min_size=1, max_size=4)


@pytest.mark.parametrize("value", ["'a:a", {"a": "'a:a"}, ["x:y", "'"]])
def test_what_looks_like_a_part_and_is_none_keeps_its_quotes(value: Any) -> None:
    """It is read as it was, though it can't be written as names of parts are."""
    assert parse_yaml(written(value)) == value


@given(DOCUMENT, PLAIN, st.data())
def test_whatever_is_set_is_said_and_nothing_else(
    document: dict[str, Any], value: Any, data: st.DataObject
) -> None:
    """For any document and any value, in any place, on lines and in braces."""
    for text in (written_whole(document), written(document)):
        if parse_yaml(text) != document:  # as 'on', which is a word here and a truth there
            continue
        path = data.draw(st.sampled_from([*leaves(document), (next(iter(document)),)]))
        found: Any = parse_yaml(set_in(text, path, value))
        for step in path[:-1]:
            found = found[step]
        assert found[path[-1]] == value or written(value) != written(parse_yaml(written(value)))
