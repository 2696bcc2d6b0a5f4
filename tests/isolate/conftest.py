"""No process is left by any test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from isolate_cases import processes, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    yield
    assert wait_for(lambda: not processes(), 5.0)
