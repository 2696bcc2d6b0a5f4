"""Pictures handed to napari, which many know; a program of its own, if it is installed."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from saccade.core import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def open_in_napari(paths: Sequence[Path], *, stack: bool) -> None:
    """Open pictures in napari, which goes on by itself.

    Parameters
    ----------
    paths : sequence of Path
        Pictures, or arrays of an OME-Zarr.
    stack : bool
        All of them as one.

    Raises
    ------
    UsageError
        If napari is not installed here.
    """
    if find_spec("napari") is None:
        raise UsageError(
            "napari is not installed here.", "Install it: python -m pip install napari[all]"
        )
    how = ["--stack"] if stack else []
    command = [sys.executable, "-m", "napari", *how, *(str(path) for path in paths)]
    subprocess.Popen(command)  # noqa: S603 - napari, and files of ours
