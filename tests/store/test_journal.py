"""The journal: what is written is read, and nothing else is taken for it."""

from __future__ import annotations

import errno
import json
import os
import re
import tempfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saccade.core import DamagedRunError
from saccade.store import read_lines
from saccade.store._journal import JOURNAL, TORN, JournalWriter, body
from saccade.store._json import dumps, numbers

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def write(folder: Path, *bodies: bytes) -> Path:
    writer = JournalWriter(folder)
    writer.append(bodies)
    writer.close()
    return folder / JOURNAL


def three(folder: Path) -> Path:
    return write(folder, *(body("note", 10 + i, {"text": f"é {i}"}) for i in range(3)))


@settings(deadline=None)
@given(values=st.lists(PLAIN, min_size=1, max_size=5), kind=st.text(), t_ns=st.integers())
def test_what_is_written_is_read(values: list[Any], kind: str, t_ns: int) -> None:
    """Values, kinds and times come back as they were, in order."""
    with tempfile.TemporaryDirectory() as name:
        write(Path(name), *(body(kind, t_ns, {"": value}) for value in values))
        lines = list(read_lines(Path(name)))
    assert [line.n for line in lines] == list(range(len(values)))
    assert {(line.kind, line.t_ns) for line in lines} == {(kind, t_ns)}
    assert [line.value[""] for line in lines] == values


def test_lines_are_strict_json_with_a_checksum_of_what_precedes_it(tmp_path: Path) -> None:
    """Any program can read a line and check it without Saccade."""
    path = write(tmp_path, body("a", 1, {"µ": [float("nan"), float("inf"), 1.5]}))
    (raw,) = path.read_bytes().splitlines()

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    line = json.loads(raw, parse_constant=refuse)
    assert list(line) == ["n", "kind", "t_ns", "value", "crc"]
    assert line["value"] == {"µ": ["NaN", "Infinity", 1.5]}
    checked = raw[: raw.rindex(b',"crc"')]
    assert re.fullmatch(r"[0-9a-f]{8}", line["crc"])
    assert int(line["crc"], 16) == zlib.crc32(checked)


@given(
    value=st.recursive(
        st.floats(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=9
    )
)
def test_numbers_survive_json_whatever_they_are(value: Any) -> None:
    """NaN and the infinities come back as numbers, through strict JSON."""
    read = numbers(json.loads(dumps(value)))
    # Text tells NaN from NaN as equality can't.
    assert repr(read) == repr(value)


def test_text_that_utf8_lacks_is_read_back(tmp_path: Path) -> None:
    """A lone surrogate, as in a damaged file name, survives the journal."""
    write(tmp_path, body("a", 1, {"path": "x\udc80"}))
    assert [line.value for line in read_lines(tmp_path)] == [{"path": "x\udc80"}]


def test_numbers_go_on_from_group_to_group(tmp_path: Path) -> None:
    """Lines are numbered through, however they were grouped."""
    writer = JournalWriter(tmp_path)
    for count in (1, 0, 3, 2):
        writer.append([body("a", 0, {})] * count)
    writer.close()
    assert [line.n for line in read_lines(tmp_path)] == list(range(6))


def test_any_flipped_bit_is_found(tmp_path: Path) -> None:
    """No byte of a journal can change without being noticed, and its line is named."""
    path = three(tmp_path)
    sound = path.read_bytes()
    for place in range(len(sound) - 1):
        flipped = bytearray(sound)
        flipped[place] ^= 1
        path.write_bytes(flipped)
        number = sound[:place].count(b"\n") + 1
        with pytest.raises(DamagedRunError, match=f"line {number} of {JOURNAL}"):
            list(read_lines(tmp_path))


def test_journal_cut_short_anywhere_keeps_its_whole_lines(tmp_path: Path) -> None:
    """Whatever a crash leaves of the last line, the lines before it are read."""
    path = three(tmp_path)
    sound = path.read_bytes()
    for size in range(len(sound)):
        path.write_bytes(sound[:size])
        lines = list(read_lines(tmp_path))
        count = sound[:size].count(b"\n")
        assert [line.kind for line in lines[:count]] == ["note"] * count
        torn = not (size == 0 or sound[:size].endswith(b"\n"))
        assert [line.kind for line in lines[count:]] == [TORN] * torn


def dropped(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[2]]


def doubled(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[1], lines[1], lines[2]]


def swapped(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[2], lines[1]]


def blank(lines: list[bytes]) -> list[bytes]:
    return [lines[0], b"\n", *lines[1:]]


@pytest.mark.parametrize("change", [dropped, doubled, swapped, blank])
def test_lines_can_not_go_or_come(tmp_path: Path, change: Any) -> None:
    """A line that is missing, doubled, moved or empty is damage, though each is sound."""
    path = three(tmp_path)
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))
    with pytest.raises(DamagedRunError, match=r"line [23] of"):
        list(read_lines(tmp_path))


def test_group_that_is_not_synced_is_not_in_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk refuses to sync a group, none of it can be found later."""
    writer = JournalWriter(tmp_path)
    writer.append([body("a", 0, {})])

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            writer.append([body("b", 0, {}), body("c", 0, {})])
    writer.append([body("d", 0, {})])
    writer.close()
    assert [line.kind for line in read_lines(tmp_path)] == ["a", "d"]


def test_journal_is_never_overwritten(tmp_path: Path) -> None:
    """A folder that has a journal gets no second one."""
    path = three(tmp_path)
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        JournalWriter(tmp_path)
    assert path.read_bytes() == before
