"""The indices of shards, held against what the journal says."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ._shard import ABSENT, read_index, shard_name
from ._zarr import ARRAY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ._values import Stored

_GAP = (ABSENT, ABSENT)


class Told(NamedTuple):
    """What lines of the journal say of one shard."""

    stream: str
    number: int
    rows: int
    entries: dict[int, tuple[int, int]]
    """Offset and length by place in the shard; all ones for a gap."""

    @property
    def name(self) -> str:
        """Of the file, within the folder of all images."""
        return f"{self.stream}/{ARRAY}/{shard_name(self.number)}"

    def file(self, root: Path) -> Path:
        """Return the file of the shard."""
        return root / self.stream / ARRAY / shard_name(self.number)


class Shards:
    """Gathers what lines say, one shard a stream at a time, so that memory stays bounded."""

    def __init__(self) -> None:
        self._now: dict[str, Told] = {}

    def begin(self, stored: Stored) -> Told | None:
        """Turn to the shard of a frame; return the one before, if that is another."""
        if not stored.indexed:
            return None
        return self._turn(stored.path, stored.shard, stored.shard_rows)

    def whole(self, stored: Stored) -> None:
        """Take note of a frame that is what was written, of the shard that was turned to."""
        if stored.indexed:
            slot = stored.row % stored.shard_rows
            self._now[stored.path].entries[slot] = stored.offset, stored.nbytes

    def gap(self, path: str | None, row: int) -> Told | None:
        """Take note of a gap; return the shard before, if this one begins another."""
        if path is None or path not in self._now:
            return None  # before the first frame of its stream
        rows = self._now[path].rows
        before = self._turn(path, row // rows, rows)
        self._now[path].entries[row % rows] = _GAP
        return before

    def rest(self) -> Iterator[Told]:
        """Yield the last shard of each stream."""
        yield from self._now.values()

    def _turn(self, path: str, number: int, rows: int) -> Told | None:
        now = self._now.get(path)
        if now is not None and (now.number, now.rows) == (number, rows):
            return None
        self._now[path] = Told(path, number, rows, {})
        return now


def index_flaw(root: Path, told: Told) -> str | None:
    """Return what is wrong with the index of a shard; None if nothing is.

    Parameters
    ----------
    root : Path
        The folder of all images.
    told : Told
        What the journal says; other rows may be anything.
    """
    if not told.file(root).exists():
        return None  # all gaps, or its frames are missed already
    try:
        index = read_index(told.file(root), told.rows)
    except OSError as error:
        return f"Shard {told.name} can't be read: {error.strerror or error}."
    if index is None:
        return f"Shard {told.name} has no sound index: other programs can't read it."
    for slot, entry in told.entries.items():
        if tuple(map(int, index[slot])) != entry:
            row = told.number * told.rows + slot
            return f"The index of shard {told.name} disagrees with the journal about row {row}."
    return None
