"""What is left when the process is killed, or the disk is full: all that was acknowledged."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from saccade.store import RunFolder, read_lines, recover, verify

if TYPE_CHECKING:
    from pathlib import Path

RECORD = """
import sys
import numpy as np
from useq import MDAEvent
from saccade.core import Frame, Gap, Record
from saccade.store import Recorder, claim_folder, write_run_json

folder = claim_folder(sys.argv[1])
write_run_json(folder, {"name": "killed"})
recorder = Recorder(folder)
index = 0
while True:
    event = MDAEvent(index={"t": index})
    if index % 17 == 5:
        gap = Gap(index, "watch", event, "left out")
        recorder.note(Record("gap", index, gap))
    else:
        size = 24 if index % 300 < 200 else 32
        pixels = (np.arange(size * size).reshape(size, size) + index * 7).astype("uint16")
        pixels.setflags(write=False)
        recorder.frame(Frame(pixels, index, "watch", event, 1.0, index))
        recorder.note(Record("note", index, {"text": "seen", "frame": index}))
    index += 1
    print(recorder.committed, flush=True)
"""


def coded(index: int) -> np.ndarray[Any, Any]:
    size = 24 if index % 300 < 200 else 32
    return (np.arange(size * size).reshape(size, size) + index * 7).astype("uint16")


# The long form is SACCADE_KILLS=200.
KILLS = int(os.environ.get("SACCADE_KILLS", "6"))

READ = """
import json, sys, zarr
root = zarr.open_group(sys.argv[1], mode="r")
names = [name for name in root.group_keys() if name != "OME"]
print(json.dumps({name: root[name]["0"][:, 0, 0].tolist() for name in names}))
"""


def corners(root: Path) -> dict[str, list[int]]:
    """Return the first pixel of every row of every stream, as zarr-python reads them."""
    command = [sys.executable, "-c", READ, str(root)]
    done = subprocess.run(command, capture_output=True, check=True, text=True, timeout=100)
    return json.loads(done.stdout)  # type: ignore[no-any-return]


@pytest.mark.parametrize("attempt", range(KILLS))
def test_killed_process_loses_nothing_it_acknowledged(tmp_path: Path, attempt: int) -> None:
    """After a kill at a random instant every acknowledged frame is there, and is itself.

    So it is after a recovery, also for zarr-python, whose gaps are black.
    """
    folder = tmp_path / "run"
    told = tmp_path / "told"
    with told.open("wb") as out:
        child = subprocess.Popen([sys.executable, "-c", RECORD, str(folder)], stdout=out)
        try:
            end = time.monotonic() + 60
            while not told.stat().st_size and time.monotonic() < end and child.poll() is None:
                time.sleep(0.005)
            time.sleep(random.uniform(0, 0.8))
            assert child.poll() is None
        finally:
            child.kill()
            child.wait(60)
    acknowledged = int(told.read_text(encoding="ascii").rpartition("\n")[0].split()[-1])

    frames = list(RunFolder(folder).frames())
    assert len(frames) >= acknowledged
    for frame in frames:
        np.testing.assert_array_equal(frame.pixels, coded(frame.index))
    planned = [line.value["index"] for line in read_lines(folder) if line.kind in {"frame", "gap"}]
    assert planned == list(range(len(planned)))
    report = verify(folder)
    assert report.unclosed
    assert not report.ok
    assert report.frames == len(frames)
    # That it was not closed, and at most that its last line is torn.
    assert len(report.problems) == 1 + report.torn, report.problems

    result = recover(folder)
    assert (result.ok, result.frames, result.gone) == (True, len(frames), ())
    assert result.verdict is not None
    assert result.verdict.name == "failed"
    assert verify(folder).ok
    assert [frame.index for frame in RunFolder(folder).frames()] == [f.index for f in frames]
    found = corners(folder / "frames.ome.zarr")
    lines = [line for line in read_lines(folder) if line.kind in {"frame", "gap"}]
    meant: dict[str, list[int]] = {path: [] for path in found}
    for line in lines:
        meant[line.value["path"]].append(line.value["index"] * 7 * (line.kind == "frame"))
    assert found == {path: [first % 2**16 for first in row] for path, row in meant.items()}
    assert recover(folder).mended == ()


FULL = """
import json, resource, sys
import numpy as np
from useq import MDAEvent
from saccade.core import Frame, Record, StoreError, Verdict
from saccade.store import Recorder, claim_folder, write_run_json

folder = claim_folder(sys.argv[1])
size, room = int(sys.argv[2]), int(sys.argv[3])
write_run_json(folder, {"name": "full"})
recorder = Recorder(folder)

def hand_over(indices):
    for index in indices:
        pixels = np.full((size, size), index, "uint16")
        pixels.setflags(write=False)
        recorder.frame(Frame(pixels, index, "watch", MDAEvent(), 1.0, index))

hand_over(range(20))
recorder.flush(60)
journal = (folder / "journal.jsonl").stat().st_size
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (journal + room, hard))
calls = {
    "flush": lambda: (hand_over(range(20, 40)), recorder.flush(60)),
    "frame": lambda: hand_over([40]),
    "note": lambda: recorder.note(Record("note", 0, {})),
    "close": lambda: recorder.close(Verdict("completed", planned=41, committed=41)),
    "close again": lambda: recorder.close(Verdict("completed", planned=41, committed=41)),
}
told = {"committed": 0}
for name, call in calls.items():
    try:
        call()
        told[name] = None
    except StoreError as error:
        told[name] = [type(error).__name__, error.what, error.do]
told["committed"] = recorder.committed
print(json.dumps(told))
"""


def run_full(folder: Path, size: int, room: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(folder), str(size), str(room)],
        capture_output=True,
        timeout=100,
        check=True,
        text=True,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.skipif(sys.platform == "win32", reason="file sizes can't be limited on Windows")
@pytest.mark.parametrize(
    ("size", "room", "verdict"),
    [
        pytest.param(256, 20_000, "failed", id="no room for pixels"),
        pytest.param(8, 150, None, id="no room for lines"),
    ],
)
def test_full_disk_is_an_error_and_keeps_what_was_acknowledged(
    tmp_path: Path, size: int, room: int, verdict: str | None
) -> None:
    """Every later call raises, a run never claims what it lost, and earlier frames are whole."""
    folder = tmp_path / "run"
    told = run_full(folder, size, room)
    for call in ("flush", "frame", "note", "close"):
        kind, what, do = told[call]
        assert kind == "StoreError"
        assert str(folder) in what
        assert "too large" in what
        assert do
    assert told["close again"] is None
    assert told["committed"] >= 20

    frames = list(RunFolder(folder).frames())
    assert [frame.index for frame in frames] == list(range(told["committed"]))
    for frame in frames:
        assert (frame.pixels == frame.index).all()
    report = verify(folder)
    assert report.frames == told["committed"]
    assert not report.torn
    assert (report.verdict and report.verdict.name) == verdict
    assert report.unclosed == (verdict is None)
    if verdict:
        assert report.ok, report.problems
        assert "too large" in report.verdict.reason
