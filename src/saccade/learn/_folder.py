"""Labelled pictures from a folder: masks beside them, or places in a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import tifffile

from saccade.core import LabelError

from ._sample import Sample, from_labels, regrouped, whole_frame
from ._split import alike
from ._tables import GROUPS, POINTS, STACKS, read_frames, read_groups, read_points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._tables import Row

IMAGES, LABELS = "images", "labels"
_NOTHING = ("nothing", "none", "no", "0")
"""Words for frames that were looked at, and hold nothing that is looked for."""
_IMAGE, _LABELS = "_image", "_labels"
"""Ends of the names of pictures and masks that lie side by side."""
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
    pictures that look alike are one group. Instead of ``images/`` and ``labels/``, all may lie side
    by side as ``NAME_image`` and ``NAME_labels``.

    Where ``frames.csv`` is there, as `label_run` writes it, pictures that nobody labelled are left
    out: labelled are those with a mask, a place, or a word in its column ``label``. What napari
    saves of all pictures as one stack will do as well: ``labels.tif``, and ``points.csv`` with its
    own columns. If there are words only, they are labels of whole frames: the name of a
    class, or ``nothing``.

    Parameters
    ----------
    folder : Path or str
        TIFF or PNG, grey, one plane each.
    pixel_size_um : float, optional
        Of all pictures; by default what ``frames.csv`` tells.

    Raises
    ------
    LabelError
        If there is nothing to learn from, or labels do not fit their pictures.
    """
    folder = Path(folder)
    files = picture_files(folder / IMAGES) or _side_by_side(folder)
    if not files:
        raise LabelError(
            f"{folder / IMAGES} holds no picture ({', '.join(_KINDS)}).",
            "Put pictures there, and masks of the same names under labels/.",
        )
    stems = [file.stem for file in files]
    points, told = read_points(folder, stems), read_frames(folder)
    planes = _planes(folder, stems)
    masks: dict[str, Path | NDArray[Any]] = {**planes}
    masks |= {file.stem: file for file in picture_files(folder / LABELS)}
    masks |= _masks_beside(files)
    if told is not None:
        files, words = _labelled(files, told, {*points, *masks})
        size_um = pixel_size_um or _one_size(told, files)
        if words:
            return _whole_frames(folder, files, words, size_um)
        points = {file.stem: points.get(file.stem, []) for file in files if file.stem not in masks}
        pixel_size_um = size_um
    elif points:
        points = {stem: points.get(stem, []) for stem in stems}
    classes = tuple(sorted({kind for rows in points.values() for *_, kind in rows})) or ("object",)
    samples = [
        _sample(file, masks.get(file.stem), points.get(file.stem), classes, pixel_size_um)
        for file in files
    ]
    if not any(len(each.places_px) for each in samples):
        raise LabelError(f"Nothing is labelled in {folder}.", "Label what is to be found.")
    return _grouped(folder, files, samples), classes


def _labelled(
    files: list[Path], told: dict[str, dict[str, str]], marked: set[str]
) -> tuple[list[Path], dict[str, str]]:
    """Return the pictures that somebody labelled, and the words for them if there is no more."""
    words = {stem: word for stem, row in told.items() if (word := row.get("label", ""))}
    if not marked and words:
        return [file for file in files if file.stem in words], words
    for stem, word in words.items():
        if stem not in marked and word.lower() not in _NOTHING:
            raise LabelError(
                f"{stem} is labelled {word!r}, but nothing is marked in it.",
                f"Mark it as in the others, or write {_NOTHING[0]!r}.",
            )
    kept = [file for file in files if file.stem in marked or file.stem in words]
    if not kept:
        raise LabelError("No picture is labelled yet.", "README.txt in the folder says how.")
    return kept, {}


def _whole_frames(
    folder: Path, files: list[Path], words: dict[str, str], pixel_size_um: float | None
) -> tuple[list[Sample], tuple[str, ...]]:
    kinds = {stem: () if word.lower() in _NOTHING else (word,) for stem, word in words.items()}
    classes = tuple(sorted({name for names in kinds.values() for name in names}))
    if not classes or all(kinds[file.stem] for file in files):
        raise LabelError(
            f"All frames of {folder} are labelled alike: {words[files[0].stem]!r}.",
            f"Frames in which nothing is are labelled {_NOTHING[0]!r}; both kinds are needed.",
        )
    samples = [
        whole_frame(
            file.stem,
            as_picture(_plane(file), file.name),
            [classes.index(name) for name in kinds[file.stem]],
            pixel_size_um,
        )
        for file in files
    ]
    return _grouped(folder, files, samples), classes


def _grouped(folder: Path, files: list[Path], samples: list[Sample]) -> list[Sample]:
    groups = _groups(folder, files) or alike(samples, _GROUPS_OF_LOOK)
    return regrouped(samples, groups)


def _one_size(told: dict[str, dict[str, str]], files: list[Path]) -> float | None:
    """Return the size of a pixel, if the table tells it and it is one."""
    sizes = {told[file.stem].get("pixel_size_um", "") for file in files if file.stem in told}
    try:
        size_um = float(sizes.pop()) if len(sizes) == 1 else 0.0
    except ValueError:
        return None
    return size_um if 0 < size_um < 1e6 else None


def _planes(folder: Path, stems: list[str]) -> dict[str, NDArray[Any]]:
    """Return the planes of a stack of masks that hold any, by picture."""
    file = next((folder / name for name in STACKS if (folder / name).is_file()), None)
    if file is None:
        return {}
    stack = read_pixels(file)
    if stack.ndim != 3 or len(stack) != len(stems) or stack.dtype.kind not in {"b", "u", "i"}:
        raise LabelError(
            f"{file.name} is {stack.shape} of {stack.dtype}, and there are {len(stems)} pictures.",
            "Save the labels of the stack of all pictures: napari --stack images/*.tif",
        )
    return {stem: plane for stem, plane in zip(stems, stack, strict=True) if plane.any()}


def picture_files(folder: Path) -> list[Path]:
    """Return the pictures in a folder and its subfolders, by name."""
    found = [each for each in folder.rglob("*") if each.suffix.lower() in _KINDS]
    return sorted(each for each in found if each.is_file())


def _side_by_side(folder: Path) -> list[Path]:
    files = [*folder.iterdir()] if folder.is_dir() else []
    return sorted(
        each for each in files if each.stem.endswith(_IMAGE) and each.suffix.lower() in _KINDS
    )


def _masks_beside(files: list[Path]) -> dict[str, Path]:
    masks = {
        file.stem: file.with_name(file.stem.removesuffix(_IMAGE) + _LABELS + file.suffix)
        for file in files
        if file.stem.endswith(_IMAGE)
    }
    return {stem: mask for stem, mask in masks.items() if mask.is_file()}


def _sample(
    file: Path,
    mask: Path | NDArray[Any] | None,
    rows: list[Row] | None,
    classes: tuple[str, ...],
    pixel_size_um: float | None,
) -> Sample:
    picture = as_picture(_plane(file), file.name)
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
    labels, name = (
        (_plane(mask), mask.name) if isinstance(mask, Path) else (mask, f"The mask of {file.name}")
    )
    if labels.dtype.kind not in {"b", "u", "i"}:
        raise LabelError(f"{name} is of type {labels.dtype}.", "Masks are whole numbers.")
    if labels.shape != picture.shape:
        raise LabelError(
            f"{name} is {labels.shape}, and its picture {picture.shape}.",
            "Export the masks of this picture again.",
        )
    return from_labels(file.stem, "", picture, labels.astype(np.int64), pixel_size_um)


def as_picture(plane: NDArray[Any], name: str) -> NDArray[np.float32]:
    """Return a plane as a network gets it, if it is one.

    Parameters
    ----------
    plane : array, (y, x)
        Of real numbers.
    name : str
        For the message.

    Raises
    ------
    LabelError
        If it holds no numbers.
    """
    if plane.dtype.kind not in "buif":
        raise LabelError(f"{name} is of type {plane.dtype}.", "Export it as 8 or 16 bit.")
    picture = plane.astype(np.float32)
    if not np.isfinite(picture).all():
        raise LabelError(f"{name} holds pixels that are no numbers.", "Export it again.")
    return picture


def _plane(file: Path) -> NDArray[Any]:
    read = read_pixels(file)
    if read.ndim != 2 or not 0 < read.size <= _MOST_PX:
        raise LabelError(
            f"{file.name} is {read.shape}, not one grey plane.",
            "Export single planes of one channel.",
        )
    return read


def read_pixels(file: Path) -> NDArray[Any]:
    """Return what a TIFF or PNG holds; raise a LabelError if it can't be read."""
    try:
        return np.asarray(tifffile.imread(file) if file.suffix.lower() != ".png" else _png(file))
    except Exception as error:
        # A damaged file makes the decoder fail in any way at all.
        why = " ".join(str(error).split())[:200]
        raise LabelError(f"{file} can't be read: {why}.", "Export it again.") from error


def _png(file: Path) -> NDArray[Any]:
    content = np.frombuffer(file.read_bytes(), np.uint8)
    read = cv2.imdecode(content, cv2.IMREAD_UNCHANGED)
    if read is None:
        raise ValueError("it is no PNG")
    return read


def _groups(folder: Path, files: list[Path]) -> list[str] | None:
    """Return the group of each picture, where something tells it."""
    table = folder / GROUPS
    if table.is_file():
        told = read_groups(table)
        if missing := [file.name for file in files if file.stem not in told]:
            raise LabelError(f"{table} does not tell the group of {missing[0]}.", "Add it.")
        return [told[file.stem] for file in files]
    top = folder / IMAGES if (folder / IMAGES).is_dir() else folder
    parents = [str(file.parent.relative_to(top)) for file in files]
    return parents if len(set(parents)) > 1 else None
