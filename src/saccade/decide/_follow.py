"""Follow one moving thing: keep the strongest point, and then what becomes of it, centred."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from useq import MDAEvent

from saccade.core import Action, Decision, Observation, is_number, require

from ._settings import check_label, check_seconds, check_whole

if TYPE_CHECKING:
    from saccade.core import Point, Refusal, Round


@dataclass
class _Track:
    """Where the followed thing was seen last, and how it moves."""

    x_um: float
    y_um: float
    t_ns: int
    vx_um_per_s: float = 0.0
    vy_um_per_s: float = 0.0
    lost: int = 0
    track: int | None = None
    """Who it is, where a `Tracker` tells."""
    others: set[int] = field(default_factory=set)
    """Who was seen beside it, hence is somebody else."""

    def at(self, t_ns: int) -> tuple[float, float]:
        """Return where it should be at a time, if it keeps its course."""
        dt_s = (t_ns - self.t_ns) / 1e9
        return self.x_um + self.vx_um_per_s * dt_s, self.y_um + self.vy_um_per_s * dt_s

    def saw(self, point: Point, t_ns: int, smooth: float) -> None:
        """Learn where it is now; its velocity is smoothed."""
        dt_s = (t_ns - self.t_ns) / 1e9
        if dt_s > 0:
            vx, vy = (point.x_um - self.x_um) / dt_s, (point.y_um - self.y_um) / dt_s
            self.vx_um_per_s += smooth * (vx - self.vx_um_per_s)
            self.vy_um_per_s += smooth * (vy - self.vy_um_per_s)
        self.x_um, self.y_um, self.t_ns, self.lost = point.x_um, point.y_um, t_ns, 0
        self.track = point.track

    def may_be(self, points: tuple[Point, ...]) -> list[Point]:
        """Return which of the points that were found may be it.

        Parameters
        ----------
        points : tuple of Point
            Of one frame. Where they have identities, its own goes before all others, and who
            was seen beside it can't be it.
        """
        mine = [each for each in points if each.track is not None and each.track == self.track]
        return mine or [each for each in points if each.track not in self.others]

    def beside(self, points: tuple[Point, ...], me: Point) -> None:
        """Learn who is somebody else, as it was seen in the same frame."""
        self.others |= {each.track for each in points if each.track is not None}
        self.others.discard(-1 if me.track is None else me.track)


@dataclass(frozen=True, eq=False)
class Follow:
    """Keeps one moving thing in the middle of the picture; event-driven.

    When the score of the watch rises, it takes up the strongest point. From then on a frame
    is taken every ``every_s`` where the thing should be by then: the point nearest to where it
    was expected, no farther off than ``reach_um``, is taken to be it. Where there is none the
    course is kept for a while; after ``patience`` frames in a row without it, it is given up,
    and the watch may take up another. The watch goes on in between; with the plan it ends. Points
    that have identities, as those of a `Tracker`, are not taken for one another where they cross.

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

    kind: ClassVar[
        Literal["event-driven", "outcome-driven", "quality-driven", "information-driven"]
    ] = "event-driven"

    every_s: float
    _: KW_ONLY
    above: float = 0.5
    reach_um: float = 15.0
    patience: int = 3
    smooth: float = 0.3
    priority: int = 10
    label: str = "follow"
    _tracks: list[_Track] = field(default_factory=list, init=False, repr=False)

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
        best = max(seen.points, key=lambda point: point.strength)
        track = _Track(best.x_um, best.y_um, seen.t_ns, track=best.track)
        track.beside(seen.points, best)
        self._tracks.append(track)
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
        track = self._tracks[0]
        x_um, y_um = track.at(seen.t_ns)
        points = () if seen.verdict == "invalid" else seen.points

        def away_um(point: Point) -> float:
            return math.hypot(point.x_um - x_um, point.y_um - y_um)

        nearest = min(track.may_be(points), key=away_um, default=None)
        if nearest is not None and away_um(nearest) <= self.reach_um:
            why = f"found {away_um(nearest):.1f} µm from where it was expected"
            track.saw(nearest, seen.t_ns, self.smooth)
            track.beside(points, nearest)
            return Decision((self._action(seen),), "follows", why, seen.frame)
        track.lost += 1
        if track.lost > self.patience:
            self._tracks.clear()
            why = f"not within {self.reach_um:g} µm of its course for {track.lost} frames"
            return Decision((), "lost", why, seen.frame)
        why = f"out of sight for {track.lost} of {self.patience} frames, keeps its course"
        return Decision((self._action(seen),), "waits", why, seen.frame)

    def _action(self, seen: Observation) -> Action:
        due_ns = seen.t_ns + round(self.every_s * 1e9)
        x_um, y_um = self._tracks[0].at(due_ns)
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
