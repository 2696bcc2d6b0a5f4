"""Folders of device adapters: native code, which only the user may choose."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ._bootstrap import import_quietly

if TYPE_CHECKING:
    from collections.abc import Iterator

ADAPTERS = "SACCADE_ADAPTERS"
"""Environment variable: folders whose device adapters profiles may name, besides those known.

The environment is the user's own; a file that somebody sent can't set it.
"""


def adapters_shipped() -> Path:
    """Return the folder of the adapters that come with Saccade, for the demo."""
    import mm_test_adapters

    return Path(mm_test_adapters.device_adapter_path())


def is_trusted(folder: Path) -> bool:
    """Return whether the device adapters of a folder may be loaded.

    Parameters
    ----------
    folder : Path
        Where Micro-Manager is installed as far as pymmcore-plus knows, which includes the
        variable ``MICROMANAGER_PATH``, or a folder of ``SACCADE_ADAPTERS``.
    """
    asked = folder.resolve()
    return any(asked == known.resolve() for known in _known())


def _known() -> Iterator[Path]:
    import_quietly()
    from pymmcore_plus import find_micromanager

    yield adapters_shipped()
    given = os.environ.get(ADAPTERS, "").split(os.pathsep)
    yield from (Path(os.path.expanduser(each)) for each in given if each.strip())
    yield from map(Path, find_micromanager(return_first=False))
