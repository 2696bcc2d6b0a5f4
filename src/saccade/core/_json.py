"""JSON text to plain data, of a size and a depth that a reader can bear."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np

_MOST_BYTES = 2**26
_MOST_VALUES = 1_000_000
_DEEPEST = 60

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')
_BRACKETS = b"[]{}"
_NO_BRACKETS = bytes(set(range(256)) - set(_BRACKETS))
_STEP = np.zeros(256, np.int8)
_STEP[list(b"[{")], _STEP[list(b"]}")] = 1, -1


def parse_json(text: bytes) -> Any:
    """Return what a JSON text says: mappings, lists and scalars.

    Parameters
    ----------
    text : bytes
        UTF-8; at most 64 MiB, a million values, and 60 levels deep.

    Raises
    ------
    ValueError
        Why it can't be read.
    """
    if why := json_excess(text):
        raise ValueError(why)
    try:
        return json.loads(text.decode("utf-8"))
    except RecursionError:
        raise ValueError(f"more than {_DEEPEST} levels deep") from None


def json_excess(text: bytes) -> str:
    """Return why a JSON text is more than `parse_json` takes; empty if it isn't.

    What writes lines of the journal asks this first, so that all that was written can be read.
    Commas within strings count as others do.

    Parameters
    ----------
    text : bytes
        UTF-8.
    """
    if len(text) > _MOST_BYTES:
        return f"more than {_MOST_BYTES >> 20} MiB of text"
    begun = text.count(b"[") + text.count(b"{")
    if text.count(b",") + begun > _MOST_VALUES:
        return f"more than {_MOST_VALUES:,} values"
    # Brackets in strings are few, and looked for only where there are many in all.
    if begun > _DEEPEST < _depth(text) and _depth(_STRING.sub(b"", text)) > _DEEPEST:
        return f"more than {_DEEPEST} levels deep"
    return ""


def _depth(text: bytes) -> int:
    brackets = np.frombuffer(text.translate(None, _NO_BRACKETS), np.uint8)
    return int(np.cumsum(_STEP[brackets], dtype=np.int64).max(initial=0))
