"""What a detector needs of a microscope, said before the first frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ._errors import NeedsError, did_you_mean
from ._keys import Problem
from ._settings import is_number, require
from ._stand import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._stand import Stand

ANY_SIZE = Span(1e-9, 1e9)
"""Every size of a pixel, as long as it is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a detector can't do without; by default nothing.

    A detector has them in an attribute ``needs``, one or a tuple of them.

    Parameters
    ----------
    pixel_size_um : Span or None
        Sizes of a pixel that it can work with; None if it need not know.
    channel : str or None
        The only channel that it is made for.
    frames : int
        Number of frames of one place that it looks at together, the newest included.
    bits : int
        Least bit depth of a pixel.

    Raises
    ------
    ProtocolError
        If they make no sense.
    """

    pixel_size_um: Span | None = None
    channel: str | None = None
    frames: int = 1
    bits: int = 1

    def __post_init__(self) -> None:
        size = self.pixel_size_um
        ok = size is None or (is_number(size.low) and is_number(size.high))
        ok = ok and (size is None or 0 < size.low <= size.high)
        must = "a span of sizes above 0, the smaller first"
        require(ok, "Needs.pixel_size_um", size, must, "Give a Span of sizes in µm.")
        for name in ("frames", "bits"):
            value = getattr(self, name)
            ok = isinstance(value, int) and not isinstance(value, bool) and value >= 1
            must = "a whole number of at least 1"
            require(ok, f"Needs.{name}", value, must, "1 asks for nothing.")


def needs_of(detector: object) -> tuple[Needs, ...]:
    """Return all that a detector needs; nothing, if it does not say.

    Parameters
    ----------
    detector : Detector
        With an attribute ``needs``, if it needs anything.
    """
    needs = () if isinstance(detector, type) else getattr(detector, "needs", ())
    return (needs,) if isinstance(needs, Needs) else tuple(needs)


def unmet(
    needs: Needs, stand: Stand, channel: str | None = None, frames: int | None = None
) -> Iterator[Problem]:
    """Yield what a microscope can't give, and what could be done about it.

    Parameters
    ----------
    needs : Needs
        Of a detector.
    stand : Stand
        The microscope.
    channel : str or None
        The only channel that the detector is shown; None is every one.
    frames : int or None
        Number of frames that a place will have; None if nobody knows.
    """
    yield from _unmet_size(needs.pixel_size_um, stand)
    wanted = needs.channel
    if wanted is not None and channel is not None and channel != wanted:
        do = f"Set channel: {wanted}, or leave it out."
        yield Problem(f"it needs the channel {wanted!r}, but is shown {channel!r}", do)
    elif wanted is not None and stand.channels and wanted not in stand.channels:
        hint = did_you_mean(wanted, stand.channels)
        yield Problem(f"it needs the channel {wanted!r}, which isn't there", hint)
    if frames is not None and frames < needs.frames:
        many = f"it needs {needs.frames} frames of a place, but will have {frames}"
        yield Problem(many, "Plan more time points.")
    bits = _bits(stand.dtype)
    if bits < needs.bits:
        do = "Set the camera to a greater bit depth."
        yield Problem(f"it needs pixels of {needs.bits} bits, but they have {bits}", do)


def check_needs(
    name: str, detector: object, stand: Stand, channel: str | None = None, frames: int | None = None
) -> None:
    """Raise a `NeedsError` if a microscope can't give what a detector needs.

    Parameters
    ----------
    name : str
        What the detector is called.
    detector : Detector
        With an attribute ``needs``, if it needs anything.
    stand, channel, frames
        As in `unmet`.
    """
    for needs in needs_of(detector):
        for problem in unmet(needs, stand, channel, frames):
            raise NeedsError(
                f"{name} can't be used on {stand.name!r}: {problem.text}.", problem.hint
            )


def _unmet_size(span: Span | None, stand: Stand) -> Iterator[Problem]:
    if span is None:
        return
    size_um = stand.pixel_size_um
    if not (stand.pixel_size_known and is_number(size_um) and size_um > 0):
        do = "Calibrate the pixel size in Micro-Manager, or give sizes in pixels."
        yield Problem("it needs the size of a pixel, which is unknown", do)
    elif size_um not in span:
        do = "Choose another objective or binning, or put the detector into a Rescale."
        yield Problem(f"it needs pixels of {span} µm, but they are {size_um:g} µm", do)


def _bits(dtype: str) -> int:
    kind = np.dtype(dtype)
    return 1 if kind.kind == "b" else 8 * kind.itemsize
