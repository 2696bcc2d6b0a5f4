"""A run folder, read back."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saccade.core import DamagedRunError, FolderError, UsageError, did_you_mean

from ._folder import RUN_JSON
from ._inside import check_inside
from ._journal import JOURNAL, RECOVERY, read_lines
from ._json import load_json
from ._pixel_reader import PixelReader
from ._values import frame_of, observation_of, place_of, verdict_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from saccade.core import Frame, Observation, Verdict

    from ._journal import Line


class RunFolder:
    """What a run left on disk; a run that still goes on can be read as well.

    Parameters
    ----------
    path : Path or str
        The folder of the run.

    Raises
    ------
    FolderError
        If it is no run folder, or one that leads elsewhere, through links.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        _check_is_run(self.path)
        check_inside(self.path)
        self._pictures = PixelReader(self.path)

    @property
    def run(self) -> dict[str, Any]:
        """Content of ``run.json``: protocol, profile, versions, as resolved."""
        try:
            content = load_json(self.path / RUN_JSON)
        except (OSError, ValueError) as error:
            raise DamagedRunError(f"{self.path / RUN_JSON} can't be read: {error}.") from error
        if not isinstance(content, dict):
            raise DamagedRunError(f"{self.path / RUN_JSON} is no mapping.")
        return content

    @property
    def verdict(self) -> Verdict | None:
        """How the run ended; None if it was never closed."""
        lines = (line for line in self.lines() if line.kind != RECOVERY)
        last = deque(lines, maxlen=1)
        return verdict_of(last[0]) if last and last[0].kind == "verdict" else None

    @property
    def streams(self) -> tuple[str, ...]:
        """Names of the streams that hold frames, in order of their first frame."""
        return tuple(dict.fromkeys(str(place_of(line).path) for line in self._frame_lines()))

    def lines(self) -> Iterator[Line]:
        """Yield the lines of the journal, each checked; see `read_lines`."""
        return read_lines(self.path)

    def frames(self, stream: str | None = None) -> Iterator[Frame]:
        """Yield frames in the order in which they were taken.

        Parameters
        ----------
        stream : str or None
            Name of a stream, as `streams` lists them; None is all.

        Raises
        ------
        UsageError
            If there is no such stream.
        DamagedRunError
            At the first frame that is missing or not what was written.
        """
        if stream is not None and stream not in (known := self.streams):
            raise UsageError(f"There is no stream {stream!r}.", do=did_you_mean(stream, known))
        for line in self._frame_lines():
            if stream is None or place_of(line).path == stream:
                yield self.read(line)

    def frame(self, index: int) -> Frame:
        """Return one frame.

        Parameters
        ----------
        index : int
            Its run-wide number.

        Raises
        ------
        UsageError
            If no frame has this number; it may be a gap.
        DamagedRunError
            If it is not what was written.
        """
        for line in self._frame_lines():
            if line.value["index"] == index:
                return self.read(line)
        raise UsageError(f"No frame of {self.path} has the index {index}.")

    def read(self, line: Line) -> Frame:
        """Return the frame that a line of the journal is about.

        Parameters
        ----------
        line : Line
            Of the kind ``frame``, as `lines` yields it.

        Raises
        ------
        DamagedRunError
            If it is not what was written.
        """
        return frame_of(line, self._pictures.read(line))

    def observations(self) -> Iterator[Observation]:
        """Yield what was seen, in order, without label images."""
        for line in self.lines():
            if line.kind == "observation":
                yield observation_of(line)

    def _frame_lines(self) -> Iterator[Line]:
        return (line for line in self.lines() if line.kind == "frame")


def is_run(path: Path) -> bool:
    """Return whether a folder is that of a run."""
    return (path / RUN_JSON).is_file() or (path / JOURNAL).is_file()


def _check_is_run(path: Path) -> None:
    if is_run(path):
        return
    if not path.is_dir():
        what = f"{path} is a file, not a run folder." if path.exists() else f"{path} is not there."
        beside = _runs_in(path.parent)
        raise FolderError(what, do=did_you_mean(path.name, beside) if beside else "")
    inside = _runs_in(path)
    hint = f"Name one of the runs in it, such as {inside[-1]!r}." if inside else ""
    raise FolderError(f"{path} is not a run folder: it holds no {JOURNAL}.", do=hint)


def _runs_in(path: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in path.iterdir() if is_run(entry))
    except OSError:
        return []
