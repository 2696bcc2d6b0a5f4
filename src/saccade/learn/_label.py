"""Frames of a run, written so that people can label them, and added to what is there."""

from __future__ import annotations

import csv
import io
import math
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import tifffile

from saccade.core import LabelError
from saccade.store import RunFolder

from ._choose import candidate, choose
from ._tables import FRAMES, GROUPS, POINTS, is_stacked, rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from saccade.core import Frame

    from ._choose import Candidate, Chosen

_COLUMNS = (
    "image", "label", "why", "detail", "frame", "stream", "position", "channel", "t_s",
    "pixel_size_um",
)  # fmt: skip
_MOST_CANDIDATES = 1500
_GROUPS = 6
_README = """\
Label these pictures in any editor, in one of three ways. frames.csv says why each was chosen.

1. MASKS. Save a mask of the same name and size under labels/: 0 is background, each thing has a
   number of its own. A picture that was looked at and holds nothing: write "nothing" into the
   column label of frames.csv.
2. PLACES. Write a line a thing into points.csv: image, y, x in pixels (y first), and if you like
   its class and its size (diameter).
3. WHOLE FRAMES. Write what is in it, or "nothing", into the column label of frames.csv.

In napari, all at once:  napari --stack images/*.tif
   Masks: add a layer of labels, paint, and save it as labels.tif in this folder.
   Places: add a layer of points, click, and save it as points.csv in this folder, over the one
   that is there. If pictures differ in size, open them one by one, and save labels/NAME.tif or
   points/NAME.csv.

Pictures that you leave out are not learned from; a dozen is a beginning. Then:

    saccade train {folder} my-detector

groups.csv tells which pictures are independent: what is tested on must not be what was learned
from. All of one run: its parts stand for groups, and figures are better than on another day. Label
frames of other runs as well; they come into the same folder with

    saccade label ANOTHER_RUN -o {folder}
"""


class Labelling(NamedTuple):
    """What was written to be labelled."""

    folder: Path
    chosen: tuple[Chosen, ...]
    groups: int
    """Independent groups in the folder, of all runs."""


def label_run(
    run: Path | str,
    folder: Path | str,
    count: int = 20,
    *,
    stream: str | None = None,
    seed: int = 0,
) -> Labelling:
    """Write the frames of a run that are most useful to label, as TIFF and tables.

    `read_folder` reads the folder back, and leaves out what nobody labelled. Frames of another
    run are added to a folder that is there; nothing in it is changed or written over.

    Parameters
    ----------
    run : Path or str
        Folder of a run.
    folder : Path or str
        New, or one that this has written.
    count : int
        How many frames.
    stream : str, optional
        Only frames of this one.
    seed : int
        Of those that are drawn by lot.

    Raises
    ------
    LabelError
        If there is nothing to label, or the folder holds something else.
    FolderError
        If the run can't be read.
    """
    source, folder = RunFolder(run), Path(folder)
    if count < 1:
        raise LabelError(f"{count} frames can't be labelled.", "Give -k 20 or so.")
    before = _before(folder)
    name = name_of(source.path)
    candidates = _candidates(source, stream, name, {row["image"] for row in before})
    chosen = choose(candidates, source.observations(), count, seed)
    groups = _groups(name, candidates, chosen)
    try:
        told = _write_pictures(source, stream, folder, name, chosen)
        by_image = {_image(name, frame): group for frame, group in groups.items()}
        number = _write_tables(folder, [*before, *told], by_image)
    except OSError as error:
        raise LabelError(f"{folder} can't be written: {error}.", "Check path and disk.") from None
    return Labelling(folder, tuple(chosen), number)


def name_of(run: Path) -> str:
    """Return what the pictures of a run are called by."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", run.resolve().name) or "run"


def _write_pictures(
    source: RunFolder, stream: str | None, folder: Path, name: str, chosen: Sequence[Chosen]
) -> list[dict[str, Any]]:
    """Write the pictures, and return what is to be told of each."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    (folder / "labels").mkdir(exist_ok=True)
    why = {each.frame: each for each in chosen}
    told, first_ns = [], None
    for frame in source.frames(stream):
        first_ns = frame.t_ns if first_ns is None else first_ns
        if frame.index in why:
            image = _image(name, frame.index)
            _write_picture(folder / "images" / image, frame)
            told.append(_row(image, frame, why[frame.index], (frame.t_ns - first_ns) * 1e-9))
    return told


def _write_tables(
    folder: Path, told: Sequence[Mapping[str, Any]], groups: Mapping[str, str]
) -> int:
    """Write tables and instructions, and return how many groups there are."""
    group_of = {row["image"]: row["group"] for row in _table(folder / GROUPS)} | dict(groups)
    write_whole(folder / "README.txt", _README.format(folder=folder))
    if not (folder / POINTS).exists():
        write_whole(folder / POINTS, "image,y,x,class,size\n")
    pairs = [{"image": image, "group": group} for image, group in sorted(group_of.items())]
    write_whole(folder / GROUPS, table_text(("image", "group"), pairs))
    # Columns that somebody added stay.
    columns = tuple(dict.fromkeys((*_COLUMNS, *(name for row in told for name in row))))
    in_order = sorted(told, key=lambda row: str(row["image"]))
    write_whole(folder / FRAMES, table_text(columns, in_order))  # last: with it the pictures count
    return len(set(group_of.values()))


def _image(name: str, frame: int) -> str:
    return f"{name}_{frame:06d}.tif"


def _before(folder: Path) -> list[dict[str, str]]:
    """Return the frames that are in a folder already."""
    try:
        held = folder.is_dir() and any(folder.iterdir())
    except OSError as error:
        raise LabelError(f"{folder} can't be read: {error}.", "Check the path.") from None
    if folder.exists() and not folder.is_dir():
        raise LabelError(f"{folder} is a file.", "Name a folder.")
    if held and not (folder / FRAMES).is_file():
        raise LabelError(f"{folder} holds something else.", "Name a new folder.")
    if held and is_stacked(folder):
        raise LabelError(
            f"The pictures of {folder} were labelled as one stack, which more would not fit.",
            "Name a new folder.",
        )
    return _table(folder / FRAMES, ("image",))


def _table(file: Path, wanted: tuple[str, ...] = ("image", "group")) -> list[dict[str, str]]:
    return [row for _, row in rows(file, wanted)] if file.is_file() else []


def _candidates(run: RunFolder, stream: str | None, name: str, images: set[str]) -> list[Candidate]:
    """Return frames that could be labelled, evenly drawn if there are many."""
    count = sum(1 for line in run.lines() if line.kind == "frame")
    every = max(1, math.ceil(count / _MOST_CANDIDATES))
    found = []
    for number, frame in enumerate(run.frames(stream)):
        if number % every == 0 and _image(name, frame.index) not in images:
            made = candidate(frame)
            found += [made] if made is not None else []
    return found


def _groups(name: str, candidates: Sequence[Candidate], chosen: Iterable[Chosen]) -> dict[int, str]:
    """Return the group of each frame: its position; where these are few, also its part of time."""
    position = {each.frame: each.place[1] for each in candidates}
    parts = max(1, math.ceil(_GROUPS / len(set(position.values()))))
    first, last = min(position), max(position)
    told = {}
    for each in chosen:
        part = min(parts - 1, (each.frame - first) * parts // max(1, last - first))
        of = f", part {part + 1} of {parts}" if parts > 1 else ""
        told[each.frame] = f"{name} position {position[each.frame]}{of}"
    return told


def _row(image: str, frame: Frame, chosen: Chosen, t_s: float) -> dict[str, Any]:
    return {
        "image": image,
        "label": "",
        "why": chosen.why,
        "detail": chosen.detail,
        "frame": frame.index,
        "stream": frame.stream,
        "position": frame.event.index.get("p", 0),
        "channel": frame.channel or "",
        "t_s": f"{t_s:.3f}",
        "pixel_size_um": f"{frame.pixel_size_um:g}",
    }


def _write_picture(file: Path, frame: Frame) -> None:
    beside = file.with_name(f".{file.name}.part")
    pixels = frame.pixels.astype("uint8") if frame.pixels.dtype.kind == "b" else frame.pixels
    tifffile.imwrite(beside, pixels, photometric="minisblack")
    os.replace(beside, file)


def table_text(columns: Sequence[str], told: Iterable[Mapping[str, Any]]) -> str:
    """Return a table as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(told)
    return text.getvalue()


def write_whole(file: Path, text: str) -> None:
    """Write a file so that it is there as a whole, or as it was before."""
    beside = file.with_name(f".{file.name}.part")
    beside.write_text(text, encoding="utf-8", newline="")
    os.replace(beside, file)
