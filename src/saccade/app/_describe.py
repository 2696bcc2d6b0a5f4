"""Parts made in Python, described as a protocol file would name them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from saccade.core import plain
from saccade.isolate import Isolated
from saccade.run import Eye, Rule

from ._registry import holds_parts, parts

if TYPE_CHECKING:
    from saccade import run as runs
    from saccade.core import Guard


def describe(
    detect: runs.Eyes, decide: runs.Rules, guards: Guard | Sequence[Guard]
) -> dict[str, Any]:
    """Return detectors, policies and guards in the form of a protocol file.

    Parameters
    ----------
    detect, decide, guards
        As a run takes them. A part that is not registered, such as a function of a script,
        has ``code`` in place of ``use``: it is recorded, but can't be made from the record.
    """
    eyes = {} if detect is None else detect
    eyes = eyes if isinstance(eyes, Mapping) else {"detect": eyes}
    rules = decide if isinstance(decide, Sequence) else (decide,)
    stood = guards if isinstance(guards, Sequence) else (guards,)
    return {
        "detect": {name: _described_eye(eye) for name, eye in eyes.items()},
        "decide": [_described_rule(rule) for rule in rules],
        "guard": [_described(guard) for guard in stood],
    }


def _described_eye(eye: Any) -> dict[str, Any]:
    if not isinstance(eye, Eye):
        return _described(eye)
    ours = {"channel": eye.channel, "takes_ms": eye.takes_ms, "camera": eye.camera}
    return {**_described(eye.detector), **{k: v for k, v in ours.items() if v is not None}}


def _described_rule(rule: Any) -> dict[str, Any]:
    if not isinstance(rule, Rule):
        return _described(rule)
    ours = {"on": rule.on, "name": rule.name, "camera": rule.camera}
    return {**_described(rule.policy), **{k: v for k, v in ours.items() if v is not None}}


def _described(part: Any) -> dict[str, Any]:
    if isinstance(part, Isolated):
        return {**_described(part.detector), "isolate": part.settings}
    for name, make in parts().items():
        if type(part) is make and is_dataclass(part):
            given = {each.name: getattr(part, each.name) for each in fields(part) if each.init}
            settings = {key: _setting(make, key, value) for key, value in given.items()}
            return {"use": name, **settings}
    name = getattr(part, "__qualname__", type(part).__qualname__)
    return {"code": f"{getattr(part, '__module__', type(part).__module__)}:{name}"}


def _setting(make: Any, name: str, value: Any) -> Any:
    if not holds_parts(make, name):
        return plain(value)
    return [_described(each) for each in value] if isinstance(value, tuple) else _described(value)
