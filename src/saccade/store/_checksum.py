"""One number for all that a run holds, so that two runs can be told to be the same."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from saccade.core import DamagedRunError

from ._journal import JOURNAL, RECOVERY, TORN
from ._json import dumps
from ._pixel_reader import PixelReader
from ._reader import RunFolder
from ._values import lost_lines_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from saccade.core import Pixels

    from ._journal import Line

_OF_THE_MACHINE = frozenset({"started", "clock", "python", "platform", "versions"})
_OF_THE_DRIVERS = frozenset({"core", "device_interface"})
_OF_THE_FILES = frozenset({"shard_rows", "offset", "nbytes"})
_NOT_OF_THE_RUN = frozenset({TORN, RECOVERY})


class Checksum:
    """A sum that grows with what is read, in order.

    Parameters
    ----------
    facts : mapping
        Content of its ``run.json``; what it says of wall time, machine and versions is left out.
    """

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self._sum = hashlib.sha256(dumps(_lasting(facts)))

    def line(self, line: Line) -> None:
        """Take in the next line of the journal, but not where in which file pixels lie.

        What a recovery did to the folder, and what was never acknowledged, does not count.
        """
        if line.kind in _NOT_OF_THE_RUN:
            return
        value = line.value
        if line.kind == "frame" and isinstance(value, dict):
            value = {name: part for name, part in value.items() if name not in _OF_THE_FILES}
        self._sum.update(dumps([line.kind, line.t_ns, value]))

    def pixels(self, pixels: Pixels) -> None:
        """Take in the pixels, (y, x), of the frame whose line came last."""
        self._sum.update(pixels.data)

    def __str__(self) -> str:
        return self._sum.hexdigest()


def checksum(path: Path | str) -> str:
    """Return the SHA-256 of all that a run holds.

    Two runs in virtual time, of one protocol with the same seed, have the same. It covers what
    every line of the journal says, every pixel, and of ``run.json`` all but wall time, machine
    and versions; not how the frames are laid out in files, and not what a recovery did.

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
    total, pictures = Checksum(folder.run), PixelReader(folder.path)
    for line in folder.lines():
        total.line(line)
        if line.kind == "frame":
            total.pixels(pictures.read(line))
        elif line.kind == RECOVERY and lost_lines_of(line):
            raise DamagedRunError(f"{folder.path}: lines of {JOURNAL} were lost before a recovery.")
    return str(total)


def _lasting(facts: Mapping[str, Any]) -> dict[str, Any]:
    lasting = {name: value for name, value in facts.items() if name not in _OF_THE_MACHINE}
    stand = lasting.get("stand")
    if isinstance(stand, dict) and isinstance(stand.get("details"), dict):
        details = {k: v for k, v in stand["details"].items() if k not in _OF_THE_DRIVERS}
        lasting["stand"] = {**stand, "details": details}
    return lasting
