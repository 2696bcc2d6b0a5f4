"""A run folder, made ready to be looked through."""

from __future__ import annotations

import sys
from bisect import bisect_left, bisect_right
from contextlib import suppress
from typing import TYPE_CHECKING

from saccade.app import protocol_of
from saccade.core import SaccadeError, observation_from_plain, stand_from_plain
from saccade.store import RunFolder

from ._account import Account
from ._entries import NOTES, TOLD, entry_of
from ._past import Taken, indices_before
from ._tails import is_earlier

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from saccade.app import Protocol
    from saccade.core import Frame, Modulator, Observation, Past
    from saccade.store import Line

    from ._entries import Entry


class Recall:
    """What a run has left on disk, by frame; pictures are read when they are asked for.

    Parameters
    ----------
    path : Path
        The run folder.

    Raises
    ------
    FolderError
        If it is none.
    DamagedRunError
        If its journal is not what was written.
    """

    def __init__(self, path: Path) -> None:
        self._folder = RunFolder(path)
        self.path = path
        self.observations: dict[int, list[Observation]] = {}
        """Of each frame that was looked at."""
        self.entries: list[Entry] = []
        """What happened, in order."""
        self.account = Account(sys.maxsize)
        """The same by frame, with the reasons for doing nothing."""
        self._lines: dict[int, Line] = {}
        for line in self._folder.lines():
            self._note(line)
        self.frames = tuple(self._lines)
        """Numbers of all frames, in the order in which they were taken."""
        self.verdict = self._folder.verdict

    def t_s(self, number: int) -> float:
        """Return when a frame was taken, by its place in the run, in s since the first."""
        first, this = (self._lines[self.frames[n]].value["t_ns"] for n in (0, number))
        return float(this - first) / 1e9

    def number_at(self, t_s: float) -> int:
        """Return the place of the frame that was taken last at a time, in s since the first."""
        numbers = range(len(self.frames))
        return max(bisect_right(numbers, t_s, key=self.t_s) - 1, 0)

    @property
    def modulator(self) -> Modulator | None:
        """The light modulator of the microscope, if it had one."""
        return modulator_in(self.path)

    def looks_before(self, seen: Observation) -> Iterator[Observation]:
        """Go through earlier looks of the same detector at the same place, the newest first.

        Parameters
        ----------
        seen : Observation
            That they are before.
        """
        for number in reversed(range(bisect_left(self.frames, seen.frame))):
            looks = self.observations.get(self.frames[number], [])
            yield from (each for each in reversed(looks) if is_earlier(each, seen))

    def frames_before(self, frame: Frame, past: Past) -> Iterator[Frame]:
        """Read frames before another, the oldest first; any thread may ask.

        Parameters
        ----------
        frame : Frame
            That they are before.
        past : Past
            Which of them.

        Raises
        ------
        DamagedRunError
            If one is not what was written.
        """
        folder = RunFolder(self.path)  # with files of its own, since it is another thread's
        others = (Taken.of_line(line.value) for line in self._lines.values())
        for index in indices_before(Taken.of(frame), others, past):
            yield folder.read(self._lines[index])

    @property
    def protocol(self) -> Protocol | None:
        """Of the run; None if a script began it, or it can't be used any more."""
        with suppress(SaccadeError):
            return protocol_of(self._folder.run.get("protocol"))
        return None

    def doubt(self, entries: Iterable[Entry]) -> None:
        """Keep what another protocol would have done, in place of what one before would have."""
        self.entries = [each for each in self.entries if each.kind != "what if"]
        self.entries += entries

    @property
    def streams(self) -> tuple[str, ...]:
        """Names of the streams that hold frames."""
        return self._folder.streams

    def kept(self, index: int) -> tuple[Frame, list[Observation]] | None:
        """Return a frame and what was seen in it; None if it is not there, or damaged."""
        with suppress(SaccadeError, KeyError):
            return self.frame(index), self.observations.get(index, [])
        return None

    def frame(self, index: int) -> Frame:
        """Return a frame.

        Parameters
        ----------
        index : int
            One of `frames`.

        Raises
        ------
        DamagedRunError
            If it is not what was written.
        """
        return self._folder.read(self._lines[index])

    def _note(self, line: Line) -> None:
        if line.kind == "frame":
            self._lines[line.value["index"]] = line
        elif line.kind == "observation":
            seen = observation_from_plain(line.value)
            self.observations.setdefault(seen.frame, []).append(seen)
        elif line.kind in TOLD or line.kind in NOTES:
            entry = entry_of(line.kind, line.value)
            if entry is not None:
                self.account.add((entry,))
                self.entries += [entry] if entry.what else []


def modulator_in(path: Path | None) -> Modulator | None:
    """Return the light modulator of the microscope that a run has.

    Parameters
    ----------
    path : Path or None
        The run folder, if there is any yet.

    Returns
    -------
    Modulator or None
        None also where the folder does not tell.
    """
    if path is None:
        return None
    with suppress(SaccadeError, KeyError, TypeError, ValueError, AttributeError):
        stand = RunFolder(path).run.get("stand")
        return stand_from_plain(stand).modulator if isinstance(stand, dict) else None
    return None
