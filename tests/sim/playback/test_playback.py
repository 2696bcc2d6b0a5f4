"""A recording behind Micro-Manager's own calls."""

from __future__ import annotations

import math
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saccade.core import RecordingEndedError, RecordingError, VirtualClock
from saccade.sim import Recording, open_recording, playback_core

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Play = Callable[..., Any]

MOVIES = (
    "beating_cardiac_A/movie.tif",
    "calcium_zebrafish/movie.tif",
    "colloids_brownian/movie.tif",
    "golgi_bfa/movie.tif",
    "mitosis_spindle_2ch/movie.tif",
    "nuclei_dense_cy5/movie.tif",
    "nuclei_drosophila_syncytium/movie.tif",
    "phase_t98g_tracked/movie.tif",
    "phluorin_synapse/movie.tif",
    "reporter_il1b_2pos_3ch/movie_PTCYX.tif",
)


def snap(core: Any) -> np.ndarray[Any, Any]:
    core.snapImage()
    return core.getImage()


def go(core: Any, recording: Recording, p: int, c: int, z: int) -> None:
    core.setXYPosition(1000.0 * p, 0.0)
    core.setConfig("Channel", recording.channels[c])
    core.setPosition(z * recording.z_step_um)


@pytest.mark.parametrize("name", MOVIES)
def test_every_plane_is_served(data: Path, play: Play, name: str) -> None:
    """Whoever visits all places in turn is served every plane of the file, each in its turn."""
    recording = open_recording(data / name)
    core = play(recording)
    sizes = recording.sizes
    expected = tifffile.imread(data / name).reshape(tuple(sizes[a] for a in "PTCZYX"))
    for t, p, c, z in np.ndindex(sizes["T"], sizes["P"], sizes["C"], sizes["Z"]):
        go(core, recording, p, c, z)
        np.testing.assert_array_equal(snap(core), expected[p, t, c, z])
        assert core.getProperty("Playback", "Frame") == t
    with pytest.raises(RecordingEndedError):
        core.snapImage()


def test_microscope_is_that_of_the_recording(small: Recording, play: Play) -> None:
    """Roles, presets, picture size and read-only properties are those of the recording."""
    core = play(small)
    assert core.getCameraDevice() == "Playback"
    assert core.getXYStageDevice() == "XY"
    assert core.getFocusDevice() == "Z"
    assert core.getChannelGroup() == "Channel"
    assert set(core.getAvailableConfigs("Channel")) == {"C0", "C1", "C2"}
    assert core.getCurrentConfig("Channel") == "C0"
    assert (core.getImageWidth(), core.getImageHeight(), core.getBytesPerPixel()) == (16, 12, 2)
    assert core.getProperty("Playback", "Recording") == "small.tif"
    assert core.getProperty("Playback", "Frame") == -1
    assert core.isPropertyReadOnly("Playback", "Frame")
    assert core.isPropertyReadOnly("Playback", "Recording")


def test_pixel_size_is_that_of_the_recording(
    tmp_path: Path, coded_planes: Callable[..., Any], play: Play
) -> None:
    """The core gives the recorded pixel size, and an affine matrix that agrees."""
    path = tmp_path / "m.ome.tif"
    meta = {"axes": "TYX", "PhysicalSizeX": 0.325}
    tifffile.imwrite(path, coded_planes(3), photometric="minisblack", metadata=meta)
    core = play(open_recording(path))
    assert core.getPixelSizeUm() == 0.325
    assert core.getPixelSizeAffine() == (0.325, 0.0, 0.0, 0.0, 0.325, 0.0)


def test_positions_and_channels_share_one_time(data: Path, play: Play) -> None:
    """On the real recording, a position or channel visited late has its own picture of then."""
    recording = open_recording(data / "reporter_il1b_2pos_3ch/movie_PTCYX.tif")
    core = play(recording)
    visits = [(0, 0), (0, 1), (0, 0), (1, 2), (1, 2), (0, 2), (1, 0)]
    times = [0, 0, 1, 1, 2, 2, 2]
    for (p, c), t in zip(visits, times, strict=True):
        go(core, recording, p, c, 0)
        np.testing.assert_array_equal(snap(core), recording.plane(p, t, c, 0))


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(visits=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 2)), max_size=25))
def test_any_visits_are_served_in_order(
    small: Recording, play: Play, visits: list[tuple[int, int]]
) -> None:
    """Through the core, in any order of places, time goes on by a repeat and by nothing else."""
    core = play(small)
    t, seen = 0, set()
    for p, c in visits:
        go(core, small, p, c, 0)
        if (p, c) in seen:
            t, seen = t + 1, set()
        if t == small.sizes["T"]:
            with pytest.raises(RecordingEndedError):
                core.snapImage()
            break
        np.testing.assert_array_equal(snap(core), small.plane(p, t, c, 0))
        seen.add((p, c))


@pytest.mark.parametrize(
    ("x_um", "position"),
    [(0, 0), (49.9, 0), (50.1, 1), (100, 1), (-1e9, 0), (1e9, 1), (50.0, 1)],
)
def test_camera_sees_the_nearest_position(
    small: Recording, play: Play, x_um: float, position: int
) -> None:
    """Wherever the stage stands, the nearest recorded position is shown, and read back exactly."""
    core = play(small, position_spacing_um=100.0)
    core.setXYPosition(x_um, 7.25)
    assert core.getXYPosition() == (x_um, 7.25)
    np.testing.assert_array_equal(snap(core), small.plane(position, 0, 0, 0))


@pytest.mark.parametrize(
    ("z_um", "plane"), [(0.0, 0), (0.9, 0), (1.1, 1), (4.0, 2), (99.0, 2), (-99.0, 0)]
)
def test_camera_sees_the_nearest_plane(
    tmp_path: Path, coded_planes: Callable[..., Any], play: Play, z_um: float, plane: int
) -> None:
    """Wherever the focus stands, the nearest recorded plane is shown, and read back exactly."""
    path = tmp_path / "m.tif"
    meta = {"axes": "TZYX", "spacing": 2.0, "unit": "um"}
    tifffile.imwrite(path, coded_planes(2, 3), imagej=True, metadata=meta)
    recording = open_recording(path)
    core = play(recording)
    core.setPosition(z_um)
    assert core.getPosition() == z_um
    np.testing.assert_array_equal(snap(core), recording.plane(0, 0, 0, plane))


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_impossible_moves_are_refused(small: Recording, play: Play, bad: float) -> None:
    """A stage that is sent nowhere says so and stays; so does the exposure."""
    core = play(small)
    with pytest.raises(ValueError, match="can't go"):
        core.setXYPosition(bad, 0.0)
    with pytest.raises(ValueError, match="can't go"):
        core.setPosition(bad)
    with pytest.raises(ValueError, match="impossible"):
        core.setExposure(bad)
    assert (*core.getXYPosition(), core.getPosition()) == (0.0, 0.0, 0.0)
    assert core.getExposure() == 10.0


def test_slow_stage_is_busy_until_it_is_there(small: Recording, play: Play) -> None:
    """While a move takes its time the stage is busy and the old place is seen."""
    clock = VirtualClock()
    core = play(small, move_ms=20.0, clock=clock)
    core.setXYPosition(1000.0, 0.0)
    core.setPosition(3.0)
    assert core.deviceBusy("XY")
    assert core.deviceBusy("Z")
    np.testing.assert_array_equal(snap(core), small.plane(0, 0, 0, 0))
    clock.advance(0.02)
    assert not core.systemBusy()
    assert (core.getXYPosition(), core.getPosition()) == ((1000.0, 0.0), 3.0)
    np.testing.assert_array_equal(snap(core), small.plane(1, 0, 0, 0))


def test_stopped_stage_stays(small: Recording, play: Play) -> None:
    """A stage that is stopped on its way is no longer busy, and tells where it is."""
    core = play(small, move_ms=20.0, clock=VirtualClock())
    core.setXYPosition(1000.0, 0.0)
    core.stop("XY")
    assert not core.deviceBusy("XY")
    assert core.getXYPosition() == (0.0, 0.0)


@pytest.mark.parametrize("roi", [(10, 0, 8, 5), (0, 0, 17, 12), (-1, 0, 4, 4), (0, 0, 0, 4)])
def test_roi_beyond_the_sensor_is_refused(
    small: Recording, play: Play, roi: tuple[int, int, int, int]
) -> None:
    """A region that the sensor has not is an error, and the one before stays."""
    core = play(small)
    core.setROI(1, 1, 4, 4)
    with pytest.raises(ValueError, match="ROI"):
        core.setROI(*roi)
    assert core.getROI() == [1, 1, 4, 4]


def test_unknown_channel_is_refused(small: Recording, play: Play) -> None:
    """A channel that was not recorded is an error, and the one before stays."""
    core = play(small)
    core.setConfig("Channel", "C2")
    with pytest.raises(ValueError, match="Cy5"):
        core.setConfig("Channel", "Cy5")
    assert core.getCurrentConfig("Channel") == "C2"


def test_listener_may_read_what_changed(small: Recording, play: Play) -> None:
    """A listener that reads a device back while it changes does not lock the microscope up."""
    core = play(small)
    read: list[str] = []
    core.events.propertyChanged.connect(
        lambda device, prop, value: read.append(core.getProperty("Channels", "Label"))
    )
    changer = threading.Thread(target=core.setConfig, args=("Channel", "C1"), daemon=True)
    changer.start()
    changer.join(timeout=10)
    assert not changer.is_alive()
    assert read[-1] == "C1"


@pytest.mark.parametrize("spacing_um", [0.0, -5.0, math.nan])
def test_impossible_spacing_is_refused(small: Recording, spacing_um: float) -> None:
    """Positions can't stand on one another."""
    with pytest.raises(RecordingError, match="apart"):
        playback_core(small, position_spacing_um=spacing_um)


def test_import_is_cheap() -> None:
    """Importing the package loads neither Micro-Manager nor the file readers."""
    heavy = "{'pymmcore', 'pymmcore_plus', 'tifffile', 'tensorstore'}"
    code = f"import sys, saccade.sim; print({heavy} & set(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert result.stdout.strip() == "set()"


def test_script_exits_cleanly(tmp_path: Path, coded_planes: Callable[..., Any]) -> None:
    """A script that ends while the core still sends notifications ends with status 0."""
    path = tmp_path / "m.tif"
    how: dict[str, Any] = {"photometric": "minisblack", "metadata": {"axes": "TYX"}}
    tifffile.imwrite(path, coded_planes(3), **how)
    code = (
        "import sys, pathlib; from saccade.sim import open_recording, playback_core\n"
        "core = playback_core(open_recording(pathlib.Path(sys.argv[1])))\n"
        "for i in range(300):\n"
        "    core.setPixelSizeUm('Recorded', 1.0 + i)\n"
        "    core.setChannelGroup('Channel' if i % 2 else '')\n"
    )
    for _ in range(2):  # without the cure, 19 of 20 such scripts aborted
        result = subprocess.run(
            [sys.executable, "-c", code, str(path)], capture_output=True, timeout=60, check=False
        )
        assert result.returncode == 0, result.stderr
