"""A check says where a camera can't run by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from useq import MDAEvent

from saccade import app
from saccade.app._protocol import protocol_of
from saccade.core import Stand, UsageError
from saccade.run import Run
from saccade.scope import load
from saccade.testing import MemorySink

if TYPE_CHECKING:
    from pathlib import Path

STAND = Stand("scope", shape_px=(8, 8))


def found(interval: float, stand: Stand, level: str = "error") -> list[str]:
    """Return what a check finds in a stream with this interval, on such a stand."""
    document: dict[str, Any] = {"saccade": 1, "name": "a", "scope": "demo", "mode": "stream"}
    document["watch"] = {"time_plan": {"interval": interval, "loops": 9}}
    checked = app.check(protocol_of(document), stand)
    return [each.text for each in checked if each.level == level]


def test_a_stream_is_checked_before_it_runs() -> None:
    """A plan with pauses has no use for it; of one without, it says how much is streamed."""
    assert found(0, STAND) == []
    assert any("8 of 9 planned frames by itself" in text for text in found(0, STAND, "fact"))
    (text,) = found(1, STAND)
    assert "No picture of the plan is the one before once more" in text


def test_a_look_back_that_does_not_fit_is_told() -> None:
    """How much memory it may take, and for how long what there is lasts."""
    document: dict[str, Any] = {"saccade": 1, "name": "a", "scope": "demo", "mode": "stream"}
    document["watch"] = {"time_plan": {"interval": 0, "loops": 9}}
    document["record"] = {"keep": {"before_s": 2, "memory_mb": 100}}
    stand = Stand("scope", shape_px=(1024, 1024), exposure_ms=10.0)
    texts = [each.text for each in app.check(protocol_of(document), stand)]
    assert [text for text in texts if "400 MB" in text and "0.50 s" in text]
    document["record"]["keep"]["memory_mb"] = 400
    assert not any("held back" in each.text for each in app.check(protocol_of(document), stand))


def test_a_recording_can_not_be_streamed(tmp_path: Path) -> None:
    """It has no camera that runs by itself: the check says so, and the run is not armed."""
    import numpy as np
    import tifffile

    path = tmp_path / "movie.tif"
    tifffile.imwrite(path, np.zeros((4, 8, 8), np.uint16), metadata={"axes": "TYX"}, imagej=True)
    scope = load(f"playback:{path}")
    (text,) = found(0, scope.stand())
    assert "The camera of 'playback of movie.tif' can't run by itself" in text
    run = Run(scope, [MDAEvent()], sink=MemorySink(), mode="stream")
    with pytest.raises(UsageError, match="can't run by itself"):
        run.start()
