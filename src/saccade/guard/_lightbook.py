"""What guards that count light keep in mind: where it is charged, and what is not settled yet."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from saccade.core import Stand

from ._events import every
from ._light import Charge, Standing, charges, check_lights

if TYPE_CHECKING:
    from saccade.core import Action


@dataclass
class LightBook:
    """The light of what is asked for and played, picture by picture.

    What an event does not name is as the last event that was played named it, or as the
    microscope was found.
    """

    stand: Stand = field(default_factory=lambda: Stand("unknown microscope"))
    _standing: Standing = field(default_factory=Standing)
    _unsettled: deque[Charge] = field(default_factory=deque)
    """Charges of what was played last and has become no frame yet."""

    def begin(self, stand: Stand) -> None:
        """Take light sources and present settings.

        Parameters
        ----------
        stand : Stand
            The microscope.

        Raises
        ------
        ProfileError
            If a channel has no light source, or a source has no power or area.
        """
        check_lights(stand)
        self.stand = stand
        self._standing = Standing.found(stand)
        self._unsettled.clear()

    def charges(self, action: Action) -> list[Charge]:
        """Return the light of each picture of an action, if it were played now."""
        return charges(self.stand, self._standing, action.events)

    def play(self, action: Action) -> list[Charge]:
        """Return the light of each picture of an action that is played now."""
        played = self.charges(action)
        self._unsettled.clear()
        self._unsettled.extend(played)
        for event in every(action.events):
            self._standing = self._standing.then(event)
        return played

    def settle(self) -> Charge | None:
        """Return the charge of the next picture that was played, None if none is known."""
        return self._unsettled.popleft() if self._unsettled else None

    @property
    def spare_tries(self) -> int:
        """How often a camera that fails may expose a picture besides the first time."""
        return self.stand.tries - 1
