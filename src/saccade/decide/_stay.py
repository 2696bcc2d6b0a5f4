"""Stay with what happens: a short burst, again and again, while the score stays up."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import ClassVar, Self

from useq import MDAEvent, MDASequence  # noqa: TC002 - annotations of settings are read at run time

from saccade.core import Decision, Observation, PolicyKind, is_number, require

from ._asked import burst_on, check_burst
from ._settings import check_also, check_seconds, check_thresholds, check_whole


@dataclass
class _Place:
    """What is remembered of one stage position and tile."""

    armed: bool = True
    high: int = 0
    """Consecutive frames of the watch at or above the upper threshold."""
    bursts: int = 0
    """Bursts in a row; 0 while it is away."""
    since_ns: int = 0
    """When the first frame of the present burst was taken; until then, when it was asked for."""
    begun: bool = False
    """Whether a frame of the present burst was taken."""
    at_um: tuple[float, float] = (0.0, 0.0)
    """Where the thing that it came for was when the score was high last."""
    known: list[tuple[float, float, int]] = field(default_factory=list)
    """Where it stayed, x and y in µm, and when it was seen there last."""


@dataclass(frozen=True, eq=False)
class Stay:
    """Images a place at the fast rate for as long as something happens there; event-driven.

    It comes when the score was at or above ``above`` for ``dwell`` consecutive frames of the
    watch, as `Burst` does. The frames of its own bursts are looked at as well: if the score is
    still above ``below`` at the last of them, the next burst follows at once, up to ``most``
    in a row. So a long occurrence is followed to its end, and a false alarm costs one short
    burst. Afterwards the score must be seen at or below ``below`` before it comes again, or,
    with ``once_um``, something else must be seen. Every
    position, and every tile of one, has a memory of its own. An invalid observation speaks
    for nothing; where the last frame of a burst is lost or invalid, it leaves, and may come
    again at the next frame of the watch.

    Parameters
    ----------
    do : useq.MDASequence or tuple of useq.MDAEvent
        One burst, with an interval between its times; what its events do not name stays as
        it was in the frame.
    above, below : float
        Thresholds for the score, from 0 to 1, the first above the second.
    dwell : int
        Number of consecutive frames.
    most : int
        Number of bursts in a row at most.
    once_um : float
        It does not come for what is nearer than this to where it stayed for ``most`` bursts
        before: what has happened there may look alike for a while. Something else in the same
        field brings it, if its point would be strong enough alone. What was left sooner, as a
        false alarm is, may still happen. 0 is off.
    forget_s : float
        Time after which it has forgotten where it stayed.
    priority : int
        Higher goes first.
    label : str
        Role of the frames that come of it, hence their stream.
    also : tuple of str
        Roles of other decided frames that count as the watch does: those of a policy that looks
        more often where something is about to happen, for one.
    share : bool
        Let the plan, and other bursts that share, go on in the pauses between its frames, as
        far as they are long enough. Otherwise the plan waits until it is over.
    expires_s : float, optional
        Time after the frame at which a burst is no longer worth starting.

    Raises
    ------
    ProtocolError
        If a setting can't be used, or ``do`` has no two events at different times.
    """

    kind: ClassVar[PolicyKind] = "event-driven"
    triggered: ClassVar[bool] = False

    do: MDASequence | tuple[MDAEvent, ...]
    _: KW_ONLY
    above: float = 0.8
    below: float = 0.3
    dwell: int = 1
    most: int = 60
    once_um: float = 0.0
    forget_s: float = 3600.0
    priority: int = 10
    label: str = "stay"
    also: tuple[str, ...] = ()
    share: bool = False
    expires_s: float | None = None
    _events: tuple[MDAEvent, ...] = field(init=False, repr=False)
    _last_ns: int = field(init=False, repr=False)
    """Time from the first frame of a burst after which the next one is its last."""
    _over_ns: int = field(init=False, repr=False)
    """Time from the first frame of a burst after which none of it can come."""
    _places: dict[tuple[int, int], _Place] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        check_thresholds("Stay", self.above, self.below)
        check_whole("Stay.dwell", self.dwell, least=1)
        check_whole("Stay.most", self.most, least=1)
        check_seconds("Stay.forget_s", self.forget_s)
        ok = is_number(self.once_um) and self.once_um >= 0
        do = "Give the size of what is looked for, in µm; 0 is off."
        require(ok, "Stay.once_um", self.once_um, "a distance of 0 or more", do)
        check_also("Stay", self.also, self.label)
        events = check_burst("Stay", self, self.do)
        starts_s = sorted({event.min_start_time or 0.0 for event in events})
        require(
            len(starts_s) > 1,
            "Stay.do",
            self.do,
            "a burst with an interval between its frames",
            "Give it a time_plan, such as {interval: 1, loops: 12}.",
        )
        object.__setattr__(self, "_events", events)
        # Frames come a little late or early; halfway from the last but one to the last is safe.
        last_s = (starts_s[-1] + starts_s[-2]) / 2 - starts_s[0]
        object.__setattr__(self, "_last_ns", round(last_s * 1e9))
        over_s = 2 * starts_s[-1] - starts_s[-2] - starts_s[0]
        object.__setattr__(self, "_over_ns", round(over_s * 1e9))

    @property
    def streams(self) -> frozenset[str]:
        """Roles of the frames that it hears: the watch, what counts as such, and its own."""
        return frozenset({"watch", *self.also, self.label})

    def __call__(self, seen: Observation) -> Decision:
        """Return a burst, or why there is none.

        Parameters
        ----------
        seen : Observation
            What was seen in one frame.
        """
        place = self._places.setdefault(seen.place, _Place())
        judge = self._staying if seen.stream == self.label else self._watching
        rule, reason = judge(seen, place)
        fires = rule in ("fired", "stays")
        actions = (burst_on(seen, self._events, self),) if fires else ()
        return Decision(actions, rule, reason, seen.frame)

    def fresh(self) -> Self:
        """Return a policy with the same settings and no memory."""
        return replace(self)

    def _watching(self, seen: Observation, place: _Place) -> tuple[str, str]:
        if place.bursts:
            if self.share and seen.t_ns - place.since_ns < self._over_ns:
                return "under way", f"burst {place.bursts} is under way"
            place.bursts, place.armed = 0, True  # its last frame was lost
        if seen.verdict == "invalid":
            place.high = 0
            return "invalid", "the frame can't be judged"
        if seen.score <= self.below:
            place.armed = True
        if not seen.score >= self.above:
            place.high = 0
            return "quiet", f"score {seen.score:.3g} < {self.above:g}"
        place.high += 1
        why = f"score {seen.score:.3g} >= {self.above:g} for {place.high} of {self.dwell} frames"
        if not (place.armed or self.once_um):
            return "spent", f"{why}, but it was not <= {self.below:g} since the last burst"
        if place.high < self.dwell:
            return "dwell", why
        since_ns = seen.t_ns - round(self.forget_s * 1e9)
        place.known = [each for each in place.known if each[2] >= since_ns]
        new_um = [each for each in self._strong(seen) if not self._knows(each, place)]
        if not new_um:
            return "known", f"{why}, but it stayed within {self.once_um:g} µm of there before"
        place.bursts, place.since_ns, place.begun, place.armed = 1, seen.t_ns, False, False
        place.at_um = new_um[0]
        return "fired", why

    def _strong(self, seen: Observation) -> list[tuple[float, float]]:
        """Return where the points are that would bring it alone, the strongest first.

        The strongest has the score; what another one would have is told by its strength beside
        that one's.
        """
        points = sorted(seen.points, key=lambda point: -point.strength)
        if not points:
            return [seen.brightest]
        least = self.above / max(seen.score, self.above) * points[0].strength
        return [(point.x_um, point.y_um) for point in points if point.strength >= least]

    def _knows(self, at_um: tuple[float, float], place: _Place) -> bool:
        """Return whether it stayed near a point of late."""
        return any(math.dist(at_um, known[:2]) < self.once_um for known in place.known)

    def _tracked(self, seen: Observation, place: _Place) -> tuple[float, float]:
        """Return where the thing is now that it came for: it crawls a little from look to look."""
        near = min(self._strong(seen), key=lambda at_um: math.dist(at_um, place.at_um))
        return near if math.dist(near, place.at_um) < self.once_um else place.at_um

    def _staying(self, seen: Observation, place: _Place) -> tuple[str, str]:
        if not place.bursts:
            return "away", "a frame of a burst that is over"
        if not place.begun:
            place.since_ns, place.begun = seen.t_ns, True
        high = seen.verdict != "invalid" and seen.score > self.below
        if high:
            place.at_um = self._tracked(seen, place)
        if seen.t_ns - place.since_ns < self._last_ns:
            return "under way", f"burst {place.bursts} is under way"
        why = f"score {seen.score:.3g} {'>' if high else '<='} {self.below:g} at its end"
        if seen.verdict == "invalid":
            why = "the last frame of the burst can't be judged"
        if high and place.bursts < self.most:
            place.bursts, place.since_ns, place.begun = place.bursts + 1, seen.t_ns, False
            return "stays", f"{why}: burst {place.bursts} of {self.most}"
        if self.once_um and high:  # it saw all that there was
            place.known.append((*place.at_um, seen.t_ns))
        place.bursts, place.high, place.armed = 0, 0, not high
        return "leaves", f"{why}: away" if not high else f"{why}, but {self.most} are enough"
