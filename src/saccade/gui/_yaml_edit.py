"""Changes in the text of a YAML file that leave comments and all else as they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from saccade.core import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Callable

Path: TypeAlias = "tuple[str | int, ...]"

_PART = re.compile(r"'([A-Za-z_][\w.-]*:[A-Za-z_]\w*)'")


def set_in(text: str, path: Path, value: Any) -> str:
    """Return a text in which a place has another value.

    Parameters
    ----------
    text : str
        YAML that can be read, a mapping.
    path : tuple of str or int
        Keys and places in lists, from the outside; what is missing on the way is made.
    value : Any
        Plain data.
    """
    return _edited(_wanted(parse_yaml(text), path, value), _Cut(text).put, path, value)


def remove_in(text: str, path: Path) -> str:
    """Return a text in which a place is gone, and what it leaves empty as well.

    Parameters
    ----------
    text : str
        YAML that can be read, a mapping.
    path : tuple of str or int
        Of what there is.
    """
    document = parse_yaml(text)
    while len(path) > 1 and len(_at(document, path[:-1])) == 1:
        path = path[:-1]
    wanted = _without(document, path)
    return _edited(wanted, lambda of, _: _Cut(text).drop(of), path, None)


def append_in(text: str, path: Path, value: Any) -> str:
    """Return a text in which a list is longer by one.

    Parameters
    ----------
    text : str
        YAML that can be read, a mapping.
    path : tuple of str or int
        Of the list, which need not be there yet.
    value : Any
        Plain data.
    """
    document = parse_yaml(text)
    there = _at(document, path) if _has(document, path) else None
    if not there:
        return set_in(text, path, [value])
    wanted = _wanted(document, path, [*there, value])
    return _edited(wanted, _Cut(text).append, path, value)


def written(value: Any) -> str:
    """Return a value in one line of YAML."""
    line = yaml.safe_dump(
        value, default_flow_style=True, allow_unicode=True, width=10**6, sort_keys=False
    )
    line = line.removesuffix("\n").removesuffix("\n...")
    # PyYAML quotes names of parts, which no one else does.
    bare = _PART.sub(r"\1", line)
    return bare if bare != line and _says(bare, value) else line


def _says(text: str, value: Any) -> bool:
    """Return whether a text can be read, and as this value."""
    try:
        return bool(parse_yaml(text) == value)
    except ValueError:
        return False


def written_whole(document: Any) -> str:
    """Return a document as text, lines where there is room for what is in them."""
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)


def _edited(wanted: Any, edit: Callable[[Path, Any], str], path: Path, value: Any) -> str:
    """Return the edited text if it says what is wanted; else all of it is written anew."""
    try:
        changed = edit(path, value)
        if parse_yaml(changed) == wanted:
            return changed
    except (ValueError, yaml.YAMLError, LookupError):
        pass  # an alias, or a layout that this can't cut: what is said goes before how
    return written_whole(wanted)


class _Cut:
    """Finds places in a text by the marks of its nodes."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._root: Any = yaml.compose(text, Loader=yaml.SafeLoader)

    def put(self, path: Path, value: Any) -> str:
        node: Any = self._root
        for depth, step in enumerate(path):
            found = _child(node, step)
            if found is None:
                for missing in reversed(path[depth + 1 :]):
                    value = {missing: value}
                return self._add(node, str(step), value)
            node = found
        return self._replace(node, written(value))

    def append(self, path: Path, value: Any) -> str:
        node: Any = self._root
        for step in path:
            node = _child(node, step)
        last = node.value[-1]
        end = _end(last)
        if node.flow_style:
            return self._insert(end, f", {written(value)}")
        dash = self._text.rindex("-", 0, node.value[0].start_mark.index)
        return self._line_after(end, self._column(dash), f"- {written(value)}")

    def drop(self, path: Path) -> str:
        node: Any = self._root
        for step in path[:-1]:
            node = _child(node, step)
        spans = _spans(node)
        place = _place(node, path[-1])
        begin, end = spans[place]
        if node.flow_style:
            if place + 1 < len(spans):
                end = spans[place + 1][0]
            elif place:
                begin = spans[place - 1][1]
            return self._text[:begin] + self._text[end:]
        begin = self._text.rfind("\n", 0, begin) + 1
        stop = self._text.find("\n", end)
        return self._text[:begin] + ("" if stop < 0 else self._text[stop + 1 :])

    def _add(self, node: Any, key: str, value: Any) -> str:
        entry = f"{written(key)}: {written(value)}"
        if not node.value:
            return self._replace(node, f"{{{entry}}}")
        end = _end(node.value[-1][1])
        if node.flow_style:
            return self._insert(end, f", {entry}")
        column = self._column(node.value[0][0].start_mark.index)
        return self._line_after(end, column, entry)

    def _replace(self, node: Any, line: str) -> str:
        begin, end = node.start_mark.index, _end(node)
        if begin == end:
            return self._insert(end, f" {line}")
        return self._text[:begin] + line + self._text[end:]

    def _insert(self, at: int, what: str) -> str:
        return self._text[:at] + what + self._text[at:]

    def _line_after(self, at: int, column: int, line: str) -> str:
        stop = self._text.find("\n", at)
        stop = len(self._text) if stop < 0 else stop
        return self._insert(stop, "\n" + " " * column + line)

    def _column(self, at: int) -> int:
        return at - (self._text.rfind("\n", 0, at) + 1)


def _spans(node: Any) -> list[tuple[int, int]]:
    if isinstance(node, yaml.MappingNode):
        return [(key.start_mark.index, _end(value)) for key, value in node.value]
    return [(each.start_mark.index, _end(each)) for each in node.value]


def _place(node: Any, step: str | int) -> int:
    if isinstance(node, yaml.MappingNode):
        return [str(key.value) for key, _ in node.value].index(str(step))
    return int(step)


def _child(node: Any, step: str | int) -> Any:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
        return node.value[step] if step < len(node.value) else None
    return None


def _end(node: Any) -> int:
    """Return where a node's own characters end, before comments and blank lines."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(last, tuple) else last)


def _has(document: Any, path: Path) -> bool:
    try:
        _at(document, path)
    except (LookupError, TypeError):
        return False
    return True


def _at(document: Any, path: Path) -> Any:
    for step in path:
        document = document[step]
    return document


def _wanted(document: Any, path: Path, value: Any) -> Any:
    """Return a document with a value at a place."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        changed = list(document)
        changed[step] = _wanted(changed[step], rest, value)
        return changed
    inner = (document or {}).get(step)
    return {**(document or {}), step: _wanted(inner, rest, value)}


def _without(document: Any, path: Path) -> Any:
    step, rest = path[0], path[1:]
    if rest:
        return _wanted(document, (step,), _without(document[step], rest))
    if isinstance(step, int):
        return [*document[:step], *document[step + 1 :]]
    return {name: each for name, each in document.items() if name != step}
