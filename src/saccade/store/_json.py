"""Strict JSON: what every reader of the format accepts, numbers that are no numbers included."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from saccade.core import parse_json

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES = 2**26
"""Of a file, and of a line of the journal: `saccade.core.parse_json` takes no more."""

_NO_NUMBERS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def dumps(value: Any, indent: int | None = None) -> bytes:
    """Return plain values as UTF-8 JSON; NaN and the infinities become strings.

    Parameters
    ----------
    value : object
        As `saccade.core.plain` makes it.
    indent : int or None
        Spaces a level, for people; None is one line.
    """
    separators = (",", ":") if indent is None else (",", ": ")
    try:
        text = json.dumps(
            value, ensure_ascii=False, allow_nan=False, separators=separators, indent=indent
        )
    except ValueError:
        text = json.dumps(
            _spelled(value),
            ensure_ascii=False,
            allow_nan=False,
            separators=separators,
            indent=indent,
        )
    # A lone surrogate has no UTF-8, but its backslash form is valid JSON and reads back the same.
    return text.encode("utf-8", "backslashreplace")


def load_json(path: Path) -> Any:
    """Return what a JSON file says.

    Raises
    ------
    ValueError
        If that is no JSON, or more than a run folder holds; see `saccade.core.parse_json`.
    OSError
        If it can't be read.
    """
    with path.open("rb") as file:
        return parse_json(file.read(MOST_BYTES + 1))


def numbers(value: Any) -> Any:
    """Return a value of numbers with the spelled-out ones turned back.

    Parameters
    ----------
    value : object
        A number, a string that spells one, None, or lists and dicts of these.
    """
    if isinstance(value, str):
        return _NO_NUMBERS.get(value, value)
    if isinstance(value, list):
        return [numbers(item) for item in value]
    if isinstance(value, dict):
        return {key: numbers(item) for key, item in value.items()}
    return value


def _spelled(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, list):
        return [_spelled(item) for item in value]
    if isinstance(value, dict):
        return {key: _spelled(item) for key, item in value.items()}
    return value
