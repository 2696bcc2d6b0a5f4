"""The supervisor's log in a run folder: told where it matters, and never in the way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from useq import MDAEvent

from saccade.core import FolderError, Frame, Verdict
from saccade.store import Recorder, claim_folder, recover, verify, write_run_json

if TYPE_CHECKING:
    from pathlib import Path

WATCHING = {"wall": "2026-11-27T01:00:00.000+00:00", "what": "watching", "path": "a gate"}
ACTED = {
    "wall": "2026-11-27T02:00:00.000+00:00",
    "what": "safe",
    "cause": "the controller died",
    "text": "The light is out.",
}
TOLD = (
    "The supervisor acted at 2026-11-27T02:00:00.000+00:00: the controller died. The light is out."
)
FAREWELL = "The supervisor wrote no farewell: it died, or the run goes on."


def lines(*values: object) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


@pytest.mark.parametrize(
    ("log", "told"),
    [
        pytest.param(None, "", id="none"),
        pytest.param(lines(WATCHING, {"what": "ended"}), "", id="not needed"),
        pytest.param(lines(WATCHING, ACTED), TOLD, id="acted"),
        pytest.param(lines(WATCHING, ACTED)[:-1], TOLD, id="no last line end"),
        pytest.param(lines(WATCHING, ACTED) + b'{"wal', TOLD, id="torn"),
        pytest.param(lines(WATCHING), FAREWELL, id="died"),
        pytest.param(b"", FAREWELL, id="empty"),
        pytest.param(b"\xff\x00[[[" * 1000, FAREWELL, id="garbage"),
        pytest.param(lines(1, [], "x", None), FAREWELL, id="other values"),
    ],
)
def test_what_the_supervisor_did_is_told_and_damages_nothing(
    tmp_path: Path, log: bytes | None, told: str
) -> None:
    """Verify and recover say it in a sentence, and the run is whole whatever the log holds."""
    folder = claim_folder(tmp_path / "run")
    write_run_json(folder, {"name": "night"})
    recorder = Recorder(folder)
    pixels = np.zeros((8, 8), "uint16")
    pixels.setflags(write=False)
    recorder.frame(Frame(pixels, 0, "watch", MDAEvent(), 1.0, 0))
    recorder.close(Verdict("failed", "killed", planned=1, committed=1))
    if log is not None:
        (folder / "supervisor.jsonl").write_bytes(log)
    report = verify(folder)
    assert report.ok, report.problems
    assert report.supervisor == told
    result = recover(folder)
    assert (result.ok, result.mended, result.supervisor) == (True, (), told)


def test_a_log_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    """A link in the log's place is refused as any other in a run folder is."""
    folder = claim_folder(tmp_path / "run")
    write_run_json(folder, {"name": "night"})
    Recorder(folder).close(Verdict("completed"))
    (tmp_path / "secret").write_text("{}", encoding="utf-8")
    try:
        (folder / "supervisor.jsonl").symlink_to(tmp_path / "secret")
    except OSError:
        pytest.skip("no links can be made here")
    with pytest.raises(FolderError, match="link"):
        recover(folder)
