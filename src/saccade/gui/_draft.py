"""A protocol that is being written; knows nothing of Qt."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saccade.core import StoreError, parse_yaml

from ._yaml_edit import Path as Place
from ._yaml_edit import append_in, remove_in, set_in

if TYPE_CHECKING:
    from collections.abc import Mapping

NEW = """\
saccade: 1
name: untitled
scope: sim:dividing-nuclei
sim: {clock: virtual}
watch:
  stage_positions: [{x: 0, y: 0}]
  channels: [{config: FITC, exposure: 5}]
  time_plan: {interval: 40, loops: 90}
detect:
  spots: {use: saccade.detect:Spots, sigma_um: 2}
decide: []
guard:
  - {use: saccade.guard:Limits}
  - {use: saccade.guard:Dose, limit_j_per_cm2: 100}
"""


class Draft:
    """The text of a protocol, and what it says as long as it can be read.

    Parameters
    ----------
    path : Path, optional
        Its file; by default it has none yet, and is a beginning.

    Raises
    ------
    StoreError
        If the file can't be read.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.saved = NEW if path is None else _read(path)
        self.text = self.saved
        self.document: Mapping[str, Any] = {}
        """What the text said when it could last be read."""
        self.broken = ""
        """Why it can't be read now."""
        self._parse()

    @property
    def source(self) -> Path:
        """Its file, or what that might be called."""
        return self.path or Path("untitled.yaml").absolute()

    @property
    def dirty(self) -> bool:
        """Whether the file says something else."""
        return self.text != self.saved

    def write(self, text: str) -> None:
        """Take a text as a person wrote it."""
        self.text = text
        self._parse()

    def put(self, place: Place, value: Any) -> None:
        """Give a place a value; nothing else in the text changes.

        Parameters
        ----------
        place : tuple of str or int
            From the outside.
        value : Any
            Plain data.
        """
        self.write(set_in(self.text, place, value))

    def drop(self, place: Place) -> None:
        """Take a place out, if it is there."""
        if self.get(place, _MISSING) is not _MISSING:
            self.write(remove_in(self.text, place))

    def append(self, place: Place, value: Any) -> None:
        """Make a list longer by one."""
        self.write(append_in(self.text, place, value))

    def get(self, place: Place, otherwise: Any = None) -> Any:
        """Return what a place says."""
        found: Any = self.document
        for step in place:
            try:
                found = found[step]
            except (LookupError, TypeError):
                return otherwise
        return found

    def save(self, path: Path | None = None) -> Path:
        """Write the file, whole or not at all.

        Parameters
        ----------
        path : Path, optional
            From now on its file.

        Raises
        ------
        StoreError
            If it can't be written.
        """
        target = path or self.source
        beside = target.with_name(f".{target.name}.{os.getpid()}.new")
        try:
            beside.write_text(self.text, encoding="utf-8", newline="\n")
            beside.replace(target)
        except OSError as error:
            with suppress(OSError):  # where it could not even be begun
                beside.unlink(missing_ok=True)
            why = error.strerror or str(error)
            raise StoreError(f"{target} can't be written: {why}.", "Save it elsewhere.") from None
        self.path, self.saved = target, self.text
        return target

    def _parse(self) -> None:
        try:
            document = parse_yaml(self.text)
        except ValueError as error:
            self.broken = str(error)
            return
        self.broken = "" if isinstance(document, dict) else "it is no mapping of names to values"
        if isinstance(document, dict):
            self.document = document


_MISSING = object()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"{path} can't be read: {error}.", "Name another file.") from None
