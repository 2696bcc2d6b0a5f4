"""Tables beside labelled pictures: places, groups, frames; as people and napari write them."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from saccade.core import LabelError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

POINTS, GROUPS, FRAMES = "points.csv", "groups.csv", "frames.csv"
STACKS = ("labels.tif", "labels.tiff")
"""Masks of all pictures in one file, in the order of their names."""
_AXES = ("axis-0", "axis-1", "axis-2")
"""Columns that napari gives the coordinates of a layer of points."""
_MOST_ROWS = 1_000_000

Row: TypeAlias = tuple[float, float, float, str]
"""Of a place: y, x, size and class."""


def read_points(folder: Path, stems: Sequence[str]) -> dict[str, list[Row]]:
    """Return the places that were marked, by picture; pictures without any are left out.

    Parameters
    ----------
    folder : Path
        With ``points.csv``, or ``points/`` with a table for each picture; or neither.
    stems : sequence of str
        Names of the pictures, in the order in which napari stacks them.
    """
    found: dict[str, list[Row]] = {}
    table = folder / POINTS
    if table.is_file():
        read = _of_stack if _is_napari(table) else _by_name
        for stem, row in read(table, stems):
            found.setdefault(stem, []).append(row)
    for file in sorted((folder / "points").glob("*.csv")):
        stem = file.stem
        if stem not in stems:
            raise LabelError(f"{file} is of no picture.", "Give it the name of one.")
        wanted = _AXES[:2] if _is_napari(file) else ("y", "x")
        for number, line in rows(file, wanted):
            y, x, size = _numbers(file, number, line, (*wanted, "size"))
            found.setdefault(stem, []).append((y, x, size, line.get("class") or "object"))
    return found


def read_groups(file: Path) -> dict[str, str]:
    """Return the group of each picture that a table tells of.

    Parameters
    ----------
    file : Path
        With columns ``image`` and ``group``.
    """
    return {Path(row["image"]).stem: row["group"] for _, row in rows(file, ("image", "group"))}


def read_frames(folder: Path) -> dict[str, dict[str, str]] | None:
    """Return what ``frames.csv`` tells of each picture; None where there is no such table.

    Parameters
    ----------
    folder : Path
        As `saccade.learn.label_run` writes it; column ``label`` may be filled in.
    """
    file = folder / FRAMES
    if not file.is_file():
        return None
    return {Path(row["image"]).stem: row for _, row in rows(file, ("image",))}


def is_stacked(folder: Path) -> bool:
    """Return whether pictures were labelled as one stack, in the order of their names."""
    stacked = any((folder / name).is_file() for name in STACKS)
    return stacked or ((folder / POINTS).is_file() and _is_napari(folder / POINTS))


def rows(file: Path, wanted: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the lines of a table, with their numbers.

    Parameters
    ----------
    file : Path
        CSV with a header, UTF-8.
    wanted : sequence of str
        Columns that must be there.

    Raises
    ------
    LabelError
        If it can't be read, or a column is missing.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            if missing := [name for name in wanted if name not in (reader.fieldnames or ())]:
                raise LabelError(f"{file} has no column {missing[0]!r}.", "Add it.")
            for number, row in enumerate(reader, 2):
                if number > _MOST_ROWS:
                    raise LabelError(f"{file} has over {_MOST_ROWS:,} lines.", "Is it the table?")
                yield (
                    number,
                    {name: str(value or "").strip() for name, value in row.items() if name},
                )
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise LabelError(f"{file} can't be read: {error}.", "Save it as UTF-8.") from None


def _by_name(file: Path, stems: Sequence[str]) -> Iterator[tuple[str, Row]]:
    known = set(stems)
    for number, line in rows(file, ("image", "y", "x")):
        stem = Path(line["image"]).stem
        if stem not in known:
            raise LabelError(
                f"Line {number} of {file} names {line['image']!r}.", "It is not there."
            )
        y, x, size = _numbers(file, number, line, ("y", "x", "size"))
        yield stem, (y, x, size, line.get("class") or "object")


def _of_stack(file: Path, stems: Sequence[str]) -> Iterator[tuple[str, Row]]:
    for number, line in rows(file, _AXES):
        plane, y, x, size = _numbers(file, number, line, (*_AXES, "size"))
        if not 0 <= round(plane) < len(stems):
            raise LabelError(
                f"Line {number} of {file} is of picture {plane:g}, and there are {len(stems)}.",
                "Open the same pictures as one stack: napari --stack images/*.tif",
            )
        yield stems[round(plane)], (y, x, size, line.get("class") or "object")


def _is_napari(file: Path) -> bool:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            return _AXES[0] in (csv.DictReader(lines).fieldnames or ())
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise LabelError(f"{file} can't be read: {error}.", "Save it as UTF-8.") from None


def _numbers(
    file: Path, number: int, line: dict[str, str], names: Sequence[str]
) -> tuple[float, ...]:
    try:
        return tuple(float(line.get(name) or 0) for name in names)
    except ValueError:
        raise LabelError(f"Line {number} of {file} holds no numbers.", "Correct it.") from None
