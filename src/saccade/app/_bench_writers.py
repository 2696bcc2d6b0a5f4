"""Who writes pictures to the disk in the benchmark of stores, each in the way it is meant to."""

from __future__ import annotations

import os
from collections import deque
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from useq import MDAEvent

from saccade.core import Frame, Verdict
from saccade.store import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from saccade.core import Pixels

RAW, OURS = "raw sequential", "Saccade"
_TIMEOUT_S = 300.0
# What each may hold in memory while the disk is busy.
QUEUE_MB = 256
# Larger calls are slower on Linux; the disk is to be seen at its best.
_CALL_BYTES = 512 * 1024
_SHARD_BYTES = 128 * 2**20


class Writer(Protocol):
    """Takes pictures one by one; what was appended is on the disk once it is closed."""

    def append(self, pixels: Pixels, index: int) -> None:
        """Take a picture."""

    def close(self) -> None:
        """Wait until all is on the disk."""


def writers() -> dict[str, Callable[[Path, tuple[int, int]], Writer]]:
    """Return who there is, by name; acquire-zarr only where it is installed."""
    found: dict[str, Callable[[Path, tuple[int, int]], Writer]] = {
        RAW: _Raw,
        OURS: _Saccade,
        "tensorstore, a chunk a frame": _Tensorstore,
    }
    if find_spec("acquire_zarr") is not None:
        found["acquire-zarr, sharded"] = _AcquireZarr
    return found


class _Raw:
    """One file, one picture behind the other, one sync at the end: what the disk can do."""

    def __init__(self, folder: Path, _: tuple[int, int]) -> None:
        self._file = (folder / "raw").open("xb", buffering=0)

    def append(self, pixels: Pixels, _: int) -> None:
        data = pixels.reshape(-1).view(np.uint8).data
        for start in range(0, data.nbytes, _CALL_BYTES):
            self._file.write(data[start : start + _CALL_BYTES])

    def close(self) -> None:
        os.fsync(self._file.fileno())
        self._file.close()


class _Saccade:
    """The recorder as a run has it, lines of the journal included."""

    def __init__(self, folder: Path, _: tuple[int, int]) -> None:
        self._recorder = Recorder(folder, queue_mb=QUEUE_MB, patience_s=_TIMEOUT_S)

    def append(self, pixels: Pixels, index: int) -> None:
        event = MDAEvent(index={"t": index}, exposure=1.0)
        self._recorder.frame(Frame(pixels, index, "watch", event, 1.0, index))

    def close(self) -> None:
        self._recorder.flush(_TIMEOUT_S)
        count = self._recorder.committed
        self._recorder.close(Verdict("completed", planned=count, committed=count))


class _Tensorstore:
    """One chunk file a picture, synced; a bounded number is on the way."""

    def __init__(self, folder: Path, shape: tuple[int, int]) -> None:
        import tensorstore

        chunks = {"name": "regular", "configuration": {"chunk_shape": [1, *shape]}}
        metadata = {"shape": [2**20, *shape], "data_type": "uint16", "chunk_grid": chunks}
        place = {"driver": "file", "path": f"{(folder / 'chunks').as_posix()}/"}
        spec = {"driver": "zarr3", "kvstore": place, "metadata": metadata}
        self._array = tensorstore.open(spec, create=True).result(timeout=_TIMEOUT_S)
        self._most = max(1, QUEUE_MB * 2**20 // (shape[0] * shape[1] * 2))
        self._commits: deque[Any] = deque()

    def append(self, pixels: Pixels, index: int) -> None:
        write = self._array[index].write(pixels, can_reference_source_data_indefinitely=True)
        self._commits.append(write.commit)
        if len(self._commits) > self._most:
            self._commits.popleft().result(timeout=_TIMEOUT_S)

    def close(self) -> None:
        while self._commits:
            self._commits.popleft().result(timeout=_TIMEOUT_S)


class _AcquireZarr:
    """Shards as large as ours; what is appended is safe only once the stream is closed."""

    def __init__(self, folder: Path, shape: tuple[int, int]) -> None:
        import acquire_zarr as az

        height, width = shape
        rows = max(1, min(1024, _SHARD_BYTES // (height * width * 2)))
        space = az.DimensionType.SPACE
        dimensions = [
            az.Dimension(
                name="t",
                kind=az.DimensionType.TIME,
                array_size_px=0,
                chunk_size_px=1,
                shard_size_chunks=rows,
            ),
            *(
                az.Dimension(
                    name=name,
                    kind=space,
                    array_size_px=size,
                    chunk_size_px=size,
                    shard_size_chunks=1,
                )
                for name, size in (("y", height), ("x", width))
            ),
        ]
        array = az.ArraySettings(dimensions=dimensions, data_type=az.DataType.UINT16)
        path = str(folder / "stream.zarr")
        self._stream = az.ZarrStream(az.StreamSettings(arrays=[array], store_path=path))

    def append(self, pixels: Pixels, _: int) -> None:
        self._stream.append(pixels)

    def close(self) -> None:
        self._stream.close()
