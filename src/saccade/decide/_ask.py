"""Ask a person before anything is done, for a while; then do as was said beforehand."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias

from saccade.core import (
    Action,
    Answer,
    Closes,
    Decision,
    Due,
    End,
    Learns,
    Observation,
    Policy,
    Question,
    Refusal,
    require,
)

from ._settings import check_above_zero

if TYPE_CHECKING:
    from collections.abc import Callable

    from saccade.core import Stand

_SAME = frozenset(
    {"kind", "streams", "label", "claims", "leads", "do", "plans", "share", "priority"}
)
"""What a policy says of itself, and this one says after it."""
_HOOKS = frozenset({"begin", "missed", "refused", "rounded"})
"""What a policy hears besides observations, if it cares; `due` and `ended` are our own as well."""

_Hook: TypeAlias = "Callable[[Any], Decision]"


@dataclass
class _Open:
    """A question that nobody has answered."""

    question: Question
    actions: tuple[Action, ...]
    frame: int


@dataclass
class _Memory:
    open: _Open | None = None
    count: int = 0


@dataclass(frozen=True, eq=False)
class Ask:
    """Lets a person approve what another policy wants to do.

    What that policy decides is asked first, in words; it is done after a yes, and after a no,
    or when nobody answers within ``within_s`` and ``default`` is no, its policy hears that it
    was refused. While one question is open, what else it wants is refused; what only brings
    something to rest is never asked. Question and answer are decisions as any other: a replay
    uses the answers that were given. `saccade.run.Run` has the open questions, and `answer`.

    Parameters
    ----------
    policy : Policy
        Whose actions need a yes.
    within_s : float
        Time to answer; afterwards it is as ``default`` says. An action that expires sooner is
        refused as too late.
    default : bool
        Whether nobody's answer is a yes.

    Raises
    ------
    ProtocolError
        If a setting can't be used.
    """

    asks: ClassVar[str] = "asks"
    """Rule of the decisions that somebody is to answer."""

    policy: Policy
    within_s: float = 60.0
    default: bool = False
    _memory: _Memory = field(default_factory=_Memory, init=False, repr=False)

    def __post_init__(self) -> None:
        do = "Nest one, as {use: saccade.decide:Ask, policy: {use: saccade.decide:Burst, ...}}."
        require(callable(self.policy), "Ask.policy", self.policy, "a policy", do)
        check_above_zero("Ask.within_s", self.within_s, "Give a time in seconds.")
        do = "What is to be done when nobody answers?"
        require(isinstance(self.default, bool), "Ask.default", self.default, "true or false", do)

    @property
    def __name__(self) -> str:
        """What its decisions say whose they are."""
        return f"Ask({getattr(self.policy, '__name__', type(self.policy).__name__)})"

    def __getattr__(self, name: str) -> Any:
        """Say of itself what its policy does, and hear for it what it wants to hear."""
        if name in _SAME:
            return getattr(self.policy, name)
        if name in _HOOKS:
            hook: _Hook = getattr(self.policy, name)
            return lambda news: self._before(hook(news), getattr(news, "t_ns", None))
        raise AttributeError(name)

    def learn(self, stand: Stand) -> None:
        """Let its policy know the microscope."""
        if isinstance(self.policy, Learns):
            self.policy.learn(stand)

    def close(self) -> None:
        """Let its policy let go of what it holds."""
        if isinstance(self.policy, Closes):
            self.policy.close()

    def __call__(self, seen: Observation) -> Decision:
        """Return the question that an observation leads to, if it leads to an action.

        Parameters
        ----------
        seen : Observation
            What was seen in one frame.
        """
        return self._before(self.policy(seen), seen.t_ns)

    @property
    def due_ns(self) -> int | None:
        """When a question is over, or its policy wants to be woken, in monotonic ns."""
        times = (self._until_ns, getattr(self.policy, "due_ns", None))
        return min((each for each in times if each is not None), default=None)

    def due(self, now: Due) -> Decision:
        """Do as was said beforehand if nobody has answered; wake its policy."""
        until_ns, its_ns = self._until_ns, getattr(self.policy, "due_ns", None)
        decision = Decision((), "idle", "nothing is due")
        if until_ns is not None and until_ns <= now.t_ns:
            said = "yes" if self.default else "no"
            why = f"nobody answered within {self.within_s:g} s, which is a {said}"
            decision = self._settle(self.default, why, now.t_ns)
        if its_ns is None or its_ns > now.t_ns:
            return decision
        its = self._before(self.policy.due(now), now.t_ns)  # type: ignore[attr-defined]
        if decision.rule == "idle":
            return its
        return replace(decision, actions=(*decision.actions, *its.actions))

    def answered(self, answer: Answer) -> Decision:
        """Do what was approved, or tell its policy that it was not.

        Parameters
        ----------
        answer : Answer
            To a question of this policy.
        """
        waiting = self._memory.open
        if waiting is None or waiting.question.id != answer.question:
            return Decision((), "late", "the question is answered already")
        said = "yes" if answer.yes else "no"
        return self._settle(answer.yes, f"{answer.by or 'somebody'} said {said}", answer.t_ns)

    def ended(self, end: End) -> Decision:
        """Drop an open question; its policy may put back what it has changed."""
        self._memory.open = None
        hook = getattr(self.policy, "ended", None)
        if hook is None:
            return Decision((), "idle", "nothing is to be put back")
        its: Decision = hook(end)
        return its

    def fresh(self) -> Self:
        """Return a policy with the same settings and no memory."""
        fresh = getattr(self.policy, "fresh", None)
        return replace(self, policy=self.policy if fresh is None else fresh())

    @property
    def _until_ns(self) -> int | None:
        waiting = self._memory.open
        return None if waiting is None else waiting.question.until_ns

    def _before(self, decision: Decision, t_ns: int | None) -> Decision:
        """Return a decision with a question in place of the actions that need a yes."""
        free = tuple(each for each in decision.actions if each.lets_go)
        wanted = tuple(each for each in decision.actions if not each.lets_go)
        if not wanted:
            return decision
        memory, t_ns = self._memory, wanted[0].t_ns if t_ns is None else t_ns
        if memory.open is not None:
            free += self._refuse(wanted, "another question is open", decision.frame)
            return replace(decision, actions=free, rule="waits", reason="a question is open")
        memory.count += 1
        text = f"{decision.reason or decision.rule}: {_wanted(wanted)}?"
        until_ns = t_ns + round(self.within_s * 1e9)
        question = Question(str(memory.count), text, self.default, until_ns)
        memory.open = _Open(question, wanted, decision.frame)
        return replace(decision, actions=free, rule=self.asks, reason=text, question=question)

    def _settle(self, yes: bool, why: str, t_ns: int) -> Decision:
        waiting, self._memory.open = self._memory.open, None
        if waiting is None:
            return Decision((), "late", "the question is answered already")
        asked = waiting.question
        if yes:
            actions = tuple(replace(each, t_ns=t_ns) for each in waiting.actions)
            return Decision(actions, "approved", why, waiting.frame, question=asked)
        free = self._refuse(waiting.actions, why, waiting.frame)
        return Decision(free, "declined", why, waiting.frame, question=asked)

    def _refuse(self, actions: tuple[Action, ...], why: str, frame: int) -> tuple[Action, ...]:
        """Tell its policy that actions are not done; return what it puts to rest then."""
        hook: _Hook | None = getattr(self.policy, "refused", None)
        free: tuple[Action, ...] = ()
        if hook is None:
            return free
        for action in actions:
            asked = replace(action, frame=frame if action.frame is None else action.frame)
            its: Decision = hook(Refusal(asked, "Ask", why))
            free += tuple(each for each in its.actions if each.lets_go)
        return free


def _wanted(actions: tuple[Action, ...]) -> str:
    told = []
    for action in actions:
        settings = [
            f"{device}.{name} = {value}"
            for event in action.events
            for device, name, value in event.properties or ()
        ]
        pictures = sum(event.action.type == "acquire_image" for event in action.events)
        if pictures:
            settings.append(f"{action.label}, {pictures} pictures")
        if action.interval_s is not None:
            settings.append(f"an interval of {action.interval_s:g} s")
        if action.correction is not None:
            settings.append("a correction of the plan")
        told += settings or [action.label]
    return ", ".join(told)
