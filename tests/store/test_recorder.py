"""What a recorder acknowledges is on the disk, in order, under the right name."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saccade.core import (
    FolderError,
    Observation,
    Record,
    Sink,
    StoreError,
    Verdict,
)
from saccade.store import Recorder, RunFolder, claim_folder, read_lines, verify, write_run_json
from saccade.store._shard import ABSENT, read_index

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Make = Callable[..., Any]


def rows(folder: Path) -> list[tuple[Any, int, int]]:
    """Return stream, row and index of every frame and gap."""
    return [
        (line.value["path"], line.value["row"], line.value["index"])
        for line in read_lines(folder)
        if line.kind in {"frame", "gap"}
    ]


def test_recorder_is_a_sink(folder: Path, frame_at: Make) -> None:
    """The recorder has the shape that a run needs."""
    recorder: Sink = Recorder(folder)
    recorder.frame(frame_at(0))
    recorder.note(Record("note", 1, {"a": 1}))
    assert recorder.flush(30)
    assert recorder.committed == 1
    recorder.close(Verdict("completed", planned=1, committed=1))
    assert verify(folder).ok


def test_every_frame_comes_back(record: Make, frame_at: Make) -> None:
    """Frames are read back with their own pixels, past every growth of the array."""
    folder = record(*(frame_at(i) for i in range(600)))
    frames = list(RunFolder(folder).frames())
    assert [frame.index for frame in frames] == list(range(600))
    for frame in frames:
        np.testing.assert_array_equal(frame.pixels, frame_at(frame.index).pixels)
        assert not frame.pixels.flags.writeable
    assert verify(folder).ok


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int16", "uint16", "uint32", "float32", ">u2"])
def test_pixels_of_every_type_come_back(record: Make, frame_at: Make, dtype: str) -> None:
    """Whatever a camera gives comes back equal, also in foreign byte order and all black."""
    first = frame_at(0, dtype=dtype)
    black = replace(frame_at(1, dtype=dtype), pixels=np.zeros_like(first.pixels))
    folder = record(first, black)
    back = list(RunFolder(folder).frames())
    np.testing.assert_array_equal(back[0].pixels, first.pixels)
    np.testing.assert_array_equal(back[1].pixels, black.pixels)
    assert back[0].pixels.dtype == first.pixels.dtype.newbyteorder("=")
    assert verify(folder).ok


def test_crops_of_a_larger_picture_come_back(record: Make, frame_at: Make) -> None:
    """A view that is not contiguous is stored as what it shows."""
    pixels = frame_at(0, (40, 50)).pixels[3:30:2, 5:40:3]
    folder = record(replace(frame_at(0), pixels=pixels))
    np.testing.assert_array_equal(RunFolder(folder).frame(0).pixels, pixels)


def test_change_of_roi_opens_a_stream(record: Make, frame_at: Make) -> None:
    """Frames of another shape go to a stream of their own, and back when the shape is."""
    shapes = [(12, 16), (12, 16), (6, 8), (12, 16), (6, 8)]
    folder = record(*(frame_at(i, shape) for i, shape in enumerate(shapes)))
    assert rows(folder) == [
        ("watch", 0, 0),
        ("watch", 1, 1),
        ("watch-2", 0, 2),
        ("watch", 2, 3),
        ("watch-2", 1, 4),
    ]
    assert RunFolder(folder).streams == ("watch", "watch-2")
    assert [frame.index for frame in RunFolder(folder).frames("watch-2")] == [2, 4]
    assert {frame.stream for frame in RunFolder(folder).frames()} == {"watch"}
    assert verify(folder).ok


@pytest.mark.parametrize("change", [{"dtype": "uint8"}, {"pixel_size_um": 0.5}])
def test_change_of_what_pixels_mean_opens_a_stream(
    record: Make, frame_at: Make, change: dict[str, Any]
) -> None:
    """Another dtype or pixel size is another image, though the shape is the same."""
    folder = record(frame_at(0), frame_at(1, **change))
    assert rows(folder) == [("watch", 0, 0), ("watch-2", 0, 1)]
    assert verify(folder).ok


@pytest.mark.parametrize(
    ("roles", "streams"),
    [
        pytest.param(["watch", "burst"], ["watch", "burst"], id="plain"),
        pytest.param(["../../etc", ".."], ["etc", "stream"], id="leading out"),
        pytest.param(["a/b", "a b"], ["a-b", "a-b-2"], id="same after cleaning"),
        pytest.param(["Cell", "cell"], ["Cell", "cell-2"], id="letter case"),
        pytest.param(["OME", "nul"], ["stream-OME", "stream-nul"], id="reserved"),
        pytest.param(["", "zarr.json"], ["stream", "zarr-json"], id="empty, or a file of Zarr"),
    ],
)
def test_roles_become_safe_names(
    record: Make, frame_at: Make, roles: list[str], streams: list[str]
) -> None:
    """Any text can be a role: its frames stay apart, within the folder, and keep the role."""
    folder = record(*(frame_at(i, stream=role) for i, role in enumerate(roles)))
    assert RunFolder(folder).streams == tuple(streams)
    assert [frame.stream for frame in RunFolder(folder).frames()] == roles
    assert verify(folder).ok


def test_gaps_keep_their_row(record: Make, frame_at: Make, gap_at: Make) -> None:
    """A gap leaves an empty row, before the first frame as well, so that nothing shifts."""
    folder = record(gap_at(0), gap_at(1), frame_at(2), gap_at(3), frame_at(4), gap_at(5))
    assert rows(folder) == [
        (None, 0, 0),
        (None, 1, 1),
        ("watch", 2, 2),
        ("watch", 3, 3),
        ("watch", 4, 4),
        ("watch", 5, 5),
    ]
    array = folder / "frames.ome.zarr" / "watch" / "0"
    assert [path.name for path in array.glob("c.*")] == ["c.0.0.0"]
    index = read_index(array / "c.0.0.0", 1024)
    assert index is not None
    assert np.flatnonzero(index[:, 0] != ABSENT).tolist() == [2, 4]
    report = verify(folder)
    assert (report.ok, report.frames, report.gaps) == (True, 2, 4)


def test_gaps_of_one_role_do_not_shift_another(record: Make, frame_at: Make, gap_at: Make) -> None:
    """Each role has rows of its own, and a gap goes to the shape that the role had last."""
    folder = record(
        gap_at(0, "burst"),
        frame_at(1),
        frame_at(2, (6, 8)),
        gap_at(3),
        frame_at(4),
        frame_at(5, stream="burst"),
    )
    assert rows(folder) == [
        (None, 0, 0),
        ("watch", 0, 1),
        ("watch-2", 0, 2),
        ("watch-2", 1, 3),
        ("watch", 1, 4),
        ("burst", 1, 5),
    ]
    assert verify(folder).ok


ITEMS = st.lists(
    st.one_of(
        st.tuples(st.just("frame"), st.sampled_from(["a", "b"]), st.sampled_from([4, 5])),
        st.tuples(st.just("gap"), st.sampled_from(["a", "b"])),
        st.tuples(st.just("note"), st.integers()),
    ),
    max_size=25,
)


@settings(max_examples=25, deadline=None)
@given(items=ITEMS)
def test_lines_are_in_the_order_of_the_calls(
    tmp_path_factory: pytest.TempPathFactory, frame_at: Make, gap_at: Make, items: list[Any]
) -> None:
    """Whatever is mixed, the journal holds it in order and the folder verifies."""
    folder = claim_folder(tmp_path_factory.mktemp("run"))
    write_run_json(folder, {})
    recorder = Recorder(folder)
    for index, (kind, what, *size) in enumerate(items):
        if kind == "frame":
            recorder.frame(frame_at(index, (size[0], size[0]), stream=what))
        else:
            recorder.note(gap_at(index, what) if kind == "gap" else Record("note", 0, {"a": what}))
    kinds = [kind for kind, *_ in items]
    recorder.close(Verdict("completed", committed=kinds.count("frame"), gaps=kinds.count("gap")))
    lines = list(read_lines(folder))
    assert [line.kind for line in lines] == [*kinds, "verdict"]
    places = [line.value.get("index", index) for index, line in enumerate(lines[:-1])]
    assert places == list(range(len(items)))
    assert verify(folder).problems == ()


def test_reused_buffers_do_no_harm(folder: Path, frame_at: Make) -> None:
    """A frame whose pixels can still be written is stored as it was handed over."""
    recorder = Recorder(folder)
    buffer = np.empty((64, 64), "uint16")
    for index in range(50):
        buffer[:] = index
        recorder.frame(replace(frame_at(index), pixels=buffer))
    recorder.close()
    assert [int(frame.pixels.min()) for frame in RunFolder(folder).frames()] == list(range(50))


@pytest.mark.parametrize(
    "pixels",
    [
        pytest.param(np.zeros((4, 5, 3), "uint8"), id="colour"),
        pytest.param(np.zeros((0, 5), "uint8"), id="empty"),
        pytest.param(np.zeros((4, 5), "complex64"), id="complex"),
        pytest.param(np.array([["a"]]), id="text"),
    ],
)
def test_what_is_no_picture_is_refused_at_once(folder: Path, frame_at: Make, pixels: Any) -> None:
    """The caller that hands over something else gets the error, and the run goes on."""
    recorder = Recorder(folder)
    with pytest.raises(StoreError, match="Frame 0 can't be stored"):
        recorder.frame(replace(frame_at(0), pixels=pixels))
    recorder.frame(frame_at(1))
    recorder.close()
    assert [frame.index for frame in RunFolder(folder).frames()] == [1]


@pytest.mark.parametrize(
    "record_",
    [
        Record("frame", 0, {"index": 1}),
        Record("verdict", 0, {}),
        Record("torn", 0, {}),
        Record("gap", 0, {"index": 1}),
    ],
    ids=lambda record: record.kind,
)
def test_lines_can_not_be_forged(folder: Path, record_: Record) -> None:
    """Kinds that the recorder vouches for can't be noted as anything else."""
    recorder = Recorder(folder)
    with pytest.raises(StoreError):
        recorder.note(record_)
    recorder.close()
    assert not list(read_lines(folder))


def test_event_with_odd_metadata_is_recorded(record: Make, frame_at: Make) -> None:
    """What a script puts into an event's metadata can't stop the recorder."""
    frame = frame_at(0)
    odd = {"array": np.arange(3), "nan": float("nan"), "object": object, "path": frame}
    folder = record(replace(frame, event=frame.event.replace(metadata=odd)))
    assert verify(folder).ok
    assert set(RunFolder(folder).frame(0).event.metadata) == set(odd)


def test_closed_recorder_takes_nothing(folder: Path, frame_at: Make) -> None:
    """After the close each call is a named error, and closing again changes nothing."""
    recorder = Recorder(folder)
    recorder.frame(frame_at(0))
    recorder.close(Verdict("completed", planned=1, committed=1))
    before = (folder / "journal.jsonl").read_bytes()
    with pytest.raises(StoreError, match="closed"):
        recorder.frame(frame_at(1))
    with pytest.raises(StoreError, match="closed"):
        recorder.note(Record("note", 0, {}))
    recorder.close(Verdict("failed"))
    assert recorder.flush(1)
    assert (folder / "journal.jsonl").read_bytes() == before


def test_run_without_a_verdict_is_whole_but_not_closed(record: Make, frame_at: Make) -> None:
    """Closing without a verdict commits everything and says no more than that."""
    folder = record(frame_at(0), frame_at(1), verdict=False)
    report = verify(folder)
    assert (report.frames, report.unclosed, report.verdict) == (2, True, None)
    assert report.problems == (report.problems[0],)
    assert "was not closed" in report.problems[0]


def test_second_recorder_is_refused(folder: Path, frame_at: Make) -> None:
    """A folder that holds a recording is never written into again."""
    recorder = Recorder(folder)
    recorder.frame(frame_at(0))
    recorder.close()
    with pytest.raises(FolderError, match="already"):
        Recorder(folder)
    assert RunFolder(folder).frame(0).index == 0


def test_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """The recorder creates no folder by itself."""
    with pytest.raises(FolderError):
        Recorder(tmp_path / "nowhere")
    assert not list(tmp_path.iterdir())


def test_frames_from_many_threads_are_all_stored(folder: Path, frame_at: Make) -> None:
    """Notes from other threads mix with frames without a loss."""
    recorder = Recorder(folder)

    def note(thread: int) -> None:
        for i in range(100):
            recorder.note(Record("note", i, {"thread": thread, "i": i}))

    threads = [threading.Thread(target=note, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for index in range(100):
        recorder.frame(frame_at(index))
    for thread in threads:
        thread.join(30)
    recorder.close(Verdict("completed", planned=100, committed=100))
    notes = [line.value for line in read_lines(folder) if line.kind == "note"]
    for k in range(4):
        assert [note["i"] for note in notes if note["thread"] == k] == list(range(100))
    assert verify(folder).ok


def test_observation_with_a_label_image_is_noted_without_it(record: Make, frame_at: Make) -> None:
    """Label images don't go into lines; what was measured does."""
    seen = Observation(0.5, labels=np.ones((500, 500), "int32"), measurements={"cells": 3.0})
    folder = record(frame_at(0), Record("observation", 5, seen))
    assert list(RunFolder(folder).observations()) == [seen]
    assert (folder / "journal.jsonl").stat().st_size < 3000
