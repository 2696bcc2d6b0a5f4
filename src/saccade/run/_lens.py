"""Through which objective events are taken that name none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._acts import needs_setting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from useq import MDAEvent

    from saccade.core import Turret


class Lens:
    """Names the objective of every event, once any has named one: a turret stays as it was left.

    A planned event that names none is taken through that which the plan has named last, or else
    that which was in place before the run; an event of an action, through that of the frame
    that it rests on.

    Parameters
    ----------
    turret : Turret, optional
        Of the microscope; without one, nothing is done.
    """

    def __init__(self, turret: Turret | None = None) -> None:
        self._turret = turret
        self._planned = None if turret is None else turret.current
        self._turns = False

    def planned(self, event: MDAEvent) -> MDAEvent:
        """Return an event of the plan as it is to be.

        Parameters
        ----------
        event : useq.MDAEvent
            As the plan has it.
        """
        if self._turret is None or not needs_setting(event):
            return event
        return self._turret.with_objective(event, self._planned) if self._turns else event

    def within(
        self, events: Iterable[MDAEvent], base: MDAEvent | None
    ) -> Callable[[MDAEvent], MDAEvent]:
        """Return what names the objective of each event of an action.

        Parameters
        ----------
        events : iterable of useq.MDAEvent
            Of the action.
        base : useq.MDAEvent or None
            That of the frame that it rests on.
        """
        turret = self._turret
        if turret is None or not (self._turns or any(map(turret.asked, events))):
            return _as_it_is
        name = (base and turret.asked(base)) or self._planned
        return lambda event: turret.with_objective(event, name)

    def took(self, event: MDAEvent) -> None:
        """Learn that an event of the plan is going to be played."""
        self.take((event,))
        if self._turret is not None and self._turret.find(asked := self._turret.asked(event)):
            self._planned = asked

    def take(self, events: Iterable[MDAEvent]) -> None:
        """Learn what is going to be played."""
        if self._turret is not None:
            self._turns = self._turns or any(map(self._turret.asked, events))


def _as_it_is(event: MDAEvent) -> MDAEvent:
    return event
