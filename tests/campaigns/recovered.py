"""A run folder is mended once whoever wrote it has let go of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from saccade.core import RunBusyError
from saccade.store import recover

if TYPE_CHECKING:
    from pathlib import Path

_WITHIN_S = 60.0
"""A disk that is too slow may keep a recorder busy for a while after its run has ended."""


def recovered(folder: Path) -> None:
    """Recover a run, as a person would who is told that it is being written still: after a while.

    Raises
    ------
    RunBusyError
        If it is still being written after a minute.
    """
    end_s = time.monotonic() + _WITHIN_S
    while True:
        try:
            recover(folder)
        except RunBusyError:
            if time.monotonic() > end_s:
                raise
            time.sleep(0.2)
        else:
            return
