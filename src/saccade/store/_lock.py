"""Who writes a run folder: one process at a time, held by the system, never by a leftover."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from saccade.core import FolderError, RunBusyError

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


LOCK = "recorder.lock"


class FolderLock:
    """The right to write into a run folder, until it is closed or the process ends.

    The empty file that it leaves tells nothing: the lock is the system's, and ends with the
    process however that ends.

    Parameters
    ----------
    folder : Path
        The folder of the run.

    Raises
    ------
    RunBusyError
        If another recorder or recovery has it.
    FolderError
        If the file system has no locks, or the folder can't be written.
    """

    def __init__(self, folder: Path) -> None:
        try:
            self._file = (folder / LOCK).open("ab", buffering=0)
        except OSError as error:
            raise _unusable(folder, error) from error
        try:
            _take(self._file.fileno())
        except (BlockingIOError, PermissionError) as error:
            self._file.close()
            raise RunBusyError(
                f"{folder} is being written already, by a recorder or a recovery.",
                do="Wait until it ends; reading and `saccade verify` are possible meanwhile.",
            ) from error
        except OSError as error:
            self._file.close()
            raise _unusable(folder, error) from error

    def close(self) -> None:
        """Let others write."""
        self._file.close()

    def __enter__(self) -> FolderLock:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _unusable(folder: Path, error: OSError) -> FolderError:
    return FolderError(
        f"{folder} can't be locked for writing: {error.strerror or error}.",
        do="Choose a place where you may write, on a file system that knows locks.",
    )
