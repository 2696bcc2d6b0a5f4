"""What people have marked so far in a folder of frames to be labelled; kept on disk as they go."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import tifffile

from saccade.core import LabelError

from ._folder import IMAGES, LABELS
from ._label import table_text, write_whole
from ._tables import FRAMES, POINTS, STACKS, read_points, rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ._tables import Row

_POINT_COLUMNS = ("image", "y", "x", "class", "size")


class Place(NamedTuple):
    """Where something is, in pixels."""

    y: float
    x: float
    size: float = 0.0
    """Its diameter, 0 if nobody said."""
    kind: str = "object"


class Labels:
    """The pictures that `label_run` has written, and what is marked in each.

    Every change is on disk when the call returns, in the form that `read_folder` reads.

    Parameters
    ----------
    folder : Path or str
        As `label_run` writes it.

    Raises
    ------
    LabelError
        If it is none, or can't be read, or was labelled as one stack.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        if not (self.folder / FRAMES).is_file():
            raise LabelError(
                f"{self.folder} holds no frames to be labelled.",
                f"Write some: saccade label RUN -o {self.folder}",
            )
        if any((self.folder / name).is_file() for name in STACKS):
            raise LabelError(
                f"{self.folder} was labelled as one stack.", "Go on in napari, or name another."
            )
        self._told = [row for _, row in rows(self.folder / FRAMES, ("image",))]
        self.images = tuple(row["image"] for row in self._told)
        """Names of the pictures."""
        stem_of = {Path(image).stem: image for image in self.images}
        found = read_points(self.folder, list(stem_of))
        self._places = {stem_of[stem]: [_place(row) for row in of] for stem, of in found.items()}

    def told(self, image: str) -> dict[str, str]:
        """Return what is told of a picture: why it was chosen, of which frame it is."""
        return dict(self._told[self.images.index(image)])

    def picture(self, image: str) -> NDArray[Any]:
        """Return a picture, (y, x).

        Raises
        ------
        LabelError
            If it can't be read.
        """
        return _read(self.folder / IMAGES / image)

    # ------------------------------------------------------------------------------- places

    def places(self, image: str) -> tuple[Place, ...]:
        """Return the places that are marked in a picture."""
        return tuple(self._places.get(image, ()))

    def set_places(self, image: str, places: tuple[Place, ...]) -> None:
        """Mark these places in a picture, in place of those that were.

        Raises
        ------
        LabelError
            If the table can't be written.
        """
        self._places[image] = list(places)
        told = [
            {"image": name, "y": f"{at.y:g}", "x": f"{at.x:g}", "class": at.kind}
            | {"size": f"{at.size:g}" if at.size else ""}
            for name in sorted(self._places)
            for at in self._places[name]
        ]
        self._write(POINTS, table_text(_POINT_COLUMNS, told))
        for file in (self.folder / "points").glob(f"{Path(image).stem}.csv"):
            file.unlink()  # it is in the one table now

    # -------------------------------------------------------------------------------- masks

    def mask(self, image: str) -> NDArray[np.uint16]:
        """Return the mask of a picture, (y, x); 0 is background, each thing has a number."""
        file = self.folder / LABELS / image
        if file.is_file():
            return _read(file).astype(np.uint16)
        return np.zeros(self.picture(image).shape[:2], np.uint16)

    def set_mask(self, image: str, mask: NDArray[np.uint16]) -> None:
        """Keep a mask; an empty one is taken away.

        Raises
        ------
        LabelError
            If it does not fit the picture, or can't be written.
        """
        if mask.shape != (shape := self.picture(image).shape[:2]):
            raise LabelError(f"A mask of {mask.shape} does not fit {shape}.", "Draw it anew.")
        file = self.folder / LABELS / image
        beside = file.with_name(f".{file.name}.part")
        try:
            if not mask.any():
                file.unlink(missing_ok=True)
                return
            file.parent.mkdir(exist_ok=True)
            tifffile.imwrite(beside, mask, photometric="minisblack")
            os.replace(beside, file)
        except OSError as error:
            raise LabelError(f"{file} can't be written: {error}.", "Check the disk.") from None

    # -------------------------------------------------------------------------------- words

    def word(self, image: str) -> str:
        """Return what is said of a whole picture: a class, ``nothing``, or nothing said."""
        return self._told[self.images.index(image)].get("label", "")

    def set_word(self, image: str, word: str) -> None:
        """Say something of a whole picture; ``nothing`` means that it was looked at.

        Raises
        ------
        LabelError
            If the table can't be written.
        """
        self._told[self.images.index(image)]["label"] = word.strip()
        columns = tuple(dict.fromkeys(name for row in self._told for name in row))
        self._write(FRAMES, table_text(columns, self._told))

    def is_done(self, image: str) -> bool:
        """Return whether a picture will be learned from."""
        masked = (self.folder / LABELS / image).is_file()
        return bool(self._places.get(image)) or masked or bool(self.word(image))

    @property
    def done(self) -> int:
        """How many pictures will be learned from."""
        return sum(self.is_done(image) for image in self.images)

    def _write(self, name: str, text: str) -> None:
        try:
            write_whole(self.folder / name, text)
        except OSError as error:
            raise LabelError(
                f"{self.folder / name} can't be written: {error}.", "Check the disk."
            ) from None


def _place(row: Row) -> Place:
    y, x, size, kind = row
    return Place(y, x, size, kind)


def _read(file: Path) -> NDArray[Any]:
    try:
        return np.asarray(tifffile.imread(file))
    except (OSError, ValueError, tifffile.TiffFileError) as error:
        raise LabelError(f"{file} can't be read: {error}.", "Restore it, or label anew.") from None
