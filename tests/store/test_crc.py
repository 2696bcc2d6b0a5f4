"""The checksums: fast, and those that every other program knows."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saccade.store._crc import crc32, crc32c


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


@pytest.mark.parametrize(
    ("content", "checksum"),
    [
        (b"", 0),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (b"123456789", 0xE3069283),
    ],
)
def test_an_index_has_the_checksum_of_zarr(content: bytes, checksum: int) -> None:
    """The examples of RFC 3720 (B.4), which is where Zarr's CRC-32C comes from."""
    assert crc32c(content) == checksum
