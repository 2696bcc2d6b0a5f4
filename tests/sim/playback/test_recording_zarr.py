"""OME-Zarr folders as recordings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tensorstore

from saccade.core import RecordingError, SnapError, VirtualClock
from saccade.sim import open_recording
from saccade.sim.playback._pace import projector

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Coded = Callable[..., np.ndarray[Any, Any]]

UNITS = {"t": "second", "c": None, "z": "micrometer", "y": "micrometer", "x": "micrometer"}
KINDS = {"t": "time", "c": "channel", "p": "position"}
SCALE = {"t": 2.5, "z": 0.8, "y": 0.2, "x": 0.2}


def multiscales(axes: str, *, units: bool = True) -> dict[str, Any]:
    """Return the attributes that OME-Zarr asks for."""
    described = []
    for name in axes:
        axis = {"name": name, "type": KINDS.get(name, "space")}
        described.append(axis | ({"unit": UNITS[name]} if units and UNITS.get(name) else {}))
    scale = [SCALE.get(name, 1.0) if units else 1.0 for name in axes]
    change = [{"type": "scale", "scale": scale}]
    level = {"path": "0", "coordinateTransformations": change}
    names = [{"label": "DAPI"}, {"label": "GFP"}]
    omero = {"channels": names} if "c" in axes else {}
    return {"multiscales": [{"axes": described, "datasets": [level]}], "omero": omero}


def write_group(folder: Path, version: str, attributes: dict[str, Any]) -> Path:
    """Write a group with OME attributes as one version of OME-Zarr keeps them."""
    folder.mkdir(parents=True, exist_ok=True)
    if version == "0.5":
        ome = {"attributes": {"ome": {"version": "0.5", **attributes}}}
        group = {"zarr_format": 3, "node_type": "group", **ome}
        (folder / "zarr.json").write_text(json.dumps(group), encoding="utf-8")
    else:
        (folder / ".zgroup").write_text('{"zarr_format": 2}', encoding="utf-8")
        (folder / ".zattrs").write_text(json.dumps(attributes), encoding="utf-8")
    return folder


def write_image(
    folder: Path, version: str, pixels: np.ndarray[Any, Any], axes: str, **how: Any
) -> Path:
    """Write an image, a chunk for each plane."""
    write_group(folder, version, multiscales(axes, **how))
    driver = "zarr3" if version == "0.5" else "zarr"
    chunks = [1] * (pixels.ndim - 2) + list(pixels.shape[-2:])
    store = tensorstore.open(
        {"driver": driver, "kvstore": {"driver": "file", "path": (folder / "0").as_posix()}},
        create=True,
        dtype=pixels.dtype.name,
        shape=pixels.shape,
        chunk_layout=tensorstore.ChunkLayout(chunk_shape=chunks),
    ).result(timeout=30)
    store.write(pixels).result(timeout=30)
    return folder


@pytest.mark.parametrize("lazy", [False, True], ids=["kept", "lazy"])
@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_what_was_written_is_read(
    tmp_path: Path, coded_planes: Coded, version: str, lazy: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planes, channels, interval, pixel size and z step of either version come back."""
    monkeypatch.setattr("saccade.sim.playback._zarr.KEEP_BYTES", 0 if lazy else 2**30)
    stack = coded_planes(4, 2, 3)
    recording = open_recording(write_image(tmp_path / "m.zarr", version, stack, "tczyx"))
    assert recording.sizes == {"P": 1, "T": 4, "C": 2, "Z": 3, "Y": 12, "X": 16}
    assert recording.channels == ("DAPI", "GFP")
    assert (recording.interval_s, recording.pixel_size_um, recording.z_step_um) == (2.5, 0.2, 0.8)
    for t, c, z in np.ndindex(4, 2, 3):
        plane = recording.plane(0, t, c, z)
        np.testing.assert_array_equal(plane, stack[t, c, z])
        assert not plane.flags.writeable


@pytest.mark.parametrize("axes", ["tyx", "ctyx", "yx", "zyx", "ptcyx"])
def test_any_order_of_axes_is_read(tmp_path: Path, coded_planes: Coded, axes: str) -> None:
    """Axes are taken by their names, in whatever order they lie."""
    lengths = {"p": 2, "t": 4, "c": 2, "z": 3}
    stack = coded_planes(*(lengths[a] for a in axes[:-2]))
    recording = open_recording(write_image(tmp_path / "m.zarr", "0.5", stack, axes))
    ones = {"P": 1, "T": 1, "C": 1, "Z": 1, "Y": 12, "X": 16}
    assert recording.sizes == ones | {a.upper(): lengths[a] for a in axes[:-2]}
    last = {a: lengths[a] - 1 for a in axes[:-2]}
    plane = recording.plane(*(last.get(a, 0) for a in "ptcz"))
    np.testing.assert_array_equal(plane, stack[tuple(last[a] for a in axes[:-2])])


def test_scale_without_a_unit_is_unknown(tmp_path: Path, coded_planes: Coded) -> None:
    """The scale of 1 that the format asks for is not taken for a pixel size."""
    path = write_image(tmp_path / "m.zarr", "0.5", coded_planes(4), "tyx", units=False)
    recording = open_recording(path)
    assert (recording.pixel_size_um, recording.pixel_size_known) == (1.0, False)
    assert recording.interval_s is None


@pytest.mark.parametrize("listed", [False, True], ids=["numbered-folders", "listed-series"])
@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_series_are_positions(
    tmp_path: Path, coded_planes: Coded, version: str, listed: bool
) -> None:
    """Several images of one shape are positions, in the order stated, else in that of numbers."""
    names = ["b", "a"] if listed else ["2", "10"]
    stacks = coded_planes(2, 4, 2)
    root = write_group(tmp_path / "m.zarr", version, {"bioformats2raw.layout": 3})
    for name, stack in zip(names, stacks, strict=True):
        write_image(root / name, version, stack, "tcyx")
    if listed:
        write_group(root / "OME", version, {"series": names})
    recording = open_recording(root)
    assert recording.sizes == {"P": 2, "T": 4, "C": 2, "Z": 1, "Y": 12, "X": 16}
    for p, t, c in np.ndindex(2, 4, 2):
        np.testing.assert_array_equal(recording.plane(p, t, c, 0), stacks[p, t, c])


def write_run(folder: Path, stacks: np.ndarray[Any, Any]) -> Path:
    """Write the frames of a Saccade run with two streams of one shape."""
    root = write_group(folder / "frames.ome.zarr", "0.5", {"bioformats2raw.layout": 3})
    for name, stack in zip(("watch", "burst"), stacks, strict=True):
        image = write_image(root / name, "0.5", stack, "tyx") / "zarr.json"
        group = json.loads(image.read_text(encoding="utf-8"))
        group["attributes"]["saccade"] = {"role": name}
        image.write_text(json.dumps(group), encoding="utf-8")
    write_group(root / "OME", "0.5", {"series": ["watch", "burst"]})
    return root


@pytest.mark.parametrize("given", ["run", "frames"])
def test_run_of_saccade_is_its_first_stream(
    tmp_path: Path, coded_planes: Coded, given: str
) -> None:
    """Of a run's streams, even of one shape, the first is played; the run folder will do."""
    stacks = coded_planes(2, 4)
    root = write_run(tmp_path, stacks)
    recording = open_recording(tmp_path if given == "run" else root)
    assert recording.sizes["P"] == 1
    assert any("stream watch" in note for note in recording.notes)
    for t in range(4):
        np.testing.assert_array_equal(recording.plane(0, t, 0, 0), stacks[0, t])


def test_gap_of_a_run_is_no_black_frame(tmp_path: Path, coded_planes: Coded) -> None:
    """A frame that a run did not take is a failed picture when it is played back."""
    stacks = coded_planes(2, 4)
    root = write_run(tmp_path, stacks)
    (root / "watch" / "0" / "c" / "1" / "0" / "0").unlink()
    shown = projector(open_recording(tmp_path), "fast", None, VirtualClock())
    np.testing.assert_array_equal(shown.show((0, 0, 0)), stacks[0, 0])
    with pytest.raises(SnapError, match="time 1"):
        shown.show((0, 0, 0))
    np.testing.assert_array_equal(shown.show((0, 0, 0)), stacks[0, 2])


def no_image(folder: Path, coded: Coded) -> Path:
    return write_group(folder / "m.zarr", "0.5", {})


def plate(folder: Path, coded: Coded) -> Path:
    return write_group(folder / "m.zarr", "0.5", {"plate": {}})


def unlike_series(folder: Path, coded: Coded) -> Path:
    root = write_group(folder / "m.zarr", "0.5", {})
    write_image(root / "0", "0.5", coded(4), "tyx")
    write_image(root / "1", "0.5", coded(5), "tyx")
    return root


def lost_series(folder: Path, coded: Coded) -> Path:
    root = write_group(folder / "m.zarr", "0.5", {})
    write_image(root / "a", "0.5", coded(4), "tyx")
    write_group(root / "OME", "0.5", {"series": ["a", "b"]})
    return root


def no_array(folder: Path, coded: Coded) -> Path:
    return write_group(folder / "m.zarr", "0.5", multiscales("tyx"))


def broken_json(folder: Path, coded: Coded) -> Path:
    path = write_image(folder / "m.zarr", "0.5", coded(4), "tyx")
    (path / "zarr.json").write_text('{"zarr_format": 3, "attrib', encoding="utf-8")
    return path


def damaged_chunk(folder: Path, coded: Coded) -> Path:
    path = write_image(folder / "m.zarr", "0.5", coded(4), "tyx")
    (path / "0" / "c" / "2" / "0" / "0").write_bytes(b"short")
    return path


def of_floats(folder: Path, coded: Coded) -> Path:
    return write_image(folder / "m.zarr", "0.5", coded(4).astype("float32"), "tyx")


def fewer_axes(folder: Path, coded: Coded) -> Path:
    path = write_image(folder / "m.zarr", "0.5", coded(4, 2), "tcyx")
    return write_group(path, "0.5", multiscales("tyx"))


def no_times(folder: Path, coded: Coded) -> Path:
    return write_image(folder / "m.zarr", "0.5", coded(1)[:0], "tyx")


BAD = {
    no_image: "lacks the OME-Zarr image",
    plate: "is a plate",
    unlike_series: "don't fit together",
    lost_series: "lacks the OME-Zarr image",
    no_array: "can't be decoded",
    broken_json: "is no JSON",
    damaged_chunk: "can't be decoded",
    of_floats: "float32 pixels",
    fewer_axes: "names axes TYX",
    no_times: "holds no picture",
}


@pytest.mark.parametrize("make", BAD, ids=lambda make: make.__name__)
def test_bad_folder_is_one_clear_error(
    make: Callable[[Path, Coded], Path], tmp_path: Path, coded_planes: Coded
) -> None:
    """Each gives a RecordingError that says what is wrong and what to do."""
    with pytest.raises(RecordingError, match=BAD[make]) as caught:
        open_recording(make(tmp_path, coded_planes))
    assert caught.value.do


@pytest.mark.parametrize("name", ["../other", "a/../../other", "/other", "C:other", "..\\other"])
def test_metadata_leads_nowhere_else(tmp_path: Path, coded_planes: Coded, name: str) -> None:
    """Neither a list of images nor an image can name what is outside of its folder."""
    write_image(tmp_path / "other", "0.5", coded_planes(2), "tyx")
    images = write_group(tmp_path / "images", "0.5", {"bioformats2raw.layout": 3})
    write_group(images / "OME", "0.5", {"series": [name]})
    with pytest.raises(RecordingError, match="not in it"):
        open_recording(images)
    attributes = multiscales("tyx")
    attributes["multiscales"][0]["datasets"][0]["path"] = f"{name}/0"
    write_group(tmp_path / "image", "0.5", attributes)
    with pytest.raises(RecordingError, match="not in it"):
        open_recording(tmp_path / "image")


@pytest.mark.parametrize("text", ["[" * 100_000, " " * (2**26 + 1), "9" * 5000])
def test_metadata_is_bounded(tmp_path: Path, text: str) -> None:
    """Levels without end, and more text than any image has, are one named error."""
    (tmp_path / "zarr.json").write_text(text, encoding="utf-8")
    with pytest.raises(RecordingError, match="no JSON"):
        open_recording(tmp_path)
