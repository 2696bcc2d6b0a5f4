"""Pictures on their way to the disk: one stream a role and shape, one row a planned picture."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ._zarr import FRAMES, free_name, list_series, make_array, make_image, make_root, new_context
from ._zarr import resize as resize_array

if TYPE_CHECKING:
    from pathlib import Path

    from saccade.core import Frame, Pixels

_FIRST_ROWS = 256
_MOST_ROWS_AT_ONCE = 65536


class Place(NamedTuple):
    """Where a frame or a gap is: stream, and row along t."""

    path: str | None
    """None for gaps before the first frame of their role."""
    row: int


class Written(NamedTuple):
    """A picture on its way to the disk."""

    place: Place
    crc32: int
    commit: Any
    """Future of tensorstore; done when the pixels are on the disk."""


@dataclass(slots=True)
class _Stream:
    path: str
    array: Any
    capacity: int
    rows: int

    def resize(self, rows: int) -> None:
        if rows != self.capacity:
            self.array = resize_array(self.array, rows)
            self.capacity = rows

    def next_row(self) -> Place:
        if self.rows == self.capacity:
            self.resize(self.capacity + min(self.capacity, _MOST_ROWS_AT_ONCE))
        self.rows += 1
        return Place(self.path, self.rows - 1)


class PixelWriter:
    """Writes frames; each shape, dtype and pixel size of a role has a stream of its own.

    Parameters
    ----------
    folder : Path
        The folder of the run; must not hold frames.
    """

    def __init__(self, folder: Path) -> None:
        self._root = folder / FRAMES
        self._streams: dict[tuple[Any, ...], _Stream] = {}
        self._current: dict[str, _Stream] = {}
        self._leading_gaps: dict[str, int] = {}
        self._context = new_context()
        make_root(self._root)

    def write(self, frame: Frame) -> Written:
        """Begin to write a frame into the next row of its stream."""
        pixels = frame.pixels
        stored = np.ascontiguousarray(pixels, dtype=pixels.dtype.newbyteorder("<"))
        stream = self._stream_of(frame, stored)
        place = stream.next_row()
        target = stream.array[place.row]
        commit = target.write(stored, can_reference_source_data_indefinitely=True).commit
        # Only now: while the checksum is computed, the disk is busy already.
        return Written(place, zlib.crc32(stored.data), commit)

    def skip(self, role: str) -> Place:
        """Leave the next row of a role empty."""
        if role in self._current:
            return self._current[role].next_row()
        row = self._leading_gaps.get(role, 0)
        self._leading_gaps[role] = row + 1
        return Place(None, row)

    def close(self) -> None:
        """Cut each array to its rows."""
        for stream in self._streams.values():
            stream.resize(stream.rows)

    def _stream_of(self, frame: Frame, stored: Pixels) -> _Stream:
        key = (frame.stream, stored.shape, stored.dtype, frame.pixel_size_um)
        stream = self._streams.get(key)
        if stream is None:
            stream = self._streams[key] = self._open(frame, stored)
            list_series(self._root, [known.path for known in self._streams.values()])
        self._current[frame.stream] = stream
        return stream

    def _open(self, frame: Frame, stored: Pixels) -> _Stream:
        path = free_name(frame.stream, {known.path for known in self._streams.values()})
        rows = self._leading_gaps.pop(frame.stream, 0)
        capacity = _FIRST_ROWS * (1 + rows // _FIRST_ROWS)
        group = self._root / path
        make_image(group, frame.stream, frame.pixel_size_um)
        array = make_array(group, stored.shape, stored.dtype.name, capacity, self._context)
        return _Stream(path, array, capacity, rows)


def refusal(pixels: Pixels) -> str | None:
    """Return why a picture can't be stored, else None."""
    if pixels.ndim != 2 or not pixels.size:
        return f"its shape is {pixels.shape}, where (y, x) is expected"
    if pixels.dtype.kind not in "biuf" or pixels.dtype.itemsize > 8:
        return f"there is no place in OME-Zarr for pixels of dtype {pixels.dtype}"
    return None
