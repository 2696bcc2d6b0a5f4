"""How much room the disk has left, looked at now and then."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING, NamedTuple

from saccade.core import StoreFullError

if TYPE_CHECKING:
    from pathlib import Path

_EVERY_S = 1.0
_EVERY_SHARE = 8


class DiskUse(NamedTuple):
    """What a run has written, and what its disk has left."""

    written_bytes: int
    left_bytes: int


class Room:
    """Tells when a disk is so full that a run has to stop, while there is room to stop well.

    Parameters
    ----------
    folder : Path
        On the disk that is watched.
    reserve_bytes : int
        What must stay free.
    """

    def __init__(self, folder: Path, reserve_bytes: int) -> None:
        self._folder, self._reserve_bytes = folder, reserve_bytes
        self._since = 0
        """Bytes that were written since it was looked at."""
        self._looked_s = time.monotonic()
        self.written_bytes = 0
        self.left_bytes = shutil.disk_usage(folder).free
        """When it was looked at last."""

    def is_short(self, waiting_bytes: int) -> bool:
        """Return whether what waits to be written would leave less free than must stay."""
        return self.left_bytes - waiting_bytes < self._reserve_bytes

    def wrote(self, nbytes: int) -> bool:
        """Take note of what was written; return whether the disk was looked at again.

        That is once a second, or as soon as an eighth of the reserve was written.
        """
        self._since += nbytes
        self.written_bytes += nbytes
        late = time.monotonic() - self._looked_s >= _EVERY_S
        if not late and self._since * _EVERY_SHARE < self._reserve_bytes:
            return False
        self._since, self._looked_s = 0, time.monotonic()
        self.left_bytes = shutil.disk_usage(self._folder).free
        return True

    def error(self) -> StoreFullError:
        """Return what to tell whoever wants to write more."""
        return StoreFullError(
            f"Only {self.left_bytes / 2**20:.0f} MB are left on the disk of {self._folder}, of "
            f"which {self._reserve_bytes / 2**20:g} MB are kept for a clean end.",
            do="All frames taken so far are stored. Make room, or record onto another disk.",
        )
