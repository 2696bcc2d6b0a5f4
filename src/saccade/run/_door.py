"""The one door: every action, planned or decided, leaves through the same guards."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from saccade.core import Action, Commits, Hears, Learns, Refusal, Settles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from saccade.core import Frame, Gap, Guard, Observation, Shift, Stand


class Door:
    """All guards of a run, asked in order.

    Parameters
    ----------
    guards : sequence of Guard
        The first that refuses decides; one that fails refuses.
    """

    def __init__(self, guards: Sequence[Guard] = ()) -> None:
        every: Sequence[Any] = tuple(guards)
        self._guards: Sequence[Guard] = every
        self._as_played = [each for each in every if getattr(each, "as_played", False)]
        # Asked once, because isinstance() with an interface costs more than many a guard.
        self._learn: list[Learns] = [each for each in every if isinstance(each, Learns)]
        self._settle: list[Settles] = [each for each in every if isinstance(each, Settles)]
        self._hear: list[Hears] = [each for each in every if isinstance(each, Hears)]
        self._commit: list[Commits] = [each for each in every if isinstance(each, Commits)]
        self._late = [each for each in self._commit if getattr(each, "as_played", False)]
        self._early = [each for each in self._commit if not getattr(each, "as_played", False)]

    def learn(self, stand: Stand) -> None:
        """Tell the guards what microscope they stand before."""
        for guard in self._learn:
            guard.learn(stand)

    def let_through(self, action: Action) -> Action | Refusal:
        """Return the action, perhaps trimmed, or why it may not leave.

        Parameters
        ----------
        action : Action
            What is intended. Ledgers change only if every guard lets it through; that of a
            guard that is asked again as it is played changes only then, unless the action is
            planned, and hence played at once.

        Raises
        ------
        Exception
            Of a ledger that can't be kept; the action must not leave then.
        """
        return _pass(action, self._guards, self._commit if action.planned else self._early)

    def consider(self, action: Action) -> Action | Refusal:
        """Return what `let_through` would; no ledger changes.

        Parameters
        ----------
        action : Action
            What would be intended.
        """
        return _pass(action, self._guards, ())

    def consider_more(self, action: Action, count: int) -> bool:
        """Return whether so many planned actions like this would pass, one after the other.

        Parameters
        ----------
        action : Action
            Of the plan, with one event.
        count : int
            How many. Only a guard with a ledger needs to be asked for all of them: to any
            other each is the same as the first, and asking costs.
        """
        all_of_them = replace(action, events=action.events * count)
        for guard in self._guards:
            asked = all_of_them if isinstance(guard, Commits) else action
            if _ask(guard, asked) is not asked:
                return False
        return True

    def enter(self, action: Action) -> None:
        """Enter into the ledgers what passed before, as part of more that was considered.

        Parameters
        ----------
        action : Action
            Of the plan; no guard is asked.
        """
        for ledger in self._commit:
            ledger.commit(action)

    def play(self, action: Action) -> Action | Refusal:
        """Return what of a decided action the microscope gets now, or why it may not.

        Parameters
        ----------
        action : Action
            With the events that are due, as they will be played; it was let through before.
        """
        return _pass(action, self._as_played, self._late)

    def settle(self, done: Frame | Gap) -> None:
        """Tell the ledgers what became of an event that was played.

        Parameters
        ----------
        done : Frame or Gap
            In the order in which the events were played.

        Raises
        ------
        Exception
            Of a ledger that can't be kept; nothing more may leave then.
        """
        for guard in self._settle:
            guard.settle(done)

    def hear(self, news: Observation | Refusal) -> list[Shift]:
        """Tell the guards what was seen or refused; return what that changes.

        Parameters
        ----------
        news : Observation or Refusal
            In the order in which the journal has them.
        """
        told = [guard.hear(news) for guard in self._hear]
        return [shift for shift in told if shift is not None]


def _pass(action: Action, asked: Sequence[Guard], committed: Sequence[Commits]) -> Action | Refusal:
    for guard in asked:
        answer = _ask(guard, action)
        if isinstance(answer, Refusal):
            return answer
        action = answer
    for ledger in committed:
        ledger.commit(action)
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
