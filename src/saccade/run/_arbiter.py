"""Whose action counts where several policies want the same, stated beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from saccade.core import ARBITER, Action, ProtocolError, Refusal, did_you_mean, is_number, require

from ._claims import Actuator, claimed_by, used_by

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ._parts import Eye, Rule
    from ._steps import Playing

Running = Literal["pause", "finish", "break"]


@dataclass(frozen=True)
class Arbiter:
    """Says which policy goes first, and what becomes of an answer that is under way.

    What a policy has set, such as a correction of z or the pace of the watch, those behind it
    can't change until it lets go of it, or for ``lasts_s``. Where policies want to take pictures
    at once, the first in the order goes first, whatever their priorities.

    Parameters
    ----------
    order : sequence of str
        Names of policies, the first goes first; those that it does not name come last.
    running : {'pause', 'finish', 'break'}
        What becomes of an answer that has begun when one that goes first comes: it pauses and
        goes on afterwards; it is finished first; or it is broken off for good.
    lasts_s : float, optional
        For how long what was set keeps those behind from changing it; by default for the run.

    Raises
    ------
    ProtocolError
        If a setting can't be used.
    """

    order: Sequence[str]
    running: Running = "pause"
    lasts_s: float | None = None

    def __post_init__(self) -> None:
        names = self.order
        ok = isinstance(names, Sequence) and not isinstance(names, str) and bool(names)
        ok = ok and all(isinstance(name, str) for name in names) and len(set(names)) == len(names)
        do = "Name those that it is to settle, the first goes first."
        require(ok, "arbiter.order", names, "a list of names of policies, each once", do)
        ok = self.running in get_args(Running)
        do = "An answer that has begun can pause, finish or break."
        require(ok, "arbiter.running", self.running, "pause, finish or break", do)
        lasts = self.lasts_s
        ok = lasts is None or (is_number(lasts) and lasts > 0)
        do = "Give a time in seconds, or leave it out."
        require(ok, "arbiter.lasts_s", lasts, "a number above 0", do)

    def check(self, rules: Sequence[Rule]) -> None:
        """Raise a `ProtocolError` unless each name is that of one policy."""
        names = [rule.name or "" for rule in rules]
        for name in self.order:
            if name not in names:
                what = f"arbiter.order names {name!r}, no policy here."
                raise ProtocolError(what, did_you_mean(name, names))
            if names.count(name) > 1:
                what = f"arbiter.order names {name!r}, which {names.count(name)} policies are."
                raise ProtocolError(what, "Give each a name of its own, name: ...")


class _Held(NamedTuple):
    """What somebody has set, and when."""

    action: Action
    t_ns: int


class Rights:
    """Who may set what at present.

    Parameters
    ----------
    rules : sequence of Rule
        The policies, each with a name.
    eyes : mapping of str to Eye
        The detectors that they listen to.
    arbiter : Arbiter, optional
        Without one, what a policy has claimed is its own.
    """

    def __init__(
        self,
        rules: Sequence[Rule] = (),
        eyes: Mapping[str, Eye] | None = None,
        arbiter: Arbiter | None = None,
    ) -> None:
        self.running: Running = "pause" if arbiter is None else arbiter.running
        self._order = () if arbiter is None else tuple(arbiter.order)
        self._lasts_ns = None if arbiter is None or arbiter.lasts_s is None else arbiter.lasts_s
        self._claims = [
            (rule.name or "", claim)
            for rule in rules
            for claim in claimed_by(rule, (eyes or {})[rule.on or ""])
        ]
        self._held: dict[Actuator, _Held] = {}

    def place(self, policy: str) -> int:
        """Return where a policy stands in the order; those that it does not name are behind."""
        return self._order.index(policy) if policy in self._order else len(self._order)

    def objection(self, action: Action, policy: str, now_ns: int) -> str:
        """Return why an action of a policy does not count; empty if it does.

        Parameters
        ----------
        action : Action
            Before the guards have seen it.
        policy : str
            Who asks.
        now_ns : int
            Monotonic time.
        """
        for actuator in used_by(action):
            if owner := self._owner(actuator, policy):
                return f"{actuator} is claimed by {owner}, and no arbiter names both"
            for _, held in self._met(actuator, policy):
                other = held.action.policy
                if self.place(other) < self.place(policy) and not self._is_over(held, now_ns):
                    return f"{other} goes first, and holds {actuator}"
        return ""

    def took(self, action: Action, now_ns: int) -> list[Refusal]:
        """Note what an action has set; return what was another's, and is no longer.

        Parameters
        ----------
        action : Action
            One that passed the door, with the name of its policy.
        now_ns : int
            Monotonic time.
        """
        lost: dict[int, Refusal] = {}
        for actuator in used_by(action):
            for place, held in list(self._met(actuator, action.policy)):
                if self.place(action.policy) < self.place(held.action.policy):
                    reason = f"{action.policy} goes first, and took {actuator} over"
                    lost[id(held.action)] = Refusal(held.action, ARBITER, reason)
                del self._held[place]
            if action.lets_go:
                self._held.pop(actuator, None)
            else:
                self._held[actuator] = _Held(action, now_ns)
        return list(lost.values())

    def free(self, what: str) -> None:
        """Forget who has set something that is as planned again."""
        self._held = {each: held for each, held in self._held.items() if each.what != what}

    def _owner(self, actuator: Actuator, policy: str) -> str:
        met = [name for name, claim in self._claims if actuator.meets(claim)]
        if policy in met or (policy in self._order and set(met) <= set(self._order)):
            return ""
        return next(iter(met), "")

    def _met(self, actuator: Actuator, policy: str) -> Iterator[tuple[Actuator, _Held]]:
        for place, held in self._held.items():
            if place.meets(actuator) and held.action.policy != policy:
                yield place, held

    def _is_over(self, held: _Held, now_ns: int) -> bool:
        return self._lasts_ns is not None and now_ns - held.t_ns > self._lasts_ns * 1e9


def broken_off(playing: Playing, by: Action) -> Refusal:
    """Return what becomes of an action that is broken off for one that goes first.

    Parameters
    ----------
    playing : Playing
        It has begun.
    by : Action
        What comes in its place.
    """
    action, count = playing.action, len(playing.left)
    done = len(action.events) - count
    reason = f"broken off for {by.policy}, which goes first, after {done} of {done + count} events"
    return Refusal(action, ARBITER, reason)
