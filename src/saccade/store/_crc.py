"""CRC-32 of pixels: that of zlib, gzip and PNG, as fast as the machine can work it out."""

from __future__ import annotations

from fastcrc.crc32 import iso_hdlc


def crc32(data: bytes | memoryview) -> int:
    """Return the CRC-32 of bytes, the same as `zlib.crc32` does.

    Parameters
    ----------
    data : bytes or memoryview
        Contiguous. Other threads go on meanwhile.
    """
    return iso_hdlc(data)
