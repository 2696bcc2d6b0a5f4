"""The last pictures of a place, far enough apart for something to have changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ._pixels import Image

_JITTER = 0.05
"""Share of the least time by which frames may come sooner: no clock keeps intervals exactly."""
_GRAIN = 0.25
"""Share of the least time within which one picture is enough to choose from."""


class _Kept(NamedTuple):
    t_s: float
    picture: Image


@dataclass
class Recent:
    """Pictures of one place, of which each look gets a few.

    A network that compares frames learned from frames so far apart as an experiment takes them.
    In a burst they come sooner, hardly differ, and what it looks for is not seen to have changed.

    Parameters
    ----------
    count : int
        Pictures that are looked at together, the newest included.
    spacing_s : float
        Least time between two of them; 0 takes the last ones.
    """

    count: int
    spacing_s: float = 0.0
    _kept: list[_Kept] = field(default_factory=list, init=False)
    """In order of time, the newest last; four for each least time, at most."""

    def with_past(self, picture: Image, t_s: float) -> list[Image]:
        """Return the pictures that are looked at together, this one last.

        Each is the newest that is far enough before the one that follows it, or the oldest that
        is there, while none is.

        Parameters
        ----------
        picture : array of float32, (y, x)
            The newest.
        t_s : float
            When it was taken.
        """
        self._thin()
        self._kept.append(_Kept(t_s, picture))
        chosen = [len(self._kept) - 1]
        while len(chosen) < self.count:
            chosen.append(self._before(chosen[-1]))
        pictures = [self._kept[index].picture for index in reversed(chosen)]
        del self._kept[: chosen[-1]]  # times go on: nothing older will be chosen again
        return pictures

    def _before(self, index: int) -> int:
        latest_s = self._kept[index].t_s - self.spacing_s * (1 - _JITTER)
        while index > 0:
            index -= 1
            if self._kept[index].t_s <= latest_s:
                break
        return index

    def _thin(self) -> None:
        """Give up the newest picture if the one before it is nearly as new."""
        if len(self._kept) > 1:
            before, newest = self._kept[-2:]
            if newest.t_s - before.t_s < self.spacing_s * _GRAIN:
                del self._kept[-1]
