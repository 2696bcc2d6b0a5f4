"""YAML text to plain data, and to nothing else."""

from __future__ import annotations

import re
from typing import Any

import yaml
from yaml.constructor import ConstructorError, SafeConstructor
from yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, ScalarEvent

_MOST_NODES = 100_000
_DEEPEST = 40
_TAG = "tag:yaml.org,2002:"

# The C parser where the wheel has it: ten times faster, and the same events.
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse_yaml(text: str) -> Any:
    """Return the one document of a text: mappings, lists and scalars.

    Only ``true`` and ``false`` are truth values, as in YAML 1.2: ``on`` is a key of
    protocols, and ``Yes`` and ``Off`` are values of device properties. Dates and times stay
    text, and ``1e-3`` is a number.

    Parameters
    ----------
    text : str
        At most 40 levels deep, and 100,000 values with aliases written out.

    Raises
    ------
    ValueError
        Where, and why, it can't be read.
    """
    try:
        _check_shape(text)
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return None
            _check_keys(node)
            return loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise ValueError(f"{_place(error)}{_problem(error)}") from None


def _check_shape(text: str) -> None:
    """Refuse what is too deep or too much, aliases written out, before anything is built."""
    sizes = _Sizes()
    for event in yaml.parse(text, Loader=_Loader):
        sizes.take(event)


class _Sizes:
    """Number of values and of levels of each node, aliases written out."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, int]] = {}
        self._parents: list[tuple[str | None, int, int]] = []

    def take(self, event: yaml.Event) -> None:
        """Count the next event of the parser."""
        if isinstance(event, CollectionStartEvent):
            self._parents.append((event.anchor, 1, 0))
            self._check(1, 0, event)
        elif isinstance(event, CollectionEndEvent):
            self._ended(*self._parents.pop(), event)
        elif isinstance(event, AliasEvent):
            if any(anchor == event.anchor for anchor, _, _ in self._parents):
                raise _refused(f"the alias *{event.anchor} stands inside itself", event)
            self._ended(None, *self._known.get(event.anchor or "", (1, 0)), event)
        elif isinstance(event, ScalarEvent):
            self._ended(event.anchor, 1, 0, event)

    def _ended(self, anchor: str | None, size: int, height: int, event: yaml.Event) -> None:
        if anchor:
            self._known[anchor] = (size, height)
        self._check(size, height, event)
        if self._parents:
            mine, before, deepest = self._parents.pop()
            self._parents.append((mine, before + size, max(deepest, height + 1)))
            self._check(before + size, 0, event)

    def _check(self, size: int, height: int, event: yaml.Event) -> None:
        if len(self._parents) + height > _DEEPEST:
            raise _refused(f"more than {_DEEPEST} levels deep", event)
        if size > _MOST_NODES:
            raise _refused(f"more than {_MOST_NODES:,} values", event)


def _check_keys(root: yaml.Node) -> None:
    """Refuse keys that stand twice, of which one would be lost."""
    seen: set[int] = set()
    nodes = [root]
    while nodes:
        node = nodes.pop()
        if id(node) in seen or isinstance(node, yaml.ScalarNode):
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            _check_names([key for key, _ in node.value])
            nodes += [value for _, value in node.value]
        else:
            nodes += node.value


def _check_names(keys: list[yaml.Node]) -> None:
    seen = set()
    for key in keys:
        if not isinstance(key, yaml.ScalarNode):
            raise ConstructorError(None, None, "a key must be a name", key.start_mark)
        if key.value in seen:
            problem = f"the key {key.value!r} stands twice"
            raise ConstructorError(None, None, problem, key.start_mark)
        seen.add(key.value)


def _refused(problem: str, event: Any) -> ConstructorError:
    return ConstructorError(None, None, problem, event.start_mark)


class _Loader(_Base):  # type: ignore[misc]
    """Builds mappings, lists and the scalars of YAML 1.2's core schema."""

    yaml_implicit_resolvers: dict[str | None, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as PyYAML has it
    yaml_constructors: dict[str | None, Any] = {}  # noqa: RUF012

    def construct_bool(self, node: Any) -> bool:
        """Return a truth value."""
        return str(self.construct_scalar(node)).lower() == "true"

    def construct_int(self, node: Any) -> int:
        """Return a whole number; a leading zero does not make it octal."""
        text = str(self.construct_scalar(node))
        try:
            value = int(text[:40], 0 if text[1:2] in ("x", "o") else 10)
        except ValueError:
            value = 2**63
        if len(text) > 40 or abs(value) >= 2**63:
            raise ConstructorError(None, None, f"{text[:40]} can't be used", node.start_mark)
        return value

    def construct_float(self, node: Any) -> float:
        """Return a number, perhaps not a finite one."""
        text = str(self.construct_scalar(node)).lower()
        try:
            return float(text.replace(".inf", "inf").replace(".nan", "nan"))
        except ValueError:
            raise ConstructorError(
                None, None, f"{text[:40]!r} is not a number", node.start_mark
            ) from None


_NUMBER = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
_SCALARS = (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    ("float", rf"{_NUMBER}|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)", list("-+.0123456789")),
    ("merge", r"<<", ["<"]),
)
for _name, _pattern, _first in _SCALARS:
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(f"^(?:{_pattern})$"), _first)
for _name, _construct in (
    ("null", SafeConstructor.construct_yaml_null),
    ("bool", _Loader.construct_bool),
    ("int", _Loader.construct_int),
    ("float", _Loader.construct_float),
    ("str", SafeConstructor.construct_yaml_str),
    ("seq", SafeConstructor.construct_yaml_seq),
    ("map", SafeConstructor.construct_yaml_map),
):
    _Loader.add_constructor(_TAG + _name, _construct)
_Loader.add_constructor(None, SafeConstructor.construct_undefined)


def _place(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return "" if mark is None else f"line {mark.line + 1}, column {mark.column + 1}: "


def _problem(error: yaml.YAMLError) -> str:
    problem = str(getattr(error, "problem", None) or error)
    if problem.startswith("but "):
        problem = f"{getattr(error, 'context', '')} {problem}"
    return " ".join(problem.split()).rstrip(".")
