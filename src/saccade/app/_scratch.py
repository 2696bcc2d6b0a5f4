"""A folder for one measurement."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from saccade.core import FolderError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def scratch(parent: Path | None) -> Iterator[Path]:
    """Yield a folder for one measurement, and remove it after.

    Parameters
    ----------
    parent : Path, optional
        Where, made if need be; by default where the system keeps what is temporary.

    Raises
    ------
    FolderError
        If nothing can be written there.
    """
    try:
        if parent is not None:
            parent.mkdir(parents=True, exist_ok=True)
        folder = TemporaryDirectory(prefix="saccade-", dir=parent, ignore_cleanup_errors=True)
    except OSError as error:
        raise FolderError(f"{parent} can't be written: {error}.", "Name another folder.") from error
    with folder as path:
        yield Path(path)
