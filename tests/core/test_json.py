"""JSON from strangers is read as plain data, or refused before it costs anything."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saccade.core import json_excess, parse_json

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(value=values)
def test_what_json_says_is_returned(value: object) -> None:
    """Any value that JSON can hold comes back as it was."""
    assert parse_json(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param(b"[" * 100_000, "60 levels", id="open for ever"),
        pytest.param(b"[" * 61 + b"]" * 61, "60 levels", id="a level too deep"),
        pytest.param(b'{"a":' * 61 + b"1" + b"}" * 61, "60 levels", id="mappings in mappings"),
        pytest.param(b"]" * 100 + b"[" * 161, "60 levels", id="closed before it is opened"),
        pytest.param(b"[" + b"1," * 1_000_000 + b"1]", "1,000,000 values", id="values"),
        pytest.param(b" " * (2**26 + 1), "64 MiB", id="bytes"),
        pytest.param(b"9" * 5000, "digits", id="digits"),
        pytest.param(b"\xff", "utf-8", id="no text"),
        pytest.param(b"{", "line 1", id="no JSON"),
        pytest.param(b"", "line 1", id="nothing"),
    ],
)
def test_too_much_is_refused(text: bytes, why: str) -> None:
    """Bytes, values and levels have bounds; each excess is a ValueError that names it."""
    with pytest.raises(ValueError, match=why):
        parse_json(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"[" * 60 + b"]" * 60, id="as deep as may be"),
        pytest.param(json.dumps(["[" * 500, '\\"[' * 500, 5]).encode(), id="brackets in text"),
        pytest.param(json.dumps([[[1]] for _ in range(500)]).encode(), id="side by side"),
    ],
)
def test_what_is_no_excess_passes(text: bytes) -> None:
    """Brackets in strings, and many that are closed again, are no levels."""
    assert json_excess(text) == ""
    assert parse_json(text) == json.loads(text)
