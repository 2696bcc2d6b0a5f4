"""Pictures read back, each held against its line of the journal."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from saccade.core import DamagedRunError

from ._values import place_of
from ._zarr import FRAMES, PATIENCE_S, new_context, open_array, short

if TYPE_CHECKING:
    from pathlib import Path

    from saccade.core import Pixels

    from ._journal import Line


class PixelReader:
    """Reads the pictures that journal lines speak of, and holds them against the line.

    Parameters
    ----------
    folder : Path
        The folder of the run.
    """

    def __init__(self, folder: Path) -> None:
        self._root = folder / FRAMES
        self._context = new_context()
        self._arrays: dict[str, Any] = {}

    def read(self, line: Line) -> Pixels:
        """Return a frame's pixels, (y, x), read-only.

        Raises
        ------
        DamagedRunError
            If they are not there, or not what was written.
        """
        place = place_of(line)
        path, row = str(place.path), place.row
        name = f"Frame {line.value['index']} (stream {path!r}, row {row})"
        try:
            pixels: Pixels = np.asarray(self._array(path)[row].read().result(timeout=PATIENCE_S))
        except (OSError, ValueError, IndexError) as error:
            raise DamagedRunError(f"{name} can't be read: {short(error)}") from error
        found, meant = _form(pixels), (line.value.get("shape"), line.value.get("dtype"))
        if found != meant:
            raise DamagedRunError(f"{name} is {found}, where the journal says {meant}.")
        if zlib.crc32(pixels.data) != line.value["crc32"]:
            raise DamagedRunError(f"{name} fails its checksum: its pixels are not what was taken.")
        pixels.setflags(write=False)
        return pixels

    def rows(self, path: str) -> int:
        """Return the number of rows that a stream's array declares.

        Raises
        ------
        DamagedRunError
            If the array can't be opened.
        """
        try:
            return int(self._array(path).shape[0])
        except (OSError, ValueError) as error:
            raise DamagedRunError(f"Stream {path!r} can't be opened: {short(error)}") from error

    def _array(self, path: str) -> Any:
        if path not in self._arrays:
            self._arrays[path] = open_array(self._root / path, self._context)
        return self._arrays[path]


def _form(pixels: Pixels) -> tuple[list[int], str]:
    return list(pixels.shape), pixels.dtype.name
