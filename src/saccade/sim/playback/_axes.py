"""Which axis of a file is time, which is channel: what it states, else a guess that is told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from saccade.core import RecordingError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LEADING = "PTCZ"

_UNSTATED = "QI"
_SUFFIX = re.compile(r"_([PTCZ]{0,4}YX)(?:\.ome)?\.tiff?$", re.IGNORECASE)
_GUESSES = {1: "T", 2: "TC", 3: "TZC", 4: "PTZC"}
_GUESSED = "{} does not name its axes; they are taken as {}YX. {}"
_RENAME = "Name the axes in the file, or end its name in them, for example movie_TCYX.tif."


def suffix_axes(name: str) -> str | None:
    """Return the axes that a file name ends in, such as ``PTCYX``.

    Parameters
    ----------
    name : str
        File name, with its ending.
    """
    found = _SUFFIX.search(name)
    axes = found.group(1).upper() if found else ""
    return axes if axes and len(set(axes)) == len(axes) else None


def leading_axes(
    path: Path, axes: str, shape: Sequence[int]
) -> tuple[str, tuple[int, ...], tuple[str, ...]]:
    """Return the order and sizes of the axes before Y and X, and what was guessed.

    Parameters
    ----------
    path : pathlib.Path
        The file; its name decides where its axes are not stated.
    axes : str
        Letters as tifffile gives them: Q and I are unstated, S are samples of colour, and
        R are the regions of a Micro-Manager stack, its positions.
    shape : sequence of int
        One size for each letter.

    Raises
    ------
    RecordingError
        For colour, for axes that a microscope here can't show, and where no guess is safe.
    """
    pairs = [(a, n) for a, n in zip(axes.replace("R", "P"), shape, strict=True) if a != "S"]
    if "S" in axes and (samples := shape[axes.index("S")]) != 1:
        raise RecordingError(
            f"{path.name} is a colour picture, with {samples} samples a pixel.",
            "Convert it to one channel: Image > Type > 16-bit in ImageJ.",
        )
    kept = _renamed(pairs, suffix_axes(path.name))
    letters = "".join(a for a, _ in kept)
    if not letters.endswith("YX") or set(letters[:-2]) - set(LEADING + _UNSTATED):
        raise RecordingError(
            f"{path.name} has axes {axes}; they must be of PTCZ, then YX.", _RENAME
        )
    order = _guessed(path, letters[:-2])
    notes = () if order == letters[:-2] else (_GUESSED.format(path.name, order, _RENAME),)
    return order, tuple(n for _, n in kept[:-2]), notes


def _renamed(pairs: list[tuple[str, int]], stated: str | None) -> list[tuple[str, int]]:
    kept = _longer_than_one(pairs)
    if stated and any(a in _UNSTATED for a, _ in kept):
        for these in (pairs, kept):
            if len(these) == len(stated):
                named = [(s, n) for s, (_, n) in zip(stated, these, strict=True)]
                return _longer_than_one(named)
    return kept


def _longer_than_one(pairs: list[tuple[str, int]]) -> list[tuple[str, int]]:
    return [(a, n) for a, n in pairs if a in "YX" or n != 1]


def _guessed(path: Path, letters: str) -> str:
    guess = iter(_GUESSES.get(sum(a in _UNSTATED for a in letters), ""))
    order = "".join(next(guess, "?") if a in _UNSTATED else a for a in letters)
    if "?" in order or len(set(order)) != len(order):
        raise RecordingError(f"{path.name} does not say what its axes {letters}YX are.", _RENAME)
    return order
