"""Labelled pictures from a folder: masks beside them, or places in a table."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import tifffile

from saccade.core import LabelError

from ._sample import Sample, from_labels
from ._split import alike

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

IMAGES, LABELS, POINTS, GROUPS = "images", "labels", "points.csv", "groups.csv"
_KINDS = (".tif", ".tiff", ".png")
_MOST_PX = 2**27
_GROUPS_OF_LOOK = 24


def read_folder(
    folder: Path | str, *, pixel_size_um: float | None = None
) -> tuple[list[Sample], tuple[str, ...]]:
    """Return the samples of a folder, and the classes of what is in them.

    The folder holds ``images/`` and, with the same names, ``labels/`` (masks, 0 is background);
    or ``points.csv`` with columns ``image``, ``y``, ``x``, and if need be ``class`` and ``size`` (a
    diameter), in pixels. ``groups.csv`` with columns ``image`` and ``group`` tells which pictures
    come from one run, movie or dish; so do subfolders of ``images/``. Where neither is there,
    pictures that look alike are one group.

    Parameters
    ----------
    folder : Path or str
        TIFF or PNG, grey, one plane each.
    pixel_size_um : float, optional
        Of all pictures.

    Raises
    ------
    LabelError
        If there is nothing to learn from, or labels do not fit their pictures.
    """
    folder = Path(folder)
    files = _files(folder / IMAGES)
    if not files:
        raise LabelError(
            f"{folder / IMAGES} holds no picture ({', '.join(_KINDS)}).",
            "Put pictures there, and masks of the same names under labels/.",
        )
    points = _points(folder / POINTS, {file.stem for file in files})
    classes = tuple(sorted({kind for rows in points.values() for *_, kind in rows})) or ("object",)
    masks = {file.stem: file for file in _files(folder / LABELS)}
    samples = [
        _sample(file, masks.get(file.stem), points.get(file.stem), classes, pixel_size_um)
        for file in files
    ]
    if not any(len(each.places_px) for each in samples):
        raise LabelError(f"Nothing is labelled in {folder}.", "Label what is to be found.")
    groups = _groups(folder, files) or alike(samples, _GROUPS_OF_LOOK)
    return [_with_group(*each) for each in zip(samples, groups, strict=True)], classes


def _with_group(sample: Sample, group: str) -> Sample:
    from dataclasses import replace

    return replace(sample, group=group)


def _files(folder: Path) -> list[Path]:
    found = [each for each in folder.rglob("*") if each.suffix.lower() in _KINDS]
    return sorted(each for each in found if each.is_file())


def _sample(
    file: Path,
    mask: Path | None,
    rows: list[tuple[float, float, float, str]] | None,
    classes: tuple[str, ...],
    pixel_size_um: float | None,
) -> Sample:
    picture = _picture(file)
    if rows is not None:
        inside = [0 <= y < picture.shape[0] and 0 <= x < picture.shape[1] for y, x, _, _ in rows]
        if not all(inside):
            raise LabelError(
                f"{file.name} is {picture.shape}, and a label lies outside of it.",
                "Give rows and columns in pixels, y first.",
            )
        values = np.array([row[:3] for row in rows], float).reshape(-1, 3)
        kinds = np.array([classes.index(row[3]) for row in rows], np.intp)
        return Sample(
            file.stem, "", (picture,), values[:, :2], kinds, values[:, 2], None, pixel_size_um
        )
    if mask is None:
        raise LabelError(
            f"{file.name} has no labels.",
            f"Put masks of the same name under {LABELS}/, or its places into {POINTS}.",
        )
    labels = _plane(mask)
    if labels.dtype.kind not in {"b", "u", "i"}:
        raise LabelError(f"{mask.name} is of type {labels.dtype}.", "Masks are whole numbers.")
    if labels.shape != picture.shape:
        raise LabelError(
            f"{mask.name} is {labels.shape}, and its picture {picture.shape}.",
            "Export the masks of this picture again.",
        )
    return from_labels(file.stem, "", picture, labels.astype(np.int64), pixel_size_um)


def _picture(file: Path) -> NDArray[np.float32]:
    plane = _plane(file)
    if plane.dtype.kind not in "buif":
        raise LabelError(f"{file.name} is of type {plane.dtype}.", "Export it as 8 or 16 bit.")
    picture = plane.astype(np.float32)
    if not np.isfinite(picture).all():
        raise LabelError(f"{file.name} holds pixels that are no numbers.", "Export it again.")
    return picture


def _plane(file: Path) -> NDArray[Any]:
    try:
        read = tifffile.imread(file) if file.suffix.lower() != ".png" else _png(file)
    except Exception as error:
        # A damaged file makes the decoder fail in any way at all.
        why = " ".join(str(error).split())[:200]
        raise LabelError(f"{file} can't be read: {why}.", "Export it again.") from error
    if read.ndim != 2 or not 0 < read.size <= _MOST_PX:
        raise LabelError(
            f"{file.name} is {read.shape}, not one grey plane.",
            "Export single planes of one channel.",
        )
    return read


def _png(file: Path) -> NDArray[Any]:
    content = np.frombuffer(file.read_bytes(), np.uint8)
    read = cv2.imdecode(content, cv2.IMREAD_UNCHANGED)
    if read is None:
        raise ValueError("it is no PNG")
    return read


def _points(file: Path, stems: set[str]) -> dict[str, list[tuple[float, float, float, str]]]:
    """Return rows of y, x, size and class by picture; pictures without any have an empty list."""
    if not file.is_file():
        return {}
    found: dict[str, list[tuple[float, float, float, str]]] = {stem: [] for stem in stems}
    for number, row in _rows(file, ("image", "y", "x")):
        stem = Path(row["image"]).stem
        if stem not in found:
            raise LabelError(f"Line {number} of {file} names {row['image']!r}.", "It is not there.")
        try:
            y, x, size = (float(row.get(name) or 0) for name in ("y", "x", "size"))
        except ValueError:
            raise LabelError(f"Line {number} of {file} holds no numbers.", "Correct it.") from None
        found[stem].append((y, x, size, row.get("class") or "object"))
    return found


def _groups(folder: Path, files: list[Path]) -> list[str] | None:
    """Return the group of each picture, where something tells it."""
    table = folder / GROUPS
    if table.is_file():
        told = {
            Path(row["image"]).stem: row["group"] for _, row in _rows(table, ("image", "group"))
        }
        if missing := [file.name for file in files if file.stem not in told]:
            raise LabelError(f"{table} does not tell the group of {missing[0]}.", "Add it.")
        return [told[file.stem] for file in files]
    parents = [str(file.parent.relative_to(folder / IMAGES)) for file in files]
    return parents if len(set(parents)) > 1 else None


def _rows(file: Path, wanted: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            if missing := [name for name in wanted if name not in (reader.fieldnames or ())]:
                raise LabelError(f"{file} has no column {missing[0]!r}.", "Add it.")
            for number, row in enumerate(reader, 2):
                yield (
                    number,
                    {name: str(value or "").strip() for name, value in row.items() if name},
                )
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise LabelError(f"{file} can't be read: {error}.", "Save it as UTF-8.") from None
