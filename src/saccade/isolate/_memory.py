"""Memory that two processes share, and that no third one can see: it has no name to be left.

On Linux it is an anonymous file of memory, elsewhere on POSIX a file that is removed as it is
made, on Windows a section: all vanish with the last process that has them, however it ends.
"""

from __future__ import annotations

import math
import mmap
import os
import secrets
import struct
import sys
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from saccade.core import Pixels

SLOTS = 4
"""Pictures that a detector may keep from earlier frames before new ones are copied for it."""

_LENGTHS = struct.Struct("<QQ")
_HEAD_BYTES = 4096
_PAGE = 4096


@dataclass(frozen=True)
class Layout:
    """How much room there is, in bytes, one behind the other."""

    request: int
    reply: int
    labels: int
    slot: int

    def __post_init__(self) -> None:
        for name in ("request", "reply", "labels", "slot"):
            object.__setattr__(self, name, -(-getattr(self, name) // _PAGE) * _PAGE)

    @property
    def total(self) -> int:
        """All of it."""
        return self.slot_at(SLOTS)

    @property
    def reply_at(self) -> int:
        """Where the answer is."""
        return _HEAD_BYTES + self.request

    @property
    def labels_at(self) -> int:
        """Where the label image is."""
        return self.reply_at + self.reply

    def slot_at(self, slot: int) -> int:
        """Return where a picture is."""
        return self.labels_at + self.labels + slot * self.slot


class Memory:
    """One process's view of it; only one of the two writes at a time.

    Parameters
    ----------
    layout : Layout
        The same for both.
    ticket : str or None
        Of the process that made it; None makes it.
    """

    def __init__(self, layout: Layout, ticket: str | None = None) -> None:
        self.layout = layout
        if sys.platform == "win32":
            self.ticket = ticket or f"saccade-{secrets.token_hex(16)}"
            self._map = mmap.mmap(-1, layout.total, tagname=self.ticket)
        else:
            own = _unnamed_file(layout.total) if ticket is None else int(ticket)
            self.ticket = str(own)
            self._map = mmap.mmap(own, layout.total)
            if ticket is not None:
                os.close(own)

    @property
    def inherited(self) -> tuple[int, ...]:
        """Descriptors that the other process must be given."""
        return () if sys.platform == "win32" else (int(self.ticket),)

    def given(self) -> None:
        """Let go of what only served to hand it over."""
        if sys.platform != "win32":
            os.close(int(self.ticket))

    def put_request(self, request: bytes) -> None:
        """Write what is asked; raise a `ValueError` if there is no room for it."""
        self._put(0, _HEAD_BYTES, self.layout.request, request)

    def request(self) -> bytes:
        """Return what is asked."""
        return self._get(0, _HEAD_BYTES, self.layout.request)

    def put_reply(self, reply: bytes) -> None:
        """Write the answer; raise a `ValueError` if there is no room for it."""
        self._put(1, self.layout.reply_at, self.layout.reply, reply)

    def reply(self) -> bytes:
        """Return a copy of the answer; raise a `ValueError` if it can't be one."""
        return self._get(1, self.layout.reply_at, self.layout.reply)

    def labels(self, dtype: np.dtype[Any], shape: tuple[int, int]) -> NDArray[Any]:
        """Return a view of the label image; raise a `ValueError` if there is no room for it."""
        return self._view(self.layout.labels_at, self.layout.labels, dtype, shape)

    def slot(self, slot: int, dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
        """Return a view of a picture; raise a `ValueError` if there is no room for it."""
        return self._view(self.layout.slot_at(slot), self.layout.slot, dtype, shape)

    def put_pixels(self, slot: int, pixels: Pixels) -> None:
        """Copy a picture; raise a `ValueError` if there is no room for it."""
        np.copyto(self.slot(slot, pixels.dtype, pixels.shape), pixels)

    def _view(
        self, at: int, room: int, dtype: np.dtype[Any], shape: tuple[int, ...]
    ) -> NDArray[Any]:
        size = math.prod(shape) * dtype.itemsize
        if size > room or dtype.hasobject:
            raise ValueError(f"{shape} of {dtype} take {size} bytes, and there is room for {room}")
        return np.ndarray(shape, dtype, buffer=self._map, offset=at)

    def _put(self, which: int, at: int, room: int, data: bytes) -> None:
        if len(data) > room:
            raise ValueError(f"it takes {len(data)} bytes, and there is room for {room}")
        self._map[at : at + len(data)] = data
        lengths = list(_LENGTHS.unpack_from(self._map, 0))
        lengths[which] = len(data)
        _LENGTHS.pack_into(self._map, 0, *lengths)

    def _get(self, which: int, at: int, room: int) -> bytes:
        length = _LENGTHS.unpack_from(self._map, 0)[which]
        if length > room:
            raise ValueError(f"it claims to take {length} bytes, and there is room for {room}")
        return self._map[at : at + length]


def _unnamed_file(size: int) -> int:
    """Return a descriptor of a file that nobody else can open."""
    if sys.platform == "linux":
        own = os.memfd_create("saccade")
    else:
        with tempfile.TemporaryFile(prefix="saccade-") as file:
            own = os.dup(file.fileno())
    os.ftruncate(own, size)
    return own
