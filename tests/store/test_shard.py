"""Shards are what Zarr 3 says they are, at every instant, and grow without a loss."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tensorstore as ts
from hypothesis import given, settings
from hypothesis import strategies as st

from saccade.store import _disk, _pixel_writer
from saccade.store._disk import write_buffers
from saccade.store._shard import (
    ABSENT,
    ShardWriter,
    append_index,
    empty_index,
    read_index,
    shard_rows,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Make = Callable[..., Any]


def view(*content: bytes) -> list[memoryview]:
    return [memoryview(one) for one in content]


@pytest.mark.parametrize(
    ("frame_bytes", "rows"),
    [
        pytest.param(2, 1024, id="tiny frames: a small index"),
        pytest.param(256 * 256 * 2, 1024, id="256²"),
        pytest.param(512 * 512 * 2, 256, id="512²"),
        pytest.param(2048 * 2048 * 2, 16, id="2048²"),
        pytest.param(2**30, 1, id="larger than a shard"),
    ],
)
def test_shards_are_bounded_in_bytes_and_rows(frame_bytes: int, rows: int) -> None:
    """A shard holds 128 MiB or 1024 frames, and one frame at least."""
    assert shard_rows(frame_bytes) == rows


def test_frames_are_appended_and_the_index_follows_them(tmp_path: Path) -> None:
    """After each sync the file is frames, one behind the other, and an index of all of them."""
    path = tmp_path / "c.0.0.0"
    shard = ShardWriter(path, 4)
    assert shard.add(0, memoryview(b"abc")) == 0
    shard.sync()
    assert shard.add(2, memoryview(b"defgh")) == 3
    assert shard.add(3, memoryview(b"i")) == 8
    shard.sync()
    assert path.read_bytes()[:9] == b"abcdefghi"
    assert path.stat().st_size == 9 + 4 * 16 + 4
    index = read_index(path, 4)
    assert index is not None
    assert index.tolist() == [[0, 3], [ABSENT, ABSENT], [3, 5], [8, 1]]


def test_nothing_to_sync_makes_no_file(tmp_path: Path) -> None:
    """A shard of gaps alone is not there at all."""
    ShardWriter(tmp_path / "c.0.0.0", 4).sync()
    assert not list(tmp_path.iterdir())


def test_shard_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    """A file of the name of a new shard is an error, and stays as it was."""
    path = tmp_path / "c.0.0.0"
    path.write_bytes(b"precious")
    shard = ShardWriter(path, 4)
    shard.add(0, memoryview(b"abc"))
    with pytest.raises(FileExistsError):
        shard.sync()
    assert path.read_bytes() == b"precious"


@pytest.mark.parametrize("fails_at", [0, 1, 2], ids=["write", "half a write", "sync"])
def test_failed_group_leaves_what_was_there_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    """When the disk refuses a group, the shard is that of the groups before, index and all."""
    path = tmp_path / "c.0.0.0"
    shard = ShardWriter(path, 4)
    shard.add(0, memoryview(b"abc"))
    shard.sync()
    before = path.read_bytes()

    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def write_half(file: Any, buffers: list[memoryview]) -> int:
        file.write(buffers[0][:2])
        refuse()
        return 0

    # Only the first time: what puts the index back has room, since it was there before.
    names = ["_write_some", "_write_some", "_sync_data"]
    real = getattr(_disk, names[fails_at])
    turns = iter([write_half if fails_at == 1 else refuse])
    monkeypatch.setattr(_disk, names[fails_at], lambda *args: next(turns, real)(*args))
    shard.add(1, memoryview(b"defgh"))
    with pytest.raises(OSError, match="No space"):
        shard.sync()
    assert path.read_bytes() == before


def test_frames_are_written_early_and_acknowledged_late(tmp_path: Path) -> None:
    """Large frames go out at once, but the index tells of them only after the sync."""
    path = tmp_path / "c.0.0.0"
    shard = ShardWriter(path, 2)
    frame = bytes(range(256)) * (2**15)
    shard.add(0, memoryview(frame))
    assert path.read_bytes() == frame
    assert read_index(path, 2) is None
    shard.sync()
    index = read_index(path, 2)
    assert index is not None
    assert index.tolist() == [[0, len(frame)], [ABSENT, ABSENT]]


def test_early_write_that_fails_fails_the_sync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A frame that was refused early is never synced, and a new shard of it is not left."""
    shard = ShardWriter(tmp_path / "c.0.0.0", 2)

    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(_disk, "_write_some", refuse)
        with pytest.raises(OSError, match="No space"):
            shard.add(0, memoryview(bytes(2**23)))
    with pytest.raises(OSError, match="No space"):
        shard.sync()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("damage", ["empty", "short", "flipped", "none"])
def test_index_that_is_not_sound_is_none(tmp_path: Path, damage: str) -> None:
    """An index is what was written, or it is not taken for one."""
    path = tmp_path / "c.0.0.0"
    append_index(path, empty_index(4))
    content = bytearray(path.read_bytes())
    content[5] ^= 1
    changed = {"empty": b"", "short": content[1:], "flipped": content}
    if damage == "none":
        path.unlink()
    else:
        path.write_bytes(changed[damage])
    assert read_index(path, 4) is None


@settings(max_examples=25)
@given(
    content=st.lists(st.binary(max_size=9), max_size=12),
    takes=st.lists(st.integers(1, 20), min_size=200, max_size=200),
    has_writev=st.booleans(),
)
def test_buffers_are_written_whole_however_the_system_takes_them(
    tmp_path_factory: pytest.TempPathFactory,
    content: list[bytes],
    takes: list[int],
    has_writev: bool,
) -> None:
    """All bytes arrive in order where the system takes a few at a time, or one buffer a call."""
    path = tmp_path_factory.mktemp("some") / "file"
    left = iter(takes)

    def take(file: Any, buffers: list[memoryview]) -> int:
        return int(file.write(b"".join(buffers if has_writev else buffers[:1])[: next(left)]))

    with pytest.MonkeyPatch.context() as patch, path.open("wb", buffering=0) as file:
        patch.setattr(_disk, "_write_some", take)
        write_buffers(file, view(*content))
    assert path.read_bytes() == b"".join(content)


@pytest.mark.parametrize(
    ("sizes", "calls"),
    [
        pytest.param([3, 3, 3], [9], id="small ones together"),
        pytest.param([2**18] * 5, [2**19, 2**19, 2**18], id="in calls of half a MiB"),
        pytest.param([2**20 + 1], [2**19, 2**19, 1], id="large ones in parts"),
        pytest.param([2**19 - 1, 2], [2**19 - 1, 2], id="never more than that"),
        pytest.param([1] * 600, [512, 88], id="and in 512 buffers"),
    ],
)
def test_calls_are_neither_large_nor_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sizes: list[int], calls: list[int]
) -> None:
    """A call of 2 MiB or more makes Linux slow, and one a frame makes the interpreter slow."""
    real, asked = _disk._write_some, []

    def note(file: Any, buffers: list[memoryview]) -> int:
        asked.append(sum(buffer.nbytes for buffer in buffers))
        return real(file, buffers)

    monkeypatch.setattr(_disk, "_write_some", note)
    with (tmp_path / "file").open("wb", buffering=0) as file:
        write_buffers(file, view(*(bytes(size) for size in sizes)))
    assert asked == calls
    assert (tmp_path / "file").stat().st_size == sum(sizes)


def test_systems_without_vectors_write_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no ``writev``, each buffer is a call."""
    monkeypatch.delattr(os, "writev", raising=False)
    with (tmp_path / "file").open("wb", buffering=0) as file:
        write_buffers(file, view(b"ab", b"", b"c"))
    assert (tmp_path / "file").read_bytes() == b"abc"


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pixel_writer, "shard_rows", lambda _: 4)


def test_runs_of_many_shards_are_read_by_tensorstore(
    small_shards: None, record: Make, frame_at: Make, gap_at: Make
) -> None:
    """Every frame is in its row for tensorstore, over shards that are full, broken and absent."""
    gaps = {1, 4, 5, 6, 7, 9}
    folder = record(*(gap_at(i) if i in gaps else frame_at(i) for i in range(11)))
    array = folder / "frames.ome.zarr" / "watch" / "0"
    assert sorted(path.name for path in array.glob("c.*")) == ["c.0.0.0", "c.2.0.0"]
    spec = {"driver": "zarr3", "kvstore": {"driver": "file", "path": f"{array.as_posix()}/"}}
    rows = ts.open(spec, open=True, read=True).result(30).read().result(30)
    assert len(rows) == 11
    for index, row in enumerate(rows):
        meant = np.zeros((12, 16)) if index in gaps else frame_at(index).pixels
        np.testing.assert_array_equal(row, meant)
