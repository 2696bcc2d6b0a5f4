"""A mailbox for consumers that may be slower than the camera: the newest wins."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Latest(Generic[T]):
    """One slot; putting replaces what was not taken, and counts it as dropped."""

    def __init__(self) -> None:
        self._ready = threading.Condition()
        self._item: T | None = None
        self._dropped = 0
        self._closed = False

    def put(self, item: T) -> None:
        """Replace the item in the slot."""
        with self._ready:
            self._dropped += self._item is not None
            self._item = item
            self._ready.notify()

    def take(self, timeout_s: float) -> T | None:
        """Return the newest item and empty the slot, or None after the timeout or a close."""
        with self._ready:
            self._ready.wait_for(lambda: self._item is not None or self._closed, timeout_s)
            item, self._item = self._item, None
            return item

    def close(self) -> None:
        """Wake whoever waits; what is still in the slot can be taken."""
        with self._ready:
            self._closed = True
            self._ready.notify_all()

    @property
    def closed(self) -> bool:
        """Whether nothing more will be put."""
        return self._closed

    @property
    def dropped(self) -> int:
        """Number of items that were replaced before anybody took them."""
        return self._dropped
