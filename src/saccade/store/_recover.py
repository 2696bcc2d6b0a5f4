"""A run whose process died, made whole: what was acknowledged, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from saccade.core import DamagedRunError, FolderError, Verdict, plain

from ._journal import JOURNAL, RECOVERY, JournalWriter, body
from ._lock import FolderLock
from ._mend import mend_image, mend_index, mend_root, set_tail_aside
from ._reader import RunFolder
from ._supervised import supervisor_said
from ._survey import Survey
from ._zarr import FRAMES, SERIES

if TYPE_CHECKING:
    from pathlib import Path

    from ._indices import Told

_NOT_CLOSED = "the run was not closed; what it had acknowledged was recovered"


@dataclass(frozen=True, slots=True)
class Recovery:
    """What a recovery found, and what it did."""

    ok: bool
    """Whether all that was ever acknowledged is there."""
    frames: int
    """Acknowledged frames that are whole."""
    gaps: int
    gone: tuple[int, ...]
    """Indices of frames that were acknowledged, and are not there or not what was taken."""
    mended: tuple[str, ...]
    """What was done; nothing, if there was nothing to do."""
    problems: tuple[str, ...]
    """What can't be mended, a sentence each."""
    verdict: Verdict | None
    supervisor: str = ""
    """What the run's supervisor did, if there was one and it had to act, or died."""


def recover(path: Path | str) -> Recovery:
    """Mend a run that was not closed, so that every program can read what it acknowledged.

    The end of the journal that was never acknowledged is set aside, missing indices of shards
    are written from the journal, arrays are cut to their rows, and the run gets the verdict
    ``failed``, whatever it had planned. Frames are never changed. Doing it again changes
    nothing.

    Parameters
    ----------
    path : Path or str
        The folder of the run.

    Returns
    -------
    Recovery
        What was done, and which acknowledged frames are gone.

    Raises
    ------
    RunBusyError
        If the run still goes on.
    FolderError
        If it is no run folder, or can't be written.
    """
    folder = RunFolder(path).path
    with FolderLock(folder):
        try:
            return _Recoverer(folder).recover()
        except OSError as error:
            raise FolderError(
                f"{folder} can't be recovered: {error.strerror or error}.",
                do="Make room or get write access there, or recover a copy; nothing is lost.",
            ) from error


class _Recoverer:
    """Works in an order in which it can be killed, and begun again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._survey = Survey(folder)
        self._mended: list[str] = []

    def recover(self) -> Recovery:
        survey = self._survey
        if not (self._folder / JOURNAL).exists() and self._has_streams():
            survey.problems.append(
                f"{JOURNAL} is missing: nothing tells what the frames are. They stay as they are."
            )
            return self._result()
        if (self._folder / JOURNAL).exists():
            survey.read(self._shard)
            if survey.gone and self._mended:
                # An index that took the place of lost bytes may happen to equal them.
                survey = self._survey = Survey(self._folder)
                survey.read(self._shard)
        self._check_run_json()
        for stream, image in survey.images.items():
            try:
                self._mended += mend_image(self._folder, stream, image, survey.rows[stream])
            except DamagedRunError as error:
                survey.problems.append(error.what)
        # Lines that were lost may have told of other streams.
        lost = bool(survey.lost_lines or survey.tail_lines)
        self._mended += mend_root(self._folder, list(survey.images), keep_others=lost)
        self._close()
        return self._result()

    def _close(self) -> None:
        """Set the journal's end aside, and write what was done and how the run ended."""
        survey, path = self._survey, self._folder / JOURNAL
        isnew = not path.exists()
        if not isnew and (size := path.stat().st_size) > survey.sound_bytes:
            place = set_tail_aside(self._folder, path, survey.sound_bytes)
            self._mended.append(
                f"moved the last {size - survey.sound_bytes} bytes of {JOURNAL} to {place}"
            )
        if survey.tail_lines:
            survey.problems.append(
                f"The last {survey.tail_lines} lines of {JOURNAL} are damaged; what they told "
                "is gone."
            )
        if survey.closed and not self._mended:
            return
        resume = None if isnew else (survey.sound_bytes, survey.next_n)
        journal = JournalWriter(self._folder, resume=resume)
        try:
            journal.append(list(self._lines()))
        finally:
            journal.close()

    def _lines(self) -> list[bytes]:
        survey = self._survey
        value: dict[str, Any] = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "mended": self._mended,
            "gone": survey.gone_ranges(),
            "problems": survey.problems,
            "lost_lines": survey.tail_lines,
        }
        # The clock of the run is not that of this process: no time of its own.
        lines = [body(RECOVERY, survey.t_ns, value)]
        if not survey.closed:
            self._mended.append("wrote the verdict 'failed'")
            lines.append(body("verdict", survey.t_ns, plain(self._verdict())))
        return lines

    def _verdict(self) -> Verdict:
        whole, gaps = self._survey.frames - len(self._survey.gone), self._survey.gaps
        thinned = self._survey.thinned
        planned = self._survey.frames + gaps + thinned
        counts = planned, whole, gaps
        return Verdict("failed", _NOT_CLOSED, *counts, thinned=thinned)

    def _shard(self, told: Told) -> None:
        if done := mend_index(self._folder, told):
            self._mended.append(done)

    def _has_streams(self) -> bool:
        root = self._folder / FRAMES
        return root.is_dir() and any(
            entry.is_dir() and entry.name != SERIES for entry in root.iterdir()
        )

    def _check_run_json(self) -> None:
        try:
            _ = RunFolder(self._folder).run
        except DamagedRunError as error:
            self._survey.problems.append(error.what)

    def _result(self) -> Recovery:
        survey = self._survey
        has_journal = (self._folder / JOURNAL).exists()
        try:
            verdict = RunFolder(self._folder).verdict if has_journal else None
        except DamagedRunError:
            verdict = None  # the flaw is among the problems already
        return Recovery(
            ok=not survey.problems,
            frames=survey.frames - len(survey.gone),
            gaps=survey.gaps,
            gone=tuple(survey.gone),
            mended=tuple(self._mended),
            problems=tuple(survey.problems),
            verdict=verdict,
            supervisor=supervisor_said(self._folder),
        )
