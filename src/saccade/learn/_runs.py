"""Frames of a run, in their order of time, with labels from beside it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from saccade.core import LabelError
from saccade.store import RunFolder

from ._folder import as_picture, read_folder
from ._label import name_of
from ._movies import Timing, mark_of, movie_of
from ._sample import Sample, last_frames
from ._tables import read_frames, rows

if TYPE_CHECKING:
    from saccade.core import Frame


def is_run_folder(path: Path | str) -> bool:
    """Return whether a folder is that of a run."""
    return (Path(path) / "run.json").is_file()


def read_run(
    run: Path | str, labels: Path | str, *, timing: Timing | None = None
) -> tuple[list[Sample], tuple[str, ...]]:
    """Return samples of a run, each with the last frames of its own position and channel.

    Parameters
    ----------
    run : Path or str
        Folder of the run.
    labels : Path or str
        A folder that `label_run` wrote, of this run, labelled since: its pictures are samples. Or
        a table with columns ``frame`` (index in the run), ``y``, ``x``, and ``event``: what begins
        when, in which case every frame of the positions that are marked is a sample; or ``class``
        instead of it: what is there, in which case those frames are samples that the table names,
        a line without place saying that nothing is in it. Each position is a group.
    timing : Timing, optional
        How many frames, and how long what is marked goes on.

    Raises
    ------
    LabelError
        If labels don't fit the run.
    FolderError
        If the run can't be read.
    """
    labels, timing = Path(labels), timing or Timing()
    places: dict[tuple[object, ...], list[Frame]] = defaultdict(list)
    for frame in RunFolder(run).frames():
        if frame.pixels.ndim == 2:
            places[frame.stream, frame.event.index.get("p", 0), frame.channel].append(frame)
    name = Path(run).resolve().name
    if labels.is_dir():
        return _of_folder(name_of(Path(run)), list(places.values()), labels, timing)
    told = list(rows(labels, ("frame",)))
    if not told:
        raise LabelError(f"{labels} marks nothing.", "Add lines: frame, y, x, event.")
    key = "event" if "event" in told[0][1] else "class"
    named = [(number, {**row, "event": row.get(key) or "object"}) for number, row in told]
    classes = tuple(sorted({row["event"] for _, row in named if key == "event" or row.get("y")}))
    samples: list[Sample] = []
    found = 0
    for (stream, position, channel), frames in places.items():
        at = {frame.index: number for number, frame in enumerate(frames)}
        own = [(number, row) for number, row in named if _index(row, labels) in at]
        if not own:
            continue
        found += len(own)
        marks = [
            mark_of(
                f"Line {number} of {labels}", {**row, "frame": str(at[int(row["frame"])])}, classes
            )
            for number, row in own
            if key == "event" or row.get("y")
        ]
        still = timing if key == "event" else replace(timing, lasts=1, unsure=0)
        size_um = frames[0].pixel_size_um
        group = f"{name}, {stream}, position {position}, {channel}"
        made = movie_of(group, [each.pixels for each in frames], marks, still, size_um).samples
        kept = sorted({at[int(row["frame"])] for _, row in own})
        chosen = made if key == "event" else [made[number] for number in kept]
        samples += [replace(each, group=f"{name}, position {position}") for each in chosen]
    if found < len(named):
        raise LabelError(f"{labels} tells of frames that the run does not have.", "Correct it.")
    return samples, classes


def _index(row: dict[str, str], labels: Path) -> int:
    try:
        return int(row["frame"])
    except ValueError:
        raise LabelError(f"{labels} has no frame {row['frame']!r}.", "Correct it.") from None


def _of_folder(
    name: str, places: list[list[Frame]], labels: Path, timing: Timing
) -> tuple[list[Sample], tuple[str, ...]]:
    """Return the labelled pictures of a folder that are of a run, with the frames before them."""
    samples, classes = read_folder(labels)
    told = read_frames(labels) or {}
    past = {
        each.index: frames[max(0, number + 1 - timing.frames) : number + 1]
        for frames in places
        for number, each in enumerate(frames)
    }
    made = []
    own = [each for each in samples if each.name.rpartition("_")[0] == name]
    if not own:
        raise LabelError(f"{labels} has no labelled picture of {name}.", "Label some of its own.")
    for sample in own:
        number = told.get(sample.name, {}).get("frame", "")
        before = past.get(int(number)) if number.isdigit() else None
        if before is None or before[-1].pixels.shape != sample.shape_px:
            raise LabelError(
                f"{labels} does not tell which frame of the run {sample.name} is.",
                "Label the run's own frames: saccade label RUN.",
            )
        planes = [as_picture(each.pixels, f"Frame {each.index}") for each in before]
        made.append(replace(sample, pictures=last_frames(planes, timing.frames)))
    return made, classes
