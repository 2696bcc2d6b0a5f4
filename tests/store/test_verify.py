"""Whatever is wrong with a run folder is found, and named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from damages import (
    change_dtype,
    change_index,
    cut_journal,
    cut_shard,
    flip_index,
    flip_line,
    flip_pixel,
    lengthen_array,
    lengthen_shard,
    lose_array,
    lose_journal,
    lose_line,
    lose_run_json,
    lose_shard,
    lose_stream,
    shorten_array,
    swap_frames,
    tear_line,
    write_on,
)

from saccade.core import FolderError, Verdict
from saccade.store import Recorder, Report, read_lines, verify
from saccade.store._journal import JOURNAL, JournalWriter, body

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Make = Callable[..., Any]

DAMAGES = [
    pytest.param(flip_pixel, ["Frame 2", "checksum"], id="flipped byte in a frame"),
    pytest.param(cut_shard, ["Frame 4", "missing", "c.0.0.0"], id="shard cut short"),
    pytest.param(lengthen_shard, ["watch/0/c.0.0.0", "no sound index"], id="shard too long"),
    pytest.param(lose_shard, ["Frame 1", "c.0.0.0"], id="missing shard"),
    pytest.param(swap_frames, ["Frame 1", "checksum"], id="frames swapped"),
    pytest.param(flip_index, ["watch/0/c.0.0.0", "no sound index"], id="flipped byte in an index"),
    pytest.param(change_index, ["watch-2/0/c.0.0.0", "row 1"], id="index of another frame"),
    pytest.param(lose_array, ["'watch'", "zarr.json"], id="missing array"),
    pytest.param(lose_stream, ["Frame 5", "'watch-2'"], id="missing stream"),
    pytest.param(change_dtype, ["Frame 0", "int16"], id="other dtype"),
    pytest.param(shorten_array, ["'watch' declares 3 rows"], id="array too short"),
    pytest.param(lengthen_array, ["'watch' declares 8 rows"], id="array too long"),
    pytest.param(flip_line, ["line 2 of journal.jsonl"], id="flipped byte in a line"),
    pytest.param(lose_line, ["line 2 of journal.jsonl", "number 2"], id="missing line"),
    pytest.param(tear_line, ["last line of journal.jsonl"], id="torn line"),
    pytest.param(cut_journal, ["was not closed"], id="journal cut short"),
    pytest.param(lose_journal, ["journal.jsonl", "No such file"], id="missing journal"),
    pytest.param(write_on, ["after the verdict"], id="line after the verdict"),
    pytest.param(lose_run_json, ["run.json"], id="missing run.json"),
]


def test_sound_run_has_no_problem(run: Path) -> None:
    """What was recorded and closed is reported as it is."""
    verdict = Verdict("completed_with_gaps", planned=7, committed=6, gaps=1)
    assert verify(run) == Report(
        ok=True,
        frames=6,
        gaps=1,
        streams=("watch", "watch-2"),
        verdict=verdict,
        problems=(),
        torn=False,
        unclosed=False,
    )


@pytest.mark.parametrize(("damage", "words"), DAMAGES)
def test_damage_is_found_and_named(run: Path, damage: Make, words: list[str]) -> None:
    """Each way to damage a run is found, named in one sentence, and never raised."""
    damage(run)
    report = verify(run)
    assert not report.ok
    assert any(all(word in problem for word in words) for problem in report.problems), (
        report.problems
    )
    assert not any("tensorstore_spec" in problem for problem in report.problems)


@pytest.mark.parametrize(("damage", "words"), DAMAGES)
def test_check_changes_nothing(run: Path, damage: Make, words: list[str]) -> None:
    """Verifying a damaged run leaves every byte of it as it was."""
    damage(run)
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    verify(run)
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


def test_one_damaged_line_hides_no_other_damage(run: Path) -> None:
    """The check goes on behind a damaged line, and names what it finds there."""
    flip_line(run)
    flip_pixel(run)
    problems = "\n".join(verify(run).problems)
    assert "line 2 of journal.jsonl" in problems
    assert "Frame 2" in problems


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (Verdict("completed", committed=3), "3 frames; there are 2"),
        (Verdict("completed", committed=2, gaps=1), "1 gaps; there are 0"),
    ],
)
def test_verdict_that_claims_more_is_found(
    folder: Path, frame_at: Make, verdict: Verdict, words: str
) -> None:
    """A verdict that doesn't match what is there is a problem."""
    recorder = Recorder(folder)
    recorder.frame(frame_at(0))
    recorder.frame(frame_at(1))
    recorder.close(verdict)
    (problem,) = verify(folder).problems
    assert words in problem


@pytest.mark.parametrize("indices", [[0, 0], [1, 0], [0, 2, 1]])
def test_indices_must_rise(folder: Path, frame_at: Make, indices: list[int]) -> None:
    """Two frames of one number, or out of order, are a problem."""
    recorder = Recorder(folder)
    for index in indices:
        recorder.frame(frame_at(index))
    recorder.close(Verdict("completed", committed=len(indices)))
    (problem,) = verify(folder).problems
    assert f"index {indices[-1]} follows" in problem


def test_planned_picture_that_is_passed_over_is_found(run: Path) -> None:
    """Rows that don't follow each other are a problem, though each line is sound."""
    lines = [line for line in read_lines(run) if line.kind != "gap"]
    (run / JOURNAL).unlink()
    writer = JournalWriter(run)
    writer.append([body(line.kind, line.t_ns, line.value) for line in lines])
    writer.close()
    row, count = verify(run).problems
    assert "row 4 of 'watch', where 3 was due" in row
    assert "1 gaps; there are 0" in count


FRAME_VALUE = {
    "index": 0,
    "stream": "watch",
    "path": "watch",
    "row": 0,
    "crc32": 0,
    "shape": [12, 16],
    "dtype": "uint16",
}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        pytest.param("frame", {}, id="frame without a place"),
        pytest.param("frame", None, id="frame without a value"),
        pytest.param("frame", FRAME_VALUE | {"path": "../../.."}, id="path that leads out"),
        pytest.param("frame", FRAME_VALUE | {"row": -1}, id="negative row"),
        pytest.param("frame", FRAME_VALUE | {"index": "a"}, id="index that is no number"),
        pytest.param("gap", {"reason": "x"}, id="gap without a place"),
        pytest.param("verdict", {"unknown": 1}, id="verdict of another version"),
        pytest.param("verdict", [1], id="verdict that is a list"),
    ],
)
def test_sound_lines_with_senseless_content_are_named(run: Path, kind: str, value: object) -> None:
    """Content that no recorder writes is a problem that names the line, never a crash."""
    (run / JOURNAL).unlink()
    writer = JournalWriter(run)
    writer.append([body("note", 0, {}), body(kind, 0, value)])
    writer.close()
    report = verify(run)
    assert any(f"Line 2 of {JOURNAL}" in problem for problem in report.problems)


def test_what_is_no_run_is_a_usage_error(tmp_path: Path) -> None:
    """There is nothing to report of a folder that is no run."""
    with pytest.raises(FolderError):
        verify(tmp_path)
