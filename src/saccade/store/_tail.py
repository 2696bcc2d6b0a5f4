"""A journal read while another process writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from saccade.core import DamagedRunError

from ._journal import JOURNAL, TORN, Flaw, parse_line

if TYPE_CHECKING:
    from pathlib import Path

    from ._journal import Line

_MOST_BYTES = 4 * 2**20
"""Read at once, so that whoever comes late to a long run does not wait for all of it."""


class Tail:
    """What a run has journaled since one last looked.

    Parameters
    ----------
    folder : Path
        Of the run.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / JOURNAL
        self._at, self._number, self._rest = 0, 0, b""

    def take(self) -> list[Line]:
        """Return the next lines, each checked; at most about 4 MB of them, and none twice.

        A line whose end is not written yet is left for the next time.

        Raises
        ------
        DamagedRunError
            If the journal can't be read, or a line is not what was written.
        """
        try:
            with self._path.open("rb") as file:
                file.seek(self._at)
                read = file.read(_MOST_BYTES)
        except OSError as error:
            raise DamagedRunError(
                f"{self._path} can't be read: {error.strerror or error}."
            ) from error
        self._at += len(read)
        *whole, self._rest = (self._rest + read).split(b"\n")
        return [self._line(raw + b"\n") for raw in whole]

    def _line(self, raw: bytes) -> Line:
        self._number += 1
        found = parse_line(raw, self._number)
        if isinstance(found, Flaw) or found.kind == TORN:
            raise DamagedRunError(
                f"{self._path}: {found}.", do="`saccade verify` tells what of the run is whole."
            )
        return found
