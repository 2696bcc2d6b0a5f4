"""Checks that specimens make of their settings."""

from __future__ import annotations

from saccade.core import is_number, require


def check_number(setting: str, value: float, low: float, high: float) -> None:
    """Refuse what is not a number from `low` to `high`.

    Raises
    ------
    ProtocolError
        That names the setting.
    """
    ok = is_number(value) and low <= value <= high
    require(ok, setting, value, f"a number from {low:g} to {high:g}", "Correct it.")


def check_count(setting: str, value: int, most: int, least: int = 0) -> None:
    """Refuse what is not a whole number from `least` to `most`.

    Raises
    ------
    ProtocolError
        That names the setting.
    """
    ok = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
    require(ok, setting, value, f"a whole number from {least:,} to {most:,}", "Correct it.")


def check_size(setting: str, value: tuple[float, float], least: float = 1.0) -> None:
    """Refuse what is not a width and a height in µm.

    Raises
    ------
    ProtocolError
        That names the setting.
    """
    ok = isinstance(value, (tuple, list)) and len(value) == 2
    ok = ok and all(is_number(v) and least <= v <= 1e5 for v in value)
    require(ok, setting, value, f"two numbers from {least:g} to 100,000", "Correct it.")
