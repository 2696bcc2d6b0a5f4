"""Parts by name: all that a protocol can make, and nothing that it could import."""

from __future__ import annotations

import inspect
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from sys import modules
from typing import Any, TypeAlias, get_args

from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError
from useq import MDASequence

from saccade import decide, detect, guard
from saccade.core import (
    Detector,
    Keys,
    Policy,
    Problem,
    ProtocolError,
    UsageError,
    did_you_mean,
    event_from_plain,
    misfits,
    one_error,
)

from ._sequence import read_sequence

Make: TypeAlias = Callable[..., Any]

PLUGINS = "SACCADE_PLUGINS"
"""Environment variable: names of installed distributions whose parts may be used.

The environment is the user's own; a file that somebody sent can't set it.
"""

_GROUP = "saccade.parts"
_KINDS = {"detect": detect, "decide": decide, "guard": guard}
_NESTED = "Write {use: saccade.detect:Spots, ...}."
_NESTED_POLICY = "Write {use: saccade.decide:Burst, ...}."
_NEEDS_CODE = frozenset({"Story", "StoryEnded", "Pause"})
_STRICT = ConfigDict(strict=True, allow_inf_nan=False, arbitrary_types_allowed=True)


def parts() -> Mapping[str, Make]:
    """Return every part that a protocol can name, by ``saccade.detect:Spots`` and so on.

    Parts of an installed distribution are among them if it is named in ``SACCADE_PLUGINS``
    (comma-separated). Its entry point ``detect.Foci`` in the group ``saccade.parts`` is
    called ``its-name.detect:Foci``.

    Raises
    ------
    UsageError
        If an enabled distribution has no parts, or one of them can't be imported.
    """
    own = {
        f"saccade.{kind}:{name}": getattr(home, name)
        for kind, home in _KINDS.items()
        for name in home.__all__
        if name not in _NEEDS_CODE and isinstance(getattr(home, name), type)
    }
    return {**own, **{name: _loaded(name, entry) for name, entry in _enabled().items()}}


def build(use: str, settings: Mapping[str, Any], where: str) -> Any:
    """Return a new part.

    Parameters
    ----------
    use : str
        Its registered name.
    settings : mapping
        Plain data for its arguments; lists do for tuples, mappings for sequences.
    where : str
        Where it stands in the protocol, such as ``decide.0``: the first word is the kind of
        part that is needed there.

    Raises
    ------
    ProtocolError
        If there is no such part, or a setting can't be used.
    """
    unmade, problems = _read(use, settings, where)
    if problems:
        raise one_error(problems, source=use, raises=ProtocolError)
    return _made(unmade)


def problems_of(use: str, settings: Mapping[str, Any], where: str) -> list[Problem]:
    """Return what speaks against making a part, without making it.

    Parameters
    ----------
    use, settings, where
        As in `build`.
    """
    return _read(use, settings, where)[1]


@dataclass(frozen=True)
class _Unmade:
    """A part that can be made; those that it is made of are among its settings."""

    make: Make
    given: Mapping[str, Any]
    use: str
    where: str


def _made(value: Any) -> Any:
    """Return a setting with all parts in it made."""
    if isinstance(value, tuple):
        return tuple(map(_made, value))
    if not isinstance(value, _Unmade):
        return value
    given = {name: _made(each) for name, each in value.given.items()}
    try:
        return value.make(**given)
    except UsageError as error:
        raise ProtocolError(f"{value.where}: {error.what}", error.do) from None
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        what = f"{value.where}: {value.use} can't be made: {reason}."
        raise ProtocolError(what) from error


def _read(
    use: str, settings: Mapping[str, Any], where: str
) -> tuple[_Unmade | None, list[Problem]]:
    kind = where.partition(".")[0]
    known = parts()
    fitting = [name for name in known if kind_of(name) == kind or kind not in _KINDS]
    if not isinstance(use, str) or use not in known:
        return None, [Problem(f"{where}.use is {use!r}, no known part", _like(use, fitting))]
    if use not in fitting:
        return None, [Problem(f"{where}.use is {use!r}, not for {kind!r}", _like(use, fitting))]
    wanted = parameters(known[use])
    problems = [
        Problem(f"there is no key {f'{where}.{name}'!r}", did_you_mean(name, wanted))
        for name in settings
        if name not in wanted
    ]
    problems += [
        Problem(f"{where}.{name} is missing")
        for name, each in wanted.items()
        if each.default is each.empty and name not in settings
    ]
    given = {}
    for name in (each for each in wanted if each in settings):
        given[name], wrong = _value(wanted[name].annotation, settings[name], f"{where}.{name}")
        problems += wrong
    return _Unmade(known[use], given, use, where), problems


def _like(use: object, names: list[str]) -> str:
    """Return a hint by the whole name, or by its last word alone, as people shorten it."""
    by_word = {name.rpartition(":")[2]: name for name in names}
    word = str(use).rpartition(":")[2].rpartition(".")[2]
    close = {each.lower(): name for each, name in by_word.items()}.get(word.lower())
    return f"Did you mean {close!r}?" if close else did_you_mean(str(use), names)


def _value(annotation: Any, value: object, at: str) -> tuple[Any, list[Problem]]:
    """Return a setting as its argument wants it, and what is wrong with it."""
    if annotation is MDASequence or MDASequence in get_args(annotation):
        return _sequence(value, at)
    if annotation == Detector:
        return _detector(value, at)
    if annotation == tuple[Detector, ...]:
        return _detectors(value, at)
    if annotation == Policy:
        return _policy(value, at)
    try:
        # As JSON, because strict pydantic then takes lists as tuples.
        return _adapter(annotation).validate_json(json.dumps(value)), []
    except ValidationError as error:
        return None, misfits(error, value, Keys(at))
    except (TypeError, ValueError):
        return None, [Problem(f"{at} is {value!r}, which no file could hold")]


def holds_parts(make: Make, name: str) -> bool:
    """Return whether a setting of a part is a part itself, or a tuple of some.

    Parameters
    ----------
    make : callable
        A part, as in `parts`.
    name : str
        Of the setting.
    """
    return parameters(make)[name].annotation in (Detector, tuple[Detector, ...], Policy)


def _detectors(value: object, at: str) -> tuple[Any, list[Problem]]:
    if not isinstance(value, (list, tuple)):
        return None, [Problem(f"{at} is {value!r}, no list of detectors", _NESTED)]
    read = [_detector(each, f"{at}.{place}") for place, each in enumerate(value)]
    return tuple(part for part, _ in read), [each for _, wrong in read for each in wrong]


def _detector(value: object, at: str) -> tuple[Any, list[Problem]]:
    if callable(value):
        return value, []
    if not isinstance(value, Mapping) or "use" not in value:
        return None, [Problem(f"{at} is {value!r}, no detector", _NESTED)]
    settings = {str(name): each for name, each in value.items() if name != "use"}
    return _read(value["use"], settings, at)


def _policy(value: object, at: str) -> tuple[Any, list[Problem]]:
    if callable(value):
        return value, []
    if not isinstance(value, Mapping) or "use" not in value:
        return None, [Problem(f"{at} is {value!r}, no policy", _NESTED_POLICY)]
    settings = {str(name): each for name, each in value.items() if name != "use"}
    return _read(value["use"], settings, at)


def _sequence(value: object, at: str) -> tuple[Any, list[Problem]]:
    if isinstance(value, MDASequence):
        return value, []
    if isinstance(value, list) and value:
        try:
            return tuple(map(event_from_plain, value)), []
        except (TypeError, ValueError, KeyError) as error:
            return None, [Problem(f"{at} is no list of events: {' '.join(str(error).split())}")]
    read = read_sequence(value, at)
    return read.sequence, read.problems


def _names(make: Make) -> dict[str, Any]:
    """Return what annotations may name: those of inherited settings, in modules of their own."""
    bases = reversed(make.__mro__) if isinstance(make, type) else ()
    return {name: each for base in bases for name, each in vars(modules[base.__module__]).items()}


@cache
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    annotation = Any if annotation is inspect.Parameter.empty else annotation
    try:
        return TypeAdapter(annotation, config=_STRICT)
    except PydanticUserError:
        return TypeAdapter(annotation)


@cache
def parameters(make: Make) -> Mapping[str, inspect.Parameter]:
    """Return the settings of a part by name, annotations evaluated.

    Parameters
    ----------
    make : callable
        A part, as in `parts`.

    Raises
    ------
    ProtocolError
        If its signature can't be read.
    """
    try:
        found = inspect.signature(make, locals=_names(make), eval_str=True).parameters
    except (NameError, TypeError, ValueError) as error:
        raise ProtocolError(f"The settings of {make!r} can't be read: {error}.") from error
    unnamed = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return {name: each for name, each in found.items() if each.kind not in unnamed}


def _enabled() -> dict[str, EntryPoint]:
    """Return the entry points of the distributions that the user enabled, by part name."""
    wanted = {_canonical(each) for each in os.environ.get(PLUGINS, "").split(",") if each.strip()}
    if not wanted:
        return {}
    found = [(_canonical(each.dist.name), each) for each in entry_points(group=_GROUP) if each.dist]
    for name in sorted(wanted - {dist for dist, _ in found}):
        raise UsageError(
            f"{PLUGINS} names {name!r}, which is not installed or has no {_GROUP}.",
            did_you_mean(name, [dist for dist, _ in found]),
        )
    return {_part_name(dist, each.name): each for dist, each in found if dist in wanted}


def _loaded(name: str, entry: EntryPoint) -> Make:
    try:
        part: Make = entry.load()
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise UsageError(
            f"The part {name!r} can't be imported: {reason}.", f"Take it out of {PLUGINS}."
        ) from error
    return part


def _part_name(dist: str, entry: str) -> str:
    kind, _, name = entry.partition(".")
    return f"{dist}.{kind}:{name}"


def kind_of(name: str) -> str:
    """Return the kind of part that a registered name is of."""
    return name.rpartition(":")[0].rpartition(".")[2]


def _canonical(name: str) -> str:
    """Return a distribution's name as PyPA normalises it; no dots, so never ``saccade.``."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()
