"""A slow and a fast watch, switched by the score."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Self

from saccade.core import ARBITER, Action, Decision, Observation, PolicyKind, require

from ._settings import check_seconds, check_thresholds, check_whole

if TYPE_CHECKING:
    from saccade.core import Refusal


@dataclass
class _Place:
    """What is remembered of one stage position and tile."""

    busy: bool = False
    frames: int = 0
    """Consecutive frames that speak for a change."""


@dataclass(frozen=True, eq=False)
class Pace:
    """Watches fast while the score is high, and slowly otherwise; event-driven.

    A stage position becomes busy when its score was at or above ``above``, and quiet again
    when it was at or below ``below``, for ``dwell`` consecutive frames of it. The watch is
    fast while any position is busy. The run begins quiet, at the interval of its plan, which
    is best ``slow_s``. An invalid observation speaks for nothing and ends the count of
    consecutive frames.

    Parameters
    ----------
    slow_s, fast_s : float
        Intervals of the watch, the second shorter than the first; 0 is as fast as possible.
    above, below : float
        Thresholds for the score, from 0 to 1, the first above the second.
    dwell : int
        Number of consecutive frames.

    Raises
    ------
    ProtocolError
        If a setting can't be used.
    """

    kind: ClassVar[PolicyKind] = "event-driven"
    streams: ClassVar[frozenset[str] | None] = frozenset({"watch"})
    claims: ClassVar[tuple[str, ...]] = ("pace",)

    slow_s: float
    fast_s: float
    _: KW_ONLY
    above: float = 0.8
    below: float = 0.3
    dwell: int = 1
    _places: dict[tuple[int, int], _Place] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        check_seconds("Pace.slow_s", self.slow_s)
        check_seconds("Pace.fast_s", self.fast_s)
        require(
            self.fast_s < self.slow_s,
            "Pace.fast_s",
            self.fast_s,
            f"less than slow_s, which is {self.slow_s!r}",
            "Both are intervals between frames in seconds.",
        )
        check_thresholds("Pace", self.above, self.below)
        check_whole("Pace.dwell", self.dwell, least=1)

    def __call__(self, seen: Observation) -> Decision:
        """Return a change of pace, or why there is none.

        Parameters
        ----------
        seen : Observation
            What was seen in one frame.
        """
        place = self._places.setdefault(seen.place, _Place())
        if seen.verdict == "invalid":
            place.frames = 0
            return Decision((), "invalid", "the frame can't be judged", seen.frame)
        was_fast = self._fast
        why = self._judge(seen, place)
        pace, interval_s = ("fast", self.fast_s) if self._fast else ("slow", self.slow_s)
        if self._fast == was_fast:
            return Decision((), "same", f"{why}: still {pace}", seen.frame)
        action = Action(
            interval_s=interval_s,
            label="pace",
            frame=seen.frame,
            t_ns=seen.t_ns,
            lets_go=not self._fast,
        )
        return Decision((action,), pace, f"{why}: every {interval_s:g} s from now", seen.frame)

    def refused(self, refusal: Refusal) -> Decision:
        """Be quiet again where another policy, which goes first, has set the pace."""
        action = refusal.action
        frame = -1 if action.frame is None else action.frame
        if refusal.guard != ARBITER or action.label != "pace":
            return Decision((), "idle", "the refusal is not of its own", frame)
        for place in self._places.values():
            place.busy, place.frames = False, 0
        return Decision((), "lost", refusal.reason, frame)

    def fresh(self) -> Self:
        """Return a policy with the same settings and no memory."""
        return replace(self)

    @property
    def _fast(self) -> bool:
        return any(place.busy for place in self._places.values())

    def _judge(self, seen: Observation, place: _Place) -> str:
        """Return how the score stands to the threshold that a change would need."""
        if place.busy:
            speaks, sign, limit = seen.score <= self.below, "<=", self.below
        else:
            speaks, sign, limit = seen.score >= self.above, ">=", self.above
        if not speaks:
            place.frames = 0
            return f"score {seen.score:.3g} is not {sign} {limit:g}"
        place.frames += 1
        why = f"score {seen.score:.3g} {sign} {limit:g} for {place.frames} of {self.dwell} frames"
        if place.frames >= self.dwell:
            place.busy, place.frames = not place.busy, 0
        return why
