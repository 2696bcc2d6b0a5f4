"""Pictures read back, each held against its line of the journal."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from saccade.core import DamagedRunError

from ._crc import crc32
from ._shard import shard_name
from ._values import stored_of
from ._zarr import ARRAY, FRAMES, read_array

if TYPE_CHECKING:
    from pathlib import Path

    from saccade.core import Pixels

    from ._journal import Line
    from ._values import Stored
    from ._zarr import ArrayForm


class PixelReader:
    """Reads the pictures that journal lines speak of, and holds them against the line.

    A line tells where in its shard a picture is, so that one whose shard is still under
    construction can be read as well.

    Parameters
    ----------
    folder : Path
        The folder of the run.
    """

    def __init__(self, folder: Path) -> None:
        self._root = folder / FRAMES
        self._forms: dict[str, ArrayForm] = {}

    def read(self, line: Line) -> Pixels:
        """Return a frame's pixels, (y, x), read-only.

        Raises
        ------
        DamagedRunError
            If they are not there, or not what was written.
        """
        stored = stored_of(line)
        name = name_of(line)
        try:
            found = self._form(stored.path)
        except (OSError, ValueError) as error:
            raise DamagedRunError(f"{name} can't be read: {error}.") from error
        if found != stored.form:
            raise DamagedRunError(
                f"{name} is in an array of {_told(found)}, where the journal says "
                f"{_told(stored.form)}."
            )
        return read_pixels(self._root, stored, name)

    def rows(self, path: str) -> int:
        """Return the number of rows that a stream's array declares.

        Raises
        ------
        DamagedRunError
            If the array can't be opened.
        """
        try:
            return read_array(self._root / path)[1]
        except (OSError, ValueError) as error:
            raise DamagedRunError(f"Stream {path!r} can't be opened: {error}.") from error

    def _form(self, path: str) -> ArrayForm:
        if path not in self._forms:
            self._forms[path] = read_array(self._root / path)[0]
        return self._forms[path]


def read_pixels(root: Path, stored: Stored, name: str) -> Pixels:
    """Return the pixels that are at a place of a shard, whatever the array declares.

    Parameters
    ----------
    root : Path
        The folder of all images.
    stored : Stored
        The place, and what is expected there.
    name : str
        Of the frame, for the error.

    Raises
    ------
    DamagedRunError
        If they are not there, or not what was written.
    """
    shard = shard_name(stored.shard)
    try:
        with (root / stored.path / ARRAY / shard).open("rb") as file:
            # A line that was forged must not ask for more memory than there are bytes.
            there = max(0, file.seek(0, os.SEEK_END) - stored.offset)
            file.seek(stored.offset)
            content = file.read(min(stored.nbytes, there))
    except OSError as error:
        raise DamagedRunError(
            f"{name} can't be read from {shard}: {error.strerror or error}."
        ) from error
    if len(content) != stored.nbytes:
        raise DamagedRunError(
            f"{name} is missing from {shard}: {len(content)} of {stored.nbytes} bytes are there."
        )
    if crc32(content) != stored.crc32:
        raise DamagedRunError(f"{name} fails its checksum: its pixels are not what was taken.")
    pixels = np.frombuffer(content, stored.dtype.newbyteorder("<")).reshape(stored.shape)
    pixels = pixels.astype(stored.dtype.newbyteorder("="), copy=False)
    pixels.setflags(write=False)
    return pixels


def name_of(line: Line) -> str:
    """Return how a frame is called in a message."""
    value = line.value
    return f"Frame {value['index']} (stream {value['path']!r}, row {value['row']})"


def _told(form: ArrayForm) -> str:
    height, width = (*form.shape, 0, 0)[:2]
    return f"{form.dtype} {height} x {width}, {form.shard_rows} a shard"
