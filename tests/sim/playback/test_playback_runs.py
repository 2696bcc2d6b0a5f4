"""A recording played to its end: by snaps, in sequences, under the stock runner, by the clock."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
import useq

from saccade.core import RecordingEndedError, SnapError, VirtualClock
from saccade.sim import Recording, ended, open_recording

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Play = Callable[..., Any]


def snap(core: Any) -> np.ndarray[Any, Any]:
    core.snapImage()
    return core.getImage()


def sequence(core: Any, count: int | None) -> list[np.ndarray[Any, Any]]:
    """Acquire until the camera stops by itself."""
    if count is None:
        core.startContinuousSequenceAcquisition(0)
    else:
        core.startSequenceAcquisition(count, 0, True)
    deadline = time.monotonic() + 20
    while core.isSequenceRunning() and time.monotonic() < deadline:
        time.sleep(0.001)
    assert not core.isSequenceRunning()
    return [core.popNextImage() for _ in range(core.getRemainingImageCount())]


@pytest.mark.parametrize("way", ["snap", "sequence"])
def test_roi_is_a_crop(small: Recording, play: Play, way: str) -> None:
    """With a region set, pictures are that region of the recorded ones, until it is cleared."""
    core = play(small)
    core.setROI(3, 2, 8, 5)
    assert core.getROI() == [3, 2, 8, 5]
    assert (core.getImageWidth(), core.getImageHeight()) == (8, 5)
    picture = snap(core) if way == "snap" else sequence(core, 1)[0]
    np.testing.assert_array_equal(picture, small.plane(0, 0, 0, 0)[2:7, 3:11])
    core.clearROI()
    np.testing.assert_array_equal(snap(core), small.plane(0, 1, 0, 0))


@pytest.mark.parametrize("count", [3, 5, 9, None], ids=["fewer", "all", "more", "endless"])
def test_sequence_shows_one_time_after_another(
    small: Recording, play: Play, count: int | None
) -> None:
    """A sequence serves the times in order, and stops short, with a reason, where they end."""
    core = play(small)
    core.setConfig("Channel", "C1")
    pictures = sequence(core, count)
    times = small.sizes["T"]
    assert len(pictures) == min(count or times, times)
    for t, picture in enumerate(pictures):
        np.testing.assert_array_equal(picture, small.plane(0, t, 1, 0))
    assert bool(ended(core)) == (count is None or count > times)


def test_stopped_sequence_leaves_no_thread(small: Recording, play: Play) -> None:
    """A stop cuts a long exposure of a sequence short, and its thread ends."""
    core = play(small, pace="real", interval_s=1000.0)
    core.setExposure(60_000.0)
    before = set(threading.enumerate())
    core.startContinuousSequenceAcquisition(0)
    core.stopSequenceAcquisition()
    assert not core.isSequenceRunning()
    assert set(threading.enumerate()) <= before


def test_stop_cuts_a_snap_short(small: Recording, play: Play) -> None:
    """A snap whose exposure was cut short is a failed one, not a dimmer picture."""
    core = play(small, pace="real", interval_s=1000.0)
    core.setExposure(60_000.0)
    failures: list[type[Exception]] = []

    def expose() -> None:
        try:
            core.snapImage()
        except SnapError as error:
            failures.append(type(error))

    snapper = threading.Thread(target=expose, daemon=True)
    snapper.start()
    deadline = time.monotonic() + 20
    while snapper.is_alive() and time.monotonic() < deadline:
        core.stopSequenceAcquisition()
        snapper.join(timeout=0.01)
    assert failures == [SnapError]
    with pytest.raises(RuntimeError):
        core.getImage()


def test_end_is_told_and_final(small: Recording, play: Play) -> None:
    """Past the last time each snap raises, no stale picture is handed out, and `ended` tells."""
    core = play(small)
    for _ in range(small.sizes["T"]):
        assert ended(core) is None
        core.snapImage()
    for _ in range(2):
        with pytest.raises(RecordingEndedError, match=r"small\.tif is over: all its 5 times"):
            core.snapImage()
        with pytest.raises(RuntimeError):
            core.getImage()
    core.setConfig("Channel", "C1")
    with pytest.raises(RecordingEndedError):
        core.snapImage()
    assert "is over" in str(ended(core))
    assert core.getProperty("Playback", "Frame") == 4


def test_failed_snap_leaves_no_stale_picture(
    tmp_path: Path, play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that breaks under way gives a SnapError, and not the picture before."""
    monkeypatch.setattr("saccade.sim.playback._tiff.KEEP_BYTES", 0)
    path = tmp_path / "m.tif"
    noise = np.random.default_rng(1).integers(0, 65535, (3, 256, 256), dtype="uint16")
    how: dict[str, Any] = {"photometric": "minisblack", "compression": "zlib"}
    tifffile.imwrite(path, noise, metadata={"axes": "TYX"}, **how)
    with tifffile.TiffFile(path) as tiff:
        page = tiff.pages[1]
        middle = page.dataoffsets[0] + page.databytecounts[0] // 2
    core = play(open_recording(path))
    core.snapImage()
    with path.open("r+b") as file:
        file.seek(middle)
        file.write(b"\xff" * 16)
    with pytest.raises(SnapError, match="time 1"):
        core.snapImage()
    with pytest.raises(RuntimeError):
        core.getImage()
    np.testing.assert_array_equal(snap(core), noise[2])


def test_core_without_a_recording_never_ends() -> None:
    """Asked about any other microscope, `ended` says nothing."""
    assert ended(object()) is None


def test_real_pace_shows_one_frame_for_an_interval(small: Recording, play: Play) -> None:
    """Snaps within one interval show the same time, and each takes its exposure."""
    clock = VirtualClock()
    core = play(small, pace="real", interval_s=1.0, clock=clock)
    core.setExposure(400.0)
    shown = []
    for _ in range(6):
        core.snapImage()
        shown.append(core.getProperty("Playback", "Frame"))
    assert shown == [0, 0, 0, 1, 1, 2]
    assert clock.now_ns() == pytest.approx(6 * 400e6)


def test_real_pace_runs_out_by_itself(small: Recording, play: Play) -> None:
    """By the real clock, time only goes on, and the recording ends."""
    core = play(small, pace="real", interval_s=0.02)
    core.setExposure(1.0)
    shown: list[int] = []
    deadline = time.monotonic() + 20
    while ended(core) is None and time.monotonic() < deadline:
        with contextlib.suppress(RecordingEndedError):
            core.snapImage()
        shown.append(core.getProperty("Playback", "Frame"))
    assert ended(core)
    assert shown == sorted(shown)
    assert set(shown) <= set(range(small.sizes["T"]))


@pytest.mark.parametrize(
    ("axis_order", "hardware"), [("tpcz", True), ("ptcz", True), ("tpcz", False)]
)
def test_stock_runner_gets_the_right_frames(
    small: Recording, play: Play, axis_order: str, hardware: bool
) -> None:
    """Under pymmcore-plus' own runner each frame is the plane that its event stands for."""
    core = play(small)
    core.mda.engine.use_hardware_sequencing = hardware
    # Loops over time inside a position would let the other position miss its times.
    loops = 5 if axis_order.startswith("t") else 2
    plan = useq.MDASequence(
        axis_order=axis_order,
        stage_positions=[(0, 0, 0), (1000, 0, 0)],
        channels=[{"config": "C2", "exposure": 1}, {"config": "C0", "exposure": 1}],
        time_plan={"interval": 0, "loops": loops},
    )
    frames: list[tuple[np.ndarray[Any, Any], useq.MDAEvent]] = []
    core.mda.events.frameReady.connect(lambda image, event: frames.append((image.copy(), event)))
    thread = core.run_mda(plan)
    thread.join(timeout=30)
    assert not thread.is_alive()
    assert len(frames) == 4 * loops
    for image, event in frames:
        p, t, c = event.index["p"], event.index["t"], (2, 0)[event.index["c"]]
        shift = p * (loops - 1) if axis_order.startswith("p") else 0
        np.testing.assert_array_equal(image, small.plane(p, t + shift, c, 0))


def test_stock_runner_plays_a_burst(data: Path, play: Play) -> None:
    """A hardware-timed burst of the stock runner is the real movie, frame by frame."""
    recording = open_recording(data / "phluorin_synapse/movie.tif")
    core = play(recording)
    frames: list[np.ndarray[Any, Any]] = []
    core.mda.events.frameReady.connect(lambda image: frames.append(image.copy()))
    core.mda.run(useq.MDASequence(time_plan={"interval": 0, "loops": 20}))
    assert len(frames) == 20
    for t, image in enumerate(frames):
        np.testing.assert_array_equal(image, recording.plane(0, t, 0, 0))
