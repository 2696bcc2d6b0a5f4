"""Groups of frames and records brought to the disk: pixels first, then their lines."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from saccade.core import FolderError, Frame, Gap, plain, plain_frame

from ._journal import JournalWriter, body
from ._lock import FolderLock
from ._pixel_writer import PixelWriter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from saccade.core import Clock, Record, Verdict


class _Started(NamedTuple):
    kind: str
    line: bytes


class Committer:
    """Writes groups in order; what it has counted is on the disk.

    Parameters
    ----------
    folder : Path
        The folder of the run; must hold neither frames nor a journal.
    clock : Clock
        Stamps the verdict.

    Raises
    ------
    FolderError
        If it is not there, can't be written, or holds a recording already.
    RunBusyError
        If another process writes it.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._clock = clock
        if not folder.is_dir():
            raise FolderError(f"{folder} is not a folder.", do="Create it with `claim_folder`.")
        with ExitStack() as undo:
            try:
                self._lock = undo.enter_context(FolderLock(folder))
                self._journal = undo.enter_context(closing(JournalWriter(folder)))
                self._pixels = PixelWriter(folder)
            except OSError as error:
                raise _unusable(folder, error) from error
            undo.pop_all()
        self.counts: Counter[str] = Counter()
        """Acknowledged lines, by kind."""

    def commit(self, group: Sequence[Frame | Record]) -> None:
        """Write a group; on an error, what came before the failed item is acknowledged still.

        If it is the pixels that can't be synced, none of the group is.
        """
        started: list[_Started] = []
        try:
            for item in group:
                started.append(self._start(item))  # noqa: PERF401 - kept when a later one fails
        finally:
            self._acknowledge(started)

    def finish(self, verdict: Verdict | None, error: Exception | None) -> None:
        """Cut the arrays to length and write the verdict; it is ``failed`` after an error."""
        if error is None:
            self._pixels.close()
        elif verdict is not None:
            verdict = replace(
                verdict,
                name="failed",
                reason=f"writing failed: {sentence(error)}",
                committed=self.counts["frame"],
                gaps=self.counts["gap"],
            )
        if verdict is not None:
            # Last of all: it vouches for what comes before it.
            self._journal.append([body("verdict", self._clock.now_ns(), plain(verdict))])

    def close(self) -> None:
        """Close the journal, and let others write into the folder."""
        self._journal.close()
        self._lock.close()

    def _start(self, item: Frame | Record) -> _Started:
        if isinstance(item, Frame):
            value = plain_frame(item) | self._pixels.write(item)._asdict()
            return _Started("frame", body("frame", item.t_ns, value))
        value = plain(item.value)
        if isinstance(item.value, Gap):
            value |= self._pixels.skip(item.value.stream, item.value.camera)._asdict()
        return _Started(item.kind, body(item.kind, item.t_ns, value))

    def _acknowledge(self, started: list[_Started]) -> None:
        self._pixels.sync()
        self._journal.append([entry.line for entry in started])
        self.counts.update(entry.kind for entry in started)


def sentence(error: Exception) -> str:
    """Return what an error says, as the end of a sentence."""
    return f"{str(error).strip().rstrip('.') or type(error).__name__}."


def _unusable(folder: Path, error: OSError) -> FolderError:
    if isinstance(error, FileExistsError):
        return FolderError(
            f"{folder} holds a recording already, and nothing is ever overwritten.",
            do="Record into a new folder.",
        )
    return FolderError(
        f"{folder} can't be written: {error.strerror or error}.",
        do="Choose a place where you may write.",
    )
