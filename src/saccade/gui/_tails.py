"""Where those who are followed have been, as lines in the picture that is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from saccade.core import Frame, Observation

TAIL = 20
"""Looks that a tail goes back."""
_MOST = 8_000
"""Places that are drawn; with more, tails go less far back."""


class Lines(NamedTuple):
    """Lines, one behind the other."""

    x_px: NDArray[np.float64]
    y_px: NDArray[np.float64]
    """As the picture is drawn: the middle of the first pixel is at 0.5."""
    track: NDArray[np.int64]
    """Whose place it is; a line goes on for as long as this stays the same."""


class Tails:
    """Makes lines of looks; those of a look that comes again are not gone through again."""

    def __init__(self) -> None:
        self._places: dict[int, tuple[Observation, NDArray[np.float64]]] = {}

    def lines(self, frame: Frame, looks: Iterable[Observation]) -> Lines:
        """Return where each was, the earliest place first.

        What nobody found for a while is one line all the same, across frames that are missing.
        Places are those on the stage, so that a stage that moved leaves them where they were.

        Parameters
        ----------
        frame : Frame
            In whose pixels they are drawn.
        looks : iterable of Observation
            The newest first: of this frame, and of those before it.
        """
        known, self._places, count = self._places, {}, 0
        for seen in looks:
            _, places = self._places[id(seen)] = known.get(id(seen)) or (seen, _places(seen))
            count += len(places)
            if count > _MOST:
                break
        table = np.concatenate([np.empty((0, 4)), *(each for _, each in self._places.values())])
        table = table[:_MOST]
        table = table[np.lexsort((table[:, 1], table[:, 0]))]
        x_px, y_px = _pixels(frame, table[:, 2], table[:, 3])
        return Lines(x_px + 0.5, y_px + 0.5, table[:, 0].astype(np.int64))


def is_followed(seen: Observation) -> bool:
    """Return whether what was found has identities."""
    return any(each.track is not None for each in seen.points)


def is_earlier(look: Observation, seen: Observation) -> bool:
    """Return whether a look was before another, of the same detector at the same place."""
    return (
        look.frame < seen.frame
        and look.detector.name == seen.detector.name
        and (look.place, look.channel, look.camera) == (seen.place, seen.channel, seen.camera)
    )


def _places(seen: Observation) -> NDArray[np.float64]:
    """Return track, frame, x and y in µm of each that is followed."""
    found = [(e.track, seen.frame, e.x_um, e.y_um) for e in seen.points if e.track is not None]
    return np.array(found, np.float64).reshape(-1, 4)


def _pixels(
    frame: Frame, x_um: NDArray[np.float64], y_um: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return column and row of places on the stage; `Frame.to_um` the other way round."""
    a, b, c, d = (each * frame.pixel_size_um for each in frame.affine)
    x0_um, y0_um = frame.to_um(0.0, 0.0)
    dx, dy = x_um - x0_um, y_um - y0_um
    det = a * d - b * c
    if det == 0:
        return np.full_like(dx, np.nan), np.full_like(dy, np.nan)
    return (d * dx - b * dy) / det, (a * dy - c * dx) / det
