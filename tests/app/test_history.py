"""A run folder that was damaged, or made up, is decided again or named; nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from saccade.app import assemble, open_scope, replay_run
from saccade.app._protocol import protocol_of
from saccade.core import DamagedRunError, ProtocolError

if TYPE_CHECKING:
    from pathlib import Path

RUN: dict[str, Any] = {
    "saccade": 1,
    "name": "short",
    "scope": "sim:beads?clock=virtual",
    "sim": {"sensor_px": [32, 32]},
    "watch": {"channels": ["FITC"], "time_plan": {"interval": 1, "loops": 4}},
    "detect": {"beads": {"use": "saccade.detect:Spots", "takes_ms": 1}},
    "decide": [{"use": "saccade.decide:Pace", "slow_s": 2, "fast_s": 1}],
}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Record a short run."""
    protocol = protocol_of(RUN)
    scope = open_scope(protocol.scope, sim=protocol.sim)
    assert assemble(protocol, scope, tmp_path / "run").run.start().wait(60).name == "completed"
    assert replay_run(tmp_path / "run").same
    return tmp_path / "run"


@pytest.mark.parametrize(
    ("key", "value", "error"),
    [
        ("stand", 5, DamagedRunError),
        ("stand", {"limits": "none"}, DamagedRunError),
        ("stand", {"limits": {"x_um": "wide"}}, DamagedRunError),
        ("parts", [1], DamagedRunError),
        ("parts", {"detect": {"a": 5}}, DamagedRunError),
        ("parts", {"detect": {"a": {"use": "os:system"}}}, ProtocolError),
    ],
)
def test_a_run_that_says_nonsense_of_itself_is_named(
    run: Path, key: str, value: Any, error: type[Exception]
) -> None:
    """What run.json says of stand and parts is held against what they can be."""
    facts = json.loads((run / "run.json").read_text("utf-8"))
    (run / "run.json").write_text(json.dumps({**facts, key: value}), "utf-8")
    with pytest.raises(error):
        replay_run(run)


def test_a_frame_that_is_gone_is_named(run: Path) -> None:
    """An observation of a frame that the journal does not tell of is damage."""
    lines = (run / "journal.jsonl").read_bytes().splitlines(keepends=True)
    last = max(place for place, line in enumerate(lines) if b'"kind":"frame"' in line)
    kept = [line for line in lines[last + 1 :] if b'"kind":"observation"' in line]
    assert kept
    shortened = [_numbered(line, n) for n, line in enumerate([*lines[:last], *kept])]
    (run / "journal.jsonl").write_bytes(b"".join(shortened))
    with pytest.raises(DamagedRunError, match=r"Frame 3 .* is not there"):
        replay_run(run)


def _numbered(line: bytes, n: int) -> bytes:
    import zlib

    rest = line[: -len(b',"crc":"00000000"}\n')].partition(b",")[2]
    checked = b'{"n":%d,%s' % (n, rest)
    return b'%s,"crc":"%08x"}\n' % (checked, zlib.crc32(checked))
