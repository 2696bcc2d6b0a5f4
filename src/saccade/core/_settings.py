"""Settings of detectors, policies and guards, checked where they are given."""

from __future__ import annotations

import math
from numbers import Real

from ._errors import ProtocolError


def require(ok: bool, setting: str, value: object, must: str, do: str) -> None:
    """Raise a `ProtocolError` unless a setting is as it must be.

    Parameters
    ----------
    ok : bool
        Whether it is.
    setting : str
        What it is called, ``Spots.sigma``.
    value : object
        What was given.
    must : str
        Completes "must be".
    do : str
        What the reader can do about it.
    """
    if not ok:
        raise ProtocolError(f"{setting} is {value!r}, but it must be {must}.", do)


def is_number(value: object) -> bool:
    """Return whether a value is a finite number, and not merely a truth value."""
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
