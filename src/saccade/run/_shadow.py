"""Shadow mode: what decided actions would take, where none of them is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from saccade.core import Action, Frame, Refusal, Shadowed, Stand
from saccade.guard import light_of

from ._acts import is_picture

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._parts import News

GUARD = "shadow"
"""Who refuses what would have passed the door, as policies hear it."""


class Shadow:
    """Makes of what would become of actions what the journal of a shadowed run holds."""

    def __init__(self) -> None:
        self._stand = Stand("unknown microscope")
        self._frame: Frame | None = None
        self._lifted_by: str | None = None
        self._told = False

    @property
    def holds(self) -> bool:
        """Whether nothing of what is decided is done."""
        return self._lifted_by is None

    def lift(self, by: str) -> None:
        """Let what is decided be done from the next decision on; any thread may call it.

        Parameters
        ----------
        by : str
            Who says so, for the journal.
        """
        self._lifted_by = by

    def lifted_since(self) -> str | None:
        """Return who has lifted it since the last call; None if nobody."""
        if self._lifted_by is None or self._told:
            return None
        self._told = True
        return self._lifted_by

    def learn(self, stand: Stand) -> None:
        """Take the light sources, and what holds where nothing is named.

        Parameters
        ----------
        stand : Stand
            The microscope.
        """
        self._stand = stand

    def of(self, outcomes: Iterable[Action | Refusal], seen: News) -> list[Shadowed]:
        """Return, for each action, that it was not done, and what it would have taken.

        Parameters
        ----------
        outcomes : iterable of Action or Refusal
            What would have become of them.
        seen : News
            What they rest on: exposure and channel that they don't name are those of the frame,
            or of the frame that was acted on before.
        """
        if isinstance(seen, Frame):
            self._frame = seen
        return [self._one(outcome) for outcome in outcomes]

    def _one(self, outcome: Action | Refusal) -> Shadowed:
        action, frame = outcome.action if isinstance(outcome, Refusal) else outcome, self._frame
        dose = light_of(
            self._stand,
            action.events,
            exposure_ms=None if frame is None else frame.exposure_ms,
            channel=None if frame is None else frame.channel,
        )
        frames = sum(map(is_picture, action.events)) * max(1, len(self._stand.cameras))
        if isinstance(outcome, Refusal):
            return Shadowed(action, frames, dose, outcome.guard, outcome.reason)
        return Shadowed(action, frames, dose)


def not_done(shadowed: Shadowed) -> Refusal:
    """Return what policies hear of it, so that none waits for frames that won't come.

    Parameters
    ----------
    shadowed : Shadowed
        As the journal has it.
    """
    if shadowed.guard:
        return Refusal(shadowed.action, shadowed.guard, shadowed.reason)
    return Refusal(shadowed.action, GUARD, "nothing that is decided is done in shadow mode")
