"""Look more often where more happens: visits between the rounds of the watch."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Literal, Self, get_args

from useq import MDAEvent, MDASequence

from saccade.core import Action, Decision, PolicyKind, is_number, require

from ._allocate import Allocation, By, Place, Share
from ._asked import check_burst
from ._settings import check_above_zero, check_whole

if TYPE_CHECKING:
    from saccade.core import Due, Gap, Observation, Refusal


@dataclass
class _Memory:
    due_ns: int | None = None
    """When the next visit is to be."""
    left: int = 0
    """Frames of the visit under way that have not come."""
    at_um: dict[Place, tuple[float | None, float | None, float | None]] = field(
        default_factory=dict
    )
    frame: int = -1


@dataclass(frozen=True, eq=False)
class Schedule:
    """Visits positions between the rounds of the watch, more often where more happens.

    The watch goes round all positions, and tells where they are. Every ``every_s`` one of them is
    visited besides: one that was not seen for ``floor_s``, the longest unseen first; else by its
    share alone (``fair``), by an upper bound of its scores (``index``), or by a draw from what is
    believed of them (``thompson``). Each decision tells with what probability it was taken
    (`Decision.propensity`), and rests on seeded draws: a replay decides alike. Information-driven.

    Parameters
    ----------
    every_s : float
        Time from visit to visit.
    by : {'thompson', 'index', 'fair'}
        How it chooses.
    do : useq.MDASequence or tuple of useq.MDAEvent, optional
        One visit; what its events do not name is as in the watch. By default one frame.
    floor_s : float, optional
        Longest time for which a position is not seen, as far as ``every_s`` allows.
    forget_s : float or None
        Time in which a score comes to count for 1/e: about as long as what happens lasts. None
        never forgets.
    weights : tuple of float
        Priorities of the positions of the plan, in order; 1 for those that it leaves out.
    explore : float
        Of an index: weight of what is not known.
    by_lot : float
        Share of visits that are drawn by lot, so that every position has a chance.
    seed : int
        Of all draws.
    priority : int
        Higher goes first.
    label : str
        Role of the frames of a visit, hence their stream.

    Raises
    ------
    ProtocolError
        If a setting can't be used.
    """

    kind: ClassVar[PolicyKind] = "information-driven"
    share: ClassVar[bool] = True
    triggered: ClassVar[bool] = False
    expires_s: ClassVar[float | None] = None

    every_s: float
    _: KW_ONLY
    by: Literal["fair", "index", "thompson"] = "thompson"
    do: MDASequence | tuple[MDAEvent, ...] = (MDAEvent(),)
    floor_s: float | None = None
    forget_s: float | None = 300.0
    weights: tuple[float, ...] = ()
    explore: float = 0.5
    by_lot: float = 0.0
    seed: int = 0
    priority: int = 5
    label: str = "visit"
    _events: tuple[MDAEvent, ...] = field(init=False, repr=False)
    _memory: _Memory = field(default_factory=_Memory, init=False, repr=False)
    _places: Allocation = field(init=False, repr=False)

    def __post_init__(self) -> None:
        check_above_zero("Schedule.every_s", self.every_s, "Give a time in seconds.")
        require(
            self.by in get_args(By), "Schedule.by", self.by, "fair, index or thompson", "Choose."
        )
        for name, value in (("floor_s", self.floor_s), ("forget_s", self.forget_s)):
            if value is not None:
                check_above_zero(f"Schedule.{name}", value, "Give a time in seconds, or null.")
        ok = isinstance(self.weights, (tuple, list))
        ok = ok and all(is_number(each) and each > 0 for each in self.weights)
        do = "Give a priority for each position, as [1, 1, 3]."
        require(ok, "Schedule.weights", self.weights, "a list of numbers above 0", do)
        ok = is_number(self.explore) and self.explore >= 0
        require(ok, "Schedule.explore", self.explore, "0 or more", "0.5 suits most.")
        ok = is_number(self.by_lot) and 0 <= self.by_lot <= 1
        require(ok, "Schedule.by_lot", self.by_lot, "a share from 0 to 1", "0.05 is enough.")
        check_whole("Schedule.seed", self.seed, least=0)
        events = check_burst("Schedule", self, self.do)
        placed = any(event.x_pos is not None or event.y_pos is not None for event in events)
        do = "Leave out stage_positions and grid_plan: it goes where the plan goes."
        require(not placed, "Schedule.do", self.do, "a visit without a place of its own", do)
        object.__setattr__(self, "_events", events)
        rule = self.by, self.explore, self.by_lot, self.forget_s, self.seed
        object.__setattr__(self, "_places", Allocation(*rule))

    @property
    def streams(self) -> frozenset[str]:
        """Roles of the frames that it hears: the watch and its own."""
        return frozenset({"watch", self.label})

    @property
    def due_ns(self) -> int | None:
        """When the next visit is to be, in monotonic ns."""
        return self._memory.due_ns

    def __call__(self, seen: Observation) -> Decision:
        """Take note of what a frame shows; visits come at their times.

        Parameters
        ----------
        seen : Observation
            Of the watch, or of a visit.
        """
        memory = self._memory
        if seen.stream == self.label:
            memory.left = max(0, memory.left - 1)
        else:
            memory.at_um[seen.place] = seen.at_um
        memory.frame = seen.frame
        memory.due_ns = memory.due_ns or seen.t_ns + round(self.every_s * 1e9)
        if seen.verdict == "invalid":
            return Decision((), "invalid", "the frame can't be judged", seen.frame)
        if seen.place not in self._places.shares:
            weight = dict(enumerate(self.weights)).get(seen.position, 1.0)
            self._places.shares[seen.place] = Share(weight)
        self._places.shares[seen.place].saw(seen.score, seen.t_ns, self.forget_s)
        return Decision((), "noted", f"score {seen.score:.3g} at {_where(seen.place)}", seen.frame)

    def due(self, now: Due) -> Decision:
        """Return the next visit, or why there is none."""
        memory = self._memory
        memory.due_ns = now.t_ns + round(self.every_s * 1e9)
        if memory.left:
            return Decision((), "under way", "the visit before is under way", memory.frame)
        if not self._places.shares:
            return Decision(
                (), "invalid", "nothing was seen yet that could be judged", memory.frame
            )
        place, chance, why = self._next(now.t_ns)
        memory.left = len(self._events)
        reason = f"{_where(place)}: {why}"
        action = self._visit(place, now.t_ns)
        return Decision((action,), "visits", reason, memory.frame, propensity=chance)

    def missed(self, gap: Gap) -> Decision:
        """Go on without a frame of a visit that will not come."""
        if gap.stream != self.label:
            return Decision((), "idle", "the gap is not its own", gap.index)
        self._memory.left = max(0, self._memory.left - 1)
        return Decision((), "gap", "a frame of a visit did not come", gap.index)

    def refused(self, refusal: Refusal) -> Decision:
        """Give up a visit that a guard has refused."""
        action = refusal.action
        if action.planned or action.label != self.label:
            return Decision((), "idle", "the refusal is not of its own", self._memory.frame)
        self._memory.left = 0
        return Decision((), "refused", f"{refusal.guard}: {refusal.reason}", self._memory.frame)

    def fresh(self) -> Self:
        """Return a policy with the same settings and no memory."""
        return replace(self)

    def _next(self, t_ns: int) -> tuple[Place, float, str]:
        shares = self._places.shares
        if self.floor_s is not None:
            place = min(shares, key=lambda each: (shares[each].seen_ns, each))
            unseen_s = (t_ns - shares[place].seen_ns) / 1e9
            if unseen_s >= self.floor_s:
                return place, 1.0, f"not seen for {unseen_s:.0f} s"
        return self._places.choose(t_ns)

    def _visit(self, place: Place, t_ns: int) -> Action:
        x_um, y_um, z_um = self._memory.at_um[place]
        here = {"p": place[0], "g": place[1]}
        events = tuple(
            event.model_copy(
                update={
                    "x_pos": x_um,
                    "y_pos": y_um,
                    "z_pos": z_um if event.z_pos is None else event.z_pos,
                    "index": {**event.index, **here},
                }
            )
            for event in self._events
        )
        return Action(
            events,
            label=self.label,
            priority=self.priority,
            share=True,
            frame=self._memory.frame,
            t_ns=t_ns,
        )


def _where(place: Place) -> str:
    position, tile = place
    return f"position {position}" + (f", tile {tile}" if tile else "")
