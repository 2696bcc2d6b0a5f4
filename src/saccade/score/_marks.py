"""What happens in a recording, as a file beside it says."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, NamedTuple

from saccade.core import EventsError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FRAME, _SOURCE = "frame", "source"
_KNOWN = ("frame", "y", "x", "position", "event", "source", "note")
_MOST_BYTES = 10_000_000
_BY_EYE = ("visual", "by eye", "manual")
_ALGORITHMIC = ("algorithmic", "automatic", "find_peaks")


class Mark(NamedTuple):
    """One thing that happens in a recording."""

    frame: int
    """Time of the recording, from 0."""
    kind: str
    y_px: float | None = None
    x_px: float | None = None
    """Where; None is anywhere in the picture."""
    position: int | None = None
    source: str = ""
    """Who or what says so."""

    @property
    def made(self) -> str:
        """How the mark was made, as far as its source says: what it is worth as truth."""
        text = self.source.lower()
        ways = [("by eye", _BY_EYE), ("algorithmic", _ALGORITHMIC)]
        found = [name for name, words in ways if any(word in text for word in words)]
        return " and ".join(found)


def read_marks(path: Path, sizes: Mapping[str, int]) -> tuple[Mark, ...]:
    """Return the marks of a CSV file, in order of time.

    Parameters
    ----------
    path : Path
        Columns ``frame`` (from 0); if known ``y``, ``x`` in pixels, ``position``, ``event``
        (what happens) and ``source`` (who says so). Others are no matter.
    sizes : mapping of str to int
        Of the recording: times T, positions P, rows Y and columns X.

    Raises
    ------
    EventsError
        If it can't be read, or does not fit the recording.
    """
    rows = list(csv.reader(_text(path).splitlines()))
    if not rows:
        raise EventsError(f"{path} is empty.", "It needs a line of column names.")
    names = [name.strip().lower() for name in rows[0]]
    if _FRAME not in names:
        raise EventsError(
            f"{path} has no column 'frame'; it has {', '.join(names) or 'none'}.",
            did_you_mean(next((n for n in names if n.startswith("fr")), ""), [_FRAME])
            + f" An events file has the columns {', '.join(_KNOWN)}; only 'frame' is needed.",
        )
    lines = [(n, row) for n, row in enumerate(rows[1:], 2) if any(cell.strip() for cell in row)]
    marks = [
        _mark(_line(names, row, f"{path}, line {n}"), f"{path}, line {n}", sizes)
        for n, row in lines
    ]
    if not marks:
        raise EventsError(f"{path} marks nothing.", "Without marks there is nothing to catch.")
    return tuple(sorted(marks, key=lambda mark: mark.frame))


def _text(path: Path) -> str:
    try:
        if path.is_dir():
            raise EventsError(f"{path} is a folder.", "Name the CSV file.")
        raw = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise EventsError(f"{path} can't be read: {reason}.", "Check the path.") from error
    if len(raw) > _MOST_BYTES or b"\0" in raw[:4096]:
        raise EventsError(f"{path} is no table of events.", "Name a CSV file.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise EventsError(f"{path} is not UTF-8 text.", "Save it as CSV in UTF-8.") from None


def _line(names: list[str], row: list[str], where: str) -> dict[str, str]:
    """Return the values of a line by column; commas of a source need no quotes."""
    more = len(row) - len(names)
    if more > 0 and _SOURCE in names:
        at = names.index(_SOURCE)
        row = [*row[:at], ",".join(row[at : at + more + 1]), *row[at + more + 1 :]]
    elif more > 0:
        what = f"{where} has {len(row)} values for {len(names)} columns."
        raise EventsError(what, "Put text with commas in quotes.")
    return {name: cell.strip() for name, cell in zip(names, row, strict=False)}


def _mark(line: Mapping[str, str], where: str, sizes: Mapping[str, int]) -> Mark:
    frame = _whole(line, _FRAME, where, sizes["T"], "times")
    if frame is None:
        raise EventsError(f"{where}: the frame is empty.", "Each line marks one frame.")
    return Mark(
        frame,
        line.get("event", ""),
        _number(line, "y", where, sizes["Y"]),
        _number(line, "x", where, sizes["X"]),
        _whole(line, "position", where, sizes["P"], "positions"),
        line.get(_SOURCE, ""),
    )


def _whole(line: Mapping[str, str], name: str, where: str, count: int, things: str) -> int | None:
    text = line.get(name, "")
    if not text:
        return None
    if not text.isdecimal():
        raise EventsError(f"{where}: {name} is {text!r}.", "Give a whole number, from 0.")
    if int(text) >= count:
        raise EventsError(
            f"{where}: {name} is {text}, but the recording has {count} {things}, 0 to {count - 1}.",
            "The file belongs to another recording, or to a longer version of it.",
        )
    return int(text)


def _number(line: Mapping[str, str], name: str, where: str, count: int) -> float | None:
    text = line.get(name, "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        raise EventsError(f"{where}: {name} is {text!r}.", "Give pixels.") from None
    if not -0.5 <= value <= count - 0.5:
        raise EventsError(
            f"{where}: {name} is {text}, outside of the picture of {count} pixels.",
            "The file belongs to another recording, or to another crop of it.",
        )
    return value
