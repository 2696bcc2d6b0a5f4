"""Detectors, policies and guards, made from what a protocol says of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from saccade.core import ProtocolError
from saccade.isolate import Isolated
from saccade.run import Arbiter, Eye, Rule

from ._registry import build

if TYPE_CHECKING:
    from collections.abc import Mapping

    from saccade.core import Guard

    from ._protocol import Protocol


@dataclass(frozen=True)
class Parts:
    """What a run is made of, besides its scope and its plan."""

    eyes: Mapping[str, Eye]
    rules: tuple[Rule, ...]
    guards: tuple[Guard, ...]

    @property
    def bursts(self) -> tuple[Any, ...]:
        """Every plan that a policy may ask for."""
        policies = (rule.policy for rule in self.rules)
        plans = (getattr(each, "plans", getattr(each, "do", None)) for each in policies)
        return tuple(plan for plan in plans if plan is not None)


def build_parts(spec: Mapping[str, Any]) -> Parts:
    """Return new parts, without memory.

    Parameters
    ----------
    spec : mapping
        ``detect``, ``decide`` and ``guard`` as a protocol file, or ``run.json``, has them.

    Raises
    ------
    ProtocolError
        If a part is not registered, or a setting can't be used.
    """
    eyes = {
        name: Eye(
            _detector(part, f"detect.{name}"),
            part.get("channel"),
            part.get("takes_ms"),
            part.get("camera"),
        )
        for name, part in spec.get("detect", {}).items()
    }
    rules = tuple(
        Rule(
            _build(part, f"decide.{place}", "on", "name", "camera"),
            *(part.get(each) for each in ("on", "name", "camera")),
        )
        for place, part in enumerate(spec.get("decide", ()))
    )
    guards = tuple(
        _build(part, f"guard.{place}") for place, part in enumerate(spec.get("guard", ()))
    )
    return Parts(eyes, rules, guards)


def arbiter_of(protocol: Protocol) -> Arbiter | None:
    """Return who settles what several policies of a protocol claim, if anybody does.

    Parameters
    ----------
    protocol : Protocol
        As loaded.
    """
    given = protocol.arbiter
    return None if given is None else Arbiter(given.order, given.running, given.lasts_s)


def _detector(part: Mapping[str, Any], where: str) -> Any:
    detector = _build(part, where, "channel", "camera", "takes_ms", "isolate")
    isolation = part.get("isolate")
    return detector if isolation is None else Isolated(detector, **isolation)


def _build(part: Mapping[str, Any], where: str, *ours: str) -> Any:
    if "use" not in part:
        raise ProtocolError(
            f"{where} was {part.get('code', 'code')}, which can't be made from its name.",
            "Do it in Python and pass the part itself.",
        )
    settings = {key: value for key, value in part.items() if key not in ("use", *ours)}
    return build(part["use"], settings, where)
