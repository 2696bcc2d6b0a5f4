"""A journal that is read while it is written: all of it, once, and nothing half."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saccade.core import DamagedRunError
from saccade.store import Tail, read_lines
from saccade.store._journal import JOURNAL, JournalWriter, body


def journal(folder: Path, count: int) -> bytes:
    writer = JournalWriter(folder)
    writer.append([body("note", n, {"text": "µ" * n}) for n in range(count)])
    writer.close()
    return (folder / JOURNAL).read_bytes()


@given(st.lists(st.integers(1, 400), max_size=12), st.integers(1, 12))
def test_wherever_the_writer_is_each_line_comes_whole_and_once(
    steps: list[int], count: int
) -> None:
    """Cut at any bytes, the pieces give the same lines as the whole."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole = journal(folder, count)
        expected, tail, found = list(read_lines(folder)), Tail(folder), []
        end = 0
        for step in [*steps, len(whole)]:
            end = min(end + step, len(whole))
            (folder / JOURNAL).write_bytes(whole[:end])
            found += tail.take()
        assert found == expected
        assert tail.take() == []


def test_a_line_that_is_not_what_was_written_is_named(tmp_path: Path) -> None:
    """Whoever follows is told of the damage, and where."""
    whole = journal(tmp_path, 3)
    (tmp_path / JOURNAL).write_bytes(whole.replace(b'"kind":"note"', b'"kind":"nope"', 1))
    with pytest.raises(DamagedRunError, match="checksum"):
        Tail(tmp_path).take()


def test_a_journal_that_is_gone_is_named(tmp_path: Path) -> None:
    """No traceback of the file system."""
    with pytest.raises(DamagedRunError, match=r"journal\.jsonl can't be read"):
        Tail(tmp_path).take()
