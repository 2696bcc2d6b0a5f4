"""One number for all that a run holds, so that two runs can be told to be the same."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from ._journal import JOURNAL
from ._json import dumps
from ._pixel_reader import PixelReader
from ._reader import RunFolder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from saccade.core import Pixels

_OF_THE_MACHINE = frozenset({"started", "clock", "python", "platform", "versions"})
_OF_THE_DRIVERS = frozenset({"core", "device_interface"})


class Checksum:
    """A sum that grows with what is read, in order.

    Parameters
    ----------
    folder : Path
        The folder of the run.
    facts : mapping
        Content of its ``run.json``; what it says of wall time, machine and versions is left out.
    """

    def __init__(self, folder: Path, facts: Mapping[str, Any]) -> None:
        self._sum = hashlib.sha256(dumps(_lasting(facts)))
        with (folder / JOURNAL).open("rb") as file:
            self._sum.update(hashlib.file_digest(file, "sha256").digest())

    def add(self, pixels: Pixels) -> None:
        """Take in the pixels of the next frame, (y, x)."""
        self._sum.update(pixels.data)

    def __str__(self) -> str:
        return self._sum.hexdigest()


def checksum(path: Path | str) -> str:
    """Return the SHA-256 of all that a run holds.

    Two runs in virtual time, of one protocol with the same seed, have the same. It covers
    every line of the journal, every pixel, and of ``run.json`` all but wall time, machine and
    versions.

    Parameters
    ----------
    path : Path or str
        The folder of the run.

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    FolderError
        If it is no run folder.
    DamagedRunError
        At the first thing that is missing or not what was written.
    """
    folder = RunFolder(path)
    total, pictures = Checksum(folder.path, folder.run), PixelReader(folder.path)
    for line in folder.lines():
        if line.kind == "frame":
            total.add(pictures.read(line))
    return str(total)


def _lasting(facts: Mapping[str, Any]) -> dict[str, Any]:
    lasting = {name: value for name, value in facts.items() if name not in _OF_THE_MACHINE}
    stand = lasting.get("stand")
    if isinstance(stand, dict) and isinstance(stand.get("details"), dict):
        details = {k: v for k, v in stand["details"].items() if k not in _OF_THE_DRIVERS}
        lasting["stand"] = {**stand, "details": details}
    return lasting
