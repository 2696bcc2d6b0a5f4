"""A proof that a run folder holds what its journal says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from saccade.core import DamagedRunError

from ._checksum import Checksum
from ._indices import Shards, index_flaw
from ._journal import JOURNAL, RECOVERY, TORN, Flaw, scan
from ._pixel_reader import PixelReader
from ._reader import RunFolder
from ._supervised import supervisor_said
from ._values import frame_of, gap_of, lost_lines_of, place_of, stored_of, thinned_of, verdict_of
from ._zarr import FRAMES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from saccade.core import Verdict

    from ._indices import Told
    from ._journal import Line


@dataclass(frozen=True, slots=True)
class Report:
    """What a run folder holds, and what is wrong with it."""

    ok: bool
    """Whether there is no problem at all."""
    frames: int
    """Acknowledged frames, whole or not."""
    gaps: int
    streams: tuple[str, ...]
    verdict: Verdict | None
    problems: tuple[str, ...]
    torn: bool
    """Whether the last line of the journal was cut short."""
    unclosed: bool
    """Whether the run never came to a verdict, as after a crash."""
    checksum: str = field(default="", compare=False)
    """Of the whole run, as `saccade.store.checksum` tells it; empty if anything is wrong."""
    supervisor: str = field(default="", compare=False)
    """What its supervisor did, if there was one and it had to act, or died."""
    thinned: int = 0
    """Frames that were taken and, as was asked for, not stored."""
    shadowed: int = 0
    """Actions that were decided in shadow mode, and not done."""


def verify(path: Path | str) -> Report:
    """Check every line and every frame of a run.

    Parameters
    ----------
    path : Path or str
        The folder of the run.

    Returns
    -------
    Report
        Each problem is a sentence that names the line or the frame.

    Raises
    ------
    FolderError
        If it is no run folder; damage is reported, never raised.
    """
    folder = RunFolder(path)
    check = _Check(folder.path)
    check.attempt(lambda: check.facts(folder))
    check.attempt(check.journal)
    check.ending()
    return check.report()


class _Check:
    """What has been met so far, reading the journal once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pictures = PixelReader(folder)
        self._shards = Shards()
        self._problems: list[str] = []
        self._frames = 0
        self._gaps = 0
        self._shadowed = 0
        self._thinned = 0
        self._last_index = -1
        self._next_rows: dict[str, int] = {}
        self._leading_gaps: dict[tuple[str, str], int] = {}
        self._verdict: Verdict | None = None
        self._torn = False
        self._checksum: Checksum | None = None

    def facts(self, folder: RunFolder) -> None:
        """Check that the run says what it was."""
        self._checksum = Checksum(folder.run)

    def attempt(self, step: Callable[[], object]) -> None:
        """Take a step; what is damaged is a problem, and the check goes on."""
        try:
            step()
        except DamagedRunError as error:
            self._problems.append(error.what)

    def journal(self) -> None:
        """Check each line, and what it speaks of."""
        try:
            for found in scan(self._folder):
                if isinstance(found, Flaw):
                    self._problems.append(f"Damaged: {found}.")
                else:
                    self._line(found)
        except OSError as error:
            raise DamagedRunError(f"{JOURNAL} can't be read: {error.strerror}.") from error

    def ending(self) -> None:
        """Check that the run was closed, and is as long as it should be."""
        if self._verdict is None:
            self._problems.append(
                "The run was not closed: its journal ends without a verdict, "
                f"after {self._frames} acknowledged frames."
            )
        else:
            self._count("frames", self._verdict.committed, self._frames)
            self._count("gaps", self._verdict.gaps, self._gaps)
            self._count("thinned frames", self._verdict.thinned, self._thinned)
            # A run that goes on, or was killed, may be writing the last index of each stream.
            for told in self._shards.rest():
                self._index(told)
        for path, rows in self._next_rows.items():
            self.attempt(lambda path=path, rows=rows: self._length(path, rows))  # type: ignore[misc]

    def report(self) -> Report:
        """Return what was found."""
        return Report(
            ok=not self._problems,
            frames=self._frames,
            gaps=self._gaps,
            streams=tuple(self._next_rows),
            verdict=self._verdict,
            problems=tuple(self._problems),
            torn=self._torn,
            unclosed=self._verdict is None,
            checksum="" if self._problems else str(self._checksum or ""),
            supervisor=supervisor_said(self._folder),
            thinned=self._thinned,
            shadowed=self._shadowed,
        )

    def _line(self, line: Line) -> None:
        if self._checksum is not None:
            self._checksum.line(line)
        if self._verdict is not None and line.kind != RECOVERY:
            self._problems.append(f"Line {line.n + 1} of {JOURNAL} comes after the verdict.")
        if line.kind == TORN:
            self._torn = True
            self._problems.append(
                f"The last line of {JOURNAL} was cut short; it was never acknowledged."
            )
        elif line.kind == "frame":
            self._frames += 1
            self.attempt(lambda: self._frame(line))
        elif line.kind == "gap":
            self._gaps += 1
            self.attempt(lambda: self._gap(line))
        elif line.kind == "thinned":
            self.attempt(lambda: self._thin(line))
        elif line.kind == "shadowed":
            self._shadowed += 1
        elif line.kind == "verdict":
            self._verdict = verdict_of(line)
        elif line.kind == RECOVERY and (lost := lost_lines_of(line)):
            self._problems.append(
                f"A recovery found {lost} damaged lines at the end of "
                f"{JOURNAL}; what they told is gone."
            )

    def _frame(self, line: Line) -> None:
        self._place(line)
        stored = stored_of(line)
        self._index(self._shards.begin(stored))
        pixels = self._pictures.read(line)
        frame_of(line, pixels)
        if self._checksum is not None:
            self._checksum.pixels(pixels)
        self._shards.whole(stored)

    def _gap(self, line: Line) -> None:
        self._place(line)
        self._index(self._shards.gap(*place_of(line)))
        gap_of(line)

    def _thin(self, line: Line) -> None:
        thinned = thinned_of(line)
        self._follow(line, thinned.first)
        self._last_index = thinned.last
        self._thinned += thinned.count

    def _index(self, told: Told | None) -> None:
        if told and (flaw := index_flaw(self._folder / FRAMES, told)):
            self._problems.append(flaw)

    def _place(self, line: Line) -> None:
        path, row = place_of(line)
        index, role = line.value["index"], line.value["stream"]
        whose = role, str(line.value.get("camera", ""))
        self._follow(line, index)
        self._last_index = index
        if path is None:
            due = self._leading_gaps.get(whose, 0)
            self._leading_gaps[whose] = row + 1
        else:
            if path not in self._next_rows:
                self._next_rows[path] = self._leading_gaps.pop(whose, 0)
            due = self._next_rows[path]
            self._next_rows[path] = row + 1
        if row != due:
            self._problems.append(
                f"Line {line.n + 1} of {JOURNAL}: row {row} of {role!r}, where {due} was due."
            )

    def _follow(self, line: Line, index: int) -> None:
        if index <= self._last_index:
            self._problems.append(
                f"Line {line.n + 1} of {JOURNAL}: index {index} follows {self._last_index}."
            )

    def _count(self, what: str, claimed: int, found: int) -> None:
        if claimed != found:
            self._problems.append(f"The verdict counts {claimed} {what}; there are {found}.")

    def _length(self, path: str, rows: int) -> None:
        declared = self._pictures.rows(path)
        # A failed run can't count on the disk to cut its arrays to length.
        cut = self._verdict is not None and self._verdict.name != "failed"
        if declared < rows or (cut and declared != rows):
            self._problems.append(f"Stream {path!r} declares {declared} rows; {rows} were planned.")
