"""The last frames of a run, and what was seen in each, as far as there is room."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from ._past import Taken, indices_before
from ._tails import is_earlier, is_followed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from saccade.core import Frame, Observation, Past

_MOST_BYTES = 64 * 2**20
"""Of frames and masks that can be looked back at here; all frames are in the run folder."""
_MOST_PLACES = 20_000
"""Of those who are followed, in all looks together."""


class Kept:
    """What a window can show again without asking anybody."""

    def __init__(self) -> None:
        self._frames: deque[tuple[Frame, list[Observation]]] = deque()
        self._bytes = 0
        self._early: list[Observation] = []
        self._followed: deque[Observation] = deque()
        self._places = 0
        self._is_whole = True

    def __iter__(self) -> Iterator[tuple[Frame, list[Observation]]]:
        """Go through frames and what was seen in them, the oldest first."""
        return iter(self._frames)

    @property
    def newest(self) -> tuple[Frame, list[Observation]] | None:
        """The frame that came last, if any has."""
        return self._frames[-1] if self._frames else None

    def nearest(self, index: int) -> tuple[Frame, list[Observation]] | None:
        """Return the frame whose number is nearest to one, if there are any."""
        if not self._frames:
            return None
        return min(self._frames, key=lambda kept: abs(kept[0].index - index))

    def at(self, index: int) -> tuple[Frame, list[Observation]] | None:
        """Return the frame with a number, if it is still here."""
        return next((each for each in self._frames if each[0].index == index), None)

    def looks_before(self, seen: Observation) -> Iterator[Observation]:
        """Go through earlier looks that followed the same, the newest first.

        Parameters
        ----------
        seen : Observation
            That they are before.
        """
        return (each for each in reversed(self._followed) if is_earlier(each, seen))

    def frames_before(self, frame: Frame, past: Past) -> list[Frame]:
        """Return frames before another that are still here, the oldest first; any thread may ask.

        Parameters
        ----------
        frame : Frame
            That they are before.
        past : Past
            Which of them; those at the beginning of the run only if none has been let go.
        """
        frames = {each.index: each for each, _ in tuple(self._frames)}
        known = past if self._is_whole else past._replace(first=0)
        indices = indices_before(Taken.of(frame), map(Taken.of, frames.values()), known)
        return [frames[index] for index in indices]

    def add(self, frame: Frame | None, observations: Collection[Observation]) -> None:
        """Take what has come, and let go of what there is no room for.

        Parameters
        ----------
        frame : Frame or None
            The newest.
        observations : collection of Observation
            Of any frames; of those that are not kept they are forgotten. What was seen in a frame
            may come before it or after.
        """
        if frame is not None:
            self._frames.append((frame, []))
            self._bytes += frame.pixels.nbytes
        self._match([*self._early, *observations])
        while self._bytes > _MOST_BYTES and len(self._frames) > 1:
            oldest, seen = self._frames.popleft()
            self._is_whole = False
            self._bytes -= oldest.pixels.nbytes + sum(map(_bytes, seen))
        for each in filter(is_followed, observations):
            self._followed.append(replace(each, labels=None))
            self._places += len(each.points)
            while self._places > _MOST_PLACES:
                self._places -= len(self._followed.popleft().points)

    def clear(self) -> None:
        """Forget everything: another run begins."""
        self._frames.clear()
        self._followed.clear()
        self._bytes, self._early, self._places = 0, [], 0
        self._is_whole = True

    def _match(self, observations: list[Observation]) -> None:
        of = {frame.index: seen for frame, seen in self._frames}
        for each in observations:
            if each.frame in of:
                of[each.frame].append(each)
                self._bytes += _bytes(each)
        newest = self._frames[-1][0].index if self._frames else None
        self._early = [e for e in observations if newest is not None and e.frame > newest]


def _bytes(seen: Observation) -> int:
    return 0 if seen.labels is None else int(seen.labels.nbytes)
