"""What can be set in a protocol, and what it means: for forms, and for people who ask."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from functools import cache
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from useq import MDASequence

from saccade.core import Detector

from ._protocol import Protocol
from ._protocol_fields import DetectorPart, GuardPart, Part, PolicyPart, Recording
from ._registry import kind_of, parameters, parts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

Kind = Literal["number", "whole", "text", "truth", "choice", "plan", "detector", "other"]
_UNITS = {
    "um": "µm",
    "um2": "µm²",
    "nm": "nm",
    "s": "s",
    "ms": "ms",
    "min": "min",
    "h": "h",
    "px": "px",
    "mw": "mW",
    "mb": "MB",
    "cm2": "cm²",
    "percent": "%",
}
_LONGER = {"j_per_cm2": "J/cm²", "per_min": "/min", "um_per_s": "µm/s", "per_h": "/h"}
_SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}$", re.MULTILINE)
_ENTRY = re.compile(r"^(\w+(?:, \w+)*)(?: : .*)?$")
_LISTS = ("Parameters", "Attributes")
_ELSEWHERE = ("saccade", "watch", "detect", "decide", "guard", "use")
_OWN: Mapping[str, type[Part]] = {"detect": DetectorPart, "decide": PolicyPart, "guard": GuardPart}
_OWN_HELP = {
    "channel": "The channel whose pictures it looks at; by default all of them.",
    "camera": "Whose pictures count, where several cameras expose together; or all.",
    "takes_ms": "How long a look takes in virtual time, in ms; or measured.",
    "isolate": "Whether it works in a process of its own, which may crash.",
    "on": "The detector that it listens to.",
    "queue_mb": "How much may wait for the disk.",
    "overload": "What happens to a frame when that is full: the microscope waits, or a gap.",
    "name": "What the run is called; its folder has it in its name.",
    "mode": "inline: a decision acts on the next frame. lagged: detectors work beside. "
    "stream: the camera runs by itself.",
    "scope": "demo, a profile (a .yaml file), playback:FILE or sim:SPECIMEN.",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that can be set."""

    name: str
    kind: Kind
    default: Any
    """What is taken where it is not set; meaningless if it is required."""
    required: bool
    unit: str
    help: str
    choices: tuple[str, ...] = ()
    """Of a choice."""


@cache
def settings_of(use: str) -> tuple[Setting, ...]:
    """Return what can be set of a part, in the order of its class.

    Parameters
    ----------
    use : str
        Its registered name; an unknown one has no settings.
    """
    make = parts().get(use)
    if make is None:
        return ()
    told = help_of(inspect.getdoc(make) or "")
    return tuple(
        _setting(name, each.annotation, each.default, each.default is each.empty, told)
        for name, each in parameters(make).items()
    )


@cache
def settings_beside(kind: str) -> tuple[Setting, ...]:
    """Return what a protocol says of a part besides the part's own settings.

    Parameters
    ----------
    kind : {'detect', 'decide', 'guard'}
        Of part.
    """
    return _of_model(_OWN[kind])


@cache
def settings_of_run() -> tuple[Setting, ...]:
    """Return what a protocol says of the whole run; ``record.queue_mb`` lies under ``record``."""
    own = [each for each in _of_model(Protocol) if each.name != "record"]
    record = _of_model(Recording)
    return (*own, *(_renamed(each, f"record.{each.name}") for each in record))


def parts_for(kind: str) -> tuple[str, ...]:
    """Return the names of all parts of a kind.

    Parameters
    ----------
    kind : {'detect', 'decide', 'guard'}
        Of part.
    """
    return tuple(sorted(name for name in parts() if kind_of(name) == kind))


def summary_of(use: str) -> str:
    """Return the first sentence of what a part says of itself.

    Parameters
    ----------
    use : str
        Its registered name.
    """
    make = parts().get(use)
    first = (inspect.getdoc(make) or "").partition("\n\n")[0] if make is not None else ""
    return " ".join(first.split())


def help_of(docstring: str) -> Mapping[str, str]:
    """Return what a numpy-style docstring says of each parameter and attribute.

    Parameters
    ----------
    docstring : str
        Without its indentation.
    """
    found: dict[str, str] = {}
    pieces = _SECTION.split(docstring)
    for title, body in zip(pieces[1::2], pieces[2::2], strict=True):
        if title not in _LISTS:
            continue
        names: tuple[str, ...] = ()
        for line in body.splitlines():
            entry = _ENTRY.match(line)
            if entry:
                names = tuple(entry[1].split(", "))
            elif line.strip():
                for name in names:
                    found[name] = f"{found.get(name, '')} {line.strip()}".strip()
    return {name: text.replace("``", "") for name, text in found.items()}


def unit_of(name: str) -> str:
    """Return the unit that the name of a setting ends with, empty if with none."""
    for ending, unit in _LONGER.items():
        if name.endswith(f"_{ending}"):
            return unit
    return _UNITS.get(name.rpartition("_")[2], "") if "_" in name else ""


def _of_model(model: type[BaseModel]) -> tuple[Setting, ...]:
    told = {**help_of(inspect.getdoc(model) or ""), **_OWN_HELP}
    return tuple(
        _setting(name, each.annotation, each.get_default(), each.is_required(), told)
        for name, each in model.model_fields.items()
        if name not in _ELSEWHERE
    )


def _setting(
    name: str, annotation: Any, default: Any, required: bool, told: Mapping[str, str]
) -> Setting:
    kind, choices = _kind_of(annotation)
    return Setting(name, kind, default, required, unit_of(name), told.get(name, ""), choices)


def _renamed(setting: Setting, name: str) -> Setting:
    return Setting(**{**{f: getattr(setting, f) for f in setting.__slots__}, "name": name})


def _kind_of(annotation: Any) -> tuple[Kind, tuple[str, ...]]:
    whole = [annotation] if annotation == Detector else [*_members(annotation)]
    members = [each for each in whole if each is not NoneType]
    if MDASequence in members:
        return "plan", ()
    if Detector in members:
        return "detector", ()
    literal = next((each for each in members if get_origin(each) is Literal), None)
    if literal is not None and len(members) == 1:
        return "choice", tuple(map(str, get_args(literal)))
    kinds: dict[Any, Kind] = {float: "number", int: "whole", str: "text", bool: "truth"}
    return (kinds.get(members[0], "other") if len(members) == 1 else "other"), ()


def _members(annotation: Any) -> tuple[Any, ...]:
    """Return the members of a union, bare of their constraints."""
    origin = get_origin(annotation)
    if hasattr(annotation, "__metadata__"):
        return _members(get_args(annotation)[0])
    if origin is not None and origin is not Literal and NoneType in get_args(annotation):
        return tuple(each for arg in get_args(annotation) for each in _members(arg))
    if origin is not None and "Union" in str(origin):
        return tuple(each for arg in get_args(annotation) for each in _members(arg))
    return (annotation,)
