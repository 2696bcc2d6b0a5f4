"""The light switch of a simulated stand: two bytes that several processes see at once."""

from __future__ import annotations

import mmap
import os
from pathlib import Path

_GATE, _SHUTTER = 0, 1
_SIZE = 2


class Switch:
    """A gate and a shutter, one behind the other; light passes while both are open.

    The shutter is moved by the stand, and stays as it is if the stand's process dies, as
    hardware would. The gate is moved by the supervisor. Both are in a file that is mapped into
    memory, so that each process sees at once what the other does.

    Parameters
    ----------
    path : Path or str
        The file; made, with the gate open, if it isn't there.

    Raises
    ------
    OSError
        If it can't be made or mapped.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        try:
            size = os.fstat(handle).st_size
            if size not in {0, _SIZE}:
                raise OSError(f"{self.path} is there already, and is no switch")
            if size == 0:
                os.write(handle, bytes([1, 0]))
            self._map = mmap.mmap(handle, _SIZE)
        finally:
            os.close(handle)

    @property
    def gate(self) -> bool:
        """Whether the gate is open."""
        return bool(self._map[_GATE])

    @gate.setter
    def gate(self, is_open: bool) -> None:
        self._map[_GATE] = int(is_open)

    @property
    def shutter(self) -> bool:
        """Whether the shutter is open and a source behind it is on."""
        return bool(self._map[_SHUTTER])

    @shutter.setter
    def shutter(self, is_open: bool) -> None:
        self._map[_SHUTTER] = int(is_open)

    @property
    def lit(self) -> bool:
        """Whether light reaches the sample."""
        return self.gate and self.shutter

    def close(self) -> None:
        """Let go of the file; it stays as it is."""
        self._map.close()
