"""Shards under construction: frames appended in order, with the index of Zarr behind them.

A shard of Zarr 3 (codec ``sharding_indexed``) is its chunks in any order, then an index: offset
and length of each as little-endian 64-bit numbers, all ones for a chunk that is absent, and a
CRC-32C of them. Frames are appended; the index is written behind each group of them, and the
next group over it. So what was synced is a valid shard, and nothing acknowledged is ever
touched again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._crc import crc32c
from ._disk import start_writing, sync_file, sync_folder, write_buffers

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import FileIO
    from pathlib import Path

    from numpy.typing import NDArray

    Index = NDArray[np.uint64]

ABSENT = 2**64 - 1

_SHARD_BYTES = 128 * 2**20
MOST_ROWS = 1024
"""Of a shard: an index of 16 KiB, written behind every group, costs next to nothing."""
_CHECKSUM_BYTES = 4
# What is worth a call of its own before the group is complete.
_EARLY_BYTES = 4 * 2**20


def shard_rows(frame_bytes: int) -> int:
    """Return how many frames of a size go into one shard."""
    return max(1, min(MOST_ROWS, _SHARD_BYTES // frame_bytes))


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
        self._synced = 0
        """Behind the last frame that is on the disk."""
        self._written = 0
        self._next = 0
        self._made = False
        self._slots: list[int] = []
        self._waiting: list[memoryview] = []
        self._error: OSError | None = None

    def add(self, slot: int, data: memoryview) -> int:
        """Take the bytes of a frame, and write them as soon as there are enough.

        Returns
        -------
        int
            Their offset; they are on the disk after the next sync.

        Raises
        ------
        OSError
            If the disk refuses; then the next sync does so, too.
        """
        offset = self._next
        self._next += data.nbytes
        self._slots.append(slot)
        self._waiting.append(data)
        self._index[slot] = offset, data.nbytes
        if self._next - self._written >= _EARLY_BYTES:
            self._guarded(self._write_early)
        return offset

    def sync(self) -> None:
        """Bring to the disk what was taken; on an error, only what was there before stays.

        Raises
        ------
        OSError
            If the disk refuses.
        """
        if self._error is not None:
            raise self._error
        if self._slots:
            self._guarded(self._write_and_sync)

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except OSError as error:
            self._error = error
            self._go_back(error)
            raise

    def _write_early(self) -> None:
        with self._open() as file:
            write_buffers(file, self._waiting)
            # While the next frame is dealt with, the disk is busy already.
            start_writing(file, self._written, self._next - self._written)
        self._waiting.clear()
        self._written = self._next

    def _write_and_sync(self) -> None:
        with self._open() as file:
            write_buffers(file, [*self._waiting, memoryview(_encoded(self._index))])
            sync_file(file)
        if not self._synced:
            sync_folder(self._path.parent)
        self._waiting.clear()
        self._slots.clear()
        self._written = self._synced = self._next

    def _open(self) -> FileIO:
        # New files are never written over what is there.
        file = self._path.open("r+b" if self._made else "xb", buffering=0)
        self._made = True
        file.seek(self._written)
        return file

    def _go_back(self, error: OSError) -> None:
        """Put the index back behind what was synced before, where the disk lets us."""
        for slot in self._slots:
            self._index[slot] = ABSENT
        self._slots.clear()
        self._waiting.clear()
        self._written = self._next = self._synced
        if not self._made:
            return
        try:
            if self._synced:
                self._restore_index()
            else:
                self._path.unlink()  # nothing in it was ever acknowledged
        except OSError as another:
            error.add_note(f"{self._path.name} is half written: {another}; recover mends it")

    def _restore_index(self) -> None:
        index = _encoded(self._index)
        with self._open() as file:
            # No shorter: a full disk must not take back the room that the index had.
            file.truncate(self._synced + len(index))
            if read_index(self._path, len(self._index)) is None:
                write_buffers(file, [memoryview(index)])
            sync_file(file)


def _encoded(index: Index) -> bytes:
    content = index.tobytes()
    return content + crc32c(content).to_bytes(_CHECKSUM_BYTES, "little")
