"""A run folder from a stranger is read, and mended, inside itself."""

from __future__ import annotations

import json
import os
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from saccade.core import DamagedRunError, FolderError, StoreError
from saccade.store import RunFolder, checksum, export_ome_tiff, read_lines, recover, verify
from saccade.store._disk import write_whole
from saccade.store._journal import JOURNAL, body

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FRAMES = "frames.ome.zarr"
KEPT = b"what belongs to somebody else"


def rewrite(run: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the value of the first frame, with a checksum that holds."""
    lines = (run / JOURNAL).read_bytes().splitlines(keepends=True)
    for place, raw in enumerate(lines):
        line = json.loads(raw)
        if line["kind"] == "frame":
            change(line["value"])
            checked = b'{"n":%d,%s' % (line["n"], body("frame", line["t_ns"], line["value"]))
            lines[place] = b'%s,"crc":"%08x"}\n' % (checked, zlib.crc32(checked))
            break
    (run / JOURNAL).write_bytes(b"".join(lines))


def link(place: Path, target: Path) -> None:
    if place.is_dir():
        place.rename(place.with_name("moved"))
    else:
        place.unlink(missing_ok=True)
    try:
        place.symlink_to(target, target_is_directory=target.is_dir())
    except OSError:
        pytest.skip("this user may make no links here")


@pytest.mark.parametrize(
    "place",
    [
        JOURNAL,
        "run.json",
        "recorder.lock",
        "set-aside",
        FRAMES,
        f"{FRAMES}/watch",
        f"{FRAMES}/watch/0",
        f"{FRAMES}/watch/0/c.0.0.0",
        f"{FRAMES}/watch/0/zarr.json",
        f"{FRAMES}/watch/0/zarr.json.tmp",
        f"{FRAMES}/OME/zarr.json",
    ],
)
def test_no_link_is_followed(run: Path, tmp_path: Path, place: str) -> None:
    """Neither reading nor mending goes through a link; what it points to stays as it is."""
    outside = tmp_path / "outside"
    if (run / place).is_dir() or place == "set-aside":
        outside.mkdir()
    else:
        outside.write_bytes(KEPT)
    link(run / place, outside)
    for use in (RunFolder, verify, recover, checksum):
        with pytest.raises(FolderError, match="is a link"):
            use(run)
    with pytest.raises(FolderError, match="is a link"):
        export_ome_tiff(run, tmp_path / "tiff")
    assert outside.is_dir() or outside.read_bytes() == KEPT
    assert not outside.is_dir() or not list(outside.iterdir())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_no_journal(run: Path) -> None:
    """What would keep a reader waiting for ever is refused at once."""
    (run / JOURNAL).unlink()
    (run / "run.json").rename(run / "run.json")
    os.mkfifo(run / JOURNAL)
    with pytest.raises(FolderError, match="no file at all"):
        verify(run)


def test_the_folder_itself_may_be_a_link(run: Path, tmp_path: Path) -> None:
    """Runs may lie on another disk than they seem to."""
    link(tmp_path / "elsewhere", run)
    assert verify(tmp_path / "elsewhere").ok


def test_nothing_is_written_through_a_draft(tmp_path: Path) -> None:
    """A link in the place of a draft is replaced, not followed."""
    outside = tmp_path / "outside"
    outside.write_bytes(KEPT)
    link(tmp_path / "a.json.tmp", outside)
    write_whole(tmp_path / "a.json", b"new")
    assert outside.read_bytes() == KEPT
    assert (tmp_path / "a.json").read_bytes() == b"new"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("path", "../../outside"),
        ("path", "/outside"),
        ("path", "C:outside"),
        ("path", "OME"),
        ("path", "NUL"),
        ("path", "a" * 200),
        ("path", None),
        ("path", 5),
        ("row", -1),
        ("row", 2**70),
        ("row", True),
        ("index", "0"),
        ("index", 1e300),
        ("shape", [2**31, 2**31]),
        ("shape", [1e400, 5]),
        ("shape", "12"),
        ("dtype", "object"),
        ("dtype", [["a", "O"]]),
        ("shard_rows", 2**60),
        ("shard_rows", 0),
        ("offset", 2**70),
        ("offset", -1),
        ("nbytes", 2**40),
        ("crc32", None),
        ("crc32", "0"),
    ],
)
def test_a_line_that_asks_for_too_much_is_named(
    run: Path, tmp_path: Path, field: str, value: object
) -> None:
    """With a checksum that holds, a hostile place or size is damage, and touches nothing else."""
    before = {path for path in tmp_path.rglob("*") if run not in path.parents}
    rewrite(run, lambda line: line.update({field: value}))
    assert not verify(run).ok
    with pytest.raises(DamagedRunError):
        list(RunFolder(run).frames())
    assert not recover(run).ok
    assert {path for path in tmp_path.rglob("*") if run not in path.parents} == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("event", 5),
        ("event", {"index": "x"}),
        ("event", {"slm_image": {"device": "S", "data": {"shape": [4], "dtype": "O"}}}),
        ("exposure_ms", "long"),
        ("x_um", [1]),
        ("x_um", 10**400),
        ("roi", [1, 2]),
        ("affine", 5),
        ("light_mw", [1]),
        ("times", {"asked": "now"}),
        ("times", {"later": 5}),
        ("properties", 5),
        ("pixel_size_um", 10**400),
    ],
)
def test_a_frame_that_was_none_is_damage(run: Path, field: str, value: object) -> None:
    """What a line says of a frame is held against what a frame is."""
    rewrite(run, lambda line: line.update({field: value}))
    with pytest.raises(DamagedRunError, match="tells no frame"):
        list(RunFolder(run).frames())
    assert any("tells no frame" in problem for problem in verify(run).problems)
    recover(run)


def test_a_mask_cannot_unpack_to_more_than_it_says(run: Path) -> None:
    """A few kilobytes that would become gigabytes are refused after the first byte too many."""
    import base64

    packed = base64.b64encode(zlib.compress(bytes(2**26), 9)).decode()
    for shape in ([2, 2], [2**40], [-1], [2**70, 0]):
        mask = {"shape": shape, "dtype": "|u1", "zlib_base64": packed}
        event = {"slm_image": {"device": "SLM", "exposure": None, "data": mask}}
        rewrite(run, lambda line, event=event: line.update(event=event))
        with pytest.raises(DamagedRunError, match="tells no frame"):
            list(RunFolder(run).frames())


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(json.loads("[" * 70 + "]" * 70), id="levels"),
        pytest.param([0] * 1_000_001, id="values"),
        pytest.param("x" * 2**26, id="bytes"),
    ],
)
def test_no_line_is_written_that_could_not_be_read(value: object) -> None:
    """What a reader would refuse is refused by the writer, and named."""
    with pytest.raises(StoreError, match="can't be stored"):
        body("note", 0, value)


def test_an_endless_line_is_one_flaw(run: Path) -> None:
    """A line of any length costs no more memory than the longest one that is allowed."""
    with (run / JOURNAL).open("ab") as file:
        for _ in range(70):
            file.write(b"x" * 2**20)
        file.write(b"\n")
    with pytest.raises(DamagedRunError, match="fails its checksum"):
        list(read_lines(run))
    result = recover(run)
    assert result.frames == 6
    assert any("damaged" in problem for problem in result.problems)


@pytest.mark.parametrize("text", ["[" * 100_000, "[]", "5", "{", '{"a": ' * 100])
def test_what_a_run_says_of_itself_is_bounded(run: Path, text: str) -> None:
    """A run.json that is no mapping, or nests without end, is damage."""
    (run / "run.json").write_text(text, encoding="utf-8")
    with pytest.raises(DamagedRunError):
        _ = RunFolder(run).run
    assert not verify(run).ok


def test_a_hostile_line_begins_no_export(run: Path, tmp_path: Path) -> None:
    """What no frame could say is damage before the first file is begun."""
    for change in (
        {"event": []},
        {"y_um": "far"},
        {"event": {"index": {"p": "x"}}},
        {"shape": [0, 5]},
    ):
        rewrite(run, lambda line, change=change: line.update(change))
        with pytest.raises(DamagedRunError):
            export_ome_tiff(run, tmp_path / "tiff")
        assert not list((tmp_path / "tiff").glob("*"))
    (run / JOURNAL).unlink()
    with pytest.raises(DamagedRunError, match="can't be read"):
        export_ome_tiff(run, tmp_path / "tiff")
