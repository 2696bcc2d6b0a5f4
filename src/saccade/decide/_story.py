"""Stories: generators that yield what to acquire and receive what was seen."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias, cast

from saccade.core import Action, Decision, Due, End, Gap, Observation, PolicyKind, Refusal, require

from ._shots import LABEL
from ._telling import Telling

if TYPE_CHECKING:
    from types import GeneratorType

    from ._pauses import Pause

StoryFunction: TypeAlias = Callable[[Any], Generator[Any, Any, Any]]


@dataclass
class _Memory:
    telling: Telling | None = None


@dataclass(frozen=True, eq=False)
class Story:
    """A policy that follows a generator function from its first line to its last.

    The function takes the observation that begins it. It yields an `Action`, or one or
    several `useq.MDAEvent`, and receives the observation of the last frame of these. When
    idle, each observation of the watch begins a new telling; an invalid one does not. While
    a telling waits for its frames, observations of the watch pass it by, unless it waits for
    these: `wait_s`, `wait_frames`, `wait_score`. A gap in place of a frame is received as an
    invalid observation with score 0.

    An action that a guard refuses, or that sets what can't be set, ends the telling, and so does
    the end of the run, whatever brings it: `StoryEnded` is raised where the story waits, its
    ``finally`` clauses run, and what they yield is done as well, through the guards. After a stop
    or an error that is in the dark: what sets or moves something is done, and no picture is taken.

    Parameters
    ----------
    function : generator function
        Of one argument.
    label : str
        Role of its frames; stories that run together need different ones.
    claims : tuple of str
        What it sets for good, such as ``pace`` or ``Pump.State``, so that nobody else may.

    Raises
    ------
    ProtocolError
        If it is not a generator function of one argument, or the label can't be used.
    """

    kind: ClassVar[PolicyKind] = "event-driven"
    streams: ClassVar[frozenset[str] | None] = None
    leads: ClassVar[bool] = True
    """It begins by itself only where no plan is watched."""

    function: StoryFunction
    label: str = LABEL
    claims: tuple[str, ...] = ()
    _memory: _Memory = field(default_factory=_Memory, init=False, repr=False)

    def __post_init__(self) -> None:
        require(
            inspect.isgeneratorfunction(self.function) and _takes_one(self.function),
            "A story's function",
            self.function,
            "a generator function of one argument",
            "Write def my_story(first): ... with at least one yield in it.",
        )
        require(
            isinstance(self.label, str) and self.label not in ("", "watch"),
            "A story's label",
            self.label,
            "a name other than 'watch', which is the plan's own",
            "Leave it out, or say what the frames are for.",
        )

    def __repr__(self) -> str:
        label = "" if self.label == LABEL else f", label={self.label!r}"
        return f"from_story({self.__name__}{label})"

    @property
    def __name__(self) -> str:
        """The function's name."""
        return str(getattr(self.function, "__name__", "story"))

    def __call__(self, seen: Observation) -> Decision:
        """Return what the story asks for next.

        Parameters
        ----------
        seen : Observation
            Of the watch, or of a frame that the story asked for.
        """
        telling = self._memory.telling
        if telling is not None:
            if telling.pausing is not None and seen.stream == "watch":
                return self._tell(telling, lambda: telling.watch(seen), seen.frame)
            if telling.pausing is not None or seen.stream != telling.label:
                return Decision((), "waits", _waits(telling), seen.frame)
            return self._tell(telling, lambda: telling.hear(seen), seen.frame)
        if seen.stream != "watch":
            return Decision((), "idle", "no story is being told", seen.frame)
        if seen.verdict == "invalid":
            return Decision((), "invalid", "the frame can't be judged", seen.frame)
        return self._begin(seen, seen.frame, seen.t_ns)

    def begin(self, t_ns: int) -> Decision:
        """Begin the story before anything was seen, as where no plan is watched.

        Parameters
        ----------
        t_ns : int
            Monotonic time.

        Returns
        -------
        Decision
            What the story asks for first; the function receives None.
        """
        if self._memory.telling is not None:
            return Decision((), "waits", _waits(self._memory.telling))
        return self._begin(None, -1, t_ns)

    def missed(self, gap: Gap) -> Decision:
        """Return what the story does about a frame that will not come.

        Parameters
        ----------
        gap : Gap
            In any stream.
        """
        telling = self._memory.telling
        if telling is not None and gap.index < 0 and gap.stream == telling.label:
            return self._end(telling, f"it was not done: {gap.reason}", -1, gap.t_ns)
        if telling is None or telling.pausing is not None or gap.stream != telling.label:
            return Decision((), "idle", "the gap is not in a story", gap.index)
        return self._tell(telling, lambda: telling.hear(_unseen(gap)), gap.index)

    def refused(self, refusal: Refusal) -> Decision:
        """End the telling if it waits for frames of an action that was not let through.

        Parameters
        ----------
        refusal : Refusal
            By a guard or a deadline.
        """
        telling, action = self._memory.telling, refusal.action
        frame = -1 if action.frame is None else action.frame
        if telling is None or action.planned or action.label != telling.label:
            return Decision((), "idle", "the refusal is not of a story", frame)
        return self._end(
            telling, f"{refusal.guard} refused it: {refusal.reason}", frame, action.t_ns
        )

    @property
    def due_ns(self) -> int | None:
        """When it wants to be woken, in monotonic ns."""
        telling = self._memory.telling
        return None if telling is None or telling.pausing is None else telling.pausing.due_ns

    def due(self, now: Due) -> Decision:
        """Return what the story asks for once a time is over that it has waited for."""
        telling = self._memory.telling
        if telling is None:
            return Decision((), "idle", "no story is being told")
        return self._tell(telling, lambda: telling.wake(now.t_ns), -1)

    def ended(self, end: End) -> Decision:
        """Return what the story asks for last, as the run is at its end.

        Parameters
        ----------
        end : End
            It ends where it is.
        """
        telling = self._memory.telling
        if telling is None:
            return Decision((), "idle", "no story is being told")
        return self._end(telling, end.reason or "the plan is at its end", -1, end.t_ns)

    def _end(self, telling: Telling, why: str, frame: int, t_ns: int) -> Decision:
        self._memory.telling = None
        return Decision(telling.end(why, frame, t_ns), "ended", why, frame)

    def fresh(self) -> Self:
        """Return the same story, not begun."""
        return replace(self)

    def _begin(self, first: Observation | None, frame: int, t_ns: int) -> Decision:
        generator = cast("GeneratorType[Any, Any, Any]", self.function(first))
        telling = Telling(self.__name__, generator, self.label)
        self._memory.telling = telling
        return self._tell(telling, lambda: telling.begin(frame, t_ns), frame)

    def _tell(
        self, telling: Telling, step: Callable[[], tuple[Action, ...]], frame: int
    ) -> Decision:
        try:
            actions = step()
        finally:
            if telling.ended:
                self._memory.telling = None
        if telling.ended:
            return Decision(actions, "ended", "the story is at its end", frame)
        return Decision(actions, "told" if actions else "waits", _waits(telling), frame)


def from_story(
    function: StoryFunction | Story, label: str = LABEL, claims: tuple[str, ...] = ()
) -> Story:
    """Return a policy that follows a generator function.

    Parameters
    ----------
    function : generator function or Story
        Of one argument, the observation that begins it.
    label : str
        Role of its frames; stories that run together need different ones.
    claims : tuple of str
        What it sets for good, such as ``pace`` or ``Pump.State``.

    Raises
    ------
    ProtocolError
        If it is not a generator function of one argument, or the label can't be used.
    """
    return Story(function.function if isinstance(function, Story) else function, label, claims)


def story(function: StoryFunction) -> Story:
    """Make a policy of a generator function; a decorator.

    Parameters
    ----------
    function : generator function
        Of one argument, the observation that begins it.

    Raises
    ------
    ProtocolError
        If it is not a generator function of one argument.
    """
    return from_story(function)


def _takes_one(function: StoryFunction) -> bool:
    try:
        inspect.signature(function).bind(None)
    except TypeError:
        return False
    return True


def _waits(telling: Telling) -> str:
    if telling.pausing is not None:
        return f"the story waits for {_paused(telling.pausing.pause)}"
    frames = "1 frame" if telling.left == 1 else f"{telling.left} frames"
    return f"the story waits for {frames} in {telling.label!r}"


def _paused(pause: Pause) -> str:
    time = "" if pause.for_s is None else f"{pause.for_s:g} s"
    if pause.count is not None:
        return f"{pause.count} frames of the watch"
    if pause.above is None and pause.below is None:
        return time
    limits = (("at least", pause.above), ("at most", pause.below))
    score = " or ".join(f"{how} {limit:g}" for how, limit in limits if limit is not None)
    return f"a score of {score}" + (f", {time} at most" if time else "")


def _unseen(gap: Gap) -> Observation:
    event = gap.event
    return Observation(
        0.0,
        verdict="invalid",
        frame=gap.index,
        stream=gap.stream,
        position=int(event.index.get("p", 0)),
        tile=int(event.index.get("g", 0)),
        channel=None if event.channel is None else event.channel.config,
        t_ns=gap.t_ns,
        at_um=(event.x_pos, event.y_pos, event.z_pos),
    )
