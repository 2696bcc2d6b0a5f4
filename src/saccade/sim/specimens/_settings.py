"""Checks of settings that specimens share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from saccade.core import is_number, require

if TYPE_CHECKING:
    from collections.abc import Sequence


def in_range(setting: str, value: float, low: float, high: float) -> None:
    """Raise a `ProtocolError` unless a value is a number in a range."""
    ok = is_number(value) and low <= value <= high
    require(ok, setting, value, f"a number from {low:g} to {high:g}", "Correct it.")


def is_count(setting: str, value: int, most: int, least: int = 0) -> None:
    """Raise a `ProtocolError` unless a value is a whole number in a range."""
    ok = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
    require(ok, setting, value, f"a whole number from {least:,} to {most:,}", "Correct it.")


def is_size(setting: str, value: Sequence[float], low: float, high: float) -> None:
    """Raise a `ProtocolError` unless a value is a width and a height in a range."""
    ok = isinstance(value, (tuple, list)) and len(value) == 2
    ok = ok and all(is_number(v) and low <= v <= high for v in value)
    require(ok, setting, value, f"two numbers from {low:g} to {high:g}", "Correct it.")


def one_of(setting: str, value: object, choices: Sequence[object]) -> None:
    """Raise a `ProtocolError` unless a value is one of a few."""
    listed = " or ".join(map(str, choices))
    require(value in choices, setting, value, listed, "Correct it.")
