"""Small pictures of what frames were about, kept when the frames themselves are let go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from ._live import levels_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from saccade.core import Frame, Observation

    from ._entries import Entry

SHOWN_PX = 72
"""Longer side of a picture, at most."""
_SIDE_PX = 64
"""Of what is cut out of a frame, at least."""
_MOST = 2000
"""Pictures that are kept, some 5 kB each; the newest."""


class Exemplars:
    """Pictures of frames on which something was done.

    Parameters
    ----------
    kept : callable
        Returns the frame of a number, and what was seen in it; None if it is not at hand.
    """

    def __init__(self, kept: Callable[[int], tuple[Frame, Sequence[Observation]] | None]) -> None:
        self._kept = kept
        self._cut: dict[int, NDArray[np.uint8]] = {}

    def of(self, index: int) -> NDArray[np.uint8] | None:
        """Return the picture of a frame, (y, x); None if it is not at hand, and never was."""
        if index not in self._cut:
            kept = self._kept(index)
            if kept is None:
                return None
            self._cut[index] = exemplar(*kept)
            while len(self._cut) > _MOST:
                del self._cut[next(iter(self._cut))]
        return self._cut[index]

    def note(self, entries: Iterable[Entry]) -> None:
        """Keep pictures of frames on which something was done; of each policy the newest."""
        newest = {e.policy: e.frame for e in entries if e.kind == "decision" and e.what}
        for frame in newest.values():
            self.of(frame)

    def clear(self) -> None:
        """Forget everything: another run begins."""
        self._cut.clear()


def exemplar(frame: Frame, seen: Sequence[Observation]) -> NDArray[np.uint8]:
    """Return what a frame was about: the surroundings of its strongest point, else all of it.

    Parameters
    ----------
    frame : Frame
        Any.
    seen : sequence of Observation
        Of it; the one with the highest score that tells places counts.

    Returns
    -------
    array of uint8, (y, x)
        In the contrast of the whole frame; as small as it is shown.
    """
    pixels = frame.pixels if frame.pixels.ndim == 2 else frame.pixels[..., 0]
    low, high = levels_of(pixels)
    best = max((e for e in seen if e.points), key=lambda e: e.score, default=None)
    if best is not None:
        point = max(best.points, key=lambda each: each.strength)
        side = _SIDE_PX
        if best.boxes:  # room for the largest thing, and as much again around it
            side = max(side, *(round(2 * max(b[2] - b[0], b[3] - b[1])) for b in best.boxes))
        pixels = pixels[_span(point.y_px, side, pixels.shape[0]),
                        _span(point.x_px, side, pixels.shape[1])]  # fmt: skip
    grey: NDArray[Any] = (pixels.astype(np.float32) - low) * (255 / (high - low))
    cut = np.ascontiguousarray(grey.clip(0, 255), np.uint8)
    factor = SHOWN_PX / max(cut.shape)
    if factor >= 1:
        return cut
    size = [max(1, round(side * factor)) for side in cut.shape[::-1]]
    return np.asarray(cv2.resize(cut, size, interpolation=cv2.INTER_AREA), np.uint8)


def _span(middle: float, side: int, most: int) -> slice:
    """Return a stretch of so many pixels, as far as there are any, that holds its middle."""
    begin = min(max(round(middle) - side // 2, 0), max(most - side, 0))
    return slice(begin, begin + side)
