"""What is said of streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from saccade.cli._play import tell_end

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

PROTOCOL = """
saccade: 1
name: film
scope: sim:calcium
sim: {clock: virtual, sensor_px: [32, 32]}
mode: stream
watch: {channels: [{config: FITC, exposure: 20}], time_plan: {interval: 0, loops: 20}}
detect: {flash: {use: saccade.detect:Change, takes_ms: 30}}
record: {keep: {every: 10, above: 0.9}}
"""


def test_a_thinned_stream_is_told_of_from_beginning_to_end(
    saccade: Callable[..., Any], tmp_path: Path
) -> None:
    """The run, the proof and the replay say what was not looked at, and what was not stored."""
    path, run = tmp_path / "film.yaml", tmp_path / "run"
    path.write_text(PROTOCOL, encoding="utf-8")
    code, out, _ = saccade("run", path, "--out", run)
    assert code == 0
    assert "18 frames thinned out, as was asked for" in out
    assert "frames not looked at, because newer ones were there\n" in out
    code, out, _ = saccade("verify", run)
    assert code == 0
    assert "18 frames were thinned out" in out
    code, out, _ = saccade("replay", run)
    assert code == 0
    assert "as the journal has them: their frames are not stored" in out


def test_frames_that_nobody_looked_at_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing is thinned out, that is said."""
    summary: dict[str, Any] = {
        "verdict": {"name": "completed", "reason": "", "thinned": 0},
        **dict.fromkeys(("name", "scope", "folder"), "x"),
        **dict.fromkeys(("seconds", "decisions", "bursts", "refusals", "gaps", "unseen"), 0),
        **dict.fromkeys(("dose_j_per_cm2", "shadowed", "error")),
        "frames": {"watch": 9},
        "passed_over": 7,
    }
    tell_end(summary)
    assert "7 frames not looked at" in (told := capsys.readouterr().out)
    assert "kept all the same" in told
