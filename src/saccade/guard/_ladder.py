"""How far a run is trusted: a ladder that it falls down, and climbs slowly."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import Literal, Self, TypeAlias

from saccade.core import Action, Observation, Refusal, Shift, is_number, require

from ._events import SECOND_NS

Rung: TypeAlias = Literal["full", "guarded", "classical", "fixed-rate", "stop"]

_RUNGS: tuple[Rung, ...] = ("full", "guarded", "classical", "fixed-rate", "stop")
_GUARDED, _CLASSICAL, _FIXED_RATE, _STOP = 1, 2, 3, 4
_NOT_COUNTED = frozenset({"Ladder", "stop", "end"})
"""Who refuses because of where the run stands, and not because of what was asked."""


@dataclass
class _Memory:
    rung: int
    looks: deque[bool]
    """Of the last observations, whether each was not trusted."""
    refused_ns: deque[int] = field(default_factory=deque)
    now_ns: int = 0
    quiet_since_ns: int = 0
    frame: int = -1
    agreed: bool = False
    """Whether a classical detector saw something in this frame."""
    cause: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Ladder:
    """Lets decisions do less and less as they are refused, or what they rest on is not trusted.

    The rungs, from the top:

    ========== ======================================================================
    full       every decision may act
    guarded    one that rests on a learned detector may act only if a classical
               detector saw something in the same frame: trusted, and a score of at
               least ``agree``
    classical  only what rests on a classical detector may act
    fixed-rate no decision may act, and the watch goes on at the pace of its plan
    stop       the run is stopped, through SAFE
    ========== ======================================================================

    A detector is learned if its identity tells of weights. The run falls one rung when so
    many decided actions were refused by other guards within a time, or when so many of the
    last observations were doubtful or invalid; what the rung would have refused as well is
    not counted. Then both are counted anew, and the watch goes back to the pace of its plan.
    The run climbs one rung after every ``recover_s`` without such a refusal or observation.
    A frame that nobody looked at, because the process of a detector was lost, is not trusted
    either, but such a frame alone leads no lower than to fixed-rate: the plan goes on.
    What has left the door is played to its end. The ladder knows no time but that of
    observations and refusals, so it comes to the same from a journal.

    Parameters
    ----------
    refusals, within_s : int, float
        So many refusals of decided actions within so many seconds are a fall.
    alarms, of : int, int
        So many observations that are not trusted, of so many in a row, are a fall.
    agree : float
        Score at which a classical detector agrees, from 0 to 1.
    recover_s : float, optional
        Time without a cause after which the run climbs one rung; None is never.
    top, lowest : str
        Rungs on which it begins, and above which it never climbs; and below which it never
        falls.

    Raises
    ------
    ProtocolError
        If a setting can't be used.
    """

    refusals: int = 5
    within_s: float = 60.0
    alarms: int = 3
    of: int = 5
    agree: float = 0.5
    recover_s: float | None = 600.0
    top: Rung = "full"
    lowest: Rung = "stop"
    _memory: _Memory = field(init=False, repr=False)

    def __post_init__(self) -> None:
        for name in ("refusals", "alarms", "of"):
            _check_count(f"Ladder.{name}", getattr(self, name))
        require(
            self.alarms <= self.of,
            "Ladder.alarms",
            self.alarms,
            f"at most 'of', which is {self.of}",
            "3 of 5 are a good beginning.",
        )
        _check_seconds("Ladder.within_s", self.within_s)
        if self.recover_s is not None:
            _check_seconds("Ladder.recover_s", self.recover_s)
        require(
            is_number(self.agree) and 0 <= self.agree <= 1,
            "Ladder.agree",
            self.agree,
            "a number from 0 to 1",
            "It is a score.",
        )
        _check_rung("Ladder.top", self.top, _RUNGS[:_STOP])
        _check_rung("Ladder.lowest", self.lowest, _RUNGS[_RUNGS.index(self.top) :])
        memory = _Memory(_RUNGS.index(self.top), deque(maxlen=self.of))
        object.__setattr__(self, "_memory", memory)

    @property
    def rung(self) -> Rung:
        """Where the run stands."""
        return _RUNGS[self._memory.rung]

    def __call__(self, action: Action) -> Action | Refusal:
        """Return the action, or why it may not leave.

        Parameters
        ----------
        action : Action
            Planned or decided.
        """
        memory = self._memory
        if memory.rung >= _STOP:
            return self._refused(action, "nothing, the run is stopped")
        if action.planned:
            return action
        if memory.rung >= _FIXED_RATE:
            return self._refused(action, "planned events")
        if memory.rung >= _CLASSICAL and action.weights:
            return self._refused(action, "actions that rest on a classical detector")
        agreed = memory.agreed and action.frame == memory.frame
        if memory.rung >= _GUARDED and action.weights and not agreed:
            agree = f"a classical detector scores {self.agree:g} or more in"
            return self._refused(action, f"actions on a frame that {agree}")
        return action

    def hear(self, news: Observation | Refusal) -> Shift | None:
        """Take note of what was seen or refused; return the change of rung, if there is one.

        Parameters
        ----------
        news : Observation or Refusal
            In the order of the journal.
        """
        cause = self._seen(news) if isinstance(news, Observation) else self._refusal(news)
        if cause:
            unseen = isinstance(news, Observation) and bool(news.unseen)
            shift = self._fall(cause, _FIXED_RATE if unseen else _STOP)
        else:
            shift = self._climb()
        return None if shift is None else replace(shift, frame=_frame_of(news))

    def fresh(self) -> Self:
        """Return a guard with the same settings, on its first rung."""
        return replace(self)

    def _seen(self, seen: Observation) -> str:
        """Take note of an observation; return why it is a fall, if it is."""
        memory = self._memory
        self._be_at(seen.t_ns)
        if seen.frame != memory.frame:
            memory.frame, memory.agreed = seen.frame, False
        trusted = seen.verdict == "trusted"
        if trusted and not seen.detector.weights and seen.score >= self.agree:
            memory.agreed = True
        memory.looks.append(not trusted)
        if trusted:
            return ""
        memory.quiet_since_ns = memory.now_ns
        count = sum(memory.looks)
        if count < self.alarms:
            return ""
        return f"{count} of the last {len(memory.looks)} observations were not trusted"

    def _refusal(self, refusal: Refusal) -> str:
        """Take note of a refusal; return why it is a fall, if it is."""
        memory, action = self._memory, refusal.action
        if action.planned or refusal.guard in _NOT_COUNTED or self(action) is not action:
            return ""  # what this rung would refuse as well speaks against nothing
        self._be_at(action.t_ns)
        memory.quiet_since_ns = memory.now_ns
        memory.refused_ns.append(memory.now_ns)
        while memory.refused_ns[0] <= memory.now_ns - round(self.within_s * SECOND_NS):
            memory.refused_ns.popleft()
        if len(memory.refused_ns) < self.refusals:
            return ""
        return (
            f"{len(memory.refused_ns)} actions were refused within {self.within_s:g} s,"
            f" the last by {refusal.guard}: {refusal.reason}"
        )

    def _be_at(self, t_ns: int) -> None:
        self._memory.now_ns = max(self._memory.now_ns, t_ns)

    def _fall(self, cause: str, lowest: int) -> Shift | None:
        memory = self._memory
        memory.looks.clear()
        memory.refused_ns.clear()
        if memory.rung >= min(lowest, _RUNGS.index(self.lowest)):
            return None
        return self._shift(memory.rung + 1, cause, own_pace=True)

    def _climb(self) -> Shift | None:
        memory, since_ns = self._memory, self._memory.quiet_since_ns
        if memory.rung <= _RUNGS.index(self.top) or self.recover_s is None:
            return None
        if memory.rung == _STOP or memory.now_ns - since_ns < round(self.recover_s * SECOND_NS):
            return None
        memory.quiet_since_ns = memory.now_ns
        return self._shift(memory.rung - 1, f"{self.recover_s:g} s without a cause")

    def _shift(self, rung: int, cause: str, *, own_pace: bool = False) -> Shift:
        memory, was = self._memory, self.rung
        memory.rung, memory.cause = rung, cause
        return Shift("Ladder", was, self.rung, cause, memory.now_ns, own_pace, rung == _STOP)

    def _refused(self, action: Action, allowed: str) -> Refusal:
        cause = f", since {self._memory.cause}" if self._memory.cause else ""
        reason = f"{action.label!r} may not act on the rung {self.rung!r}{cause}"
        return Refusal(action, "Ladder", reason, allowed)


def _check_count(setting: str, count: object) -> None:
    require(
        isinstance(count, int) and not isinstance(count, bool) and count >= 1,
        setting,
        count,
        "a whole number of at least 1",
        "Give how many are too many.",
    )


def _check_seconds(setting: str, seconds: object) -> None:
    require(
        is_number(seconds) and seconds > 0,  # type: ignore[operator]
        setting,
        seconds,
        "a number of seconds above 0",
        "Give a time.",
    )


def _frame_of(news: Observation | Refusal) -> int:
    if isinstance(news, Observation):
        return news.frame
    return -1 if news.action.frame is None else news.action.frame


def _check_rung(setting: str, rung: object, allowed: tuple[Rung, ...]) -> None:
    require(
        rung in allowed,
        setting,
        rung,
        f"one of {', '.join(allowed)}",
        "A run falls from top towards lowest.",
    )
