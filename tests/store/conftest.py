"""Runs to store and read back, whose pixels tell the index of their frame."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from useq import MDAEvent

from saccade.core import Frame, Gap, Pixels, Record, Verdict
from saccade.store import Recorder, claim_folder, write_run_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Make = Callable[..., Any]


def coded(index: int, shape: tuple[int, int] = (12, 16), dtype: str = "uint16") -> Pixels:
    """Return pixels that no other index has, read-only."""
    height, width = shape
    pixels = (np.arange(height * width).reshape(shape) * 3 + index * 7) % 251
    pixels = pixels.astype(dtype)
    pixels.setflags(write=False)
    return pixels


def make_frame(index: int, shape: tuple[int, int] = (12, 16), **settings: Any) -> Frame:
    dtype = settings.pop("dtype", "uint16")
    settings = {"event": MDAEvent(index={"t": index}), "stream": "watch"} | settings
    pixels = coded(index, shape, dtype)
    return Frame(pixels=pixels, index=index, exposure_ms=20.0, t_ns=1000 + index, **settings)


def make_gap(index: int, stream: str = "watch", **index_of: int) -> Record:
    event = MDAEvent(index=index_of or {"t": index})
    return Record("gap", 1000 + index, Gap(index, stream, event, reason="the stage did not arrive"))


@pytest.fixture(scope="session")
def frame_at() -> Callable[..., Frame]:
    """Make a frame whose pixels tell its index."""
    return make_frame


@pytest.fixture(scope="session")
def gap_at() -> Callable[..., Record]:
    """Make the record of a gap."""
    return make_gap


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Claim a run folder, and write its run.json."""
    path = claim_folder(tmp_path / "run")
    write_run_json(path, {"name": "test"})
    return path


@pytest.fixture
def record(folder: Path) -> Callable[..., Path]:
    """Record frames and records, close with the true verdict, and return the folder."""

    def recorded(*items: Frame | Record, verdict: bool = True) -> Path:
        recorder = Recorder(folder)
        for item in items:
            recorder.frame(item) if isinstance(item, Frame) else recorder.note(item)
        frames = sum(isinstance(item, Frame) for item in items)
        gaps = sum(isinstance(item, Record) and item.kind == "gap" for item in items)
        counts = {"planned": frames + gaps, "committed": frames, "gaps": gaps}
        name = "completed_with_gaps" if gaps else "completed"
        recorder.close(Verdict(name, **counts) if verdict else None)
        return folder

    return recorded


@pytest.fixture
def run(
    record: Callable[..., Any], frame_at: Callable[..., Any], gap_at: Callable[..., Any]
) -> Path:
    """Record seven planned pictures, one of them a gap, in two streams."""
    pictures = [frame_at(i) for i in range(3)]
    return record(  # type: ignore[no-any-return]
        *pictures,
        gap_at(3),
        Record("note", 9, {"a": 1}),
        frame_at(4),
        *map(frame_at, (5, 6), [(6, 8)] * 2),
    )


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    left = [thread.name for thread in threading.enumerate() if thread not in before]
    assert not left, f"threads left behind: {left}"
