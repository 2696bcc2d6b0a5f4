"""How long a planned event takes, so that one can go into the pause of an action."""

from __future__ import annotations

_FORGETS = 0.9
"""What is left, after another event, of the time that the longest one took."""
_ROUND_TRIP = 2
"""An event in a pause costs the way there and the way back."""


class Pauses:
    """Learns how long planned events take, from the order to the decision on the frame."""

    def __init__(self) -> None:
        self._began_ns: int | None = None
        self._takes_ns: float | None = None

    def began(self, now_ns: int) -> None:
        """Learn that a planned event is on its way."""
        self._began_ns = now_ns

    def ended(self, now_ns: int) -> None:
        """Learn that whatever was on its way is done."""
        if self._began_ns is None:
            return
        took_ns = now_ns - self._began_ns
        self._takes_ns = max(took_ns, _FORGETS * (self._takes_ns or 0.0))
        self._began_ns = None

    def fits(self, pause_ns: int) -> bool:
        """Return whether a planned event fits into a pause; before the first, none does."""
        return self._takes_ns is not None and pause_ns >= _ROUND_TRIP * self._takes_ns
