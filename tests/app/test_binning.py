"""Binning as an event asks for it: everything that depends on the pixel follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from useq import MDAEvent, MDASequence

import saccade
from saccade.guard import Limits
from saccade.store import RunFolder, verify

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from saccade.core import Frame

SIM = {"clock": "virtual", "sensor_px": [64, 96], "pixel_size_um": 1.0}
SMALL = {**SIM, "specimen": {"count": 50, "size_um": [200.0, 200.0]}}


@pytest.fixture(params=["demo", "sim:beads"])
def scope(request: Any) -> Iterator[Any]:
    """Give Micro-Manager's demo microscope, and a virtual one."""
    loaded = saccade.scope.load(request.param, sim=SMALL if "sim" in request.param else None)
    if request.param == "demo":
        loaded.core.setProperty("Camera", "OnCameraCCDXSize", 96)
        loaded.core.setProperty("Camera", "OnCameraCCDYSize", 64)
    yield loaded
    loaded.core.unloadAllDevices()


def binned(by: int, **asked: Any) -> MDAEvent:
    return MDAEvent(properties=[("Camera", "Binning", str(by))], exposure=2.0, **asked)


def play(scope: Any, events: Any, folder: Path, **parts: Any) -> tuple[RunFolder, list[Frame]]:
    run = saccade.Run(scope, events, out=folder, **parts)
    run.start().wait(60)
    assert verify(folder).problems == ()
    read = RunFolder(folder)
    return read, list(read.frames())


def test_pixel_size_shape_and_stream_follow_the_binning(scope: Any, tmp_path: Path) -> None:
    """A binned picture has fewer, larger pixels, the same field, and an image of its own."""
    folder, frames = play(scope, [binned(1), binned(2), binned(1)], tmp_path / "run")
    assert [frame.pixels.shape for frame in frames] == [(64, 96), (32, 48), (64, 96)]
    assert [frame.pixel_size_um for frame in frames] == [1.0, 2.0, 1.0]
    assert [frame.sensor_px for frame in frames] == [(96, 64), (48, 32), (96, 64)]
    corners = [frame.to_um(-0.5, -0.5) for frame in frames]
    assert corners == [pytest.approx(corners[0])] * 3
    assert len(folder.streams) == 2


def test_the_binning_is_put_back_at_the_end(scope: Any, tmp_path: Path) -> None:
    """The camera bins as it was found to, region included."""
    scope.core.setROI(8, 8, 32, 16)
    play(scope, [binned(2)], tmp_path / "run")
    assert scope.core.getProperty("Camera", "Binning") == "1"
    assert tuple(scope.core.getROI()) == (8, 8, 32, 16)
    assert scope.not_put_back == []


def test_a_binning_that_the_camera_does_not_have_is_a_gap(scope: Any, tmp_path: Path) -> None:
    """Nothing is exposed with another binning than was asked for."""
    folder, frames = play(scope, [binned(1), binned(3), binned(1)], tmp_path / "run")
    assert [frame.index for frame in frames] == [0, 2]
    (gap,) = [line.value for line in folder.lines() if line.kind == "gap"]
    assert "Camera.Binning can't be '3'" in gap["reason"]


def test_limits_hold_where_a_plan_bins(scope: Any, tmp_path: Path) -> None:
    """A region is checked on the binned sensor; exposures and places as ever."""
    events = [binned(2, roi=(0, 0, 48, 32)), binned(2, roi=(0, 0, 96, 64)), binned(2, x_pos=1e6)]
    folder, frames = play(scope, events, tmp_path / "run", guards=[Limits()])
    assert [frame.index for frame in frames] == [0]
    reasons = [line.value["reason"] for line in folder.lines() if line.kind == "gap"]
    assert "is not on the sensor (48, 32)" in reasons[0]
    assert reasons[1].startswith("refused by Limits")


def test_a_plan_and_its_bursts_bin_each_in_its_own_way(scope: Any, tmp_path: Path) -> None:
    """What the setup of each sequence asks for holds for all of its events."""

    def plan(by: int, loops: int) -> MDASequence:
        asked = binned(by)
        time_plan = {"interval": 0, "loops": loops}
        return MDASequence(setup=MDAEvent(properties=asked.properties), time_plan=time_plan)

    burst = saccade.decide.Burst(plan(1, 2), above=0.5, below=0.1, refractory_s=1e6)
    _, frames = play(
        scope,
        plan(2, 3),
        tmp_path / "run",
        detect=lambda _: saccade.Observation(score=1.0),
        decide=burst,
    )
    sizes = [(frame.stream, frame.pixels.shape) for frame in frames]
    assert sizes == [
        ("watch", (32, 48)),
        ("burst", (64, 96)),
        ("burst", (64, 96)),
        ("watch", (32, 48)),
        ("watch", (32, 48)),
    ]
