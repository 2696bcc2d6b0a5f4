"""The one door: every action, planned or decided, leaves through the same guards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from saccade.core import Action, Commits, Learns, Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from saccade.core import Guard, Stand


class Door:
    """All guards of a run, asked in order.

    Parameters
    ----------
    guards : sequence of Guard
        The first that refuses decides; one that fails refuses.
    """

    def __init__(self, guards: Sequence[Guard] = ()) -> None:
        self._guards = tuple(guards)

    def learn(self, stand: Stand) -> None:
        """Tell the guards what microscope they stand before."""
        for guard in self._guards:
            if isinstance(guard, Learns):
                guard.learn(stand)

    def let_through(self, action: Action) -> Action | Refusal:
        """Return the action, perhaps trimmed, or why it may not leave.

        Parameters
        ----------
        action : Action
            What is intended. Ledgers change only if every guard lets it through.

        Raises
        ------
        Exception
            Of a ledger that can't be kept; the action must not leave then.
        """
        for guard in self._guards:
            answer = _ask(guard, action)
            if isinstance(answer, Refusal):
                return answer
            action = answer
        for guard in self._guards:
            if isinstance(guard, Commits):
                guard.commit(action)
        return action


def _ask(guard: Guard, action: Action) -> Action | Refusal:
    try:
        answer = guard(action)
    except Exception as error:  # noqa: BLE001 - a guard that fails must not let anything through
        return Refusal(action, _name(guard), f"the guard failed: {error!r}")
    if isinstance(answer, Refusal):
        return answer
    if not isinstance(answer, Action):
        what = f"the guard failed: it returned {type(answer).__name__}, not an Action or a Refusal"
        return Refusal(action, _name(guard), what)
    if action.events and not answer.events:
        return Refusal(action, _name(guard), "the guard left none of its events")
    return answer


def _name(guard: Guard) -> str:
    return str(getattr(guard, "__name__", type(guard).__name__))
