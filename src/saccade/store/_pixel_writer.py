"""Pictures on their way to the disk: one stream a role, camera and shape, a row a planned one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ._crc import crc32
from ._shard import ShardWriter, shard_name, shard_rows
from ._zarr import (
    ARRAY,
    FRAMES,
    ArrayForm,
    free_name,
    list_series,
    make_array,
    make_image,
    make_root,
    write_array,
)

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
    """Where the pixels of a frame are going to be, with the next sync."""

    path: str
    row: int
    shard_rows: int
    """Rows a shard: the pixels are in the shard ``row // shard_rows``."""
    offset: int
    """In bytes, from the beginning of the shard."""
    nbytes: int
    crc32: int
    """Of the bytes as they are stored."""


class _Stream:
    """The rows of one image, and the shard that is under construction."""

    def __init__(self, group: Path, form: ArrayForm, rows: int) -> None:
        self.path, self.rows = group.name, rows
        self._group, self._form = group, form
        self._capacity = _FIRST_ROWS * (1 + rows // _FIRST_ROWS)
        self._number = -1
        self._shards: list[ShardWriter] = []
        make_array(group, form, self._capacity)

    def resize(self, rows: int) -> None:
        if rows != self._capacity:
            write_array(self._group, self._form, rows)
            self._capacity = rows

    def next_row(self) -> Place:
        if self.rows == self._capacity:
            self.resize(self._capacity + min(self._capacity, _MOST_ROWS_AT_ONCE))
        self.rows += 1
        return Place(self.path, self.rows - 1)

    def write(self, data: memoryview) -> Written:
        row, size = self.next_row().row, self._form.shard_rows
        number, slot = divmod(row, size)
        if number != self._number:
            self._shards.append(ShardWriter(self._group / ARRAY / shard_name(number), size))
            self._number = number
        offset = self._shards[-1].add(slot, data)
        return Written(self.path, row, size, offset, data.nbytes, crc32(data))

    def sync(self) -> None:
        for shard in self._shards:
            shard.sync()
        del self._shards[:-1]


class PixelWriter:
    """Writes frames; each shape, dtype and pixel size of a role and camera has its own stream.

    Parameters
    ----------
    folder : Path
        The folder of the run; must not hold frames.
    """

    def __init__(self, folder: Path) -> None:
        self._root = folder / FRAMES
        self._streams: dict[tuple[Any, ...], _Stream] = {}
        self._current: dict[tuple[str, str], _Stream] = {}
        self._leading_gaps: dict[tuple[str, str], int] = {}
        self._unsynced: dict[str, _Stream] = {}
        make_root(self._root)

    def write(self, frame: Frame) -> Written:
        """Give a frame the next row of its stream; its pixels are referred to until the sync.

        Raises
        ------
        OSError
            If the disk refuses; if it refused pixels, then so does the next sync.
        """
        pixels = frame.pixels
        stored = np.ascontiguousarray(pixels, dtype=pixels.dtype.newbyteorder("<"))
        stream = self._stream_of(frame, stored)
        self._unsynced[stream.path] = stream
        return stream.write(stored.reshape(-1).view(np.uint8).data)

    def skip(self, role: str, camera: str = "") -> Place:
        """Leave the next row of a role and a camera empty."""
        whose = role, camera
        if whose in self._current:
            return self._current[whose].next_row()
        row = self._leading_gaps.get(whose, 0)
        self._leading_gaps[whose] = row + 1
        return Place(None, row)

    def sync(self) -> None:
        """Bring to the disk all that was written since the last time.

        Raises
        ------
        OSError
            If the disk refuses; what was synced before stays as it was.
        """
        for stream in self._unsynced.values():
            stream.sync()
        self._unsynced.clear()

    def close(self) -> None:
        """Cut each array to its rows."""
        for stream in self._streams.values():
            stream.resize(stream.rows)

    def _stream_of(self, frame: Frame, stored: Pixels) -> _Stream:
        whose = frame.stream, frame.camera
        key = (*whose, stored.shape, stored.dtype, frame.pixel_size_um)
        stream = self._streams.get(key)
        if stream is None:
            stream = self._streams[key] = self._open(frame, stored)
            list_series(self._root, [known.path for known in self._streams.values()])
        self._current[whose] = stream
        return stream

    def _open(self, frame: Frame, stored: Pixels) -> _Stream:
        name = f"{frame.stream} {frame.camera}" if frame.camera else frame.stream
        group = self._root / free_name(name, {one.path for one in self._streams.values()})
        make_image(group, frame.stream, frame.pixel_size_um)
        form = ArrayForm(stored.shape, stored.dtype.name, shard_rows(stored.nbytes))
        gaps = self._leading_gaps.pop((frame.stream, frame.camera), 0)
        return _Stream(group, form, gaps)


def refusal(pixels: Pixels) -> str | None:
    """Return why a picture can't be stored, else None."""
    if pixels.ndim != 2 or not pixels.size:
        return f"its shape is {pixels.shape}, where (y, x) is expected"
    if pixels.dtype.kind not in "biuf" or pixels.dtype.itemsize > 8:
        return f"there is no place in OME-Zarr for pixels of dtype {pixels.dtype}"
    return None
