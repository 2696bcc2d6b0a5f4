"""What Zarr says of a run's images, written anew where it is missing, damaged or too long."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from saccade.core import DamagedRunError

from ._disk import sync_file, sync_folder
from ._indices import index_flaw
from ._shard import append_index, empty_index, read_index
from ._zarr import (
    ARRAY,
    FRAMES,
    METADATA,
    SERIES,
    cut_array,
    is_image,
    read_array,
    read_series,
    write_array,
    write_image,
    write_root,
)

if TYPE_CHECKING:
    from pathlib import Path

    from ._indices import Told
    from ._survey import Image

SET_ASIDE = "set-aside"


def set_aside(folder: Path, path: Path) -> str:
    """Move what can't be relied on out of the way, whole; return where it is, in the run."""
    target = _free_place(folder, path.name)
    path.rename(target)
    sync_folder(path.parent)
    sync_folder(target.parent)
    return f"{SET_ASIDE}/{target.name}"


def set_tail_aside(folder: Path, path: Path, start: int) -> str:
    """Copy the end of a file, from a byte on; return where the copy is, in the run."""
    target = _free_place(folder, f"{path.name}-tail")
    with path.open("rb") as source, target.open("xb", buffering=0) as copy:
        source.seek(start)
        shutil.copyfileobj(source, copy)
        sync_file(copy)
    sync_folder(target.parent)
    return f"{SET_ASIDE}/{target.name}"


def mend_index(folder: Path, told: Told) -> str | None:
    """Write the index of a shard if it is missing or wrong; return what was done."""
    root = folder / FRAMES
    if index_flaw(root, told) is None:
        return None
    path = told.file(root)
    index = read_index(path, told.rows)
    if index is None:
        index = empty_index(told.rows)
    for slot, entry in told.entries.items():
        index[slot] = entry
    append_index(path, index)
    return f"wrote the index of shard {told.name}"


def mend_image(folder: Path, path: str, image: Image, rows: int) -> list[str]:
    """Make an image say what the journal says of it; return what was done.

    Raises
    ------
    DamagedRunError
        If that takes more than the journal tells.
    """
    done: list[str] = []
    group = folder / FRAMES / path
    (group / ARRAY).mkdir(parents=True, exist_ok=True)
    if not is_image(group):
        done += _move_away(folder, group / METADATA)
        write_image(group, image.role, image.pixel_size_um)
        done.append(f"wrote what stream {path!r} says of itself")
    try:
        form, declared = read_array(group)
    except (OSError, ValueError):
        form, declared = None, -1
    if form != image.form and not image.indexed:
        raise DamagedRunError(
            f"What the array of stream {path!r} declares is damaged, and it is of a run before "
            "there were shards: its frames can be read by no other program."
        )
    if form != image.form:
        done += _move_away(folder, group / ARRAY / METADATA)
        write_array(group, image.form, rows)
        done.append(f"wrote what the array of stream {path!r} declares")
    elif declared != rows:
        cut_array(group, rows)
        done.append(f"cut stream {path!r} from {declared} rows to {rows}")
    return done


def mend_root(folder: Path, paths: list[str], *, keep_others: bool) -> list[str]:
    """Make the root list the images that there are; return what was done.

    Parameters
    ----------
    folder : Path
        The folder of the run.
    paths : list of str
        Streams that hold acknowledged frames.
    keep_others : bool
        Leave other streams where they are, rather than set them aside.
    """
    root = folder / FRAMES
    isnew = not root.exists()
    root.mkdir(exist_ok=True)
    done: list[str] = []
    folders = [entry for entry in sorted(root.iterdir()) if entry.is_dir()]
    others = [entry for entry in folders if entry.name not in {*paths, SERIES}]
    if not keep_others:
        done += [
            f"moved stream {entry.name!r}, of which nothing was acknowledged, to "
            f"{set_aside(folder, entry)}"
            for entry in others
        ]
    listed = read_series(root)
    kept = [entry.name for entry in others if keep_others and entry.name in (listed or [])]
    if listed is None or set(listed) != {*paths, *kept}:
        write_root(root, [*paths, *kept])
        done.append("wrote the list of streams")
    if isnew:
        sync_folder(folder)
    return done


def _move_away(folder: Path, path: Path) -> list[str]:
    return [f"moved a damaged {path.name} to {set_aside(folder, path)}"] if path.exists() else []


def _free_place(folder: Path, name: str) -> Path:
    place = folder / SET_ASIDE
    if not place.exists():
        place.mkdir()
        sync_folder(folder)
    number = 1
    while (target := place / (name if number == 1 else f"{name}-{number}")).exists():
        number += 1
    return target
