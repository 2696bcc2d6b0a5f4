"""Two cameras that expose together, from a profile to a run folder and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tifffile
from mm_test_adapters import device_adapter_path

from saccade.app import assemble, check, open_scope, protocol_of, replay_run
from saccade.core import ProfileError
from saccade.store import RunFolder, export_ome_tiff, recover, verify

if TYPE_CHECKING:
    from collections.abc import Iterator

    from saccade.scope import MicroManagerScope

CAMERAS = ("Camera", "Camera-2")
PROFILE = """
name: two-cameras
micromanager: {cfg: two.cfg, adapters: ADAPTERS}
roles: {camera: Both, cameras: [Camera, Camera-2]}
settings:
  - {device: Camera, property: PixelType, value: 16bit}
  - {device: Camera-2, property: PixelType, value: 16bit}
  - {device: Camera-2, property: Mode, value: Noise}
  - {device: Camera, property: OnCameraCCDXSize, value: 64}
  - {device: Camera, property: OnCameraCCDYSize, value: 48}
  - {device: Camera-2, property: OnCameraCCDXSize, value: 64}
  - {device: Camera-2, property: OnCameraCCDYSize, value: 48}
focus_direction: 1
repeats: true
lights: [{name: LED, power_mw: 4.0, area_mm2: 0.5}]
"""
PROTOCOL: dict[str, Any] = {
    "saccade": 1,
    "name": "two-cameras",
    "scope": "two.yaml",
    "watch": {
        "channels": [{"config": "FITC", "exposure": 2}],
        "time_plan": {"interval": 0, "loops": 3},
    },
    "detect": {
        "green": {"use": "saccade.detect:Change", "sigma": 2},
        "red": {"use": "saccade.detect:Spots", "threshold": 1, "camera": "Camera-2"},
        "both": {"use": "saccade.detect:Signal", "camera": "all"},
    },
    "decide": [
        {
            "use": "saccade.decide:Burst",
            "on": "red",
            "above": 0.01,
            "below": 0.0,
            "refractory_s": 1000,
            "do": {"time_plan": {"interval": 0, "loops": 2}},
        }
    ],
}


@pytest.fixture
def scope(tmp_path: Path) -> Iterator[MicroManagerScope]:
    """Give the demo configuration with a second camera, and a Multi Camera over both."""
    adapters = Path(device_adapter_path())
    demo = (adapters / "MMConfig_demo.cfg").read_text(encoding="utf-8")
    more = "Device,Camera-2,DemoCamera,DCam\nDevice,Both,Utilities,Multi Camera\n"
    lines = demo.replace("Device,Objective,", f"{more}Device,Objective,")
    lines = lines.replace("Parent,Objective,DHub", "Parent,Objective,DHub\nParent,Camera-2,DHub")
    (tmp_path / "two.cfg").write_text(lines, encoding="utf-8")
    profile = PROFILE.replace("ADAPTERS", f"'{adapters.as_posix()}'")
    (tmp_path / "two.yaml").write_text(profile, encoding="utf-8")
    loaded = open_scope("two.yaml", tmp_path)
    yield loaded
    loaded.core.unloadAllDevices()


def play(scope: MicroManagerScope, out: Path) -> RunFolder:
    run = assemble(protocol_of(PROTOCOL), scope, out).run
    assert run.start().wait(60).name == "completed"
    return RunFolder(out)


def test_each_camera_has_streams_of_its_own(scope: MicroManagerScope, tmp_path: Path) -> None:
    """The folder holds an image a camera and role, whole, under names that tell both."""
    folder = play(scope, tmp_path / "run")
    report = verify(folder.path)
    assert (report.problems, report.frames) == ((), 10)
    assert set(folder.streams) == {
        "watch-Camera",
        "watch-Camera-2",
        "burst-Camera",
        "burst-Camera-2",
    }
    for stream in folder.streams:
        assert len({frame.camera for frame in folder.frames(stream)}) == 1
    assert [frame.index for frame in folder.frames()] == list(range(10))


def test_what_was_seen_by_two_cameras_is_decided_again(
    scope: MicroManagerScope, tmp_path: Path
) -> None:
    """A replay shows each detector the pictures of the camera that it looked at."""
    folder = play(scope, tmp_path / "run")
    again = replay_run(folder.path)
    assert again.looks == again.identical > 0
    seen = {(each.detector.name.rpartition(":")[2], each.camera) for each in folder.observations()}
    assert seen == {
        ("Change", "Camera"),
        ("Spots", "Camera-2"),
        ("Signal", "Camera"),
        ("Signal", "Camera-2"),
    }


def test_pictures_of_two_cameras_are_exported_apart(
    scope: MicroManagerScope, tmp_path: Path
) -> None:
    """One file a camera and role, each with the pictures of its stream."""
    folder = play(scope, tmp_path / "run")
    files = export_ome_tiff(folder.path, tmp_path / "tiff")
    assert len(files) == 4
    for file in files:
        pixels = tifffile.imread(file).reshape(-1, 48, 64)
        frames = list(folder.frames(file.name.removesuffix(".ome.tiff")))
        assert len(pixels) == len(frames) in (2, 3)
        assert all((a == b.pixels).all() for a, b in zip(pixels, frames, strict=True))


def test_a_gap_before_the_first_picture_of_one_camera_is_its_own(
    scope: MicroManagerScope, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows of a camera are kept for its gaps, wherever they are; nothing shifts in the store."""
    core = scope.core
    get, calls = core.getImage, []

    def faulty(number: int) -> Any:
        calls.append(number)
        if number == 1 and len(calls) <= 4:  # both tries of the first event
            raise RuntimeError("no picture")
        return get(number)

    monkeypatch.setattr(core, "getImage", faulty)
    run = assemble(protocol_of({**PROTOCOL, "decide": []}), scope, tmp_path / "run").run
    assert run.start().wait(60).name == "completed_with_gaps"
    folder = RunFolder(tmp_path / "run")
    assert verify(folder.path).problems == ()
    (gap,) = [line.value for line in folder.lines() if line.kind == "gap"]
    assert (gap["index"], gap["camera"]) == (1, "Camera-2")
    rows = {
        line.value["index"]: line.value["row"] for line in folder.lines() if line.kind == "frame"
    }
    assert rows == {0: 0, 2: 1, 3: 1, 4: 2, 5: 2}
    assert recover(folder.path).problems == ()
    files = {file.name: file for file in export_ome_tiff(folder.path, tmp_path / "tiff")}
    assert not tifffile.imread(files["watch-Camera-2.ome.tiff"])[0].any()


def test_a_check_tells_of_cameras_that_are_not_there(
    scope: MicroManagerScope, tmp_path: Path
) -> None:
    """Detectors and policies that name others, and the mode stream, are errors beforehand."""
    wrong = protocol_of(PROTOCOL).resolved()
    wrong["detect"]["red"]["camera"] = "Camera-3"
    wrong["decide"][0]["camera"] = "Camera-4"
    wrong["mode"] = "stream"
    found = [each.text for each in check(protocol_of(wrong), scope.stand(), tmp_path)]
    assert any("'red' names the camera 'Camera-3'" in text for text in found)
    assert any("decide.0 names the camera 'Camera-4'" in text for text in found)
    assert any("is for one camera" in text for text in found)


def test_a_profile_that_names_another_camera_is_refused(
    scope: MicroManagerScope, tmp_path: Path
) -> None:
    """One error, with the nearest name that there is."""
    text = (tmp_path / "two.yaml").read_text(encoding="utf-8")
    (tmp_path / "bad.yaml").write_text(text.replace("Camera-2]", "Camera-3]"), encoding="utf-8")
    with pytest.raises(ProfileError, match="Did you mean 'Camera"):
        open_scope("bad.yaml", tmp_path)
