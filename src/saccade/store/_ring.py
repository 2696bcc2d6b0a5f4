"""Memory for pixels on their way to the disk, touched once and used again and again."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from saccade.core import Pixels

_LINE = 64
_PAGE = 4096
_WARM_BYTES = 64 * 2**20

_spare: deque[np.ndarray[tuple[int], np.dtype[np.uint8]]] = deque(maxlen=1)
"""Memory of the recorder before, warm already."""


class Ring:
    """A ring of bytes: places are taken and given back in the same order.

    The first touch of fresh memory costs four to forty times what copying into warm memory
    does, and a queue that grows touches nothing else. So the first 64 MB are touched when the
    ring is made, which is all that a disk that keeps up ever needs, and a ring takes over the
    memory of one that was closed.

    Parameters
    ----------
    size : int
        In bytes.
    """

    def __init__(self, size: int) -> None:
        self._lock = threading.Lock()
        self._memory = _memory(size)
        self._taken: deque[tuple[int, int]] = deque()
        """Start and end of each place, oldest first."""

    def copy(self, pixels: Pixels) -> Pixels | None:
        """Return a read-only copy in the ring; None if there is no place for it in one piece.

        Parameters
        ----------
        pixels : array
            Of any shape and type.
        """
        with self._lock:
            start = self._place(pixels.nbytes)
            if start is None:
                return None
            end = start + pixels.nbytes
            self._taken.append((start, end))
        place = self._memory[start:end].view(pixels.dtype).reshape(pixels.shape)
        np.copyto(place, pixels)
        place.setflags(write=False)
        return place

    def holds(self, pixels: Pixels) -> bool:
        """Return whether pixels are in the ring."""
        return pixels.base is self._memory

    def give_back(self, *, newest: bool = False) -> None:
        """Free the oldest place, or the newest."""
        with self._lock:
            if newest:
                self._taken.pop()
            else:
                self._taken.popleft()

    def close(self) -> None:
        """Leave the memory to the next ring; only when nobody reads a place any more."""
        if not self._taken:
            _spare.append(self._memory)

    def _place(self, nbytes: int) -> int | None:
        if not self._taken:
            return 0 if nbytes <= self._memory.size else None
        oldest, newest = self._taken[0][0], self._taken[-1][1]
        start = -(-newest // _LINE) * _LINE
        if self._taken[-1][0] < oldest:
            return start if start + nbytes <= oldest else None
        if start + nbytes <= self._memory.size:
            return start
        return 0 if nbytes <= oldest else None


def _memory(size: int) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    try:
        spare = _spare.pop()
    except IndexError:
        pass
    else:
        if spare.size == size:
            return spare
    memory = np.empty(size, np.uint8)
    memory[: min(size, _WARM_BYTES) : _PAGE] = 0
    return memory
