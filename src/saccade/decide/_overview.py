"""Overview to detail: rank what a round of the watch has shown, visit the best, come back."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Self

from useq import MDAEvent, MDASequence

from saccade.core import Action, Decision, Observation, PolicyKind, UsageError, is_number, require

from ._asked import check_burst
from ._route import short_way
from ._settings import check_seconds, check_whole
from ._sights import Memory, Sight, Visit, apart

if TYPE_CHECKING:
    from collections.abc import Mapping

    from saccade.core import Refusal, Round, Stand


@dataclass(frozen=True, eq=False)
class Overview:
    """Visits the best of what a round of the watch has shown, and comes back; information-driven.

    The watch is the overview: a grid or several positions, one time point a round. Points of
    all its pictures are ranked by what their score would be alone; after the round the best
    are visited by a short way, each with a detail acquisition of its own. Where scores are
    equal, the places of the watch take turns: the one that was visited least recently goes
    first. What was visited is not visited again for ``again_s``, though it moves a little
    meanwhile; what a guard refused may be, in the next round.

    Parameters
    ----------
    do : useq.MDASequence or tuple of useq.MDAEvent
        One detail acquisition, around the point. A relative ``z_plan`` is about the focus of
        the picture that showed it; what its events do not name is as it was in the watch.
    best : int
        Number of visits after a round, at most.
    above : float
        Score from which something is worth a visit.
    apart_um : float
        What is nearer than this to another is the same thing; about its own size.
    again_s : float
        Time for which nothing is visited twice.
    priority : int
        Higher goes first.
    label : str
        Role of the frames that come of it, hence their stream.
    triggered : bool
        Play each visit as one hardware-timed sequence.
    expires_s : float, optional
        Time after its picture at which a visit is no longer worth starting.

    Raises
    ------
    ProtocolError
        If a setting can't be used, ``do`` has no events, or they name a place of their own.
    """

    kind: ClassVar[PolicyKind] = "information-driven"
    streams: ClassVar[frozenset[str] | None] = frozenset({"watch"})
    share: ClassVar[bool] = False

    do: MDASequence | tuple[MDAEvent, ...]
    _: KW_ONLY
    best: int = 5
    above: float = 0.5
    apart_um: float = 20.0
    again_s: float = 600.0
    priority: int = 10
    label: str = "detail"
    triggered: bool = False
    expires_s: float | None = None
    _events: tuple[MDAEvent, ...] = field(init=False, repr=False)
    _relative: bool = field(init=False, repr=False)
    """Whether the planes of a visit are about a focus that the watch tells."""
    _memory: Memory = field(default_factory=Memory, init=False, repr=False)

    def __post_init__(self) -> None:
        check_whole("Overview.best", self.best, least=1)
        check_seconds("Overview.again_s", self.again_s)
        ok = is_number(self.above) and 0 <= self.above <= 1
        require(ok, "Overview.above", self.above, "a score from 0 to 1", "Correct it.")
        ok = is_number(self.apart_um) and self.apart_um > 0
        do = "Give about the size of what is looked for, in µm."
        require(ok, "Overview.apart_um", self.apart_um, "a distance above 0", do)
        events = check_burst("Overview", self, self.do)
        require(
            all(event.x_pos is None and event.y_pos is None for event in events),
            "Overview.do",
            self.do,
            "a detail acquisition without a place of its own",
            "Leave out stage_positions and grid_plan: it goes where something was seen.",
        )
        plan = self.do.z_plan if isinstance(self.do, MDASequence) else None
        object.__setattr__(self, "_events", events)
        object.__setattr__(self, "_relative", plan is not None and plan.is_relative)

    @property
    def plans(self) -> tuple[MDAEvent, ...]:
        """What of a visit can be checked before anything was seen."""
        if not self._relative:
            return self._events
        return tuple(event.model_copy(update={"z_pos": None}) for event in self._events)

    def learn(self, stand: Stand) -> None:
        """Raise a `UsageError` if visits have planes, and the microscope has no focus drive."""
        if self._relative and not stand.has_z:
            raise UsageError(
                f"Overview takes planes about the focus, but {stand.name!r} has no focus drive.",
                "Leave the z_plan out of 'do'.",
            )

    def __call__(self, seen: Observation) -> Decision:
        """Note what one picture of the overview shows; nothing is done before the round is over.

        Parameters
        ----------
        seen : Observation
            What was seen in one frame of the watch.
        """
        memory = self._memory
        x_um, y_um, z_um = seen.at_um
        if x_um is not None and y_um is not None:
            memory.here_um = (x_um, y_um)
            memory.first_um = memory.first_um or memory.here_um
        if seen.verdict == "invalid":
            return Decision((), "invalid", "the frame can't be judged", seen.frame)
        if self._relative and z_um is None:
            return Decision((), "invalid", "the frame does not tell its focus", seen.frame)
        found = self._found(seen)
        new = [
            sight for sight in found if not self._memory.knows(sight, self.apart_um, self.again_s)
        ]
        memory.sights += new
        why = f"{len(found)} things at or above {self.above:g}"
        if len(new) < len(found):
            why += f", {len(found) - len(new)} visited within {self.again_s:g} s"
        return Decision((), "noted" if new else "quiet", why, seen.frame)

    def rounded(self, over: Round) -> Decision:
        """Return the visits that the round is worth.

        Parameters
        ----------
        over : Round
            The end of one time point of the watch.
        """
        memory = self._memory
        sights, memory.sights = memory.sights, []
        first_um, memory.first_um = memory.first_um, None
        for visit in memory.visits:
            visit.go_on()
        ranked = sorted(sights, key=self._rank)
        best = apart(ranked, self.apart_um, self.best)
        if not best:
            return Decision((), "quiet", "the round has shown nothing worth a visit", over.frame)
        order = short_way([sight[:2] for sight in best], memory.here_um, first_um)
        for sight in best:
            memory.visits.append(Visit(sight[:2], sight[:2], over.t_ns))
            memory.places[sight.place] = over.t_ns
        actions = tuple(self._visit(best[n]) for n in order)
        scores = f"{best[0].value:.3g} to {best[-1].value:.3g}"
        why = f"visits {len(best)} of {len(sights)} things, scores {scores}"
        return Decision(actions, "visits", why, over.frame)

    def refused(self, refusal: Refusal) -> Decision:
        """Forget a visit that was not let through, so that it may come in the next round."""
        action, visits = refusal.action, self._memory.visits
        frame = -1 if action.frame is None else action.frame
        if action.planned or action.label != self.label or not action.events:
            return Decision((), "idle", "the refusal is not of its own", frame)
        there_um = (action.events[0].x_pos, action.events[0].y_pos)
        visits[:] = [each for each in visits if each.asked_um != there_um]
        return Decision((), "refused", f"{refusal.guard} refused it: {refusal.reason}", frame)

    def fresh(self) -> Self:
        """Return a policy with the same settings and no memory."""
        return replace(self)

    def at(
        self, at_um: tuple[float, float, float], index: Mapping[str, int]
    ) -> tuple[MDAEvent, ...]:
        """Return the events of one visit.

        Parameters
        ----------
        at_um : tuple of float
            Place and focus, (x, y, z) in µm.
        index : mapping of str to int
            To which place of the watch they belong.
        """
        x_um, y_um, z_um = at_um
        return tuple(
            event.model_copy(
                update={
                    "x_pos": x_um,
                    "y_pos": y_um,
                    "z_pos": self._plane_um(event, z_um),
                    "index": {**event.index, **index},
                }
            )
            for event in self._events
        )

    def _plane_um(self, event: MDAEvent, focus_um: float) -> float | None:
        if not self._relative or event.z_pos is None:
            return event.z_pos
        return focus_um + event.z_pos

    def _found(self, seen: Observation) -> list[Sight]:
        """Return what is worth a visit in one picture, the best first, each thing once."""
        most = max((point.strength for point in seen.points), default=0.0)
        points = [
            (point.x_um, point.y_um, seen.score * point.strength / most if most > 0 else seen.score)
            for point in seen.points
        ] or [(*seen.brightest, seen.score)]
        sights = [
            Sight(x_um, y_um, seen.at_um[2], value, seen.place, seen.frame, seen.t_ns)
            for x_um, y_um, value in points
            if value >= self.above
        ]
        return apart(sorted(sights, key=lambda sight: -sight.value), self.apart_um, None)

    def _rank(self, sight: Sight) -> tuple[float, int, int]:
        return -sight.value, self._memory.places.get(sight.place, -1), sight.frame

    def _visit(self, sight: Sight) -> Action:
        position, tile = sight.place
        expires_s = self.expires_s
        return Action(
            self.at((sight.x_um, sight.y_um, sight.z_um or 0.0), {"p": position, "g": tile}),
            label=self.label,
            priority=self.priority,
            expires_ns=None if expires_s is None else sight.t_ns + round(expires_s * 1e9),
            triggered=self.triggered,
            frame=sight.frame,
        )
