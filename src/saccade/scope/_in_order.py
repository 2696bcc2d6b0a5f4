"""Pictures of a hardware-timed burst, put in the order in which they were exposed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from saccade.core import SnapError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from saccade.core import Pixels

_MOST_AHEAD = 64
"""Pictures of a camera that wait for another's; each may be some megabytes."""


@dataclass(frozen=True, slots=True)
class Shot:
    """Pixels, and when the exposure ended and they were available, in monotonic ns."""

    pixels: Pixels
    exposed_ns: int
    available_ns: int
    retries: int = 0
    place: int = 0
    """Number of the frame in its burst."""
    number: int = 0
    """Of its camera, where several expose together."""


class InOrder:
    """Puts the pictures of several cameras in order: by exposure, and of each by camera.

    The core counts the pictures of each camera, so that one that was lost is noticed. A picture
    waits until those before it have come, or are known to be lost.

    Parameters
    ----------
    count : int
        Number of exposures.
    names : tuple of str
        Of the cameras; of a single one the name does not matter.
    """

    def __init__(self, count: int, names: tuple[str, ...]) -> None:
        self._count, self._names = count, names
        self._due = [0] * len(names)
        self._waiting: dict[tuple[int, int], Shot] = {}
        self._next = (0, 0)

    @property
    def late(self) -> list[int]:
        """Numbers of the cameras that have not given all their pictures."""
        return [number for number, due in enumerate(self._due) if due < self._count]

    @property
    def whole(self) -> bool:
        """Whether the last picture of each camera has come."""
        return not self.late

    def put(self, shot: Shot, camera: str, counted: int) -> int:
        """Take a picture; return the number of its camera.

        Parameters
        ----------
        shot : Shot
            The picture.
        camera : str
            Label of the camera that took it.
        counted : int
            The core's count of this camera's pictures; below 0 if it doesn't tell.

        Raises
        ------
        SnapError
            If it is of no camera that was asked, comes after a later one, or is too far ahead of
            another camera's.
        """
        own = 0 if len(self._names) == 1 else self._number_of(camera)
        due = self._due[own]
        place = due if counted < 0 else counted
        if not due <= place < self._count:
            raise SnapError(f"Frame {place} of a burst of {self._count} came after {due - 1}.")
        if len(self._waiting) >= _MOST_AHEAD:
            slow = self._names[min(self.late, key=lambda number: self._due[number])]
            raise SnapError(f"{slow} gives no pictures while the other cameras do.")
        self._due[own] = place + 1
        self._waiting[place, own] = replace(shot, place=place, number=own)
        return own

    def ready(self) -> Iterator[Shot]:
        """Yield what has nothing to wait for any more."""
        while self._next in self._waiting or self._is_lost(*self._next):
            if (shot := self._waiting.pop(self._next, None)) is not None:
                yield shot
            place, own = self._next
            self._next = (place, own + 1) if own + 1 < len(self._names) else (place + 1, 0)

    def rest(self) -> Iterator[Shot]:
        """Yield what is left, in order, once nothing more comes."""
        for at in sorted(self._waiting):
            yield self._waiting.pop(at)

    def _is_lost(self, place: int, own: int) -> bool:
        return place < self._due[own]

    def _number_of(self, camera: str) -> int:
        if camera not in self._names:
            raise SnapError(f"A picture came from {camera!r}, which was not asked for one.")
        return self._names.index(camera)
