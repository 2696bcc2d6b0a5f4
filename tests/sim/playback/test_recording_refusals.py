"""What does not open, and what is said about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from saccade.core import RecordingError, UsageError
from saccade.sim import Recording, open_recording

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PLANES = np.arange(4 * 12 * 16, dtype="uint16").reshape(4, 12, 16)

MONO: dict[str, Any] = {"photometric": "minisblack", "metadata": {"axes": "TYX"}}


def saved(folder: Path, pixels: np.ndarray[Any, Any], **how: Any) -> Path:
    path = folder / "m.tif"
    file = {key: how.pop(key) for key in ("imagej", "ome") if key in how}
    with tifffile.TiffWriter(path, **file) as writer:
        writer.write(pixels, **(MONO | how))
    return path


def raw(folder: Path, content: bytes) -> Path:
    path = folder / "m.tif"
    path.write_bytes(content)
    return path


def cut(folder: Path, share: float, pixels: np.ndarray[Any, Any] = PLANES, **how: Any) -> Path:
    path = saved(folder, pixels, **how)
    content = path.read_bytes()
    return raw(folder, content[: int(len(content) * share)])


def of_two_shapes(folder: Path, **how: Any) -> Path:
    path = folder / "m.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(PLANES[0], photometric="minisblack", **how)
        writer.write(PLANES[0, :6], photometric="minisblack", **how)
    return path


def folder_with(folder: Path, *names: str) -> Path:
    for name in names:
        saved(folder, PLANES).rename(folder / name)
    return folder


def circular(folder: Path) -> Path:
    # A header, one page of no entries at byte 8, which names itself as the next.
    return raw(folder, b"II*\0" + b"\x08\0\0\0" + b"\0\0" + b"\x08\0\0\0")


BAD: dict[str, tuple[Callable[[Path], Path], str]] = {
    "missing": (lambda f: f / "absent.tif", "no recording"),
    "no-tiff": (lambda f: raw(f, b"\x89PNG\r\n\x1a\n" + b"0" * 40), "is no TIFF file"),
    "empty-file": (lambda f: raw(f, b""), "is no TIFF file"),
    "only-a-header": (lambda f: raw(f, b"II*\0"), "is no TIFF file"),
    "no-pages": (lambda f: raw(f, b"II*\0\0\0\0\0"), "holds no picture"),
    "circular-pages": (circular, "circle"),
    "cut-plain": (lambda f: cut(f, 0.6), "cut short"),
    "cut-zlib": (lambda f: cut(f, 0.6, compression="zlib"), "cut short"),
    "cut-imagej": (lambda f: cut(f, 0.6, imagej=True), "cut short"),
    "cut-ome": (lambda f: cut(f, 0.6, ome=True), "cut short"),
    "cut-still": (lambda f: cut(f, 0.6, pixels=PLANES[0], metadata={}), "cut short"),
    "cut-still-zlib": (
        lambda f: cut(f, 0.6, pixels=PLANES[0], metadata={}, compression="zlib"),
        "cut short",
    ),
    "cut-on-one-page": (lambda f: cut(f, 0.6, truncate=True), "cut short"),
    "cut-imagej-on-one-page": (
        lambda f: cut(f, 0.6, truncate=True, imagej=True),
        "lacks planes",
    ),
    "two-shapes": (of_two_shapes, "don't fit together"),
    "two-shapes-plain": (lambda f: of_two_shapes(f, metadata=None), "don't fit together"),
    "rgb": (
        lambda f: saved(f, np.zeros((12, 16, 3), "uint8"), photometric="rgb", metadata={}),
        "colour picture, with 3 samples",
    ),
    "rgb-movie": (
        lambda f: saved(f, np.zeros((4, 12, 16, 3), "uint8"), photometric="rgb", metadata={}),
        "colour picture, with 3 samples",
    ),
    **{
        kind: (lambda f, kind=kind: saved(f, PLANES.astype(kind)), f"holds {kind} pixels")
        for kind in ("bool", "int8", "int16", "uint32", "float32", "float64", "complex64")
    },
    "strange-axes": (lambda f: saved(f, PLANES, metadata={"axes": "HYX"}), "axes HYX"),
    "turned-axes": (lambda f: saved(f, PLANES, metadata={"axes": "YXT"}), "axes YXT"),
    "too-many-axes": (
        lambda f: saved(f, PLANES.reshape(2, 2, 3, 2, 2, 4, 4), metadata={}),
        "does not say what its axes",
    ),
    "folder-of-none": (folder_with, "found: none"),
    "folder-of-two": (
        lambda f: folder_with(f, "movie.tif", "movie_2.tif"),
        "found: movie.tif, movie_2.tif",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_recording_is_one_clear_error(
    case: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Each gives a RecordingError that says what is wrong and what to do, and nothing else."""
    make, words = BAD[case]
    with pytest.raises(RecordingError, match=words) as caught:
        open_recording(make(tmp_path))
    assert isinstance(caught.value, UsageError)
    assert caught.value.do
    assert not caplog.records
    assert capfd.readouterr() == ("", "")


def test_float_tells_how_to_convert(tmp_path: Path) -> None:
    """Whoever brings float32 pixels is told how to make them uint16."""
    with pytest.raises(RecordingError) as caught:
        open_recording(saved(tmp_path, PLANES.astype("float32")))
    assert "16-bit" in caught.value.do
    assert "uint16" in caught.value.do


def test_unknown_compression_is_told_when_opened(tmp_path: Path) -> None:
    """Pixels that can't be decoded are found out before a run, not in it."""
    path = saved(tmp_path, PLANES, metadata=None)
    with tifffile.TiffFile(path, mode="r+b") as tiff:
        tiff.pages[0].tags["Compression"].overwrite(34712)
    with pytest.raises(RecordingError):
        open_recording(path)


def everything(recording: Recording) -> list[np.ndarray[Any, Any]]:
    sizes = [recording.sizes[a] for a in "PTCZ"]
    return [recording.plane(*at) for at in np.ndindex(*sizes)]


LAYOUTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "zlib": {"compression": "zlib"},
    "imagej": {"imagej": True},
    "ome": {"ome": True},
    "one-page": {"truncate": True},
    "imagej-one-page": {"imagej": True, "truncate": True},
}


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(deadline=None, max_examples=60)
@given(share=st.floats(0, 1, exclude_max=True))
def test_cut_file_never_passes_for_a_shorter_one(
    layout: str, share: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Wherever a file is cut, it is refused, unless every plane of it is still there."""
    path = cut(tmp_path_factory.mktemp("cut"), share, **LAYOUTS[layout])
    try:
        recording = open_recording(path)
    except RecordingError:
        return
    np.testing.assert_array_equal(everything(recording), PLANES)


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(deadline=None, max_examples=60)
@given(where=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255))
def test_damaged_byte_gives_one_error_or_opens(
    layout: str, where: float, value: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """One wrong byte anywhere makes no error but the one that is promised."""
    path = saved(tmp_path_factory.mktemp("flip"), PLANES[:, :4, :4], **LAYOUTS[layout])
    content = bytearray(path.read_bytes())
    content[int(where * len(content))] = value
    path.write_bytes(bytes(content))
    try:
        recording = open_recording(path)
    except RecordingError:
        return
    assert all(p.dtype in ("uint8", "uint16") for p in everything(recording))
