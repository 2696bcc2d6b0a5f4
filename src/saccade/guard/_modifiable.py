"""What a protocol may change at all on this microscope."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from saccade.core import LABEL, Action, Refusal, did_you_mean

from ._events import every, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from useq import MDAEvent

    from saccade.core import Stand, Turret


@dataclass
class _Known:
    stand: Stand | None = None


@dataclass(frozen=True, eq=False)
class Modifiable:
    """Refuses to change what the scope profile does not list as modifiable.

    The list has ``xy``, ``z``, ``channel``, ``exposure``, ``roi``, ``mask``, ``objective`` and
    ``properties``, or single ones of these, ``Pump.State``; and ``light``, the power of light
    sources. A profile without one lets a protocol change everything. An objective that the profile
    does not declare can't be asked for in any case, and ``properties`` alone lets nobody turn the
    turret, or set the power of a light source.
    """

    _known: _Known = field(default_factory=_Known, init=False, repr=False)

    def learn(self, stand: Stand) -> None:
        """Take the list of the scope profile.

        Parameters
        ----------
        stand : Stand
            The microscope.
        """
        self._known.stand = stand

    def __call__(self, action: Action) -> Action | Refusal:
        """Return the action, or why it may not leave.

        Parameters
        ----------
        action : Action
            Planned or decided.
        """
        stand = self._known.stand
        if stand is None:
            return action
        for number, event in enumerate(every(action.events), 1):
            if stand.turret is not None and (problem := _unknown(event, stand.turret)):
                known = ", ".join(each.name for each in stand.turret.objectives)
                why = f"{name_of(action, number)} {problem}"
                return Refusal(action, "Modifiable", why, f"one of {known}")
            if stand.modifiable is None:
                continue
            for what in _changed(event, stand.modifiable, stand):
                if what not in stand.modifiable:
                    reason = f"{name_of(action, number)} changes {what} on {stand.name!r}"
                    allowed = ", ".join(stand.modifiable) or "nothing"
                    return Refusal(action, "Modifiable", reason, f"to change {allowed}")
        return action

    def fresh(self) -> Self:
        """Return a guard that knows no microscope yet."""
        return type(self)()


def _unknown(event: MDAEvent, turret: Turret) -> str:
    """Return how an event asks for an objective that isn't declared; empty if it does not."""
    for device, name, value in event.properties or ():
        if device != turret.device:
            continue
        if name != LABEL:
            return f"turns {device} by {name}; objectives are asked for by {LABEL}"
        if turret.find(str(value)) is None:
            hint = did_you_mean(str(value), [each.name for each in turret.objectives])
            return f"asks for the objective {value!r}, which the profile doesn't declare; {hint}"
    return ""


def _changed(event: MDAEvent, listed: tuple[str, ...], stand: Stand) -> Iterator[str]:
    """Yield what an event asks for, in the words of a profile."""
    if event.x_pos is not None or event.y_pos is not None:
        yield "xy"
    if event.z_pos is not None:
        yield "z"
    if event.channel is not None:
        yield "channel"
    if event.exposure is not None:
        yield "exposure"
    if event.roi is not None:
        yield "roi"
    if event.slm_image is not None:
        yield "mask"
    for device, name, _ in event.properties or ():
        alone = f"{device}.{name}"
        yield alone if alone in listed else _kind_of(device, name, stand)


def _kind_of(device: str, name: str, stand: Stand) -> str:
    if stand.turret is not None and device == stand.turret.device:
        return "objective"
    dimmers = (each.dimmer for each in stand.lights)
    dims = any((each.device, each.property) == (device, name) for each in dimmers if each)
    return "light" if dims else "properties"
