"""OME-Zarr 0.5 as run folders use it: metadata, names and places."""

from __future__ import annotations

import math
import os
import re
from typing import TYPE_CHECKING, Any

import tensorstore as ts

from saccade.core import StoreError

from ._disk import sync_folder, write_whole
from ._json import dumps

if TYPE_CHECKING:
    from pathlib import Path

FRAMES = "frames.ome.zarr"
PATIENCE_S = 30.0
"""How long the disk may take for one file before it counts as failed."""

_SERIES = "OME"
# Not free for a stream: the group that lists the images, and what Windows reserves.
_NOT_NAMES = re.compile(r"(ome|con|prn|aux|nul|(com|lpt)\d|)", re.IGNORECASE)


def make_root(root: Path) -> None:
    """Create the group that holds all images of a run."""
    root.mkdir()
    sync_folder(root.parent)
    _write_group(root, {"version": "0.5", "bioformats2raw.layout": 3})
    (root / _SERIES).mkdir()
    list_series(root, [])


def list_series(root: Path, paths: list[str]) -> None:
    """Name the images of a run, for readers of the bioformats2raw layout."""
    _write_group(root / _SERIES, {"version": "0.5", "series": paths})


def make_image(group: Path, role: str, pixel_size_um: float) -> None:
    """Create the group of one image, without a unit if the pixel size is unknown."""
    group.mkdir()
    known = math.isfinite(pixel_size_um) and pixel_size_um > 0
    size = float(pixel_size_um) if known else 1.0
    space = {"type": "space", "unit": "micrometer"} if known else {"type": "space"}
    scale = [{"type": "scale", "scale": [1.0, size, size]}]
    image = {
        "name": group.name,
        "axes": [{"name": "t", "type": "time"}, {"name": "y", **space}, {"name": "x", **space}],
        "datasets": [{"path": "0", "coordinateTransformations": scale}],
    }
    _write_group(group, {"version": "0.5", "multiscales": [image]}, saccade={"role": role})


def make_array(group: Path, shape: tuple[int, ...], dtype: str, rows: int, context: Any) -> Any:
    """Create the array (t, y, x) of an image, one chunk a frame, and open it."""
    chunks = {"name": "regular", "configuration": {"chunk_shape": [1, *shape]}}
    # Flat names: a nested one costs two folders a frame, whose names would need syncing too.
    keys = {"name": "default", "configuration": {"separator": "."}}
    metadata = {
        "shape": [rows, *shape],
        "data_type": dtype,
        "chunk_grid": chunks,
        "chunk_key_encoding": keys,
        "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
        "fill_value": False if dtype == "bool" else 0,
        "dimension_names": ["t", "y", "x"],
    }
    # A black frame is a frame: only a gap leaves no chunk.
    spec = {**_at(group), "metadata": metadata, "store_data_equal_to_fill_value": True}
    return ts.open(spec, create=True, context=context).result(timeout=PATIENCE_S)


def open_array(group: Path, context: Any) -> Any:
    """Open the array of an image for reading; an absent chunk is an error, not zeros."""
    spec = {**_at(group), "fill_missing_data_reads": False}
    return ts.open(spec, open=True, read=True, context=context).result(timeout=PATIENCE_S)


def resize(array: Any, rows: int) -> Any:
    """Change the number of rows that an array declares; no chunk is touched."""
    resized = array.resize(exclusive_max=[rows, None, None], resize_metadata_only=True)
    return resized.result(timeout=PATIENCE_S)


def new_context() -> Any:
    """Return tensorstore's resources: few threads, no cache, every file synced."""
    # The other half of the processors is for acquisition and detectors.
    threads = max(1, (os.cpu_count() or 2) // 2)
    return ts.Context(
        {
            "file_io_concurrency": {"limit": threads},
            "data_copy_concurrency": {"limit": threads},
            "file_io_sync": True,
            "cache_pool": {"total_bytes_limit": 0},
        }
    )


def free_name(role: str, taken: set[str]) -> str:
    """Return a name for a stream that is a safe folder name on every system.

    Parameters
    ----------
    role : str
        Any text.
    taken : set of str
        Names of the other streams; letter case doesn't tell names apart.
    """
    base = re.sub(r"[^A-Za-z0-9_-]+", "-", role).strip("-_")[:60]
    if _NOT_NAMES.fullmatch(base):
        base = f"stream-{base}".strip("-")
    lowered = {name.lower() for name in taken}
    for number in range(1, len(taken) + 2):
        name = base if number == 1 else f"{base}-{number}"
        if name.lower() not in lowered:
            return name
    raise StoreError(f"No name is free for another stream of {role!r}.")


def short(error: Exception) -> str:
    """Return what an error says, without tensorstore's dump of its settings."""
    return f"{str(error).split(' [')[0].strip().rstrip('.') or type(error).__name__}."


def _at(group: Path) -> dict[str, Any]:
    location = (group / "0").resolve().as_posix()
    return {"driver": "zarr3", "kvstore": {"driver": "file", "path": f"{location}/"}}


def _write_group(path: Path, ome: dict[str, Any], **more: Any) -> None:
    attributes = {"ome": ome, **more}
    group = {"zarr_format": 3, "node_type": "group", "attributes": attributes}
    write_whole(path / "zarr.json", dumps(group, indent=2) + b"\n")
    sync_folder(path.parent)
