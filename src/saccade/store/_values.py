"""Values of the core, made again from lines of the journal."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from saccade.core import (
    DamagedRunError,
    Frame,
    Gap,
    Thinned,
    Times,
    Verdict,
    event_from_plain,
    gap_from_plain,
    observation_from_plain,
)

from ._journal import JOURNAL
from ._json import numbers
from ._pixel_writer import Place
from ._shard import MOST_ROWS
from ._zarr import ArrayForm, is_stream_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from saccade.core import Observation, Pixels

    from ._journal import Line

Made = TypeVar("Made")

# A line that asks for more is no line that a recorder wrote.
_LARGEST_FRAME_BYTES = 2**34
_LARGEST = 2**53
_DTYPES = frozenset(
    ["bool", *(f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64))]
    + [f"float{bits}" for bits in (16, 32, 64)]
)
# What values raise when they are made of something else.
_MISFITS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
_MEASURED = ("exposure_ms", "x_um", "y_um", "z_um", "pixel_size_um", "t_ns", "retries", "exposures")
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
        sound = _is_count(place.row) and _is_count(value["index"])
        sound = sound and isinstance(value["stream"], str)
        if line.kind == "frame" or place.path is not None:
            # A name that isn't one of ours could lead out of the folder.
            sound = sound and is_stream_name(place.path)
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
        height, width = value["shape"]
        # A file a frame is a shard of one row.
        shard_rows, offset = value.get("shard_rows", 1), value.get("offset", 0)
        sound = value["dtype"] in _DTYPES and _is_count(value["crc32"])
        sound = sound and all(map(_is_count, (height, width, shard_rows, offset)))
        sound = sound and min(height, width) > 0 and 0 < shard_rows <= MOST_ROWS
        dtype = np.dtype(value["dtype"] if sound else "uint8")
        nbytes = height * width * dtype.itemsize
        sound = sound and value.get("nbytes", nbytes) == nbytes <= _LARGEST_FRAME_BYTES
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
    return lost if _is_count(lost) else 0


def thinned_of(line: Line) -> Thinned:
    """Return which frames were thinned out.

    Raises
    ------
    DamagedRunError
        If the line does not tell.
    """
    return _made(line, "thinned frames", lambda: _thinned(line.value))


def _thinned(value: dict[str, Any]) -> Thinned:
    thinned = Thinned(**value)
    if not (_is_count(thinned.first) and _is_count(thinned.last) and thinned.count > 0):
        raise TypeError("no such frames")
    return thinned


def frame_of(line: Line, pixels: Pixels) -> Frame:
    """Return the frame that a line and its pixels were made of.

    Raises
    ------
    DamagedRunError
        If the line does not tell what a frame must have.
    """
    return _made(line, "frame", lambda: _frame(line.value, pixels))


_TEXTS = ("stream", "channel", "objective", "properties", "event", "kept", "camera")


def _frame(value: dict[str, Any], pixels: Pixels) -> Frame:
    known = {entry.name: value[entry.name] for entry in fields(Frame) if entry.name in value}
    texts = {name: known.pop(name, None) for name in _TEXTS}
    if not all(isinstance(texts[name], str | None) for name in ("channel", "objective")):
        raise TypeError("a channel and an objective are names")
    known = numbers(known)
    for name, count in (("roi", 4), ("sensor_px", 2), ("affine", 4), ("offset_um", 3)):
        if known.get(name) is not None:
            known[name] = _numbers_of(known[name], count)
    _numbers_of(known[name] for name in _MEASURED if known.get(name) is not None)
    _numbers_of(known.get("light_mw", {}).values())
    times = known.pop("times", {})
    _numbers_of(times.values())
    return Frame(
        pixels=pixels,
        stream=texts["stream"],
        channel=texts["channel"],
        objective=texts["objective"],
        kept=str(texts["kept"] or ""),
        camera=str(texts["camera"] or ""),
        properties=dict(texts["properties"] or {}),
        event=event_from_plain(texts["event"]),
        times=Times(**times),
        **known,
    )


def gap_of(line: Line) -> Gap:
    """Return the gap of a line.

    Raises
    ------
    DamagedRunError
        If the line tells none.
    """
    return _made(line, "gap", lambda: gap_from_plain(line.value))


def verdict_of(line: Line) -> Verdict:
    """Return the verdict of a line.

    Raises
    ------
    DamagedRunError
        If the line holds none.
    """
    return _made(line, "verdict", lambda: _verdict(line.value))


def _verdict(value: dict[str, Any]) -> Verdict:
    verdict = Verdict(**value)
    counts = (verdict.planned, verdict.committed, verdict.gaps, verdict.refused, verdict.thinned)
    if not (isinstance(verdict.name, str) and all(map(_is_count, counts))):
        raise TypeError("no verdict")
    return verdict


def observation_of(line: Line) -> Observation:
    """Return the observation of a line, without its label image.

    Raises
    ------
    DamagedRunError
        If the line tells none.
    """
    return _made(line, "observation", lambda: _observation(line.value))


def _observation(value: dict[str, Any]) -> Observation:
    value = dict(value)
    value |= {name: numbers(value[name]) for name in _SEEN_NUMBERS if name in value}
    return observation_from_plain(value)


def _made(line: Line, what: str, make: Callable[[], Made]) -> Made:
    try:
        return make()
    except _MISFITS as error:
        raise DamagedRunError(f"Line {line.n + 1} of {JOURNAL} tells no {what}.") from error


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value <= _LARGEST


def _numbers_of(values: Iterable[Any], count: int | None = None) -> tuple[Any, ...]:
    given = tuple(values)
    if not all(type(each) in (int, float) for each in given) or count not in (None, len(given)):
        raise TypeError(f"{given} are not what was measured")
    for each in given:
        float(each)  # a whole number can be too large for it
    return given
