"""A movie whose objects were segmented or tracked: a stack of frames, and one of masks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from saccade.core import LabelError

from ._folder import as_picture, read_pixels
from ._sample import from_labels

if TYPE_CHECKING:
    from ._sample import Sample

_KINDS = (".tif", ".tiff")


def is_stack(path: Path | str) -> bool:
    """Return whether it is a file of frames."""
    return Path(path).is_file() and Path(path).suffix.lower() in _KINDS


def read_stack(
    movie: Path | str,
    labels: Path | str,
    *,
    every: int = 1,
    pixel_size_um: float | None = None,
) -> list[Sample]:
    """Return frames of a movie as samples of one group, with the masks of what is in them.

    Parameters
    ----------
    movie, labels : Path or str
        TIFF, (t, y, x) each. Masks are whole numbers, 0 is background; as trackers write them,
        with the same number from frame to frame, or otherwise.
    every : int
        One frame in so many: those in between are much like their neighbours.
    pixel_size_um : float, optional
        Of the pictures.

    Raises
    ------
    LabelError
        If the two do not fit together, or nothing is marked.
    """
    movie, labels = Path(movie), Path(labels)
    if every < 1:
        raise LabelError(f"One frame in {every} can't be taken.", "Give every=1 or more.")
    frames, masks = read_pixels(movie), read_pixels(labels)
    if frames.ndim != 3 or masks.shape != frames.shape:
        raise LabelError(
            f"{movie.name} is {frames.shape}, and its masks {labels.name} are {masks.shape}.",
            "Both are stacks (t, y, x) of one channel, of the same shape.",
        )
    if masks.dtype.kind not in {"b", "u", "i"}:
        raise LabelError(f"{labels.name} is of type {masks.dtype}.", "Masks are whole numbers.")
    if not masks[::every].any():
        raise LabelError(f"{labels.name} marks nothing.", "Label what is to be found.")
    group = f"{movie.parent.name}/{movie.stem}"
    return [
        from_labels(
            f"{movie.stem} {number}",
            group,
            as_picture(frames[number], movie.name),
            masks[number].astype(np.int64),
            pixel_size_um,
        )
        for number in range(0, len(frames), every)
    ]
