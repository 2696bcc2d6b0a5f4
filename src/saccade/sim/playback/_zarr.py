"""Planes of an OME-Zarr folder, version 0.4 or 0.5."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorstore

from saccade.core import RecordingError, parse_json

from ._axes import leading_axes
from ._facts import LENGTHS_UM, TIMES_S, listed, mapped, measure, named
from ._pile import KEEP_BYTES, Facts, Pile, Plane, check_pixels, stack_positions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TIMEOUT_S = 60.0
"""Longest wait for the disk."""

# Of metadata; `parse_json` refuses more.
_MOST_BYTES = 2**26 + 1

_STREAM = "Of this run the stream {} is played, its frames in the order they were taken."
_GIVE = "Give the folder of one OME-Zarr image, version 0.4 or 0.5."


def open_zarr(path: Path) -> Pile:
    """Open an OME-Zarr folder: one image, or several as positions.

    Of a Saccade run, whose images are streams, the first is taken; its gaps can't be read.

    Parameters
    ----------
    path : pathlib.Path
        The folder.

    Raises
    ------
    RecordingError
        If it holds no image, or images that can't be played back.
    """
    images = _images(path)
    if stream := "saccade" in _group(images[0]):
        images = images[:1]
    try:
        pile = stack_positions(path, [_pile(image, gaps=stream) for image in images])
    except RecordingError:
        raise
    except Exception as error:
        # A damaged folder makes the decoder fail in any way at all.
        why = str(error).partition(" [")[0]
        raise RecordingError(f"{path.name} can't be decoded: {why}", _GIVE) from error
    return replace(pile, notes=(*pile.notes, _STREAM.format(images[0].name))) if stream else pile


def _images(path: Path) -> list[Path]:
    attributes = _attributes(path)
    if "multiscales" in attributes:
        return [path]
    if "plate" in attributes:
        raise RecordingError(f"{path.name} is a plate.", "Give the folder of one of its fields.")
    stated = listed(_attributes(path / "OME").get("series"))
    found = stated or sorted((p.name for p in path.iterdir() if p.is_dir()), key=_natural)
    images = [_inside(path, name) for name in found]
    images = [image for image in images if "multiscales" in _attributes(image)]
    if not images or len(images) < len(stated):
        raise RecordingError(f"{path.name} lacks the OME-Zarr image that it should hold.", _GIVE)
    return images


def _inside(folder: Path, name: object) -> Path:
    """Return what a folder calls by a name; not what lies elsewhere."""
    text = str(name)
    if text.startswith("/") or ".." in text.split("/") or set(text) & set(":\\\0"):
        raise RecordingError(f"{folder.name} names {text[:80]!r}, which is not in it.", _GIVE)
    return folder / text


def _natural(name: str) -> tuple[int, str]:
    return (int(name), "") if name.isdecimal() else (2**63, name)


def _group(path: Path) -> dict[str, Any]:
    """Return all attributes of a group, wherever its version keeps them."""
    for name in ("zarr.json", ".zattrs"):
        if (path / name).is_file():
            try:
                found = mapped(_content(path / name))
            except ValueError as error:
                raise RecordingError(f"{path / name} is no JSON: {error}", _GIVE) from error
            return mapped(found.get("attributes")) if name == "zarr.json" else {"ome": found}
    return {}


def _content(path: Path) -> Any:
    with path.open("rb") as file:
        return parse_json(file.read(_MOST_BYTES))


def _attributes(path: Path) -> dict[str, Any]:
    return mapped(_group(path).get("ome"))


def _pile(image: Path, *, gaps: bool) -> Pile:
    attributes = _attributes(image)
    scales = mapped((listed(attributes.get("multiscales")) or [{}])[0])
    level = mapped((listed(scales.get("datasets")) or [{}])[0])
    store = _store(_inside(image, level.get("path", "")), gaps=gaps)
    shape = tuple(store.shape)
    axes = [a if isinstance(a, dict) else {"name": a} for a in listed(scales.get("axes"))]
    axes = axes or [{"name": name} for name in "tczyx"[-len(shape) :]]
    letters = "".join(_letter(image, axis) for axis in axes)
    if len(letters) != len(shape):
        raise RecordingError(f"{image.name} names axes {letters} for the shape {shape}.", _GIVE)
    order, sizes, notes = leading_axes(image, letters, shape)
    dtype = np.dtype(store.dtype.numpy_dtype)
    check_pixels(image, dtype, shape[-2:])
    facts = _facts(attributes, axes, _scale(scales, level, len(shape)))
    read = _reader(store, dtype, keep=not gaps)
    return Pile(order, (*sizes, *shape[-2:]), dtype.newbyteorder("="), read, facts, notes)


def _letter(image: Path, axis: dict[str, Any]) -> str:
    name = str(axis.get("name", "")).upper()
    if len(name) != 1:
        raise RecordingError(f"{image.name} has an axis {axis.get('name')!r}.", _GIVE)
    return name


def _store(array: Path, *, gaps: bool) -> Any:
    """Open an array; with gaps, an absent chunk is an error, not a black picture."""
    driver = "zarr3" if (array / "zarr.json").is_file() else "zarr"
    spec = {
        "driver": driver,
        "kvstore": {"driver": "file", "path": array.as_posix()},
        "fill_missing_data_reads": not gaps,
    }
    return tensorstore.open(spec, open=True, read=True).result(timeout=TIMEOUT_S)


def _reader(store: Any, dtype: np.dtype[Any], *, keep: bool) -> Callable[[int], Plane]:
    native = dtype.newbyteorder("=")
    leading = tuple(store.shape[:-2])

    def read(number: int) -> Plane:
        at = np.unravel_index(number, leading) if leading else ()
        pixels = store[tuple(map(int, at))].read().result(timeout=TIMEOUT_S)
        return np.asarray(pixels).astype(native, copy=False)

    if not keep or math.prod(store.shape) * dtype.itemsize > KEEP_BYTES:
        return read
    kept = np.asarray(store.read().result(timeout=TIMEOUT_S)).astype(native, copy=False)
    planes = kept.reshape(-1, *kept.shape[-2:])
    return planes.__getitem__


def _scale(scales: dict[str, Any], level: dict[str, Any], ndim: int) -> list[float]:
    """Return the size of a step along each axis."""
    total = [1.0] * ndim
    for owner in (level, scales):
        for change in map(mapped, listed(owner.get("coordinateTransformations"))):
            factors = listed(change.get("scale"))
            if len(factors) == ndim:
                total = [a * float(b) for a, b in zip(total, factors, strict=True)]
    return total


def _facts(attributes: dict[str, Any], axes: list[dict[str, Any]], scale: list[float]) -> Facts:
    steps = {str(a.get("name")): (s, a.get("unit")) for a, s in zip(axes, scale, strict=True)}
    channels = listed(mapped(attributes.get("omero")).get("channels"))
    return Facts(
        channels=named(mapped(c).get("label") for c in channels),
        interval_s=measure(*steps.get("t", (0, None)), TIMES_S),
        pixel_size_um=measure(*steps.get("x", (0, None)), LENGTHS_UM),
        z_step_um=measure(*steps.get("z", (0, None)), LENGTHS_UM),
    )
