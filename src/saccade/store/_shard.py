"""Shards under construction: frames appended in order, with the index of Zarr behind them.

A shard of Zarr 3 (codec ``sharding_indexed``) is its chunks in any order, then an index: offset
and length of each as little-endian 64-bit numbers, all ones for a chunk that is absent, and a
CRC-32C of them. Frames are appended; the index is written behind each group of them, and the
next group over it. So what was synced is a valid shard, and nothing acknowledged is ever
touched again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import google_crc32c
import numpy as np

from ._disk import sync_file, sync_folder, write_buffers

if TYPE_CHECKING:
    from io import FileIO
    from pathlib import Path

    from numpy.typing import NDArray

    Index = NDArray[np.uint64]

ABSENT = 2**64 - 1

_SHARD_BYTES = 128 * 2**20
# An index of 16 KiB: written behind every group, it must cost next to nothing.
_MOST_ROWS = 1024
_CHECKSUM_BYTES = 4


def shard_rows(frame_bytes: int) -> int:
    """Return how many frames of a size go into one shard."""
    return max(1, min(_MOST_ROWS, _SHARD_BYTES // frame_bytes))


def shard_name(number: int) -> str:
    """Return the name of a shard's file within its array."""
    return f"c.{number}.0.0"


def empty_index(rows: int) -> Index:
    """Return the index of a shard of so many rows, all absent."""
    return np.full((rows, 2), ABSENT, "<u8")


def read_index(path: Path, rows: int) -> Index | None:
    """Return the index at the end of a shard; None if none is there, or none that is sound.

    Raises
    ------
    OSError
        If the file can't be read.
    """
    nbytes = 16 * rows + _CHECKSUM_BYTES
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - nbytes))
            content = file.read(nbytes)
    except FileNotFoundError:
        return None
    if len(content) != nbytes:
        return None
    index: Index = np.frombuffer(content[:-_CHECKSUM_BYTES], "<u8").reshape(-1, 2).copy()
    return index if _encoded(index) == content else None


def append_index(path: Path, index: Index) -> None:
    """Write an index behind whatever a shard holds, and sync it."""
    with path.open("ab", buffering=0) as file:
        write_buffers(file, [memoryview(_encoded(index))])
        sync_file(file)


class ShardWriter:
    """One shard, from its first frame until it is full; holds no file open.

    Parameters
    ----------
    path : Path
        Its file; must not exist.
    rows : int
        How many frames and gaps it has room for.
    """

    def __init__(self, path: Path, rows: int) -> None:
        self._path = path
        self._index = empty_index(rows)
        self._end = 0
        """Behind the last frame that is on the disk."""
        self._next = 0
        self._pending: list[tuple[int, memoryview]] = []

    def add(self, slot: int, data: memoryview) -> int:
        """Take the bytes of a frame, to be written with the next sync; return their offset."""
        offset = self._next
        self._next += data.nbytes
        self._pending.append((slot, data))
        self._index[slot] = offset, data.nbytes
        return offset

    def sync(self) -> None:
        """Bring to the disk what was taken; on an error, only what was there before stays.

        Raises
        ------
        OSError
            If the disk refuses.
        """
        if not self._pending:
            return
        isnew = not self._end
        try:
            with self._open() as file:
                file.seek(self._end)
                frames = [data for _, data in self._pending]
                write_buffers(file, [*frames, memoryview(_encoded(self._index))])
                sync_file(file)
            if isnew:
                sync_folder(self._path.parent)
        except OSError as error:
            self._go_back(error)
            raise
        self._end = self._next
        self._pending.clear()

    def _open(self) -> FileIO:
        # New files are never written over what is there.
        return self._path.open("r+b" if self._end else "xb", buffering=0)

    def _go_back(self, error: OSError) -> None:
        """Put the index back behind what was synced before, where the disk lets us."""
        for slot, _ in self._pending:
            self._index[slot] = ABSENT
        self._pending.clear()
        self._next = self._end
        if not self._end or isinstance(error, FileExistsError):
            return
        index = _encoded(self._index)
        try:
            with self._open() as file:
                # No shorter: a full disk must not take back the room that the index had.
                file.truncate(self._end + len(index))
                if read_index(self._path, len(self._index)) is None:
                    file.seek(self._end)
                    write_buffers(file, [memoryview(index)])
                sync_file(file)
        except OSError as another:
            error.add_note(f"{self._path.name} has no index: {another}; `saccade recover` mends it")


def _encoded(index: Index) -> bytes:
    content = index.tobytes()
    checksum: int = google_crc32c.value(content)
    return content + checksum.to_bytes(_CHECKSUM_BYTES, "little")
