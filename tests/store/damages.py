"""Ways in which a run folder can be damaged; each takes the folder of `runs`."""

from __future__ import annotations

import json
import shutil
import zlib
from typing import TYPE_CHECKING, Any

from saccade.store import Line
from saccade.store._journal import JOURNAL, body, scan
from saccade.store._shard import append_index, read_index

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ARRAY = "frames.ome.zarr/watch/0"


def edit(path: Path, change: Callable[[bytearray], object]) -> None:
    content = bytearray(path.read_bytes())
    change(content)
    path.write_bytes(content)


def in_shard(run: Path, index: int) -> tuple[Path, slice]:
    """Return the file that holds a frame, and where in it."""
    values = [line.value for line in scan(run) if isinstance(line, Line) and line.kind == "frame"]
    value = next(value for value in values if value["index"] == index)
    start = value["offset"]
    shard = f"c.{value['row'] // value['shard_rows']}.0.0"
    array = run / "frames.ome.zarr" / value["path"] / "0"
    return array / shard, slice(start, start + value["nbytes"])


def flip_pixel(run: Path) -> None:
    path, place = in_shard(run, 2)

    def flip(content: bytearray) -> None:
        content[place.start + 11] ^= 1

    edit(path, flip)


def cut_shard(run: Path) -> None:
    path, place = in_shard(run, 4)
    edit(path, lambda content: content.__delitem__(slice(place.stop - 2, None)))


def lengthen_shard(run: Path) -> None:
    edit(in_shard(run, 0)[0], lambda content: content.append(0))


def lose_shard(run: Path) -> None:
    in_shard(run, 1)[0].unlink()


def swap_frames(run: Path) -> None:
    path, first = in_shard(run, 0)
    _, second = in_shard(run, 1)

    def swap(content: bytearray) -> None:
        content[first], content[second] = content[second], content[first]

    edit(path, swap)


def flip_index(run: Path) -> None:
    def flip(content: bytearray) -> None:
        content[-10] ^= 1

    edit(in_shard(run, 0)[0], flip)


def change_index(run: Path) -> None:
    path, _ = in_shard(run, 5)
    index = read_index(path, 1024)
    assert index is not None
    index[1] = index[0]
    append_index(path, index)


def lose_array(run: Path) -> None:
    (run / ARRAY / "zarr.json").unlink()


def lose_stream(run: Path) -> None:
    shutil.rmtree(run / "frames.ome.zarr" / "watch-2")


def change_metadata(run: Path, **change: Any) -> None:
    path = run / ARRAY / "zarr.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | change), encoding="utf-8")


def change_dtype(run: Path) -> None:
    change_metadata(run, data_type="int16")


def shorten_array(run: Path) -> None:
    change_metadata(run, shape=[3, 12, 16])


def lengthen_array(run: Path) -> None:
    change_metadata(run, shape=[8, 12, 16])


def flip_line(run: Path) -> None:
    def flip(content: bytearray) -> None:
        content[content.index(b'"index":1') + 8] ^= 1

    edit(run / JOURNAL, flip)


def lose_line(run: Path) -> None:
    lines = (run / JOURNAL).read_bytes().splitlines(keepends=True)
    (run / JOURNAL).write_bytes(b"".join(lines[:1] + lines[2:]))


def tear_line(run: Path) -> None:
    edit(run / JOURNAL, lambda content: content.__delitem__(slice(-20, None)))


def cut_journal(run: Path) -> None:
    lines = (run / JOURNAL).read_bytes().splitlines(keepends=True)
    (run / JOURNAL).write_bytes(b"".join(lines[:-2]))


def lose_journal(run: Path) -> None:
    (run / JOURNAL).unlink()


def write_on(run: Path) -> None:
    last = json.loads((run / JOURNAL).read_bytes().splitlines()[-1])
    line = b'{"n":%d,%s' % (last["n"] + 1, body("note", 0, {}))
    with (run / JOURNAL).open("ab") as file:
        file.write(b'%s,"crc":"%08x"}\n' % (line, zlib.crc32(line)))


def lose_run_json(run: Path) -> None:
    (run / "run.json").unlink()
