"""A burst of frames when the score rises: two thresholds, dwell, refractory time."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field, replace
from typing import ClassVar, Self

from useq import MDAEvent, MDASequence  # noqa: TC002 - annotations of settings are read at run time

from saccade.core import Decision, Observation, PolicyKind

from ._asked import burst_on, check_burst
from ._settings import check_seconds, check_thresholds, check_whole


@dataclass
class _Place:
    """What is remembered of one stage position and tile."""

    armed: bool = True
    frames: int = 0
    """Consecutive frames at or above the upper threshold."""
    fired_ns: int | None = None


@dataclass(frozen=True, eq=False)
class Burst:
    """Acquires a sequence when the score has risen; event-driven.

    It fires when the score was at or above ``above`` for ``dwell`` consecutive frames of a
    stage position. There it fires again only after the score was at or below ``below``
    (which re-arms it), and ``refractory_s`` after it last fired. Every position, and every
    tile of one, has a memory of its own. An invalid observation neither counts nor re-arms,
    and ends the count of consecutive frames.

    Parameters
    ----------
    do : useq.MDASequence or tuple of useq.MDAEvent
        What to acquire; what its events do not name stays as it was in the frame.
    above, below : float
        Thresholds for the score, from 0 to 1, the first above the second.
    dwell : int
        Number of consecutive frames.
    refractory_s : float
        Shortest time from one burst to the next, at one stage position.
    priority : int
        Higher goes first.
    label : str
        Role of the frames that come of it, hence their stream.
    triggered : bool
        Play the events as one hardware-timed sequence.
    share : bool
        Let the plan, and other bursts that share, go on in the pauses between its frames, as
        far as they are long enough. Otherwise the plan waits until it is over.
    expires_s : float, optional
        Time after the frame at which the burst is no longer worth starting.

    Raises
    ------
    ProtocolError
        If a setting can't be used, or ``do`` has no events.
    """

    kind: ClassVar[PolicyKind] = "event-driven"
    streams: ClassVar[frozenset[str] | None] = frozenset({"watch"})

    do: MDASequence | tuple[MDAEvent, ...]
    _: KW_ONLY
    above: float = 0.8
    below: float = 0.3
    dwell: int = 1
    refractory_s: float = 0.0
    priority: int = 10
    label: str = "burst"
    triggered: bool = False
    share: bool = False
    expires_s: float | None = None
    _events: tuple[MDAEvent, ...] = field(init=False, repr=False)
    _places: dict[tuple[int, int], _Place] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        check_thresholds("Burst", self.above, self.below)
        check_whole("Burst.dwell", self.dwell, least=1)
        check_seconds("Burst.refractory_s", self.refractory_s)
        object.__setattr__(self, "_events", check_burst("Burst", self, self.do))

    def __call__(self, seen: Observation) -> Decision:
        """Return a burst, or why there is none.

        Parameters
        ----------
        seen : Observation
            What was seen in one frame.
        """
        rule, reason = self._judge(seen, self._places.setdefault(seen.place, _Place()))
        actions = (burst_on(seen, self._events, self),) if rule == "fired" else ()
        return Decision(actions, rule, reason, seen.frame)

    def fresh(self) -> Self:
        """Return a policy with the same settings and no memory."""
        return replace(self)

    def _judge(self, seen: Observation, place: _Place) -> tuple[str, str]:
        if seen.verdict == "invalid":
            place.frames = 0
            return "invalid", "the frame can't be judged"
        score = f"score {seen.score:.3g}"
        if seen.score <= self.below:
            place.armed = True
        if not seen.score >= self.above:
            place.frames = 0
            return "quiet", f"{score} < {self.above:g}"
        place.frames += 1
        for_frames = f"{score} >= {self.above:g} for {_frames(place.frames)}"
        if not place.armed:
            return "spent", f"{for_frames}, but it was not <= {self.below:g} since the last burst"
        if place.frames < self.dwell:
            return "dwell", f"{for_frames} of {self.dwell}"
        if place.fired_ns is not None:
            since_s = (seen.t_ns - place.fired_ns) / 1e9
            if since_s < self.refractory_s:
                limit = f"{since_s:.3g} s after the last burst, not {self.refractory_s:g} s"
                return "refractory", f"{for_frames}, but {limit}"
        place.armed, place.fired_ns = False, seen.t_ns
        return "fired", for_frames


def _frames(count: int) -> str:
    return "1 frame" if count == 1 else f"{count} frames"
