"""What a protocol may change at all on this microscope."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from saccade.core import Action, Refusal

from ._events import every, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from useq import MDAEvent

    from saccade.core import Stand


@dataclass
class _Known:
    stand: Stand | None = None


@dataclass(frozen=True, eq=False)
class Modifiable:
    """Refuses to change what the scope profile does not list as modifiable.

    The list has ``xy``, ``z``, ``channel``, ``exposure``, ``roi``, ``mask`` and
    ``properties``, or single ones of these, ``Pump.State``; a profile without one lets a
    protocol change everything.
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
        if stand is None or stand.modifiable is None:
            return action
        for number, event in enumerate(every(action.events), 1):
            for what in _changed(event, stand.modifiable):
                if what not in stand.modifiable:
                    reason = f"{name_of(action, number)} changes {what} on {stand.name!r}"
                    allowed = ", ".join(stand.modifiable) or "nothing"
                    return Refusal(action, "Modifiable", reason, f"to change {allowed}")
        return action

    def fresh(self) -> Self:
        """Return a guard that knows no microscope yet."""
        return type(self)()


def _changed(event: MDAEvent, listed: tuple[str, ...]) -> Iterator[str]:
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
        yield alone if alone in listed else "properties"
