"""A run whose process died, or whose files were damaged, is mended, or what is gone is named."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import damages
import numpy as np
import pytest
import tensorstore as ts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saccade.core import (
    DamagedRunError,
    FolderError,
    RunBusyError,
    SaccadeError,
    UsageError,
    Verdict,
)
from saccade.store import Recorder, RunFolder, read_lines, recover, verify
from saccade.store import _mend as mend
from saccade.store._journal import JOURNAL

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[..., Any]

FRAMES = "frames.ome.zarr"


def read_streams(run: Path) -> dict[str, Any]:
    """Read every row of every stream with tensorstore; gaps are zero."""
    found = {}
    for group in (run / FRAMES).iterdir():
        array = group / "0"
        if not array.exists():
            continue
        spec = {"driver": "zarr3", "kvstore": {"driver": "file", "path": f"{array.as_posix()}/"}}
        found[group.name] = ts.open(spec, open=True, read=True).result(30).read().result(30)
    return found


def contents(run: Path) -> dict[str, bytes]:
    files = {path for path in run.rglob("*") if path.is_file()}
    return {str(path.relative_to(run)): path.read_bytes() for path in files}


def cut(path: Path, size: int) -> None:
    with path.open("r+b") as file:
        file.truncate(size)


class Case(NamedTuple):
    """What a recovery must find in the run of seven, six of them frames."""

    damage: Callable[[Path], None]
    frames: int = 6
    gone: tuple[int, ...] = ()
    words: tuple[str, ...] = ()
    """Of one problem that is left; none is left without."""
    whole: bool = True
    """Whether the folder verifies afterwards."""


CASES = {
    "flipped byte in a frame": Case(damages.flip_pixel, 5, (2,), ("Frame 2", "checksum"), False),
    "shard cut short": Case(damages.cut_shard, 5, (4,), ("Frame 4",), False),
    "shard too long": Case(damages.lengthen_shard),
    "missing shard": Case(damages.lose_shard, 2, (0, 1, 2, 4), ("Frame 1", "c.0.0.0"), False),
    "frames swapped": Case(damages.swap_frames, 4, (0, 1), ("Frame 0", "checksum"), False),
    "flipped byte in an index": Case(damages.flip_index),
    "index of another frame": Case(damages.change_index),
    "missing array": Case(damages.lose_array),
    "missing stream": Case(damages.lose_stream, 4, (5, 6), ("Frame 5", "watch-2"), False),
    "other dtype": Case(damages.change_dtype),
    "array too short": Case(damages.shorten_array),
    "array too long": Case(damages.lengthen_array),
    "flipped byte in a line": Case(damages.flip_line, 5, (), ("line 2", "1 to 1"), False),
    "missing line": Case(damages.lose_line, 5, (), ("line 2", "number 2"), False),
    "torn line": Case(damages.tear_line),
    "journal cut short": Case(damages.cut_journal, 5),
    "missing journal": Case(damages.lose_journal, 0, (), ("journal.jsonl is missing",), False),
    "line after the verdict": Case(damages.write_on, whole=False),
    "missing run.json": Case(damages.lose_run_json, words=("run.json",), whole=False),
}


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES.items()])
def test_whatever_is_damaged_is_mended_or_named(run: Path, case: Case) -> None:
    """Each damage ends in a whole run, or in a sentence that says what is gone."""
    case.damage(run)
    result = recover(run)
    assert (result.frames, result.gone) == (case.frames, case.gone)
    assert result.ok == (not case.words)
    if case.words:
        assert any(all(word in problem for word in case.words) for problem in result.problems)
    assert verify(run).ok == case.whole, verify(run).problems


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES.items()])
def test_doing_it_again_changes_nothing(run: Path, case: Case) -> None:
    """A second recovery finds the same, has nothing to do, and leaves every byte as it is."""
    case.damage(run)
    first = recover(run)
    before = contents(run)
    second = recover(run)
    assert second.mended == ()
    assert contents(run) == before
    assert (second.ok, second.frames, second.gone) == (first.ok, first.frames, first.gone)


@pytest.mark.parametrize("name", [name for name in CASES if name != "missing journal"])
def test_other_programs_read_what_is_left(run: Path, frame_at: Make, name: str) -> None:
    """After a recovery tensorstore opens every stream, and finds each whole frame in its row."""
    CASES[name].damage(run)
    result = recover(run)
    streams = read_streams(run)
    lines = [line for line in damages.scan(run) if getattr(line, "kind", "") == "frame"]
    assert len(lines) == result.frames + len(result.gone)
    for line in lines:
        if line.value["index"] not in result.gone:
            shape = tuple(line.value["shape"])
            meant = frame_at(line.value["index"], shape).pixels
            np.testing.assert_array_equal(streams[line.value["path"]][line.value["row"]], meant)


def test_lost_byte_that_the_index_replaces_is_no_loss(run: Path) -> None:
    """Where the index happens to begin as the lost bytes did, the frame is whole, at once."""
    path, place = damages.in_shard(run, 4)
    cut(path, place.stop - 1)
    result = recover(run)
    assert (result.ok, result.gone) == (True, ())
    assert recover(run).mended == ()
    assert verify(run).ok


def test_sound_run_is_left_alone(run: Path) -> None:
    """There is nothing to mend of a run that was closed, and its verdict stays."""
    before = contents(run)
    result = recover(run)
    assert result.ok
    assert result.mended == ()
    assert result.verdict == Verdict("completed_with_gaps", planned=7, committed=6, gaps=1)
    assert contents(run) == before


def test_recovered_run_never_becomes_completed(record: Make, frame_at: Make) -> None:
    """A run that nobody closed is ``failed``, with a line that tells what was done to it."""
    folder = record(frame_at(0), frame_at(1), verdict=False)
    result = recover(folder)
    assert result.verdict == RunFolder(folder).verdict
    assert result.verdict is not None
    assert (result.verdict.name, result.verdict.committed) == ("failed", 2)
    assert "not closed" in result.verdict.reason
    *_, recovery, verdict = read_lines(folder)
    assert (recovery.kind, verdict.kind) == ("recovery", "verdict")
    assert recovery.value["gone"] == []
    assert recovery.t_ns == 1001


def test_what_is_gone_is_told_in_bounds(record: Make, frame_at: Make) -> None:
    """However many frames are gone, a hundred are told of, and all are listed, as ranges."""
    folder = record(*(frame_at(index) for index in range(130)), verdict=False)
    (shard,) = (folder / FRAMES).rglob("c.*")
    cut(shard, 3 * frame_at(0).pixels.nbytes)
    result = recover(folder)
    assert result.gone == tuple(range(3, 130))
    assert len(result.problems) == 101
    assert "27 more frames" in result.problems[-1]
    recovery = [line.value for line in read_lines(folder) if line.kind == "recovery"]
    assert recovery[0]["gone"] == [[3, 129]]


def test_what_can_not_be_read_is_not_given_up(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fails to read is a problem that is named; once it reads, all is there."""
    real = Path.open

    def fail(path: Path, *args: Any, **options: Any) -> Any:
        if path.name.startswith("c."):
            raise OSError(5, "Input/output error")
        return real(path, *args, **options)

    before = contents(run)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", fail)
        problems = verify(run).problems
        assert any("Frame 0" in one and "Input/output error" in one for one in problems)
        with pytest.raises(FolderError, match="Input/output error"):
            recover(run)
    assert {name: contents(run)[name] for name in before} == before
    assert verify(run).ok
    assert recover(run).mended == ()


def test_nothing_is_destroyed(run: Path) -> None:
    """What a recovery takes out of the run is set aside, whole."""
    damages.tear_line(run)
    torn = (run / JOURNAL).read_bytes().rpartition(b"\n")[2]
    damages.change_dtype(run)
    metadata = (run / damages.ARRAY / "zarr.json").read_bytes()
    recover(run)
    assert (run / mend.SET_ASIDE / "journal.jsonl-tail").read_bytes() == torn
    assert (run / mend.SET_ASIDE / "zarr.json").read_bytes() == metadata


def test_stream_that_was_never_acknowledged_is_set_aside(run: Path) -> None:
    """Pixels without a line are no frames: their stream goes, and its bytes stay."""
    stream = run / FRAMES / "burst" / "0"
    stream.mkdir(parents=True)
    (stream / "c.0.0.0").write_bytes(b"half a shard")
    result = recover(run)
    assert result.ok
    assert not (run / FRAMES / "burst").exists()
    aside = run / mend.SET_ASIDE / "burst" / "0" / "c.0.0.0"
    assert aside.read_bytes() == b"half a shard"
    assert set(read_streams(run)) == {"watch", "watch-2"}


@pytest.mark.parametrize("left", ["run.json", "journal", "root", "half a stream"])
def test_process_that_died_at_its_start_is_recovered(folder: Path, left: str) -> None:
    """However little there is, the run becomes a failed one without frames."""
    root = folder / FRAMES
    if left != "run.json":
        (folder / JOURNAL).touch()
    if left in {"root", "half a stream"}:
        root.mkdir()
    if left == "half a stream":
        (root / "watch").mkdir()
    result = recover(folder)
    assert result.ok
    assert (result.frames, result.verdict and result.verdict.name) == (0, "failed")
    assert verify(folder).ok
    assert read_streams(folder) == {}
    assert recover(folder).mended == ()


def test_damaged_end_of_the_journal_is_remembered(run: Path) -> None:
    """Whole lines at the end that are damaged were perhaps acknowledged: that stays a problem."""
    damages.edit(run / JOURNAL, lambda content: content.__setitem__(len(content) - 30, 0))
    for _ in range(2):
        result = recover(run)
        assert not result.ok
        assert "damaged" in result.problems[-1]
        assert "damaged lines at the end" in verify(run).problems[0]
    assert result.verdict is not None
    assert result.verdict.name == "failed"


def test_run_that_goes_on_is_refused(folder: Path, frame_at: Make) -> None:
    """While a recorder is open nothing is mended; once it is closed, it may be."""
    recorder = Recorder(folder)
    recorder.frame(frame_at(0))
    assert recorder.flush(30)
    with pytest.raises(RunBusyError, match="being written") as caught:
        recover(folder)
    assert caught.value.do
    recorder.frame(frame_at(1))
    recorder.close(Verdict("completed", planned=2, committed=2))
    assert recover(folder).mended == ()


HOLD = """
import sys, time
from pathlib import Path
from saccade.store._lock import FolderLock
lock = FolderLock(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(100)
"""


def test_lock_ends_with_its_process(run: Path) -> None:
    """Another process that holds the folder keeps it until it is killed, and not longer."""
    child = subprocess.Popen([sys.executable, "-c", HOLD, str(run)], stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None
        assert child.stdout.readline().strip() == b"held"
        with pytest.raises(RunBusyError):
            recover(run)
    finally:
        child.kill()
        child.communicate(timeout=30)
    assert recover(run).ok


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    """There is nothing to recover of a folder that is no run, and nothing is written there."""
    with pytest.raises(FolderError):
        recover(tmp_path)
    assert not list(tmp_path.iterdir())


def test_disk_that_refuses_is_a_named_error(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk is full, the error says that nothing is lost, and later it is mended."""
    damages.flip_index(run)

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(mend, "append_index", refuse)
        with pytest.raises(FolderError, match="No space left") as caught:
            recover(run)
    assert "nothing is lost" in caught.value.do
    assert recover(run).ok


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_cut_anywhere_it_keeps_what_is_whole(
    run: Path, frame_at: Make, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Wherever journal and shards end, lines that are whole keep the frames that are."""
    sound, run = run, tmp_path_factory.mktemp("cut") / "run"
    shutil.copytree(sound, run)
    for path in (JOURNAL, f"{FRAMES}/watch/0/c.0.0.0", f"{FRAMES}/watch-2/0/c.0.0.0"):
        size = (run / path).stat().st_size
        cut(run / path, data.draw(st.just(size) | st.integers(0, size), label=path))
    lines = [line for line in read_lines(run) if line.kind == "frame"]
    whole = [line.value["index"] for line in lines if is_there(run, line)]
    result = recover(run)
    assert result.frames == len(whole)
    assert sorted({*whole, *result.gone}) == [line.value["index"] for line in lines]
    streams = read_streams(run)
    for line in lines:
        if line.value["index"] in whole:
            pixels = frame_at(line.value["index"], tuple(line.value["shape"])).pixels
            np.testing.assert_array_equal(streams[line.value["path"]][line.value["row"]], pixels)
    assert recover(run).mended == ()
    assert verify(run).ok == (not result.gone)


def is_there(run: Path, line: Any) -> bool:
    try:
        RunFolder(run).frame(line.value["index"])
    except (DamagedRunError, UsageError):
        return False
    return True


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damage_is_a_crash(
    run: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Whatever bytes change in whatever file, the answer is a report or a named error."""
    sound, run = run, tmp_path_factory.mktemp("hit") / "run"
    shutil.copytree(sound, run)
    files = sorted(path for path in run.rglob("*") if path.is_file() and path.stat().st_size)
    for path in data.draw(st.lists(st.sampled_from(files), min_size=1, max_size=3, unique=True)):
        content = bytearray(path.read_bytes())
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=40))
        path.write_bytes(content)
    try:
        recover(run)
        assert recover(run).mended == ()
    except SaccadeError:
        pass
