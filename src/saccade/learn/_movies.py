"""Movies whose occurrences are marked: when, where, what."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from saccade.core import LabelError

from ._folder import IMAGES, as_picture, picture_files, read_pixels
from ._sample import Sample, Unsure, last_frames, whole_frame
from ._tables import rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

EVENTS = "events.csv"
_MOST_PX = 2**27


class Mark(NamedTuple):
    """An occurrence that somebody marked in a movie."""

    frame: int
    """In which it begins, from 0."""
    y_px: float
    """NaN, as is x, where it is not told where it is."""
    x_px: float
    size_px: float
    kind: int


@dataclass(frozen=True, kw_only=True)
class Timing:
    """What a mark says of the frames around it.

    Parameters
    ----------
    frames : int
        To a sample: the newest, and those before it.
    lasts : int
        Frames in which an occurrence goes on, with the one that is marked.
    unsure : int
        Frames before and after these of which the mark says nothing: they are not counted.
    """

    frames: int = 1
    lasts: int = 1
    unsure: int = 0

    def __post_init__(self) -> None:
        for name, least in (("frames", 1), ("lasts", 1), ("unsure", 0)):
            if getattr(self, name) < least:
                raise LabelError(f"{getattr(self, name)} is no {name}.", f"Give {least} or more.")


class Movie(NamedTuple):
    """A sample for each frame, and what was marked."""

    name: str
    samples: tuple[Sample, ...]
    marks: tuple[Mark, ...]
    timing: Timing


def is_movies(folder: Path | str) -> bool:
    """Return whether a folder holds movies with marks."""
    return (Path(folder) / EVENTS).is_file()


def read_movies(
    folder: Path | str,
    *,
    timing: Timing | None = None,
    channel: int | None = None,
    pixel_size_um: float | None = None,
) -> tuple[list[Movie], tuple[str, ...]]:
    """Return the movies of a folder, and the names of what is marked in them.

    The folder holds ``images/NAME.tif``, or NAME.tif itself, each a stack (t, y, x) or
    (t, channel, y, x), and ``events.csv`` with columns ``frame`` (from 0), ``y``, ``x`` in pixels
    (empty where it is not told where), ``event`` and, if there are several movies, ``image``;
    ``size`` is a diameter. Each movie is a group: its frames are not independent.

    Parameters
    ----------
    folder : Path or str
        With one movie or several.
    timing : Timing, optional
        What a mark says of the frames around it.
    channel : int, optional
        From 0; needed where a movie has several.
    pixel_size_um : float, optional
        Of all of them.

    Raises
    ------
    LabelError
        If movies and marks don't fit together.
    """
    folder, timing = Path(folder), timing or Timing()
    files = picture_files(folder / IMAGES) or picture_files(folder)
    if not files:
        raise LabelError(f"{folder} holds no movie.", f"Put TIFF stacks into {IMAGES}/.")
    wanted = ("frame", "event") if len(files) == 1 else ("image", "frame", "event")
    told = list(rows(folder / EVENTS, wanted))
    classes = tuple(sorted({row["event"] for _, row in told}))
    if not all(classes) or not classes:
        raise LabelError(f"{folder / EVENTS} does not tell what happens.", "Fill in its events.")
    stems: dict[str, list[Mark]] = {file.stem: [] for file in files}
    for number, row in told:
        where = f"Line {number} of {folder / EVENTS}"
        stem = Path(row["image"]).stem if row.get("image") else files[0].stem
        if stem not in stems:
            raise LabelError(f"{where} names {row.get('image')!r}.", "There is no such movie.")
        stems[stem].append(mark_of(where, row, classes))
    movies = [
        movie_of(
            f"{folder.resolve().name}/{file.stem}",
            list(_stack(file, channel)),
            stems[file.stem],
            timing,
            pixel_size_um,
        )
        for file in files
    ]
    return movies, classes


def mark_of(where: str, row: dict[str, str], classes: Sequence[str]) -> Mark:
    """Return a line of a table as a mark.

    Parameters
    ----------
    where : str
        The line, for the message.
    row : dict of str
        With ``frame``, ``event``, and perhaps ``y``, ``x``, ``size``.
    classes : sequence of str
        Names of events.
    """
    try:
        y, x = (float(row.get(name) or math.nan) for name in ("y", "x"))
        size = float(row.get("size") or 0)
        return Mark(int(row["frame"]), y, x, size, classes.index(row["event"]))
    except ValueError:
        raise LabelError(f"{where} holds no numbers.", "Correct it.") from None


def movie_of(
    name: str,
    pictures: Sequence[NDArray[Any]],
    marks: Sequence[Mark],
    timing: Timing,
    pixel_size_um: float | None = None,
) -> Movie:
    """Return the frames of one place in order, each with what the marks say of it.

    Parameters
    ----------
    name : str
        Of the movie, which is the group as well.
    pictures : sequence of array, (y, x)
        In order.
    marks : sequence of Mark
        What begins when.
    timing : Timing
        What they say of the frames around.
    pixel_size_um : float, optional
        Of the pictures.
    """
    planes = [as_picture(each, f"Frame {t} of {name}") for t, each in enumerate(pictures)]
    nowhere = [math.isnan(each.y_px + each.x_px) for each in marks]
    if any(nowhere) and not all(nowhere):
        raise LabelError(f"Some marks of {name} have a place, and some none.", "Give all one.")
    for each in marks:
        if not 0 <= each.frame < len(planes):
            raise LabelError(f"{name} has no frame {each.frame}.", "Frames count from 0.")
        height, width = planes[each.frame].shape
        if not (math.isnan(each.y_px) or (0 <= each.y_px < height and 0 <= each.x_px < width)):
            raise LabelError(
                f"{name} is {height} x {width}, and a mark lies outside of it.", "Give y and x."
            )
    samples = []
    for number, plane in enumerate(planes):
        sample = _sample(f"{name} {number}", plane, number, marks, timing, whole=any(nowhere))
        past = last_frames(planes[: number + 1], timing.frames)
        samples.append(replace(sample, group=name, pictures=past, pixel_size_um=pixel_size_um))
    return Movie(name, tuple(samples), tuple(marks), timing)


def _sample(
    name: str,
    plane: NDArray[np.float32],
    number: int,
    marks: Sequence[Mark],
    timing: Timing,
    *,
    whole: bool,
) -> Sample:
    there = [each for each in marks if 0 <= number - each.frame < timing.lasts]
    near = [
        each
        for each in marks
        if each not in there
        and -timing.unsure <= number - each.frame < timing.lasts + timing.unsure
    ]
    unsure = Unsure(*_placed(near))
    if whole:
        unsure = unsure._replace(places_px=np.zeros((len(near), 2)))
        made = whole_frame(name, plane, sorted({each.kind for each in there}))
        return replace(made, unsure=unsure)
    return Sample(name, "", (plane,), *_placed(there), unsure=unsure)


def _placed(
    marks: Sequence[Mark],
) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.float64]]:
    return (
        np.array([(each.y_px, each.x_px) for each in marks], float).reshape(-1, 2),
        np.array([each.kind for each in marks], np.intp),
        np.array([each.size_px for each in marks], float),
    )


def _stack(file: Path, channel: int | None) -> NDArray[Any]:
    read = read_pixels(file)
    if read.ndim == 4:
        if channel is None or not 0 <= channel < read.shape[1]:
            raise LabelError(
                f"{file.name} has {read.shape[1]} channels (t, channel, y, x).",
                f"Choose one: channel 0 to {read.shape[1] - 1}.",
            )
        read = read[:, channel]
    if read.ndim != 3 or not 0 < math.prod(read.shape[1:]) <= _MOST_PX:
        raise LabelError(f"{file.name} is {read.shape}, not (t, y, x).", "Export it as a stack.")
    return read
