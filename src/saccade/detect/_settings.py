"""Settings of detectors, checked where they are given."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from saccade.core import ProtocolError, is_number, require

if TYPE_CHECKING:
    from saccade.core import Frame


def look_ms(frame: Frame, fixed_ms: float, ns_a_px: float) -> float:
    """Return how long a look at a frame takes: some time, and some more for each pixel.

    Parameters
    ----------
    frame : Frame
        What is looked at.
    fixed_ms, ns_a_px : float
        Measured with pictures of 256² to 2048² on two shared cores, without a graphics card.
    """
    return fixed_ms + frame.pixels.size * ns_a_px * 1e-6


def is_count(value: object) -> bool:
    """Return whether a value is a whole number of at least one."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def is_positive(value: object) -> bool:
    """Return whether a value is a finite number above zero."""
    return is_number(value) and value > 0  # type: ignore[operator]


def check_scale(owner: str, sigma: float | None, sigma_um: float | None) -> None:
    """Raise a `ProtocolError` unless a scale is given once, or not at all, and is positive."""
    do = "Give the radius of what is looked for, in pixels or in µm, such as 2."
    _check_once(owner, "sigma", sigma, sigma_um, do)


def check_expected(owner: str, expected: float | None, expected_um: float | None) -> None:
    """Raise a `ProtocolError` unless what makes a score 1 is given once at most, and positive."""
    _check_once(owner, "expected", expected, expected_um, "It makes the score 1.")


def _check_once(owner: str, name: str, px: float | None, um: float | None, do: str) -> None:
    for setting, value in ((name, px), (f"{name}_um", um)):
        ok = value is None or is_positive(value)
        require(ok, f"{owner}.{setting}", value, "a number above 0", do)
    if px is not None and um is not None:
        raise ProtocolError(
            f"{owner} has {name}={px!r} and {name}_um={um!r}, not one of them.",
            "Leave one of them out.",
        )


def scale_px(frame: Frame, sigma: float | None, sigma_um: float | None, default: float) -> float:
    """Return a scale in pixels of a frame; NaN if the frame has no pixel size."""
    if sigma_um is None:
        return default if sigma is None else sigma
    size_um = frame.pixel_size_um
    return sigma_um / size_um if is_positive(size_um) else math.nan
