"""OME-Zarr 0.5 as run folders use it: metadata, names and places."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from saccade.core import StoreError

from ._disk import sync_folder, write_whole
from ._json import dumps, load_json

if TYPE_CHECKING:
    from pathlib import Path

FRAMES = "frames.ome.zarr"
ARRAY = "0"
METADATA = "zarr.json"

SERIES = "OME"
# Not free for a stream: the group that lists the images, and what Windows reserves.
_NOT_NAMES = re.compile(r"(ome|con|prn|aux|nul|(com|lpt)\d|)", re.IGNORECASE)


class ArrayForm(NamedTuple):
    """What is the same for every frame of a stream."""

    shape: tuple[int, ...]
    """(y, x)"""
    dtype: str
    shard_rows: int
    """Frames a shard."""


def make_root(root: Path) -> None:
    """Create the group that holds all images of a run."""
    root.mkdir()
    sync_folder(root.parent)
    write_root(root, [])


def write_root(root: Path, paths: list[str]) -> None:
    """Write what the group of all images says of itself, and which they are."""
    _write_group(root, {"version": "0.5", "bioformats2raw.layout": 3})
    (root / SERIES).mkdir(exist_ok=True)
    list_series(root, paths)


def list_series(root: Path, paths: list[str]) -> None:
    """Name the images of a run, for readers of the bioformats2raw layout."""
    _write_group(root / SERIES, {"version": "0.5", "series": paths})


def make_image(group: Path, role: str, pixel_size_um: float) -> None:
    """Create the group of one image, without a unit if the pixel size is unknown."""
    group.mkdir()
    write_image(group, role, pixel_size_um)


def write_image(group: Path, role: str, pixel_size_um: float) -> None:
    """Write what the group of one image says of itself."""
    known = math.isfinite(pixel_size_um) and pixel_size_um > 0
    size = float(pixel_size_um) if known else 1.0
    space = {"type": "space", "unit": "micrometer"} if known else {"type": "space"}
    scale = [{"type": "scale", "scale": [1.0, size, size]}]
    image = {
        "name": group.name,
        "axes": [{"name": "t", "type": "time"}, {"name": "y", **space}, {"name": "x", **space}],
        "datasets": [{"path": ARRAY, "coordinateTransformations": scale}],
    }
    _write_group(group, {"version": "0.5", "multiscales": [image]}, saccade={"role": role})


def make_array(group: Path, form: ArrayForm, rows: int) -> None:
    """Create the array (t, y, x) of an image, one chunk a frame, and many chunks a shard."""
    (group / ARRAY).mkdir()
    write_array(group, form, rows)
    sync_folder(group)


def write_array(group: Path, form: ArrayForm, rows: int) -> None:
    """Write what an array declares, its number of rows included; no pixel is touched."""
    inner = [{"name": "bytes", "configuration": {"endian": "little"}}]
    sharding = {
        "chunk_shape": [1, *form.shape],
        "codecs": inner,
        "index_codecs": [*inner, {"name": "crc32c"}],
        "index_location": "end",
    }
    grid = {"chunk_shape": [form.shard_rows, *form.shape]}
    metadata = {
        "zarr_format": 3,
        "node_type": "array",
        "shape": [rows, *form.shape],
        "data_type": form.dtype,
        "chunk_grid": {"name": "regular", "configuration": grid},
        # Flat names: a nested one costs two folders a shard, whose names would need syncing too.
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "."}},
        "codecs": [{"name": "sharding_indexed", "configuration": sharding}],
        "fill_value": False if form.dtype == "bool" else 0,
        "dimension_names": ["t", "y", "x"],
        "attributes": {},
    }
    write_whole(group / ARRAY / METADATA, dumps(metadata, indent=2) + b"\n")


def read_array(group: Path) -> tuple[ArrayForm, int]:
    """Return what an array declares: its form, and its rows.

    Raises
    ------
    ValueError
        If that is not what Saccade writes.
    OSError
        If it can't be read.
    """
    try:
        metadata = load_json(group / ARRAY / METADATA)
        rows, *shape = (int(size) for size in metadata["shape"])
        shard_rows = int(metadata["chunk_grid"]["configuration"]["chunk_shape"][0])
        return ArrayForm(tuple(shape), str(metadata["data_type"]), shard_rows), rows
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise ValueError(f"{METADATA} of the array is not what was written") from error


def cut_array(group: Path, rows: int) -> None:
    """Change the number of rows that an array declares, and nothing else."""
    path = group / ARRAY / METADATA
    metadata = load_json(path)
    metadata["shape"][0] = rows
    write_whole(path, dumps(metadata, indent=2) + b"\n")


def read_series(root: Path) -> list[str] | None:
    """Return the images that the root lists; None if that can't be read."""
    try:
        groups = [load_json(path / METADATA) for path in (root, root / SERIES)]
        series = groups[1]["attributes"]["ome"]["series"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return [str(path) for path in series] if isinstance(series, list) else None


def is_image(group: Path) -> bool:
    """Return whether a group says that it is an image."""
    try:
        content = load_json(group / METADATA)
        return bool(content["attributes"]["ome"]["multiscales"][0]["datasets"])
    except (OSError, ValueError, LookupError, TypeError):
        return False


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


def is_stream_name(name: object) -> bool:
    """Return whether `free_name` could have made a name: it leads nowhere else, on any system."""
    known = isinstance(name, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,80}", name) is not None
    return known and _NOT_NAMES.fullmatch(str(name)) is None


def _write_group(path: Path, ome: dict[str, Any], **more: Any) -> None:
    attributes = {"ome": ome, **more}
    group = {"zarr_format": 3, "node_type": "group", "attributes": attributes}
    write_whole(path / METADATA, dumps(group, indent=2) + b"\n")
    sync_folder(path.parent)
