"""Planes as they lie in a file, and what the file says about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from saccade.core import RecordingError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Plane: TypeAlias = NDArray[np.generic]

KEEP_BYTES = 128 * 2**20
"""Recordings up to this size are decoded when opened, and stay in memory."""

PLANE_BYTES = 2**30
"""A larger plane is no camera's."""

_CONVERT = (
    "Convert it first: Image > Type > 16-bit in ImageJ, or scale it in numpy and save "
    "it with tifffile.imwrite(path, stack.astype('uint16'), metadata={'axes': 'TYX'})."
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file states about its pictures; None or empty where it is silent."""

    channels: tuple[str, ...] = ()
    interval_s: float | None = None
    pixel_size_um: float | None = None
    z_step_um: float | None = None
    bits: int | None = None


@dataclass(frozen=True, slots=True)
class Pile:
    """Planes one after another, the last of the leading axes fastest."""

    order: str
    """Leading axes, out of P, T, C and Z."""
    shape: tuple[int, ...]
    """Sizes of the leading axes, then height and width."""
    dtype: np.dtype[Any]
    read: Callable[[int], Plane]
    """Return the plane of a number."""
    facts: Facts = field(default_factory=Facts)
    notes: tuple[str, ...] = ()


def check_pixels(path: Path, dtype: np.dtype[Any], plane: tuple[int, ...]) -> None:
    """Refuse what no camera here could deliver.

    Raises
    ------
    RecordingError
        If pixels are neither uint8 nor uint16, or a plane is empty or absurdly large.
    """
    if dtype.newbyteorder("=") not in (np.dtype("uint8"), np.dtype("uint16")):
        raise RecordingError(
            f"{path.name} holds {dtype.name} pixels; a camera gives uint8 or uint16.", _CONVERT
        )
    if not 0 < int(np.prod(plane, dtype=object)) * dtype.itemsize <= PLANE_BYTES:
        raise RecordingError(
            f"{path.name} claims pictures of {' x '.join(map(str, plane))} pixels.",
            "The file is damaged, or no recording: export it again.",
        )


def stack_positions(path: Path, piles: list[Pile]) -> Pile:
    """Join series of equal shape as the positions of one recording.

    Raises
    ------
    RecordingError
        If they differ in shape, axes or pixel type, or hold positions already.
    """
    first, *others = piles
    if not others:
        return first
    kinds = dict.fromkeys(f"{p.order}YX {p.shape} {p.dtype}" for p in piles)
    if len(kinds) > 1 or "P" in first.order:
        raise RecordingError(
            f"{path.name} holds {len(piles)} series that don't fit together: "
            f"{'; '.join(list(kinds)[:4])}.",
            "Save each as a recording of its own.",
        )
    per_series = int(np.prod(first.shape[:-2]))

    def read(number: int) -> Plane:
        series, plane = divmod(number, per_series)
        return piles[series].read(plane)

    notes = tuple(dict.fromkeys(note for pile in piles for note in pile.notes))
    shape = (len(piles), *first.shape)
    return Pile("P" + first.order, shape, first.dtype, read, first.facts, notes)
