"""Files that people write, read as plain data and as nothing else."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from ._errors import UNPRINTABLE, UsageError, did_you_mean
from ._yaml import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

Raises: TypeAlias = type[UsageError]

_MOST_BYTES = 1_000_000
_DEEPEST = 60
_SUFFIXES = (".yaml", ".yml")


def read_yaml(path: Path | str, raises: Raises, what: str) -> dict[str, Any]:
    """Return the content of a YAML file: mappings, lists, strings, finite numbers, None.

    Parameters
    ----------
    path : Path or str
        At most 1 MB of UTF-8; see `parse_yaml` for the rest.
    raises : type of UsageError
        What is raised if it can't be read.
    what : str
        What kind of file it is, for the message.
    """
    path = Path(path)
    text = _text(path, raises, what)
    try:
        document = parse_yaml(text)
    except ValueError as error:
        raise raises(
            f"{path}, {error}.",
            "Mind indentation, colons and quotes; hardware_configs/template.yaml is an example.",
        ) from None
    if document is None:
        raise raises(f"{path} is empty.", f"A {what} is a mapping of names to values.")
    return check_plain(document, path, raises, what)


def check_plain(document: object, source: object, raises: Raises, what: str) -> dict[str, Any]:
    """Return a document if it is a mapping of plain, finite data; raise otherwise.

    Parameters
    ----------
    document : object
        As YAML or JSON gave it.
    source : object
        Where it comes from, for the message.
    raises : type of UsageError
        What is raised.
    what : str
        What kind of document it is.
    """
    if not isinstance(document, dict):
        raise raises(
            f"{source} is {_kind(document)}, not a mapping of names to values.",
            f"A {what} begins with lines such as 'name: first'.",
        )
    for problem in _unusable(document, ()):
        raise raises(f"{source}: {problem}.", "Only text and finite numbers can be used.")
    return document


def _text(path: Path, raises: Raises, what: str) -> str:
    try:
        if not path.is_file():
            raise _missing(path, raises, what)
        with path.open("rb") as file:
            raw = file.read(_MOST_BYTES + 1)
        if len(raw) > _MOST_BYTES:
            raise raises(f"{path} is larger than 1 MB.", f"Is it a {what}?")
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise raises(
            f"{path} is not UTF-8 text (byte {error.start}).", "Save it as UTF-8."
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise raises(f"{path} can't be read: {reason}.", "Check the path.") from None


def _missing(path: Path, raises: Raises, what: str) -> UsageError:
    if path.is_dir():
        return raises(f"{path} is a folder, not a {what}.", "Name a file in it.")
    if not path.parent.is_dir():
        return raises(f"There is no {what} {path}.", f"There is no folder {path.parent}, either.")
    beside = [each.name for each in path.parent.iterdir() if each.suffix.lower() in _SUFFIXES]
    hint = did_you_mean(path.name, beside) if beside else f"No YAML file is in {path.parent}."
    return raises(f"There is no {what} {path}.", hint)


def _unusable(value: object, path: tuple[object, ...]) -> Iterator[str]:
    at = ".".join(map(str, path)) or "the document"
    if len(path) > _DEEPEST:
        yield f"{at} is more than {_DEEPEST} levels deep"
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                yield f"{at} has the key {key!r}, which is not a name; put it in quotes"
            else:
                yield from (f"{at}: {bad}" for bad in _bad_text(key))
                yield from _unusable(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _unusable(item, (*path, number))
    elif isinstance(value, str):
        yield from (f"{at}: {bad}" for bad in _bad_text(value))
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"{at} is {value}, which is not a finite number"
    elif not isinstance(value, (bool, int, float, type(None))):
        yield f"{at} is {_kind(value)}"


def _bad_text(text: str) -> Iterator[str]:
    if found := UNPRINTABLE.search(text):
        yield f"it holds the character U+{ord(found.group()):04X}, which can't be printed"


def _kind(value: object) -> str:
    names = {list: "a list", str: "a text", bool: "a truth value", int: "a number"}
    return names.get(type(value), f"a {type(value).__name__}")
