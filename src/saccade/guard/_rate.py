"""How often decisions may act."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import Self

from saccade.core import Action, Refusal, is_number, require

from ._events import SECOND_NS

_MINUTE_NS = 60 * SECOND_NS


@dataclass(frozen=True, kw_only=True, eq=False)
class Rate:
    """Refuses decided actions that come too often, and a pace that is too fast.

    Planned events pass. An action that only changes the pace doesn't count among the
    actions of a minute: refusing it might leave the watch at the faster of two paces.

    Parameters
    ----------
    actions_per_min : int
        Number of decided actions with events that may leave within any 60 s.
    min_interval_s : float
        Shortest interval of the watch that a decision may set.

    Raises
    ------
    ProtocolError
        If a setting can't be used.
    """

    actions_per_min: int = 10
    min_interval_s: float = 0.0
    _left_ns: deque[int] = field(default_factory=deque, init=False, repr=False)

    def __post_init__(self) -> None:
        count = self.actions_per_min
        require(
            isinstance(count, int) and not isinstance(count, bool) and count >= 1,
            "Rate.actions_per_min",
            count,
            "a whole number of at least 1",
            "Give the number of bursts that the sample can take in a minute.",
        )
        require(
            is_number(self.min_interval_s) and self.min_interval_s >= 0,
            "Rate.min_interval_s",
            self.min_interval_s,
            "a number of seconds, 0 or more",
            "0 lets every pace through.",
        )

    def __call__(self, action: Action) -> Action | Refusal:
        """Return the action, or why it may not leave.

        Parameters
        ----------
        action : Action
            Planned or decided.
        """
        if action.planned:
            return action
        interval_s = action.interval_s
        if interval_s is not None and not interval_s >= self.min_interval_s:
            return Refusal(
                action,
                "Rate",
                f"{action.label!r} asks for a frame every {interval_s:g} s",
                f"an interval of at least {self.min_interval_s:g} s",
            )
        recent = self._within_a_minute(action.t_ns)
        if not action.events or len(recent) < self.actions_per_min:
            return action
        wait_s = (recent[-self.actions_per_min] + _MINUTE_NS - action.t_ns) / SECOND_NS
        return Refusal(
            action,
            "Rate",
            f"{action.label!r} is one more than {self.actions_per_min} actions in a minute",
            f"the next one in {wait_s:.3g} s",
        )

    def commit(self, action: Action) -> None:
        """Count an action that passed every guard.

        Parameters
        ----------
        action : Action
            Planned or decided.
        """
        if action.planned or not action.events:
            return
        recent = self._within_a_minute(action.t_ns)
        self._left_ns.clear()
        self._left_ns.extend(sorted([*recent, action.t_ns]))

    def fresh(self) -> Self:
        """Return a guard with the same settings and an empty ledger."""
        return replace(self)

    def _within_a_minute(self, t_ns: int) -> list[int]:
        return [left_ns for left_ns in self._left_ns if left_ns > t_ns - _MINUTE_NS]
