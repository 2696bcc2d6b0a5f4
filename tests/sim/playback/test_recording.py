"""What opens, and as what."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile

from saccade.core import RecordingError
from saccade.sim import open_recording

if TYPE_CHECKING:
    from collections.abc import Callable

MOVIES = {
    "beating_cardiac_A/movie.tif": ({"T": 75, "Y": 256, "X": 256}, "uint16"),
    "calcium_zebrafish/movie.tif": ({"T": 240, "Z": 2, "Y": 87, "X": 76}, "uint8"),
    "colloids_brownian/movie.tif": ({"T": 150, "Y": 256, "X": 256}, "uint8"),
    "golgi_bfa/movie.tif": ({"T": 30, "Y": 137, "X": 147}, "uint16"),
    "mitosis_spindle_2ch/movie.tif": ({"T": 51, "C": 2, "Y": 196, "X": 171}, "uint16"),
    "nuclei_dense_cy5/movie.tif": ({"T": 5, "Y": 512, "X": 512}, "uint16"),
    "nuclei_drosophila_syncytium/movie.tif": ({"T": 61, "Y": 264, "X": 542}, "uint8"),
    "phase_t98g_tracked/movie.tif": ({"T": 37, "Y": 320, "X": 320}, "uint16"),
    "phase_t98g_tracked/track_labels.tif": ({"T": 37, "Y": 320, "X": 320}, "uint8"),
    "phluorin_synapse/movie.tif": ({"T": 20, "Y": 124, "X": 117}, "uint16"),
    "reporter_il1b_2pos_3ch/movie_PTCYX.tif": (
        {"P": 2, "T": 4, "C": 3, "Y": 512, "X": 512},
        "uint16",
    ),
    "nuclei_mitocheck_pair/t1_image.tif": ({"Y": 364, "X": 260}, "uint8"),
    "nuclei_mitocheck_pair/t70_image.tif": ({"Y": 364, "X": 260}, "uint8"),
    **{
        f"phase_usiigaci_manual/{name}_image.tif": ({"Y": 512, "X": 512}, "uint16")
        for name in ("train_set5", "train_set11", "train_set17", "train_set23", "train_set30")
    },
    **{
        f"phase_usiigaci_manual/{name}_image.tif": ({"Y": 512, "X": 512}, "uint16")
        for name in ("val_set46", "val_set48")
    },
}
"""Sizes as the README of each recording states them; an axis left out is 1."""

CASES = [
    pytest.param(*(name, *what), id=name.removesuffix(".tif")) for name, what in MOVIES.items()
]


@pytest.mark.parametrize(("name", "sizes", "dtype"), CASES)
def test_real_recording_opens(data: Path, name: str, sizes: dict[str, int], dtype: str) -> None:
    """Every real recording has the sizes and the pixel type that its README states."""
    recording = open_recording(data / name)
    assert recording.sizes == {"P": 1, "T": 1, "C": 1, "Z": 1} | sizes
    assert recording.dtype == np.dtype(dtype)
    assert len(recording.channels) == recording.sizes["C"]


def test_no_real_recording_is_left_out(data: Path) -> None:
    """The table names every TIFF picture of the shared data."""
    found = {p.relative_to(data).as_posix() for p in data.rglob("*.tif")}
    assert {n for n in found if "/labels/" not in n and "_labels" not in Path(n).name} | {
        "phase_t98g_tracked/track_labels.tif"
    } == set(MOVIES)


@pytest.mark.parametrize("lazy", [False, True], ids=["kept", "lazy"])
@pytest.mark.parametrize("name", [n for n in MOVIES if "usiigaci" not in n])
def test_planes_are_those_of_the_file(
    data: Path, name: str, lazy: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kept in memory or read one by one, every plane is what tifffile reads at its place."""
    monkeypatch.setattr("saccade.sim.playback._tiff.KEEP_BYTES", 0 if lazy else 2**30)
    recording = open_recording(data / name)
    shape = tuple(recording.sizes[a] for a in "PTCZYX")
    expected = tifffile.imread(data / name).reshape(shape)
    for at in np.ndindex(shape[:4]):
        np.testing.assert_array_equal(recording.plane(*at), expected[at])


def test_interval_comes_from_the_file(data: Path) -> None:
    """An interval that a real recording states is read; where none is stated it is None."""
    assert open_recording(data / "golgi_bfa/movie.tif").interval_s == 59.86
    assert open_recording(data / "phluorin_synapse/movie.tif").interval_s is None


def test_folder_with_one_movie_opens(data: Path) -> None:
    """A folder is taken for the one movie in it, whatever else lies there."""
    recording = open_recording(data / "phase_t98g_tracked")
    assert recording.path.name == "movie.tif"


WAYS: dict[str, dict[str, Any]] = {
    "contiguous": {},
    "big-endian": {"byteorder": ">"},
    "bigtiff": {"bigtiff": True},
    "zlib": {"compression": "zlib"},
    "tiled": {"tile": (16, 16)},
    "many-strips": {"rowsperstrip": 5},
}


@pytest.mark.parametrize("lazy", [False, True], ids=["kept", "lazy"])
@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_writing_reads_alike(
    tmp_path: Path,
    coded_planes: Callable[..., np.ndarray[Any, Any]],
    way: str,
    lazy: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However the bytes are laid out, planes come out native, read-only and in place."""
    monkeypatch.setattr("saccade.sim.playback._tiff.KEEP_BYTES", 0 if lazy else 2**30)
    stack = coded_planes(4, 3, 2)
    path = tmp_path / "m.tif"
    tifffile.imwrite(path, stack, metadata={"axes": "TCZYX"}, photometric="minisblack", **WAYS[way])
    recording = open_recording(path)
    for t, c, z in np.ndindex(4, 3, 2):
        plane = recording.plane(0, t, c, z)
        np.testing.assert_array_equal(plane, stack[t, c, z])
        assert plane.dtype == np.dtype("uint16")
        assert not plane.flags.writeable
    del recording, plane
    gc.collect()  # a file left open would warn here, and a warning fails


@pytest.mark.parametrize("lazy", [False, True], ids=["kept", "lazy"])
def test_page_of_several_planes_reads(
    tmp_path: Path,
    coded_planes: Callable[..., np.ndarray[Any, Any]],
    lazy: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Channels that a writer took for colours, three to a page, are channels if axes say so."""
    monkeypatch.setattr("saccade.sim.playback._tiff.KEEP_BYTES", 0 if lazy else 2**30)
    stack = coded_planes(4, 3)
    path = tmp_path / "m.tif"
    how: dict[str, Any] = {"photometric": "rgb", "planarconfig": "separate", "compression": "zlib"}
    tifffile.imwrite(path, stack, metadata={"axes": "TCYX"}, **how)
    recording = open_recording(path)
    assert (recording.sizes["T"], recording.sizes["C"]) == (4, 3)
    for t, c in np.ndindex(4, 3):
        np.testing.assert_array_equal(recording.plane(0, t, c, 0), stack[t, c])


def test_imagej_hyperstack_states_its_scale(
    tmp_path: Path, coded_planes: Callable[..., np.ndarray[Any, Any]]
) -> None:
    """ImageJ's axes, interval, pixel size and z step are read."""
    path = tmp_path / "ij.tif"
    meta = {"axes": "TZCYX", "finterval": 7.5, "unit": "micron", "spacing": 2.0}
    tifffile.imwrite(path, coded_planes(3, 2, 2), imagej=True, resolution=(4, 4), metadata=meta)
    recording = open_recording(path)
    assert recording.sizes == {"P": 1, "T": 3, "C": 2, "Z": 2, "Y": 12, "X": 16}
    assert recording.interval_s == 7.5
    assert (recording.pixel_size_um, recording.pixel_size_known) == (0.25, True)
    assert recording.z_step_um == 2.0
    assert recording.notes == ()


def test_imagej_interval_has_a_unit(
    tmp_path: Path, coded_planes: Callable[..., np.ndarray[Any, Any]]
) -> None:
    """An interval that ImageJ states in minutes is not taken for seconds."""
    path = tmp_path / "ij.tif"
    meta = {"axes": "TYX", "finterval": 2.0, "tunit": "min"}
    tifffile.imwrite(path, coded_planes(3), imagej=True, metadata=meta)
    assert open_recording(path).interval_s == 120.0


def test_imagej_hyperstack_without_pages_reads(
    tmp_path: Path, coded_planes: Callable[..., np.ndarray[Any, Any]], monkeypatch: Any
) -> None:
    """A hyperstack that describes all planes on its only page is read whole."""
    monkeypatch.setattr("saccade.sim.playback._tiff.KEEP_BYTES", 0)
    stack = coded_planes(5)
    path = tmp_path / "ij.tif"
    with tifffile.TiffWriter(path, imagej=True) as writer:
        writer.write(stack, truncate=True, contiguous=True, metadata={"axes": "TYX"})
    with tifffile.TiffFile(path) as tiff:
        assert len(tiff.pages) == 1
    recording = open_recording(path)
    np.testing.assert_array_equal(recording.plane(0, 4, 0, 0), stack[4])


def test_ome_tiff_states_its_channels(
    tmp_path: Path, coded_planes: Callable[..., np.ndarray[Any, Any]]
) -> None:
    """OME channel names, interval, sizes and significant bits are read."""
    path = tmp_path / "m.ome.tif"
    meta = {
        "axes": "CTYX",
        "TimeIncrement": 500.0,
        "TimeIncrementUnit": "ms",
        "PhysicalSizeX": 0.1,
        "SignificantBits": 12,
        "Channel": {"Name": ["DAPI", "Cy5/Alexa"]},
    }
    stack = coded_planes(2, 3)
    tifffile.imwrite(path, stack, metadata=meta)
    recording = open_recording(path)
    assert recording.channels == ("DAPI", "Cy5-Alexa")
    assert (recording.interval_s, recording.pixel_size_um, recording.bits) == (0.5, 0.1, 12)
    np.testing.assert_array_equal(recording.plane(0, 2, 1, 0), stack[1, 2])


def test_ome_images_are_positions(
    tmp_path: Path, coded_planes: Callable[..., np.ndarray[Any, Any]]
) -> None:
    """Several OME images of one shape are the positions of one recording."""
    stacks = coded_planes(3, 4, 2)
    path = tmp_path / "m.ome.tif"
    with tifffile.TiffWriter(path) as writer:
        for stack in stacks:
            writer.write(stack, metadata={"axes": "TCYX"})
    recording = open_recording(path)
    assert recording.sizes == {"P": 3, "T": 4, "C": 2, "Z": 1, "Y": 12, "X": 16}
    for p, t, c in np.ndindex(3, 4, 2):
        np.testing.assert_array_equal(recording.plane(p, t, c, 0), stacks[p, t, c])


@pytest.mark.parametrize(
    ("name", "shape", "axes", "sizes", "told"),
    [
        pytest.param("m.tif", (4,), None, {"T": 4}, True, id="first-axis-is-time"),
        pytest.param("m.tif", (4, 2), None, {"T": 4, "C": 2}, True, id="then-channels"),
        pytest.param("m.tif", (4, 3, 2), None, {"T": 4, "Z": 3, "C": 2}, True, id="imagej-order"),
        pytest.param("m_ZYX.tif", (4,), None, {"Z": 4}, False, id="suffix-decides"),
        pytest.param("m_CTYX.tif", (4, 2), None, {"C": 4, "T": 2}, False, id="suffix-of-two"),
        pytest.param(
            "m_PTCYX.ome.tif", (2, 1, 3), None, {"P": 2, "C": 3}, False, id="suffix-with-one"
        ),
        pytest.param("m_CTYX.tif", (4,), None, {"T": 4}, True, id="suffix-that-does-not-fit"),
        pytest.param("m_ZYX.tif", (4,), "TYX", {"T": 4}, False, id="stated-beats-suffix"),
        pytest.param("m.tif", (), None, {}, False, id="still"),
    ],
)
def test_unstated_axes_are_decided(
    tmp_path: Path,
    coded_planes: Callable[..., np.ndarray[Any, Any]],
    name: str,
    shape: tuple[int, ...],
    axes: str | None,
    sizes: dict[str, int],
    told: bool,
) -> None:
    """What the file states comes first, then its name, then a guess that is told in notes."""
    path = tmp_path / name
    meta = {"axes": axes} if axes else {}
    tifffile.imwrite(path, coded_planes(*shape), photometric="minisblack", metadata=meta, ome=False)
    recording = open_recording(path)
    ones = {"P": 1, "T": 1, "C": 1, "Z": 1, "Y": 12, "X": 16}
    assert recording.sizes == ones | sizes
    assert any("does not name its axes" in note for note in recording.notes) == told


def test_plain_pages_are_times(
    tmp_path: Path, coded_planes: Callable[..., np.ndarray[Any, Any]]
) -> None:
    """A plain multi-page TIFF is a movie, each page a time, and the notes say so."""
    stack = coded_planes(6)
    path = tmp_path / "plain.tif"
    with tifffile.TiffWriter(path) as writer:
        for page in stack:
            writer.write(page, metadata=None)
    recording = open_recording(path)
    assert recording.sizes["T"] == 6
    assert any("taken as TYX" in note for note in recording.notes)
    np.testing.assert_array_equal(recording.plane(0, 5, 0, 0), stack[5])


def test_times_saved_as_planes_are_told(
    tmp_path: Path, coded_planes: Callable[..., np.ndarray[Any, Any]]
) -> None:
    """A stack that ImageJ took for a z-stack is played as such, and the notes tell the cure."""
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, coded_planes(9), imagej=True, metadata={"axes": "ZYX"})
    recording = open_recording(path)
    assert (recording.sizes["T"], recording.sizes["Z"]) == (1, 9)
    assert any("Stack to Hyperstack" in note for note in recording.notes)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param(["GFP", "RFP"], ("GFP", "RFP"), id="named"),
        pytest.param(["GFP", "GFP"], ("C0", "C1"), id="twice-the-same"),
        pytest.param(["a/b", "a,b"], ("C0", "C1"), id="alike-once-cleaned"),
        pytest.param(["a/b", "c'd*!\\"], ("a-b", "c-d---"), id="forbidden-in-presets"),
    ],
)
def test_channels_can_be_presets(
    tmp_path: Path,
    coded_planes: Callable[..., np.ndarray[Any, Any]],
    names: list[str],
    expected: tuple[str, ...],
) -> None:
    """Channel names are unique and hold nothing that Micro-Manager refuses in a preset."""
    path = tmp_path / "m.ome.tif"
    meta = {"axes": "TCYX", "Channel": {"Name": names}}
    tifffile.imwrite(path, coded_planes(2, 2), metadata=meta)
    assert open_recording(path).channels == expected


@pytest.mark.parametrize(
    "at", [(-1, 0, 0, 0), (2, 0, 0, 0), (0, 5, 0, 0), (0, 0, 3, 0), (0, 0, 0, 1)]
)
def test_plane_outside_is_refused(small: Any, at: tuple[int, int, int, int]) -> None:
    """A plane that was not recorded is an error, never another plane."""
    with pytest.raises(IndexError):
        small.plane(*at)


def test_large_recordings_are_not_loaded(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the limit, opening decodes one plane only, and planes are dropped after use."""
    monkeypatch.setattr("saccade.sim.playback._tiff.KEEP_BYTES", 2**20)
    decoded: list[int] = []
    asarray = tifffile.TiffPage.asarray
    monkeypatch.setattr(
        tifffile.TiffPage, "asarray", lambda page, **kw: decoded.append(1) or asarray(page, **kw)
    )
    monkeypatch.setattr(
        tifffile.TiffPageSeries, "asarray", lambda *_, **__: pytest.fail("loaded as a whole")
    )
    recording = open_recording(data / "reporter_il1b_2pos_3ch/movie_PTCYX.tif")
    assert len(decoded) == 1
    recording.plane(1, 3, 2, 0)
    assert len(decoded) == 2


def test_unreadable_path_is_one_error(tmp_path: Path) -> None:
    """A path that is no file and no folder is named in one error."""
    with pytest.raises(RecordingError, match=r"no recording .*absent\.tif"):
        open_recording(tmp_path / "absent.tif")
