"""What a network learns from: pictures, and where in them things are."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Image = NDArray[np.float32]


class Unsure(NamedTuple):
    """Places of which nobody can say whether a thing is there: they are not counted.

    What is found there is neither hit nor false alarm, nothing is missed there, and nothing is
    learned from there.
    """

    places_px: NDArray[np.float64]
    """Rows and columns, (n, 2)."""
    kinds: NDArray[np.intp]
    """Class that may be there or not; of the others it is known."""
    sizes_px: NDArray[np.float64]
    """Diameter; infinite where nothing is known of the class in the whole picture."""

    def of(self, kind: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return places and diameters of one class."""
        chosen = self.kinds == kind
        return self.places_px[chosen], self.sizes_px[chosen]


def nowhere_unsure() -> Unsure:
    """Return that all is known."""
    return Unsure(np.zeros((0, 2)), np.zeros(0, np.intp), np.zeros(0))


def joined(one: Unsure, other: Unsure) -> Unsure:
    """Return the unsure places of both."""
    return Unsure(
        np.concatenate([one.places_px, other.places_px]),
        np.concatenate([one.kinds, other.kinds]),
        np.concatenate([one.sizes_px, other.sizes_px]),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """The last frames of one place, and what is in the newest of them.

    Parameters
    ----------
    name : str
        For messages.
    group : str
        Run, movie or dish that it comes from: what is not independent of one another.
    pictures : tuple of array of float32, (y, x)
        The newest last.
    places_px : array, (n, 2)
        Rows and columns of what is there.
    kinds : array of int, (n,)
        Class of each.
    sizes_px : array, (n,)
        Diameter of each, for matching; 0 where it is not known.
    labels : array of int32, (y, x), optional
        Masks of the same things, numbered from 1 in the order of the places.
    pixel_size_um : float, optional
        Of the pictures.
    whole : bool
        Whether only the frame as a whole is labelled: each class that is in it has one place, the
        middle.
    unsure : Unsure
        Places that are not counted.
    weight : float
        How often it is drawn in training, beside others; those of a small source more often.
    """

    name: str
    group: str
    pictures: tuple[Image, ...]
    places_px: NDArray[np.float64]
    kinds: NDArray[np.intp]
    sizes_px: NDArray[np.float64]
    labels: NDArray[np.int32] | None = None
    pixel_size_um: float | None = None
    whole: bool = False
    unsure: Unsure = field(default_factory=nowhere_unsure)
    weight: float = 1.0

    @property
    def shape_px(self) -> tuple[int, int]:
        """Height and width of the pictures."""
        height, width = self.pictures[-1].shape
        return height, width


def from_labels(
    name: str,
    group: str,
    picture: Image,
    labels: NDArray[np.integer],
    pixel_size_um: float | None = None,
) -> Sample:
    """Return a picture and its masks as a sample; places are the centres of mass.

    Parameters
    ----------
    name, group, pixel_size_um
        As of `Sample`.
    picture : array, (y, x)
        Of any real dtype.
    labels : array of int, (y, x)
        0 is background.
    """
    _, numbered = np.unique(labels, return_inverse=True)
    numbered = numbered.reshape(labels.shape).astype(np.int32)
    if labels.min() > 0:
        numbered += 1  # there is no background
    count = int(numbered.max())
    area = np.bincount(numbered.ravel(), minlength=count + 1)[1:]
    y, x = np.indices(labels.shape)
    centres = [
        np.bincount(numbered.ravel(), axis.ravel(), count + 1)[1:] / np.maximum(area, 1)
        for axis in (y, x)
    ]
    return Sample(
        name,
        group,
        (picture.astype(np.float32),),
        np.column_stack(centres),
        np.zeros(count, np.intp),
        np.sqrt(4 * area / np.pi),
        numbered,
        pixel_size_um,
    )


def regrouped(samples: list[Sample], groups: list[str]) -> list[Sample]:
    """Return samples with other groups."""
    return [replace(each, group=group) for each, group in zip(samples, groups, strict=True)]


def whole_frame(
    name: str, picture: Image, kinds: Sequence[int], pixel_size_um: float | None = None
) -> Sample:
    """Return a sample of which is only known what is in it, and not where.

    Parameters
    ----------
    name, pixel_size_um
        As of `Sample`.
    picture : array, (y, x)
        Of any real dtype.
    kinds : sequence of int
        Classes of which there is at least one.
    """
    height, width = picture.shape
    middle = [(height - 1) / 2, (width - 1) / 2]
    return Sample(
        name,
        "",
        (picture.astype(np.float32),),
        np.array([middle] * len(kinds), float).reshape(-1, 2),
        np.array(list(kinds), np.intp),
        np.full(len(kinds), float(np.hypot(height, width))),
        None,
        pixel_size_um,
        whole=True,
    )


def last_frames(past: Sequence[Image], frames: int) -> tuple[Image, ...]:
    """Return the last frames of one place, the first one repeated until there are enough.

    Parameters
    ----------
    past : sequence of array of float32, (y, x)
        At least one, the newest last.
    frames : int
        How many.
    """
    last = tuple(past[-frames:])
    return (last[0],) * (frames - len(last)) + last
