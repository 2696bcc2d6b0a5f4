"""A folder for one run: new, named plainly, and never one that holds something already."""

from __future__ import annotations

import re
import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saccade.core import FolderError, json_excess, plain

from ._disk import sync_folder, write_whole
from ._json import dumps

if TYPE_CHECKING:
    from collections.abc import Mapping

RUN_JSON = "run.json"

# What Windows forbids in names, so that a run made on one machine can be copied to any other.
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_LONGEST_NAME = 120


def new_folder(parent: Path, name: str, when: datetime | None = None) -> Path:
    """Create the folder of a run, such as ``runs/2026-11-23_141200_name``.

    Parameters
    ----------
    parent : Path
        Created if it isn't there.
    name : str
        Name of the protocol; one path component.
    when : datetime or None
        Start of the run; None is now, in local time.

    Returns
    -------
    Path
        The new folder; a number is appended if there was a run in the same second.

    Raises
    ------
    FolderError
        If the name can't be one, or the folder can't be created.
    """
    _check_name(name)
    stamp = (when or datetime.now().astimezone()).strftime("%Y-%m-%d_%H%M%S")
    base = Path(parent) / f"{stamp}_{name}"
    for number in range(1, 1000):
        path = base if number == 1 else base.with_name(f"{base.name}-{number}")
        if not path.exists():
            return claim_folder(path)
    raise FolderError(f"There are 999 runs named {base.name!r}.", do="Choose another name.")


def claim_folder(path: Path | str) -> Path:
    """Create a folder at an explicit path, or take an empty one.

    Parameters
    ----------
    path : Path or str
        Folders above it are created.

    Returns
    -------
    Path
        The folder; empty, and writable.

    Raises
    ------
    FolderError
        If it holds something, a file is in the way, it can't be written, or a name in the
        path is not portable or leads upward.
    """
    path = Path(path)
    _check_path(path)
    try:
        if path.exists():
            _check_empty(path)
            # Permission bits don't tell (root, network drives); writing does.
            with tempfile.TemporaryFile(dir=path):
                pass
        else:
            path.mkdir(parents=True)
            sync_folder(path.parent)
    except OSError as error:
        raise _unusable(path, error) from error
    return path


def write_run_json(folder: Path, content: Mapping[str, Any]) -> None:
    """Write ``run.json``, once.

    Parameters
    ----------
    folder : Path
        The folder of the run.
    content : mapping
        Protocol, profile, versions, seeds and model hashes, as resolved.

    Raises
    ------
    FolderError
        If there is one already, or it can't be written.
    """
    path = Path(folder) / RUN_JSON
    try:
        if path.exists():
            raise FolderError(
                f"{path} is there already, and is never replaced.", do="Choose a new folder."
            )
        text = dumps(plain(content), indent=2) + b"\n"
        if excess := json_excess(text):
            raise FolderError(
                f"{path} would be {excess}, and could not be read back.",
                do="Describe the run with less: a plan of many places may come from a generator.",
            )
        write_whole(path, text)
    except OSError as error:
        raise _unusable(Path(folder), error) from error


def _check_path(path: Path) -> None:
    if ".." in path.parts:
        raise FolderError(
            f"The run folder {str(path)!r} leads upward.", do="Write its path without '..'."
        )
    # Folders that exist already may be called what they like.
    while path.name and not path.exists():
        _check_name(path.name)
        path = path.parent


def _check_name(name: str) -> None:
    if found := _FORBIDDEN.search(name):
        why = f"holds {found.group()!r}"
    elif not name.strip() or name.startswith(".") or name.endswith((".", " ")):
        why = "is empty, begins with a dot, or ends with a dot or a space"
    elif _RESERVED.fullmatch(name):
        why = "is reserved on Windows"
    elif len(name) > _LONGEST_NAME:
        why = f"is longer than {_LONGEST_NAME} characters"
    else:
        return
    raise FolderError(
        f"{name!r} can't be the name of a run folder: it {why}.",
        do="Use letters, digits, '-' and '_'.",
    )


def _check_empty(path: Path) -> None:
    if not path.is_dir():
        raise FolderError(f"{path} is a file.", do="Name a folder that doesn't exist yet.")
    if found := next(path.iterdir(), None):
        raise FolderError(
            f"{path} already holds {found.name!r}; nothing is ever overwritten.",
            do="Name a folder that doesn't exist yet, or leave the name to Saccade.",
        )


def _unusable(path: Path, error: OSError) -> FolderError:
    return FolderError(
        f"The folder {path} can't be used: {error.strerror or error}.",
        do="Choose a place where you may write.",
    )
