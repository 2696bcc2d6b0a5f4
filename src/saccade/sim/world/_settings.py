"""Checks of settings, and things made by name from settings."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, TypeVar

from saccade.core import ProtocolError, did_you_mean, is_number, require

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_Made = TypeVar("_Made")


def make(
    what: str,
    kinds: Mapping[str, Callable[..., _Made]],
    name: str,
    settings: Mapping[str, Any] | None = None,
    **given: object,
) -> _Made:
    """Return one of some kinds of things, by its name.

    Parameters
    ----------
    what : str
        It is, in a word.
    kinds : mapping
        What can be made, by name.
    name : str
        One of them.
    settings : mapping, optional
        Arguments that a user has chosen.
    **given
        Those that are no user's to choose.

    Raises
    ------
    ProtocolError
        If there is no such kind or setting, or a value is impossible.
    """
    if name not in kinds:
        raise ProtocolError(f"There is no {what} {name!r}.", did_you_mean(name, kinds))
    kind, settings = kinds[name], settings or {}
    known = [key for key in inspect.signature(kind).parameters if key not in given]
    for key in settings:
        if key not in known:
            raise ProtocolError(f"{name} has no setting {key!r}.", did_you_mean(key, known))
    return kind(**given, **settings)


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
