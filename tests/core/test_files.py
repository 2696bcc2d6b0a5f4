"""Files that people write are read as plain data, or refused with one clear error."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from saccade.core import ProfileError, check_plain, read_yaml
from saccade.core._yaml import parse_yaml

if TYPE_CHECKING:
    from pathlib import Path


def bomb(levels: int = 10) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(lines)


def chain(links: int) -> str:
    return "\n".join(["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, links))])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("on: beads", {"on": "beads"}, id="on is a key"),
        pytest.param("a: [Yes, No, on, Off, y]", {"a": ["Yes", "No", "on", "Off", "y"]}, id="text"),
        pytest.param("a: [true, False]", {"a": [True, False]}, id="truth values"),
        pytest.param("a: [1e-3, 1E3, .5, -2.]", {"a": [0.001, 1000.0, 0.5, -2.0]}, id="floats"),
        pytest.param("a: [010, 0x1F, 0o17, +3]", {"a": [10, 31, 15, 3]}, id="whole numbers"),
        pytest.param("a: 0:00:05", {"a": "0:00:05"}, id="a duration stays text"),
        pytest.param("a: 2026-11-23", {"a": "2026-11-23"}, id="a date stays text"),
        pytest.param("a: [~, null, ]", {"a": [None, None]}, id="nothing"),
        pytest.param("a: &x {b: 1}\nc: *x", {"a": {"b": 1}, "c": {"b": 1}}, id="alias"),
        pytest.param(
            "p: {q: &b {<<: &a {x: 1}, x: 2}}\nc: {<<: *b}",
            {"p": {"q": {"x": 2}}, "c": {"x": 2}},
            id="merge",
        ),
    ],
)
def test_text_means_what_it_looks_like(text: str, value: object) -> None:
    """Scalars follow YAML 1.2: no word but true and false is a truth value."""
    assert parse_yaml(text) == value


REFUSED = [
    pytest.param("a: [1", "line 2", id="not closed"),
    pytest.param("a: b: c", "mapping values are not allowed", id="two colons"),
    pytest.param("a: 1\na: 2", "line 2, column 1: the key 'a' stands twice", id="key twice"),
    pytest.param("? [1]\n: 2", "a key must be a name", id="list as a key"),
    pytest.param("1: x", "not a name", id="number as a key"),
    pytest.param("a: 1\n---\nb: 2", "another document", id="two documents"),
    pytest.param("a: *b", "undefined alias", id="unknown alias"),
    pytest.param("a: &a [*a]", "stands inside itself", id="alias of itself"),
    pytest.param("a: " + "[" * 100 + "]" * 100, "levels deep", id="deep"),
    pytest.param("a: " + "[" * 100_000, "levels deep", id="deeper than any stack"),
    pytest.param(chain(100), "levels deep", id="deep by aliases"),
    pytest.param(bomb(), "values", id="alias bomb"),
    pytest.param("a: [" + "1," * 200_000 + "]", "values", id="many values"),
    pytest.param("a: !!python/object/apply:os.getcwd []", "could not determine", id="python tag"),
    pytest.param("a: !!binary aGk=", "could not determine", id="binary"),
    pytest.param("a: !!timestamp 2026-11-23", "could not determine", id="date by tag"),
    pytest.param("a: !mine b", "could not determine", id="unknown tag"),
    pytest.param("a: " + "9" * 5_000, "can't be used", id="number without end"),
    pytest.param("a: !!int three", "three can't be used", id="no number"),
    pytest.param("a: !!float three", "'three' is not a number", id="no float"),
    pytest.param("a: {b: [0, .nan]}", "a.b.1 is nan", id="nan"),
    pytest.param("a: -.inf", "a is -inf", id="infinity"),
    pytest.param("a: 1e999", "a is inf", id="infinity by overflow"),
    pytest.param('a: "\\0"', "U+0000", id="control character"),
    pytest.param('a: "\\u202E"', "U+202E", id="what turns a line around"),
    pytest.param('a: "\\L"', "U+2028", id="another end of a line"),
    pytest.param('a: "\\N"', "U+0085", id="yet another"),
    pytest.param('"\\e": 1', "U+001B", id="control character in a key"),
    pytest.param("- 1", "a list, not a mapping", id="list"),
    pytest.param("just text", "a text, not a mapping", id="text"),
    pytest.param("", "is empty", id="empty"),
    pytest.param("# nothing yet\n", "is empty", id="only a comment"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_is_no_plain_data_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """One named error says which file, where in it, and what is wrong."""
    path = tmp_path / "x.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ProfileError) as error:
        read_yaml(path, ProfileError, "profile")
    assert message in error.value.what
    assert str(path) in error.value.what
    assert error.value.do


def test_the_pure_parser_refuses_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where the wheel has no C parser, nothing else gets through."""
    import importlib.util

    from saccade.core import _yaml

    spec = importlib.util.spec_from_file_location("saccade.core._yaml_pure", _yaml.__file__)
    assert spec is not None
    assert spec.loader is not None
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    pure = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pure)
    assert pure.parse_yaml("on: [Yes, 1e-3]") == {"on": ["Yes", 0.001]}
    for text in ("a: 1\na: 2", "a: &a [*a]", "a: " + "[" * 5_000, bomb(), "a: !!binary aGk="):
        with pytest.raises(ValueError, match="line"):
            pure.parse_yaml(text)


@pytest.mark.parametrize(
    ("make", "message", "do"),
    [
        pytest.param(lambda p: None, "no profile", "Did you mean 'demo.yaml'?", id="misspelt"),
        pytest.param(lambda p: p.mkdir(), "is a folder", "Name a file", id="folder"),
        pytest.param(lambda p: p.write_bytes(b"a: \xff"), "UTF-8", "UTF-8", id="not text"),
        pytest.param(
            lambda p: p.write_bytes(b"#" * 1_000_001), "larger than 1 MB", "profile", id="large"
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, make: object, message: str, do: str
) -> None:
    """A path that leads to no small text file gives one error that helps."""
    (tmp_path / "demo.yaml").write_text("name: demo", encoding="utf-8")
    path = tmp_path / "dmo.yaml"
    make(path)  # type: ignore[operator]
    with pytest.raises(ProfileError) as error:
        read_yaml(path, ProfileError, "profile")
    assert message in error.value.what
    assert do in error.value.do


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("nowhere/x.yaml", id="no folder"),
        pytest.param("x" * 5_000, id="too long a name"),
        pytest.param("x\0.yaml", id="zero in the name"),
    ],
)
def test_a_path_that_cannot_be_is_named(tmp_path: Path, path: str) -> None:
    """A path that no file system has is a usage error, too."""
    with pytest.raises(ProfileError):
        read_yaml(tmp_path / path, ProfileError, "profile")


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    """A file as Windows editors save it reads the same."""
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: demo\r\n")
    assert read_yaml(path, ProfileError, "profile") == {"name": "demo"}


def test_depth_is_bounded_without_yaml() -> None:
    """A document that was never YAML is checked for depth as well."""
    deep: object = 1
    for _ in range(200):
        deep = [deep]
    with pytest.raises(ProfileError, match="levels deep"):
        check_plain({"a": deep}, "run.json", ProfileError, "profile")


def nested(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.floats(allow_nan=False)
    | st.text()
)
plain_values = st.recursive(scalars, nested, max_leaves=20)


@given(st.dictionaries(st.text(), plain_values, max_size=5))
def test_what_was_written_is_read(document: dict[str, object]) -> None:
    """Any document that PyYAML writes comes back unchanged."""
    assert parse_yaml(yaml.safe_dump(document, default_style='"')) == document


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Any text is a document or a ValueError, and nothing else."""
    with contextlib.suppress(ValueError):
        parse_yaml(text)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param("\ud800", "U+D800", id="half a character"),
        pytest.param(float("nan"), "a is nan", id="nan"),
        pytest.param(b"x", "a is a bytes", id="bytes"),
        pytest.param({1: 2}, "not a name", id="number as a key"),
    ],
)
def test_data_that_was_never_yaml_is_checked_as_well(value: object, message: str) -> None:
    """What a journal or a script hands over is held to the same."""
    with pytest.raises(ProfileError, match=re.escape(message)):
        check_plain({"a": value}, "run.json", ProfileError, "profile")
