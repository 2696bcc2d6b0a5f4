"""A run folder that leads nowhere else: what a stranger sent is read and mended inside it."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from saccade.core import FolderError

from ._folder import RUN_JSON
from ._journal import JOURNAL
from ._lock import LOCK
from ._mend import SET_ASIDE
from ._supervised import SUPERVISOR
from ._zarr import FRAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

_OURS = (RUN_JSON, JOURNAL, LOCK, SET_ASIDE, FRAMES, SUPERVISOR)


def check_inside(folder: Path) -> None:
    """Refuse a run folder whose files are links, pipes or devices.

    A link would have a recovery write, and an export read, where the link points; a pipe would
    keep a reader waiting for ever. The run folder itself may be a link.

    Parameters
    ----------
    folder : Path
        The folder of the run.

    Raises
    ------
    FolderError
        At the first thing that is neither a file nor a folder.
    """
    for path in _elsewhere(folder):
        raise FolderError(
            f"{path} is a link, or no file at all; a run folder holds only files and folders.",
            do="Put in its place what it points to, if you trust it.",
        )


def _elsewhere(folder: Path) -> Iterator[Path]:
    waiting = [folder / name for name in _OURS]
    while waiting:
        path = waiting.pop()
        try:
            found = path.lstat()
        except OSError:
            continue  # not there, or gone meanwhile: runs that go on are read, too
        if stat.S_ISDIR(found.st_mode) and not _is_junction(found):
            entries, folders = _entries(path)
            yield from entries
            waiting += folders
        elif not stat.S_ISREG(found.st_mode) or _is_junction(found):
            yield path


def _entries(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return what in a folder leads elsewhere, and the folders in it; without a look at files."""
    elsewhere, folders = [], []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(Path(entry.path))
                elif not entry.is_file(follow_symlinks=False):
                    elsewhere.append(Path(entry.path))
    except OSError:
        pass  # what can't be listed can't be read either, and is told there
    return elsewhere, folders


def _is_junction(found: os.stat_result) -> bool:
    mount_point: int = getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", -1)
    return getattr(found, "st_reparse_tag", 0) == mount_point
