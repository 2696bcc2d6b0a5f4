"""What a run folder holds that can be relied on, and what of it is gone."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from saccade.core import DamagedRunError

from ._indices import Shards
from ._journal import JOURNAL, RECOVERY, TORN, Flaw, Line, scan_with_ends
from ._json import numbers
from ._pixel_reader import name_of, read_pixels
from ._values import lost_lines_of, place_of, stored_of, thinned_of
from ._zarr import FRAMES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ._indices import Told
    from ._zarr import ArrayForm


# Sentences are kept for so many frames that are gone; of the others only the index is.
_NAMED = 100


class Image(NamedTuple):
    """What lines tell of one stream: enough to write its metadata anew."""

    role: str
    form: ArrayForm
    pixel_size_um: float
    indexed: bool


@dataclass
class Survey:
    """The sum of a journal and of the pixels that it speaks of.

    Parameters
    ----------
    folder : Path
        The folder of the run.
    """

    folder: Path
    frames: int = 0
    gaps: int = 0
    thinned: int = 0
    closed: bool = False
    """Whether there is a verdict."""
    gone: list[int] = field(default_factory=list)
    """Indices of acknowledged frames whose pixels are not there, or not what was taken."""
    problems: list[str] = field(default_factory=list)
    """What can't be mended, a sentence each."""
    images: dict[str, Image] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    sound_bytes: int = 0
    """Size of the journal up to its last sound line."""
    next_n: int = 0
    t_ns: int = 0
    """Of the last sound line."""
    tail_lines: int = 0
    """Whole lines behind the last sound one; each was damaged."""
    lost_lines: int = 0
    """Lines that damage took, now or before an earlier recovery."""

    def read(self, on_shard: Callable[[Told], None]) -> None:
        """Go through the journal once, and hold every frame against its line.

        Parameters
        ----------
        on_shard : callable
            Is given what sound frames and gaps there are in each shard, one after the other.

        Raises
        ------
        OSError
            If the journal can't be read.
        """
        shards, flaws, last = Shards(), [], -1
        for found, end in scan_with_ends(self.folder):
            if isinstance(found, Flaw):
                flaws.append(found)
            elif found.kind != TORN:
                if flaws:
                    self._lost(flaws, last, found)
                    flaws = []
                self.sound_bytes, self.next_n, self.t_ns = end, found.n + 1, found.t_ns
                if told := self._line(found, shards):
                    on_shard(told)
                last = max(last, _last_index(found))
        self.tail_lines = len(flaws)
        if (more := len(self.gone) - _NAMED) > 0:
            self.problems.append(f"{more} more frames are gone, as `gone` lists them.")
        for told in shards.rest():
            on_shard(told)

    def gone_ranges(self) -> list[list[int]]:
        """Return the frames that are gone as first and last indices of unbroken rows."""
        ranges: list[list[int]] = []
        for index in self.gone:
            if ranges and ranges[-1][1] == index - 1:
                ranges[-1][1] = index
            else:
                ranges.append([index, index])
        return ranges

    def _line(self, line: Line, shards: Shards) -> Told | None:
        try:
            if line.kind == "frame":
                return self._frame(line, shards)
            if line.kind == "gap":
                return self._gap(line, shards)
            if line.kind == "thinned":
                self.thinned += thinned_of(line).count
        except DamagedRunError as error:
            self.problems.append(error.what)
        self.closed = self.closed or line.kind == "verdict"
        if line.kind == RECOVERY:
            self._remember(lost_lines_of(line))
        return None

    def _frame(self, line: Line, shards: Shards) -> Told | None:
        stored = stored_of(line)
        self.frames += 1
        self.rows[stored.path] = max(self.rows.get(stored.path, 0), stored.row + 1)
        image = Image(line.value["stream"], stored.form, _pixel_size_um(line), stored.indexed)
        self.images.setdefault(stored.path, image)
        before = shards.begin(stored)
        try:
            read_pixels(self.folder / FRAMES, stored, name_of(line))
            shards.whole(stored)
        except DamagedRunError as error:
            self.gone.append(line.value["index"])
            if len(self.gone) <= _NAMED:
                self.problems.append(error.what)
        return before

    def _gap(self, line: Line, shards: Shards) -> Told | None:
        path, row = place_of(line)
        self.gaps += 1
        if path is not None:
            self.rows[path] = max(self.rows.get(path, 0), row + 1)
        return shards.gap(path, row)

    def _lost(self, flaws: list[Flaw], last: int, line: Line) -> None:
        self.lost_lines += len(flaws)
        index, named = _index(line), ""
        if index is not None and index > last + 1:
            named = f"; frames or gaps {last + 1} to {index - 1} are not told of any more"
        self.problems.append(f"Damaged: {flaws[0]}{named}.")

    def _remember(self, lost_lines: int) -> None:
        if lost_lines:
            self.lost_lines += lost_lines
            self.problems.append(
                f"An earlier recovery found {lost_lines} damaged lines at the end of {JOURNAL}; "
                "what they told is gone."
            )


def _index(line: Line, name: str = "first") -> int | None:
    known = line.kind in {"frame", "gap", "thinned"} and isinstance(line.value, dict)
    index = line.value.get(name if line.kind == "thinned" else "index") if known else None
    return index if isinstance(index, int) else None


def _last_index(line: Line) -> int:
    index = _index(line, "last")
    return -1 if index is None else index


def _pixel_size_um(line: Line) -> float:
    size = numbers(line.value.get("pixel_size_um"))
    try:
        return float(size) if isinstance(size, int | float) else math.nan
    except OverflowError:
        return math.nan
