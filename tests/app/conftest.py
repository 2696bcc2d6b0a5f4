"""Protocols from files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from protocol_cases import write

from saccade.app import Protocol, load_protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def protocol_in(tmp_path: Path) -> Callable[[Any], Protocol]:
    return lambda document: load_protocol(write(tmp_path, document))
