"""Memory that stays warm for a run: the allocator keeps what large pictures leave behind."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress
from functools import cache

import numpy as np

# From malloc.h of glibc.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_NEVER = 2**31 - 1
_LARGEST = 1 << 30
_WARM_BYTES = 64 * 2**20
_PAGE = 4096


class _MallInfo(ctypes.Structure):
    """What glibc tells of its heaps, from malloc.h."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    )


@cache
def keep_memory_warm() -> bool:
    """Tell glibc to keep freed memory, and touch some; once, until `let_memory_go` is called.

    Fresh memory costs four to forty times what memory costs that was used before, because
    the system has to hand it out page by page. By default glibc gives back whatever a
    picture of 2048² pixels leaves behind, and asks for it again for the next one: 1 to 20 ms
    a frame. Kept for good, it would grow a little with every long run, because what stays is
    scattered among what went: so a run after a long one begins by giving it all back, and
    by making the heap as large as it was then, however far what stays has wandered.

    Returns
    -------
    bool
        Whether there was a glibc to tell; elsewhere nothing is changed.
    """
    if sys.platform != "linux":
        return False
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.malloc_trim(0)
        settings = (
            (_M_MMAP_THRESHOLD, _LARGEST),
            (_M_TRIM_THRESHOLD, _NEVER),
            # One heap for all threads: what the disk's thread frees, the camera's can use.
            (_M_ARENA_MAX, 1),
        )
        told = [libc.mallopt(name, value) for name, value in settings]
        np.empty(max(_full_bytes() - _heap_bytes(), 0), np.uint8)[::_PAGE] = 0
        return all(told)
    return False


@cache
def _full_bytes() -> int:
    """Return how large the heap is to be made, as it was the first time."""
    return _heap_bytes() + _WARM_BYTES


def _heap_bytes() -> int:
    """Return how large the heap is; 0 where glibc is older than 2.33 and doesn't tell."""
    tell = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if tell is None:
        return 0
    tell.restype = _MallInfo
    return int(tell().arena)


def let_memory_go() -> None:
    """See to it that the next run gives back what was kept, and warms memory of its own."""
    keep_memory_warm.cache_clear()
