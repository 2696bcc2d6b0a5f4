"""The journal: one checked line a value, appended in groups and never changed."""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from saccade.core import DamagedRunError, StoreError, json_excess, parse_json

from ._disk import sync_folder, write_buffers
from ._json import MOST_BYTES, dumps

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

JOURNAL = "journal.jsonl"
TORN = "torn"
RECOVERY = "recovery"
"""Kind of the line that tells what was mended; may follow a verdict."""

# `,"crc":"` and eight digits and `"}`
_TAIL_BYTES = 18


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the journal, as read back.

    A line whose writing was cut short, which only the last can be, has the kind ``torn``.
    """

    n: int
    """Place in the journal, from 0."""
    kind: str
    t_ns: int
    value: Any
    """What `saccade.core.plain` made of the record's value."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """A line that can't be what was written, and why."""

    number: int
    """Line of the file, from 1."""
    reason: str

    def __str__(self) -> str:
        return f"line {self.number} of {JOURNAL} {self.reason}"


class JournalWriter:
    """Appends lines; a group is on the disk, or not in the journal at all.

    Parameters
    ----------
    folder : Path
        Must not hold a journal.
    resume : tuple of int, optional
        Of a journal that is there, for recovery: bytes that are sound, and number of the next
        line. What is behind those bytes is cut off.
    """

    def __init__(self, folder: Path, *, resume: tuple[int, int] | None = None) -> None:
        self._file = (folder / JOURNAL).open("xb" if resume is None else "r+b", buffering=0)
        self._size, self._next = resume or (0, 0)
        try:
            if resume is None:
                sync_folder(folder)
            else:
                self._file.truncate(self._size)
                self._file.seek(self._size)
                os.fsync(self._file.fileno())
        except OSError:
            self._file.close()
            raise

    def append(self, bodies: Sequence[bytes]) -> None:
        """Write lines and bring them to the disk.

        Parameters
        ----------
        bodies : sequence of bytes
            As `body` makes them; numbered here.
        """
        if not bodies:
            return
        data = b"".join(_line(n, body) for n, body in enumerate(bodies, self._next))
        try:
            write_buffers(self._file, [memoryview(data)])
            os.fsync(self._file.fileno())
        except OSError:
            # What is not certain to be on the disk must not be found there by chance.
            self._file.truncate(self._size)
            self._file.seek(self._size)
            raise
        self._size += len(data)
        self._next += len(bodies)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def body(kind: str, t_ns: int, value: Any) -> bytes:
    """Return the part of a line that doesn't depend on its place.

    Parameters
    ----------
    kind : str
        Kind of record.
    t_ns : int
        Monotonic time, ns.
    value : object
        As `saccade.core.plain` makes it.

    Raises
    ------
    StoreError
        If it is more than a reader takes.
    """
    line = dumps({"kind": kind, "t_ns": t_ns, "value": value})
    # Room for the number and the checksum.
    excess = json_excess(line) if len(line) <= MOST_BYTES - 64 else "too long"
    if excess:
        raise StoreError(
            f"A record of the kind {kind!r} can't be stored: it is {excess}.",
            do="Let detectors and policies say less; pictures are stored as frames.",
        )
    return line[1:-1]


def read_lines(folder: Path) -> Iterator[Line]:
    """Yield the lines of a run's journal, each checked.

    Parameters
    ----------
    folder : Path
        The folder of the run.

    Yields
    ------
    Line
        In order; one of the kind ``torn`` at the end if the last line was cut short.

    Raises
    ------
    DamagedRunError
        At the first line that is missing, or is not what was written.
    """
    try:
        for found in scan(folder):
            if isinstance(found, Flaw):
                raise DamagedRunError(
                    f"{folder}: {found}.", do="`saccade verify` tells what of the run is whole."
                )
            yield found
    except OSError as error:
        raise DamagedRunError(
            f"{folder / JOURNAL} can't be read: {error.strerror or error}."
        ) from error


def scan(folder: Path) -> Iterator[Line | Flaw]:
    """Yield the lines of a journal, and a flaw for each that is damaged or missing."""
    return (found for found, _ in scan_with_ends(folder))


def scan_with_ends(folder: Path) -> Iterator[tuple[Line | Flaw, int]]:
    """Yield what `scan` does, each with the size of the journal up to there, in bytes."""
    expected, end = 0, 0
    with (folder / JOURNAL).open("rb") as file:
        for number, (raw, nbytes) in enumerate(_raw_lines(file), 1):
            end += nbytes
            found = parse_line(raw, number)
            if isinstance(found, Line):
                if found.kind != TORN and found.n != expected:
                    flaw = Flaw(number, f"has number {found.n}, where {expected} was due")
                    yield flaw, end
                expected = found.n
            yield found, end
            expected += 1


def _raw_lines(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Yield lines, and how long they are; of one that nobody wrote, no more than fits."""
    while raw := file.readline(MOST_BYTES):
        nbytes, more = len(raw), raw
        while more and not more.endswith(b"\n"):
            more = file.readline(MOST_BYTES)
            nbytes += len(more)
        if nbytes > len(raw):
            raw = raw[:64] + more[-1:]
        yield raw, nbytes


def _line(n: int, content: bytes) -> bytes:
    checked = b'{"n":%d,%s' % (n, content)
    return b'%s,"crc":"%08x"}\n' % (checked, zlib.crc32(checked))


def parse_line(raw: bytes, number: int) -> Line | Flaw:
    """Return what one line of a journal says, or what is wrong with it.

    Parameters
    ----------
    raw : bytes
        With its end, unless it was torn.
    number : int
        Of the line, from 1, for messages.
    """
    if not raw.endswith(b"\n"):
        return Line(number - 1, TORN, 0, {"bytes": len(raw)})
    checked, tail = raw[: -_TAIL_BYTES - 1], raw[-_TAIL_BYTES - 1 : -1]
    if tail != b',"crc":"%08x"}' % zlib.crc32(checked):
        return Flaw(number, "fails its checksum")
    try:
        line = parse_json(raw)
        found = Line(line["n"], line["kind"], line["t_ns"], line["value"])
    except (ValueError, KeyError, TypeError):
        return Flaw(number, "is no line of a journal")
    sound = type(found.n) is int and type(found.t_ns) is int and type(found.kind) is str
    return found if sound and found.kind != TORN else Flaw(number, "is no line of a journal")
