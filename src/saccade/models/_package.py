"""A package of bioimage.io on this machine, a zip or a folder: read, never run or unpacked."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from saccade.core import ModelError, check_plain, parse_yaml

from ._weights import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

DESCRIPTIONS = ("rdf.yaml", "bioimageio.yaml")
_MOST_TEXT = 1_000_000
_MOST_ENTRIES = 10_000
_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
"""Longer than the letter of a drive."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Package:
    """What a package says of itself, and where its files are.

    Parameters
    ----------
    path : Path
        A zip, or a folder.
    told : mapping
        Its description: plain, finite data.
    """

    path: Path
    told: Mapping[str, Any]

    def content(self, named: Any, what: str) -> bytes:
        """Return a file of the package, if it is the one that its description tells of.

        Parameters
        ----------
        named : object
            What the description says of it: ``source`` and ``sha256``.
        what : str
            What it is, for the message.

        Raises
        ------
        ModelError
            If it lies elsewhere, isn't there, is too large, or has another sha256, or none is told.
        """
        if not isinstance(named, dict) or not isinstance(named.get("source"), str):
            raise self.unusable(f"it does not say where its {what} is")
        source, sha256 = named["source"], named.get("sha256")
        if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
            raise self.unusable(f"it tells no sha256 of its {what}, {source[:100]!r}")
        content = self._read(_inside(source, self), MOST_BYTES)
        found = hashlib.sha256(content).hexdigest()
        if found != sha256:
            raise self.unusable(f"the sha256 of {source!r} is {found}, not {sha256}")
        return content

    def array(self, named: Any, what: str) -> NDArray[Any]:
        """Return an array of the package, as `content`; no pickle is ever read."""
        content = self.content(named, what)
        try:
            array = np.load(io.BytesIO(content), allow_pickle=False)
        except (ValueError, OSError, EOFError, SyntaxError, MemoryError) as error:
            raise self.unusable(f"its {what} is no array: {_brief(error)}") from None
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "buif":
            raise self.unusable(f"its {what} is no array of numbers")
        return array

    def unusable(self, why: str) -> ModelError:
        """Return an error that says why the package can't be used."""
        return ModelError(
            f"{self.path} can't be imported: {why}.", "Get the package anew, or another one."
        )

    def _read(self, name: str, most: int) -> bytes:
        return _read(self.path, name, most)


def open_package(path: Path | str) -> Package:
    """Return a package with its description read.

    Parameters
    ----------
    path : Path or str
        A zip, or the folder of one that was unpacked.

    Raises
    ------
    ModelError
        If there is none, or its description can't be read.
    """
    if _REMOTE.match(str(path)):
        raise ModelError(
            f"{str(path)!r} would be fetched from elsewhere.",
            "Download the package yourself; Saccade imports files of this machine.",
        )
    path = Path(path)
    bare = Package(path, {})
    for name in DESCRIPTIONS:
        try:
            raw = _read(path, name, _MOST_TEXT)
        except _MissingError:
            continue
        try:
            document = parse_yaml(raw.decode("utf-8-sig"))
        except ValueError as error:
            raise bare.unusable(f"its {name} is no description: {_brief(error)}") from None
        return Package(path, check_plain(document, f"{path}, {name}", ModelError, "description"))
    raise bare.unusable(f"it holds no {' or '.join(DESCRIPTIONS)}")


class _MissingError(ModelError):
    """A file is not in a package."""


def _inside(source: str, package: Package) -> str:
    """Return the name of a file within a package; nothing else is ever opened."""
    name = source.removeprefix("./")
    parts = PurePosixPath(name).parts
    if "://" in source:
        raise package.unusable(f"{source[:200]!r} would be fetched from elsewhere")
    ok = parts and "\\" not in name and ":" not in name and "\0" not in name
    if not ok or name.startswith("/") or ".." in parts:
        raise package.unusable(f"{source[:200]!r} is no file within it")
    return name


def _read(path: Path, name: str, most: int) -> bytes:
    missing = _MissingError(f"{path} can't be imported: {name!r} is not in it.", "Get it anew.")
    try:
        if path.is_dir():
            file = path / name
            if not file.resolve().is_relative_to(path.resolve()) or not file.is_file():
                raise missing
            with file.open("rb") as opened:
                content = opened.read(most + 1)
        elif path.is_file():
            content = _read_entry(path, name, most, missing)
        else:
            raise ModelError(f"There is no package {path}.", "Check the path.")
    except (
        OSError,
        ValueError,
        zipfile.BadZipFile,
        RuntimeError,
        NotImplementedError,
        EOFError,
    ) as error:
        raise Package(path, {}).unusable(f"it can't be read ({_brief(error)})") from None
    if len(content) > most:
        raise Package(path, {}).unusable(f"{name!r} is larger than {most:,} bytes")
    return content


def _read_entry(path: Path, name: str, most: int, missing: ModelError) -> bytes:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        if len(names) > _MOST_ENTRIES:
            raise ValueError(f"more than {_MOST_ENTRIES:,} files")
        if name not in names:
            raise missing
        if names.count(name) > 1:
            raise ValueError(f"{name!r} is in it twice")
        with archive.open(name) as entry:
            return entry.read(most + 1)  # whatever it claims to unpack to


def _brief(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())[:200].rstrip(".")
