"""Micro-Manager configuration files, looked at before anything in them is loaded.

A line ``#py pyDevice,Label,module,Class`` imports a module, and so does a ``Device`` line of
pymmcore-plus's UniMMCore whose library isn't an adapter; and the name of an adapter's library is
part of a path. Whoever sends a file must not choose what code runs here.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from saccade.core import ProfileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PY_DEVICES = "SACCADE_PY_DEVICES"
"""Environment variable: modules whose Python devices a configuration may load.

The environment is the user's own; a file that somebody sent can't set it.
"""

_MOST_BYTES = 1_000_000
_PREFIX = "#py "
# What some reader takes for the end of a line, so that a comment would go on as a command, and
# what would turn a message around.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_LIBRARY = re.compile(r"[\w][\w .+-]*", re.ASCII)
_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)


class Cfg(NamedTuple):
    """What a configuration asks to be loaded."""

    libraries: frozenset[str]
    """Of device adapters."""
    modules: frozenset[str]
    """Of Python devices; the user has allowed each."""


def read_cfg(path: Path) -> Cfg:
    """Return what a configuration file loads, if that is allowed.

    Parameters
    ----------
    path : Path
        A Micro-Manager configuration of at most 1 MB.

    Raises
    ------
    ProfileError
        If it can't be read, names a library outside of the adapters' folder, or a Python
        device whose module ``SACCADE_PY_DEVICES`` does not name.
    """
    libraries, modules = set(), set()
    for number, tokens in _commands(_text(path)):
        where = f"{path}, line {number}"
        if tokens[0] == "Device" and len(tokens) > 2:
            libraries.add(_library(tokens[2], where))
        elif tokens[0] == "pyDevice":
            modules.add(_module(tokens, where))
    return Cfg(frozenset(libraries), frozenset(modules))


def _commands(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the commands as any of Micro-Manager's readers would see them."""
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        if line.startswith(_PREFIX):
            line = line[len(_PREFIX) :].strip()
        if line and not line.startswith("#"):
            yield number, [token.strip() for token in line.split(",")]


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ProfileError(
            f"{path} can't be read: {error.strerror or error}.", "Check micromanager.cfg."
        ) from error
    if len(raw) > _MOST_BYTES:
        raise ProfileError(f"{path} is larger than 1 MB.", "Is it a Micro-Manager configuration?")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        # As older versions wrote labels on Windows; commands are ASCII.
        text = raw.decode("cp1252", "replace")
    text = text.replace("\r\n", "\n")
    if found := _CONTROL.search(text):
        number = text.count("\n", 0, found.start()) + 1
        raise ProfileError(
            f"{path}, line {number} holds the character U+{ord(found.group()):04X}.",
            "A configuration is lines of text; save it anew with Micro-Manager's wizard.",
        )
    return text


def _library(name: str, where: str) -> str:
    if not _LIBRARY.fullmatch(name) or ".." in name:
        raise ProfileError(
            f"{where} names {name[:80]!r}, which is no device adapter.",
            "An adapter is named without a path, and lies in micromanager.adapters.",
        )
    return name


def _module(tokens: list[str], where: str) -> str:
    if len(tokens) != 4 or not _MODULE.fullmatch(tokens[2]):
        raise ProfileError(
            f"{where} is no line of a Python device.", "It is 'pyDevice,Label,module,Class'."
        )
    if tokens[2] not in allowed_modules():
        raise ProfileError(
            f"{where} would import the module {tokens[2]!r}, which runs whatever is in it.",
            f"If it is yours, name it in the environment variable {PY_DEVICES}.",
        )
    return tokens[2]


def allowed_modules() -> frozenset[str]:
    """Return the modules that the user allows configurations to import."""
    given = os.environ.get(PY_DEVICES, "").split(",")
    return frozenset(each.strip() for each in given if each.strip())
