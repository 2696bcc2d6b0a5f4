"""The checksum of pixels: fast, and the one that every other program knows."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saccade.store._crc import crc32


@given(st.binary(max_size=4096))
def test_it_is_the_checksum_of_zlib(content: bytes) -> None:
    """Run folders of before, and programs without Saccade, agree with what is written."""
    assert crc32(content) == zlib.crc32(content)
    assert crc32(memoryview(content)) == zlib.crc32(content)


@pytest.mark.parametrize("side", [1, 127, 128, 129, 2048])
def test_large_pictures_are_read_in_place(side: int) -> None:
    """Sizes on both sides of where the interpreter is let go, from memory that is read-only."""
    pixels = np.arange(side * side, dtype=np.uint16).reshape(side, side)
    pixels.setflags(write=False)
    view = pixels.reshape(-1).view(np.uint8).data
    assert crc32(view) == zlib.crc32(view)
