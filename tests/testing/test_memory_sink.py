"""A sink that keeps the last frames and records in memory."""

from __future__ import annotations

import pytest

from saccade.core import Gap, Record, Sink, StoreError, Verdict
from saccade.testing import MemorySink, frames_of


def filled(sink: MemorySink, count: int = 4) -> MemorySink:
    for frame in frames_of([0.0] * count):
        sink.frame(frame)
        sink.note(Record("note", frame.t_ns, frame.index))
    return sink


def test_it_keeps_all_in_order():
    """Frames and records are where they came."""
    sink: Sink = filled(MemorySink())
    assert isinstance(sink, MemorySink)
    assert [record.kind for record in sink.records] == ["frame", "note"] * 4
    assert sink.of("note") == [0, 1, 2, 3]
    assert [frame.index for frame in sink.frames] == [0, 1, 2, 3]
    assert sink.committed == 4
    assert sink.flush(0)


def test_it_is_bounded():
    """The oldest go first; the count goes on."""
    sink = filled(MemorySink(room=3), 9)
    assert len(sink.records) == 3
    assert sink.of("note")[-1] == 8
    assert sink.committed == 9


def test_from_a_failure_on_it_always_fails():
    """A disk that failed once is not used again."""
    sink = MemorySink(fails_at=1)
    first, second, third = frames_of([0, 0, 0])
    assert sink.frame(first)
    for write in (
        lambda: sink.frame(second),
        lambda: sink.frame(third),
        lambda: sink.note(Record("note", 0, 0)),
        lambda: sink.flush(1),
    ):
        with pytest.raises(StoreError, match="told to fail"):
            write()
    assert sink.committed == 1


def test_a_frame_without_room_becomes_a_gap():
    """It says so, and does not count it."""
    sink = MemorySink(full_at={1})
    assert [sink.frame(frame) for frame in frames_of([0, 0, 0])] == [True, False, True]
    (gap,) = sink.of("gap")
    assert isinstance(gap, Gap)
    assert gap.index == 1
    assert sink.committed == 2


def test_closed_is_closed():
    """Nothing is kept after the verdict."""
    calls: list[str] = []
    sink = MemorySink(calls=calls)
    sink.close(Verdict("completed"))
    assert (sink.closed, str(sink.verdict), calls) == (True, "completed", ["close"])
    with pytest.raises(StoreError, match="closed"):
        sink.note(Record("note", 0, 0))
