"""One number for all that a run holds."""

from __future__ import annotations

import json

import pytest

from saccade.core import DamagedRunError, FolderError, Verdict, VirtualClock
from saccade.store import Recorder, checksum, recover, verify, write_run_json
from saccade.store import _shard as shards
from saccade.testing import frame_of

FACTS = {"name": "a", "started": "2026-01-01", "platform": "Linux", "versions": {"numpy": "2"}}


def record(folder, facts=FACTS, level=7, flush_each=False):
    folder.mkdir()
    write_run_json(folder, facts)
    recorder = Recorder(folder, clock=VirtualClock(5))
    for index in range(3):
        recorder.frame(frame_of([[level, index]], index))
        if flush_each:
            assert recorder.flush(10)
    recorder.close(Verdict("completed", planned=3, committed=3))
    return folder


def test_equal_runs_have_equal_sums(tmp_path):
    """Lines, pixels and settings are the same, and so is the sum; verify tells the same one."""
    first, second = (record(tmp_path / name) for name in ("one", "two"))
    assert checksum(first) == checksum(second) == verify(first).checksum
    assert len(bytes.fromhex(checksum(first))) == 32


def shard_files(folder):
    return sorted((folder / "frames.ome.zarr").rglob("c.*"))


def test_the_layout_of_files_does_not_count(tmp_path, monkeypatch):
    """Frames in one shard or in three, synced one by one or together: the sum is the same."""
    together = record(tmp_path / "together")
    one_by_one = record(tmp_path / "one_by_one", flush_each=True)
    monkeypatch.setattr(shards, "_SHARD_BYTES", 1)
    apart = record(tmp_path / "apart")
    assert len(shard_files(together)) == 1
    assert len(shard_files(apart)) == 3
    assert checksum(together) == checksum(one_by_one) == checksum(apart) == verify(apart).checksum


def test_a_recovery_that_lost_nothing_does_not_count(tmp_path):
    """A missing index is written again, the journal tells so, and the sum is as it was."""
    folder = record(tmp_path / "run")
    before, lines = checksum(folder), len(list_lines(folder))
    (shard,) = shard_files(folder)
    shard.write_bytes(shard.read_bytes()[:-1])
    assert recover(folder).ok
    assert len(list_lines(folder)) == lines + 1
    assert checksum(folder) == verify(folder).checksum == before


def test_a_recovery_that_lost_lines_leaves_no_sum(tmp_path):
    """Damaged lines are cut off and told of; what is left is not the run."""
    folder = record(tmp_path / "run")
    journal = folder / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b'"index":2', b'"index":9'))
    assert not recover(folder).ok
    with pytest.raises(DamagedRunError):
        checksum(folder)
    assert verify(folder).checksum == ""


def list_lines(folder):
    return (folder / "journal.jsonl").read_bytes().splitlines()


@pytest.mark.parametrize(
    "facts",
    [
        {**FACTS, "started": "2027-02-02", "platform": "macOS", "versions": {}, "clock": {"x": 1}},
        {**FACTS, "python": "3.13"},
    ],
)
def test_wall_time_and_machine_do_not_count(tmp_path, facts):
    """The same run elsewhere and at another time has the same sum."""
    assert checksum(record(tmp_path / "a")) == checksum(record(tmp_path / "b", facts))


@pytest.mark.parametrize("change", ["pixels", "settings"])
def test_whatever_else_differs_shows(tmp_path, change):
    """Another grey level, or another setting, gives another sum."""
    one = record(tmp_path / "a")
    facts = {**FACTS, "name": "b"} if change == "settings" else FACTS
    other = record(tmp_path / "b", facts, level=8 if change == "pixels" else 7)
    assert checksum(one) != checksum(other)


def test_versions_of_drivers_do_not_count(tmp_path):
    """What the core says of itself is the machine's; what is simulated is not."""
    stand = {"name": "s", "details": {"core": "12.5", "sim": {"seed": 1}}}
    newer = {**stand, "details": {**stand["details"], "core": "13"}}
    other = {**stand, "details": {**stand["details"], "sim": {"seed": 2}}}
    sums = [
        checksum(record(tmp_path / str(n), {**FACTS, "stand": each}))
        for n, each in enumerate((stand, newer, other))
    ]
    assert sums[0] == sums[1] != sums[2]


def test_a_damaged_run_has_no_sum(tmp_path):
    """What can't be read is an error, and verify leaves the sum out."""
    folder = record(tmp_path / "run")
    journal = folder / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b'"index":1', b'"index":9'))
    with pytest.raises(DamagedRunError):
        checksum(folder)
    assert verify(folder).checksum == ""
    with pytest.raises(FolderError):
        checksum(tmp_path / "nothing")


def test_the_verdict_is_stamped_by_the_clock_of_the_run(tmp_path):
    """Its line has the clock's time, so that two runs in virtual time are equal to the end."""
    last = record(tmp_path / "run").joinpath("journal.jsonl").read_bytes().splitlines()[-1]
    assert json.loads(last)["t_ns"] == 5
