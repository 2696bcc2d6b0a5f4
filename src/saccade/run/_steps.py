"""What a loop can answer, and an action on its way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections import deque

    from useq import MDAEvent

    from saccade.core import Action, Order, Refusal


@dataclass(frozen=True)
class Do:
    """Acquire this now; several orders are one hardware-timed sequence."""

    orders: tuple[Order, ...]


@dataclass(frozen=True)
class Wait:
    """Nothing is due before this time, in monotonic ns."""

    until_ns: int


@dataclass(frozen=True)
class Refused:
    """Something that was not let through; a planned event that wasn't has an order."""

    refusal: Refusal
    order: Order | None = None


@dataclass(frozen=True)
class Done:
    """The plan is at its end and no action is left."""


Step: TypeAlias = Do | Wait | Refused | Done


@dataclass(order=True)
class Playing:
    """An action that passed the door, and what is left of it."""

    rank: tuple[int, int, int]
    action: Action = field(compare=False)
    names: frozenset[str] = field(compare=False)
    left: deque[MDAEvent] = field(compare=False)
    t0_ns: int | None = field(default=None, compare=False)
    last_ns: int = field(default=0, compare=False)

    @property
    def begun(self) -> bool:
        """Whether anything of it was played."""
        return self.t0_ns is not None and len(self.left) < len(self.action.events)

    def delay(self, shift_ns: int) -> None:
        """Move the rest of its timeline back."""
        if self.t0_ns is not None:
            self.t0_ns += shift_ns

    def due_ns(self) -> int:
        """Return when its next event is due, in monotonic ns."""
        return (self.t0_ns or 0) + round((self.left[0].min_start_time or 0.0) * 1e9)

    def soon_ns(self, now_ns: int) -> int:
        """Return when its next event can come.

        One that has not begun begins at the start time of its first event, from when it was
        asked for: a policy may ask for a frame that is due later.
        """
        if self.t0_ns is not None:
            return self.due_ns()
        first_ns = round((self.left[0].min_start_time or 0.0) * 1e9)
        return max(now_ns, self.action.t_ns + first_ns) if first_ns else now_ns
