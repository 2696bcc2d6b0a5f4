"""Where a measurement writes is made if need be, and is gone afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from saccade.app._scratch import scratch
from saccade.core import FolderError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_folder_that_is_not_there_is_made(tmp_path: Path) -> None:
    """A user names a folder on the disk to be measured; what was written there is removed."""
    parent = tmp_path / "new" / "disk"
    with scratch(parent) as folder:
        (folder / "frames").write_bytes(b"1")
        assert folder.parent == parent
    assert list(parent.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """What is in the way is told, with no traceback."""
    (tmp_path / "file").touch()
    with pytest.raises(FolderError, match="can't be written"), scratch(tmp_path / "file" / "in"):
        pass
