"""Several sources of samples as one: their classes, groups and pixel sizes brought together."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np

from saccade.core import LabelError, UsageError, did_you_mean

from ._folder import read_folder
from ._movies import Timing, is_movies, read_movies
from ._runs import is_run_folder, read_run
from ._sample import Unsure, joined
from ._stacks import is_stack, read_stack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ._sample import Sample

_SAME = 0.02
"""Pixel sizes that differ by no more are the same."""
_SETTING = re.compile(r"\w+=[^,=]+")


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where labelled pictures come from.

    Parameters
    ----------
    path : str
        Folder of pictures, of movies or of a run; or a movie, as a file.
    labels : str, optional
        Of a run, or the masks of a movie.
    every : int
        One frame in so many of a movie with masks.
    channel : int, optional
        Of movies that have several.
    lasts, unsure : int
        As of `Timing`.
    pixel_size_um : float, optional
        Of its pictures.
    """

    path: str
    labels: str | None = None
    every: int = 1
    channel: int | None = None
    lasts: int = 1
    unsure: int = 0
    pixel_size_um: float | None = None


class Named(NamedTuple):
    """Samples, and what their kinds are called."""

    samples: Sequence[Sample]
    classes: tuple[str, ...]


def source_of(text: str, usual: Source) -> Source:
    """Return a source as it is written: ``PATH`` or ``PATH:name=value,name=value``.

    Parameters
    ----------
    text : str
        What was written.
    usual : Source
        What holds where nothing is said.

    Raises
    ------
    UsageError
        If a name or a value can't be used.
    """
    head, _, tail = text.rpartition(":")
    pairs = tail.split(",")
    if not head or not all(_SETTING.fullmatch(pair) for pair in pairs):
        return replace(usual, path=text)
    kinds = {
        "labels": str,
        "every": int,
        "channel": int,
        "lasts": int,
        "unsure": int,
        "pixel_size_um": float,
    }
    told: dict[str, Any] = {}
    for name, value in (pair.split("=") for pair in pairs):
        if name not in kinds:
            raise UsageError(f"A source has no setting {name!r}.", did_you_mean(name, tuple(kinds)))
        try:
            told[name] = kinds[name](value)
        except ValueError:
            raise UsageError(f"{name} can't be {value!r}.", "Give a number.") from None
    return replace(usual, path=head, **told)


def is_in_order(source: Source) -> bool:
    """Return whether a source tells what happens from frame to frame: movies, or a run's events."""
    if is_run_folder(source.path):
        return Path(source.labels or "").is_file()
    return is_movies(source.path)


def read_source(source: Source, frames: int = 1) -> Named:
    """Return the samples of a folder of pictures, of movies, of a movie or a run with labels.

    Parameters
    ----------
    source : Source
        Where they are.
    frames : int
        To a sample.

    Raises
    ------
    LabelError
        If there is nothing to learn from, or not so many frames.
    """
    timing = Timing(frames=frames, lasts=source.lasts, unsure=source.unsure)
    if is_run_folder(source.path):
        if source.labels is None:
            raise LabelError(f"{source.path} is a run.", "Name its --labels as well.")
        return Named(*read_run(source.path, source.labels, timing=timing))
    if is_movies(source.path):
        movies, classes = read_movies(
            source.path,
            timing=timing,
            channel=source.channel,
            pixel_size_um=source.pixel_size_um,
        )
        return Named([sample for movie in movies for sample in movie.samples], classes)
    if is_stack(source.path) and source.labels is not None:
        size_um = source.pixel_size_um
        stack = read_stack(source.path, source.labels, every=source.every, pixel_size_um=size_um)
        named = Named(stack, ("object",))
    else:
        named = Named(*read_folder(source.path, pixel_size_um=source.pixel_size_um))
    if frames > 1:
        raise LabelError(
            f"{source.path} holds single pictures, and samples of {frames} frames are wanted.",
            "Give movies with events.csv, or a run with --labels.",
        )
    return named


def mixed(
    parts: Sequence[Named],
    classes: Sequence[str] = (),
    aliases: dict[str, str] | None = None,
    pixel_size_um: float | None = None,
) -> Named:
    """Return the samples of several sources as one; groups of different sources stay apart.

    A class that a source does not know is unsure in all of its pictures: nobody looked for it
    there. Samples of a small source are drawn more often in training, by the square root of how
    much smaller it is, so that it is neither drowned nor learned by heart.

    Parameters
    ----------
    parts : sequence of Named
        Of each source.
    classes : sequence of str
        What is to be found; by default all that is there.
    aliases : dict of str, optional
        Other names of these classes.
    pixel_size_um : float, optional
        To which those are rescaled whose own is known.

    Raises
    ------
    LabelError
        If a source knows none of the classes.
    """
    wanted = tuple(classes) or tuple(dict.fromkeys(name for part in parts for name in part.classes))
    renamed = [_renamed(part, wanted, aliases or {}) for part in parts]
    if pixel_size_um is not None:
        renamed = [[rescaled(each, pixel_size_um) for each in part] for part in renamed]
    if len(renamed) > 1:
        renamed = _balanced(renamed)
    return Named([each for part in renamed for each in part], wanted)


def rescaled(sample: Sample, pixel_size_um: float) -> Sample:
    """Return a sample as if its pixels had another size; as it is, if its own is not known.

    Parameters
    ----------
    sample : Sample
        Of any size.
    pixel_size_um : float
        Wanted.
    """
    own_um = sample.pixel_size_um
    if own_um is None or abs(own_um / pixel_size_um - 1) <= _SAME:
        return sample
    factor = own_um / pixel_size_um
    height, width = (max(4, round(side * factor)) for side in sample.shape_px)
    by = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR

    def moved(places_px: NDArray[np.float64]) -> NDArray[np.float64]:
        by_axis = np.array((height, width)) / np.array(sample.shape_px)
        return np.asarray((places_px + 0.5) * by_axis - 0.5, float)

    labels = sample.labels
    if labels is not None:
        flat = cv2.resize(
            labels.astype(np.float32), (width, height), interpolation=cv2.INTER_NEAREST
        )
        labels = flat.astype(np.int32)
    unsure = sample.unsure
    return replace(
        sample,
        pictures=tuple(
            np.asarray(cv2.resize(each, (width, height), interpolation=by), np.float32)
            for each in sample.pictures
        ),
        places_px=moved(sample.places_px),
        sizes_px=sample.sizes_px * factor,
        labels=labels,
        pixel_size_um=pixel_size_um,
        unsure=unsure._replace(
            places_px=moved(unsure.places_px), sizes_px=unsure.sizes_px * factor
        ),
    )


def _renamed(part: Named, wanted: tuple[str, ...], aliases: dict[str, str]) -> list[Sample]:
    """Return samples whose kinds number the wanted classes; all else is ground."""
    names = [aliases.get(name, name) for name in part.classes]
    if part.classes == ("object",) and len(wanted) == 1:
        names = [wanted[0]]
    if not set(names) & set(wanted):
        raise LabelError(
            f"{', '.join(part.classes)} is labelled, and {', '.join(wanted)} wanted.",
            f"Say what is meant: --classes {wanted[0]}={part.classes[0]}",
        )
    if names == list(wanted):
        return list(part.samples)
    new = np.array([wanted.index(name) if name in wanted else -1 for name in names], np.intp)
    unknown = [number for number, name in enumerate(wanted) if name not in names]
    nowhere = Unsure(
        np.zeros((len(unknown), 2)), np.array(unknown, np.intp), np.full(len(unknown), np.inf)
    )
    samples = []
    for each in part.samples:
        kept, left = new[each.kinds] >= 0, new[each.unsure.kinds] >= 0
        places_px, kinds, sizes_px = each.unsure
        unsure = Unsure(places_px[left], new[kinds[left]], sizes_px[left])
        samples.append(
            replace(
                each,
                places_px=each.places_px[kept],
                kinds=new[each.kinds[kept]],
                sizes_px=each.sizes_px[kept],
                labels=each.labels if kept.all() else None,
                unsure=joined(unsure, nowhere),
            )
        )
    return samples


def _balanced(parts: Sequence[Sequence[Sample]]) -> list[list[Sample]]:
    """Return samples of several sources with groups and weights of their own.

    Those that hold something are weighed by themselves, and so are those that don't.
    """
    counts = [[sum(bool(len(each.kinds)) is holds for each in part) for holds in (False, True)]
              for part in parts]  # fmt: skip
    most = np.max(counts, axis=0)
    weights = np.sqrt(most / np.maximum(counts, 1))
    return [
        [
            replace(
                each,
                group=f"source {number + 1}: {each.group}",
                weight=float(weights[number, int(len(each.kinds) > 0)]),
            )
            for each in part
        ]
        for number, part in enumerate(parts)
    ]
