"""Checksums of the store, as fast as the machine can work them out."""

from __future__ import annotations

from fastcrc.crc32 import iscsi, iso_hdlc


def crc32(data: bytes | memoryview) -> int:
    """Return the CRC-32 of pixels: that of zlib, gzip and PNG, the same as `zlib.crc32`.

    Parameters
    ----------
    data : bytes or memoryview
        Contiguous. Other threads go on meanwhile.
    """
    return iso_hdlc(data)


def crc32c(data: bytes | memoryview) -> int:
    """Return the CRC-32C of an index of a shard, as Zarr demands it (RFC 3720, 12.1).

    Parameters
    ----------
    data : bytes or memoryview
        Contiguous.
    """
    return iscsi(data)
