"""Runs as OME-TIFF, for programs that don't read Zarr."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile

from saccade.core import FolderError, UsageError

from ._pixel_reader import PixelReader
from ._reader import RunFolder
from ._values import frame_of, gap_of, place_of, stored_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from saccade.core import Frame, Pixels

    from ._journal import Line

_DTYPES = frozenset(
    {"bool", "int8", "int16", "int32", "uint8", "uint16", "uint32", "float32", "float64"}
)
# A little below what 32-bit offsets reach, for the metadata.
_CLASSIC_BYTES = 2**32 - 2**26
_NAMED_GAPS = 20
_NO_PIXELS = np.zeros((0, 0), np.uint8)


@dataclass(frozen=True, slots=True)
class _Part:
    """What becomes one file: the planes of one stream at one stage position."""

    stream: str
    position: int
    lines: tuple[Line, ...]
    """Of frames and gaps, in the order of the file."""
    grid: tuple[int, ...]
    """Sizes along t, c and z, or the number of planes along t."""

    @property
    def frames(self) -> list[Line]:
        return [line for line in self.lines if line.kind == "frame"]

    @property
    def gaps(self) -> list[Line]:
        return [line for line in self.lines if line.kind == "gap"]


def export_ome_tiff(path: Path | str, out_dir: Path | str) -> tuple[Path, ...]:
    """Write one OME-TIFF a stream and stage position; the run stays as it is.

    Axes are TCZYX where the planned indices form a full grid, else T in the order of
    acquisition. Gaps are black, and named in the description.

    Parameters
    ----------
    path : Path or str
        The folder of the run.
    out_dir : Path or str
        Created if it isn't there; no file in it is replaced.

    Returns
    -------
    tuple of Path
        The new files.

    Raises
    ------
    FolderError
        If this is no run folder, or a file can't be written or is there already.
    UsageError
        If OME-TIFF has no such data type.
    DamagedRunError
        If a line or a frame is not what was written.
    """
    folder, out = RunFolder(path), Path(out_dir)
    parts = _parts(folder)
    several = {part.stream for part in parts if part.position > 0}
    targets = tuple(out / _file_name(part, part.stream in several) for part in parts)
    for target in targets:
        if target.exists():
            raise FolderError(f"{target} is there already.", do="Export to another folder.")
    try:
        out.mkdir(parents=True, exist_ok=True)
        for part, target in zip(parts, targets, strict=True):
            _write(part, target, folder)
    except OSError as error:
        raise FolderError(
            f"The run can't be exported to {out}: {error.strerror or error}.",
            do="Choose a place where you may write, with room for the run.",
        ) from error
    return targets


def _parts(folder: RunFolder) -> tuple[_Part, ...]:
    lines: defaultdict[tuple[str, int], list[Line]] = defaultdict(list)
    leading: defaultdict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in folder.lines():
        if line.kind not in {"frame", "gap"}:
            continue
        stream = place_of(line).path
        _check(line)
        whose = line.value["stream"], str(line.value.get("camera", ""))
        if stream is None:
            leading[whose].append(line)
            continue
        # Gaps before the first frame of a role and a camera belong to its first stream.
        for one in (*leading.pop(whose, ()), line):
            lines[stream, _planned(one, "p")].append(one)
    parts = (_part(*key, planes) for key, planes in lines.items())
    return tuple(part for part in parts if part.frames)


def _check(line: Line) -> None:
    """Raise if a line says what no frame or gap could, before any file is begun."""
    if line.kind == "frame":
        stored_of(line)
        _facts(line)
    else:
        gap_of(line)


def _facts(line: Line) -> Frame:
    """Return what a line says of a frame, without its pixels."""
    return frame_of(line, _NO_PIXELS)


def _part(stream: str, position: int, lines: list[Line]) -> _Part:
    places = [(_planned(line, "t"), _planned(line, "c"), _planned(line, "z")) for line in lines]
    sizes = [sorted(set(axis)) for axis in zip(*places, strict=True)]
    if sorted(places) != list(product(*sizes)):
        return _Part(stream, position, tuple(lines), (len(lines),))
    order = sorted(range(len(lines)), key=places.__getitem__)
    grid = tuple(len(axis) for axis in sizes)
    return _Part(stream, position, tuple(lines[i] for i in order), grid)


def _planned(line: Line, axis: str) -> int:
    return int(line.value["event"].get("index", {}).get(axis, 0))


def _file_name(part: _Part, numbered: bool) -> str:
    return f"{part.stream}_p{part.position}.ome.tiff" if numbered else f"{part.stream}.ome.tiff"


def _write(part: _Part, target: Path, folder: RunFolder) -> None:
    first = part.frames[0].value
    if first["dtype"] not in _DTYPES:
        raise UsageError(f"OME-TIFF has no data type {first['dtype']} (stream {part.stream!r}).")
    # Bits would be packed, which few programs read.
    dtype = np.dtype("uint8" if first["dtype"] == "bool" else first["dtype"])
    shape = (*part.grid, *first["shape"])
    draft = target.with_name(f"{target.name}.part")
    try:
        big = math.prod(shape) * dtype.itemsize > _CLASSIC_BYTES
        with tifffile.TiffWriter(draft, ome=True, bigtiff=big) as file:
            file.write(
                _planes(part, dtype, PixelReader(folder.path)),
                shape=shape,
                dtype=dtype,
                photometric="minisblack",
                metadata=_metadata(part, folder.path.name),
            )
        draft.rename(target)
    finally:
        draft.unlink(missing_ok=True)


def _planes(part: _Part, dtype: np.dtype[Any], pictures: PixelReader) -> Iterator[Pixels]:
    black = np.zeros(part.frames[0].value["shape"], dtype)
    for line in part.lines:
        yield pictures.read(line).astype(dtype, copy=False) if line.kind == "frame" else black


def _metadata(part: _Part, run: str) -> dict[str, Any]:
    pixel_size_um = _facts(part.frames[0]).pixel_size_um
    start_ns = part.frames[0].t_ns
    metadata: dict[str, Any] = {
        "axes": "TCZYX" if len(part.grid) == 3 else "TYX",
        "Name": part.stream,
        "Description": _description(part, run),
        "Channel": _channels(part),
        "Plane": [_plane(line, start_ns) for line in part.lines],
    }
    if math.isfinite(pixel_size_um) and pixel_size_um > 0:
        metadata |= {"PhysicalSizeX": pixel_size_um, "PhysicalSizeY": pixel_size_um}
        metadata |= {"PhysicalSizeXUnit": "µm", "PhysicalSizeYUnit": "µm"}
    return metadata


def _description(part: _Part, run: str) -> str:
    text = f"Run {run}, stream {part.stream}, stage position {part.position}."
    if gaps := part.gaps:
        named = [f"{gap.value['index']} ({gap.value['reason']})" for gap in gaps[:_NAMED_GAPS]]
        more = f", and {len(gaps) - _NAMED_GAPS} more" if len(gaps) > _NAMED_GAPS else ""
        text += f" Gaps, black here, at index {', '.join(named)}{more}."
    return _xml(text)


def _channels(part: _Part) -> list[dict[str, str]]:
    names: defaultdict[int, set[str]] = defaultdict(set)
    count = part.grid[1] if len(part.grid) == 3 else 1
    depth = part.grid[2] if len(part.grid) == 3 else 1
    for place, line in enumerate(part.lines):
        if line.kind == "frame" and (channel := _facts(line).channel):
            names[place // depth % count].add(channel)
    # Where pictures of several channels lie in one row of planes, none of them names it.
    return [{"Name": _xml(name)} if (name := _only(names[c])) else {} for c in range(count)]


def _xml(text: str) -> str:
    """Return a text without the letters that XML has no place for."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _only(names: set[str]) -> str | None:
    return next(iter(names)) if len(names) == 1 else None


def _plane(line: Line, start_ns: int) -> dict[str, Any]:
    if line.kind == "gap":
        return {}
    frame = _facts(line)
    plane = {"DeltaT": (line.t_ns - start_ns) / 1e9, "DeltaTUnit": "s"}
    named = {"ExposureTime": "exposure_ms", "PositionX": "x_um", "PositionY": "y_um"}
    for name, key in {**named, "PositionZ": "z_um"}.items():
        value = getattr(frame, key)
        if value is not None and math.isfinite(value):
            plane |= {name: value, f"{name}Unit": "ms" if key == "exposure_ms" else "µm"}
    return plane
