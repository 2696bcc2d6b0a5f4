"""Follow one moving thing: keep the strongest point, and then what becomes of it, centred."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Self

from useq import MDAEvent

from saccade.core import Action, Decision, Observation, PolicyKind, is_number, require

from ._company import Company
from ._found import found_in
from ._settings import check_label, check_seconds, check_whole

if TYPE_CHECKING:
    from saccade.core import Refusal, Round


@dataclass(frozen=True, eq=False)
class Follow:
    """Keeps one moving thing in the middle of the picture; event-driven.

    When the score of the watch rises, it takes up the strongest point. From then on a frame
    is taken every ``every_s`` where the thing should be by then: the point nearest to where it
    was expected, no farther off than ``reach_um``, is taken to be it. Where there is none the
    course is kept for a while; after ``patience`` frames in a row without it, it is given up,
    and the watch may take up another. The watch goes on in between; with the plan it ends. Others
    in sight have courses as well, so that those that cross, and are one for a while, are not taken
    for one another: where the detector draws a box around each point, that of two that are one,
    and its pixels, say where they are; and once they are alone again, how bright each is says who
    it is. ``Objects`` by their total brightness tell that best.

    Parameters
    ----------
    every_s : float
        Time from frame to frame.
    above : float
        Score of the watch at which the strongest point is taken up.
    reach_um : float
        How far from where it was expected it may be found; about its own size.
    patience : int
        Number of frames in a row that it may be out of sight.
    smooth : float
        Weight of the newest velocity, from 0 (it is expected where it was) to 1.
    priority : int
        Higher goes first.
    label : str
        Role of the frames that come of it, hence their stream.

    Raises
    ------
    ProtocolError
        If a setting can't be used.
    """

    kind: ClassVar[PolicyKind] = "event-driven"

    every_s: float
    _: KW_ONLY
    above: float = 0.5
    reach_um: float = 15.0
    patience: int = 3
    smooth: float = 0.3
    priority: int = 10
    label: str = "follow"
    _tracks: list[Company] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        check_seconds("Follow.every_s", self.every_s)
        check_whole("Follow.patience", self.patience, least=0)
        check_whole("Follow.priority", self.priority)
        check_label("Follow", self.label)
        for name, value in (("above", self.above), ("smooth", self.smooth)):
            ok = is_number(value) and 0 <= value <= 1
            require(ok, f"Follow.{name}", value, "a number from 0 to 1", "Correct it.")
        ok = is_number(self.reach_um) and self.reach_um > 0
        do = "Give about the size of what is followed, in µm."
        require(ok, "Follow.reach_um", self.reach_um, "a distance above 0", do)

    @property
    def streams(self) -> frozenset[str]:
        """Roles of the frames that it hears: the watch and its own."""
        return frozenset({"watch", self.label})

    def __call__(self, seen: Observation) -> Decision:
        """Return where to look next, or why it follows nothing.

        Parameters
        ----------
        seen : Observation
            What was seen in one frame.
        """
        if seen.stream != "watch":
            return self._go_on(seen) if self._tracks else _quiet(seen, "gave it up before")
        if self._tracks:
            return _quiet(seen, "follows something already")
        if seen.verdict == "invalid" or not (seen.points and seen.score >= self.above):
            return _quiet(seen, f"score {seen.score:.3g} < {self.above:g}, or no point")
        found = found_in(seen)
        best = max(found, key=lambda point: point.strength)
        self._tracks.append(Company.of(found, best, seen.t_ns))
        why = f"takes up the strongest of {len(seen.points)} points"
        return Decision((self._action(seen),), "takes up", why, seen.frame)

    def rounded(self, over: Round) -> Decision:
        """Give it up when the plan is at its end, or the run would have none."""
        if not (over.last and self._tracks):
            return Decision((), "quiet", "a round is over", over.frame)
        self._tracks.clear()
        return Decision((), "over", "the plan is at its end", over.frame)

    def missed(self, gap: object) -> Decision:
        """Give it up if the frame that it waits for does not come."""
        if getattr(gap, "stream", "watch") == self.label:
            self._tracks.clear()
        return Decision((), "gap", "the frame did not come", getattr(gap, "index", -1))

    def refused(self, refusal: Refusal) -> Decision:
        """Give it up if the frame that it waits for was not let through."""
        action = refusal.action
        frame = -1 if action.frame is None else action.frame
        if action.planned or action.label != self.label:
            return Decision((), "idle", "the refusal is not of its own", frame)
        self._tracks.clear()
        return Decision((), "refused", f"{refusal.guard} refused it: {refusal.reason}", frame)

    def fresh(self) -> Self:
        """Return a policy with the same settings and no memory."""
        return replace(self)

    def _go_on(self, seen: Observation) -> Decision:
        company = self._tracks[0]
        x_um, y_um = company.me.at(seen.t_ns)
        told = company.saw(
            [] if seen.verdict == "invalid" else found_in(seen),
            seen.t_ns,
            reach_um=self.reach_um,
            smooth=self.smooth,
            patience=self.patience,
        )
        me = company.me
        if told != "lost":
            away_um = math.hypot(me.x_um - x_um, me.y_um - y_um)
            one = "" if told == "found" else ", one with another"
            why = f"found {away_um:.1f} µm from where it was expected{one}"
            return Decision((self._action(seen),), "follows", why, seen.frame)
        if me.lost > self.patience:
            self._tracks.clear()
            why = f"not within {self.reach_um:g} µm of its course for {me.lost} frames"
            return Decision((), "lost", why, seen.frame)
        why = f"out of sight for {me.lost} of {self.patience} frames, keeps its course"
        return Decision((self._action(seen),), "waits", why, seen.frame)

    def _action(self, seen: Observation) -> Action:
        due_ns = seen.t_ns + round(self.every_s * 1e9)
        x_um, y_um = self._tracks[0].me.at(due_ns)
        event = MDAEvent(x_pos=x_um, y_pos=y_um, min_start_time=self.every_s)
        return Action(
            (event,),
            label=self.label,
            priority=self.priority,
            share=True,
            frame=seen.frame,
            t_ns=seen.t_ns,
        )


def _quiet(seen: Observation, why: str) -> Decision:
    return Decision((), "quiet", why, seen.frame)
