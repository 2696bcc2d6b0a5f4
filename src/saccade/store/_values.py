"""Values of the core, made again from lines of the journal."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from saccade.core import (
    DamagedRunError,
    Frame,
    Times,
    Verdict,
    event_from_plain,
    observation_from_plain,
)

from ._journal import JOURNAL
from ._json import numbers
from ._pixel_writer import Place
from ._zarr import ArrayForm

if TYPE_CHECKING:
    from saccade.core import Observation, Pixels

    from ._journal import Line

# A line that asks for more is no line that a recorder wrote.
_LARGEST_FRAME_BYTES = 2**34
_SEEN_NUMBERS = ("score", "points", "boxes", "measurements", "elapsed_ms", "at_um")


class Stored(NamedTuple):
    """Where the pixels of a frame are, and what they must be."""

    path: str
    row: int
    shape: tuple[int, int]
    dtype: np.dtype[Any]
    shard_rows: int
    offset: int
    nbytes: int
    crc32: int
    indexed: bool
    """Whether it is in a shard with an index; the first runs had a file a frame."""

    @property
    def form(self) -> ArrayForm:
        """What the array of its stream must declare."""
        return ArrayForm(self.shape, self.dtype.name, self.shard_rows)

    @property
    def shard(self) -> int:
        """Number of the shard that holds it."""
        return self.row // self.shard_rows


def place_of(line: Line) -> Place:
    """Return the stream and row of a frame or a gap.

    Raises
    ------
    DamagedRunError
        If the line lacks what such a line must hold.
    """
    value = line.value
    try:
        place = Place(value["path"], value["row"])
        sound = isinstance(place.row, int) and place.row >= 0
        sound = sound and isinstance(value["index"], int) and isinstance(value["stream"], str)
        if line.kind == "frame" or place.path is not None:
            # A name that isn't one of ours could lead out of the folder.
            sound = sound and re.fullmatch(r"[A-Za-z0-9_-]+", place.path or "") is not None
    except (KeyError, TypeError):
        sound = False
    if not sound:
        raise DamagedRunError(f"Line {line.n + 1} of {JOURNAL} tells no place of a {line.kind}.")
    return place


def stored_of(line: Line) -> Stored:
    """Return where the pixels of a frame are.

    Raises
    ------
    DamagedRunError
        If the line does not tell.
    """
    place, value = place_of(line), line.value
    try:
        height, width = (int(size) for size in value["shape"])
        dtype = np.dtype(value["dtype"])
        nbytes = height * width * dtype.itemsize
        # A file a frame is a shard of one row.
        shard_rows, offset = int(value.get("shard_rows", 1)), int(value.get("offset", 0))
        sound = min(height, width, shard_rows) > 0 and offset >= 0
        sound = sound and dtype.kind in "biuf" and value.get("nbytes", nbytes) == nbytes
        sound = sound and nbytes <= _LARGEST_FRAME_BYTES and isinstance(value["crc32"], int)
    except (KeyError, TypeError, ValueError):
        sound = False
    if not sound:
        raise DamagedRunError(f"Line {line.n + 1} of {JOURNAL} tells no pixels of a frame.")
    shape = (height, width)
    where = (shard_rows, offset, nbytes)
    known = "shard_rows" in value
    return Stored(str(place.path), place.row, shape, dtype, *where, value["crc32"], known)


def lost_lines_of(line: Line) -> int:
    """Return how many damaged lines a recovery found at the end of the journal."""
    value = line.value if isinstance(line.value, dict) else {}
    lost = value.get("lost_lines", 0)
    return lost if isinstance(lost, int) else 0


def frame_of(line: Line, pixels: Pixels) -> Frame:
    """Return the frame that a line and its pixels were made of."""
    value = line.value
    known = {entry.name: value[entry.name] for entry in fields(Frame) if entry.name in value}
    texts = {name: known.pop(name, None) for name in ("stream", "channel", "properties", "event")}
    known = numbers(known)
    for name in ("roi", "sensor_px", "affine"):
        if known.get(name) is not None:
            known[name] = tuple(known[name])
    return Frame(
        pixels=pixels,
        stream=texts["stream"],
        channel=texts["channel"],
        properties=texts["properties"] or {},
        event=event_from_plain(texts["event"]),
        times=Times(**known.pop("times", {})),
        **known,
    )


def verdict_of(line: Line) -> Verdict:
    """Return the verdict of a line.

    Raises
    ------
    DamagedRunError
        If the line holds none.
    """
    try:
        return Verdict(**line.value)
    except TypeError as error:
        raise DamagedRunError(f"Line {line.n + 1} of {JOURNAL} is no verdict.") from error


def observation_of(line: Line) -> Observation:
    """Return the observation of a line, without its label image."""
    value = dict(line.value)
    value |= {name: numbers(value[name]) for name in _SEEN_NUMBERS if name in value}
    return observation_from_plain(value)
