"""A run folder gives back the values that went into it."""

from __future__ import annotations

import json
import zlib
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from useq import MDAEvent

from saccade.core import (
    DamagedRunError,
    FolderError,
    Frame,
    Identity,
    Observation,
    Point,
    Record,
    Times,
    UsageError,
    Verdict,
    plain,
    plain_frame,
)
from saccade.store import Recorder, RunFolder, claim_folder, verify, write_run_json
from saccade.store._journal import JournalWriter, body

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Make = Callable[..., Any]

NUMBER = st.floats()
MAYBE = st.none() | NUMBER
NS = st.integers(0, 2**62)
PX = st.integers(0, 10_000)
EVENT = st.builds(
    MDAEvent,
    index=st.dictionaries(st.sampled_from(["t", "p", "c", "z", "g"]), st.integers(0, 99)),
    channel=st.none() | st.sampled_from(["FITC", "DAPI"]),
    exposure=st.none() | st.floats(0.1, 1e4),
    min_start_time=st.none() | st.floats(0, 1e6),
    x_pos=MAYBE,
    z_pos=MAYBE,
    pos_name=st.none() | st.text(),
    metadata=st.dictionaries(st.text(), st.integers() | st.text() | st.booleans()),
)
FRAME = st.builds(
    Frame,
    pixels=st.sampled_from([np.arange(20, dtype="uint16").reshape(4, 5), np.eye(3)]),
    index=st.integers(0, 2**53),
    stream=st.text(),
    event=EVENT,
    exposure_ms=NUMBER,
    t_ns=NS,
    x_um=MAYBE,
    y_um=MAYBE,
    z_um=MAYBE,
    channel=st.none() | st.text(),
    roi=st.none() | st.tuples(PX, PX, PX, PX),
    sensor_px=st.none() | st.tuples(PX, PX),
    light_mw=st.dictionaries(st.text(), NUMBER, max_size=3),
    properties=st.dictionaries(st.text(), st.text() | st.sampled_from(["NaN", "Infinity"])),
    pixel_size_um=NUMBER,
    affine=st.tuples(NUMBER, NUMBER, NUMBER, NUMBER),
    retries=st.integers(0, 9),
    times=st.builds(Times, NS, NS, NS, NS, NS),
)
OBSERVATION = st.builds(
    Observation,
    score=NUMBER,
    points=st.lists(st.builds(Point, *[NUMBER] * 5), max_size=3).map(tuple),
    boxes=st.lists(st.tuples(*[NUMBER] * 4), max_size=3).map(tuple),
    measurements=st.dictionaries(st.text(), NUMBER, max_size=3),
    verdict=st.sampled_from(["trusted", "doubtful", "invalid"]),
    detector=st.builds(Identity, st.text(), st.text(), st.text()),
    elapsed_ms=NUMBER,
    frame=st.integers(-1, 10**6),
    stream=st.text(),
    channel=st.none() | st.sampled_from(["FITC", "NaN"]),
    t_ns=NS,
    at_um=st.tuples(MAYBE, MAYBE, MAYBE),
)


@settings(max_examples=40, deadline=None)
@given(frame=FRAME)
def test_frames_come_back_in_every_field(
    tmp_path_factory: pytest.TempPathFactory, frame: Frame
) -> None:
    """A frame survives the folder: pixels, event, positions, light, times, NaN and all."""
    folder = claim_folder(tmp_path_factory.mktemp("run"))
    recorder = Recorder(folder)
    recorder.frame(frame)
    recorder.close()
    (back,) = RunFolder(folder).frames()
    np.testing.assert_array_equal(back.pixels, frame.pixels)
    assert back.pixels.dtype == frame.pixels.dtype
    for name in (entry.name for entry in fields(Frame) if entry.name != "pixels"):
        # Text, since NaN equals nothing.
        assert repr(getattr(back, name)) == repr(getattr(frame, name)), name


@settings(max_examples=40, deadline=None)
@given(seen=st.lists(OBSERVATION, max_size=4))
def test_observations_come_back_in_every_field(
    tmp_path_factory: pytest.TempPathFactory, seen: list[Observation]
) -> None:
    """What was seen survives the folder, numbers that are none included."""
    folder = claim_folder(tmp_path_factory.mktemp("run"))
    recorder = Recorder(folder)
    for observation in seen:
        recorder.note(Record("observation", 0, observation))
    recorder.close()
    back = list(RunFolder(folder).observations())
    assert [repr(one) for one in back] == [repr(one) for one in seen]
    assert [one.elapsed_ms for one in back] == pytest.approx(
        [one.elapsed_ms for one in seen], nan_ok=True
    )


def test_single_frame_is_found_by_its_index(record: Make, frame_at: Make, gap_at: Make) -> None:
    """A frame is asked for by its run-wide number; a gap has none to give."""
    folder = RunFolder(record(frame_at(0), gap_at(1), frame_at(2, (6, 8))))
    np.testing.assert_array_equal(folder.frame(2).pixels, frame_at(2, (6, 8)).pixels)
    for index in (1, 3, -1):
        with pytest.raises(UsageError):
            folder.frame(index)


def test_unknown_stream_is_refused_with_a_hint(record: Make, frame_at: Make) -> None:
    """A misspelt stream is an error that names the closest."""
    folder = RunFolder(record(frame_at(0), frame_at(1, stream="burst")))
    with pytest.raises(UsageError, match="Did you mean 'burst'"):
        list(folder.frames("brust"))


def test_run_and_verdict_are_read(record: Make, frame_at: Make, gap_at: Make) -> None:
    """The folder tells what it started from and how it ended."""
    folder = RunFolder(record(frame_at(0), gap_at(1)))
    assert folder.run == {"name": "test"}
    assert folder.verdict == Verdict("completed_with_gaps", planned=2, committed=1, gaps=1)


def test_run_that_goes_on_can_be_read(folder: Path, frame_at: Make) -> None:
    """What is acknowledged can be read while the recorder is open."""
    recorder = Recorder(folder)
    for index in range(3):
        recorder.frame(frame_at(index))
    assert recorder.flush(30)
    reader = RunFolder(folder)
    assert [frame.index for frame in reader.frames()] == [0, 1, 2]
    recorder.frame(frame_at(3, (6, 8)))
    assert recorder.flush(30)
    assert [frame.index for frame in reader.frames()] == [0, 1, 2, 3]
    assert reader.verdict is None
    recorder.close()


def test_empty_run_can_be_read(record: Make) -> None:
    """A run that ended before its first frame is a run."""
    folder = RunFolder(record())
    assert list(folder.frames()) == []
    assert folder.streams == ()
    assert folder.verdict == Verdict("completed")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        pytest.param("frist", "Did you mean 'first'", id="misspelt"),
        pytest.param("", "such as 'first'", id="folder of runs"),
        pytest.param("first/run.json", "is a file", id="file"),
        pytest.param("first/frames.ome.zarr", "is not a run folder", id="folder inside a run"),
        pytest.param("nowhere/at/all", "is not there", id="nowhere"),
    ],
)
def test_what_is_no_run_is_refused_with_a_hint(
    record: Make, frame_at: Make, name: str, hint: str
) -> None:
    """A path that is no run is an error that helps to find one."""
    folder = record(frame_at(0))
    folder = folder.rename(folder.with_name("first"))
    with pytest.raises(FolderError, match=hint):
        RunFolder(folder.parent / name)


@pytest.mark.parametrize("content", ["", "{", "[1]", "\x00"])
def test_damaged_run_json_is_a_named_error(record: Make, frame_at: Make, content: str) -> None:
    """A run.json that can't be read is damage, not a crash."""
    folder = record(frame_at(0))
    (folder / "run.json").write_text(content, encoding="utf-8")
    with pytest.raises(DamagedRunError, match=r"run\.json"):
        _ = RunFolder(folder).run


def test_pixels_that_changed_are_not_given_out(record: Make, frame_at: Make) -> None:
    """A frame whose pixels are not what was taken is an error, not data."""
    folder = record(frame_at(0), frame_at(1))
    shard = folder / "frames.ome.zarr" / "watch" / "0" / "c.0.0.0"
    content = bytearray(shard.read_bytes())
    content[frame_at(0).pixels.nbytes + 7] ^= 4
    shard.write_bytes(content)
    frames = RunFolder(folder).frames()
    assert next(frames).index == 0
    with pytest.raises(DamagedRunError, match=r"Frame 1 .*checksum"):
        next(frames)


def test_lines_of_other_kinds_are_kept(record: Make, frame_at: Make) -> None:
    """Whatever a run notes is in the journal, beside what it rests on."""
    notes = [Record("state", 1, {"state": "running"}), Record("retry", 2, {"why": "busy"})]
    folder = RunFolder(record(notes[0], frame_at(0), notes[1]))
    kinds = [(line.kind, line.t_ns) for line in folder.lines()][:3]
    assert kinds == [("state", 1), ("frame", 1000), ("retry", 2)]


def test_run_json_can_hold_what_a_run_resolves(tmp_path: Path, frame_at: Make) -> None:
    """Values of the core and useq events can be written into run.json as they are."""
    write_run_json(tmp_path, {"event": frame_at(3).event, "verdict": Verdict("completed")})
    assert RunFolder(tmp_path).run["event"] == {"index": {"t": 3}}


def test_one_stream_can_be_read_alone(record: Make, frame_at: Make) -> None:
    """A stream given by its name yields only frames of that name."""
    folder = record(frame_at(0), replace(frame_at(1), stream="burst"), frame_at(2))
    assert [frame.index for frame in RunFolder(folder).frames("burst")] == [1]


def test_runs_of_one_file_a_frame_can_be_read(folder: Path, frame_at: Make) -> None:
    """The first runs had a chunk file a frame, and lines without a place in it."""
    frames = [frame_at(0), frame_at(1)]
    array = folder / "frames.ome.zarr" / "watch" / "0"
    array.mkdir(parents=True)
    metadata = {"shape": [2, 12, 16], "data_type": "uint16"}
    grid = {"configuration": {"chunk_shape": [1, 12, 16]}}
    (array / "zarr.json").write_text(
        json.dumps(metadata | {"chunk_grid": grid}), encoding="utf-8", newline="\n"
    )
    lines = []
    for row, frame in enumerate(frames):
        (array / f"c.{row}.0.0").write_bytes(frame.pixels.tobytes())
        place = {"path": "watch", "row": row, "crc32": zlib.crc32(frame.pixels.tobytes())}
        lines.append(body("frame", 0, plain_frame(frame) | place))
    journal = JournalWriter(folder)
    journal.append([*lines, body("verdict", 0, plain(Verdict("completed", committed=2)))])
    journal.close()
    for frame, back in zip(frames, RunFolder(folder).frames(), strict=True):
        np.testing.assert_array_equal(back.pixels, frame.pixels)
    assert verify(folder).ok
