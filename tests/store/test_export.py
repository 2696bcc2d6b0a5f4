"""A run as OME-TIFF: the same pictures, in their places, with their names."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import numpy as np
import pytest
import tifffile
from useq import MDAEvent

from saccade.core import DamagedRunError, FolderError, UsageError
from saccade.store import export_ome_tiff

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Make = Callable[..., Any]

OME = "{http://www.openmicroscopy.org/Schemas/OME/2016-06}"


def ome(path: Path) -> ElementTree.Element:
    with tifffile.TiffFile(path) as file:
        assert file.is_ome
        assert file.ome_metadata is not None
        return ElementTree.fromstring(file.ome_metadata)  # noqa: S314


def find(path: Path, name: str) -> list[dict[str, str]]:
    return [element.attrib for element in ome(path).iter(f"{OME}{name}")]


def pictures(frame_at: Make, *axes: str, count: int, **sizes: int) -> list[Any]:
    """Return frames along axes, the last of which changes fastest."""
    shape = [sizes[axis] for axis in axes]
    frames = []
    for index in range(count):
        place = dict(zip(axes, map(int, np.unravel_index(index, shape)), strict=True))
        event = MDAEvent(index=place)
        channel = ["DAPI", "FITC"][place.get("c", 0)]
        frames.append(frame_at(index, event=event, channel=channel))
    return frames


@pytest.mark.parametrize("order", ["tcz", "zct", "ctz"])
def test_full_grid_becomes_tczyx(record: Make, frame_at: Make, tmp_path: Path, order: str) -> None:
    """Whatever the order of acquisition, each picture lies at its t, c and z."""
    frames = pictures(frame_at, *order, count=12, t=3, c=2, z=2)
    (path,) = export_ome_tiff(record(*frames), tmp_path / "out")
    assert path == tmp_path / "out" / "watch.ome.tiff"
    with tifffile.TiffFile(path) as file:
        assert file.series[0].axes == "TCZYX"
        stack = file.asarray()
    for frame in frames:
        at = frame.event.index
        np.testing.assert_array_equal(stack[at["t"], at["c"], at["z"]], frame.pixels)
    assert [channel["Name"] for channel in find(path, "Channel")] == ["DAPI", "FITC"]


def test_what_is_no_grid_becomes_a_series(record: Make, frame_at: Make, tmp_path: Path) -> None:
    """Without a full grid the planes are in the order of acquisition, along t."""
    frames = pictures(frame_at, "t", "c", count=5, t=3, c=2)
    (path,) = export_ome_tiff(record(*frames), tmp_path / "out")
    with tifffile.TiffFile(path) as file:
        assert file.series[0].axes == "TYX"
        np.testing.assert_array_equal(file.asarray(), [frame.pixels for frame in frames])
    # Two channels in one row of planes: neither may name it.
    assert [channel.get("Name") for channel in find(path, "Channel")] == [None]


def test_one_file_a_stream_and_position(record: Make, frame_at: Make, tmp_path: Path) -> None:
    """Positions and shapes are files of their own, and no picture is in two."""
    frames = pictures(frame_at, "t", "p", count=4, t=2, p=2)
    burst = [frame_at(4, (6, 8), stream="burst"), frame_at(5, (6, 8), stream="burst")]
    paths = export_ome_tiff(record(*frames, *burst), tmp_path / "out")
    names = ["watch_p0.ome.tiff", "watch_p1.ome.tiff", "burst.ome.tiff"]
    assert [path.name for path in paths] == names
    planes = [tifffile.imread(path).reshape(2, -1) for path in paths]
    meant = [(frames[0], frames[2]), (frames[1], frames[3]), burst]
    for got, pair in zip(planes, meant, strict=True):
        np.testing.assert_array_equal(got, [frame.pixels.ravel() for frame in pair])
    assert sorted(os.listdir(tmp_path / "out")) == sorted(names)


def test_gaps_are_black_and_named(
    record: Make, frame_at: Make, gap_at: Make, tmp_path: Path
) -> None:
    """A gap leaves its plane black, the first one too, and the description says why."""
    folder = record(gap_at(0), frame_at(1), gap_at(2), frame_at(3))
    (path,) = export_ome_tiff(folder, tmp_path / "out")
    stack = tifffile.imread(path)
    for index in (1, 3):
        np.testing.assert_array_equal(stack[index], frame_at(index).pixels)
    assert not stack[[0, 2]].any()
    description = ome(path).find(f".//{OME}Description")
    assert description is not None
    assert description.text is not None
    assert "index 0 (the stage did not arrive), 2 (the stage did not arrive)" in description.text


def test_metadata_says_what_the_hardware_did(
    record: Make, frame_at: Make, gap_at: Make, tmp_path: Path
) -> None:
    """Pixel size, times, exposures and positions are those of each frame."""
    where = {"x_um": -1.5, "y_um": 2.0, "z_um": float("nan"), "pixel_size_um": 0.325}
    first, second = frame_at(0, **where), frame_at(2, **where, channel="FITC")
    second = replace(second, t_ns=first.t_ns + 1_500_000_000)
    (path,) = export_ome_tiff(record(first, gap_at(1), second), tmp_path / "out")
    (pixels,) = find(path, "Pixels")
    assert (float(pixels["PhysicalSizeX"]), float(pixels["PhysicalSizeY"])) == (0.325, 0.325)
    assert pixels["PhysicalSizeXUnit"] == "µm"
    planes = find(path, "Plane")
    assert [plane.get("DeltaT") and float(plane["DeltaT"]) for plane in planes] == [0, None, 1.5]
    assert (planes[0]["ExposureTime"], planes[0]["ExposureTimeUnit"]) == ("20.0", "ms")
    assert (planes[2]["PositionX"], planes[2]["PositionXUnit"]) == ("-1.5", "µm")
    assert "PositionZ" not in planes[0]


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int16", "uint16", "float32", "float64"])
def test_pixels_are_exported_as_they_are(
    record: Make, frame_at: Make, tmp_path: Path, dtype: str
) -> None:
    """No data type is rescaled on the way."""
    frames = [frame_at(index, dtype=dtype) for index in range(3)]
    (path,) = export_ome_tiff(record(*frames), tmp_path / "out")
    np.testing.assert_array_equal(tifffile.imread(path), [frame.pixels for frame in frames])


def test_nothing_is_overwritten(record: Make, frame_at: Make, tmp_path: Path) -> None:
    """A file of the same name stays as it is, and no other is written beside it."""
    folder = record(frame_at(0), frame_at(1, stream="burst"))
    out = tmp_path / "out"
    out.mkdir()
    (out / "burst.ome.tiff").write_bytes(b"precious")
    with pytest.raises(FolderError, match=r"burst\.ome\.tiff is there already"):
        export_ome_tiff(folder, out)
    assert os.listdir(out) == ["burst.ome.tiff"]
    assert (out / "burst.ome.tiff").read_bytes() == b"precious"


def test_place_that_can_not_be_written_is_refused(
    record: Make, frame_at: Make, tmp_path: Path
) -> None:
    """A file in the way of the folder is a named error."""
    (tmp_path / "out").write_bytes(b"precious")
    with pytest.raises(FolderError, match="can't be exported"):
        export_ome_tiff(record(frame_at(0)), tmp_path / "out" / "below")
    assert (tmp_path / "out").read_bytes() == b"precious"


def test_type_that_tiff_lacks_is_refused(record: Make, frame_at: Make, tmp_path: Path) -> None:
    """64-bit integers have no OME-TIFF, and are not silently cut."""
    with pytest.raises(UsageError, match="int64"):
        export_ome_tiff(record(frame_at(0, dtype="int64")), tmp_path / "out")


def test_damaged_run_leaves_no_half_file(record: Make, frame_at: Make, tmp_path: Path) -> None:
    """A frame that is not what was taken ends the export without a file."""
    folder = record(frame_at(0), frame_at(1))
    (folder / "frames.ome.zarr" / "watch" / "0" / "c.0.0.0").unlink()
    with pytest.raises(DamagedRunError, match="Frame 0"):
        export_ome_tiff(folder, tmp_path / "out")
    assert os.listdir(tmp_path / "out") == []


def test_run_without_frames_has_no_files(record: Make, gap_at: Make, tmp_path: Path) -> None:
    """Where nothing was taken there is nothing to export."""
    assert export_ome_tiff(record(gap_at(0)), tmp_path / "out") == ()


def test_odd_text_is_valid_xml(record: Make, frame_at: Make, tmp_path: Path) -> None:
    """Names that XML has no letters for don't break the file."""
    frame = frame_at(0, channel="<&\x07\ud800µ>")
    (path,) = export_ome_tiff(record(frame), tmp_path / "out")
    (channel,) = find(path, "Channel")
    assert channel["Name"] == "<&  µ>"
