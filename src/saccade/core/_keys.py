"""Keys of a document that no model knows, at any depth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel

from ._errors import did_you_mean

Path: TypeAlias = tuple[str | int, ...]

_ALIKE = 0.6


@dataclass(frozen=True)
class Problem:
    """What is wrong at one place of a document, and a hint."""

    text: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.text} ({self.hint.rstrip('.')})" if self.hint else self.text


@dataclass
class Keys:
    """A walk through a document along the models that describe it.

    Where several models are possible, as in a union, the one whose keys are most like those
    that are written is taken to be meant.

    Parameters
    ----------
    at : str
        Where the document itself stands, such as ``watch``; empty for a whole file.
    kind : type of BaseModel
        Models of other kinds are left to themselves.
    """

    at: str = ""
    kind: type[BaseModel] = BaseModel
    unknown: list[Problem] = field(default_factory=list)
    meant: dict[Path, type[BaseModel]] = field(default_factory=dict)
    rivals: dict[Path, frozenset[str]] = field(default_factory=dict)
    """Names of the models that would have been possible, by place."""

    def walk(self, value: object, annotation: Any, path: Path = ()) -> None:
        """Enter what is unknown in a value.

        Parameters
        ----------
        value : object
            Plain data.
        annotation : type
            A pydantic model, or a type hint that leads to some.
        path : tuple of str or int
            Where the value stands.
        """
        leaves = tuple(_leaves(annotation))
        if isinstance(value, dict):
            models = [
                each for each in leaves if isinstance(each, type) and issubclass(each, self.kind)
            ]
            if models:
                self._mapping(value, models, path)
            else:
                for key, item in value.items():
                    self._each(item, _inside(leaves, Mapping), (*path, key))
        elif isinstance(value, (list, tuple)):
            for number, item in enumerate(value):
                self._each(item, _inside(leaves, Sequence), (*path, number))

    def _each(self, value: object, annotations: Iterable[Any], path: Path) -> None:
        if options := tuple(annotations):
            self.walk(value, Union[options], path)  # noqa: UP007 - of options known at run time

    def _mapping(
        self, value: Mapping[str, Any], models: Sequence[type[BaseModel]], path: Path
    ) -> None:
        model = max(models, key=lambda each: _likeness(value, each))
        self.meant[path] = model
        self.rivals[path] = frozenset(each.__name__ for each in models)
        for key, item in value.items():
            if key in model.model_fields:
                self.walk(item, model.model_fields[key].annotation, (*path, key))
            elif model.model_config.get("extra") != "allow":
                hint = did_you_mean(key, model.model_fields)
                self.unknown.append(Problem(f"there is no key {self.name((*path, key))!r}", hint))

    def name(self, path: Path) -> str:
        """Return a place as people write it, ``lights.0.power_mw``."""
        return ".".join(map(str, (self.at, *path) if self.at else path))


def _likeness(value: Mapping[str, Any], model: type[BaseModel]) -> tuple[float, int]:
    names = model.model_fields
    alike = sum(max((_ratio(key, name) for name in names), default=0.0) for key in value)
    missing = sum(entry.is_required() and name not in value for name, entry in names.items())
    return alike, -missing


@lru_cache(maxsize=4096)  # the same few names, over and over
def _ratio(word: str, name: str) -> float:
    ratio = 1.0 if word == name else SequenceMatcher(None, word[:80], name).ratio()
    return ratio if ratio >= _ALIKE else 0.0


def _leaves(annotation: Any) -> Iterator[Any]:
    """Yield what a hint allows, unions and annotations opened."""
    if get_origin(annotation) is Annotated:
        yield from _leaves(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, UnionType):
        for each in get_args(annotation):
            yield from _leaves(each)
    else:
        yield annotation


def _inside(leaves: Iterable[Any], kind: type) -> Iterator[Any]:
    """Yield the hints of what stands in the containers of a kind."""
    for leaf in leaves:
        origin = get_origin(leaf)
        if isinstance(origin, type) and issubclass(origin, kind):
            arguments = get_args(leaf)
            yield from arguments[1:] if kind is Mapping else arguments
