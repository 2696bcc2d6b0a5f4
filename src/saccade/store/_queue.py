"""A queue that is bounded in bytes and items, between the camera and the disk."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")

_SLEEP_S = 1.0
_AWAKE_S = 2.0


class GroupQueue(Generic[T]):
    """Items in order; taken in groups, and counted as held until their group is done.

    Parameters
    ----------
    max_bytes, max_items : int
        What may be held; a single item larger than that passes when nothing else is held.
    group_bytes, group_items : int
        What one group may hold.
    linger_s : float
        How long a group that is not full waits for more, so that a fast camera costs few
        disk syncs.

    Waking a thread costs the waker ten times what appending does. Hence whoever takes looks
    every ``linger_s`` by itself, and has to be woken only after two quiet seconds.
    """

    def __init__(
        self, max_bytes: int, max_items: int, group_bytes: int, group_items: int, linger_s: float
    ) -> None:
        self._max = max_bytes, max_items
        self._group = group_bytes, group_items
        self._linger_s = linger_s
        self._lock = threading.Lock()
        self._ready = threading.Condition(self._lock)
        self._room = threading.Condition(self._lock)
        self._items: deque[tuple[T, int]] = deque()
        self._waiting_bytes = 0
        self._held_bytes = 0
        self._put = 0
        self._done = 0
        self._taken = 0
        self._asleep = False
        self._urgent = False
        self._closed = False
        self._dropped = False
        self._waited_s = 0.0

    def put(self, item: T, nbytes: int, wait_s: float) -> bool:
        """Append an item; return False if there was no room in time, or the queue is closed."""
        with self._lock:
            if not self._has_room(nbytes) and wait_s > 0:
                began_s = time.perf_counter()
                self._room.wait_for(lambda: self._has_room(nbytes) or self._closed, wait_s)
                self._waited_s += time.perf_counter() - began_s
            if self._closed or not self._has_room(nbytes):
                return False
            self._items.append((item, nbytes))
            self._put += 1
            self._held_bytes += nbytes
            self._waiting_bytes += nbytes
            if self._asleep or self._is_enough():
                self._ready.notify()
            return True

    def take(self) -> list[T]:
        """Return the next group, when there is one; empty once closed and drained."""
        with self._lock:
            self._wait()
            group: list[T] = []
            nbytes = 0
            while self._items and len(group) < self._group[1]:
                if group and nbytes + self._items[0][1] > self._group[0]:
                    break
                item, size = self._items.popleft()
                group.append(item)
                nbytes += size
            self._waiting_bytes -= nbytes
            self._urgent = self._urgent and bool(self._items)
            self._taken = nbytes
            return group

    def done(self, count: int) -> int:
        """Tell that the group of so many items that was taken last is dealt with.

        Returns
        -------
        int
            What the group held, in bytes.
        """
        with self._lock:
            taken = self._taken
            self._done += count
            self._held_bytes -= taken
            self._taken = 0
            self._room.notify_all()
            return taken

    def drained(self, timeout_s: float) -> bool:
        """Wait until all that was put by now is done; return whether it is."""
        with self._lock:
            target = self._put
            self._urgent = self._done < target
            self._ready.notify()
            self._room.wait_for(lambda: self._done >= target or self._dropped, timeout_s)
            return self._done >= target

    def close(self, drop: bool = False) -> None:
        """Let nothing more in.

        Parameters
        ----------
        drop : bool
            Forget what is waiting.
        """
        with self._lock:
            self._closed = True
            if drop:
                self._dropped = True
                self._items.clear()
            self._ready.notify_all()
            self._room.notify_all()

    @property
    def closed(self) -> bool:
        """Whether nothing more is let in."""
        return self._closed

    @property
    def held_bytes(self) -> int:
        """Size of the items that are not dealt with."""
        return self._held_bytes

    @property
    def waited_s(self) -> float:
        """Seconds for which whoever puts has waited for room, in all."""
        with self._lock:
            return self._waited_s

    @property
    def fullness(self) -> float:
        """Share of what may be held that is."""
        most_bytes, most_items = self._max
        return max(self._held_bytes / most_bytes, (self._put - self._done) / most_items)

    @property
    def finished(self) -> int:
        """Number of items dealt with since the beginning."""
        return self._done

    def _wait(self) -> None:
        quiet_s = 0.0
        while not self._items and not self._closed:
            self._asleep = quiet_s >= _AWAKE_S
            self._ready.wait(_SLEEP_S if self._asleep else self._linger_s)
            self._asleep = False
            quiet_s += self._linger_s
        self._ready.wait_for(self._is_enough, self._linger_s)

    def _has_room(self, nbytes: int) -> bool:
        held = self._put - self._done
        fits = not nbytes or self._held_bytes + nbytes <= self._max[0]
        return held == 0 or (fits and held < self._max[1])

    def _is_enough(self) -> bool:
        return (
            self._urgent
            or self._closed
            or self._waiting_bytes >= self._group[0]
            or len(self._items) >= self._group[1]
            # Whoever waits for room waits for this group.
            or self._held_bytes * 2 >= self._max[0]
        )
