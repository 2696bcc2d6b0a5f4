"""Files that are either whole or not there, also after a power cut."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from io import FileIO
    from pathlib import Path

_CALL_BYTES = 512 * 1024
_CALL_BUFFERS = 512


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that no reader and no crash ever sees half of it.

    Parameters
    ----------
    path : Path
        An existing file of this name is replaced.
    data : bytes
        All of it.
    """
    draft = path.with_name(f"{path.name}.tmp")
    draft.unlink(missing_ok=True)  # of a process that was killed
    try:
        # Never through a link that somebody left there.
        with draft.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Bring a folder's list of names to the disk; Windows does so by itself."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_file(file: FileIO) -> None:
    """Bring a file's content, and the size that it has, to the disk."""
    _sync_data(file.fileno())


def _sync_data(handle: int) -> None:
    # Without times and owners, which nobody waits for; not every system has it.
    getattr(os, "fdatasync", os.fsync)(handle)


def start_writing(file: FileIO, start: int, nbytes: int) -> None:
    """Ask the system to begin bringing a part of a file to the disk, and don't wait for it."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(file.fileno(), start, nbytes, os.POSIX_FADV_DONTNEED)


def write_buffers(file: FileIO, buffers: Iterable[memoryview]) -> None:
    """Write buffers one behind the other, in calls of half a MiB.

    A call costs the interpreter a turn, so small buffers go together. One of 2 MiB or more
    makes Linux look for huge pages of memory for its cache, which was measured to cost five to
    eight times the processor time of smaller ones.

    Parameters
    ----------
    file : FileIO
        Open for writing, unbuffered.
    buffers : iterable of memoryview
        Of bytes; none is copied.
    """
    for piece in _pieces(buffers):
        rest = piece
        while rest:
            written = _write_some(file, rest)
            whole = 0
            while whole < len(rest) and written >= rest[whole].nbytes:
                written -= rest[whole].nbytes
                whole += 1
            rest = rest[whole:]
            if written:
                rest[0] = rest[0][written:]


def _pieces(buffers: Iterable[memoryview]) -> Iterator[list[memoryview]]:
    piece: list[memoryview] = []
    room = _CALL_BYTES
    for buffer in buffers:
        for start in range(0, buffer.nbytes, _CALL_BYTES):
            part = buffer[start : start + _CALL_BYTES]
            if piece and (part.nbytes > room or len(piece) == _CALL_BUFFERS):
                yield piece
                piece, room = [], _CALL_BYTES
            piece.append(part)
            room -= part.nbytes
    if piece:
        yield piece


def _write_some(file: FileIO, buffers: list[memoryview]) -> int:
    if hasattr(os, "writev"):
        return os.writev(file.fileno(), buffers)
    return file.write(buffers[0])
